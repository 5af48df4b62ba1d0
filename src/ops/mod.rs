//! Work that spans several rooms of the house.

mod bootstrap;
mod check;
mod install;
mod inventory;
mod reconcile;
mod uninstall;
mod waiting;

pub use bootstrap::{
    Access, Commits, Hosted, KeySource, Mode, Place, Request, SafePath, bootstrap,
};
pub use check::{CheckRequest, check, versions};
pub use install::{InstallRequest, Manifests, PullSecret, foreign_installation, install};
pub use reconcile::{Depth, ReconcileRequest, reconcile, wait_until_ready};
pub use uninstall::{UninstallRequest, uninstall};
