//! The one HTTP client: user agent, certificate authorities, proxies, retries, limits, redirects.

mod call;
mod client;
mod fault;
mod page;
mod proxy;
mod redact;
mod request;
mod retry;
#[cfg(test)]
mod script;

pub use call::{Answer, Call};
pub use client::{HttpError, Options, USER_AGENT, blocking, client, install_crypto};
pub use fault::TransportError;
pub use page::{Next, PageError, Pages, link_to_next};
pub use proxy::proxy_for;
pub use redact::{excerpt, shown};
pub use request::Transport;
pub use retry::{OnPause, Patience, Pause};
#[cfg(test)]
pub use script::{Asked, Reply, Script};
