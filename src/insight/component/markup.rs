//! The page in HTML.

use super::{ComponentPage, Neighbour};
use crate::{
    components::Lifecycle,
    insight::markup::{bar, catalogue, component, counted, day, hours, percent, persona, words},
    kernel::{figure::Figure, money::Money},
    slos::{CalendarUnit, Slo, Status, Window},
};
use maud::{Markup, html};
use rust_decimal::Decimal;

pub fn page(page: &ComponentPage) -> Markup {
    let one = &page.component;
    html! {
        main {
            (page.reader.top())
            header.title {
                h1 { (one.name) }
                p.month { (page.reader.product) }
                p.soft { (what(page)) }
            }
            @if one.lifecycle == Lifecycle::Retired { p.draft { "It is retired." } }
            @match &one.owner {
                Some(owner) => p { "Owned by " strong { (owner) } "." },
                None => p { span.bad { "Nobody owns it." } " An ops lead can name somebody." },
            }
            @if one.description.is_empty() { p.soft { "Nobody has described it yet." } } @else { p { (one.description) } }
            @if one.tags.iter().next().is_some() {
                p.soft { "Tags: " (one.tags.iter().collect::<Vec<_>>().join(", ")) }
            }
            @if !one.links.value().is_empty() {
                ul { @for link in one.links.value() {
                    li { a href=(link.url) rel="noopener noreferrer" { @if link.title.is_empty() { (link.url) } @else { (link.title) } } }
                } }
            }
            section #needs {
                h2 { "What it needs, and what needs it" }
                (neighbours(page, &page.needs, "It needs nothing that stands in the catalogue.", "It needs "))
                (neighbours(page, &page.needed_by, "Nothing in the catalogue needs it.", "Needed by "))
            }
            (promises(page))
            (recovery(page))
            (users(page))
            (incidents(page))
            (items(page))
            (months(page))
            (risks(page))
            footer.soft { p { a href=(catalogue(&page.reader.key)) { "Everything that is run" } } }
        }
    }
}

/// Kind, tier, life, system and domain, in a line.
fn what(page: &ComponentPage) -> String {
    let one = &page.component;
    let mut parts = vec![words(one.kind.as_text()), words(one.lifecycle.as_text())];
    parts.push(one.tier.map_or("no tier given".to_owned(), |tier| format!("tier {tier}")));
    parts.extend(one.system.iter().map(|system| format!("system {system}")));
    parts.extend(one.domain.iter().map(|domain| format!("domain {domain}")));
    parts.extend(one.availability.iter().map(|how| words(how.as_text())));
    parts.join(" · ")
}

fn neighbours(page: &ComponentPage, those: &[Neighbour], none: &str, some: &str) -> Markup {
    html! {
        @if those.is_empty() { p { (none) } } @else {
            p {
                (some)
                @for (at, other) in those.iter().enumerate() {
                    @if at > 0 { ", " }
                    a href=(component(&page.reader.key, &other.key)) { (other.name) }
                    @if other.retired { span.soft { " (retired)" } }
                }
                "."
            }
        }
    }
}

fn promises(page: &ComponentPage) -> Markup {
    html! {
        section #promises {
            h2 { "What is promised" }
            @if page.promises.is_empty() { p { "Nothing is promised of it: it has no SLO." } } @else {
                div.scroll { table.wide {
                    thead { tr {
                        th { "Promise" } th.n { "Target" } th.n { "So far" } th.n { "Budget left" } th { "How it stands" }
                    } }
                    tbody { @for (slo, status) in &page.promises { tr {
                        td { (slo.name) }
                        td.n { (percent(status.target.0, 4)) }
                        td.n { (status.sli.map_or_else(|| "?".to_owned(), |sli| percent(sli.0, 3))) }
                        td.n { (status.budget.as_ref().map_or_else(|| "?".to_owned(), |it| percent(it.remaining.0, 0))) }
                        td { (standing(slo, status)) }
                    } } }
                } }
            }
        }
    }
}

/// How a promise stands, in words.
fn standing(slo: &Slo, status: &Status) -> Markup {
    let window = match slo.window.value() {
        Window::Rolling { days } => format!("in the last {days} days"),
        Window::Calendar { unit: CalendarUnit::Week } => "this week".to_owned(),
        Window::Calendar { unit: CalendarUnit::Month } => "this month".to_owned(),
        Window::Calendar { unit: CalendarUnit::Quarter } => "this quarter".to_owned(),
        Window::Calendar { unit: CalendarUnit::Year } => "this year".to_owned(),
    };
    let firing = status.alerts.iter().any(|alert| alert.firing == Some(true));
    html! {
        @if status.no_data { span.unknown { "Not known: nothing was measured " (window) } }
        @else if status.exhausted { span.bad { "Missed " (window) ": the error budget is spent" } }
        @else {
            @match status.met {
                Some(true) => { "Kept " (window) }
                Some(false) => span.bad { "Missed " (window) },
                None => { "Within its budget " (window) ", not decided yet" }
            }
        }
        @if firing { ". " span.bad { "The budget burns so fast that somebody should know" } }
    }
}

fn recovery(page: &ComponentPage) -> Markup {
    let one = &page.component;
    let objective =
        |minutes: Option<i64>| minutes.map_or("nobody said how long".to_owned(), |it| format!("{it} minutes"));
    let got = |minutes: Option<i64>| minutes.map_or("?".to_owned(), |it| format!("{it} min"));
    html! {
        section #recovery {
            h2 { "Whether it can be brought back" }
            p {
                "How long it may be gone (RTO): " strong { (objective(one.rto_minutes)) }
                ". Of how long its work may be lost (RPO): " strong { (objective(one.rpo_minutes)) } "."
            }
            @if page.recovery.overdue {
                p.bad { "A recovery test is overdue: what the business stands still without is tested every 12 months." }
            }
            @match page.recovery.objective_met {
                Some(true) => p { "The last test kept its objectives." },
                Some(false) => p.bad { "The last test did not keep its objectives." },
                None => {}
            }
            @if page.tests.is_empty() { p { "That it can be brought back was never tested." } } @else {
                div.scroll { table.wide {
                    thead { tr {
                        th { "Tested on" } th { "Result" } th.n { "Back after" } th.n { "Lost" } th { "What was pretended" }
                    } }
                    tbody { @for test in &page.tests { tr {
                        td.word { (day(test.on)) }
                        td { (test.result) }
                        td.n { (got(test.achieved_rto_minutes)) }
                        td.n { (got(test.achieved_rpo_minutes)) }
                        td { (test.scenario) }
                    } } }
                } }
            }
        }
    }
}

fn users(page: &ComponentPage) -> Markup {
    html! {
        section #users {
            h2 { "Who uses it" }
            @if page.users.is_empty() { p { "No persona is known to use it." } }
            @for user in &page.users {
                h3 { a href=(persona(&page.reader.key, &user.id)) { (user.name) } }
                p.soft {
                    @if !user.role.is_empty() { (user.role) " · " }
                    @match user.people { Some(people) => { (people) " people" } None => "how many is not known" }
                }
                @if user.tasks.is_empty() { p { "Something on the roadmap that touches it is for them." } } @else {
                    ul { @for task in &user.tasks { li {
                        (task.task) ": " (task.uses_per_month) " times a month each, " (task.minutes_per_use) " minutes each time"
                        @if let Some(satisfaction) = task.satisfaction { ", satisfaction " (satisfaction) " of 5" }
                        span.soft { " (observed on " (day(task.on)) ")" }
                    } } }
                }
            }
        }
    }
}

fn incidents(page: &ComponentPage) -> Markup {
    html! {
        section #incidents {
            h2 { "What went wrong in the last 90 days" }
            @if page.incidents.is_empty() { p { "No incident is recorded." } } @else {
                div.scroll { table {
                    thead { tr { th { "Began" } th { "What" } th.n { "Severity" } th { "Resolved" } } }
                    tbody { @for incident in &page.incidents { tr {
                        td { (page.reader.moment(incident.started_at)) }
                        td { (incident.title) }
                        td.n { (incident.severity) }
                        td { @match incident.resolved_at { Some(at) => (page.reader.moment(at)), None => span.bad { "goes on" } } }
                    } } }
                } }
            }
        }
    }
}

fn items(page: &ComponentPage) -> Markup {
    html! {
        section #roadmap {
            h2 { "What is to change" }
            @if page.items.is_empty() { p { "Nothing on the roadmap touches it." } } @else {
                div.scroll { table {
                    thead { tr { th { "Item" } th { "What" } th { "Status" } th { "When" } } }
                    tbody { @for item in &page.items { tr {
                        td.word { (item.reference) }
                        td { (item.title) }
                        td { (words(item.status.as_text())) }
                        td {
                            @match (item.shipped_on, item.target_on) {
                                (Some(on), _) => (day(on)),
                                (None, Some(on)) => { "by " (day(on)) }
                                (None, None) => (words(item.horizon.as_text())),
                            }
                        }
                    } } }
                } }
            }
        }
    }
}

fn months(page: &ComponentPage) -> Markup {
    let worked = |amount: Option<Decimal>| amount.map_or_else(|| "?".to_owned(), hours);
    let amount = |cost: &Figure<Money>| match cost {
        Figure::Known(cost) => cost.amount,
        Figure::Unknown(_) => Decimal::ZERO,
    };
    let greatest = page.months.iter().map(|month| amount(&month.cost)).max().unwrap_or_default();
    html! {
        section #cost {
            h2 { "What goes into it" }
            div.scroll { table {
                caption { span { "Hours and cost of the last twelve months that are over; ? is what nobody wrote down" } }
                thead { tr { th { "Month" } th.n { "Hours" } th.n { "Cost" } th { } } }
                tbody { @for month in &page.months { tr {
                    td.word { (month.month.shown()) }
                    td.n { (worked(month.hours)) }
                    td.n { (money(&month.cost)) }
                    td { (bar(amount(&month.cost), greatest)) }
                } } }
                tfoot { tr { td { "All" } td.n { (worked(page.total.0)) } td.n { (money(&page.total.1)) } td { } } }
            } }
        }
    }
}

pub fn money(cost: &Figure<Money>) -> Markup {
    html! {
        @match cost {
            Figure::Known(cost) => (cost.shown_whole()),
            Figure::Unknown(why) => span.unknown title=(why) { "not known" },
        }
    }
}

fn risks(page: &ComponentPage) -> Markup {
    html! {
        section #risks {
            h2 { "What might go wrong" }
            @if page.risks.is_empty() { p { "No open risk is written down." } } @else {
                p { (counted(page.risks.len(), "risk", "risks")) "." }
                div.scroll { table {
                    thead { tr { th { "Risk" } th { "Status" } th { "Owner" } th.n { "Expected loss a year" } } }
                    tbody { @for (risk, assessed) in &page.risks { tr {
                        td { (risk.title) }
                        td { (risk.status) }
                        td { @match &risk.owner { Some(owner) => (owner), None => span.bad { "nobody" } } }
                        td.n { @match assessed { Some(one) => (one.annual_loss().shown_whole()), None => span.unknown { "not assessed" } } }
                    } } }
                } }
            }
        }
    }
}
