//! What the work was worth: what the business agreed a thing is worth, what is claimed on it, and
//! what those for whom it is done say to that.

pub mod act;
pub mod api;
pub mod assumptions;
pub mod claims;
pub mod comments;
pub mod drivers;
pub mod expectations;
mod methods;
pub mod returns;
pub mod time_saved;
pub mod totals;
pub mod value;

pub use claims::{
    Attribution, Baseline, Benefit, ClaimInputs, ClaimState, Confidence, Evidence, EvidenceGrade, EvidenceKind,
    ImpactClaim, ImpactClaimPage, ImpactClaimPatch, ImpactMethod, NewImpactClaim, Reinvestment,
};
pub use comments::{CommentKind, ImpactComment, ImpactCommentPage, NewImpactComment};
pub use drivers::{
    DriverAmount, DriverKind, NewDriverAmount, NewValueDriver, ValueDriver, ValueDriverPage, ValueDriverPatch,
    ValueDriverRow,
};
