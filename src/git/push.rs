//! Pushes a branch, and finds out what became of it.

use std::cell::RefCell;

use git2::{ErrorCode, PushOptions, RemoteCallbacks};

use super::commit_id::CommitId;
use super::git_error::GitError;
use super::repository::{HEADS, LocalClone};
use super::transport_error::{TransportError, clean};

/// What may become of commits that the server's branch has and ours has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// They stay: the push is rejected.
    Nothing,
    /// They are left behind, as a branch of our own may be that nobody waits for any more.
    Anything,
}

/// What the server did with a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The branch is at our commit.
    Done,
    /// The branch has moved: ours is not on top of it.
    Rejected,
    /// A rule of the server forbids it: a protected branch, a hook.
    Declined {
        /// What the server said.
        said: String,
    },
}

/// What the callbacks of one push heard.
#[derive(Default)]
struct Heard {
    /// Why the server did not move the branch.
    refusal: Option<String>,
    /// What it said meanwhile.
    talk: String,
}

impl LocalClone {
    /// Pushes our commits to `branch`, which is made if it is not there.
    ///
    /// When the connection breaks, the remote is asked whether the commit arrived all the same.
    pub fn push(&mut self, branch: &str, over: Over) -> Result<Pushed, GitError> {
        let Some(head) = self
            .head
            .filter(|head| Some(*head) != self.base || branch != self.branch)
        else {
            return Ok(Pushed::Done);
        };
        let listener = RefCell::new(Heard::default());
        let pushed = self.push_once(branch, over, &listener);
        let Heard { refusal, talk } = listener.into_inner();
        let outcome = match (pushed, refusal) {
            (Ok(()), None) => Pushed::Done,
            (Ok(()), Some(refusal)) if is_race(&refusal) => Pushed::Rejected,
            (Ok(()), Some(refusal)) => Pushed::Declined {
                said: told(&talk, &refusal),
            },
            (Err(TransportError::Protocol(error)), _)
                if error.code() == ErrorCode::NotFastForward =>
            {
                Pushed::Rejected
            }
            (Err(error), _) => self.after_failure(branch, head, error)?,
        };
        if outcome == Pushed::Done && branch == self.branch {
            self.base = Some(head);
        }
        Ok(outcome)
    }

    fn push_once(
        &self,
        branch: &str,
        over: Over,
        heard: &RefCell<Heard>,
    ) -> Result<(), TransportError> {
        let session = self.remote.session().map_err(TransportError::Protocol)?;
        let mut callbacks = RemoteCallbacks::new();
        callbacks.push_update_reference(|_, refusal| {
            heard.borrow_mut().refusal = refusal.map(str::to_owned);
            Ok(())
        });
        callbacks.sideband_progress(|bytes| {
            let mut heard = heard.borrow_mut();
            // No server has more to say than this that anybody would read.
            if heard.talk.len() < 16 << 10 {
                heard.talk.push_str(&String::from_utf8_lossy(bytes));
            }
            true
        });
        let mut options = PushOptions::new();
        options.remote_callbacks(callbacks);
        let force = match over {
            Over::Nothing => "",
            Over::Anything => "+",
        };
        let refspec = format!("{force}{HEADS}{}:{HEADS}{branch}", self.branch);
        let pushed = self
            .repository
            .remote_anonymous(&session.address())
            .and_then(|mut remote| remote.push(&[refspec.as_str()], Some(&mut options)));
        pushed.map_err(|error| session.failure(error))
    }

    /// Finds out what a broken push did: an answer that got lost says nothing about the commit.
    fn after_failure(
        &self,
        branch: &str,
        head: CommitId,
        source: TransportError,
    ) -> Result<Pushed, GitError> {
        let (url, name) = (Box::new(self.remote.url.clone()), branch.to_owned());
        if !source.is_passing()
            && !matches!(
                source,
                TransportError::Protocol(_) | TransportError::Ssh { .. }
            )
        {
            return Err(GitError::Push {
                url,
                branch: name,
                source,
            });
        }
        let Ok(branches) = self.remote.branches() else {
            return Err(GitError::PushUnclear {
                url,
                branch: name,
                commit: head,
                source,
            });
        };
        let there = branches.heads.get(branch).copied();
        let expected = if branch == self.branch {
            self.base
        } else {
            None
        };
        match there {
            Some(there) if there == head => Ok(Pushed::Done),
            there if there == expected => Err(GitError::Push {
                url,
                branch: name,
                source,
            }),
            _ => Ok(Pushed::Rejected),
        }
    }
}

/// Says whether a refusal means that the branch has moved, and not that a rule forbids it.
fn is_race(refusal: &str) -> bool {
    const SIGNS: &[&str] = &[
        "non-fast-forward",
        "fetch first",
        "stale info",
        "cannot lock ref",
        "failed to update ref",
        "incorrect old value",
    ];
    let refusal = refusal.to_ascii_lowercase();
    SIGNS.iter().any(|sign| refusal.contains(sign))
}

/// Joins what the server said with its verdict.
fn told(talk: &str, refusal: &str) -> String {
    let talk = clean(talk);
    let refusal = clean(refusal);
    if talk.is_empty() {
        refusal
    } else {
        format!("{talk} ({refusal})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_races_from_rules() {
        for race in [
            "non-fast-forward",
            "fetch first",
            "failed to update ref",
            "cannot lock ref 'refs/heads/main'",
        ] {
            assert!(is_race(race), "{race}");
        }
        for rule in [
            "pre-receive hook declined",
            "protected branch hook declined",
            "GH006: Protected branch update failed",
        ] {
            assert!(!is_race(rule), "{rule}");
        }
        assert_eq!(
            told("GitLab: no\n", "pre-receive hook declined"),
            "GitLab: no (pre-receive hook declined)"
        );
    }
}
