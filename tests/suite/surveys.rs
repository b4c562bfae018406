//! Surveys: answered without a login, once a link, and told together with how sure that is.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    exports::cells,
    imports::{counts, faults, import},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_both_engines!(
    a_score_is_told_from_five_answers_on,
    an_answer_is_on_the_surveys_scale_and_stays,
    a_link_takes_one_answer_without_a_login,
    a_link_ends_when_it_expires_or_is_revoked_or_its_maker_must_not_come_in,
    two_answers_at_once_on_one_link_are_one,
    nothing_ties_an_answer_to_a_link,
    what_is_no_answer_uses_no_link,
    surveys_and_answers_come_in_as_files_and_scores_go_out,
);

fn survey(app: &TestApp, kind: &str, period: &str) -> String {
    let new = json!({ "kind": kind, "period": period, "question": "How is it?" });
    let made = app.editor().post("surveys", &new).expect(201);
    format!("surveys/{}", made.json["id"].as_str().expect("an id"))
}

fn answer(app: &TestApp, survey: &str, score: i64) -> Answer {
    app.editor().post(&format!("{survey}/responses"), &json!({ "score": score }))
}

fn links(app: &TestApp, survey: &str, count: i64) -> Answer {
    let until = app.clock.now().utc() + TimeDelta::days(7);
    let until = until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    app.editor().post(&format!("{survey}/links"), &json!({ "count": count, "expires_at": until }))
}

fn urls(made: &Answer) -> Vec<String> {
    made.json["urls"].as_array().expect("addresses").iter().map(|url| url.as_str().expect("one").to_owned()).collect()
}

/// What a browser sends from the page.
fn send(client: &Client, url: &str, form: &str) -> Answer {
    client.with("Content-Type", "application/x-www-form-urlencoded").send("POST", url, Some(form.as_bytes()))
}

fn results(app: &TestApp, survey: &str) -> Value {
    app.viewer().get(&format!("{survey}/results")).expect(200).json
}

fn a_score_is_told_from_five_answers_on(app: &TestApp) {
    let nps = survey(app, "nps", "2026-Q3");
    for score in [10, 9, 7, 6] {
        answer(app, &nps, score).expect(201);
    }
    let few = results(app, &nps);
    assert_eq!(
        (&few["n"], &few["score"], &few["low"], &few["high"]),
        (&json!(4), &Value::Null, &Value::Null, &Value::Null)
    );
    assert!(few["unknown"].as_str().expect("why").contains("4 of the 5"), "{few}");
    answer(app, &nps, 0).expect(201);
    // By hand: 2 of 5 promote, 2 detract; p = d = 2.75 ÷ 8; ± 1.96 √(0.6875 ÷ 8) = ± 57.46.
    let found = results(app, &nps);
    assert_eq!((&found["score"], &found["unknown"]), (&json!(0), &Value::Null));
    assert!((found["high"].as_f64().expect("a number") - 57.4565).abs() < 0.001, "{found}");
    assert!((found["low"].as_f64().expect("a number") + 57.4565).abs() < 0.001, "{found}");
    let csat = survey(app, "csat", "2026-10");
    for score in [5, 4, 4, 3, 1] {
        answer(app, &csat, score).expect(201);
    }
    // Wilson, by hand: (3 + 1.9207 ± 1.96 √(1.2 + 0.9604)) ÷ 8.8415 = 0.5565 ± 0.3258.
    let found = results(app, &csat);
    assert_eq!(found["score"], json!(0.6));
    assert!((found["low"].as_f64().expect("a number") - 0.2307).abs() < 0.0005, "{found}");
    assert!((found["high"].as_f64().expect("a number") - 0.8824).abs() < 0.0005, "{found}");
}

fn an_answer_is_on_the_surveys_scale_and_stays(app: &TestApp) {
    let (nps, csat) = (survey(app, "nps", "2026-Q3"), survey(app, "csat", "2026-10"));
    for (survey, wrong) in [(&nps, -1), (&nps, 11), (&csat, 0), (&csat, 6), (&csat, 10)] {
        answer(app, survey, wrong).expect(422);
    }
    for wrong in [json!({ "score": 4.5 }), json!({ "score": "4" }), json!({}), json!({ "score": 4, "link": "x" })] {
        app.editor().post(&format!("{nps}/responses"), &wrong).expect(422);
    }
    let made = answer(app, &csat, 4).expect(201);
    let place = format!("{csat}/responses/{}", made.json["id"].as_str().expect("an id"));
    let change = |body: Value| app.editor().patch(&csat, "\"1\"", &body);
    assert_eq!(change(json!({ "question": "Other?" })).expect(409).json["code"], "answered");
    assert_eq!(change(json!({ "kind": "nps" })).expect(409).json["code"], "answered");
    assert_eq!(app.editor().delete(&csat, "\"1\"").expect(409).json["code"], "referenced");
    change(json!({ "period": "2026-Q4" })).expect(200);
    app.editor().delete(&place, made.etag()).expect(204);
    app.editor().delete(&csat, "\"2\"").expect(204);
    for wrong in ["2026", "2026-Q5", "2026-00", "Q3", "2026-q3"] {
        let new = json!({ "kind": "nps", "period": wrong, "question": "x" });
        assert_eq!(app.editor().post("surveys", &new).expect(422).faults().len(), 1, "{wrong}");
    }
    app.viewer().post("surveys", &json!({ "kind": "nps", "period": "2026-Q3", "question": "x" })).expect(403);
    app.viewer().post(&format!("{nps}/responses"), &json!({ "score": 9 })).expect(403);
}

fn a_link_takes_one_answer_without_a_login(app: &TestApp) {
    let nps = survey(app, "nps", "2026-Q3");
    let made = links(app, &nps, 3).expect(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let urls = urls(&made);
    assert_eq!(urls.len(), 3);
    let anyone = app.anonymous();
    for _ in 0..3 {
        // A mail scanner looks, and nothing happens.
        let page = anyone.get(&urls[0]).expect(200);
        assert!(page.text().contains("How is it?") && !page.text().contains("<script"), "{page}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
    }
    assert_eq!(results(app, &nps)["n"], 0);
    let thanks = send(&anyone, &urls[0], "score=9&comment=Works+%3Cb%3Ewell%3C%2Fb%3E").expect(200);
    assert!(thanks.text().contains("Thank you"), "{thanks}");
    for again in [anyone.get(&urls[0]), send(&anyone, &urls[0], "score=1&comment=")] {
        assert!(again.expect(404).text().contains("This link asks nothing"));
    }
    let said = app.viewer().get(&format!("{nps}/responses")).expect(200);
    assert_eq!(
        (said.column("score"), said.column("comment")),
        (vec!["9".to_owned()], vec!["Works <b>well</b>".to_owned()])
    );
    for nothing in ["/s/nothing", "/s/", "/s/%00"] {
        let status = anyone.get(nothing).status;
        assert!(matches!(status, 400 | 404), "{nothing}: {status}");
    }
    // What it opens is no way in, and what lets in opens no survey.
    let token = urls[1].trim_start_matches("/s/");
    anyone.with("Authorization", &format!("Bearer {token}")).get(&nps).expect(401);
    anyone.get(&format!("/r/{token}")).expect(404);
}

fn a_link_ends_when_it_expires_or_is_revoked_or_its_maker_must_not_come_in(app: &TestApp) {
    let nps = survey(app, "nps", "2026-Q3");
    let (revoked, expired) = (links(app, &nps, 1).expect(201), links(app, &nps, 1).expect(201));
    let place = format!("{nps}/links/{}", revoked.json["id"].as_str().expect("an id"));
    app.viewer().get(&place).expect(403);
    let listed = app.editor().get(&format!("{nps}/links")).expect(200);
    let token = urls(&revoked)[0].trim_start_matches("/s/").to_owned();
    let trail = app.owner().get("audit-events?resource=survey-links").expect(200);
    assert!(!listed.text().contains(&token) && !trail.text().contains(&token) && !listed.text().contains("used"));
    app.editor().delete(&place, revoked.etag()).expect(204);
    let anyone = app.anonymous();
    anyone.get(&urls(&revoked)[0]).expect(404);
    send(&anyone, &urls(&revoked)[0], "score=9").expect(404);
    app.pass(TimeDelta::days(8));
    anyone.get(&urls(&expired)[0]).expect(404);
    send(&anyone, &urls(&expired)[0], "score=9").expect(404);
    assert_eq!(results(app, &nps)["n"], 0);
    let body = |count: i64, until: &str| json!({ "count": count, "expires_at": until });
    for wrong in [
        body(0, "2026-12-01T00:00:00Z"),
        body(501, "2026-12-01T00:00:00Z"),
        body(1, "2001-01-01T00:00:00Z"),
        body(1, "2099-01-01T00:00:00Z"),
    ] {
        assert_eq!(app.editor().post(&format!("{nps}/links"), &wrong).expect(422).faults().len(), 1, "{wrong}");
    }
}

fn two_answers_at_once_on_one_link_are_one(app: &TestApp) {
    let nps = survey(app, "nps", "2026-Q3");
    let made = links(app, &nps, 2).expect(201);
    for url in urls(&made) {
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let sent: Vec<_> = (0..6)
                .map(|score| {
                    let (client, url) = (app.anonymous(), url.clone());
                    scope.spawn(move || send(&client, &url, &format!("score={score}")).status)
                })
                .collect();
            sent.into_iter().map(|one| one.join().expect("an answer")).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 404)), "{statuses:?}");
    }
    assert_eq!(results(app, &nps)["n"], 2);
}

fn nothing_ties_an_answer_to_a_link(app: &TestApp) {
    let nps = survey(app, "nps", "2026-Q3");
    let made = links(app, &nps, 1).expect(201);
    app.pass(TimeDelta::hours(3));
    send(&app.anonymous(), &urls(&made)[0], "score=3&comment=Slow").expect(200);
    let said = app.owner().get(&format!("{nps}/responses")).expect(200);
    assert_eq!(said.column("created_at"), ["2026-11-02T00:00:00Z"], "the day, not the moment");
    let links = app.owner().get(&format!("{nps}/links")).expect(200);
    assert_eq!(links.column("version"), ["1"], "that one was used leaves no trace among those that were made");
    let events = app.owner().get("audit-events?resource=survey-responses").expect(200).json["items"].clone();
    assert_eq!(events.as_array().map(Vec::len), Some(1));
    for (name, value) in
        [("actor_kind", json!("link")), ("actor_id", Value::Null), ("at", json!("2026-11-02T00:00:00Z"))]
    {
        assert_eq!(events[0][name], value, "{name} of {events}");
    }
    assert_eq!(events[0].get("request_id").unwrap_or(&Value::Null), &Value::Null);
    assert_eq!(events[0].get("address").unwrap_or(&Value::Null), &Value::Null);
}

fn what_is_no_answer_uses_no_link(app: &TestApp) {
    let csat = survey(app, "csat", "2026-10");
    let made = links(app, &csat, 1).expect(201);
    let (url, anyone) = (&urls(&made)[0], app.anonymous());
    for wrong in ["", "score=", "score=0", "score=6", "score=4.5", "score=99999999999999999999", "score=x"] {
        let page = send(&anyone, url, wrong).expect(422);
        assert!(page.text().contains("Choose one of the numbers from 1 to 5."), "{wrong}: {page}");
    }
    let long = format!("score=4&comment={}", "x".repeat(2001));
    let page = send(&anyone, url, &long).expect(422);
    assert!(page.text().contains("at most 2,000") && page.text().contains("checked"), "what was chosen is kept");
    send(&anyone, url, "score=4&more=x").expect(422);
    send(&anyone, url, "score=4&score=5").expect(400);
    anyone.with("Sec-Fetch-Site", "cross-site").get(url).expect(200);
    let foreign = anyone.with("Origin", "https://elsewhere.example").with("Sec-Fetch-Site", "cross-site");
    send(&foreign, url, "score=4").expect(403);
    assert_eq!(results(app, &csat)["n"], 0);
    send(&anyone, url, "score=4").expect(200);
    assert_eq!(results(app, &csat)["n"], 1);
}

fn surveys_and_answers_come_in_as_files_and_scores_go_out(app: &TestApp) {
    let surveys = "kind,period,question\ncsat,2026-Q2,How is it?\ncsat,2026-Q3,How is it?\nnps,2026-Q3,Would you?\n";
    assert_eq!(counts(app, "surveys", surveys), (3, 0, 0));
    assert_eq!(counts(app, "surveys", surveys), (0, 0, 3));
    let line = |period: &str, score: i64, comment: &str| format!("csat,{period},{score},{comment}\n");
    let mut file = "kind,period,score,comment\n".to_owned();
    for _ in 0..30 {
        file += &line("2026-Q2", 2, "");
        file += &line("2026-Q3", 5, "");
    }
    file += &line("2026-Q3", 4, "Much better");
    assert_eq!(counts(app, "responses", &file), (61, 0, 0));
    assert_eq!(counts(app, "responses", &file), (0, 0, 61), "the same file twice changes nothing");
    file += &line("2026-Q3", 5, "");
    assert_eq!(counts(app, "responses", &file), (1, 0, 61));
    let wrong = "kind,period,score\ncsat,2026-Q3,0\ncsat,2026-Q3,6\ncsat,2026-Q4,5\nnps,2026-Q3,11\n";
    let mut found = faults(import(app, "responses", wrong));
    found.sort();
    let lines: Vec<_> = found.iter().map(|one| one.0).collect();
    assert_eq!(lines, [2, 3, 4, 5], "{found:?}");
    let columns = ["product", "deleted_at", "kind", "period", "score", "n"];
    assert_eq!(
        cells(&app.exporter(), "exports/survey_scores.csv", &columns),
        ["platform  csat 2026-Q2 0 30", "platform  csat 2026-Q3 1 32", "platform  nps 2026-Q3  0"]
    );
    let report = app.editor().post("reports", &json!({ "month": "2026-10" })).expect(201);
    let page = app.editor().get(&format!("reports/{}.html", report.json["id"].as_str().expect("an id"))).expect(200);
    for told in ["How content they are", "That is better", "0 of the 5 answers", "the second quarter of 2026"] {
        assert!(page.text().contains(told), "{told}");
    }
}
