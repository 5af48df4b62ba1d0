//! Where a repository is: on a server, or in a folder of this machine.

use std::path::PathBuf;

use super::error::FetchError;
use crate::git::GitUrl;

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// On a server.
    Server(GitUrl),
}

impl Address {
    /// Reads the address that a kustomization gives; `file://` is a folder of this machine.
    ///
    /// # Errors
    ///
    /// Fails where it is no address that we speak.
    pub fn parse(text: &str) -> Result<Self, FetchError> {
        match text.strip_prefix("file://") {
            Some(path) if path.starts_with('/') => Ok(Self::Folder(PathBuf::from(path))),
            Some(_) => Err(FetchError::RelativeFolder),
            None => Ok(Self::Server(text.parse()?)),
        }
    }

    /// Returns what names it in the cache, and in messages; without any secret.
    pub fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => format!("file://{}", folder.display()),
            Self::Server(url) => url.to_string(),
        }
    }
}

/// Returns the address of a submodule, which the repository at `base` may write as one beside its own.
pub fn of_submodule(base: &str, written: &str) -> String {
    if !written.starts_with("./") && !written.starts_with("../") {
        return written.to_owned();
    }
    let mut base = base.trim_end_matches('/');
    let mut rest = written;
    loop {
        if let Some(below) = rest.strip_prefix("./") {
            rest = below;
        } else if let Some(beside) = rest.strip_prefix("../") {
            rest = beside;
            let end = base.rfind('/').or_else(|| base.rfind(':'));
            base = &base[..end.unwrap_or_default()];
        } else {
            break;
        }
    }
    format!("{base}/{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses() {
        let folder = Address::parse("file:///srv/a.git").unwrap();
        assert_eq!(folder, Address::Folder("/srv/a.git".into()));
        assert!(Address::parse("file://a/b").is_err());
        let server = Address::parse("https://me:s3cret@host/o/r").unwrap();
        assert!(!server.shown().contains("s3cret"));
        for written in [
            "git@-oProxyCommand=x:a/b",
            "ssh://-x/a",
            "ssh://git@host/-a",
            "ext::sh -c x",
        ] {
            assert!(Address::parse(written).is_err(), "{written}");
        }
    }

    #[test]
    fn reads_addresses_of_submodules() {
        let of = |base, written| {
            let url: Result<GitUrl, _> = of_submodule(base, written).parse();
            url.map(|url| url.to_string()).ok()
        };
        let at = |text: &str| Some(text.to_owned());
        assert_eq!(
            of("https://host/o/r.git", "../a.git"),
            at("https://host/o/a.git")
        );
        assert_eq!(of("https://host/o/r", "../../p/a"), at("https://host/p/a"));
        assert_eq!(
            of("git@host:o/r.git", "../a.git"),
            at("ssh://git@host/o/a.git")
        );
        assert_eq!(of("https://host/o/r", "./a"), at("https://host/o/r/a"));
        assert_eq!(
            of("https://host/o/r", "https://other/a"),
            at("https://other/a")
        );
        assert_eq!(
            of("https://host/o/r", "/srv/a"),
            None,
            "no folder of this machine"
        );
        assert_eq!(of("https://host/o/r", "file:///srv/a"), None);
    }
}
