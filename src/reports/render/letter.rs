//! A published report as a letter: what its reader wants to know first, and the way to the rest. It
//! says what the page says, in the figures that were frozen; charts and tables stay on the page.
//!
//! The HTML is for mail programs: no script, no stylesheet, no picture, nothing that is fetched.

use super::{ACTING, commentary, moment, stamp};
use crate::{
    kernel::{clock::Instant, mail::one_line},
    reports::{
        ReportView,
        document::{Block, Correction, Inline, Remark, Section, SectionKey, Shown, counted},
        views::Audience,
    },
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::HashSet;

/// How many corrected figures are told one by one.
const TOLD: usize = 12;

/// Where the reader opens the whole report.
pub struct Door {
    pub url: String,
    /// Until when, for a link that is theirs alone; else they sign in.
    pub until: Option<Instant>,
    /// Where they answer, accept and question, if they sign in.
    pub acting: Option<String>,
}

/// A letter, ready to be sent.
pub struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// What a letter says.
struct Contents<'a> {
    view: &'a ReportView,
    audience: &'a Audience,
    door: &'a Door,
    sections: Vec<&'a Section>,
}

/// The report as a letter to one reader.
pub fn letter(view: &ReportView, audience: &Audience, door: &Door) -> Written {
    let told = [SectionKey::Headline, SectionKey::ForYou];
    let sections = view.sections.iter().filter(|section| told.contains(&section.key)).collect();
    let contents = Contents { view, audience, door, sections };
    Written { subject: contents.subject(), text: contents.text(), html: contents.html() }
}

impl Contents<'_> {
    fn subject(&self) -> String {
        let corrected = if self.is_corrected() { ", corrected" } else { "" };
        format!("{}: {}{corrected}", self.view.product.name, self.view.report.month.shown())
    }

    fn is_corrected(&self) -> bool {
        self.view.report.revision > 1
    }

    /// What of the corrected is told: what stands in the letter first.
    fn corrections(&self) -> (Vec<String>, usize) {
        let shown: HashSet<_> = self.sections.iter().flat_map(|section| figures(section)).collect();
        let (mut first, others): (Vec<_>, Vec<_>) =
            self.view.corrections.iter().partition(|one| shown.contains(one.name.as_str()));
        first.extend(others);
        let told = first.iter().take(TOLD).map(|one| self.corrected(one)).collect();
        (told, first.len().saturating_sub(TOLD))
    }

    fn corrected(&self, one: &Correction) -> String {
        let said = |value| self.audience.numerals().value(value);
        let (was, is) = (one.was.as_ref().map(said), one.now.as_ref().map(said));
        let unknown = || "not known".to_owned();
        let line = format!("{}: {} instead of {}", one.name, is.unwrap_or_else(unknown), was.unwrap_or_else(unknown));
        one_line(&format!("{line} ({})", one.why), 400)
    }

    fn others(count: usize) -> String {
        format!("And {} more.", counted(count, "figure", "figures"))
    }

    /// Where the reader of a section can act on it.
    fn acting(&self, section: SectionKey) -> Option<&str> {
        self.door.acting.as_deref().filter(|_| section == SectionKey::ForYou)
    }

    /// What the reader may do with the link.
    fn about_the_door(&self) -> String {
        match self.door.until {
            None => "You will be asked to sign in.".to_owned(),
            Some(until) => format!(
                "The link is yours: until {} it opens this report to whoever has it, so do not pass it on.",
                until.utc().format("%-d %B %Y")
            ),
        }
    }

    fn why_you(&self) -> String {
        let name = one_line(&self.view.product.name, 200);
        format!("You get this as a stakeholder of {name}. Those who own it can change your address, or end this.")
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut piece = |words: &str| {
            text.push_str(words.trim_end());
            text.push_str("\n\n");
        };
        let name = one_line(&self.view.product.name, 200);
        piece(&format!("{name}, {}", self.view.report.month.shown()));
        piece(&stamp(&self.view.report));
        if self.is_corrected() {
            piece("WHAT IS CORRECTED");
            piece(&format!("“{}”", one_line(&self.view.report.reason, 2000)));
            let (told, others) = self.corrections();
            match told.is_empty() {
                true => piece("No figure differs from the revision before."),
                false => piece(&told.iter().map(|line| format!("- {line}\n")).collect::<String>()),
            }
            if others > 0 {
                piece(&Self::others(others));
            }
        }
        for section in &self.sections {
            if section.key != SectionKey::Headline || self.is_corrected() {
                piece(&section.title.to_uppercase());
            }
            for block in &section.blocks {
                piece(&block_text(block));
            }
            if let Some(url) = self.acting(section.key) {
                piece(&format!("{ACTING}: {url}"));
            }
        }
        piece("The whole report, where every figure opens down to the rows behind it:");
        piece(&self.door.url);
        piece(&self.about_the_door());
        piece(&self.why_you());
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }

    fn html(&self) -> String {
        let title = self.subject();
        let (told, others) = if self.is_corrected() { self.corrections() } else { Default::default() };
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light";
                    title { (title) }
                }
                body style=(style::BODY) {
                    table role="presentation" width="100%" cellpadding="0" cellspacing="0" style=(style::SHEET) {
                        tr { td align="center" style=(style::DESK) {
                            table role="presentation" width="100%" cellpadding="0" cellspacing="0" style=(style::PAPER) {
                                tr { td style=(style::INSIDE) {
                                    h1 style=(style::NAME) { (self.view.product.name) }
                                    p style=(style::MONTH) { (self.view.report.month.shown()) }
                                    p style=(style::SMALL) { (stamp(&self.view.report)) }
                                    @if self.is_corrected() {
                                        h2 style=(style::HEADING) { "What is corrected" }
                                        p style=(style::TEXT) { "“" (self.view.report.reason) "”" }
                                        @if told.is_empty() {
                                            p style=(style::TEXT) { "No figure differs from the revision before." }
                                        } @else {
                                            ul style=(style::LIST) {
                                                @for line in &told { li style=(style::ITEM) { (line) } }
                                            }
                                        }
                                        @if others > 0 { p style=(style::SMALL) { (Self::others(others)) } }
                                    }
                                    @for section in &self.sections {
                                        @let lead = section.key == SectionKey::Headline;
                                        @if !lead || self.is_corrected() {
                                            h2 style=(style::HEADING) { (section.title) }
                                        }
                                        @for block in &section.blocks { (block_html(block, lead)) }
                                        @if let Some(url) = self.acting(section.key) {
                                            p style=(style::TEXT) { a href=(url) style=(style::LINK) { (ACTING) } }
                                        }
                                    }
                                    p style=(style::WAY) {
                                        a href=(self.door.url) style=(style::BUTTON) { "Read the whole report" }
                                    }
                                    p style=(style::SMALL) {
                                        "Every figure there opens down to the rows behind it. " (self.about_the_door())
                                    }
                                    p style=(style::LAST) { (self.why_you()) }
                                } }
                            }
                        } }
                    }
                }
            }
        }
        .into_string()
    }
}

/// The facts that stand in a section's sentences.
fn figures(section: &Section) -> Vec<&str> {
    let parts = section.blocks.iter().flat_map(|block| match block {
        Block::Paragraph { parts } | Block::Note { parts } => parts.iter().collect::<Vec<_>>(),
        Block::List { items } => items.iter().flatten().collect(),
        _ => Vec::new(),
    });
    parts
        .filter_map(|part| match part {
            Inline::Fact(shown) => Some(shown.name.as_str()),
            _ => None,
        })
        .collect()
}

fn block_text(block: &Block) -> String {
    match block {
        Block::Paragraph { parts } | Block::Note { parts } => inline_text(parts),
        Block::Heading { text } => one_line(text, 200),
        Block::List { items } => items.iter().map(|item| format!("- {}\n", inline_text(item))).collect(),
        Block::Commentary(Remark { text, author, at }) => {
            let plain = |sign: char| if sign.is_control() && sign != '\t' { ' ' } else { sign };
            let said = text.lines().map(|line| format!("> {}\n", line.chars().map(plain).collect::<String>()));
            format!("{}> \u{2014} {}, {}", said.collect::<String>(), one_line(author, 200), moment(*at))
        }
        // They stand on the page.
        Block::Table(_) | Block::Chart(_) | Block::Burndown(_) | Block::Timeline(_) => String::new(),
    }
}

fn inline_text(parts: &[Inline]) -> String {
    let one = |part: &Inline| match part {
        Inline::Text(text) | Inline::Name(text) => text.clone(),
        Inline::Words(text) => format!("“{text}”"),
        Inline::Fact(Shown { shown, .. }) => shown.clone(),
    };
    let line: String = parts.iter().map(one).collect();
    line.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

fn block_html(block: &Block, lead: bool) -> Markup {
    html! {
        @match block {
            Block::Paragraph { parts } => {
                p style=(if lead { style::LEAD } else { style::TEXT }) { (inline_html(parts)) }
            }
            Block::Note { parts } => { p style=(style::SMALL) { (inline_html(parts)) } }
            Block::Heading { text } => { h3 style=(style::HEADING) { (text) } }
            Block::List { items } => {
                ul style=(style::LIST) { @for item in items { li style=(style::ITEM) { (inline_html(item)) } } }
            }
            Block::Commentary(said) => {
                div style=(style::SAID) {
                    (PreEscaped(commentary::sanitised(&said.text)))
                    p style=(style::SMALL) { "\u{2014} " (said.author) ", " (moment(said.at)) }
                }
            }
            Block::Table(_) | Block::Chart(_) | Block::Burndown(_) | Block::Timeline(_) => {}
        }
    }
}

fn inline_html(parts: &[Inline]) -> Markup {
    html! {
        @for part in parts {
            @match part {
                Inline::Text(text) => { (text) }
                Inline::Name(text) => { strong { (text) } }
                Inline::Words(text) => { "“" (text) "”" }
                Inline::Fact(shown) => {
                    @if shown.known { span style=(style::FIGURE) { (shown.shown) } }
                    @else { em style=(style::UNKNOWN) { (shown.shown) } }
                }
            }
        }
    }
}

/// Mail programs heed no stylesheet, so each piece carries its own.
mod style {
    pub const BODY: &str = "margin:0;padding:0;background:#f4f6f8;color:#1c2733;\
        font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5";
    pub const SHEET: &str = "background:#f4f6f8";
    pub const DESK: &str = "padding:24px 12px";
    pub const PAPER: &str =
        "max-width:600px;background:#ffffff;border:1px solid #d9dfe5;border-radius:6px;text-align:left";
    pub const INSIDE: &str = "padding:28px 24px;color:#1c2733;\
        font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5";
    pub const NAME: &str = "margin:0;font-size:24px;line-height:1.25;color:#1c2733;overflow-wrap:anywhere";
    pub const MONTH: &str = "margin:2px 0 4px;font-size:18px;color:#5b6875";
    pub const SMALL: &str = "margin:8px 0;font-size:14px;color:#5b6875";
    pub const HEADING: &str =
        "margin:28px 0 8px;padding-top:16px;border-top:1px solid #d9dfe5;font-size:18px;line-height:1.3;color:#1c2733";
    pub const LEAD: &str = "margin:14px 0;font-size:18px;line-height:1.5;overflow-wrap:anywhere";
    pub const TEXT: &str = "margin:16px 0 8px;overflow-wrap:anywhere";
    pub const LINK: &str = "color:#0b5c8a";
    pub const LIST: &str = "margin:10px 0;padding-left:20px";
    pub const ITEM: &str = "margin:6px 0;overflow-wrap:anywhere";
    pub const FIGURE: &str = "font-weight:600;white-space:nowrap";
    pub const UNKNOWN: &str = "color:#a3341f";
    pub const SAID: &str =
        "margin:16px 0;padding:10px 16px;border-left:4px solid #d9dfe5;background:#f4f6f8;overflow-wrap:anywhere";
    pub const WAY: &str = "margin:28px 0 12px";
    pub const BUTTON: &str = "display:inline-block;padding:12px 22px;background:#0b5c8a;color:#ffffff;\
        font-weight:600;text-decoration:none;border-radius:4px";
    pub const LAST: &str = "margin:20px 0 0;padding-top:14px;border-top:1px solid #d9dfe5;font-size:13px;color:#5b6875";
}
