//! The kinds of `notification.toolkit.fluxcd.io`: events out, webhooks in.

mod alert;
mod event_source;
mod provider;
mod receiver;

pub use alert::*;
pub use provider::*;
pub use receiver::*;
