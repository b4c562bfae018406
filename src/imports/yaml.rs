//! YAML with the line of every value, read within a budget: anchors that multiply, depth and sheer
//! number are refused before they cost anything.

use crate::kernel::failure::{Failure, Fault};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};
use std::io::Read;

/// The parser takes some 20 kB of stack a level, more than other threads have for 64 of them.
const STACK: usize = 32 << 20;

/// A value and the line it stands on.
#[derive(Debug, Clone)]
pub struct Node {
    pub line: u64,
    pub content: Content,
}

/// What stands somewhere.
#[derive(Debug, Clone)]
pub enum Content {
    Scalar(Value),
    /// A number with a point or an exponent, and how it is written.
    Decimal(Number, Written),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A name in a map, the line it stands on, and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: String,
    pub line: u64,
    pub node: Node,
}

/// The text of a number: where it stands until the whole file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    Bytes { from: usize, length: usize },
    Text(String),
}

/// The documents of a file; empty ones are left out.
///
/// # Errors
/// 422 with the line where reading ended.
pub fn documents(mut file: impl Read) -> Result<Vec<Node>, Failure> {
    let fault = |line, code, detail: String| Failure::Invalid(vec![Fault::line(line, None, code, detail)]);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(Failure::internal)?;
    let line_of = |at: usize| bytes[..at].iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| fault(line_of(error.valid_up_to()), "encoding", "this is not UTF-8".to_owned()))?;
    if let Some(at) = text.find('\0') {
        return Err(fault(line_of(at), "nul", "text may not hold U+0000".to_owned()));
    }
    let text = text.trim_start_matches('\u{feff}');
    let read = std::thread::scope(|scope| {
        let read = || serde_saphyr::from_multiple_with_options::<Node>(text, options());
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read);
        let ended = |_| Failure::internal("the reader of YAML ended early");
        thread.map_err(Failure::internal)?.join().map_err(ended)
    })?;
    let mut read = read.map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        // The first line of the sentence: the rest points into the file.
        let said = error.to_string();
        fault(line.max(1), "yaml", said.lines().next().unwrap_or("this is not YAML").to_owned())
    })?;
    read.iter_mut().for_each(|node| node.quote(text));
    Ok(read)
}

/// How much a file may ask for.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 64,
            max_documents: 50_000,
            max_events: 4_000_000,
            max_nodes: 2_000_000,
            max_aliases: 10_000,
            max_anchors: 10_000,
            max_recorded_anchor_events: 200_000,
            max_recorded_anchor_bytes: 16 << 20,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 200_000,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        emit_comments: false,
        with_snippet: false,
    }
}

impl Node {
    /// The value as JSON.
    pub fn json(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::Decimal(number, _) => Value::Number(number.clone()),
            Content::List(items) => items.iter().map(Self::json).collect(),
            Content::Map(entries) => {
                Value::Object(entries.iter().map(|one| (one.name.clone(), one.node.json())).collect::<Map<_, _>>())
            }
        }
    }

    /// The line of what stands at a path, or of as much of the path as there is: of a name where it has one.
    pub fn line_at<S: AsRef<str>>(&self, path: &[S]) -> u64 {
        let (mut node, mut line) = (self, self.line);
        for name in path {
            let name = name.as_ref();
            let next = match &node.content {
                Content::Scalar(_) | Content::Decimal(..) => None,
                Content::List(items) => {
                    name.parse::<usize>().ok().and_then(|nth| items.get(nth)).map(|it| (it.line, it))
                }
                Content::Map(entries) => entries.iter().find(|one| one.name == name).map(|one| (one.line, &one.node)),
            };
            let Some(next) = next else { break };
            (line, node) = next;
        }
        line
    }

    /// Numbers get the text they are written in.
    fn quote(&mut self, file: &str) {
        match &mut self.content {
            Content::Scalar(_) => {}
            Content::Decimal(number, written) => {
                if let Written::Bytes { from, length } = *written {
                    let text = file.get(from..from + length).filter(|text| !text.is_empty());
                    *written = Written::Text(text.map_or_else(|| number.to_string(), ToOwned::to_owned));
                }
            }
            Content::List(items) => items.iter_mut().for_each(|item| item.quote(file)),
            Content::Map(entries) => entries.iter_mut().for_each(|one| one.node.quote(file)),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { mut value, referenced, defined } = Spanned::<Content>::deserialize(deserializer)?;
        if let (Content::Decimal(_, written), span) = (&mut value, defined.span()) {
            let at = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
            *written = Written::Bytes { from: at(span.byte_offset()), length: at(span.byte_len()) };
        }
        Ok(Self { line: referenced.line(), content: value })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Content;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("what JSON can say")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Content, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))?;
        Ok(Content::Decimal(number, Written::Bytes { from: 0, length: 0 }))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Content, E> {
        if value.contains('\0') {
            return Err(E::custom("text may not hold U+0000"));
        }
        Ok(Content::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut map = Vec::new();
        while let Some((name, node)) = entries.next_entry::<Spanned<String>, Node>()? {
            if name.value.contains('\0') {
                return Err(A::Error::custom("text may not hold U+0000"));
            }
            map.push(Entry { name: name.value, line: name.referenced.line(), node });
        }
        Ok(Content::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_value_knows_its_line() {
        let file =
            "\u{feff}# first\n---\na: 1\nb:\n  - x\n  - {c: true, d: ~}\n---\n---\ne: 'no'\nf: no\ng: 2026-10-01\n";
        let read = documents(file.as_bytes()).unwrap();
        assert_eq!(read[0].json(), json!({"a": 1, "b": ["x", {"c": true, "d": null}]}));
        assert_eq!(read[1].json(), json!({"e": "no", "f": "no", "g": "2026-10-01"}));
        assert_eq!((read[0].line, read[1].line), (3, 9));
        assert_eq!(read[0].line_at(&["b", "1", "c"]), 6);
        assert_eq!(read[0].line_at(&["b", "1", "z"]), 6);
        assert_eq!(read[1].line_at(&["f"]), 10);
        assert_eq!(read[0].line_at(&["b"]), 4, "a name's own line");
    }

    #[test]
    fn a_number_knows_how_it_is_written() {
        let file = "\u{feff}ä: &a 0.9990000000000000001\nb: *a\n---\nc: [1e-3, 2]\n";
        let read = documents(file.as_bytes()).unwrap();
        let written = |node: &Node| match &node.content {
            Content::Map(entries) => match &entries.last().unwrap().node.content {
                Content::Decimal(_, written) => written.clone(),
                Content::List(items) => match &items[0].content {
                    Content::Decimal(_, written) => written.clone(),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(written(&read[0]), Written::Text("0.9990000000000000001".to_owned()));
        assert_eq!(written(&read[1]), Written::Text("1e-3".to_owned()));
    }

    #[test]
    fn what_is_hostile_is_refused_with_its_line() {
        let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (this, last) in ('b'..='j').zip('a'..) {
            bomb.push_str(&format!("{this}: &{this} [{}]\n", vec![format!("*{last}"); 10].join(", ")));
        }
        let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
        for (file, line) in [
            ("a: 1\na: 2\n", 2),
            ("a: 1\nb: [1, 2\nc: 3\n", 0),
            ("a: 1\n\"b\": \"\\0\"\n", 2),
            ("a: .nan\n", 1),
            ("a: 1\n\tb: 2\n", 1),
            ("a: *nobody\n", 1),
            (bomb.as_str(), 0),
            (deep.as_str(), 1),
        ] {
            let failure = documents(file.as_bytes()).expect_err(file);
            let fault = &failure.faults()[0];
            assert_eq!(failure.terms().status, 422);
            assert!(line == 0 || fault.line == Some(line), "{file}: {fault:?}");
        }
        assert_eq!(documents(&b"a: 1\nb: \xff\n"[..]).unwrap_err().faults()[0].line, Some(2));
    }

    proptest! {
        #[test]
        fn what_we_write_reads_back(
            text in "(\\PC|[ \n\t:#'\"\\-]|\u{feff}|\u{85}|\r){0,60}",
            word in prop::sample::select(vec![
                "no", "~", "null", "1e3", "0x1", "1_0", "=", "<<", "-", ".inf", "y", "2026-10-01", "%a", "- b", "? c",
                "@d", "!e", "*f", "&g", "---", "...", "",
            ]),
            number in any::<i64>(),
        ) {
            let inner = json!({ "c": number, word: [] });
            let sent = vec![json!({ "a": text, "b": [word, inner], text: {} }), json!({ "d": null })];
            let yaml = serde_saphyr::to_string_multiple(&sent).unwrap();
            let read: Vec<_> = documents(yaml.as_bytes()).unwrap().iter().map(Node::json).collect();
            prop_assert_eq!(read, sent, "{}", yaml);
        }
    }
}
