//! The formats of a report.

pub mod api;

/// How a report can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Json,
    Html,
    Markdown,
}

impl Format {
    /// What a caller without a preference gets stands first.
    pub const ALL: &'static [Self] = &[Self::Json, Self::Html, Self::Markdown];

    /// How an address says it.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "md",
        }
    }

    /// What an address ends in says.
    pub fn of_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.iter().find(|format| format.suffix() == suffix).copied()
    }

    /// How `Accept` says it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Html => "text/html",
            Self::Markdown => "text/markdown",
        }
    }
}

/// RFC 9110, section 12.5.1: the most specific range decides what a type is worth.
fn negotiated(accept: &str, of: &[Format]) -> Option<Format> {
    let worth = |format: Format| {
        let (kind, sub) = format.media_type().split_once('/')?;
        let ranges = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let (of_kind, of_sub) = parts.next()?.split_once('/')?;
            let closeness = match (of_kind.eq_ignore_ascii_case(kind), of_sub.eq_ignore_ascii_case(sub)) {
                (true, true) => 2,
                (true, false) if of_sub == "*" => 1,
                _ if of_kind == "*" && of_sub == "*" => 0,
                _ => return None,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            Some((closeness, thousandths(quality.unwrap_or("1"))))
        });
        ranges.max().map(|(_, quality)| quality).filter(|quality| *quality > 0)
    };
    let wished = of.iter().filter_map(|format| Some((worth(*format)?, format)));
    // Of those worth as much, the one that stands first.
    wished.min_by_key(|(quality, _)| std::cmp::Reverse(*quality)).map(|(_, format)| *format)
}

/// A quality of `0` to `1.000`; one that cannot be read wants nothing.
fn thousandths(quality: &str) -> u32 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    format!("{whole}{fraction:0<3}").parse().ok().filter(|worth| *worth <= 1000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_json_and_browsers_a_page() {
        for (accept, format) in [
            ("*/*", Some(Format::Json)),
            ("application/json", Some(Format::Json)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Format::Html)),
            ("text/html;q=0.5, application/json;q=0.6", Some(Format::Json)),
            ("text/markdown", Some(Format::Markdown)),
            ("text/markdown, text/html;q=0.9", Some(Format::Markdown)),
            ("text/*", Some(Format::Html)),
            ("text/html;q=0, */*;q=0.1", Some(Format::Json)),
            ("application/pdf", None),
            ("", None),
        ] {
            assert_eq!(negotiated(accept, Format::ALL), format, "{accept}");
        }
        assert_eq!(negotiated("text/markdown", &[Format::Json, Format::Html]), None);
    }
}
