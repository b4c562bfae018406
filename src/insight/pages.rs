//! The pages of what is run, of a component, of a persona, and of a week.

use super::{
    canvas, chain, component, markup,
    markup::Reader,
    persona, plan,
    stewardship::{self, Stewardship, StewardshipView},
    week,
};
use crate::{
    kernel::{
        auth::{Actor, Permission, ProductScope, View, ViewPrivate},
        db::Conn,
        failure::Failure,
        http::{
            Path,
            page::{document, page_with_forms, styled_document},
        },
        month::{Month, MonthSpan, Week},
    },
    path_param, personas,
    products::{self, Product},
};
use actix_web::{HttpResponse, get, http::header, web::ServiceConfig};
use maud::{Markup, html};
use std::collections::BTreeMap;

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_catalogue)
        .service(show_component)
        .service(show_people)
        .service(show_persona)
        .service(show_present_week)
        .service(show_week)
        .configure(chain::pages::routes)
        .configure(plan::pages::routes);
}

path_param!(
    /// A component's key or id.
    ComponentName, "component"
);

path_param!(
    /// A persona's id.
    PersonaName, "persona"
);

/// Reads what a page shows, as it is at one moment.
pub(super) async fn gather<P, T>(
    actor: &Actor<P>,
    work: impl FnOnce(&mut Conn, &Product, Reader) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure>
where
    P: Permission<Scope = ProductScope>,
    T: Send + 'static,
{
    let (name, today) = (actor.user.name.clone(), actor.now().day_in(actor.scope.zone));
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            let reader = Reader {
                name,
                may_edit: scope.role.may_edit(),
                product: product.name.clone(),
                key: product.key.to_string(),
                zone: scope.zone,
                today,
            };
            work(conn, &product, reader)
        })
        .await
}

pub(super) fn shown(title: &str, product: &str, body: &Markup) -> HttpResponse {
    page_with_forms(200, document(&format!("{title} · {product}"), body))
}

/// A page with a picture, for a sheet that lies.
pub(super) fn pictured(title: &str, product: &str, body: &Markup) -> HttpResponse {
    page_with_forms(200, styled_document(&format!("{title} · {product}"), &canvas::page_style(), body))
}

#[get("/products/{product}/components/{component}")]
async fn show_component(actor: Actor<View>, name: Path<ComponentName>) -> Result<HttpResponse, Failure> {
    let now = actor.now();
    let page = gather(&actor, move |conn, product, reader| component::store::read(conn, product, reader, &name.0, now))
        .await?;
    Ok(shown(&page.component.name, &page.reader.product, &component::markup::page(&page)))
}

#[get("/products/{product}/personas/{persona}")]
async fn show_persona(actor: Actor<View>, name: Path<PersonaName>) -> Result<HttpResponse, Failure> {
    let (reader, card) = gather(&actor, move |conn, product, reader| {
        let card = persona::store::read(conn, product, &name.0, reader.today)?;
        Ok((reader, card))
    })
    .await?;
    Ok(shown(&card.persona.name, &reader.product, &persona::markup::page(&reader, &card)))
}

#[get("/products/{product}/personas")]
async fn show_people(actor: Actor<View>) -> Result<HttpResponse, Failure> {
    let (reader, there, view) = gather(&actor, |conn, product, reader| {
        let (id, today) = (product.product_id(), reader.today);
        let mut there = personas::store::all(conn, &id)?;
        there.retain(|one| one.retired_on.is_none_or(|on| on > today));
        let view = personas::store::usage(conn, &id, today)?;
        Ok((reader, there, view))
    })
    .await?;
    Ok(shown("Who uses it", &reader.product, &persona::markup::all(&reader, &there, &view)))
}

#[get("/products/{product}/weeks")]
async fn show_present_week(actor: Actor<ViewPrivate>) -> Result<HttpResponse, Failure> {
    let place = markup::week(&actor.scope.key, Week::of(actor.now().day_in(actor.scope.zone)));
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish())
}

#[get("/products/{product}/weeks/{week}")]
async fn show_week(actor: Actor<ViewPrivate>, week: Path<Week>) -> Result<HttpResponse, Failure> {
    let page = gather(&actor, move |conn, product, reader| week::store::read(conn, product, reader, week.0)).await?;
    Ok(shown(&format!("Week {}", page.week), &page.reader.product, &week::markup::page(&page)))
}

#[get("/products/{product}/components")]
async fn show_catalogue(actor: Actor<View>) -> Result<HttpResponse, Failure> {
    let (reader, view) = gather(&actor, |conn, product, reader| {
        let to = Month::of(reader.today);
        let span = MonthSpan { from: to.plus(-12), to };
        let view = stewardship::store::stewardship(conn, product, span, &[], reader.today)?;
        Ok((reader, view))
    })
    .await?;
    Ok(shown("What is run", &reader.product, &catalogue(&reader, &view)))
}

/// Every component by its system, the costliest first.
fn catalogue(reader: &Reader, view: &StewardshipView) -> Markup {
    let mut systems: BTreeMap<(bool, Option<&str>), Vec<&Stewardship>> = BTreeMap::new();
    for one in &view.items {
        systems.entry((one.system.is_none(), one.system.as_deref())).or_default().push(one);
    }
    let count = |is: fn(&Stewardship) -> bool| view.items.iter().filter(|one| is(one)).count();
    html! {
        main {
            (reader.top())
            header.title {
                h1 { "What is run" }
                p.month { (reader.product) }
                p.soft { "Hours and cost of " (view.from.shown()) " to " (view.to.previous().shown()) }
            }
            p.lead {
                (markup::counted(view.items.len(), "component", "components")) ": "
                @match count(|one| one.no_owner) { 0 => "each has an owner", some => { (some) " without an owner" } }
                @match count(|one| one.only_costs) { 0 => {}, some => { ", " (some) " of which nobody says what for it costs" } }
                "."
            }
            @if view.weeks_missing > 0 {
                p.note {
                    "Of these months " (markup::counted(view.weeks_missing, "week", "weeks"))
                    " of persons are not written down: their hours and their cost stand nowhere here."
                }
            }
            @for ((_, system), those) in &systems {
                section {
                    h2 { (system.unwrap_or("No system")) }
                    (table(reader, those))
                }
            }
            @if view.items.is_empty() { p { "Nothing stands in the catalogue yet." } }
            section {
                h2 { "For none of them" }
                p { (hours(&view.unallocated)) " and " (cost(&view.unallocated)) " stand for no component." }
                p.soft {
                    "A component only costs when money or hours went into it, and in these months no activity names it, \
                     nothing on the roadmap that is in progress or shipped touches it, and no persona uses it."
                }
            }
        }
    }
}

fn table(reader: &Reader, those: &[&Stewardship]) -> Markup {
    html! {
        div.scroll { table.wide {
            thead { tr { th { "Component" } th { "Owner" } th.n { "Hours" } th.n { "Cost" } th { "What is said of it" } } }
            tbody { @for one in those { tr {
                td { a href=(markup::component(&reader.key, &one.component)) { (one.name) } }
                td { @match &one.owner { Some(owner) => (owner), None => span.bad { "nobody" } } }
                td.n { (hours(&one.spent)) }
                td.n { (cost(&one.spent)) }
                td { (said(one)) }
            } } }
        } }
    }
}

/// The flags first, then what comes of it.
fn said(one: &Stewardship) -> Markup {
    let mut parts = Vec::new();
    let mut counted = |count: usize, single: &str, more: &str| {
        if count > 0 {
            parts.push(markup::counted(count, single, more));
        }
    };
    counted(one.personas, "persona", "personas");
    counted(one.activities, "activity", "activities");
    counted(one.roadmap_items, "change", "changes");
    counted(one.incidents, "incident", "incidents");
    counted(one.needed_by, "component needs it", "components need it");
    html! {
        @if one.no_owner { span.bad { "Nobody owns it" } ". " }
        @if one.only_costs { span.bad { "It only costs" } ". " }
        @if one.unused { "Nothing hangs on it. " }
        span.soft { (parts.join(" · ")) }
    }
}

fn hours(spent: &stewardship::Spent) -> Markup {
    html! { @match spent.hours { Some(sum) => (markup::hours(sum.get())), None => span.unknown { "not known" } } }
}

fn cost(spent: &stewardship::Spent) -> Markup {
    html! {
        @match (&spent.cost, &spent.unknown) {
            (Some(cost), _) => (cost.shown_whole()),
            (None, why) => span.unknown title=(why.as_deref().unwrap_or_default()) { "not known" },
        }
    }
}
