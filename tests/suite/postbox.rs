//! An SMTP server that takes letters in, or answers what a test wants it to: as much of RFC 5321 as that needs.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// Hangs up instead of answering.
pub const SILENCE: &str = "";

#[derive(Default)]
struct Inside {
    /// The recipient and the letter of each that was taken in.
    letters: Vec<(String, Vec<u8>)>,
    /// What is said to a recipient, once each, before they are welcome.
    answers: BTreeMap<String, VecDeque<String>>,
}

pub struct Postbox {
    pub port: u16,
    inside: Arc<Mutex<Inside>>,
}

impl Postbox {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let inside = Arc::new(Mutex::new(Inside::default()));
        let theirs = inside.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let inside = theirs.clone();
                std::thread::spawn(move || drop(speak(stream, &inside)));
            }
        });
        Self { port, inside }
    }

    /// Has `answer` said to a recipient before anything else.
    pub fn answer(&self, recipient: &str, answer: &str) {
        let mut inside = self.inside.lock().expect("a postbox");
        inside.answers.entry(recipient.to_owned()).or_default().push_back(answer.to_owned());
    }

    /// Empties the box.
    pub fn letters(&self) -> Vec<(String, Vec<u8>)> {
        let mut letters = std::mem::take(&mut self.inside.lock().expect("a postbox").letters);
        letters.sort();
        letters
    }
}

fn speak(stream: TcpStream, inside: &Mutex<Inside>) -> std::io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(stream.try_clone()?), stream);
    let mut say = |answer: &str| write!(out, "{answer}\r\n");
    let (mut line, mut recipient) = (String::new(), String::new());
    say("220 postbox")?;
    while lines.read_line(&mut line)? > 0 {
        match line.get(..4).unwrap_or_default() {
            "EHLO" => say("250-postbox\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            "RCPT" => {
                recipient = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let answers = &mut inside.lock().expect("a postbox").answers;
                match answers.get_mut(&recipient).and_then(VecDeque::pop_front).as_deref() {
                    None => say("250 welcome")?,
                    Some(SILENCE) => return Ok(()),
                    Some(answer) => say(answer)?,
                }
            }
            "DATA" => {
                say("354 go on")?;
                let mut letter = Vec::new();
                while !letter.ends_with(b"\r\n.\r\n") && lines.read_until(b'\n', &mut letter)? > 0 {}
                let letters = &mut inside.lock().expect("a postbox").letters;
                let whole = String::from_utf8_lossy(&letter).replace("\r\n..", "\r\n.");
                letters.push((recipient.clone(), whole.into_bytes()));
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 fine")?,
        }
        line.clear();
    }
    Ok(())
}
