//! Templates: text with the headings of another tool in braces.

/// A part of a template: text, or a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Heading(String),
}

/// # Errors
/// A sentence for braces that do not pair.
pub fn pieces(template: &str) -> Result<Vec<Piece>, &'static str> {
    let (mut pieces, mut text, mut rest) = (Vec::new(), String::new(), template);
    while let Some(at) = rest.find(['{', '}']) {
        text += &rest[..at];
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text += brace;
            rest = after;
        } else if let (true, Some((heading, after))) = (brace == "{", rest.split_once('}')) {
            if heading.trim().is_empty() {
                return Err("there is no heading between these braces");
            }
            pieces.extend((!text.is_empty()).then(|| Piece::Text(std::mem::take(&mut text))));
            pieces.push(Piece::Heading(heading.trim().to_owned()));
            rest = after;
        } else {
            return Err("a brace has no partner; twice, it is a brace");
        }
    }
    text += rest;
    pieces.extend((!text.is_empty()).then_some(Piece::Text(text)));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_text_and_headings() {
        let heading = |name: &str| Piece::Heading(name.to_owned());
        let text = |text: &str| Piece::Text(text.to_owned());
        assert_eq!(pieces("PD-{ Number }"), Ok(vec![text("PD-"), heading("Number")]));
        assert_eq!(pieces("{a}{b} {{c}}"), Ok(vec![heading("a"), heading("b"), text(" {c}")]));
        assert!(pieces("{a").is_err() && pieces("a}").is_err() && pieces("{ }").is_err());
    }
}
