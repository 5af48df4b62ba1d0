//! What a caller gives the engine to reach what is not in the tree of files.

use std::borrow::Cow;
use std::path::PathBuf;

use super::git_url::GitUrl;

/// Why a remote thing cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RemoteError {
    /// The server answered, but not with the file.
    #[error("HTTP Error: status code {status}")]
    Status {
        /// The status of its answer.
        status: u16,
    },
    /// Anything else.
    #[error("{message}")]
    Other {
        /// What went wrong.
        message: String,
        /// What may be tried next.
        hint: Option<String>,
    },
}

/// Fetches files and repositories for a build; whoever makes one decides on caches and limits.
pub trait Remote: Sync {
    /// Returns the content of a file by its `http` or `https` address.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be had.
    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError>;

    /// Returns a directory on disk that holds a revision of a repository.
    ///
    /// # Errors
    ///
    /// Fails where the repository or its revision cannot be had.
    fn repository(&self, url: &GitUrl) -> Result<PathBuf, RemoteError>;
}

/// Says whether a path is the address of a remote file.
pub fn is_address(path: &str) -> bool {
    path.split_once("://").is_some_and(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

/// The parts of a query that say which files of a repository are meant; others may be secrets.
const HARMLESS: [&str; 4] = ["ref", "version", "timeout", "submodules"];

/// Returns a path as it may be shown: of an address, neither password nor token.
pub fn shown(path: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = path.split_once("://") else {
        return Cow::Borrowed(path);
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, below) = place.split_at(place.find('/').unwrap_or(place.len()));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    // The user of a web address is often the token itself.
    let user = match user {
        "" => "",
        user if scheme.eq_ignore_ascii_case("ssh") && !user.contains(':') => {
            &authority[..=user.len()]
        }
        _ => "***@",
    };
    let pair = |pair: &str| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        if HARMLESS.contains(&name) {
            pair.to_owned()
        } else {
            format!("{name}=***")
        }
    };
    let query: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(pair)
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    Cow::Owned(format!(
        "{scheme}://{user}{host}{below}{mark}{}",
        query.join("&")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_secret() {
        for (path, wanted) in [
            ("../base", "../base"),
            ("git@host:o/r?ref=v1", "git@host:o/r?ref=v1"),
            ("ssh://git@host/o/r", "ssh://git@host/o/r"),
            (
                "https://me:s3cret@host/o/r//p?ref=v1&timeout=9",
                "https://***@host/o/r//p?ref=v1&timeout=9",
            ),
            ("https://s3cret@host/o", "https://***@host/o"),
            (
                "https://host/o?token=s3cret&ref=a",
                "https://host/o?token=***&ref=a",
            ),
            ("https://host/?", "https://host/"),
        ] {
            assert_eq!(shown(path), wanted);
        }
    }
}
