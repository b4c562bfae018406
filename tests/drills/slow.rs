//! Slow and rude clients: closed on time, and nobody else feels them.

use crate::{
    client::Client,
    kill::bill,
    program::{Server, Stop, prepare},
};
use serde_json::json;
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// What headers, and what bodies and readers may take, with a little for the machine that drills.
const HEADERS: Duration = Duration::from_secs(15 + 3);
const STALLED: Duration = Duration::from_secs(30 + 4);
/// What everyone else may feel of it.
const UNHARMED: Duration = Duration::from_secs(1);
const IDLE: usize = 2000;

const ALIVE: &str = "GET /health/live HTTP/1.1\r\nHost: drill\r\n\r\n";

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.client.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a deadline");
    stream
}

/// A reader who takes nothing, and whose machine keeps hardly anything for them either.
fn connect_small(server: &Server) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address: std::net::SocketAddr = server.client.address().parse().expect("an address");
    socket.connect(&address.into()).expect("a connection");
    socket.into()
}

/// Bills that are several MB when they come back out: more than the buffers on the way hold.
fn long_bill(source: usize) -> String {
    let note = "n".repeat(1000);
    let line = |count| format!("2026-10,licence,{count}.25,EUR,long-{source},{source}-{count},{note}\n");
    let head = "month,category,amount,currency,source,external_id,note\n".to_owned();
    (0..3000).map(line).fold(head, |file, line| file + &line)
}

/// Whether the other side has closed; reads what there is until then.
fn is_closed(stream: &mut TcpStream, heard: &mut Vec<u8>) -> bool {
    let mut some = [0; 1 << 16];
    match stream.read(&mut some) {
        Ok(0) => true,
        Ok(read) => {
            heard.extend_from_slice(&some[..read]);
            false
        }
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted),
    }
}

/// Sends the bytes one by one, one each so often, until the other side closes; tells when that was, and what it said.
fn drip(stream: &mut TcpStream, bytes: &[u8], every: Duration, most: Duration) -> (Duration, String) {
    let (started, mut heard, mut rest) = (Instant::now(), Vec::new(), bytes.iter());
    let mut next = Instant::now();
    while started.elapsed() < most + Duration::from_secs(10) {
        if next <= Instant::now() {
            next += every;
            if let Some(byte) = rest.next() {
                // It may have closed a moment ago.
                let _ = stream.write_all(&[*byte]);
            }
        }
        if is_closed(stream, &mut heard) {
            break;
        }
    }
    (started.elapsed(), String::from_utf8_lossy(&heard).into_owned())
}

fn head_and_nothing_else() -> Vec<u8> {
    format!("GET /health/live HTTP/1.1\r\nHost: drill\r\nX-Long: {}", "x".repeat(1000)).into_bytes()
}

fn slow_headers(server: &Server) -> Duration {
    drip(&mut connect(server), &head_and_nothing_else(), Duration::from_secs(1), HEADERS).0
}

fn slow_headers_of_a_later_request(server: &Server, every: Duration) -> Duration {
    let mut stream = connect(server);
    stream.write_all(ALIVE.as_bytes()).expect("a request");
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("\"ok\"") {
        assert!(!is_closed(&mut stream, &mut heard), "closed before it was slow");
    }
    stream.write_all(b"GET /health").expect("some of a request");
    drip(&mut stream, &head_and_nothing_else()[11..], every, HEADERS).0
}

fn post(server: &Server, product: &str, token: &str, length: &str) -> TcpStream {
    let mut stream = connect(server);
    let head = format!(
        "POST {product}/activities HTTP/1.1\r\nHost: drill\r\nContent-Type: application/json\r\n{token}{length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("headers");
    stream
}

/// A body that stops.
fn slow_body(server: &Server, product: &str, token: &str) -> Duration {
    let mut stream = post(server, product, token, "Content-Length: 1000");
    let (time, heard) = drip(&mut stream, b"{\"on\":", Duration::from_millis(100), STALLED);
    assert!(heard.starts_with("HTTP/1.1 400") && heard.contains("30 seconds"), "it says why: {heard}");
    time
}

/// A body that comes slowly but comes is waited for.
fn patient_body(server: &Server, product: &str, token: &str) {
    let body = json!({ "on": "2026-10-30", "kind": "patching", "summary": "slow but steady" }).to_string();
    let mut stream = post(server, product, token, &format!("Connection: close\r\nContent-Length: {}", body.len()));
    let (time, heard) = drip(&mut stream, body.as_bytes(), Duration::from_millis(700), Duration::from_secs(90));
    assert!(heard.starts_with("HTTP/1.1 201") && time > STALLED, "after {time:?}: {heard}");
}

/// A body that nobody is going to read, and that never ends.
fn endless_body_of_nobody(server: &Server, product: &str) -> Duration {
    let mut stream = post(server, product, "", "Transfer-Encoding: chunked");
    let chunks = b"1\r\nx\r\n".repeat(100);
    let (time, heard) = drip(&mut stream, &chunks, Duration::from_millis(300), STALLED);
    assert!(heard.starts_with("HTTP/1.1 401"), "{heard}");
    time
}

/// Asks for much, and takes nothing of it.
fn stalled_reader(server: &Server, asked: &str) -> Duration {
    let mut stream = connect_small(server);
    stream.write_all(asked.as_bytes()).expect("requests");
    let started = Instant::now();
    // What a peer that has closed does with more bytes is to reset the connection.
    while stream.write_all(b"GET").is_ok() && started.elapsed() < STALLED * 2 + Duration::from_secs(10) {
        sleep(Duration::from_millis(500));
    }
    started.elapsed()
}

/// Somebody who works meanwhile; tells how long the slowest answer took.
fn others(client: &Client, product: &str, stop: &Stop) -> (usize, Duration) {
    let (mut count, mut slowest) = (0, Duration::ZERO);
    while !stop.is_told() {
        let new = json!({ "on": "2026-10-30", "kind": "patching", "summary": "as always" });
        let written = client.post(&format!("{product}/activities"), &new).expect("an answer");
        let read = client.get(&format!("{product}/activities?limit=5")).expect("an answer");
        assert_eq!((written.status, read.status), (201, 200));
        slowest = slowest.max(written.time).max(read.time);
        count += 2;
        sleep(Duration::from_millis(50));
    }
    (count, slowest)
}

fn idle(server: &Server) -> Duration {
    let mut all: Vec<TcpStream> = (0..IDLE).map(|_| connect(server)).collect();
    let (started, mut heard) = (Instant::now(), Vec::new());
    for stream in &mut all {
        stream.set_read_timeout(Some(Duration::from_secs(40))).expect("a deadline");
        while !is_closed(stream, &mut heard) {}
    }
    started.elapsed()
}

fn start() -> (Server, Client, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("prodops.db").display());
    prepare(&database);
    let server = Server::start(&database, folder.path());
    let client = server.sign_in();
    let product = server.product(&client, "slow");
    (server, client, product, folder)
}

#[test]
fn are_closed_on_time_and_harm_nobody() {
    let (server, client, product, _folder) = start();
    for source in 0..3 {
        let path = format!("{product}/imports/costs");
        let answer = client.send("POST", &path, "text/csv", long_bill(source).as_bytes()).expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let token = format!("Authorization: {}\r\n", client.header("Authorization"));
    let pages = "GET /openapi.json HTTP/1.1\r\nHost: drill\r\n\r\n".repeat(16);
    let export = format!("GET {product}/exports/cost_entries.csv HTTP/1.1\r\nHost: drill\r\n{token}\r\n");
    let before = server.holds();
    let stop = Stop::default();
    let mut report = Vec::new();
    thread::scope(|scope| {
        let _end = stop.at_the_end();
        let (server, product, token, stop) = (&server, product.as_str(), token.as_str(), &stop);
        let working = scope.spawn(|| others(&client, product, stop));
        let second = Duration::from_secs(1);
        let rude = [
            ("slow headers", HEADERS, scope.spawn(|| slow_headers(server))),
            ("slow headers later", HEADERS, scope.spawn(move || slow_headers_of_a_later_request(server, second))),
            ("half a later head", HEADERS, scope.spawn(move || slow_headers_of_a_later_request(server, second * 60))),
            ("slow body", STALLED, scope.spawn(|| slow_body(server, product, token))),
            ("body of nobody", STALLED, scope.spawn(|| endless_body_of_nobody(server, product))),
            ("stalled reader", STALLED, scope.spawn(|| stalled_reader(server, &pages))),
            // It holds a connection to the database, too.
            ("stalled export", STALLED, scope.spawn(|| stalled_reader(server, &export))),
            ("2,000 idle", STALLED, scope.spawn(|| idle(server))),
        ];
        let steady = scope.spawn(|| patient_body(server, product, token));
        let mut late = Vec::new();
        for (what, most, closed) in rude {
            let time = closed.join();
            report.push(format!("{what}: closed after {time:.1?}"));
            late.extend(time.map_or(true, |time| time > most).then_some(what));
        }
        let steady = steady.join();
        stop.tell();
        let (count, slowest) = working.join().expect("no panic");
        report.push(format!("meanwhile {count} requests of others, the slowest in {slowest:.0?}"));
        assert!(late.is_empty() && steady.is_ok() && slowest < UNHARMED, "{late:?}: {report:#?}");
    });
    sleep(Duration::from_secs(2));
    let after = server.holds();
    report.push(format!(
        "open files {} before, {} after; memory {} MiB, {} MiB",
        before.0,
        after.0,
        before.1 >> 10,
        after.1 >> 10
    ));
    println!("{}", report.join("\n"));
    assert!(after.0 <= before.0 + 4, "files stay open: {report:#?}");
    assert!(after.1 < before.1 + (64 << 10), "memory stays: {report:#?}");
    server.stop();
}

/// What is under way is finished; what is only held open keeps it for no longer than the farewell lasts.
#[test]
fn do_not_keep_it_from_ending() {
    let (server, client, product, _folder) = start();
    let token = format!("Authorization: {}\r\n", client.header("Authorization"));
    let held: Vec<TcpStream> = (0..50).map(|_| connect(&server)).collect();
    let mut half_a_head = connect(&server);
    half_a_head.write_all(b"GET /health/live HT").expect("some of a request");
    let mut half_a_body = post(&server, &product, &token, "Content-Length: 1000");
    half_a_body.write_all(b"{\"on\":").expect("some of a body");
    let mut reader = connect(&server);
    reader.write_all("GET /openapi.json HTTP/1.1\r\nHost: drill\r\n\r\n".repeat(16).as_bytes()).expect("requests");
    let path = format!("{product}/imports/costs");
    let body = bill(1);
    thread::scope(|scope| {
        let under_way = scope.spawn(|| client.send("POST", &path, "text/csv", body.as_bytes()));
        sleep(Duration::from_millis(300));
        let address = server.client.address().to_owned();
        let refused = scope.spawn(move || {
            sleep(Duration::from_millis(500));
            TcpStream::connect(address).is_err()
        });
        let (took, status) = server.stop();
        println!("SIGTERM in the middle of it all: {status} after {took:.1?}");
        assert!(status.success() && took < Duration::from_secs(10), "{status} after {took:?}");
        let finished = under_way.join().expect("no panic").expect("an answer to what was under way");
        assert_eq!(finished.status, 200, "{finished:?}");
        assert!(refused.join().expect("no panic"), "new connections are refused");
    });
    drop((held, half_a_head, half_a_body, reader));
}
