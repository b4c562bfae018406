//! Drills: what happens when things go wrong, tried on the real program. `docs/DRILLS.md` says how
//! to run them and what each shows.

mod client;
mod clock;
mod disk;
mod guessing;
mod kill;
mod ledger;
mod order;
mod outage;
mod postgres;
mod program;
#[path = "../suite/programs.rs"]
mod programs;
#[path = "../suite/replay.rs"]
mod replay;
mod slow;
