//! Teams of the organisation and the repositories that they reach.

use reqwest::{Method, StatusCode};

use super::super::error::HostError;
use super::super::host::{AccountKind, Change, Grant};
use super::super::name::{Level, Team};
use super::answer::TeamAnswer;
use super::host::Gitea;

const ROLE: &str = "administrator of the repository";

impl Gitea {
    pub(super) async fn read_grants(&self) -> Result<Vec<Grant>, HostError> {
        if self.kind == AccountKind::User {
            return Ok(Vec::new());
        }
        let errand = self.errand("read the teams of", ROLE);
        let teams: Vec<TeamAnswer> = self.client.read(&self.route("/teams"), &errand).await?;
        Ok(teams
            .into_iter()
            .map(|team| Grant {
                level: team.level(),
                team: team.name,
            })
            .collect())
    }

    /// Gives a team access. What it may do is set for the team as a whole, so the level that was asked for
    /// can only be compared.
    pub(super) async fn add_team(&self, team: &Team) -> Result<(Change, Level), HostError> {
        let endpoint = self.route(&format!("/teams/{}", team.name));
        if let Some(level) = self.team_level(team, &endpoint).await? {
            return Ok((Change::None, level));
        }
        let errand = self.errand("give a team access to", ROLE);
        let change = match self
            .client
            .send(Method::PUT, &endpoint, None, &errand)
            .await
        {
            Ok(_) => Change::Made,
            Err(error) if error.is_not_visible() => return Err(self.unknown_team(team)),
            // It may be there from a request whose answer was lost; what is there now decides below.
            Err(error)
                if error.is_unclear()
                    || matches!(error, HostError::Refused { status: 422, .. }) =>
            {
                match self.team_level(team, &endpoint).await? {
                    Some(level) => return Ok((Change::Made, level)),
                    None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        let level = self
            .team_level(team, &endpoint)
            .await?
            .ok_or_else(|| self.unknown_team(team))?;
        Ok((change, level))
    }

    /// Returns what the team may do with the repository; `None` where it has no access.
    async fn team_level(&self, team: &Team, endpoint: &str) -> Result<Option<Level>, HostError> {
        let answer = self.client.session.ask(Method::GET, endpoint, None).await?;
        if answer.status == StatusCode::METHOD_NOT_ALLOWED {
            let service = self.client.session.service();
            return Err(HostError::Unsupported {
                service,
                what: "teams for the repositories of a user",
            });
        }
        let errand = self.errand("read the teams of", ROLE);
        match self.client.session.check(&Method::GET, answer, &errand) {
            Ok(answer) => {
                let found: TeamAnswer = self.client.session.read(&Method::GET, &answer)?;
                // The service looks teams up without case, and so may give one of another spelling.
                Ok(found
                    .name
                    .eq_ignore_ascii_case(&team.name)
                    .then(|| found.level()))
            }
            Err(error) if error.is_not_visible() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn unknown_team(&self, team: &Team) -> HostError {
        let hint = format!(
            "the organisation {} has no team of this name that the token can see",
            self.owner
        );
        HostError::NotVisible {
            what: format!("the team {}", team.name),
            hint: Some(hint),
        }
    }
}
