//! Where a Git repository is: ssh, https and scp-like URLs, redacted when shown.

use std::fmt;

use super::auth::Secret;
use super::url_text::encode_path;
use crate::error::{Blame, Explain};

/// How a repository is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `ssh://`, and the short form `user@host:path`.
    Ssh,
    /// `https://`.
    Https,
    /// `http://`, without any protection.
    Http,
}

impl Scheme {
    /// Returns its word in a URL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// Returns the port that counts when the URL names none.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Ssh => 22,
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// The address of a Git repository; what it shows never holds a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct GitUrl {
    pub(super) scheme: Scheme,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// Begins with `/`, whatever the form that was given.
    pub(super) path: String,
    /// The short form `host:path`, whose path begins in the home folder of the user there.
    pub(super) from_home: bool,
}

/// Why a text is no address of a Git repository.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitUrlError {
    /// Nothing was given.
    #[error("the Git URL is empty")]
    Empty,
    /// The scheme is none that we speak.
    #[error("Git URLs with the scheme `{scheme}` are not supported")]
    Scheme {
        /// The scheme that was given.
        scheme: String,
    },
    /// It is a path of this machine.
    #[error("a folder of this machine is no Git URL that a cluster can reach")]
    Local,
    /// One of its parts is not what it may be.
    #[error("the {part} of the Git URL {problem}")]
    Part {
        /// `host`, `port`, `path` and so on.
        part: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Explain for GitUrlError {
    fn blame(&self) -> Blame {
        Blame::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("use `https://host/path`, `ssh://user@host/path` or `user@host:path`".into())
    }
}

pub(super) const fn bad(part: &'static str, problem: &'static str) -> GitUrlError {
    GitUrlError::Part { part, problem }
}

impl GitUrl {
    /// Returns how the repository is reached.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the user, where one is named.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the host, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, named or not.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// Returns the path, which begins with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the host as URLs write it, with the port where one is named.
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// Refuses parts that a program below could take for an option or a command.
    pub(super) fn checked(self) -> Result<Self, GitUrlError> {
        let user = self.user.as_deref().unwrap_or_default();
        for (part, text) in [
            ("host", self.host.as_str()),
            ("user", user),
            ("path", self.path.trim_start_matches('/')),
        ] {
            if text.starts_with('-') {
                return Err(bad(part, "begins with `-`"));
            }
            if text.chars().any(char::is_control) {
                return Err(bad(part, "holds a control character"));
            }
        }
        if self.host.is_empty() {
            return Err(bad("host", "is missing"));
        }
        if !self
            .host
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || ".-_:%".contains(character))
        {
            return Err(bad("host", "holds a character that no host name has"));
        }
        // ssh hands the user to `ProxyCommand` lines, which a shell reads.
        if self.scheme == Scheme::Ssh
            && user
                .chars()
                .any(|character| "'\"`$\\;&<>|(){}*?!#".contains(character))
        {
            return Err(bad("user", "holds a character that a shell would read"));
        }
        if self.path.trim_matches('/').is_empty() {
            return Err(bad("path", "is missing"));
        }
        Ok(self)
    }
}

impl fmt::Display for GitUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The user of a web URL is often the token itself.
        let user = match (&self.user, self.scheme) {
            (Some(user), Scheme::Ssh) => {
                format!("{}@", encode_path(user).replace(['@', ':', '/'], "_"))
            }
            (None, _) if self.password.is_none() => String::new(),
            _ => "***@".into(),
        };
        write!(
            formatter,
            "{}://{user}{}{}",
            self.scheme.name(),
            self.authority(),
            encode_path(&self.path)
        )
    }
}

impl fmt::Debug for GitUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "GitUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> GitUrl {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn reads_the_three_forms() {
        let web = parse("https://example.com:8443/group/fleet%20a.git");
        assert_eq!(
            (web.host(), web.port(), web.path()),
            ("example.com", 8443, "/group/fleet a.git")
        );
        assert_eq!(
            web.to_string(),
            "https://example.com:8443/group/fleet%20a.git"
        );
        let ssh = parse("ssh://git@[::1]:2222/~me/fleet.git");
        assert_eq!(
            (ssh.user(), ssh.host(), ssh.port(), ssh.path()),
            (Some("git"), "::1", 2222, "/~me/fleet.git")
        );
        let short = parse("git@Example.com:group/fleet.git");
        assert_eq!(
            (short.host(), short.port(), short.from_home),
            ("example.com", 22, true)
        );
        assert_eq!(short.to_string(), "ssh://git@example.com/group/fleet.git");
        assert_eq!(parse("git@[::1]:fleet").host(), "::1");
    }

    #[test]
    fn shows_no_secret() {
        for text in [
            "https://me:s3cret@example.com/a",
            "https://s3cret@example.com/a",
            "https://:s3cret@example.com/a",
        ] {
            let url = parse(text);
            assert!(!format!("{url} {url:?}").contains("s3cret"));
            assert_eq!(url.to_string(), "https://***@example.com/a");
        }
    }

    #[test]
    fn refuses_what_could_become_an_option_or_a_command() {
        for text in [
            "ssh://-oProxyCommand=touch/a",
            "ssh://-x@host/a",
            "ssh://host/-a",
            "-oX@host:a",
            "host:-a",
            "ssh://a$(x)@host/a",
            "ssh://ho;st/a",
            "ssh://host:port/a",
            "ssh://host:0/a",
            "ssh://%2Dx@host/a",
            "https://host",
            "https://host/",
            "ssh://host",
            "ssh:///a",
            "",
            "https://host/a?x=1",
            "git@host:a b",
            "https://host/a%0Ab",
        ] {
            assert!(text.parse::<GitUrl>().is_err(), "{text}");
        }
        for text in ["/srv/git/a", "./a", "file:///srv/a", "C:\\a", "folder"] {
            assert_eq!(
                text.parse::<GitUrl>().unwrap_err(),
                GitUrlError::Local,
                "{text}"
            );
        }
        let other = "ext::sh://x".parse::<GitUrl>();
        assert!(other.is_err());
        let scheme = "git://host/a".parse::<GitUrl>().unwrap_err();
        assert_eq!(
            scheme,
            GitUrlError::Scheme {
                scheme: "git".into()
            }
        );
    }
}
