//! The trail: who, when, from where, what was there before and after; nothing is written without it.

use crate::{
    app::TestApp,
    contract::{contract, operations},
    samples,
};
use diesel::prelude::*;
use prodops::kernel::schema::audit_events;
use serde_json::json;
use std::{collections::BTreeSet, path::Path};

on_both_engines!(
    whatever_the_contract_changes_leaves_its_event,
    an_event_says_who_when_and_from_where,
    owners_and_editors_read_their_products_trail_and_admins_the_instances,
);

fn count(app: &TestApp) -> i64 {
    app.read(|conn| Ok(audit_events::table.count().get_result(conn)?))
}

/// Every operation that is no `GET`, with the version it asks for: done means an event more, and refused none; but one
/// that says so where something is somebody else's to do, or would rewrite a published month.
fn whatever_the_contract_changes_leaves_its_event(app: &TestApp) {
    let names = samples::fill(&app.owner(), "platform").with("user", &app.people.exporter);
    let (mut done, mut refused) = (BTreeSet::new(), BTreeSet::new());
    let mut writing: Vec<_> = operations(&contract()).into_iter().filter(|asked| asked.method != "GET").collect();
    // What is gone can be changed no more.
    writing.sort_by_key(|operation| (operation.method == "DELETE", operation.method != "PATCH"));
    for operation in writing {
        let path = names.put_into(&operation.path.replace("imports/{format}", "imports/team"));
        let row = path.trim_end_matches("/erase");
        for client in [app.owner(), app.admin(), app.viewer()] {
            let etag = client.get(row).headers.get("etag").map(|tag| tag.to_str().expect("text").to_owned());
            let client = client.with("If-Match", etag.as_deref().unwrap_or("\"1\""));
            let before = count(app);
            let answer = match operation.method.as_str() {
                "DELETE" => client.send("DELETE", &path, None),
                method => client.send_json(method, &path, &json!({})),
            };
            let events = count(app) - before;
            if answer.status < 300 {
                assert!(events > 0, "{} left no event: {answer}", operation.id);
                done.insert(operation.id.clone());
            } else {
                let is_kept = answer.status == 403 || answer.json["code"] == "published";
                let refusals = app.read(|conn| {
                    let last = audit_events::table.order(audit_events::change_number.desc()).limit(1);
                    Ok(last.select(audit_events::action).load::<String>(conn)?)
                });
                let told = events == 1 && is_kept && refusals == ["refuse"];
                assert!(events == 0 || told, "{} was refused and left an event: {answer}", operation.id);
                refused.extend(told.then(|| operation.id.clone()));
            }
        }
    }
    let judged = ["accept_impact_claim", "agree_to_value_driver", "answer_decision", "question_impact_claim"];
    assert!(judged.iter().all(|act| refused.contains(*act)), "{refused:?}");
    let acts = ["erase_user", "erase_team_member", "erase_stakeholder", "delete_invitation", "update_user"];
    assert!(acts.iter().all(|act| done.contains(*act)) && done.len() > 30, "{done:?}");
}

fn an_event_says_who_when_and_from_where(app: &TestApp) {
    let names = samples::fill(&app.owner(), "platform");
    let events = app.read(|conn| {
        let from = audit_events::address.eq("127.0.0.1").and(audit_events::request_id.is_not_null());
        let from = from.and(audit_events::session.is_not_null());
        let rows = audit_events::table.filter(from).filter(audit_events::action.eq("create"));
        Ok(rows.select((audit_events::row_id, audit_events::actor_id)).load::<(String, Option<String>)>(conn)?)
    });
    for name in ["component", "stakeholder", "team_member", "claim", "report", "share_link", "invitation"] {
        let row = names.get(name).expect("a row").to_owned();
        assert!(events.contains(&(row, Some(app.people.owner.clone()))), "{name}");
    }
}

fn owners_and_editors_read_their_products_trail_and_admins_the_instances(app: &TestApp) {
    app.editor().with("X-Request-Id", "r1").post("components", &json!({ "name": "Db", "kind": "tool" })).expect(201);
    let ann = json!({ "email": "ann@example.com", "name": "Ann", "password": "twelve letters" });
    app.admin().with("X-Request-Id", "r2").post("/api/v1/users", &ann).expect(201);
    for client in [app.owner(), app.editor()] {
        let trail = client.get("audit-events?request_id=r1&address=127.0.0.1").expect(200);
        assert_eq!(trail.column("resource"), ["components"]);
        assert_eq!(trail.column("actor_id"), [app.people.editor.as_str()]);
        assert_eq!(client.get("audit-events?request_id=r2").expect(200).column("id"), [""; 0]);
        client.get("/api/v1/audit-events").expect(403);
    }
    app.viewer().get("audit-events").expect(403);
    app.admin().get("audit-events").expect(404);
    let instance = app.admin().get("/api/v1/audit-events?request_id=r2").expect(200);
    assert_eq!((instance.column("resource"), instance.column("action")), (vec!["users".into()], vec!["create".into()]));
    assert!(!instance.text().contains("argon2") && !instance.text().contains("twelve letters"));
    let all = app.admin().get("/api/v1/audit-events?limit=200").expect(200).column("resource");
    assert!(all.iter().all(|resource| ["users", "invitations"].contains(&&**resource)), "{all:?}");
}

/// `Db::change` refuses to commit without an event. What is written otherwise is no change of anyone's record, and this
/// is all of it.
#[test]
fn what_is_written_without_an_event_is_this() {
    const NOTED: &[(&str, usize)] = &[
        ("access/attempts/mod.rs", 1),  // What may be done only so often.
        ("access/issuer/pages.rs", 1),  // A code that was made up.
        ("access/sessions/api.rs", 1),  // A failed login.
        ("costs/bills/mod.rs", 1),      // That a bill never came to count.
        ("exports/signed/pages.rs", 1), // How often an address was opened.
        ("kernel/auth/standing.rs", 1), // When a token was last used, to the hour.
        ("reports/shares/pages.rs", 1), // How often a link was opened.
        ("reports/views/store.rs", 1),  // The bytes of a view that somebody asked for.
        ("server/app.rs", 1),           // Answers that are too old to be given again.
    ];
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            let calls = text.matches(".note(move |conn|").count();
            if calls > 0 {
                let name = path.strip_prefix(&root).expect("a path below").to_string_lossy().into_owned();
                found.push((name, calls));
            }
        }
    }
    found.sort();
    let found: Vec<_> = found.iter().map(|(name, calls)| (name.as_str(), *calls)).collect();
    assert_eq!(found, NOTED);
}
