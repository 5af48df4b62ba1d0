//! Ask controllers to look at objects now, and wait for their answers.

mod answer;
mod goal;
mod hindrance;
mod order;
mod request;
mod several;
mod timing;

pub use answer::wait_until_ready;
pub use goal::{Goal, wait_for, words};
pub use order::waves;
pub use request::{Depth, ReconcileRequest};
pub use several::reconcile;
