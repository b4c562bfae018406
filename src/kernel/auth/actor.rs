//! The extractor that alone opens a product's data.

use super::{Claimed, ProductId, Role, SessionKind, Signer, secret_hash};
use crate::kernel::{
    clock::Instant,
    db::{Author, AuthorKind, Conn, Db, Tx},
    failure::Failure,
    http::{Answer, RequestContext, once},
    money::Currency,
    month::Month,
    schema::{members, products, sessions, users},
};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Method, header},
    web::Data,
};
use chrono_tz::Tz;
use diesel::prelude::*;
use futures_util::future::LocalBoxFuture;
use std::{marker::PhantomData, sync::Arc};

/// Holds a browser's session; opens `GET`, and by [`ByForm`](super::ByForm) the forms of our pages.
pub const SESSION_COOKIE: &str = "prodops_session";

/// The user behind a request.
#[derive(Debug, Clone)]
pub struct Identity {
    pub id: String,
    /// The session that they are signed in with, if it is one.
    pub session: Option<String>,
    pub name: String,
    pub email: String,
    pub admin: bool,
}

/// The product that a path names, as far as everyone needs to know it.
#[derive(Debug, Clone)]
pub struct ProductScope {
    pub id: ProductId,
    pub key: String,
    pub zone: Tz,
    pub currency: Currency,
    pub published_through: Option<Month>,
    /// What the caller is in it.
    pub role: Role,
}

/// What an operation requires. One type a permission, so that a handler's signature says it.
pub trait Permission: 'static {
    /// What the caller gets: the product, or nothing beyond being who they are.
    type Scope: Clone + Send + 'static;

    fn grant(identity: &Identity, product: Option<ProductScope>) -> Result<Self::Scope, Failure>;
    /// Whether the path names a product.
    const IN_PRODUCT: bool;
}

macro_rules! in_product {
    ($($(#[$meta:meta])* $name:ident($allowed:expr, $refusal:literal);)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Permission for $name {
            type Scope = ProductScope;
            const IN_PRODUCT: bool = true;

            fn grant(_: &Identity, product: Option<ProductScope>) -> Result<ProductScope, Failure> {
                let product = product.ok_or(Failure::NotFound)?;
                let allowed: fn(Role) -> bool = $allowed;
                if allowed(product.role) { Ok(product) } else { Err(Failure::Forbidden($refusal)) }
            }
        }
    )+};
}

in_product! {
    /// Reads a product: all members but exporters.
    View(Role::may_view, "exporters read exports only");
    /// Reads what stays inside the team (rates, persons' effort, drafts): owners and editors.
    ViewPrivate(Role::may_edit, "owners and editors only");
    /// Changes a product: owners and editors.
    Edit(Role::may_edit, "owners and editors only");
    /// Accepts, questions, agrees and answers: those for whom the product is, and nobody who may edit.
    Judge(Role::may_judge, "whoever may edit does not judge: owners and editors cannot accept, question, agree or answer");
    /// Decides who belongs to a product, and what it is: owners.
    Own(Role::is_owner, "owners only");
    /// Reads exports: all members.
    Export(|_| true, "members only");
}

/// Anyone who is signed in.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn;

impl Permission for SignedIn {
    type Scope = ();
    const IN_PRODUCT: bool = false;

    fn grant(_: &Identity, _: Option<ProductScope>) -> Result<(), Failure> {
        Ok(())
    }
}

/// Those who run the instance; it opens no product.
#[derive(Debug, Clone, Copy)]
pub struct Admin;

impl Permission for Admin {
    type Scope = ();
    const IN_PRODUCT: bool = false;

    fn grant(identity: &Identity, _: Option<ProductScope>) -> Result<(), Failure> {
        if identity.admin { Ok(()) } else { Err(Failure::Forbidden("admins only")) }
    }
}

/// Someone who may do `P`, and the database to do it with.
pub struct Actor<P: Permission> {
    pub user: Identity,
    pub scope: P::Scope,
    db: Db,
    context: Arc<RequestContext>,
    permission: PhantomData<P>,
}

impl<P: Permission> Actor<P> {
    pub fn now(&self) -> Instant {
        self.db.clock().now()
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Reads, statement by statement.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, &P::Scope) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let scope = self.scope.clone();
        self.db.read(move |conn| work(conn, &scope)).await
    }

    /// Reads several things as they were at one moment.
    pub async fn snapshot<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, &P::Scope) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let scope = self.scope.clone();
        self.db.snapshot(move |conn| work(conn, &scope)).await
    }

    /// Makes one change, once, however often its request is retried.
    pub async fn change<A: Answer>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &P::Scope) -> Result<A, Failure> + Send + 'static,
    ) -> Result<A, Failure> {
        let (scope, context, caller) = (self.scope.clone(), self.context.clone(), self.user.id.clone());
        let author = Author {
            kind: AuthorKind::User,
            id: Some(self.user.id.clone()),
            request_id: Some(self.context.id.clone()),
        };
        self.db.change(author, move |tx| once(tx, &context, &caller, |tx| work(tx, &scope))).await
    }
}

/// What somebody sends to say who they are.
pub(super) enum Credential {
    Bearer(String),
    Session(String),
}

impl<P: Permission> FromRequest for Actor<P> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (req, context) = (req.clone(), RequestContext::of(req));
        let held = context.hold();
        Box::pin(async move {
            let _held = held;
            let credential = credential(&req)?;
            Self::admitted(&req, credential).await
        })
    }
}

impl<P: Permission> Actor<P> {
    /// Finds out who a credential stands for, and whether they may do `P`.
    pub(super) async fn admitted(req: &HttpRequest, credential: Credential) -> Result<Self, Failure> {
        let state = |what| Failure::internal(format!("the application has no {what}"));
        let db = req.app_data::<Data<Db>>().ok_or_else(|| state("database"))?.get_ref().clone();
        let signer = req.app_data::<Data<Signer>>().ok_or_else(|| state("signer"))?;
        let now = db.clock().now();
        let way = match credential {
            Credential::Bearer(token) => {
                let bad = "the access token is not valid, or not any more";
                Way::Claimed(signer.verify(&token, now).ok_or(Failure::Unauthorized(bad))?)
            }
            Credential::Session(secret) => Way::Cookie(secret_hash(&secret)),
        };
        let product = P::IN_PRODUCT.then(|| req.match_info().get("product").unwrap_or_default().to_owned());
        let (user, product) = db.read(move |conn| standing(conn, &way, now, product.as_deref())).await?;
        let scope = P::grant(&user, product)?;
        Ok(Self { user, scope, db, context: RequestContext::of(req), permission: PhantomData })
    }
}

fn credential(req: &HttpRequest) -> Result<Credential, Failure> {
    let nobody = Failure::Unauthorized("send an access token as Authorization: Bearer, or sign in at /login");
    if let Some(sent) = req.headers().get(header::AUTHORIZATION) {
        let token = sent.to_str().ok().and_then(|sent| {
            let (scheme, token) = sent.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
        return token.map(Credential::Bearer).ok_or(nobody);
    }
    match req.cookie(SESSION_COOKIE) {
        Some(cookie) if matches!(*req.method(), Method::GET | Method::HEAD) => {
            Ok(Credential::Session(cookie.value().to_owned()))
        }
        _ => Err(nobody),
    }
}

/// What a session is found by.
enum Way {
    Claimed(Claimed),
    /// The hash of a browser's secret.
    Cookie(String),
}

/// The one place where a caller's standing is read: who they are, and what they are in the product.
///
/// A session that has ended, and a user who is disabled, are out at their next request, whatever their token says.
fn standing(
    conn: &mut Conn,
    way: &Way,
    now: Instant,
    product: Option<&str>,
) -> Result<(Identity, Option<ProductScope>), Failure> {
    let live = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::expires_at.gt(now))
        .filter(users::disabled.eq(false))
        .select((users::id, sessions::id, users::name, users::email, users::admin));
    let found = match way {
        Way::Claimed(claimed) => live
            .filter(sessions::id.eq(&claimed.session))
            .filter(sessions::user_id.eq(&claimed.user))
            .first::<(String, String, String, String, bool)>(conn)
            .optional()?,
        Way::Cookie(hash) => live
            .filter(sessions::token_hash.eq(hash))
            .filter(sessions::kind.eq(SessionKind::Browser))
            .first(conn)
            .optional()?,
    };
    let Some((id, session, name, email, admin)) = found else {
        return Err(Failure::Unauthorized("sign in again"));
    };
    let scope = match product.filter(|name| is_name(name)) {
        Some(product) => membership(conn, &id, product)?,
        None => None,
    };
    Ok((Identity { id, session: Some(session), name, email, admin }, scope))
}

/// Whether it can be a key or an id at all; PostgreSQL refuses to even compare with U+0000.
fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn membership(conn: &mut Conn, user: &str, product: &str) -> Result<Option<ProductScope>, Failure> {
    let row = members::table
        .inner_join(products::table.on(products::id.eq(members::product_id)))
        .filter(members::user_id.eq(user))
        .filter(products::key.eq(product).or(products::id.eq(product)))
        .select((
            products::id,
            products::key,
            products::timezone,
            products::currency,
            products::published_through,
            members::role,
        ))
        .first::<(String, String, String, Currency, Option<Month>, Role)>(conn)
        .optional()?;
    row.map(|(id, key, zone, currency, published_through, role)| {
        let zone = zone.parse().map_err(|_| Failure::internal("a stored time zone is unknown"))?;
        Ok(ProductScope { id: ProductId(id), key, zone, currency, published_through, role })
    })
    .transpose()
}
