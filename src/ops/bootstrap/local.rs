//! The clone that stays on this machine, for somebody else to look at and to push.

use std::path::Path;

use super::act::Run;
use super::blocking::blocking;
use super::facts::Copy;
use super::reading::remote;
use super::request::Delivery;
use crate::error::Failure;

impl Run<'_> {
    /// Makes the clone that stays where an earlier run has not left one.
    pub async fn keep_clone(&mut self, folder: &Path) -> Result<(), Failure> {
        let stays = |copy: &Copy| copy.passing.is_none();
        if self.facts.copy.as_ref().is_some_and(stays) {
            return Ok(());
        }
        let url = self.git_url()?;
        let remote = remote(self.request, url, self.facts.trusted.as_ref());
        let (branch, place) = (self.request.branch.clone(), folder.to_owned());
        let clone = blocking(move || remote.clone_into(&branch, &place)).await??;
        self.ui
            .success(format_args!("cloned repository to {}", folder.display()));
        self.changed = true;
        self.facts.copy = Some(Copy {
            clone,
            passing: None,
        });
        Ok(())
    }

    /// Returns the folder of the clone if it holds commits that the repository has not.
    pub fn unpushed(&self) -> Option<&Path> {
        let Delivery::Keep(folder) = &self.request.delivery else {
            return None;
        };
        let copy = self.facts.copy.as_ref()?;
        copy.clone.has_unpushed().then_some(folder.as_path())
    }
}
