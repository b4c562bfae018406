// Everything that an outside issuer is for, with a real one (issuer.mjs): people sign in with a browser in which no script
// runs, programs ask the API with its tokens; then its keys are rotated, it goes away and comes back.
//
//   node visit.mjs FOLDER
import { strict as assert } from 'node:assert'
import { execFileSync, spawn } from 'node:child_process'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const work = process.argv[2]
const here = dirname(fileURLToPath(import.meta.url))
const program = process.env.PRODOPS_PROGRAM
const RESOURCE = 'https://prodops.example.com/api'
const PASSWORD = 'correct horse battery'
const SECRET = 'between us: a+b/c='
const TOOL = 'http://127.0.0.1:1/tool'

const free = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

const started = new Set()
process.on('exit', () => started.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(1))
const start = (name, command, args, env) => {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createWriteStream(join(work, `${name}.log`), { flags: 'a' })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  started.add(child)
  child.gone = new Promise((done) => child.on('exit', done))
  return child
}
const stop = async (child) => {
  child.kill('SIGTERM')
  await child.gone
  started.delete(child)
}
const answers = async (url) => {
  for (let nth = 0; nth < 150; nth += 1) {
    if (await fetch(url).then((answer) => answer.ok, () => false)) return
    await pause(200)
  }
  throw new Error(`${url} does not answer`)
}

let passed = 0
const step = async (name, check) => {
  try {
    await check()
  } catch (error) {
    console.error(`failed: ${name}`)
    throw error
  }
  passed += 1
  console.log(`ok: ${name}`)
}

// The issuer, and its keys.
const key = (kid, type, options, alg) => {
  const jwk = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' })
  return { ...jwk, kid, alg, use: 'sig' }
}
const pair = (name) => [
  key(`${name}-rsa`, 'rsa', { modulusLength: 2048 }, 'RS256'),
  key(`${name}-ec`, 'ec', { namedCurve: 'P-256' }, 'ES256'),
]
const keys = join(work, 'keys.json')
const publish = (...sets) => writeFileSync(keys, JSON.stringify({ keys: sets.flat() }), { mode: 0o600 })
const [port, issuerPort, otherPort, latePort] = [await free(), await free(), await free(), await free()]
const [url, issuer, other] = [port, issuerPort, otherPort].map((number) => `http://127.0.0.1:${number}`)
const startIssuer = async (name, number) => {
  const child = start(name, process.execPath, [join(here, 'issuer.mjs'), number, `${url}/login/oidc/callback`], { KEYS: keys })
  await answers(`http://127.0.0.1:${number}/.well-known/openid-configuration`)
  return child
}
const startServer = async (name, number) => {
  const child = start(name, program, ['serve', '--listen', `127.0.0.1:${number}`], settings)
  await answers(`http://127.0.0.1:${number}/health/ready`)
  return child
}

const settings = {
  DATABASE_URL: `sqlite://${work}/prodops.db`,
  PRODOPS_DATA_DIR: work,
  PRODOPS_LOG: 'debug,hyper=info',
  PRODOPS_PUBLIC_URL: url,
  PRODOPS_OIDC_ISSUER: issuer,
  PRODOPS_OIDC_AUDIENCE: RESOURCE,
  PRODOPS_OIDC_CLIENT_ID: 'prodops',
  PRODOPS_OIDC_CLIENT_SECRET: SECRET,
  PRODOPS_OIDC_ROLES_CLAIM: 'groups',
  PRODOPS_OIDC_ROLES: 'ops=platform:editor,board=platform:viewer',
}
const run = (args, input) => execFileSync(program, args, { env: { ...process.env, ...settings }, input, encoding: 'utf8' })

// Requests as a program makes them.
const ask = async (token, path, base = url) => {
  const answer = await fetch(base + path, { headers: { authorization: `Bearer ${token}` } })
  return { status: answer.status, body: await answer.json() }
}
const send = async (token, method, path, body, headers = {}) => {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`)
  return { etag: answer.headers.get('etag'), ...JSON.parse(text) }
}
const login = async (email, base = url) => {
  const answer = await fetch(`${base}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  })
  assert.equal(answer.status, 200)
  return (await answer.json()).access_token
}

// The code flow with PKCE as a tool on somebody's machine goes through it: the issuer's own forms, with its cookies.
const tokensOf = async (who, resource, at = issuer) => {
  const cookies = new Map()
  const visit = async (place, form) => {
    const answer = await fetch(new URL(place, at), {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      body: form && new URLSearchParams(form),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      if (value) cookies.set(name, value)
      else cookies.delete(name)
    }
    return answer.headers.get('location') ?? assert.fail(`${place}: ${answer.status} ${await answer.text()}`)
  }
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: 'tool',
    response_type: 'code',
    redirect_uri: TOOL,
    scope: 'openid email',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(resource ? { resource } : {}),
  })
  let place = await visit(`/auth?${query}`)
  for (const form of [{ prompt: 'login', login: who, password: 'x' }, { prompt: 'consent' }]) {
    place = await visit(await visit(place, form))
  }
  assert.ok(place.startsWith(TOOL), place)
  const answer = await fetch(`${at}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'tool',
      code: new URL(place).searchParams.get('code'),
      redirect_uri: TOOL,
      code_verifier: verifier,
      ...(resource ? { resource } : {}),
    }),
  })
  const tokens = await answer.json()
  assert.equal(answer.status, 200, JSON.stringify(tokens))
  return tokens
}
const headerOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'))

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] })
const visitor = async () => (await browser.newContext({ javaScriptEnabled: false })).newPage()

// As somebody signs in there: the button, the issuer's two forms, and back.
const signIn = async (page, who, next = '/api/v1/me') => {
  await page.goto(`${url}/login?next=${encodeURIComponent(next)}`)
  await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click()
  assert.ok(page.url().startsWith(`${issuer}/interaction/`), page.url())
  await page.locator('input[name=login]').fill(who)
  await page.locator('input[name=password]').fill('x')
  await page.locator('button[type=submit]').click()
  await page.locator('button[type=submit]').click()
}
// Cookies know no port, so the issuer's are sent along.
const ours = async (page) => (await page.context().cookies(url)).filter(({ name }) => name.startsWith('prodops'))
const says = async (page, words) => {
  const text = await page.locator('[role=alert]').textContent()
  assert.ok(text.includes(words), text)
  assert.deepEqual(await ours(page), [], 'nobody is signed in')
}

try {
  const first = pair('first')
  publish(first)
  run(['migrate', '--init'])
  for (const [email, more] of [['admin@example.com', ['--admin']], ['owner@example.com', []], ['lead@example.com', []], ['board@example.com', []]]) {
    run(['user', 'create', '--email', email, '--name', email.split('@')[0], '--password-stdin', ...more], `${PASSWORD}\n`)
  }
  let real = await startIssuer('issuer', issuerPort)
  const server = await startServer('server', port)
  const admin = await login('admin@example.com')
  const users = Object.fromEntries((await ask(admin, '/api/v1/users')).body.items.map((user) => [user.name, user]))
  await send(admin, 'POST', '/api/v1/products', { key: 'platform', name: 'Platform', currency: 'EUR', owner: users.owner.id })
  const owner = await login('owner@example.com')
  const members = async () => {
    const { body } = await ask(owner, '/api/v1/products/platform/members')
    return Object.fromEntries(body.items.map((member) => [member.user, member.role]))
  }

  await step('what is in force is shown, and no secret', () => {
    const shown = run(['check'])
    assert.ok(shown.includes(issuer) && shown.includes(`${url}/login/oidc/callback`) && !shown.includes('between us'), shown)
  })

  const page = await visitor()
  await step('a lead signs in with the issuer, and is where they wanted to go', async () => {
    await signIn(page, 'lead')
    assert.equal(page.url(), `${url}/api/v1/me`)
    assert.ok((await page.textContent('body')).includes(users.lead.id))
    const [session] = await ours(page)
    assert.equal(session.name, 'prodops_session')
    assert.ok(session.httpOnly && session.sameSite === 'Lax')
  })
  await step('and is what their group is', async () => {
    assert.equal((await members())[users.lead.id], 'editor')
    const { body } = await ask(owner, '/api/v1/products/platform/audit-events?resource=members&actor_kind=issuer')
    assert.deepEqual(body.items.map((event) => event.action), ['create'])
  })
  await step('a stakeholder signs in, whatever the case of their address', async () => {
    const board = await visitor()
    await signIn(board, 'board', '/')
    assert.equal((await members())[users.board.id], 'viewer')
    await board.goto(`${url}/api/v1/me`)
    assert.ok((await board.textContent('body')).includes(users.board.id))
  })
  await step('whose address is not verified, or nobody here, is told so', async () => {
    for (const [who, words] of [['unverified', 'not verified'], ['stranger', 'ask an admin']]) {
      const nobody = await visitor()
      await signIn(nobody, who)
      await says(nobody, words)
    }
  })
  await step('who turns back at the issuer is not signed in', async () => {
    const nobody = await visitor()
    await nobody.goto(`${url}/login`)
    await nobody.getByRole('link', { name: 'Sign in with' }).click()
    await nobody.getByRole('link', { name: 'Cancel' }).click()
    await says(nobody, 'did not sign you in')
  })
  await step("another browser's answer signs nobody in", async () => {
    const [one, two] = [await visitor(), await visitor()]
    await one.goto(`${url}/login/oidc`)
    const seen = []
    one.on('request', (request) => seen.push(request.url()))
    await one.locator('input[name=login]').fill('lead')
    await one.locator('input[name=password]').fill('x')
    await one.locator('button[type=submit]').click()
    await one.locator('button[type=submit]').click()
    const answer = seen.find((place) => place.startsWith(`${url}/login/oidc/callback?`))
    assert.ok(answer, seen.join(' '))
    await two.goto(answer)
    await says(two, 'not begun in this browser')
  })

  const { access_token: token, id_token: idToken } = await tokensOf('lead', RESOURCE)
  await step("the issuer's token opens the API, for what its user may do", async () => {
    assert.equal(headerOf(token).alg, 'ES256')
    assert.equal((await ask(token, '/api/v1/me')).body.id, users.lead.id)
    await send(token, 'POST', '/api/v1/products/platform/components', { key: 'search', name: 'Search', kind: 'service' })
    const board = (await tokensOf('board', RESOURCE)).access_token
    assert.equal((await ask(board, '/api/v1/products/platform/components')).status, 200)
    assert.equal((await ask(board, '/api/v1/products/platform/labour-rates')).status, 403)
    assert.equal((await ask(token, '/api/v1/products/other/components')).status, 404)
    assert.equal((await ask(token, '/api/v1/users')).status, 403)
  })
  await step('what is for others, or not verified, or of nobody opens nothing', async () => {
    assert.equal(headerOf((await tokensOf('lead', 'https://others.example.com/')).access_token).alg, 'RS256')
    for (const wrong of [
      (await tokensOf('lead', 'https://others.example.com/')).access_token,
      (await tokensOf('lead')).access_token,
      idToken,
      (await tokensOf('unverified', RESOURCE)).access_token,
      (await tokensOf('stranger', RESOURCE)).access_token,
    ]) {
      const { status, body } = await ask(wrong, '/api/v1/me')
      assert.equal(status, 401, JSON.stringify(body))
    }
  })
  await step('another issuer with the same keys opens nothing', async () => {
    const stranger = await startIssuer('other', otherPort)
    const { access_token: theirs } = await tokensOf('lead', RESOURCE, other)
    assert.equal(headerOf(theirs).kid, headerOf(token).kid)
    assert.equal((await ask(theirs, '/api/v1/me')).status, 401)
    await stop(stranger)
  })
  await step('keys are rotated: the new one is found, tokens of the old one stay good', async () => {
    await stop(real)
    publish(pair('second'), first)
    real = await startIssuer('issuer', issuerPort)
    const { access_token: next } = await tokensOf('lead', RESOURCE)
    assert.equal(headerOf(next).kid, 'second-ec')
    const until = Date.now() + 40_000
    while ((await ask(next, '/api/v1/me')).status !== 200) {
      assert.ok(Date.now() < until, 'the new key is not found')
      await pause(500)
    }
    assert.equal((await ask(token, '/api/v1/me')).status, 200)
  })
  await step('while the issuer is away its tokens are taken, and a new instance says what is wrong', async () => {
    await stop(real)
    assert.equal((await ask(token, '/api/v1/me')).status, 200)
    const late = await startServer('late', latePort)
    const base = `http://127.0.0.1:${latePort}`
    const refused = await fetch(`${base}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.equal((await ask(await login('lead@example.com', base), '/api/v1/me', base)).status, 200)
    const page = await fetch(`${base}/login/oidc`, { redirect: 'manual' })
    assert.equal(page.status, 503)
    assert.ok((await page.text()).includes('cannot be reached'))
    real = await startIssuer('issuer', issuerPort)
    const begun = Date.now()
    while ((await ask(token, '/api/v1/me', base)).status !== 200) {
      assert.ok(Date.now() - begun < 10_000, 'it is not noticed that the issuer is back')
      await pause(250)
    }
    await stop(late)
  })
  await step('who is disabled is out at once, with a browser and with a token', async () => {
    await page.goto(`${url}/api/v1/me`)
    assert.ok((await page.textContent('body')).includes(users.lead.id))
    await send(admin, 'PATCH', `/api/v1/users/${users.lead.id}`, { disabled: true }, { 'if-match': '"1"' })
    assert.equal((await ask(token, '/api/v1/me')).status, 401)
    await page.goto(`${url}/api/v1/me`)
    assert.ok(page.url().startsWith(`${url}/login`), page.url())
    const again = await visitor()
    await signIn(again, 'lead')
    await says(again, 'ask an admin')
  })
  await stop(server)
  await step('no secret stands in a log', () => {
    const log = ['server', 'late'].map((name) => readFileSync(join(work, `${name}.log`), 'utf8')).join('')
    for (const secret of [SECRET, encodeURIComponent(SECRET), 'code=', 'state=', 'eyJ', token.split('.')[2], 'panicked']) {
      const line = log.split('\n').find((text) => text.includes(secret))
      assert.equal(line, undefined, `${secret} stands in a log`)
    }
  })
  await stop(real)
  console.log(`${passed} steps passed`)
} catch (error) {
  for (const name of ['server', 'issuer']) {
    try {
      console.error(`-- ${name}\n${readFileSync(join(work, `${name}.log`), 'utf8').split('\n').slice(-25).join('\n')}`)
    } catch {
      // It was not started.
    }
  }
  throw error
} finally {
  await browser.close()
  started.forEach((child) => child.kill('SIGKILL'))
}
