//! Words that fit: how wide they are, as far as that can be known without the reader's fonts, and where a line ends.

use unicode_segmentation::UnicodeSegmentation;

/// What can stand in a picture: an XML file has no control characters, and what turns the direction of writing would turn
/// what others wrote.
pub fn clean(text: &str) -> String {
    let is_let_in =
        |one: &char| !matches!(one, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}');
    let kept: String = text.chars().filter(is_let_in).map(|one| if one.is_control() { ' ' } else { one }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a text, at most so many, none wider than `width`; the last one ends in `…` when there was more. `size` is
/// the writing's, in tenths. What is one sign to the eye is never torn (UAX #29).
pub fn wrapped(text: &str, width: i64, size: i64, lines: usize) -> Vec<String> {
    let room = width * 1000 / size.max(1);
    let text = clean(text);
    let mut rest: Vec<&str> = text.graphemes(true).collect();
    let mut found = Vec::new();
    while !rest.is_empty() && found.len() < lines {
        let is_last = found.len() + 1 == lines;
        let end = fitting(&rest, room);
        if end == rest.len() {
            found.push(rest.concat());
            break;
        }
        if is_last {
            let end = fitting(&rest, room - advance("…"));
            found.push(format!("{}…", rest[..end].concat().trim_end()));
            break;
        }
        // Between words, or after a hyphen; a word that is longer than the line is broken.
        let broken = (1..=end).rev().find(|at| rest[*at] == " " || rest[*at - 1] == "-");
        let end = broken.filter(|at| *at * 3 > end).unwrap_or(end);
        found.push(rest[..end].concat().trim_end().to_owned());
        rest = rest[end..].iter().skip_while(|one| **one == " ").copied().collect();
    }
    found
}

/// How many of the signs have room, and at least the first.
fn fitting(text: &[&str], room: i64) -> usize {
    let mut width = 0;
    let fits = |sign: &&&str| {
        width += advance(sign);
        width <= room
    };
    text.iter().take_while(fits).count().max(1)
}

/// How far a sign moves the next one, in hundredths of the writing's size: of the widest of the usual fonts.
fn advance(sign: &str) -> i64 {
    match sign.chars().next().unwrap_or_default() {
        ' ' | 'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 33,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' | '"' | '*' | '·' => 42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' | '…' => 99,
        'A'..='Z' => 72,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' => 104,
        '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => 104,
        '\u{2190}'..='\u{2bff}' => 110,
        '\u{10000}'..='\u{10ffff}' => 140,
        '\u{0}'..='\u{2ff}' => 63,
        _ => 80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_broken_between_and_the_rest_is_told_by_an_ellipsis() {
        let told = |text: &str, width, lines| wrapped(text, width, 100, lines);
        assert_eq!(told("Restore the order database", 100, 3), ["Restore the order", "database"]);
        assert_eq!(told("Restore the order database", 70, 2), ["Restore the", "order datab…"]);
        assert_eq!(told("self-service", 60, 2), ["self-", "service"]);
        assert_eq!(told("Donaudampfschifffahrt", 60, 3), ["Donaudam", "pfschifffah", "rt"]);
        assert_eq!(told("", 60, 3), Vec::<String>::new());
        assert_eq!(told(" a\u{1}\n\tb \u{202e}c\u{ffff} ", 600, 3), ["a b c"]);
    }

    #[test]
    fn what_is_one_sign_to_the_eye_is_not_torn() {
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        for width in 5..60 {
            for line in wrapped(&format!("{family}{family}e\u{301}e\u{301}"), width, 100, 9) {
                let rest = line.strip_suffix('…').unwrap_or(&line).replace(family, "").replace("e\u{301}", "");
                assert_eq!(rest, "", "{width}: {line:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_but_what_the_ellipsis_stands_for(text in "\\PC{0,80}", width in 10..200_i64, lines in 1..6_usize) {
            let told = wrapped(&text, width, 100, lines);
            prop_assert!(told.len() <= lines);
            let bare = |text: &str| text.chars().filter(|one| *one != ' ').collect::<String>();
            let (all, shown) = (bare(&clean(&text)), bare(&told.concat()));
            let begins = shown.strip_suffix('…').is_some_and(|shown| all.starts_with(shown));
            prop_assert!(all == shown || begins, "{all:?} as {shown:?}");
        }
    }
}
