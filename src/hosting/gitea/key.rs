//! Deploy keys of a repository.

use serde_json::json;

use super::super::error::HostError;
use super::super::host::Change;
use super::super::key::{DeployKey, KeyAccess, KeyStep, RegisteredKey, plan};
use super::super::session::Errand;
use super::answer::KeyAnswer;
use super::host::Gitea;

impl Gitea {
    pub(super) async fn read_keys(&self) -> Result<Vec<RegisteredKey>, HostError> {
        let errand = self.key_errand("read the deploy keys of");
        let rows: Vec<KeyAnswer> = self.client.list(&self.route("/keys"), &errand).await?;
        Ok(rows.into_iter().map(RegisteredKey::from).collect())
    }

    fn key_errand(&self, action: &'static str) -> Errand {
        self.errand(action, "administrator of the repository")
    }

    /// Registers a key. Neither a title nor a key may stand twice, and nothing can be edited: what is in the way
    /// goes first, and comes back if the new key is refused.
    pub(super) async fn put_key(&self, wanted: &DeployKey) -> Result<Change, HostError> {
        let plan = plan(&self.read_keys().await?, wanted);
        let (in_the_way, wanted) = match plan.step {
            KeyStep::Keep if plan.stale.is_empty() => return Ok(Change::None),
            KeyStep::Keep => (plan.stale, None),
            KeyStep::Add => (plan.stale, Some(wanted.clone())),
            KeyStep::Change(present) => {
                let changed = DeployKey {
                    title: present.title.clone(),
                    ..wanted.clone()
                };
                (
                    plan.stale.into_iter().chain([present]).collect(),
                    Some(changed),
                )
            }
        };
        let mut removed = Vec::new();
        match self
            .replace_keys(in_the_way, wanted.as_ref(), &mut removed)
            .await
        {
            Ok(()) => Ok(Change::Made),
            Err(error) => Err(self.restore_keys(&removed, error).await),
        }
    }

    async fn replace_keys(
        &self,
        in_the_way: Vec<RegisteredKey>,
        wanted: Option<&DeployKey>,
        removed: &mut Vec<RegisteredKey>,
    ) -> Result<(), HostError> {
        for old in in_the_way {
            let endpoint = self.route(&format!("/keys/{}", old.id));
            self.client
                .delete(&endpoint, &self.key_errand("remove an old deploy key from"))
                .await?;
            removed.push(old);
        }
        match wanted {
            Some(wanted) => self.add_key(wanted).await,
            None => Ok(()),
        }
    }

    /// Puts back what was removed for a key that could not be added; returns what to tell.
    async fn restore_keys(&self, removed: &[RegisteredKey], error: HostError) -> HostError {
        let mut lost = Vec::new();
        for old in removed {
            let restored = match old.as_wanted() {
                Some(key) => self.add_key(&key).await.is_ok(),
                None => false,
            };
            if !restored {
                lost.push(format!("\"{}\"", old.title));
            }
        }
        if lost.is_empty() {
            return error;
        }
        let what = format!(
            "the deploy key {} of the repository {}",
            lost.join(", "),
            self.path()
        );
        HostError::Lost {
            what,
            source: Box::new(error),
        }
    }

    async fn add_key(&self, wanted: &DeployKey) -> Result<(), HostError> {
        let body = json!({
            "title": wanted.title,
            "key": wanted.key.to_string(),
            "read_only": wanted.access == KeyAccess::ReadOnly,
        });
        let errand = self.key_errand("add a deploy key to");
        match self
            .client
            .create::<KeyAnswer>(&self.route("/keys"), &body, &errand)
            .await
        {
            Ok(_) => Ok(()),
            Err(HostError::Refused { message, .. }) if message.contains("non-deploy key") => {
                Err(HostError::KeyInUse {
                    title: wanted.title.clone(),
                    host: self.client.session.address().into(),
                })
            }
            // It may be ours from a request whose answer was lost, or from somebody who was faster.
            Err(error)
                if error.is_unclear()
                    || matches!(error, HostError::Refused { status: 422, .. }) =>
            {
                if self.has_key(wanted).await? {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn has_key(&self, wanted: &DeployKey) -> Result<bool, HostError> {
        let present = self.read_keys().await?;
        Ok(present
            .iter()
            .any(|other| other.as_wanted().as_ref() == Some(wanted)))
    }
}
