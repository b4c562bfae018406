//! Where the time went: weeks written whole, and work worth telling.

use crate::{app::TestApp, client::Answer};
use serde_json::{Value, json};

on_both_engines!(
    a_week_is_written_whole_and_replaced_by_version,
    shares_sum_to_one_and_all_faults_are_told,
    only_those_who_are_in_the_team_have_a_week,
    a_week_is_repeated_for_those_who_are_still_there,
    a_week_is_a_week_of_the_iso_calendar,
    two_leads_who_write_a_new_week_at_once_do_not_overwrite_each_other,
    a_person_who_worked_cannot_be_deleted,
    an_activity_is_recorded_and_corrected,
);

/// A member of the team, from a day on.
pub fn person(app: &TestApp, name: &str, from: &str, to: Option<&str>) -> String {
    let new = json!({ "name": name, "hours_per_week": 40, "valid_from": from, "valid_to": to });
    app.editor().post("team", &new).expect(201).json["id"].as_str().expect("an id").to_owned()
}

pub fn service(app: &TestApp, name: &str) {
    app.editor().post("components", &json!({ "name": name, "kind": "service" })).expect(201);
}

fn share(component: Option<&str>, kind: &str, share: f64) -> Value {
    let share = if share == 1.0 { json!(1) } else { json!(share) };
    json!({ "component": component, "roadmap_item": null, "kind": kind, "share": share })
}

fn week(entries: &[(Option<&str>, Vec<Value>)]) -> Value {
    let entries: Vec<_> = entries.iter().map(|(who, shares)| json!({ "person": who, "shares": shares })).collect();
    json!({ "entries": entries })
}

fn create(app: &TestApp, name: &str, body: &Value) -> Answer {
    app.editor().with("If-None-Match", "*").put(&format!("effort/{name}"), body)
}

fn a_week_is_written_whole_and_replaced_by_version(app: &TestApp) {
    service(app, "Search");
    let ann = person(app, "Ann", "2026-01-01", None);
    let first = week(&[
        (Some(&ann), vec![share(Some("search"), "patching", 0.3), share(None, "overhead", 0.7)]),
        (None, vec![share(Some("search"), "improvement", 1.0)]),
    ]);
    let made = create(app, "2026-W44", &first).expect(200);
    assert_eq!((made.etag(), &made.json["week"]), ("\"1\"", &json!("2026-W44")));
    assert_eq!(made.json["entries"][0]["shares"][0]["share"], json!(0.3));
    assert_eq!(app.owner().get("effort/2026-W44").expect(200).json, made.json);
    create(app, "2026-W44", &first).expect(412);
    app.editor().put("effort/2026-W44", &first).expect(428);
    let both = app.editor().with("If-None-Match", "*").with("If-Match", "\"1\"").put("effort/2026-W44", &first);
    both.expect(400);
    let second = week(&[(Some(&ann), vec![share(None, "support", 1.0)])]);
    let replaced = app.editor().with("If-Match", "\"1\"").put("effort/2026-W44", &second).expect(200);
    assert_eq!(replaced.json["entries"], second["entries"]);
    app.editor().with("If-Match", "\"1\"").put("effort/2026-W44", &second).expect(412);
    app.editor().with("If-Match", "\"1\"").put("effort/2026-W45", &second).expect(412);
    app.editor().delete("effort/2026-W44", "\"2\"").expect(204);
    app.editor().get("effort/2026-W44").expect(404);
    create(app, "2026-W44", &first).expect(200);
}

fn shares_sum_to_one_and_all_faults_are_told(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    let wrong = week(&[
        (Some(&ann), vec![share(Some("nowhere"), "toil", 0.5), share(None, "toil", 0.49)]),
        (Some(&ann), vec![share(None, "toil", 1.0)]),
        (Some("nobody"), vec![share(None, "toil", 1.0)]),
    ]);
    assert_eq!(
        create(app, "2026-W44", &wrong).expect(422).faults(),
        [
            "/entries/0/shares sum",
            "/entries/0/shares/0/component unknown_reference",
            "/entries/1/person twice",
            "/entries/2/person unknown_reference",
        ]
    );
    let refused = week(&[(None, vec![share(None, "sleep", 0.0)]), (Some(&ann), vec![])]);
    assert_eq!(
        create(app, "2026-W44", &refused).expect(422).faults(),
        ["/entries/0/shares/0/kind not_one_of", "/entries/0/shares/0/share too_small", "/entries/1/shares too_short"]
    );
    let tenths: Vec<_> = (0..10).map(|_| share(None, "toil", 0.1)).collect();
    create(app, "2026-W44", &week(&[(Some(&ann), tenths)])).expect(200);
    let thirds = vec![share(None, "toil", 0.333_333_333_333); 3];
    assert_eq!(create(app, "2026-W45", &week(&[(Some(&ann), thirds)])).expect(422).faults(), ["/entries/0/shares sum"]);
}

fn only_those_who_are_in_the_team_have_a_week(app: &TestApp) {
    let left = person(app, "Left", "2026-01-01", Some("2026-10-26"));
    let joined = person(app, "Joined", "2026-11-01", None);
    let one = |who: &str| week(&[(Some(who), vec![share(None, "toil", 1.0)])]);
    create(app, "2026-W43", &one(&left)).expect(200);
    assert_eq!(create(app, "2026-W44", &one(&left)).expect(422).faults(), ["/entries/0/person not_in_team"]);
    assert_eq!(create(app, "2026-W42", &one(&joined)).expect(422).faults(), ["/entries/0/person not_in_team"]);
    create(app, "2026-W44", &one(&joined)).expect(200);
}

fn a_week_is_repeated_for_those_who_are_still_there(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    let left = person(app, "Left", "2026-01-01", Some("2026-10-26"));
    let repeat = |week: &str| app.editor().post(&format!("effort/{week}/repeat"), &json!({}));
    assert_eq!(repeat("2026-W43").expect(409).json["code"], "nothing_to_repeat");
    let all = |who: &str| (who.to_owned(), vec![share(None, "toil", 1.0)]);
    let entries = [all(&ann), all(&left)];
    let entries: Vec<_> = entries.iter().map(|(who, shares)| (Some(who.as_str()), shares.clone())).collect();
    create(app, "2026-W43", &week(&entries)).expect(200);
    let copied = repeat("2026-W44").expect(200).json;
    assert_eq!(copied["entries"], week(&[(Some(&ann), vec![share(None, "toil", 1.0)])])["entries"]);
    assert_eq!(repeat("2026-W44").expect(409).json["code"], "exists");
    assert_eq!(app.editor().get("effort?sort=-week").column("week"), ["2026-W44", "2026-W43"]);
}

fn a_week_is_a_week_of_the_iso_calendar(app: &TestApp) {
    let nothing = week(&[]);
    create(app, "2026-W53", &nothing).expect(200);
    for none in ["2025-W53", "2026-W00", "2026-W54", "2026-w44", "2026-44", "2026-W4", "now"] {
        assert_eq!(create(app, none, &nothing).status, 404, "{none}");
    }
}

fn two_leads_who_write_a_new_week_at_once_do_not_overwrite_each_other(app: &TestApp) {
    let mine =
        |share_of: f64| week(&[(None, vec![share(None, "toil", share_of), share(None, "support", 1.0 - share_of)])]);
    let (one, two) = (mine(0.25), mine(0.75));
    let mut statuses = std::thread::scope(|scope| {
        let first = scope.spawn(|| create(app, "2026-W44", &one).status);
        let second = scope.spawn(|| create(app, "2026-W44", &two).status);
        [first.join().expect("no panic"), second.join().expect("no panic")]
    });
    statuses.sort_unstable();
    assert!(statuses[0] == 200 && [409, 412].contains(&statuses[1]), "{statuses:?}");
    let shares = app.editor().get("effort/2026-W44").json["entries"][0]["shares"].as_array().map(Vec::len);
    assert_eq!(shares, Some(2), "nothing of the other's");
}

fn a_person_who_worked_cannot_be_deleted(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    create(app, "2026-W44", &week(&[(Some(&ann), vec![share(None, "toil", 1.0)])])).expect(200);
    let path = format!("team/{ann}");
    assert_eq!(app.editor().delete(&path, "\"1\"").expect(409).json["code"], "referenced");
    app.editor().patch(&path, "\"1\"", &json!({ "valid_to": "2027-01-01" })).expect(200);
    app.editor().delete("effort/2026-W44", "\"1\"").expect(204);
    app.editor().delete(&path, "\"2\"").expect(204);
}

fn an_activity_is_recorded_and_corrected(app: &TestApp) {
    service(app, "Search");
    let new = json!({
        "on": "2026-10-07", "started_at": "2026-10-07T08:00:00+02:00", "ended_at": "2026-10-07T07:30:00.123456Z",
        "component": "search", "kind": "patching", "planned": true, "summary": "Patched without anyone noticing.",
    });
    let made = app.editor().post("activities", &new).expect(201);
    assert_eq!(made.json["started_at"], "2026-10-07T06:00:00Z", "times are told in UTC");
    assert_eq!(made.json["ended_at"], "2026-10-07T07:30:00.123456Z");
    let path = format!("activities/{}", made.json["id"].as_str().expect("an id"));
    let backwards = app.editor().patch(&path, "\"1\"", &json!({ "ended_at": "2026-10-07T05:59:59Z" })).expect(422);
    assert_eq!(backwards.faults(), ["/ended_at before_start"]);
    app.editor().patch(&path, "\"1\"", &json!({ "started_at": null, "ended_at": null, "component": null })).expect(200);
    assert_eq!(app.viewer().get("activities?component=null&planned=true").column("kind"), ["patching"]);
    assert_eq!(app.viewer().get("activities?on.gte=2026-10-01&on.lt=2026-10-07").column("kind"), [""; 0]);
    assert_eq!(app.viewer().get("activities?q=anyone%20PATCHED").column("kind"), ["patching"]);
}
