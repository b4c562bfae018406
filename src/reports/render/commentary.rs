//! A person's Markdown, made harmless: no HTML of theirs, no pictures, nothing that is fetched.

use super::moment;
use crate::reports::document::Remark;
use ammonia::Builder;
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser};
use std::{collections::HashSet, sync::LazyLock};

pub fn html(said: &Remark) -> Markup {
    html! {
        aside.commentary {
            (PreEscaped(sanitised(&said.text)))
            p.soft { "\u{2014} " (said.author) ", " (moment(said.at)) }
        }
    }
}

/// A person's Markdown where it stands by itself.
pub fn harmless(markdown: &str) -> Markup {
    PreEscaped(sanitised(markdown))
}

/// What Markdown may become here; headings would stand above the report's own.
static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = ["p", "em", "strong", "del", "code", "pre", "ul", "ol", "li", "blockquote", "br", "hr", "a", "table"];
    let cells = ["thead", "tbody", "tr", "th", "td"];
    let mut allowed = Builder::new();
    allowed
        .tags(tags.into_iter().chain(cells).collect())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    allowed
});

/// How deep quotes and lists may stand in each other; what is deeper stands at this depth.
const DEPTH: usize = 32;

/// The HTML that somebody's Markdown may become.
pub fn sanitised(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    // HTML is not an order of the writer's to the reader's browser, but text.
    let plain = events.map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut depth = 0_usize;
    let flat = plain.filter(|event| match event {
        Event::Start(_) => {
            depth += 1;
            depth <= DEPTH
        }
        Event::End(_) => {
            depth = depth.saturating_sub(1);
            depth < DEPTH
        }
        _ => true,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, flat);
    ALLOWED.clean(&html).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_shown_and_nothing_of_it_acts() {
        let plain = "Two *weeks* of **night shifts** (see [the review](https://example.com/a?b=c)).";
        assert_eq!(
            sanitised(plain).trim(),
            "<p>Two <em>weeks</em> of <strong>night shifts</strong> (see <a href=\"https://example.com/a?b=c\" \
             rel=\"noopener noreferrer nofollow\">the review</a>).</p>"
        );
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "![picture](https://example.com/p.png)",
            "[a](javascript:alert(1))",
            "[a](data:text/html,<script>)",
            "<a href=\"javascript:alert(1)\">b</a>",
            "<style>body{display:none}</style>",
            "<iframe src=//example.com></iframe>",
            "[a]: javascript:alert(1)\n\n[a]",
        ] {
            let shown = sanitised(hostile);
            // What is left of it stands as text; these are the tags that are there.
            for tag in shown.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
                for bad in ["script", "img", "style", "iframe", "onerror", "data:", "src"] {
                    assert!(!tag.contains(bad), "{hostile}: {shown}");
                }
            }
        }
        let deep = sanitised(&format!("{} deep", "> ".repeat(9000)));
        assert_eq!(deep.matches("<blockquote").count(), DEPTH, "depth is bounded");
    }
}
