//! Sends what is due: one delivery after the other, each taken in hand first, so that of several
//! instances one sends it.

use super::{
    ReportDelivery,
    store::{self, Errand, Way},
};
use crate::{
    kernel::{
        auth::Signer,
        db::{Author, Db},
        failure::Failure,
        http::{SHARED, formats::Format},
        mail::{Letter, Mail, Outcome},
    },
    reports::{
        render::{self, Door},
        views::{self, Audience, store::Rendering},
    },
};
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// How often is looked for what is due.
const PAUSE: Duration = Duration::from_secs(10);
/// How often, and how long apart, is tried to write down what came of a letter that has left.
const NOTES: (u32, Duration) = (6, Duration::from_secs(10));

/// What sends.
pub struct Sender {
    db: Db,
    signer: Signer,
    mail: Mail,
}

impl Sender {
    /// From now on what is published is written down to be sent.
    pub fn new(db: Db, signer: Signer, mail: Mail) -> Self {
        db.send_mail();
        Self { db, signer, mail }
    }

    /// Sends until the other end of `running` is dropped. What is under way then is finished first.
    pub async fn run(self, mut running: watch::Receiver<()>) {
        loop {
            let go_on = || running.has_changed().is_ok();
            if let Err(failure) = self.round(go_on).await {
                tracing::warn!(%failure, "mail waits");
            }
            if timeout(PAUSE, running.changed()).await.is_ok() {
                return;
            }
        }
    }

    /// Tries what is due now, while it may go on; a server that cannot be reached ends the round. Answers how many
    /// were tried.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn round(&self, go_on: impl Fn() -> bool) -> Result<usize, Failure> {
        let clock = self.db.clock().clone();
        let mut tried = 0;
        for seen in self.db.read(move |conn| store::due(conn, &clock)).await? {
            if !go_on() {
                break;
            }
            let Some(errand) = self.claim(seen).await? else { continue };
            tried += 1;
            let outcome = self.attempt(&errand).await;
            let reached = !matches!(outcome, Outcome::Unreachable(_));
            self.settle(&errand.delivery, outcome).await?;
            if !reached {
                break;
            }
        }
        Ok(tried)
    }

    /// Nothing when somebody else has it, or there is nobody to send it to.
    async fn claim(&self, seen: ReportDelivery) -> Result<Option<Errand>, Failure> {
        let (clock, signer) = (self.db.clock().clone(), self.signer.clone());
        match self.db.change(Author::scheduler(), move |tx| store::claim(tx, &clock, &signer, &seen)).await {
            Err(Failure::Stale) => Ok(None),
            claimed => claimed,
        }
    }

    async fn attempt(&self, errand: &Errand) -> Outcome {
        match self.letter(errand).await {
            Ok(letter) => self.mail.send(letter).await,
            Err(failure) => {
                tracing::error!(delivery = errand.delivery.id, %failure, "a report could not be written as mail");
                Outcome::Postponed("it could not be written".to_owned())
            }
        }
    }

    /// The report as its reader sees it on the page, from the bytes that are kept of it.
    async fn letter(&self, errand: &Errand) -> Result<Letter, Failure> {
        let audience = Audience::Stakeholder(Box::new(errand.stakeholder.clone()));
        let (report, readers) = (errand.report.clone(), audience.clone());
        let find = move |_: &mut _| Ok((report.clone(), readers.clone()));
        let (_, rendering) = views::store::rendering(&self.db, Format::Json, find).await?;
        let Rendering::View(view) = rendering else { return Err(Failure::internal("a report without a view")) };
        let public = self.mail.public_url();
        let (door, secret) = match &errand.way {
            Way::Page => {
                let path = format!(
                    "/api/v1/products/{}/reports/{}.html?for={}",
                    view.product.key, errand.report.id, errand.stakeholder.id
                );
                let acting = Some(public.of(&render::waiting(&view.product.key)));
                (Door { url: public.of(&path), until: None, acting }, None)
            }
            Way::Link { token, until } => {
                let url = public.of(&format!("{SHARED}{token}"));
                (Door { url, until: Some(*until), acting: None }, Some(token.clone()))
            }
        };
        let words = render::letter(&view, &audience, &door);
        Ok(Letter {
            id: errand.delivery.id.clone(),
            address: errand.delivery.address.clone(),
            name: errand.stakeholder.name.clone(),
            subject: words.subject,
            text: words.text,
            html: words.html,
            at: self.db.clock().now(),
            secret,
        })
    }

    /// Writes down what came of it. A letter that has left would be sent again if nobody knew: a storage that is
    /// away for a moment is waited for.
    async fn settle(&self, delivery: &ReportDelivery, outcome: Outcome) -> Result<(), Failure> {
        let (times, pause) = NOTES;
        let mut left = times;
        loop {
            let (clock, before, what) = (self.db.clock().clone(), delivery.clone(), outcome.clone());
            match self.db.change(Author::scheduler(), move |tx| store::settle(tx, &clock, &before, what)).await {
                Ok(after) => {
                    let (delivery, state, attempts) = (&after.id, after.state.as_text(), after.attempts);
                    tracing::info!(delivery, state, attempts, "report by mail");
                    return Ok(());
                }
                // Somebody else tries by now; what comes of that is the word that counts.
                Err(Failure::Stale) => return Ok(()),
                Err(failure) if failure.is_of_storage() && left > 0 => {
                    left -= 1;
                    sleep(pause).await;
                }
                Err(failure) => return Err(failure),
            }
        }
    }
}
