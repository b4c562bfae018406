// A stakeholder's visit with a real browser in which no script runs: signs in, reads, opens a figure, judges, answers,
// follows a share link. `.ci/pages` starts the demo company and runs this; with KEEP=folder it leaves pictures there.
import { strict as assert } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const { PRODOPS_URL: url, PRODOPS_LOGINS: logins, KEEP: keep, CHROMIUM: program = '/usr/bin/chromium' } = process.env
const port = new URL(url).port
const WAITING = '/products/platform/waiting'
const API = '/api/v1/products/platform'
const PHONE = { width: 390, height: 844 }
const LAPTOP = { width: 1280, height: 800 }
// In a place without https, browsers say less of who sends a form.
const PLAIN = `http://prodops.test:${port}`

const people = Object.fromEntries(
  readFileSync(logins, 'utf8').trim().split('\n').map((line) => {
    const [role, email, password] = line.split(/\s+/)
    return [role, { email, password }]
  }),
)

let passed = 0
const step = async (name, work) => {
  try {
    await work()
  } catch (error) {
    console.error(`failed: ${name}`)
    throw error
  }
  passed += 1
  console.log(`ok: ${name}`)
}

const api = async (who, method, path, body, headers = {}) => {
  who.token ??= (await (await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: who.email, password: who.password }),
  })).json()).access_token
  const answer = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${who.token}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    body: body && JSON.stringify(body),
  })
  const text = await answer.text()
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : null
}
const found = async (path, name, what) => {
  const all = (await api(people.viewer, 'GET', `${API}/${path}?limit=200`)).items
  const one = all.find((row) => row[name] === what)
  assert.ok(one, `${path}: nothing is called ${what}`)
  return one
}

const browser = await chromium.launch({
  executablePath: program,
  args: ['--host-resolver-rules=MAP prodops.test 127.0.0.1', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])],
})

// A visitor of whom every complaint of the browser is kept: of its console, its policy, its requests.
const complaints = []
const visitor = async (options = {}) => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: LAPTOP, ...options })
  const page = await context.newPage()
  page.refused = new Set()
  // What a page refuses on purpose, the console reports as well.
  const expected = (text) => [...page.refused].some((status) => text.includes(`status of ${status}`))
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type()) || expected(message.text())) return
    complaints.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`))
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`))
  page.on('request', (request) => {
    const known = ['127.0.0.1', 'localhost', 'prodops.test'].includes(new URL(request.url()).hostname)
    if (!known) complaints.push(`asked ${request.url()}`)
  })
  return page
}
const expecting = async (page, status, work) => {
  page.refused.add(status)
  const [answer] = await Promise.all([page.waitForNavigation(), work()])
  assert.equal(answer.status(), status, answer.url())
}
const goes = async (page, work) => expecting(page, 200, work)
const text = (page) => page.locator('body').innerText()
const signIn = async (page, who) => {
  await page.fill('input[name=email]', who.email)
  await page.fill('input[name=password]', who.password)
  await goes(page, () => page.click('button:has-text("Sign in")'))
}
const overflow = (page) =>
  page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth)
const looked = async (page, name) => {
  await page.setViewportSize(PHONE)
  const wider = await overflow(page)
  assert.ok(wider <= 0, `${name}: ${wider} px wider than a phone`)
  if (keep) {
    mkdirSync(keep, { recursive: true })
    await page.screenshot({ path: join(keep, `${name}-phone.png`), fullPage: true })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.screenshot({ path: join(keep, `${name}-phone-dark.png`), fullPage: true })
    await page.setViewportSize(LAPTOP)
    await page.screenshot({ path: join(keep, `${name}-laptop-dark.png`), fullPage: true })
    await page.emulateMedia({ colorScheme: 'light' })
    await page.screenshot({ path: join(keep, `${name}-laptop.png`), fullPage: true })
    const pdf = join(keep, `${name}-print.pdf`)
    await page.pdf({ path: pdf, format: 'A4', margin: { top: '15mm', bottom: '15mm', left: '15mm', right: '15mm' } })
    try {
      execFileSync('pdftoppm', ['-r', '60', '-png', pdf, join(keep, `${name}-print`)])
    } catch {
      console.log(`${name}: no pictures of the printed pages (pdftoppm is not there)`)
    }
  }
  await page.setViewportSize(LAPTOP)
  await page.emulateMedia({ media: 'print' })
  for (const gone of ['header.top', 'nav', 'form', '.own']) {
    for (const one of await page.locator(gone).all()) assert.ok(!(await one.isVisible()), `${name}: ${gone} is printed`)
  }
  await page.emulateMedia({ media: null })
}

const page = await visitor()
const reports = (await api(people.viewer, 'GET', `${API}/reports?sort=-month`)).items
const report = `${API}/reports/${reports[0].id}`

await step('whoever is not signed in is led to the form, and back', async () => {
  await page.goto(url + WAITING)
  assert.equal(new URL(page.url()).pathname, '/login')
  await looked(page, 'login')
  await page.fill('input[name=email]', people.viewer.email)
  await page.fill('input[name=password]', 'not the password')
  await expecting(page, 401, () => page.click('button:has-text("Sign in")'))
  await signIn(page, people.viewer)
  assert.equal(new URL(page.url()).pathname, WAITING)
})

await step('the archive shows the reports, and how much waits', async () => {
  await page.goto(url)
  assert.match(await text(page), /3 things wait for you/)
  await looked(page, 'archive')
  await goes(page, () => page.click('ul.reports a >> nth=0'))
  assert.equal(new URL(page.url()).pathname, `${report}.html`)
})

await step('the report is read, by everyone and by executives', async () => {
  assert.match(await text(page), /In three sentences|What it cost/)
  await looked(page, 'report')
  await goes(page, () => page.click('nav.readers a:has-text("for executives")'))
  assert.match(await text(page), /Told for executives/)
  await looked(page, 'report-executives')
  await goes(page, () => page.click('nav.readers a:has-text("for everyone")'))
})

await step('a figure is opened down to its rows', async () => {
  await goes(page, () => page.click('#headline a.fact >> nth=0'))
  assert.match(await text(page), /How it is computed/)
  await looked(page, 'figure')
  const deeper = page.locator('h2:has-text("From") + .scroll a')
  if (await deeper.count()) await goes(page, () => deeper.first().click())
  assert.ok(await page.locator('h2:has-text("The rows behind it") + .scroll tbody tr').count(), 'rows')
  await looked(page, 'figure-rows')
})

const card = (title) => page.locator('article.ask', { hasText: title })
const CLAIM = 'We practise losing the order database'
const ACCEPTED = 'The old log search costs almost nothing any more'
const QUESTION = 'How long must an older order be found within a second'
const DRIVER = 'An hour in which customers cannot sign in'

await step('the page of what waits says what it rests on', async () => {
  await goes(page, () => page.click('nav.own a:has-text("What waits for you")'))
  assert.match(await text(page), /3 things wait for your word/)
  await looked(page, 'waiting')
  await card(CLAIM).locator('summary:has-text("What it rests on")').click()
  await card(ACCEPTED).locator('summary:has-text("What it rests on")').click()
  await looked(page, 'waiting-open')
  const figure = card(CLAIM).locator('a:has-text("came about")')
  await goes(page, () => figure.click())
  assert.match(page.url(), /\/facts\/impact\.claim\./)
  await page.goto(url + WAITING)
})

await step('a question needs words, and what is accepted can be questioned', async () => {
  await card(ACCEPTED).locator('summary:has-text("Question it after all")').click()
  await expecting(page, 422, () => card(ACCEPTED).locator('button:has-text("Question it")').click())
  assert.match(await text(page), /Write what you question/)
  await card(ACCEPTED).locator('summary:has-text("Question it after all")').click()
  await card(ACCEPTED).locator('textarea').fill('Is the <new> one’s bill in it?\nAll of it?')
  await goes(page, () => card(ACCEPTED).locator('button:has-text("Question it")').click())
  assert.match(await page.locator('[role=status]').innerText(), /You questioned The old log search/)
  const claim = await found('impact-claims', 'title', ACCEPTED)
  assert.equal(claim.state, 'questioned')
  const said = (await api(people.viewer, 'GET', `${API}/impact-claims/${claim.id}/comments?kind=question`)).items
  assert.equal(said.at(-1).text, 'Is the <new> one’s bill in it?\nAll of it?')
})

await step('what has changed since it was seen is shown again, with the words that were typed', async () => {
  const claim = await found('impact-claims', 'title', CLAIM)
  const change = { narrative: 'We practise it twice a year now.' }
  const version = { 'if-match': `"${claim.version}"` }
  await api(people.editor, 'PATCH', `${API}/impact-claims/${claim.id}`, change, version)
  await card(CLAIM).locator('textarea').fill('Well done.')
  await expecting(page, 412, () => card(CLAIM).locator('button:has-text("Accept")').click())
  const alert = await page.locator('[role=alert]').innerText()
  assert.match(alert, /Nothing was noted .*It has changed since you looked \(narrative\)/s)
  assert.equal(await card(CLAIM).locator('textarea').inputValue(), 'Well done.')
  await looked(page, 'waiting-changed')
  assert.equal((await found('impact-claims', 'title', CLAIM)).state, 'expected')
  await goes(page, () => card(CLAIM).locator('button:has-text("Accept")').click())
  assert.match(await page.locator('[role=status]').innerText(), /You accepted We practise losing/)
  assert.equal((await found('impact-claims', 'title', CLAIM)).state, 'accepted')
})

await step('an amount is agreed to', async () => {
  await goes(page, () => card(DRIVER).locator('button:has-text("Agree")').click())
  const noted = await page.locator('[role=status]').innerText()
  assert.match(noted, /You agreed to An hour in which customers cannot sign in/)
  assert.ok((await found('value-drivers', 'name', DRIVER)).amounts.every((amount) => amount.agreed_at))
})

await step('a decision is answered', async () => {
  await expecting(page, 422, () => card(QUESTION).locator('button:has-text("Answer")').click())
  assert.match(await text(page), /Choose an answer, or write one/)
  await card(QUESTION).locator('label:has-text("After two years")').click()
  await card(QUESTION).locator('textarea').fill('and not a day sooner')
  await goes(page, () => card(QUESTION).locator('button:has-text("Answer")').click())
  assert.match(await text(page), /Nothing waits for your word/)
  const all = (await api(people.viewer, 'GET', `${API}/decisions?answered_by=stakeholder`)).items
  assert.equal(all.find((one) => one.question.startsWith(QUESTION)).answer, 'After two years: and not a day sooner')
  await looked(page, 'waiting-done')
  await page.reload()
  await page.goto(url)
  assert.match(await text(page), /Nothing waits for you/)
})

await step('where the connection is not protected a form of ours is known by its origin', async () => {
  const plain = await visitor()
  await plain.goto(PLAIN + WAITING)
  await signIn(plain, people.viewer)
  const again = plain.locator('article.ask', { hasText: ACCEPTED })
  await goes(plain, () => again.locator('button:has-text("Accept")').click())
  assert.equal((await found('impact-claims', 'title', ACCEPTED)).state, 'accepted')
  await plain.context().close()
})

await step('a page of somebody else changes nothing', async () => {
  const claim = await found('impact-claims', 'title', ACCEPTED)
  const fields = { do: 'question', row: claim.id, version: claim.version, text: 'x' }
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`)
  const trap = `<form method="post" action="${url}${WAITING}">${inputs.join('')}<button>Win</button></form>`
  const other = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(trap))
  other.listen(0, '127.0.0.1')
  await new Promise((ready) => other.on('listening', ready))
  // Another port is another origin of the same site: the cookie goes along, and only the check is in the way.
  for (const host of ['127.0.0.1', 'localhost']) {
    await page.goto(`http://${host}:${other.address().port}/`)
    await expecting(page, 403, () => page.click('button'))
    assert.match(await text(page), /came from no page of ours/)
  }
  other.closeAllConnections()
  other.close()
  assert.equal((await found('impact-claims', 'title', ACCEPTED)).version, claim.version)
})

await step('what is not there is said on a page', async () => {
  page.refused.add(404)
  const answer = await page.goto(`${url}${API}/reports/nothing.html`)
  assert.equal(answer.status(), 404)
  assert.match(await text(page), /There is nothing here/)
  await looked(page, 'nothing')
})

await step('an owner sees what waits, and judges nothing', async () => {
  const owner = await visitor()
  await owner.goto(url + WAITING)
  await signIn(owner, people.owner)
  assert.match(await text(owner), /owners and editors cannot accept/)
  assert.equal(await owner.locator('article form').count(), 0)
  await looked(owner, 'waiting-owner')
  await owner.context().close()
})

await step('what is run leads to a component, and from there to what it needs', async () => {
  await page.goto(url)
  await goes(page, () => page.click('a:has-text("What is run")'))
  assert.match(await text(page), /\d+ components: /)
  assert.equal(await page.locator('a:has-text("This week")').count(), 0, 'a week is the team’s own')
  await looked(page, 'catalogue')
  await goes(page, () => page.click('tbody a[href$="/orders-db"]'))
  const said = await text(page)
  const told = [
    'Owned by', 'What it needs', 'What is promised', 'brought back', 'Who uses it', 'last 90 days', 'What is to change',
    'What goes into it', 'What might go wrong',
  ]
  for (const one of told) assert.ok(said.includes(one), one)
  await looked(page, 'component')
  await goes(page, () => page.click('#needs a >> nth=0'))
  page.refused.add(403)
  const answer = await page.goto(`${url}/products/platform/weeks`)
  assert.equal(answer.status(), 403)
  await looked(page, 'week-refused')
})

await step('the roadmap and what it is for are pages with a picture, and lead to where something hangs', async () => {
  await page.goto(url)
  await goes(page, () => page.click('a:has-text("Roadmap")'))
  assert.match(await text(page), /items are open/)
  assert.ok(await page.locator('figure svg').count() > 0)
  await looked(page, 'roadmap')
  await goes(page, () => page.click('a:has-text("by quarter")'))
  await looked(page, 'roadmap-quarter')
  await goes(page, () => page.click('article h3 a'))
  assert.match(await text(page), /Why it is there/)
  await looked(page, 'trace')
  await page.goto(`${url}/products/platform/chain`)
  assert.match(await text(page), /Where it is broken/)
  await looked(page, 'chain')
})

await step('an ops lead looks at the weeks', async () => {
  const editor = await visitor()
  await editor.goto(url)
  await signIn(editor, people.editor)
  await goes(editor, () => editor.click('a:has-text("This week")'))
  assert.match(editor.url(), /\/weeks\/\d{4}-W\d\d$/)
  await looked(editor, 'week-present')
  const weeks = (await api(people.editor, 'GET', `${API}/effort?sort=-week&limit=1`)).items
  await editor.goto(`${url}/products/platform/weeks/${weeks[0].week}`)
  assert.match(await text(editor), /are written down/)
  await looked(editor, 'week')
  await goes(editor, () => editor.click('a[rel=prev]'))
  await goes(editor, () => editor.click('a[rel=next]'))
  assert.ok(editor.url().endsWith(weeks[0].week))
  await editor.context().close()
})

await step('a share link opens the report and its figures to somebody without an account', async () => {
  const until = new Date(Date.now() + 7 * 86400e3).toISOString().replace(/\.\d+/, '')
  const link = await api(people.owner, 'POST', `${report}/share-links`, { expires_at: until, for: 'executive' })
  const guest = await visitor()
  await guest.goto(url + link.url)
  assert.match(await text(guest), /Told for executives/)
  await looked(guest, 'share')
  const hrefs = await guest.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  assert.deepEqual(hrefs.filter((href) => !href.startsWith(link.url)), [])
  await goes(guest, () => guest.click('#headline a.fact >> nth=0'))
  assert.match(await text(guest), /How it is computed/)
  await looked(guest, 'share-figure')
  await api(people.owner, 'DELETE', `${report}/share-links/${link.id}`, null, { 'if-match': `"${link.version}"` })
  guest.refused.add(404)
  await guest.goto(url + link.url)
  assert.match(await text(guest), /This link opens nothing/)
  await looked(guest, 'share-gone')
  await guest.context().close()
})

await step('who signs out is out', async () => {
  await page.goto(url)
  await goes(page, () => page.click('button:has-text("Sign out")'))
  await page.goto(url)
  assert.equal(new URL(page.url()).pathname, '/login')
})

await browser.close()
assert.deepEqual(complaints, [], 'the browser complained')
console.log(`${passed} passed, 0 failed`)
