//! Published reports by mail: what arrives, to whom, once, and what becomes of what does not arrive.

use crate::{
    app::{NOW, TestApp, block_on},
    client::Answer,
    postbox::{Postbox, SILENCE},
    reports::{build, october, path, publish},
};
use chrono::TimeDelta;
use mail_parser::{Message, MessageParser, MimeHeaders};
use prodops::{
    kernel::{
        clock::{Clock, Ids},
        db::{Author, Db},
        http::IfMatch,
        mail::{Mail, MailSettings},
    },
    reports::{self, Publication, mail::sender::Sender},
};
use serde_json::{Value, json};
use std::sync::Barrier;

on_both_engines!(
    a_published_report_reaches_those_it_is_for,
    what_a_letter_says_is_what_the_report_says,
    a_letter_is_sent_again_until_it_is_taken,
    what_is_refused_has_failed_and_is_sent_again_when_asked,
    after_two_days_it_is_given_up,
    of_two_that_send_at_once_one_does,
    one_that_cannot_be_reached_keeps_nobody_else_waiting,
    nothing_anybody_writes_acts_in_a_letter,
    who_is_reached_is_asked_when_it_is_sent,
    a_mailed_link_ends_with_the_address_it_went_to,
    what_is_sent_again_elsewhere_has_another_link,
    a_correction_says_so_and_what,
    what_the_clock_published_is_mailed_and_says_that_nobody_reviewed_it,
    where_no_mail_is_sent_nothing_waits_for_it,
    who_signs_in_by_a_link_reads_what_it_was_for,
);

/// Where letters say that we are.
const PUBLIC: &str = "https://prodops.example.com";

/// Someone who sends what is due in the app's database.
fn sender(app: &TestApp, db: Db, port: u16) -> Sender {
    let settings = MailSettings {
        server: format!("smtp://127.0.0.1:{port}").parse().expect("a server"),
        from: MailSettings::mailbox("prodops <prodops@example.com>").expect("a mailbox"),
        public_url: PUBLIC.parse().expect("an address"),
    };
    Sender::new(db, app.signer.clone(), Mail::new(&settings).expect("mail"))
}

/// One round of sending; says how many were tried.
fn send(app: &TestApp, postbox: &Postbox) -> usize {
    block_on(sender(app, app.db.clone(), postbox.port).round(|| true)).expect("a round")
}

fn stakeholder(app: &TestApp, name: &str, more: &Value) -> Value {
    let mut new = json!({ "name": name, "group": "finance", "email": format!("{}@example.com", name.to_lowercase()) });
    for (property, value) in more.as_object().expect("an object") {
        new[property] = value.clone();
    }
    app.owner().post("stakeholders", &new).expect(201).json
}

fn change(app: &TestApp, row: &Value, patch: &Value) {
    let place = format!("stakeholders/{}", text(&row["id"]));
    let etag = app.owner().get(&place).expect(200).etag().to_owned();
    app.owner().patch(&place, &etag, patch).expect(200);
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// October, published.
fn published(app: &TestApp) -> String {
    october(app);
    let draft = build(app).expect(201);
    publish(app, &draft, &json!({})).expect(200);
    path(&draft)
}

fn deliveries(app: &TestApp, report: &str) -> Answer {
    app.editor().get(&format!("{report}/deliveries?sort=address")).expect(200)
}

/// The one letter that is there.
fn only(postbox: &Postbox) -> Vec<u8> {
    let mut letters = postbox.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0).1
}

fn read(letter: &[u8]) -> Message<'_> {
    MessageParser::default().parse(letter).expect("a message")
}

fn plain(message: &Message<'_>) -> String {
    message.body_text(0).expect("text").replace("\r\n", "\n")
}

/// What the link in a letter leads to, below our own address.
fn link(message: &Message<'_>) -> String {
    let text = plain(message);
    let line = text.lines().find(|line| line.starts_with(PUBLIC)).expect("a link");
    let html = message.body_html(0).expect("HTML");
    assert!(html.contains(&format!("href=\"{}\"", line.replace('&', "&amp;"))), "{html}");
    line.trim_start_matches(PUBLIC).to_owned()
}

fn a_published_report_reaches_those_it_is_for(app: &TestApp) {
    let postbox = Postbox::open();
    let ann = stakeholder(app, "Ann", &json!({}));
    let max = stakeholder(app, "Max", &json!({ "group": "executive", "user": app.people.viewer, "locale": "de" }));
    stakeholder(app, "Nora", &json!({ "email": null }));
    stakeholder(app, "Olaf", &json!({ "retired_on": "2026-11-02" }));
    let report = published(app);
    assert_eq!(deliveries(app, &report).column("state"), ["waiting", "waiting"]);
    assert_eq!(send(app, &postbox), 2);
    let letters = postbox.letters();
    let whom: Vec<_> = letters.iter().map(|(whom, _)| whom.as_str()).collect();
    assert_eq!(whom, ["ann@example.com", "max@example.com"]);
    let listed = deliveries(app, &report);
    for (item, (_, letter)) in listed.json["items"].as_array().expect("a list").iter().zip(&letters) {
        assert_eq!((&item["state"], &item["attempts"]), (&json!("sent"), &json!(1)));
        assert_eq!((&item["sent_at"], &item["next_at"], &item["problem"]), (&json!(NOW), &json!(null), &json!(null)));
        let message = read(letter);
        assert_eq!(message.subject(), Some("platform: October 2026"));
        assert_eq!(message.message_id(), Some(&*format!("{}@prodops.example.com", text(&item["id"]))));
        assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
        assert_eq!(message.header_raw("From").map(str::trim), Some("prodops <prodops@example.com>"));
        let kind = message.content_type().expect("a type");
        assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
        let parts: Vec<_> = message.parts.iter().filter_map(|part| part.content_type()?.subtype()).collect();
        assert_eq!(parts, ["alternative", "plain", "html"]);
    }
    // Ann has no account: the link opens it for her, and nobody is told it.
    let message = read(&letters[0].1);
    let opened = link(&message);
    let page = app.anonymous().get(&opened).expect(200);
    assert!(
        page.text().contains("for Ann") && plain(&message).contains("until 31 January 2027"),
        "{}",
        plain(&message)
    );
    let links = app.owner().get(&format!("{report}/share-links")).expect(200);
    assert_eq!(links.column("for"), [text(&ann["id"])]);
    assert_eq!(links.column("id"), [text(&listed.json["items"][0]["share_link"])]);
    let events = app.owner().get("audit-events?limit=200").expect(200);
    for answer in [&links, &events, &listed] {
        assert!(!answer.text().contains(opened.trim_start_matches("/r/")), "{answer}");
    }
    let acts = app.owner().get("audit-events?resource=deliveries&limit=200&sort=at").expect(200);
    let mut acts = acts.column("action");
    acts.sort();
    assert_eq!(acts, ["attempt", "attempt", "create", "create", "send", "send"]);
    // Max signs in.
    let message = read(&letters[1].1);
    let opened = link(&message);
    assert_eq!(opened, format!("/api/v1/products/platform/{report}.html?for={}", text(&max["id"])));
    let acting = format!("{PUBLIC}/products/platform/waiting");
    let html = message.body_html(0).expect("HTML");
    assert!(html.contains(&format!("href=\"{acting}\"")) && plain(&message).contains(&acting), "{html}");
    assert!(!plain(&read(&letters[0].1)).contains("/waiting"), "who has no account cannot act there");
    app.viewer().get(acting.trim_start_matches(PUBLIC)).expect(200);
    app.anonymous().get(&opened).expect(401);
    assert!(app.viewer().get(&opened).expect(200).text().contains("for Max"));
    assert_eq!(send(app, &postbox), 0);
    for viewer in
        [app.viewer().get(&format!("{report}/deliveries")), app.exporter().get(&format!("{report}/deliveries"))]
    {
        viewer.expect(403);
    }
    let deleted = app.owner().delete(&format!("stakeholders/{}", text(&ann["id"])), "\"1\"").expect(409);
    assert_eq!(deleted.json["code"], "referenced");
}

fn what_a_letter_says_is_what_the_report_says(app: &TestApp) {
    let postbox = Postbox::open();
    stakeholder(app, "Ann", &json!({ "locale": "de", "cares_about": { "components": [] } }));
    let asked = stakeholder(app, "Bob", &json!({ "group": "support" }));
    let person = json!({ "name": "Zacharias", "hours_per_week": 40, "valid_from": "2026-01-01" });
    let person = app.editor().post("team", &person).expect(201).json["id"].clone();
    let rate = json!({ "valid_from": "2026-01-01", "amount": { "amount": "77.775", "currency": "EUR" } });
    app.editor().post("labour-rates", &rate).expect(201);
    let week = json!({ "entries": [{ "person": person, "shares": [{ "kind": "toil", "share": 1 }] }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W41", &week).expect(200);
    let question =
        json!({ "question": "Retire the old database?", "stakeholder": asked["id"], "due_on": "2026-11-20" });
    app.editor().post("decisions", &question).expect(201);
    let report = published(app);
    assert_eq!(send(app, &postbox), 2);
    let letters = postbox.letters();
    for (message, whom) in letters.iter().map(|(_, letter)| read(letter)).zip(["Ann", "Bob"]) {
        let (text, html) = (plain(&message), message.body_html(0).expect("HTML").into_owned());
        for secret in ["Zacharias", "77.775", "77,775", "77.78", "77,78"] {
            assert!(!text.contains(secret) && !html.contains(secret), "{text}");
        }
        for bad in ["<script", "<img", "<link", "src=", "url(", "<style", "<svg"] {
            assert!(!html.contains(bad), "{html}");
        }
        // Every sentence of it stands in the view that its reader opens.
        let view = app.anonymous().get(&format!("{}.md", link(&message))).expect(200);
        let view = view.text().replace('\\', "").replace("**", "").replace("&amp;", "&");
        let told = text.split_once("FOR YOU").expect("a part for them").1.split("The whole report").next();
        let sentences: Vec<_> = told.unwrap_or_default().lines().filter(|line| !line.is_empty()).collect();
        assert!(sentences.len() > 2, "{text}");
        for sentence in sentences {
            assert!(view.contains(sentence), "{whom}: {sentence}\n{view}");
        }
    }
    let total = app.viewer().get(&format!("{report}/facts/cost.total")).expect(200);
    assert_eq!(total.json["value"], json!({ "amount": "3201", "currency": "EUR" }));
    for (letter, cost) in letters.iter().zip(["EUR 3.201", "EUR 3,201"]) {
        let message = read(&letter.1);
        assert!(plain(&message).contains(cost) && message.body_html(0).expect("HTML").contains(cost), "{cost}");
    }
    let bob = plain(&read(&letters[1].1));
    assert!(bob.contains("What waits for your answer:") && bob.contains("Retire the old database?"), "{bob}");
}

fn a_letter_is_sent_again_until_it_is_taken(app: &TestApp) {
    let postbox = Postbox::open();
    stakeholder(app, "Ann", &json!({}));
    let report = published(app);
    postbox.answer("ann@example.com", "451 4.3.0 come\tback later");
    postbox.answer("ann@example.com", "452-4.2.2 full\r\n452 4.2.2 still full");
    assert_eq!(send(app, &postbox), 1);
    let row = deliveries(app, &report).json["items"][0].clone();
    assert_eq!((&row["state"], &row["attempts"], &row["sent_at"]), (&json!("waiting"), &json!(1), &json!(null)));
    assert_eq!(row["problem"], "451 4.3.0 come back later");
    assert_eq!(row["next_at"], "2026-11-02T09:05:00Z");
    assert_eq!(send(app, &postbox), 0, "not yet");
    app.pass(TimeDelta::minutes(5));
    assert_eq!(send(app, &postbox), 1);
    assert_eq!(deliveries(app, &report).column("problem"), ["452 4.2.2 full still full"]);
    app.pass(TimeDelta::minutes(15));
    assert_eq!(send(app, &postbox), 1);
    let row = deliveries(app, &report).json["items"][0].clone();
    assert_eq!((&row["state"], &row["attempts"], &row["problem"]), (&json!("sent"), &json!(3), &json!(null)));
    let letter = only(&postbox);
    app.anonymous().get(&link(&read(&letter))).expect(200);
    let links = app.owner().get(&format!("{report}/share-links")).expect(200);
    assert_eq!(links.column("id").len(), 1, "however often it was tried");
}

fn what_is_refused_has_failed_and_is_sent_again_when_asked(app: &TestApp) {
    let postbox = Postbox::open();
    stakeholder(app, "Ann", &json!({}));
    stakeholder(app, "Bob", &json!({ "email": "a..b@example.com" }));
    stakeholder(app, "Cem", &json!({}));
    let report = published(app);
    // What a server repeats of the letter is not what its reader alone may know.
    postbox.answer("ann@example.com", "550 5.1.1 nobody\u{1b}[31m here");
    postbox.answer("cem@example.com", "535 5.7.8 who are you");
    assert_eq!(send(app, &postbox), 3);
    assert!(postbox.letters().is_empty());
    let listed = deliveries(app, &report);
    let said = ["this is no address that mail can be sent to", "550 5.1.1 nobody [31m here", "535 5.7.8 who are you"];
    assert_eq!(listed.column("problem"), said);
    assert_eq!(listed.column("state"), ["failed", "failed", "waiting"], "the configuration is wrong, not the letter");
    app.pass(TimeDelta::minutes(5));
    assert_eq!(send(app, &postbox), 1);
    postbox.letters();
    let failed = app.editor().get(&format!("{report}/deliveries?state=failed&q=nobody")).expect(200);
    let place = format!("{report}/deliveries/{}", failed.column("id")[0]);
    let found = app.editor().get(&place).expect(200);
    assert_eq!(found.json, failed.json["items"][0]);
    let retry = format!("{place}/retry");
    app.editor().post(&retry, &json!({})).expect(428);
    app.editor().with("If-Match", "\"1\"").post(&retry, &json!({})).expect(412);
    app.viewer().with("If-Match", found.etag()).post(&retry, &json!({})).expect(403);
    let asked = app.editor().with("If-Match", found.etag()).send("POST", &retry, None).expect(200);
    assert_eq!((&asked.json["state"], &asked.json["attempts"]), (&json!("waiting"), &json!(0)));
    app.editor().with("If-Match", asked.etag()).send("POST", &retry, None).expect(409);
    assert_eq!(send(app, &postbox), 1);
    only(&postbox);
    assert_eq!(app.editor().get(&place).expect(200).json["state"], "sent");
}

fn after_two_days_it_is_given_up(app: &TestApp) {
    let postbox = Postbox::open();
    stakeholder(app, "Ann", &json!({}));
    let report = published(app);
    let begun = app.clock.now().utc();
    for attempt in 1..=7 {
        postbox.answer("ann@example.com", "451 later");
        assert_eq!(send(app, &postbox), 1, "attempt {attempt}");
        if let Some(next) = deliveries(app, &report).json["items"][0]["next_at"].as_str() {
            app.clock.set(next.parse().expect("a time"));
        }
    }
    let row = deliveries(app, &report).json["items"][0].clone();
    assert_eq!((&row["state"], &row["attempts"], &row["next_at"]), (&json!("failed"), &json!(7), &json!(null)));
    assert_eq!(app.clock.now().utc() - begun, TimeDelta::minutes(2480));
    app.pass(TimeDelta::days(9));
    assert_eq!(send(app, &postbox), 0);
}

fn of_two_that_send_at_once_one_does(app: &TestApp) {
    let postbox = Postbox::open();
    for number in 0..12 {
        stakeholder(app, &format!("S{number}"), &json!({}));
    }
    let report = published(app);
    let barrier = Barrier::new(2);
    let instance = |db: Db| {
        let sender = sender(app, db, postbox.port);
        barrier.wait();
        block_on(sender.round(|| true)).expect("a round")
    };
    let other = Db::open(&app.url, app.clock.clone(), Ids::Random).expect("another instance");
    let sent = std::thread::scope(|scope| {
        let second = scope.spawn(|| instance(other));
        instance(app.db.clone()) + second.join().expect("a round")
    });
    assert_eq!(sent, 12);
    let mut whom: Vec<_> = postbox.letters().into_iter().map(|(whom, _)| whom).collect();
    whom.dedup();
    assert_eq!(whom.len(), 12);
    assert!(deliveries(app, &report).column("attempts").iter().all(|attempts| attempts == "1"));
}

fn one_that_cannot_be_reached_keeps_nobody_else_waiting(app: &TestApp) {
    let postbox = Postbox::open();
    stakeholder(app, "Ann", &json!({}));
    stakeholder(app, "Bob", &json!({}));
    let report = published(app);
    // The server is away: publishing goes on, and so do we.
    let nowhere = sender(app, app.db.clone(), 1);
    assert_eq!(block_on(nowhere.round(|| true)).expect("a round"), 1, "it is asked once a round");
    let listed = deliveries(app, &report);
    assert_eq!(listed.column("state"), ["waiting", "waiting"]);
    assert!(text(&listed.json["items"][0]["problem"]).contains("refused"), "{listed}");
    // It is back, and hangs up on the one that is tried next.
    postbox.answer("bob@example.com", SILENCE);
    assert_eq!(send(app, &postbox), 1);
    assert!(postbox.letters().is_empty());
    app.pass(TimeDelta::minutes(5));
    assert_eq!(send(app, &postbox), 2);
    assert_eq!(postbox.letters().len(), 2);
    assert_eq!(deliveries(app, &report).column("attempts"), ["2", "2"]);
}

fn nothing_anybody_writes_acts_in_a_letter(app: &TestApp) {
    let postbox = Postbox::open();
    let hostile = "<script>alert(1)</script>\r\nBcc: eve@example.com\r\n\r\n<img src=//eve.example/p.png>";
    let name = &hostile[..hostile.len().min(110)];
    stakeholder(app, name, &json!({ "email": "ann@example.com" }));
    let product = app.owner().get("/api/v1/products/platform").expect(200);
    app.owner().patch("/api/v1/products/platform", product.etag(), &json!({ "name": name })).expect(200);
    october(app);
    let draft = build(app).expect(201);
    let said = "# Big\n\n<script>alert(1)</script>\n\n![p](https://eve.example/p.png) [a](javascript:alert(1)) **night** \
                [b](https://example.com)\n\n.\n.\nBcc: eve@example.com";
    let place = format!("{}/commentary/headline", path(&draft));
    app.editor().with("If-None-Match", "*").put(&place, &json!({ "text": said })).expect(200);
    let draft = app.editor().get(&path(&draft)).expect(200);
    publish(app, &draft, &json!({})).expect(200);
    assert_eq!(send(app, &postbox), 1);
    let letter = only(&postbox);
    let headers = String::from_utf8_lossy(&letter);
    let headers = headers.split("\r\n\r\n").next().expect("headers").to_owned();
    assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
    let message = read(&letter);
    assert_eq!(message.parts.len(), 3);
    let one_line = "<script>alert(1)</script> Bcc: eve@example.com <img src=//eve.example/p.png>";
    assert_eq!(message.subject(), Some(&*format!("{one_line}: October 2026")));
    let to = message.to().and_then(|to| to.first()).expect("a recipient");
    assert_eq!((to.name(), to.address()), (Some(one_line), Some("ann@example.com")));
    let html = message.body_html(0).expect("HTML");
    assert!(html.contains("<strong>night</strong>") && html.contains("&lt;script&gt;"), "{html}");
    for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        for bad in ["script", "img", "javascript", "src=", "onerror", "eve.example"] {
            assert!(!tag.contains(bad), "{tag}");
        }
    }
    assert!(plain(&message).contains("Bcc: eve@example.com"), "all of the letter has arrived");
}

fn who_is_reached_is_asked_when_it_is_sent(app: &TestApp) {
    let postbox = Postbox::open();
    let people: Vec<_> = ["Ann", "Bob", "Cem", "Dot"].map(|name| stakeholder(app, name, &json!({}))).into();
    let eve = stakeholder(app, "Eve", &json!({ "user": app.people.viewer }));
    let report = published(app);
    change(app, &people[0], &json!({ "email": "new@example.com" }));
    change(app, &people[1], &json!({ "email": null }));
    change(app, &people[2], &json!({ "retired_on": "2026-11-02" }));
    change(app, &people[3], &json!({ "user": app.people.viewer }));
    let place = format!("/api/v1/products/platform/members?user={}", app.people.viewer);
    let member = app.owner().get(&place).expect(200).json["items"][0].clone();
    let etag = format!("\"{}\"", member["version"]);
    app.owner().patch(&format!("members/{}", text(&member["id"])), &etag, &json!({ "role": "exporter" })).expect(200);
    assert_eq!(send(app, &postbox), 1);
    assert_eq!(postbox.letters()[0].0, "new@example.com");
    let listed = deliveries(app, &report);
    let told: Vec<_> = listed.column("address").into_iter().zip(listed.column("state")).collect();
    let expected = [("bob", "failed"), ("cem", "failed"), ("dot", "failed"), ("eve", "failed"), ("new", "sent")];
    let expected = expected.map(|(name, state)| (format!("{name}@example.com"), state.to_owned()));
    assert_eq!(told, expected);
    assert!(text(&listed.json["items"][3]["problem"]).contains("may not read"), "{listed} {eve}");
}

fn a_mailed_link_ends_with_the_address_it_went_to(app: &TestApp) {
    let postbox = Postbox::open();
    let (ann, bob) = (stakeholder(app, "Ann", &json!({})), stakeholder(app, "Bob", &json!({})));
    let cem = stakeholder(app, "Cem", &json!({}));
    let report = published(app);
    assert_eq!(send(app, &postbox), 3);
    let letters = postbox.letters();
    let links: Vec<_> = letters.iter().map(|(_, letter)| link(&read(letter))).collect();
    links.iter().for_each(|link| drop(app.anonymous().get(link).expect(200)));
    change(app, &ann, &json!({ "email": "other@example.com" }));
    change(app, &bob, &json!({ "user": app.people.viewer }));
    change(app, &cem, &json!({ "retired_on": "2026-11-03" }));
    app.anonymous().get(&links[0]).expect(404);
    app.anonymous().get(&format!("{}/facts/cost.total", links[0])).expect(404);
    app.anonymous().get(&links[1]).expect(404);
    app.anonymous().get(&links[2]).expect(200);
    app.pass(TimeDelta::days(1));
    app.anonymous().get(&links[2]).expect(404);
    change(app, &ann, &json!({ "email": "ann@example.com" }));
    app.anonymous().get(&links[0]).expect(200);
    app.pass(TimeDelta::days(90));
    app.anonymous().get(&links[0]).expect(404);
    assert_eq!(deliveries(app, &report).column("state"), ["sent"; 3]);
}

fn what_is_sent_again_elsewhere_has_another_link(app: &TestApp) {
    let postbox = Postbox::open();
    let ann = stakeholder(app, "Ann", &json!({}));
    let report = published(app);
    let old = |app: &TestApp| deliveries(app, &report).json["items"][0].clone();
    postbox.answer("ann@example.com", "550 who?");
    assert_eq!(send(app, &postbox), 1);
    let first = text(&old(app)["share_link"]).to_owned();
    change(app, &ann, &json!({ "email": "other@example.com" }));
    let row = old(app);
    let retry = format!("{report}/deliveries/{}/retry", text(&row["id"]));
    let again = |row: &Value| {
        let etag = format!("\"{}\"", row["version"]);
        app.editor().with("If-Match", &etag).send("POST", &retry, None).expect(200);
        assert_eq!(send(app, &postbox), 1);
    };
    postbox.answer("other@example.com", "550 who?");
    again(&row);
    let links = || app.owner().get(&format!("{report}/share-links")).expect(200).column("id");
    let second = links();
    assert!(second.len() == 1 && second[0] != first, "the link that went elsewhere is gone");
    // An editor revokes it; then it takes another to open the report.
    app.editor().delete(&format!("{report}/share-links/{}", second[0]), "\"1\"").expect(204);
    again(&old(app));
    let third = links();
    assert!(third.len() == 1 && third != second);
    app.anonymous().get(&link(&read(&only(&postbox)))).expect(200);
    // Who has a user by now needs none.
    change(app, &ann, &json!({ "email": "ann@example.com" }));
    let next = publish_again(app);
    postbox.answer("ann@example.com", "451 later");
    assert_eq!(send(app, &postbox), 1);
    change(app, &ann, &json!({ "user": app.people.viewer }));
    app.pass(TimeDelta::minutes(5));
    assert_eq!(send(app, &postbox), 1);
    assert_eq!(deliveries(app, &next).json["items"][0]["share_link"], json!(null));
    assert!(app.owner().get(&format!("{next}/share-links")).expect(200).column("id").is_empty());
}

/// The next revision of October, published.
fn publish_again(app: &TestApp) -> String {
    let draft = build(app).expect(201);
    publish(app, &draft, &json!({ "reason": "again" })).expect(200);
    path(&draft)
}

fn a_correction_says_so_and_what(app: &TestApp) {
    let postbox = Postbox::open();
    stakeholder(app, "Ann", &json!({ "locale": "de" }));
    published(app);
    assert_eq!(send(app, &postbox), 1);
    postbox.letters();
    let amount = json!({ "amount": "1234.5", "currency": "EUR" });
    let late = json!({ "month": "2026-10", "component": "db", "category": "infrastructure", "amount": amount });
    app.editor().post("cost-entries", &late).expect(201);
    let second = build(app).expect(201);
    publish(app, &second, &json!({ "reason": "A bill came <b>late</b>." })).expect(200);
    assert_eq!(send(app, &postbox), 1);
    let letter = only(&postbox);
    let message = read(&letter);
    assert_eq!(message.subject(), Some("platform: October 2026, corrected"));
    let told = plain(&message);
    assert!(told.contains("“A bill came <b>late</b>.”"), "{told}");
    let total = told.lines().find(|line| line.starts_with("- cost.total: ")).expect("the total");
    assert!(total.contains("EUR 1.324,50 instead of EUR 90,00"), "{total}");
    let page = app.anonymous().get(&link(&message)).expect(200);
    assert!(page.text().contains("1.324,50") && page.text().contains("revision 2"), "the page writes it alike");
    let html = message.body_html(0).expect("HTML");
    assert!(html.contains("What is corrected") && html.contains("&lt;b&gt;late"), "{html}");
}

fn what_the_clock_published_is_mailed_and_says_that_nobody_reviewed_it(app: &TestApp) {
    let postbox = Postbox::open();
    stakeholder(app, "Ann", &json!({}));
    let product = app.owner().get("/api/v1/products/platform").expect(200);
    app.owner().patch("/api/v1/products/platform", product.etag(), &json!({ "publish_day": 5 })).expect(200);
    for day in ["2026-11-30T23:00:00Z", "2026-12-04T23:00:00Z"] {
        app.clock.set(day.parse().expect("a time"));
        block_on(reports::schedule::act::look(&app.db)).expect("a look at the clock");
    }
    assert_eq!(send(app, &postbox), 1);
    let letter = only(&postbox);
    let message = read(&letter);
    assert_eq!(message.subject(), Some("platform: November 2026"));
    let told = plain(&message);
    assert!(told.contains("Nobody has reviewed this report.") && told.contains("5 December 2026"), "{told}");
    app.anonymous().get(&link(&message)).expect(200);
}

fn where_no_mail_is_sent_nothing_waits_for_it(app: &TestApp) {
    stakeholder(app, "Ann", &json!({}));
    october(app);
    let draft = build(app).expect(201);
    let silent = Db::open(&app.url, Clock::fixed(app.clock.now().utc()), Ids::Random).expect("a database");
    let (product, id) = (app.platform(), text(&draft.json["id"]).to_owned());
    let publication = Publication::default();
    let seen = IfMatch::version(draft.json["version"].as_i64().expect("a version"));
    let publish = silent.change(Author::operator(), move |tx| {
        reports::store::publish(tx, &product, &id, seen, publication).map(|_| ())
    });
    block_on(publish).expect("a published report");
    assert!(deliveries(app, &path(&draft)).column("id").is_empty());
}

fn who_signs_in_by_a_link_reads_what_it_was_for(app: &TestApp) {
    let browser = app.anonymous().with("Accept", "text/html");
    let sent = |place: &str| browser.get(place).expect(303).header("location").expect("a place").to_owned();
    let report = "/api/v1/products/platform/reports/r.html";
    assert_eq!(sent(&format!("{report}?for=finance")), format!("/login?next={report}%3Ffor%3Dfinance"));
    assert_eq!(sent(&format!("{report}?for=finance&key=secret")), format!("/login?next={report}%3Ffor%3Dfinance"));
    assert_eq!(sent(&format!("{report}?for=a%26b")), format!("/login?next={report}"));
    let form = browser.get(&sent(&format!("{report}?for=finance"))).expect(200);
    assert!(form.text().contains(&format!("value=\"{report}?for=finance\"")), "{}", form.text());
}
