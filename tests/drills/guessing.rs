//! How long a refused sign-in takes says nothing of whether there is such a user.

use crate::program::{Chance, Server, must, prepare};
use diesel::RunQueryDsl;
use prodops::kernel::{
    clock::{Clock, Ids},
    db::{DatabaseUrl, Db},
    schema::attempts,
};
use serde_json::json;
use std::time::Duration;

/// Of each kind.
const TRIES: usize = 1000;
/// As many as are not yet too many for one address.
const AT_ONCE: usize = 48;
/// How many users there are, so that none of them fails too often.
const USERS: usize = 24;
/// How well the slower kind may be told from the faster by their times: 0.5 is a coin, 1 is certainty. Chance alone stays
/// below 0.54 in 997 of 1,000 runs.
const MOST: f64 = 0.55;

/// How often one of `left` takes longer than one of `right`, ties counting half: the area under the ROC curve.
fn area(left: &[Duration], right: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> =
        left.iter().map(|time| (*time, true)).chain(right.iter().map(|time| (*time, false))).collect();
    all.sort();
    let (mut twice, mut below) = (0_usize, 0_usize);
    for same in all.chunk_by(|one, other| one.0 == other.0) {
        let lefts = same.iter().filter(|(_, left)| *left).count();
        twice += lefts * (2 * below + same.len() - lefts);
        below += same.len() - lefts;
    }
    twice as f64 / (2 * left.len() * right.len()) as f64
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

#[test]
fn times_tell_no_unknown_user_from_a_wrong_password() {
    let seconds = |times: &[u64]| times.iter().map(|time| Duration::from_secs(*time)).collect::<Vec<_>>();
    assert!(area(&seconds(&[1, 2, 3]), &seconds(&[4, 5])).abs() < f64::EPSILON);
    assert!((area(&seconds(&[4, 5]), &seconds(&[1, 5])) - 0.625).abs() < f64::EPSILON);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.db");
    let database = format!("sqlite://{}", file.display());
    prepare(&database);
    for nth in 0..USERS {
        let email = format!("known{nth:02}@example.com");
        let create = ["user", "create", "--email", &email, "--name", "K", "--password-stdin"];
        must(&database, &create, &format!("the password of {nth}"));
    }
    let server = Server::start(&database, folder.path());
    let db = Db::open(&DatabaseUrl::Sqlite(file), Clock::System, Ids::Random).expect("an open database");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut chance = Chance::new();
    let try_to_sign_in = |email: &str| {
        let sent = json!({ "email": email, "password": "not the password" });
        let answer = server.client.post("/api/v1/auth/login", &sent).expect("an answer");
        assert_eq!(answer.status, 401, "{answer:?}");
        answer.time
    };
    // What is slow the first time is slow for either.
    for name in ["known00", "nobody00", "known01", "nobody01"] {
        try_to_sign_in(&format!("{name}@example.com"));
    }
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for round in 0_usize.. {
        // Nobody is locked out: that would be another answer, and another time.
        let forgotten = db.note(|conn| Ok(diesel::delete(attempts::table).execute(conn)?));
        runtime.block_on(forgotten).expect("no failures");
        for nth in 0..AT_ONCE {
            let user = (round + nth) % USERS;
            // In no order that the machine could keep step with.
            let is_known = match (wrong.len() < TRIES, unknown.len() < TRIES) {
                (true, true) => chance.below(2) == 0,
                (known, _) => known,
            };
            let (name, times) = if is_known { ("known", &mut wrong) } else { ("other", &mut unknown) };
            times.push(try_to_sign_in(&format!("{name}{user:02}@example.com")));
        }
        if wrong.len() >= TRIES && unknown.len() >= TRIES {
            break;
        }
    }
    let area = area(&wrong, &unknown);
    println!(
        "{} wrong passwords took {:.2?} (median), {} unknown users {:.2?}; told apart by that: {:.3} (AUC)",
        wrong.len(),
        median(&wrong),
        unknown.len(),
        median(&unknown),
        area.max(1.0 - area)
    );
    assert!(area.max(1.0 - area) <= MOST, "one can tell who is a user: {area:.3}");
    server.stop();
}
