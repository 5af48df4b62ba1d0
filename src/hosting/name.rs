//! What people type to say where a repository is: host, owner, name, visibility, teams.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::error::{Blame, Explain};

/// Why a text names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {text:?} is not valid: {reason}")]
pub struct NameError {
    what: &'static str,
    text: String,
    reason: &'static str,
}

impl NameError {
    pub(super) fn new(what: &'static str, text: &str, reason: &'static str) -> Self {
        Self {
            what,
            text: text
                .chars()
                .filter(|character| !character.is_control())
                .take(100)
                .collect(),
            reason,
        }
    }
}

impl Explain for NameError {
    fn blame(&self) -> Blame {
        Blame::Usage
    }
}

/// The address of a service, with port and sub-path if it has any; never with credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Returns the address below it; `path` may hold encoded slashes and a query.
    pub fn below(&self, path: &str) -> Result<Url, url::ParseError> {
        Url::parse(&format!("{}/{path}", self.0.as_str().trim_end_matches('/')))
    }

    /// Returns the host, with the port if it is not the usual one.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for BaseUrl {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let bad = |reason| NameError::new("the host name", text, reason);
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let url = Url::parse(&full).map_err(|_| NameError {
            what: "the host name",
            text: "…".into(),
            reason: "it should look like `git.example.com`, `git.example.com:8443` or `https://example.com/git`",
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NameError {
                what: "the host name",
                text: "…".into(),
                reason: "it holds a user name",
            });
        }
        if !matches!(url.scheme(), "https" | "http") {
            return Err(bad("only https and http are spoken"));
        }
        if url.host_str().is_none_or(str::is_empty)
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(bad(
                "it should be a host, with a port and a path if need be",
            ));
        }
        Ok(Self(url))
    }
}

/// The user, organisation or group that a repository belongs to; groups in groups are separated by `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    /// Returns the full path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether it is a group in a group.
    pub fn is_nested(&self) -> bool {
        self.0.contains('/')
    }

    /// Returns the groups around it, the nearest first.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(parent(&self.0), |path| parent(path))
    }
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Owner {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let path = path.strip_prefix('/').unwrap_or(path);
        match path.split('/').find_map(unfit) {
            Some(reason) => Err(NameError::new("the owner", text, reason)),
            None => Ok(Self(path.into())),
        }
    }
}

/// The name of a repository, without its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryName(String);

impl RepositoryName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('/') {
            let reason =
                "it must not contain `/`; what stands before the last one belongs to the owner";
            return Err(NameError::new("the repository", text, reason));
        }
        match unfit(text) {
            Some(reason) => Err(NameError::new("the repository", text, reason)),
            None => Ok(Self(text.into())),
        }
    }
}

/// Says why no service takes the text for one part of a path.
fn unfit(part: &str) -> Option<&'static str> {
    if part.is_empty() {
        return Some("a part of it is empty");
    }
    if matches!(part, "." | "..") {
        return Some("a part of it is only dots");
    }
    let foreign = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '?' | '#' | '%' | '\\' | ':' | '@')
    };
    part.contains(foreign)
        .then_some("it holds a character that no service takes")
}

/// Who may see a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Everybody with an account on the service.
    Internal,
    /// Only those who were given access.
    Private,
}

impl fmt::Display for Visibility {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Private => "private",
        })
    }
}

impl FromStr for Visibility {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text {
            "public" => Ok(Self::Public),
            "internal" => Ok(Self::Internal),
            "private" => Ok(Self::Private),
            _ => Err(NameError::new(
                "the visibility",
                text,
                "it should be public, internal or private",
            )),
        }
    }
}

/// What somebody may do with a repository; each level includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Read.
    Pull,
    /// Read, and sort issues.
    Triage,
    /// Write.
    Push,
    /// Write, and change settings and keys.
    Maintain,
    /// Everything.
    Admin,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Pull => "pull",
            Self::Triage => "triage",
            Self::Push => "push",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        })
    }
}

impl FromStr for Level {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text {
            "pull" => Ok(Self::Pull),
            "triage" => Ok(Self::Triage),
            "push" => Ok(Self::Push),
            "maintain" => Ok(Self::Maintain),
            "admin" => Ok(Self::Admin),
            _ => Err(NameError::new(
                "the permission",
                text,
                "it should be pull, triage, push, maintain or admin",
            )),
        }
    }
}

/// A team to give access to, as typed: `name` or `name:level`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its name; the full path of a group.
    pub name: String,
    /// What it may do; `None` where the service's usual level is meant.
    pub level: Option<Level>,
}

impl FromStr for Team {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (name, level) = match text.rsplit_once(':') {
            Some((name, level)) => (name, Some(level.parse()?)),
            None => (text, None),
        };
        match name
            .split('/')
            .find_map(|part| unfit(&part.replace(' ', "")))
        {
            Some(reason) => Err(NameError::new("the team", text, reason)),
            None => Ok(Self {
                name: name.into(),
                level,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_scheme_a_port_and_a_path() {
        let base: BaseUrl = "git.example.com:8443/gitlab/".parse().unwrap();
        assert_eq!(base.to_string(), "https://git.example.com:8443/gitlab");
        assert_eq!(base.authority(), "git.example.com:8443");
        let url = base.below("api/v4/projects/a%2Fb?page=2").unwrap();
        assert_eq!(
            url.as_str(),
            "https://git.example.com:8443/gitlab/api/v4/projects/a%2Fb?page=2"
        );
        assert_eq!(
            "http://127.0.0.1:3000"
                .parse::<BaseUrl>()
                .unwrap()
                .authority(),
            "127.0.0.1:3000"
        );
        for bad in ["", "ssh://host", "https://", "host?x=1", "host#x"] {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad}");
        }
        let secret = "https://me:secret@host"
            .parse::<BaseUrl>()
            .unwrap_err()
            .to_string();
        assert!(!secret.contains("secret"), "{secret}");
    }

    #[test]
    fn an_owner_is_a_path() {
        let owner: Owner = "acme/platform/fleet/".parse().unwrap();
        assert_eq!(owner.as_str(), "acme/platform/fleet");
        assert_eq!(
            owner.parents().collect::<Vec<_>>(),
            ["acme/platform", "acme"]
        );
        assert!(owner.is_nested());
        for bad in ["", "/", "a//b", "a/../b", "a b", "a\nb", "a%2Fb"] {
            assert!(bad.parse::<Owner>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_repository_has_no_slash() {
        assert_eq!(
            "fleet-infra_1.0"
                .parse::<RepositoryName>()
                .unwrap()
                .as_str(),
            "fleet-infra_1.0"
        );
        let error = "acme/fleet".parse::<RepositoryName>().unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the repository \"acme/fleet\" is not valid: it must not contain `/`")
        );
        assert_eq!(error.blame(), Blame::Usage);
        assert!("..".parse::<RepositoryName>().is_err());
    }

    #[test]
    fn a_team_may_have_a_level() {
        let team: Team = "acme/platform:push".parse().unwrap();
        assert_eq!(
            team,
            Team {
                name: "acme/platform".into(),
                level: Some(Level::Push)
            }
        );
        assert_eq!("dev".parse::<Team>().unwrap().level, None);
        assert!("dev:write".parse::<Team>().is_err());
        assert!(":push".parse::<Team>().is_err());
        assert!(Level::Pull < Level::Maintain);
    }
}
