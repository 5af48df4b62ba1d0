//! From paths to documents: files, what may be read, remote things, and what is read once for many roots.

mod ahead;
mod files;
mod git_url;
mod helm;
mod loader;
mod remote;
mod resources;
mod session;

pub use files::{Disk, Files, join};
pub use git_url::GitUrl;
pub use helm::{Helm, HelmError, HelmOptions, HelmVersion};
pub use loader::{LoadError, Loader};
pub use remote::{Remote, RemoteError, shown};
pub use resources::{ReadError, read, validate};
pub use session::{Restriction, Session};
