//! Git repositories: where they are, how to get in, and how to put a commit there without a work tree.
//!
//! Everything here waits for the network: call it where a thread may wait, never from a task.

mod askpass;
mod auth;
mod checkout;
mod code_commit;
mod commit;
mod commit_id;
mod content;
mod credential_helper;
mod der;
mod fetched_files;
mod git_error;
mod host_pattern;
mod host_scan;
mod http_line;
mod http_transport;
mod ignore;
mod key;
mod known_hosts;
mod open_pgp;
mod private_folder;
mod private_key;
mod public_key;
mod push;
mod repository;
mod revision;
mod sign;
mod snapshot;
mod ssh_failure;
mod ssh_transport;
mod sync_url;
mod transport;
mod transport_error;
mod tree;
mod trust;
mod url;
mod url_text;
mod wire;
mod work_tree;
mod work_tree_index;

#[cfg(test)]
mod tests;

pub use askpass::answer_askpass;
pub use auth::{Credentials, PrivateKeyFile, Secret};
pub use checkout::Checkout;
pub use code_commit::AwsIdentity;
pub use commit::{Author, Change};
pub use commit_id::CommitId;
pub use content::{ContentId, Leaf};
pub use fetched_files::Submodule;
pub use git_error::GitError;
pub use host_scan::scan;
pub use ignore::{IGNORE_FILE, IgnoreRules, SOURCE_DEFAULTS};
pub use key::{Algorithm, Curve, KeyPair};
pub use known_hosts::{KnownHosts, Verdict};
pub use private_key::{PrivateKey, public_half};
pub use public_key::HostKeys;
pub use push::{Over, Pushed};
pub use repository::{LocalClone, Remote};
pub use revision::{Bounds, Fetched, Found};
pub use sign::Signer;
pub use snapshot::Snapshot;
pub use sync_url::PlainHttp;
pub use transport::Settings;
pub use transport_error::TransportError;
pub use tree::EntryKind;
pub use trust::HostTrust;
pub use url::{GitUrl, GitUrlError, Scheme};
pub use work_tree_index::WorkTreeIndex;

// The tests alone name these; they reach the product inside `GitError`.
