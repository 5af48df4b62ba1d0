//! Deploy tokens of a project.

use gitlab::api::Endpoint as _;
use zeroize::Zeroizing;

use super::super::error::HostError;
use super::super::host::DeployToken;
use super::answer::{DeployTokenRow, NewDeployToken};
use super::client::{on_project, read_secret};
use super::endpoint::{CreateDeployToken, DeleteDeployToken, DeployTokens};
use super::host::GitLab;

const ROLE: &str = "Maintainer";

impl GitLab {
    /// Makes a token, and removes others of its name then.
    pub(super) async fn put_token(&self, name: &str) -> Result<DeployToken, HostError> {
        let (id, made) = match self.add_token(name).await {
            // It may be there now, but nobody knows its password: it goes with the old ones.
            Err(error) if error.is_unclear() => self.add_token(name).await?,
            made => made?,
        };
        for token in self
            .tokens_of(name)
            .await?
            .into_iter()
            .filter(|token| *token != id)
        {
            let endpoint = DeleteDeployToken {
                project: self.project(),
                token,
            };
            self.client
                .delete(
                    &endpoint,
                    &on_project("remove an old deploy token from", &self.path(), ROLE),
                )
                .await?;
        }
        Ok(made)
    }

    /// Returns the numbers of the tokens of a name that still work.
    async fn tokens_of(&self, name: &str) -> Result<Vec<u64>, HostError> {
        let endpoint = DeployTokens {
            project: self.project(),
        };
        let errand = on_project("read the deploy tokens of", &self.path(), ROLE);
        let rows: Vec<DeployTokenRow> = self.client.list(&endpoint, &errand).await?;
        let works = |row: &DeployTokenRow| row.revoked != Some(true) && row.expired != Some(true);
        let named = rows
            .into_iter()
            .filter(|row| row.name.as_deref() == Some(name) && works(row));
        Ok(named.map(|row| row.id).collect())
    }

    async fn add_token(&self, name: &str) -> Result<(u64, DeployToken), HostError> {
        let endpoint = CreateDeployToken {
            project: self.project(),
            name,
        };
        let errand = on_project("add a deploy token to", &self.path(), ROLE);
        let answer = self.client.ask(&endpoint, &errand).await?;
        let made: NewDeployToken = read_secret(&answer, &endpoint.method())?;
        Ok((
            made.id,
            DeployToken {
                username: made.username,
                token: Zeroizing::new(made.token),
            },
        ))
    }
}
