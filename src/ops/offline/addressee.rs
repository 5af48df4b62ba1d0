//! Works out where a branch is reviewed: on which service, in which repository, in which request (pure).

use crate::error::{Blame, Explain};
use crate::git::{GitUrl, Scheme};

/// A service whose requests take comments from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// GitLab.
    GitLab,
    /// Gitea or Forgejo.
    Gitea,
}

/// What a pipeline tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipeline {
    /// Whose pipeline it is; `None` for a service that takes no comments from here.
    pub provider: Option<Provider>,
    /// The address of the service.
    pub address: Option<String>,
    /// Owner and name of the repository that the request is in.
    pub repository: Option<String>,
    /// The number of the request.
    pub request: Option<u64>,
}

/// All that may tell where a branch is reviewed.
#[derive(Clone, Debug, Default)]
pub struct Clues {
    /// The service that was asked for.
    pub provider: Option<Provider>,
    /// The address that was asked for.
    pub address: Option<String>,
    /// The number that was asked for.
    pub request: Option<u64>,
    /// The pipeline that this runs in.
    pub pipeline: Option<Pipeline>,
    /// Where the clone came from.
    pub remote: Option<GitUrl>,
    /// The services that there are tokens for.
    pub tokens: Vec<Provider>,
}

/// Where a branch is reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The service.
    pub provider: Provider,
    /// Its address, with port and sub-path if it has any.
    pub address: String,
    /// The owner of the repository.
    pub owner: String,
    /// The name of the repository.
    pub repository: String,
    /// The number of the request, where it is known.
    pub request: Option<u64>,
}

/// Why nobody knows where a branch is reviewed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddresseeError {
    /// The service takes no comments from here.
    #[error("comments are written to GitLab and Gitea, not to {service}")]
    Service {
        /// Its name.
        service: &'static str,
    },
    /// Nothing tells which service it is.
    #[error("nothing says whether {place} is GitLab or Gitea")]
    Provider {
        /// Where the repository is.
        place: String,
    },
    /// Nothing tells which repository it is.
    #[error("nothing says which repository the merge request is in")]
    Repository,
    /// The address of the clone names no repository of a service.
    #[error("{url} is no address of a repository with an owner")]
    Path {
        /// The address.
        url: String,
    },
}

impl Explain for AddresseeError {
    fn blame(&self) -> Blame {
        Blame::Usage
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Service { .. } => {
                "`-o markdown --output-file FILE` writes the same comment into a file, for a tool of that service"
            }
            Self::Provider { .. } => "name it with `--provider gitlab` or `--provider gitea`",
            Self::Repository => {
                "the remote `origin` of the clone has to be the repository's address"
            }
            Self::Path { .. } => "the remote `origin` has to end in `OWNER/REPOSITORY`",
        };
        Some(hint.into())
    }
}

/// Works out where a branch is reviewed; what was asked for counts over the pipeline, and that over the clone.
///
/// # Errors
///
/// Fails where the clues lead to no repository, or to a service that takes no comments from here.
pub fn addressee(clues: &Clues) -> Result<Addressee, AddresseeError> {
    let provider = provider(clues)?;
    let pipeline = clues
        .pipeline
        .as_ref()
        .filter(|pipeline| pipeline.provider == Some(provider));
    let request = clues
        .request
        .or_else(|| pipeline.and_then(|pipeline| pipeline.request));
    let of_pipeline = pipeline.and_then(|pipeline| {
        let address = clues.address.clone().or_else(|| pipeline.address.clone())?;
        let (owner, repository) = pipeline.repository.as_deref()?.rsplit_once('/')?;
        Some((address, owner.to_owned(), repository.to_owned()))
    });
    let (address, owner, repository) =
        match (of_pipeline, &clues.remote) {
            (Some(place), _) => place,
            (None, Some(remote)) => of_remote(provider, remote, clues.address.as_deref())
                .ok_or_else(|| AddresseeError::Path {
                    url: remote.to_string(),
                })?,
            (None, None) => return Err(AddresseeError::Repository),
        };
    Ok(Addressee {
        provider,
        address,
        owner,
        repository,
        request,
    })
}

/// Finds the service: by what was asked for, the pipeline, the name of the host, or the only token.
fn provider(clues: &Clues) -> Result<Provider, AddresseeError> {
    if let Some(provider) = clues.provider {
        return Ok(provider);
    }
    let host = match (&clues.address, &clues.remote) {
        (Some(address), _) => host_of(address).to_ascii_lowercase(),
        (None, Some(remote)) => remote.host().to_ascii_lowercase(),
        (None, None) => String::new(),
    };
    if let Some(pipeline) = &clues.pipeline {
        let service = "GitHub";
        return pipeline.provider.ok_or(AddresseeError::Service { service });
    }
    // Those that are known by name; others are told apart by the token.
    let labels: Vec<&str> = host.split(['.', '-']).collect();
    for (word, service) in [("github", "GitHub"), ("bitbucket", "Bitbucket")] {
        if labels.contains(&word) {
            return Err(AddresseeError::Service { service });
        }
    }
    if labels.contains(&"gitlab") {
        return Ok(Provider::GitLab);
    }
    if ["gitea", "forgejo", "codeberg"]
        .iter()
        .any(|word| labels.contains(word))
    {
        return Ok(Provider::Gitea);
    }
    match (clues.tokens.as_slice(), host.as_str()) {
        ([provider], _) => Ok(*provider),
        (_, "") => Err(AddresseeError::Repository),
        (_, place) => Err(AddresseeError::Provider {
            place: place.to_owned(),
        }),
    }
}

/// Splits the address of a clone into that of the service, the owner and the repository.
fn of_remote(
    provider: Provider,
    remote: &GitUrl,
    asked: Option<&str>,
) -> Option<(String, String, String)> {
    let path = remote.path().trim_matches('/');
    let mut path = path.strip_suffix(".git").unwrap_or(path);
    let is_web = remote.scheme() != Scheme::Ssh;
    if let Some(asked) = asked {
        // A service below a path has that path in the address of each repository.
        let below = path_of(asked);
        if is_web && let Some(rest) = path.strip_prefix(below) {
            path = rest.trim_start_matches('/');
        }
    }
    let (owner, repository) = path.rsplit_once('/')?;
    let mut address = asked.map_or_else(|| address_of(remote), ToOwned::to_owned);
    let mut owner = owner;
    // Owners of Gitea are never nested: what stands before one is the path of the service.
    if provider == Provider::Gitea
        && let Some((before, nearest)) = owner.rsplit_once('/')
    {
        if asked.is_none() && is_web {
            address = format!("{address}/{before}");
        }
        owner = nearest;
    }
    let (owner, repository) = (owner.to_owned(), repository.to_owned());
    Some((address, owner, repository))
}

/// Returns the address of the pages that belong to that of a clone; SSH says nothing of their port.
fn address_of(remote: &GitUrl) -> String {
    let host = if remote.host().contains(':') {
        format!("[{}]", remote.host())
    } else {
        remote.host().to_owned()
    };
    let (scheme, port) = (remote.scheme(), remote.port());
    match scheme {
        Scheme::Ssh => format!("https://{host}"),
        _ if port == scheme.default_port() => format!("{}://{host}", scheme.name()),
        _ => format!("{}://{host}:{port}", scheme.name()),
    }
}

/// Returns what stands behind the scheme of an address.
fn without_scheme(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, rest)| rest)
}

fn host_of(address: &str) -> &str {
    let rest = without_scheme(address);
    rest.split(['/', ':']).next().unwrap_or_default()
}

fn path_of(address: &str) -> &str {
    let rest = without_scheme(address);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    path.trim_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(remote: &str, tokens: &[Provider]) -> Result<Addressee, AddresseeError> {
        addressee(&Clues {
            remote: Some(remote.parse().unwrap()),
            tokens: tokens.to_vec(),
            ..Clues::default()
        })
    }

    fn shown(found: &Addressee) -> (Provider, &str, &str, &str) {
        let Addressee {
            provider,
            address,
            owner,
            repository,
            ..
        } = found;
        (*provider, address, owner, repository)
    }

    #[test]
    fn the_address_of_the_clone_tells() {
        let found = of("git@gitlab.com:group/sub/fleet.git", &[]).unwrap();
        assert_eq!(
            shown(&found),
            (Provider::GitLab, "https://gitlab.com", "group/sub", "fleet")
        );
        let found = of(
            "https://git.example.com:8443/code/me/fleet",
            &[Provider::Gitea],
        );
        assert_eq!(
            shown(&found.unwrap()),
            (
                Provider::Gitea,
                "https://git.example.com:8443/code",
                "me",
                "fleet"
            )
        );
        let found = of(
            "ssh://git@git.example.com:2222/me/fleet.git",
            &[Provider::GitLab],
        );
        assert_eq!(found.unwrap().address, "https://git.example.com");
    }

    #[test]
    fn other_services_are_refused() {
        for (remote, service) in [
            ("git@github.com:me/fleet.git", "GitHub"),
            ("https://bitbucket.org/me/fleet", "Bitbucket"),
            (
                "https://bitbucket.example.com/scm/me/fleet.git",
                "Bitbucket",
            ),
        ] {
            let refused = of(remote, &[Provider::GitLab]).unwrap_err();
            assert_eq!(refused, AddresseeError::Service { service });
        }
        let both = [Provider::GitLab, Provider::Gitea];
        for tokens in [&both[..], &[]] {
            let refused = of("https://git.example.com/me/fleet", tokens).unwrap_err();
            assert!(matches!(refused, AddresseeError::Provider { .. }));
        }
        let refused = of("https://git.example.com/fleet", &both[..1]).unwrap_err();
        assert!(matches!(refused, AddresseeError::Path { .. }));
    }

    #[test]
    fn the_pipeline_counts_over_the_clone() {
        let clues = Clues {
            pipeline: Some(Pipeline {
                provider: Some(Provider::GitLab),
                address: Some("https://example.com/gitlab".into()),
                repository: Some("group/fleet".into()),
                request: Some(7),
            }),
            remote: Some("https://example.com/gitlab/fork/fleet.git".parse().unwrap()),
            ..Clues::default()
        };
        let found = addressee(&clues).unwrap();
        assert_eq!((found.owner.as_str(), found.request), ("group", Some(7)));
        let asked = Clues {
            provider: Some(Provider::GitLab),
            address: Some("https://example.com/gitlab/".into()),
            request: Some(8),
            pipeline: None,
            ..clues.clone()
        };
        let found = addressee(&asked).unwrap();
        assert_eq!((found.owner.as_str(), found.request), ("fork", Some(8)));
        let on_github = Clues {
            pipeline: Some(Pipeline::default()),
            ..clues
        };
        let refused = addressee(&on_github).unwrap_err();
        assert_eq!(refused, AddresseeError::Service { service: "GitHub" });
    }
}
