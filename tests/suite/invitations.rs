//! Links by which somebody gets in who has no account, or is no member yet.

use crate::{
    access::sign_in,
    app::{PASSWORD, TestApp},
    client::{Answer, Client},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::kernel::schema::{invitations, members, sessions, users};
use serde_json::{Value, json};

on_both_engines!(
    a_link_makes_a_user_and_a_member_once,
    looking_at_a_link_does_nothing_and_tells_nobody,
    the_form_is_checked_and_names_no_address,
    of_many_who_accept_at_once_one_does,
    who_has_an_account_signs_in_to_accept,
    guessing_a_password_by_a_link_is_counted_like_any_login,
    who_is_signed_in_accepts_without_a_password,
    who_is_there_already_is_not_invited,
    owners_invite_to_their_product_and_admins_to_the_instance,
    an_invitation_is_listed_found_and_revoked_by_whom_it_concerns,
    an_invitation_ends_when_it_expires_or_another_takes_its_place,
    an_invitation_ends_with_the_right_to_invite,
    nobody_elses_page_sends_the_form,
    only_a_hash_is_kept_and_the_trail_knows_who_came_in,
);

const NEW: &str = "name=Ann+Other&password=a+long+enough+one";

fn invite(client: &Client, body: &Value) -> Answer {
    client.post("/api/v1/invitations", body)
}

/// An invitation to be a viewer of `platform`.
fn invited(app: &TestApp, email: &str) -> Answer {
    invite(&app.owner(), &json!({ "email": email, "product": "platform", "role": "viewer" })).expect(201)
}

fn url(invitation: &Answer) -> &str {
    invitation.json["url"].as_str().expect("an address")
}

fn id(answer: &Answer) -> String {
    answer.json["id"].as_str().expect("an id").to_owned()
}

fn accept(client: &Client, url: &str, form: &str) -> Answer {
    client.with("Content-Type", "application/x-www-form-urlencoded").send("POST", url, Some(form.as_bytes()))
}

/// The browser that an answer signed in.
fn browser(app: &TestApp, answer: &Answer) -> Client {
    let cookie = answer.header("set-cookie").expect("a cookie");
    app.anonymous().with("Cookie", cookie.split(';').next().expect("a pair"))
}

fn count_of_users(app: &TestApp) -> i64 {
    app.read(|conn| Ok(users::table.count().get_result(conn)?))
}

fn a_link_makes_a_user_and_a_member_once(app: &TestApp) {
    let made = invited(app, "Ann@Example.com");
    assert_eq!(made.header("cache-control"), Some("no-store"));
    assert_eq!(made.header("location"), Some(format!("/api/v1/invitations/{}", id(&made)).as_str()));
    let shown = app.anonymous().get(url(&made)).expect(200);
    for said in ["owner invites you to", "platform", "Ann@Example.com", "a viewer"] {
        assert!(shown.text().contains(said), "{said}: {}", shown.text());
    }
    let done = accept(&app.anonymous(), url(&made), NEW).expect(303);
    assert_eq!((done.header("location"), done.header("cache-control")), (Some("/"), Some("no-store")));
    let ann = browser(app, &done);
    let me = ann.get("/api/v1/me").expect(200).json;
    assert_eq!(
        (&me["email"], &me["name"], &me["admin"]),
        (&json!("Ann@Example.com"), &json!("Ann Other"), &json!(false))
    );
    ann.get("components").expect(200);
    app.anonymous()
        .post("/api/v1/auth/login", &json!({ "email": "ann@example.com", "password": "a long enough one" }))
        .expect(200);
    let member = app.owner().get(&format!("members?user={}", me["id"].as_str().expect("an id"))).expect(200);
    assert_eq!(member.column("role"), ["viewer"]);
    let kept = app.owner().get(&format!("/api/v1/invitations/{}", id(&made))).expect(200);
    assert_eq!((&kept.json["accepted_by"], &kept.json["version"]), (&me["id"], &json!(2)));
    assert!(kept.json["accepted_at"].is_string() && kept.json["url"].is_null());
    // It was good once, for whoever holds it.
    for again in [accept(&app.anonymous(), url(&made), NEW), accept(&ann, url(&made), ""), ann.get(url(&made))] {
        assert!(again.expect(404).text().contains("This invitation opens nothing"));
    }
    let etag = kept.etag().to_owned();
    let refused = app.owner().delete(&format!("/api/v1/invitations/{}", id(&made)), &etag).expect(409);
    assert_eq!(refused.json["code"], "accepted");
}

fn looking_at_a_link_does_nothing_and_tells_nobody(app: &TestApp) {
    let (made, before) = (invited(app, "ann@example.com"), count_of_users(app));
    for _ in 0..3 {
        let page = app.anonymous().get(url(&made)).expect(200);
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow"));
        assert_eq!(page.header("set-cookie"), None);
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!page.text().contains("<script") && !page.text().contains("http"), "{}", page.text());
    }
    app.anonymous().send("HEAD", url(&made), None).expect(200);
    assert_eq!(count_of_users(app), before);
    let unknown = app.anonymous().get("/invitations/nothing").expect(404);
    for nothing in ["/invitations/", "/invitations/%00", "/invitations/a%2Fb"] {
        app.anonymous().get(nothing).expect(404);
    }
    assert_eq!(unknown.header("cache-control"), Some("no-store"));
    // A link is no way in elsewhere, and its id is no link.
    let token = url(&made).trim_start_matches("/invitations/").to_owned();
    app.anonymous().with("Authorization", &format!("Bearer {token}")).get("components").expect(401);
    app.anonymous().with("Cookie", &format!("prodops_session={token}")).get("components").expect(401);
    app.anonymous().get(&format!("/invitations/{}", id(&made))).expect(404);
    app.owner().get(&format!("/api/v1/invitations/{token}")).expect(404);
}

fn the_form_is_checked_and_names_no_address(app: &TestApp) {
    let made = invite(&app.owner(), &json!({ "email": "\"<i>\"@x.y", "product": "platform", "role": "editor" }));
    let made = made.expect(201);
    for (wrong, status, said) in [
        ("name=Ann&password=eleven+long", 422, "The password has 12"),
        ("name=++&password=a+long+enough+one", 422, "Your name has 1"),
        ("name=Ann", 422, "The password has 12"),
        ("", 422, "Your name has 1"),
        ("name=Ann&password=a+long+enough+one&email=else%40example.com", 422, ""),
        ("name=%FF&password=a+long+enough+one", 400, ""),
    ] {
        let refused = accept(&app.anonymous(), url(&made), wrong).expect(status);
        assert!(refused.text().contains(said), "{wrong}: {refused}");
        assert!(!refused.text().contains("long+enough") && !refused.text().contains("<i>"), "{refused}");
    }
    app.anonymous().send_json("POST", url(&made), &json!({ "name": "Ann" })).expect(415);
    let kept = accept(&app.anonymous(), url(&made), "name=%22%3E%3Cscript%3E&password=x").expect(422);
    assert!(kept.text().contains("&quot;&gt;&lt;script&gt;"), "what was typed is kept, and is text");
    accept(&app.anonymous(), url(&made), NEW).expect(303);
}

fn of_many_who_accept_at_once_one_does(app: &TestApp) {
    let (made, before) = (invited(app, "ann@example.com"), count_of_users(app));
    let statuses = std::thread::scope(|scope| {
        let guests: Vec<_> = (0..8).map(|_| scope.spawn(|| accept(&app.anonymous(), url(&made), NEW).status)).collect();
        let mut statuses: Vec<_> = guests.into_iter().map(|guest| guest.join().expect("no panic")).collect();
        statuses.sort_unstable();
        statuses
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [303, 404].contains(status)), "{statuses:?}");
    assert_eq!(count_of_users(app), before + 1);
    let joined: i64 = app.read(|conn| Ok(members::table.count().get_result(conn)?));
    assert_eq!(joined, 6, "the owners of two products, three members, and Ann");
}

fn who_has_an_account_signs_in_to_accept(app: &TestApp) {
    let made = invited(app, "OUTSIDER@example.com");
    let shown = app.anonymous().get(url(&made)).expect(200);
    assert!(
        shown.text().contains("You have an account") && !shown.text().contains("name=\"name\""),
        "{}",
        shown.text()
    );
    let before = count_of_users(app);
    // A new password for somebody else's account is not set by it.
    accept(&app.anonymous(), url(&made), NEW).expect(401);
    // Nor does being somebody else help.
    let (viewer, _) = sign_in(app, "viewer");
    assert!(viewer.get(url(&made)).expect(200).text().contains("You have an account"));
    accept(&viewer, url(&made), "").expect(401);
    app.outsider().get("components").expect(404);
    let right = format!("password={}", PASSWORD.replace(' ', "+"));
    let done = accept(&app.anonymous(), url(&made), &right).expect(303);
    assert_eq!(browser(app, &done).get("/api/v1/me").expect(200).json["id"], json!(app.people.outsider));
    app.outsider().get("components").expect(200);
    assert_eq!(count_of_users(app), before);
}

fn guessing_a_password_by_a_link_is_counted_like_any_login(app: &TestApp) {
    let made = invited(app, "outsider@example.com");
    for _ in 0..20 {
        accept(&app.anonymous(), url(&made), "password=not+the+password").expect(401);
    }
    let right = format!("password={}", PASSWORD.replace(' ', "+"));
    accept(&app.anonymous(), url(&made), &right).expect(429);
    let login = json!({ "email": "outsider@example.com", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/login", &login).expect(429);
    app.pass(TimeDelta::minutes(5));
    accept(&app.anonymous(), url(&made), &right).expect(303);
}

fn who_is_signed_in_accepts_without_a_password(app: &TestApp) {
    let made = invited(app, "outsider@example.com");
    let (outsider, _) = sign_in(app, "outsider");
    let shown = outsider.get(url(&made)).expect(200);
    assert!(!shown.text().contains("password") && shown.text().contains("Accept"), "{}", shown.text());
    let done = accept(&outsider, url(&made), "").expect(303);
    assert_eq!(done.header("set-cookie"), None, "they are signed in as they were");
    outsider.get("components").expect(200);
}

fn who_is_there_already_is_not_invited(app: &TestApp) {
    let to = |email: &str| json!({ "email": email, "product": "platform", "role": "editor" });
    let refused = invite(&app.owner(), &to("Viewer@Example.com")).expect(409);
    assert_eq!(refused.json["code"], "already_member");
    let refused = invite(&app.admin(), &json!({ "email": "viewer@example.com" })).expect(409);
    assert_eq!(refused.json["code"], "already_user");
    // By the time it is accepted they may be.
    let made = invited(app, "outsider@example.com");
    app.owner().post("members", &json!({ "user": app.people.outsider, "role": "editor" })).expect(201);
    let right = format!("password={}", PASSWORD.replace(' ', "+"));
    let refused = accept(&app.anonymous(), url(&made), &right).expect(409);
    assert!(refused.text().contains("You are a member already."), "{refused}");
    let role = app.owner().get(&format!("members?user={}", app.people.outsider)).expect(200).column("role");
    assert_eq!(role, ["editor"], "what they are stays");
    let to_instance = invite(&app.admin(), &json!({ "email": "ann@example.com", "admin": true })).expect(201);
    let ann = json!({ "email": "ann@example.com", "name": "Ann", "password": PASSWORD });
    app.admin().post("/api/v1/users", &ann).expect(201);
    let refused = accept(&app.anonymous(), url(&to_instance), &right).expect(409);
    assert!(refused.text().contains("nothing to accept"), "{refused}");
    let ann = app.admin().get("/api/v1/users?email=ann@example.com").expect(200);
    assert_eq!(ann.column("admin"), ["false"]);
}

fn owners_invite_to_their_product_and_admins_to_the_instance(app: &TestApp) {
    let to = |product: &str| json!({ "email": "ann@example.com", "product": product, "role": "viewer" });
    for client in [app.editor(), app.viewer(), app.exporter()] {
        invite(&client, &to("platform")).expect(403);
    }
    for (client, product) in [(app.owner(), "other"), (app.owner(), "nothing"), (app.admin(), "platform")] {
        let refused = invite(&client, &to(product)).expect(422);
        assert_eq!(refused.faults(), ["/product unknown_reference"], "{product}");
    }
    invite(&app.owner(), &json!({ "email": "ann@example.com" })).expect(403);
    invite(&app.owner(), &json!({ "email": "ann@example.com", "admin": true })).expect(403);
    for (wrong, fault) in [
        (json!({ "email": "ann@example.com", "product": "platform" }), "/role required"),
        (json!({ "email": "ann@example.com", "role": "viewer" }), "/product required"),
        (
            json!({ "email": "ann@example.com", "product": "platform", "role": "owner", "admin": true }),
            "/admin not_allowed",
        ),
        (json!({ "email": "ann", "product": "platform", "role": "owner" }), "/email format"),
        (json!({ "email": "a@b", "product": "platform", "role": "king" }), "/role not_one_of"),
        (json!({ "email": "a@b", "product": "platform", "role": "owner", "user": "x" }), "/user unknown_property"),
    ] {
        assert_eq!(invite(&app.owner(), &wrong).expect(422).faults(), [fault], "{wrong}");
    }
    let platform = app.platform();
    let by_id = invite(&app.owner(), &to(platform.as_str())).expect(201);
    assert_eq!(by_id.json["product"], "platform", "answers give the key");
    let made = invite(&app.admin(), &json!({ "email": "root@example.com", "admin": true })).expect(201);
    assert!(app.anonymous().get(url(&made)).expect(200).text().contains("to run it"));
    let done = accept(&app.anonymous(), url(&made), NEW).expect(303);
    let root = browser(app, &done);
    assert_eq!(root.get("/api/v1/me").expect(200).json["admin"], true);
    root.get("/api/v1/users").expect(200);
    root.get("components").expect(404);
}

fn an_invitation_is_listed_found_and_revoked_by_whom_it_concerns(app: &TestApp) {
    let first = invited(app, "ann@example.com");
    let second = invited(app, "Bob@example.com");
    let instance = invite(&app.admin(), &json!({ "email": "carl@example.com" })).expect(201);
    let list = |client: &Client, query: &str| {
        client.get(&format!("/api/v1/invitations?sort=email{query}")).expect(200).column("email")
    };
    assert_eq!(list(&app.owner(), ""), ["ann@example.com", "Bob@example.com"]);
    assert_eq!(list(&app.owner(), "&q=BOB"), ["Bob@example.com"]);
    assert_eq!(list(&app.owner(), "&email=bob@example.com&role=viewer&accepted_at=null"), ["Bob@example.com"]);
    assert_eq!(list(&app.owner(), "&product=other"), [""; 0]);
    assert_eq!(list(&app.admin(), ""), ["carl@example.com"]);
    assert_eq!(list(&app.admin(), "&product=null"), ["carl@example.com"]);
    for nobody in [app.editor(), app.viewer(), app.outsider()] {
        assert_eq!(list(&nobody, ""), [""; 0]);
    }
    let page = app.owner().get("/api/v1/invitations?sort=email&limit=1").expect(200);
    let cursor = page.json["next_cursor"].as_str().expect("a cursor");
    let next = app.owner().get(&format!("/api/v1/invitations?sort=email&limit=1&cursor={cursor}")).expect(200);
    assert_eq!(
        (page.column("email"), next.column("email")),
        (vec!["ann@example.com".into()], vec!["Bob@example.com".into()])
    );
    let place = |answer: &Answer| format!("/api/v1/invitations/{}", id(answer));
    for (client, invitation) in
        [(app.admin(), &first), (app.editor(), &first), (app.outsider(), &first), (app.owner(), &instance)]
    {
        client.get(&place(invitation)).expect(404);
        client.delete(&place(invitation), invitation.etag()).expect(404);
    }
    app.owner().send("DELETE", &place(&second), None).expect(428);
    app.owner().delete(&place(&second), "\"7\"").expect(412);
    app.owner().delete(&place(&second), second.etag()).expect(204);
    app.admin().delete(&place(&instance), instance.etag()).expect(204);
    for revoked in [&second, &instance] {
        app.anonymous().get(url(revoked)).expect(404);
        accept(&app.anonymous(), url(revoked), NEW).expect(404);
    }
    accept(&app.anonymous(), url(&first), NEW).expect(303);
}

fn an_invitation_ends_when_it_expires_or_another_takes_its_place(app: &TestApp) {
    let at =
        |days: i64| (app.clock.now().utc() + TimeDelta::days(days)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let until = |when: &str| {
        let new = json!({ "email": "ann@example.com", "product": "platform", "role": "viewer", "expires_at": when });
        invite(&app.owner(), &new)
    };
    for wrong in [at(0), at(31)] {
        assert_eq!(until(&wrong).expect(422).faults(), ["/expires_at out_of_range"]);
    }
    let first = until(&at(30)).expect(201);
    app.anonymous().get(url(&first)).expect(200);
    // To another product it is another one.
    let other = json!({ "email": "ann@example.com", "product": "other", "role": "viewer" });
    let other = invite(&app.outsider(), &other).expect(201);
    let second = invited(app, "ANN@example.com");
    app.anonymous().get(url(&first)).expect(404);
    app.anonymous().get(url(&second)).expect(200);
    app.pass(TimeDelta::days(7) - TimeDelta::seconds(1));
    app.anonymous().get(url(&second)).expect(200);
    app.pass(TimeDelta::seconds(1));
    for expired in [&second, &other] {
        app.anonymous().get(url(expired)).expect(404);
        accept(&app.anonymous(), url(expired), NEW).expect(404);
    }
}

fn an_invitation_ends_with_the_right_to_invite(app: &TestApp) {
    let member = |user: &str| app.owner().get(&format!("members?user={user}")).expect(200).json["items"][0].clone();
    let place = |member: &Value| format!("members/{}", member["id"].as_str().expect("an id"));
    let etag = |member: &Value| format!("\"{}\"", member["version"]);
    let editor = member(&app.people.editor);
    let owner = app.owner();
    owner.patch(&place(&editor), &etag(&editor), &json!({ "role": "owner" })).expect(200);
    let to = |email: &str| json!({ "email": email, "product": "platform", "role": "owner" });
    let made = invite(&app.editor(), &to("ann@example.com")).expect(201);
    app.anonymous().get(url(&made)).expect(200);
    // No owner any more.
    owner.patch(&place(&editor), "\"2\"", &json!({ "role": "editor" })).expect(200);
    app.anonymous().get(url(&made)).expect(404);
    accept(&app.anonymous(), url(&made), NEW).expect(404);
    owner.patch(&place(&editor), "\"3\"", &json!({ "role": "owner" })).expect(200);
    // No member any more; who comes back brings nothing back.
    owner.delete(&place(&editor), "\"4\"").expect(204);
    app.anonymous().get(url(&made)).expect(404);
    app.pass(TimeDelta::seconds(1));
    owner.post("members", &json!({ "user": app.people.editor, "role": "owner" })).expect(201);
    accept(&app.anonymous(), url(&made), NEW).expect(404);
    // Nobody who may come in any more.
    let made = invite(&app.editor(), &to("ann@example.com")).expect(201);
    app.anonymous().get(url(&made)).expect(200);
    let user = format!("/api/v1/users/{}", app.people.editor);
    app.admin().patch(&user, "\"1\"", &json!({ "disabled": true })).expect(200);
    accept(&app.anonymous(), url(&made), NEW).expect(404);
    // An owner sees what an earlier one began, and it stays ended.
    assert_eq!(owner.get("/api/v1/invitations").expect(200).column("invited_by"), [app.people.editor.as_str()]);
    // The same of admins.
    let (second, admin) =
        (invite(&app.admin(), &json!({ "email": "root@example.com", "admin": true })).expect(201), app.admin());
    let done = accept(&app.anonymous(), url(&second), NEW).expect(303);
    let root = browser(app, &done).get("/api/v1/me").expect(200).json["id"].as_str().expect("an id").to_owned();
    let theirs = invite(&app.user(&root), &json!({ "email": "ann@example.com" })).expect(201);
    admin.patch(&format!("/api/v1/users/{root}"), "\"1\"", &json!({ "admin": false })).expect(200);
    accept(&app.anonymous(), url(&theirs), NEW).expect(404);
}

fn nobody_elses_page_sends_the_form(app: &TestApp) {
    let made = invited(app, "ann@example.com");
    for (name, value) in
        [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "https://evil.example")]
    {
        accept(&app.anonymous().with(name, value), url(&made), NEW).expect(403);
    }
    accept(&app.anonymous().with("Origin", "null").with("Sec-Fetch-Site", "cross-site"), url(&made), NEW).expect(403);
    // The page says `no-referrer`, so that over plain http a browser names no origin.
    accept(&app.anonymous().with("Origin", "null"), url(&made), NEW).expect(303);
    let made = invited(app, "bob@example.com");
    accept(&app.anonymous().with("Origin", "null").with("Sec-Fetch-Site", "same-origin"), url(&made), NEW).expect(303);
}

fn only_a_hash_is_kept_and_the_trail_knows_who_came_in(app: &TestApp) {
    let made = invited(app, "ann@example.com");
    let token = url(&made).trim_start_matches("/invitations/").to_owned();
    let kept: Vec<String> = app.read(|conn| Ok(invitations::table.select(invitations::token_hash).load(conn)?));
    assert!(kept.iter().all(|hash| hash.len() == 64 && *hash != token));
    accept(&app.anonymous().with("X-Request-Id", "the-request"), url(&made), NEW).expect(303);
    let trail = app.owner().get("audit-events?request_id=the-request&sort=at").expect(200);
    assert_eq!(trail.column("resource"), ["members", "invitations"]);
    assert_eq!(trail.column("action"), ["create", "accept"]);
    assert_eq!(trail.column("actor_kind"), ["link", "link"]);
    assert_eq!(trail.column("actor_id"), [id(&made), id(&made)]);
    assert_eq!(trail.column("address"), ["127.0.0.1", "127.0.0.1"]);
    let instance = app.admin().get("/api/v1/audit-events?request_id=the-request&sort=at").expect(200);
    assert_eq!(instance.column("action"), ["create", "sign_in"]);
    for secret in [token.as_str(), "a long enough one", "argon2", kept[0].as_str()] {
        assert!(!trail.text().contains(secret) && !instance.text().contains(secret), "{secret}");
    }
    let browsers = sessions::table.filter(sessions::kind.eq("browser"));
    assert_eq!(app.read(move |conn| Ok(browsers.count().get_result::<i64>(conn)?)), 1);
    // An answer with a secret is not given again.
    let new = json!({ "email": "bob@example.com", "product": "platform", "role": "viewer" });
    let once = app.owner().with("Idempotency-Key", "once");
    invite(&once, &new).expect(201);
    invite(&once, &new).expect(409);
}
