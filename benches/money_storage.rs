//! How should money be kept, so that sums of many lines are exact and quick? A million lines, two
//! `BIGINT`s added by SQL beside decimal text read and added in the program, in one run.
//!
//!     cargo bench --bench money_storage

use diesel::{connection::SimpleConnection, prelude::*, sql_query, sql_types};
use prodops::kernel::money::from_columns;
use rust_decimal::Decimal;
use std::{str::FromStr, time::Instant};

const LINES: u32 = 1_000_000;
const ROUNDS: u32 = 5;

#[derive(QueryableByName)]
struct Sums {
    #[diesel(sql_type = sql_types::BigInt)]
    units: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    parts: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = sql_types::Text)]
    amount: String,
}

#[allow(clippy::disallowed_methods)] // A table of its own, in no database of ours.
fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("money.db");
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).expect("a database");
    conn.batch_execute(&format!(
        "CREATE TABLE lines (units BIGINT NOT NULL, parts BIGINT NOT NULL, amount TEXT NOT NULL);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LINES})
         INSERT INTO lines SELECT i % 1000, (i * 7919) % 1000000 * 1000000,
            (i % 1000) || '.' || printf('%06d', (i * 7919) % 1000000) FROM n;"
    ))
    .expect("a million lines");
    let (mut by_sql, mut by_program) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let sums: Sums = sql_query("SELECT SUM(units) AS units, SUM(parts) AS parts FROM lines")
            .get_result(&mut conn)
            .expect("sums");
        let sql = from_columns(sums.units, 0) + Decimal::new(sums.parts, 12);
        by_sql = by_sql.min(start.elapsed().as_secs_f64());

        let start = Instant::now();
        let lines: Vec<Line> = sql_query("SELECT amount FROM lines").load(&mut conn).expect("lines");
        let program: Decimal = lines.iter().map(|line| Decimal::from_str(&line.amount).expect("a decimal")).sum();
        by_program = by_program.min(start.elapsed().as_secs_f64());
        assert_eq!(sql.normalize(), program.normalize(), "both are exact");
    }
    println!("two BIGINTs, added by SQL:       {by_sql:.3} s");
    println!("decimal text, added in program:  {by_program:.3} s");
    println!("ratio: {:.1}", by_program / by_sql);
}
