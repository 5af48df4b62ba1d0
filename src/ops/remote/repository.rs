//! Fetches the directory of a Git repository, with what it has of others.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::address::{self, Address};
use super::cache::{Cache, Slot, Submodules};
use super::error::FetchError;
use super::range::Range;
use super::sources::Network;
use crate::git::{self, Bounds, Credentials, Fetched, Found, Remote, Settings, Submodule};
use crate::kustomize::load::GitUrl;

/// More data than any repository of manifests has at one commit.
const MOST_BYTES: usize = 512 << 20;

/// How long a list of tags may take.
const LIST_LIMIT: Duration = Duration::from_secs(27);

/// How deep repositories may lie in repositories.
const MOST_DEPTH: usize = 8;

/// Returns the folder with the files of a revision: from the cache, else from where the address leads.
///
/// # Errors
///
/// Fails where the repository or its revision cannot be had, or may not be fetched.
pub fn fetch(cache: &Cache, network: Network, url: &GitUrl) -> Result<PathBuf, FetchError> {
    let wanted = Wanted {
        address: Address::parse(&url.repository)?,
        url,
        cache,
        ends: Instant::now() + url.timeout,
    };
    match &wanted.address {
        Address::Folder(folder) => wanted.copied(folder, network),
        Address::Server(server) if network == Network::Allowed => wanted.fetched(server),
        Address::Server(_) => wanted.kept().ok_or(FetchError::Offline),
    }
}

/// Returns the tag with the newest version in a range.
///
/// # Errors
///
/// Fails where the repository can't be asked, or no tag is in the range.
pub fn newest_tag(address: &str, range: &str) -> Result<String, FetchError> {
    let range_read = Range::parse(range)?;
    let settings = Settings {
        limit: LIST_LIMIT,
        ..Settings::default()
    };
    let remote = Remote::new(address.parse()?, Credentials::Ambient, settings);
    let tags = remote.tags()?;
    let newest = range_read.newest(tags.iter().map(String::as_str));
    newest
        .map(ToOwned::to_owned)
        .ok_or_else(|| FetchError::NoVersion(range.to_owned()))
}

/// What one address asks for.
struct Wanted<'a> {
    url: &'a GitUrl,
    address: Address,
    cache: &'a Cache,
    ends: Instant,
}

impl Wanted<'_> {
    fn slot(&self, commit: git::CommitId) -> Slot {
        let submodules = if self.url.submodules {
            Submodules::Fetched
        } else {
            Submodules::LeftOut
        };
        self.cache.slot(&self.address.shown(), commit, submodules)
    }

    /// Returns what is known of a revision that does not move.
    fn kept(&self) -> Option<PathBuf> {
        let revision = &self.url.revision;
        let tag = || self.cache.tag(&self.address.shown(), revision);
        let found = Found::commit(revision).or_else(|| Found::commit(&tag()?))?;
        self.slot(found.commit).tree()
    }

    /// Copies a revision of a repository of this machine.
    fn copied(&self, folder: &Path, network: Network) -> Result<PathBuf, FetchError> {
        let snapshot = Fetched::of_folder(folder, &self.url.revision)?;
        let slot = self.slot(snapshot.commit());
        slot.tree().map_or_else(
            || slot.fill(|into| self.write(&snapshot, network, into)),
            Ok,
        )
    }

    fn fetched(&self, server: &git::GitUrl) -> Result<PathBuf, FetchError> {
        let revision = &self.url.revision;
        if Found::commit(revision).is_some()
            && let Some(tree) = self.kept()
        {
            return Ok(tree);
        }
        let remote = self.remote(server.clone());
        let found = remote.find(revision)?;
        let tree = match self.slot(found.commit).tree() {
            Some(tree) => tree,
            None => self.filled(&remote, &found)?,
        };
        if found.is_fixed() && found.reference.is_some() {
            let commit = found.commit.to_string();
            self.cache
                .note_tag(&self.address.shown(), revision, &commit);
        }
        Ok(tree)
    }

    fn filled(&self, remote: &Remote, found: &Found) -> Result<PathBuf, FetchError> {
        let workshop = self.slot(found.commit).workshop()?;
        let snapshot = remote.fetch_revision(found, workshop.path(), self.bounds())?;
        let slot = self.slot(snapshot.commit());
        slot.fill(|into| self.write(&snapshot, Network::Allowed, into))
    }

    /// Writes the files of a commit, and of its submodules where they are wanted.
    fn write(&self, snapshot: &Fetched, network: Network, into: &Path) -> Result<(), FetchError> {
        let submodules = snapshot.submodules()?;
        snapshot.check_out(into)?;
        if self.url.submodules {
            self.add_submodules(
                &submodules,
                &self.url.repository,
                network,
                Folder {
                    path: into,
                    depth: 1,
                },
            )?;
        }
        Ok(())
    }

    fn add_submodules(
        &self,
        submodules: &[Submodule],
        base: &str,
        network: Network,
        folder: Folder<'_>,
    ) -> Result<(), FetchError> {
        for submodule in submodules {
            let added = if network == Network::Refused {
                Err(FetchError::Offline)
            } else {
                self.add_submodule(submodule, base, folder)
            };
            added.map_err(|source| FetchError::Submodule {
                path: submodule.path.clone(),
                source: Box::new(source),
            })?;
        }
        Ok(())
    }

    fn add_submodule(
        &self,
        submodule: &Submodule,
        base: &str,
        folder: Folder<'_>,
    ) -> Result<(), FetchError> {
        let place = folder.place(&submodule.path)?;
        let written = submodule.url.as_deref().ok_or(FetchError::NoSubmodule)?;
        // Never a folder of this machine: what is fetched may not read from it.
        let text = address::of_submodule(base, written);
        let address = text.parse::<git::GitUrl>()?;
        let found = Found {
            commit: submodule.commit,
            reference: None,
        };
        let workshop = self.slot(submodule.commit).workshop()?;
        let remote = self.remote(address);
        let snapshot = remote.fetch_revision(&found, workshop.path(), self.bounds())?;
        let below = snapshot.submodules()?;
        snapshot.check_out(&place)?;
        let folder = Folder {
            path: &place,
            depth: folder.depth + 1,
        };
        self.add_submodules(&below, &text, Network::Allowed, folder)
    }

    fn remote(&self, server: git::GitUrl) -> Remote {
        let settings = Settings {
            limit: self.left(),
            ..Settings::default()
        };
        Remote::new(server, Credentials::Helped, settings)
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            bytes: MOST_BYTES,
            time: self.left(),
        }
    }

    /// Returns the time that is left, and never none at all, which some clients take for no limit.
    fn left(&self) -> Duration {
        let left = self.ends.saturating_duration_since(Instant::now());
        left.max(Duration::from_millis(1))
    }
}

/// The folder of a repository that may lie in others.
#[derive(Clone, Copy)]
struct Folder<'a> {
    path: &'a Path,
    depth: usize,
}

impl Folder<'_> {
    /// Returns where a submodule is written to: nowhere but below the folder, whatever links are in it.
    fn place(self, path: &str) -> Result<PathBuf, FetchError> {
        let is_name =
            |part: &str| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git");
        if self.depth > MOST_DEPTH || !path.split('/').all(is_name) {
            return Err(FetchError::SubmodulePlace);
        }
        let place = self.path.join(path);
        let real = place.parent().and_then(|above| above.canonicalize().ok());
        let root = self.path.canonicalize().ok();
        let is_below = real
            .zip(root)
            .is_some_and(|(real, root)| real.starts_with(root));
        if is_below && !place.is_symlink() {
            Ok(place)
        } else {
            Err(FetchError::SubmodulePlace)
        }
    }
}
