//! The URL that a cluster syncs from, made from the one that was given.

use super::url::{GitUrl, GitUrlError, Scheme};

/// Whether a token may travel over `http://`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Every token goes over HTTPS.
    Refused,
    /// The user asked for it.
    Allowed,
}

impl GitUrl {
    /// Returns the URL for a cluster that syncs with a token: HTTPS, and nobody named in it.
    ///
    /// A port is kept only where it was one of HTTP or HTTPS: the port of an SSH server serves no HTTPS.
    #[must_use]
    pub fn for_token_sync(&self, plain: PlainHttp) -> Self {
        let keeps_http = plain == PlainHttp::Allowed && self.scheme == Scheme::Http;
        Self {
            scheme: if keeps_http {
                Scheme::Http
            } else {
                Scheme::Https
            },
            user: None,
            password: None,
            host: self.host.clone(),
            port: self.port.filter(|_| self.scheme != Scheme::Ssh),
            path: self.path.clone(),
            from_home: false,
        }
    }

    /// Returns the URL for a cluster that syncs with an SSH key.
    ///
    /// The user is the URL's own, unless it has none or `username` is not the usual `git`.
    #[must_use]
    pub fn for_ssh_sync(&self, username: &str) -> Self {
        let own = self.user.clone().filter(|_| username == "git");
        Self {
            scheme: Scheme::Ssh,
            user: own
                .or_else(|| Some(username.to_owned()))
                .filter(|user| !user.is_empty()),
            password: None,
            host: self.host.clone(),
            port: self.port,
            path: self.path.clone(),
            from_home: self.from_home,
        }
    }

    /// Returns the URL as a clone may remember it: without a password, and over HTTP without a user, which may be one.
    #[must_use]
    pub fn to_remember(&self) -> Self {
        Self {
            user: self.user.clone().filter(|_| self.scheme == Scheme::Ssh),
            password: None,
            ..self.clone()
        }
    }

    /// Says whether both lead to the same repository, however they get there.
    pub fn is_same_repository(&self, other: &Self) -> bool {
        let path = |url: &Self| {
            let path = url.path.trim_matches('/');
            path.strip_suffix(".git").unwrap_or(path).to_owned()
        };
        self.host == other.host && path(self) == path(other)
    }

    /// Replaces host and port by `server`, which is a host or `host:port`.
    pub fn with_server(&self, server: &str) -> Result<Self, GitUrlError> {
        let parsed: Self = format!("ssh://{server}/x").parse()?;
        if parsed.path != "/x" || parsed.user.is_some() {
            return Err(GitUrlError::Part {
                part: "host",
                problem: "is no `host` or `host:port`",
            });
        }
        let mut url = self.clone();
        url.host = parsed.host;
        url.port = parsed.port;
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_the_sync_url() {
        let cases = [
            (
                "https://me:pw@h:8443/a.git",
                "https://h:8443/a.git",
                "ssh://me@h:8443/a.git",
            ),
            ("http://h/a.git", "https://h/a.git", "ssh://git@h/a.git"),
            (
                "ssh://me@h:2222/a.git",
                "https://h/a.git",
                "ssh://me@h:2222/a.git",
            ),
            (
                "git@h:group/a.git",
                "https://h/group/a.git",
                "ssh://git@h/group/a.git",
            ),
        ];
        for (given, token, ssh) in cases {
            let url: GitUrl = given.parse().unwrap();
            assert_eq!(url.for_token_sync(PlainHttp::Refused).to_string(), token);
            assert_eq!(url.for_ssh_sync("git").to_string(), ssh);
        }
        let plain: GitUrl = "http://h:3000/a".parse().unwrap();
        assert_eq!(
            plain.for_token_sync(PlainHttp::Allowed).to_string(),
            "http://h:3000/a"
        );
        assert_eq!(
            plain.for_ssh_sync("robot").to_string(),
            "ssh://robot@h:3000/a"
        );
    }

    #[test]
    fn replaces_the_server() {
        let url: GitUrl = "ssh://git@h:22/a.git".parse().unwrap();
        assert_eq!(
            url.with_server("ssh.h:443").unwrap().to_string(),
            "ssh://git@ssh.h:443/a.git"
        );
        assert_eq!(
            url.with_server("other").unwrap().to_string(),
            "ssh://git@other/a.git"
        );
        for bad in ["a/b", "-x", "me@h", "", "h:port"] {
            assert!(url.with_server(bad).is_err(), "{bad}");
        }
    }
}
