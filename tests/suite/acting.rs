//! A stakeholder acts from the page: what waits for them, the forms, and who may send them.

use crate::{
    access::sign_in,
    app::TestApp,
    client::{Answer, Client},
    reports, worth,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_both_engines!(
    a_session_changes_something_by_our_own_forms_only,
    a_stakeholder_judges_agrees_and_answers,
    what_was_seen_is_what_is_accepted,
    an_acceptance_is_taken_up_again_when_a_month_is_added,
    whoever_does_not_judge_is_told_why,
    the_archive_says_how_much_waits,
    a_person_is_refused_on_a_page,
);

const PAGE: &str = "/products/platform/waiting";

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

/// What somebody sends who presses a button on the page.
fn press(browser: &Client, fields: &[(&str, &str)]) -> Answer {
    let encoded = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let form = browser.with("Content-Type", "application/x-www-form-urlencoded");
    form.send("POST", PAGE, Some(body.join("&").as_bytes()))
}

/// A browser that is signed in, on a page of ours.
fn browser(app: &TestApp, who: &str) -> Client {
    sign_in(app, who).0.with("Sec-Fetch-Site", "same-origin").with("Accept", "text/html,*/*;q=0.8")
}

/// The fingerprint that the page shows of a claim.
fn seen(page: &Answer, claim: &Value) -> String {
    let card = page.text().split(&format!("id=\"row-{}\"", id(claim))).nth(1).unwrap_or_else(|| panic!("{page}"));
    let (_, rest) = card.split_once("name=\"seen\" value=\"").expect("a fingerprint");
    rest.split('"').next().expect("its end").to_owned()
}

struct Asked {
    told: worth::Told,
    claim: Value,
    decision: Value,
}

/// A claim, an amount and a decision of the stakeholder who is the viewer.
fn asked(app: &TestApp) -> Asked {
    let told = worth::told(app);
    let claim = worth::claim(app, &told);
    let body = json!({
        "question": "Do we <b>buy</b> it?", "options": ["Yes", "No"], "due_on": "2026-10-19", "stakeholder": "Vera",
        "cost_of_delay": { "amount": "700", "currency": "EUR" },
    });
    let decision = app.editor().post("decisions", &body).expect(201).json;
    Asked { told, claim, decision }
}

fn a_session_changes_something_by_our_own_forms_only(app: &TestApp) {
    let asked = asked(app);
    let fields = [
        ("do", "agree"),
        ("row", asked.told.driver.as_str().expect("an id")),
        ("version", "1"),
        ("valid_from", "2026-01-01"),
    ];
    let (session, _) = sign_in(app, "viewer");
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "none"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", &session.origin().replace("http:", "ftp:")),
        ("Origin", &format!("{}.evil.example", session.origin())),
        ("X-Nothing", "neither"),
    ] {
        let refused = press(&session.with(name, value), &fields).expect(403);
        assert!(refused.text().contains("no page of ours"), "{name}: {value}: {refused}");
    }
    // What the browser says of the site counts more than what stands in `Origin`.
    press(&session.with("Origin", &session.origin()).with("Sec-Fetch-Site", "cross-site"), &fields).expect(403);
    // Without a session nothing helps, an access token least of all.
    let own = |client: Client| client.with("Sec-Fetch-Site", "same-origin");
    press(&own(app.anonymous()), &fields).expect(401);
    press(&own(app.viewer()), &fields).expect(401);
    press(&own(app.anonymous().with("Cookie", "prodops_session=x")), &fields).expect(401);
    let driver = format!("value-drivers/{}", asked.told.driver.as_str().expect("an id"));
    // The API takes no session but for reading, whoever sends it and as what.
    let api = own(session.clone()).with("If-Match", "\"1\"");
    for kind in ["application/json", "application/x-www-form-urlencoded"] {
        api.with("Content-Type", kind).send("POST", &format!("{driver}/agree"), Some(b"{}")).expect(401);
    }
    assert_eq!(app.viewer().get(&driver).json["amounts"][0]["agreed_at"], Value::Null, "nothing came of it");
    let body = b"{\"do\": \"agree\"}";
    own(session.clone()).with("Content-Type", "application/json").send("POST", PAGE, Some(body)).expect(415);
    press(&own(session.clone()), &[("do", "agree"), ("surprise", "x")]).expect(422);
    press(&own(session.clone()), &[("do", "delete"), ("row", "x"), ("version", "1")]).expect(422);
    // Where a browser does not say of the site, it says where a form comes from.
    let done = press(&session.with("Origin", &session.origin()), &fields).expect(303);
    assert_eq!(done.header("location"), Some(PAGE));
    assert_ne!(app.viewer().get(&driver).json["amounts"][0]["agreed_at"], Value::Null);
}

fn a_stakeholder_judges_agrees_and_answers(app: &TestApp) {
    let asked = asked(app);
    let viewer = browser(app, "viewer");
    let page = viewer.get(PAGE).expect(200);
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    for told in [
        "3 things wait for your word",
        "Do we &lt;b&gt;buy&lt;/b&gt; it?",
        "14 days late",
        "so far it has cost <strong>EUR 1,400.00</strong>",
        "<strong>EUR 1,650</strong> working time freed; nobody says what the freed time went into",
        "To be accepted: 2 months, from September 2026 to October 2026.",
        "journeys: Deploy (Developer), observed on 2026-09-15",
        "<strong>EUR 55.00</strong> for an hour of work",
        "Computed with it: Deploying is quick.",
    ] {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }
    assert!(!page.text().contains("You accepted") && !page.text().contains("role=\"status\""));
    let claim = format!("impact-claims/{}", id(&asked.claim));
    let row = id(&asked.claim);
    let print = seen(&page, &asked.claim);
    let act = |doing: &str, version: &str, text: &str| {
        press(&viewer, &[("do", doing), ("row", row), ("version", version), ("seen", &print), ("text", text)])
    };
    assert!(act("question", "1", "  ").expect(422).text().contains("Write what you question"));
    act("question", "1", &"x".repeat(4001)).expect(422);
    act("question", "1", "Is that\r\nall?").expect(303);
    let page = viewer.get(PAGE).expect(200);
    assert!(page.text().contains("You questioned <strong>Deploying is quick</strong>"), "{}", page.text());
    assert!(page.text().contains("2 things wait for your word"));
    let questions = app.viewer().get(&format!("{claim}/comments")).expect(200);
    assert_eq!(questions.column("text"), ["Is that\nall?"]);
    app.editor().post(&format!("{claim}/comments"), &json!({ "text": "It is all." })).expect(201);
    assert!(viewer.get(PAGE).expect(200).text().contains(" said: <q class=\"words\">It is all.</q>"));
    act("accept", "2", "Then yes.").expect(303);
    assert_eq!(app.viewer().get(&claim).json["state"], "accepted");
    let driver = asked.told.driver.as_str().expect("an id");
    press(&viewer, &[("do", "agree"), ("row", driver), ("version", "1")]).expect(422);
    press(&viewer, &[("do", "agree"), ("row", driver), ("version", "1"), ("valid_from", "2026-01-01")]).expect(303);
    let decision = id(&asked.decision);
    let answer = |version: &str, option: &str, text: &str| {
        let fields = [("do", "answer"), ("row", decision), ("version", version), ("option", option), ("text", text)];
        press(&viewer, &fields)
    };
    assert!(answer("1", "", "").expect(422).text().contains("Choose an answer, or write one"));
    answer("1", "Yes", "both").expect(303);
    let answered = app.viewer().get(&format!("decisions/{decision}")).json;
    assert_eq!((&answered["answer"], &answered["answered_by"]), (&json!("Yes: both"), &json!("stakeholder")));
    // Pressed again, nothing happens twice.
    let again = answer("1", "No", "never").expect(412);
    for told in [
        "Nothing was noted",
        "Do we &lt;b&gt;buy&lt;/b&gt; it?",
        "answer, answered at, answered by",
        "You wrote:",
        "never",
    ] {
        assert!(again.text().contains(told), "{told}: {}", again.text());
    }
    assert!(answer("2", "No", "").expect(409).text().contains("This is answered already."));
    let page = viewer.get(PAGE).expect(200);
    assert!(page.text().contains("Nothing waits for your word") && page.text().contains("You answered"));
    // The trail tells of a person, as it does of what they do by the API.
    let trail = app.owner().get("audit-events?action=question,accept,agree,answer&sort=at").expect(200);
    assert_eq!(trail.column("action"), ["question", "accept", "agree", "answer"]);
    assert_eq!(trail.column("actor_id"), vec![app.people.viewer.clone(); 4]);
    // A little later it is no news, and still what was said.
    app.pass(TimeDelta::minutes(3));
    let later = viewer.get(PAGE).expect(200);
    assert!(!later.text().contains("role=\"status\"") && later.text().contains("What you have said"));
}

fn what_was_seen_is_what_is_accepted(app: &TestApp) {
    let asked = asked(app);
    let viewer = browser(app, "viewer");
    let claim = format!("impact-claims/{}", id(&asked.claim));
    let accept = |version: &str, print: &str| {
        let fields =
            [("do", "accept"), ("row", id(&asked.claim)), ("version", version), ("seen", print), ("text", "Good.")];
        press(&viewer, &fields)
    };
    let print = seen(&viewer.get(PAGE).expect(200), &asked.claim);
    accept("1", "").expect(412);
    accept("9", &print).expect(412);
    accept("x", &print).expect(412);
    app.editor().patch(&claim, "\"1\"", &json!({ "confidence": "low", "narrative": "Well." })).expect(200);
    let changed = accept("1", &print).expect(412);
    for told in
        ["It has changed since you looked (confidence, narrative)", "Good.</textarea>", "name=\"version\" value=\"2\""]
    {
        assert!(changed.text().contains(told), "{told}: {}", changed.text());
    }
    // The claim stays as it is, and what it rests on does not.
    let persona = asked.told.persona.as_str().expect("an id");
    let journey = format!("personas/{persona}/journeys/{}", asked.told.journey.as_str().expect("an id"));
    app.editor().patch(&journey, "\"1\"", &json!({ "minutes_per_use": 12 })).expect(200);
    let moved = accept("2", &print).expect(412);
    assert!(moved.text().contains("The figures behind it have changed since you looked"), "{}", moved.text());
    let now = app.viewer().get(&claim).json;
    assert_eq!((&now["state"], &now["version"]), (&json!("expected"), &json!(2)), "nothing is half done");
    assert_eq!(app.viewer().get(&format!("{claim}/comments")).column("text"), Vec::<String>::new());
    accept("2", &seen(&moved, &asked.claim)).expect(303);
    assert_eq!(app.viewer().get(&claim).json["state"], "accepted");
}

fn an_acceptance_is_taken_up_again_when_a_month_is_added(app: &TestApp) {
    let asked = asked(app);
    let viewer = browser(app, "viewer");
    let print = seen(&viewer.get(PAGE).expect(200), &asked.claim);
    let fields = [("do", "accept"), ("row", id(&asked.claim)), ("version", "1"), ("seen", &print)];
    press(&viewer, &fields).expect(303);
    assert!(viewer.get(PAGE).expect(200).text().contains("Question it after all"));
    app.pass(TimeDelta::days(30));
    let (viewer, _) = sign_in(app, "viewer");
    let page = viewer.get(PAGE).expect(200);
    assert!(page.text().contains("To be accepted: November 2026."), "{}", page.text());
    // What is published of it is one link away.
    reports::publish(app, &reports::build(app).expect(201), &json!({})).expect(200);
    let page = viewer.get(PAGE).expect(200);
    let fact = format!("/facts/impact.claim.{}.capacity_freed", id(&asked.claim));
    let place = page.text().split("href=\"").find(|rest| rest.contains(&fact)).expect("a link to the figure");
    viewer.get(place.split('"').next().expect("an address")).expect(200);
}

fn whoever_does_not_judge_is_told_why(app: &TestApp) {
    let asked = asked(app);
    let fields = [("do", "answer"), ("row", id(&asked.decision)), ("version", "1"), ("option", "Yes"), ("text", "")];
    for who in ["editor", "owner"] {
        let team = browser(app, who);
        let page = team.get(PAGE).expect(200);
        for told in ["owners and editors cannot accept", "Waits for <strong>Vera</strong>", "3 things wait"] {
            assert!(page.text().contains(told), "{told}: {}", page.text());
        }
        assert!(!page.text().contains(&format!("action=\"{PAGE}\"")), "nothing to press");
        assert!(press(&team, &fields).expect(403).text().contains("Whoever may edit does not judge"));
    }
    browser(app, "exporter").get(PAGE).expect(403);
    browser(app, "outsider").get(PAGE).expect(404);
    press(&browser(app, "exporter"), &fields).expect(403);
    press(&browser(app, "outsider"), &fields).expect(404);
    let vera = format!("stakeholders/{}", asked.told.stakeholder.as_str().expect("an id"));
    app.owner().patch(&vera, "\"1\"", &json!({ "retired_on": "2026-11-02" })).expect(200);
    let viewer = browser(app, "viewer");
    assert!(viewer.get(PAGE).expect(200).text().contains("You have retired as a stakeholder here"));
    press(&viewer, &fields).expect(403);
    app.owner().patch(&vera, "\"2\"", &json!({ "retired_on": null, "user": null })).expect(200);
    let page = viewer.get(PAGE).expect(200);
    assert!(page.text().contains("no stakeholder is said to be you") && !page.text().contains("Do we"));
    press(&viewer, &fields).expect(403);
    // Another's question is not theirs to answer, and another product's is not there.
    app.owner().patch(&vera, "\"3\"", &json!({ "user": app.people.viewer })).expect(200);
    let other = app.owner().post("stakeholders", &json!({ "name": "Otto", "group": "sales" })).expect(201).json;
    let his =
        app.editor().post("decisions", &json!({ "question": "His?", "stakeholder": id(&other) })).expect(201).json;
    assert!(!viewer.get(PAGE).expect(200).text().contains("His?"));
    press(&viewer, &[("do", "answer"), ("row", id(&his)), ("version", "1"), ("text", "Mine.")]).expect(403);
    let theirs =
        app.outsider().post("/api/v1/products/other/decisions", &json!({ "question": "Theirs?" })).expect(201).json;
    press(&viewer, &[("do", "answer"), ("row", id(&theirs)), ("version", "1"), ("text", "Mine.")]).expect(404);
    assert_eq!(app.viewer().get(&format!("decisions/{}", id(&asked.decision))).json["answer"], Value::Null);
}

fn the_archive_says_how_much_waits(app: &TestApp) {
    let says = |who: &str, told: &str| {
        let page = browser(app, who).get("/").expect(200);
        assert!(page.text().contains(told), "{told}: {}", page.text());
        page
    };
    says("viewer", "Nothing waits for you");
    let asked = asked(app);
    let page = says("viewer", "3 things wait for you");
    assert!(page.text().contains(&format!("href=\"{PAGE}\"")));
    says("editor", "What waits for stakeholders");
    let viewer = browser(app, "viewer");
    press(&viewer, &[("do", "answer"), ("row", id(&asked.decision)), ("version", "1"), ("text", "No.")]).expect(303);
    says("viewer", "2 things wait for you");
    // A report leads here too, whoever reads it.
    let report = reports::publish(app, &reports::build(app).expect(201), &json!({})).expect(200);
    for whom in ["", "?for=finance"] {
        let page = viewer.get(&format!("{}.html{whom}", reports::path(&report))).expect(200);
        assert!(page.text().contains(&format!("href=\"{PAGE}\">What waits for you")), "{whom}");
        assert!(page.text().contains("Answer, accept or question it"), "{whom}");
    }
}

fn a_person_is_refused_on_a_page(app: &TestApp) {
    let is_page = |answer: Answer, status: u16| {
        let answer = answer.expect(status);
        let kind = answer.header("content-type").unwrap_or_default().to_owned();
        assert_eq!(kind, "text/html; charset=utf-8", "{answer}");
        assert!(answer.header("content-security-policy").is_some_and(|policy| policy.contains("sha256-")));
        assert!(answer.text().contains(answer.header("x-request-id").expect("an id")), "{answer}");
    };
    let viewer = browser(app, "viewer");
    is_page(viewer.get("/products/nothing/waiting"), 404);
    is_page(viewer.get("reports/nothing.html"), 404);
    is_page(viewer.get("audit-events"), 403);
    is_page(viewer.get("components?surprise=1"), 422);
    is_page(viewer.get("/nothing"), 404);
    // Programs get what they always got, also when they say that they would read a page.
    for program in [app.viewer(), app.viewer().with("Accept", "text/html")] {
        assert_eq!(program.get("reports/nothing.html").expect(404).json["status"], 404);
    }
    assert_eq!(sign_in(app, "viewer").0.get("reports/nothing.html").expect(404).json["status"], 404);
    // Signed out meanwhile: back to the page, once signed in.
    let gone = app.anonymous().with("Accept", "text/html").with("Sec-Fetch-Site", "same-origin");
    let sent = press(&gone, &[("do", "answer"), ("row", "x"), ("version", "1")]).expect(303);
    assert_eq!(sent.header("location"), Some(format!("/login?next={PAGE}").as_str()));
}
