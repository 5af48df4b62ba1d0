//! Which files have to be committed, on top of what, and how they change.

use similar::TextDiff;

use super::facts::{Facts, Review};
use super::files::Files;
use super::plan::{Action, Plan};
use super::request::{Delivery, Request};
use crate::error::Failure;
use crate::git::{Change, LocalClone};
use crate::install::{self, COMPONENTS_FILE, KUSTOMIZATION_FILE, SYNC_FILE};

/// How many lines of a file's difference a plan shows.
const DIFF_LINES: usize = 60;

/// What is committed, and on top of what.
pub struct Commits<'a> {
    /// What was asked.
    pub request: &'a Request,
    files: &'a Files,
    /// The branch that the cluster follows; `None` where the repository is still to be created.
    pub target: Option<&'a LocalClone>,
    /// The open request that asks for the files, where one is needed.
    pub review: Option<&'a Review>,
    /// Whether the branch lacks any of the files.
    is_needed: bool,
}

impl<'a> Commits<'a> {
    /// Compares the files with the branch.
    pub fn new(request: &'a Request, facts: &'a Facts, files: &'a Files) -> Result<Self, Failure> {
        let target = facts.copy.as_ref().map(|copy| &copy.clone);
        let is_needed = match target {
            Some(clone) => {
                let mut all = files.sync_changes(&request.folder(), clone)?;
                all.push(files.components.clone());
                clone.would_change(&all)?
            }
            None => true,
        };
        Ok(Self {
            request,
            files,
            target,
            review: facts.review.as_ref().filter(|_| is_needed),
            is_needed,
        })
    }

    /// Says whether somebody has to merge before the cluster can follow.
    pub fn need_a_merge(&self) -> bool {
        self.is_needed && matches!(self.request.delivery, Delivery::Review(_))
    }

    /// Returns what the commits are made on top of.
    fn base(&self) -> Option<&'a LocalClone> {
        self.review
            .map_or(self.target, |review| Some(&review.copy.clone))
    }

    /// Names where the commits go.
    fn destination(&self) -> String {
        let branch = &self.request.branch;
        match &self.request.delivery {
            Delivery::Push => format!("branch {branch}"),
            Delivery::Review(_) => format!("branch {}", self.request.review_branch()),
            Delivery::Keep(folder) => format!("branch {branch} in {}", folder.display()),
        }
    }

    /// Plans the commit of the manifests of Flux.
    pub fn plan_components(&self, plan: &mut Plan) -> Result<(), Failure> {
        let components = [self.files.components.clone()];
        self.plan_commit(plan, Action::CommitComponents, &components)
    }

    /// Plans the commit of the objects that follow the repository.
    pub fn plan_sync(&self, plan: &mut Plan) -> Result<(), Failure> {
        let sync = match self.base() {
            Some(clone) => self.files.sync_changes(&self.request.folder(), clone)?,
            None => vec![self.files.sync.clone(), new_kustomization(self.request)],
        };
        self.plan_commit(plan, Action::CommitSync, &sync)
    }

    fn plan_commit(
        &self,
        plan: &mut Plan,
        action: Action,
        changes: &[Change],
    ) -> Result<(), Failure> {
        let base = self.base();
        if let Some(clone) = base
            && !clone.would_change(changes)?
        {
            return Ok(());
        }
        let mut shown = Vec::new();
        for change in changes {
            let old = match base {
                Some(clone) => clone.read(&change.path)?,
                None => None,
            };
            shown.extend(difference(
                &change.path,
                old.as_deref(),
                change.content.as_deref().unwrap_or_default(),
            ));
        }
        plan.push(
            action,
            self.destination(),
            "the files are missing or differ",
            shown,
        );
        Ok(())
    }
}

/// Makes the kustomization of a folder that has nothing else yet.
fn new_kustomization(request: &Request) -> Change {
    let text = install::render_kustomization([COMPONENTS_FILE, SYNC_FILE]);
    Change::write(request.file(KUSTOMIZATION_FILE), text)
}

/// Shows how a file changes: a new one by its size, a changed one by its lines; nothing where it stays.
fn difference(path: &str, old: Option<&[u8]>, new: &[u8]) -> Option<String> {
    let new = String::from_utf8_lossy(new);
    let Some(old) = old else {
        return Some(format!("+ {path} ({} lines)", new.lines().count()));
    };
    let old = String::from_utf8_lossy(old);
    if old == new {
        return None;
    }
    let diff = TextDiff::from_lines(old.as_ref(), new.as_ref());
    let text = diff.unified_diff().context_radius(2).to_string();
    let mut lines: Vec<&str> = text.lines().take(DIFF_LINES).collect();
    let more = format!(
        "… {} more lines",
        text.lines().count().saturating_sub(DIFF_LINES)
    );
    if text.lines().count() > DIFF_LINES {
        lines.push(&more);
    }
    Some(format!("~ {path}\n{}", lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_changes_in_a_file() {
        assert_eq!(difference("a", None, b"x\ny\n").unwrap(), "+ a (2 lines)");
        assert_eq!(difference("a", Some(b"x\n"), b"x\n"), None);
        assert!(
            difference("a", Some(b"x\n"), b"y\n")
                .unwrap()
                .contains("-x\n+y")
        );
    }
}
