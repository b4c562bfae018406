//! The extractor that alone opens a product's data.

use super::{
    Issuer, ProductId, Role, Signer,
    credential::Credential,
    refusal::{self, Asked},
    secret_hash,
    standing::{Standing, Way, note_use, standing},
};
use crate::kernel::{
    clock::Instant,
    db::{Author, Conn, Db, Tx},
    failure::Failure,
    http::{Answer, Caller, RequestContext, charge, once},
    money::Currency,
    month::Month,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use chrono_tz::Tz;
use futures_util::future::LocalBoxFuture;
use std::{marker::PhantomData, sync::Arc};

/// The user behind a request.
#[derive(Debug, Clone)]
pub struct Identity {
    pub id: String,
    /// The session that they are signed in with, if it is one.
    pub session: Option<String>,
    /// The id of the API token that speaks for them; nothing when they signed in.
    pub token: Option<String>,
    pub name: String,
    pub email: String,
    pub admin: bool,
}

impl Identity {
    /// Whose requests are counted together: a token is another caller than its user.
    fn caller(&self) -> &str {
        self.token.as_ref().unwrap_or(&self.id)
    }

    /// They, in a request.
    fn author(&self, context: &RequestContext) -> Author {
        let author = match self.token.clone() {
            Some(token) => Author::token(token, self.id.clone()),
            None => Author::user(self.id.clone()).in_session(self.session.clone()),
        };
        author.in_request(&context.id, &context.address)
    }

    fn require_person(&self) -> Result<(), Failure> {
        match self.token {
            None => Ok(()),
            Some(_) => Err(Failure::Forbidden("an API token does not open this: sign in yourself")),
        }
    }
}

/// The product that a path names, as far as everyone needs to know it.
#[derive(Debug, Clone)]
pub struct ProductScope {
    pub id: ProductId,
    pub key: String,
    pub zone: Tz,
    pub currency: Currency,
    pub published_through: Option<Month>,
    /// What the caller is in it: of a token the lower of its own role and its user's.
    pub role: Role,
    /// What the user is in it.
    pub member: Role,
}

/// What an operation requires. One type a permission, so that a handler's signature says it.
pub trait Permission: 'static {
    /// What the caller gets: the product, or nothing beyond being who they are.
    type Scope: Clone + Send + 'static;

    fn grant(identity: &Identity, product: Option<ProductScope>) -> Result<Self::Scope, Failure>;
    /// Whether the path names a product.
    const IN_PRODUCT: bool;
    /// Whether tools that cannot send a header of their own may read it.
    const OF_TOOLS: bool = false;
    /// Whether the audit trail keeps that somebody was refused it.
    const KEEPS_REFUSALS: bool = false;
}

macro_rules! in_product {
    ($($(#[$meta:meta])* $name:ident($allowed:expr, $refusal:literal $(, keeps refusals: $kept:literal)?);)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Permission for $name {
            type Scope = ProductScope;
            const IN_PRODUCT: bool = true;
            $(const KEEPS_REFUSALS: bool = $kept;)?

            fn grant(_: &Identity, product: Option<ProductScope>) -> Result<ProductScope, Failure> {
                let product = product.ok_or(Failure::NotFound)?;
                let allowed: fn(Role) -> bool = $allowed;
                // A token of a lower role opens nothing that its user may not do: an owner's never judges.
                if allowed(product.role) && allowed(product.member) { Ok(product) } else { Err(Failure::Forbidden($refusal)) }
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
    Judge(
        Role::may_judge,
        "whoever may edit does not judge: owners and editors cannot accept, question, agree or answer",
        keeps refusals: true
    );
    /// Decides who belongs to a product, and what it is: owners.
    Own(Role::is_owner, "owners only");
}

/// Reads exports: all members.
#[derive(Debug, Clone, Copy)]
pub struct Export;

impl Permission for Export {
    type Scope = ProductScope;
    const IN_PRODUCT: bool = true;
    const OF_TOOLS: bool = true;

    fn grant(_: &Identity, product: Option<ProductScope>) -> Result<ProductScope, Failure> {
        product.ok_or(Failure::NotFound)
    }
}

/// Gives others a way to read exports: all members, for what they may read themselves. No token, which would outlive
/// itself by it.
#[derive(Debug, Clone, Copy)]
pub struct SignExports;

impl Permission for SignExports {
    type Scope = ProductScope;
    const IN_PRODUCT: bool = true;

    fn grant(identity: &Identity, product: Option<ProductScope>) -> Result<ProductScope, Failure> {
        let product = product.ok_or(Failure::NotFound)?;
        identity.require_person().map(|()| product)
    }
}

/// Anyone we know, also by a token, which opens its own product only: the scope.
#[derive(Debug, Clone, Copy)]
pub struct Known;

impl Permission for Known {
    type Scope = Option<ProductId>;
    const IN_PRODUCT: bool = false;

    fn grant(_: &Identity, product: Option<ProductScope>) -> Result<Option<ProductId>, Failure> {
        Ok(product.map(|product| product.id))
    }
}

/// Anyone who signed in themselves: what is a person's own is no token's.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn;

impl Permission for SignedIn {
    type Scope = ();
    const IN_PRODUCT: bool = false;

    fn grant(identity: &Identity, _: Option<ProductScope>) -> Result<(), Failure> {
        identity.require_person()
    }
}

/// Those who run the instance; it opens no product.
#[derive(Debug, Clone, Copy)]
pub struct Admin;

impl Permission for Admin {
    type Scope = ();
    const IN_PRODUCT: bool = false;

    fn grant(identity: &Identity, _: Option<ProductScope>) -> Result<(), Failure> {
        identity.require_person()?;
        if identity.admin { Ok(()) } else { Err(Failure::Forbidden("admins only")) }
    }
}

/// Someone who may do `P`, and the database to do it with.
pub struct Actor<P: Permission> {
    pub user: Identity,
    pub scope: P::Scope,
    db: Db,
    context: Arc<RequestContext>,
    asked: Asked,
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

    /// Makes one change, once, however often its request is retried. That it is refused stays in the audit trail where it
    /// is somebody else's to make, and where it would rewrite a published month.
    pub async fn change<A: Answer>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &P::Scope) -> Result<A, Failure> + Send + 'static,
    ) -> Result<A, Failure> {
        let (scope, context) = (self.scope.clone(), self.context.clone());
        let caller = self.user.caller().to_owned();
        let author = self.user.author(&context);
        self.kept(self.db.change(author, move |tx| once(tx, &context, &caller, |tx| work(tx, &scope))).await).await
    }

    /// What came of a change, with its refusal in the audit trail where that keeps it.
    ///
    /// # Errors
    /// The refusal itself, whatever becomes of writing it down.
    pub async fn kept<T>(&self, done: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &done
            && (matches!(failure, Failure::Forbidden(_)) || refusal::is_of_a_published_month(failure))
        {
            refusal::keep(&self.db, self.user.author(&self.context), &self.asked, failure).await;
        }
        done
    }
}

impl<P: Permission> FromRequest for Actor<P> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (req, context) = (req.clone(), RequestContext::of(req));
        let held = context.hold();
        Box::pin(async move {
            let _held = held;
            let credential = Credential::of(&req, P::OF_TOOLS)?;
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
        let issuer = req.app_data::<Data<Issuer>>();
        let theirs = issuer.filter(|it| matches!(&credential, Credential::Access(token) if it.is_named_by(token)));
        let now = db.clock().now();
        let way = match (credential, theirs) {
            (Credential::Access(token), Some(issuer)) => Way::Vouched(issuer.verify(&token, now).await?),
            (Credential::Access(token), None) => {
                let bad = "the access token is not valid, or not any more";
                Way::Claimed(signer.verify(&token, now).ok_or(Failure::Unauthorized(bad))?)
            }
            (Credential::Token(hash), _) => Way::Token(hash),
            (Credential::Session(secret), _) => Way::Cookie(secret_hash(&secret)),
        };
        let product = P::IN_PRODUCT.then(|| req.match_info().get("product").unwrap_or_default().to_owned());
        let Standing { user, product, used } =
            db.read(move |conn| standing(conn, &way, now, product.as_deref())).await?;
        charge(req, &Caller::Known(user.caller().to_owned()))?;
        if let Some(token) = used {
            note_use(db.clone(), token, now);
        }
        let context = RequestContext::of(req);
        let asked = Asked::of(req, product.as_ref().map(|product| product.id.clone()));
        let scope = match P::grant(&user, product) {
            Err(failure @ Failure::Forbidden(_)) if P::KEEPS_REFUSALS => {
                refusal::keep(&db, user.author(&context), &asked, &failure).await;
                return Err(failure);
            }
            granted => granted?,
        };
        Ok(Self { user, scope, db, context, asked, permission: PhantomData })
    }
}
