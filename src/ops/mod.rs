//! Work that spans several rooms of the house.

mod bootstrap;
mod build;
pub mod changes;
mod check;
mod chosen;
mod controller;
pub mod debug;
mod deps;
mod diff;
mod events;
mod freeze;
mod helm;
mod holders;
mod install;
mod inventory;
mod logs;
mod migrate;
mod offline;
mod reconcile;
mod release;
mod remote;
mod stats;
mod trace;
mod tree;
mod trigger;
mod uninstall;
mod waiting;
mod why;

pub use bootstrap::{
    Access, Commits, Delivery, Hosted, KeySource, Merge, Mode, Outcome, Place, Plan, Request,
    SafePath, bootstrap,
};
pub use build::{Absence, BuildRequest, ClusterKeys, Keys, build};
pub use check::{
    CheckReport, CheckReportList, CheckRequest, Outcome as CheckOutcome, check, versions,
};
pub use deps::{DepsRequest, Edge, Graph, Node, Origin, Presence, dependencies};
pub use diff::{
    CompareOptions, DiffRequest, Entry, Generation, Method, OverlayDiff, OverlayRequest, Tally,
    apply_overlay, diff_kustomization, diff_overlay, document as diff_document, refusals, report,
    rows, warnings,
};
pub use events::{
    EventStream, EventsRequest, ToldEvent, kind_of as kind_with_events, list_events, plan_events,
};
pub use helm::HelmProgram;
pub use holders::read_given;
pub use install::{InstallRequest, Manifests, PullSecret, foreign_installation, install};
pub use logs::{LogFilter, Told, controllers, follow_logs, no_pods, read_logs};
pub use migrate::{Migration, Target, Write, migrate_stored};
pub use offline::{
    Addressee, BranchChange, BranchRequest, Clues, ClusterTest, HelmCharts, OpenRequest, Opened,
    Pipeline, Provider, Side, Verdict, addressee, branch_change, branch_diff, new_findings, open,
    paths_in, session, verdicts,
};
pub use reconcile::{
    Depth, Goal, ReconcileRequest, reconcile, wait_for, wait_until_ready, waves, words,
};
pub use remote::{Network, RemoteSources};
pub use stats::{Count, Stats, StatsList, Uncounted, stats};
pub use trace::{Label, Link, Trace, Traced, trace};
pub use tree::{Breadth, Grown, Tree, generator_tree, kustomization_tree};
pub use trigger::{Proof, TriggerRequest, token_of_job, trigger};
pub use uninstall::{UninstallReport, UninstallRequest, uninstall};
pub use why::{
    Causes, CausesRequest, Chain, ChainLink, ChainObject, SharedCause, Surveyed, WhyRequest,
    causes, why,
};
