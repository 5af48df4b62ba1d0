//! Pull requests and the comments on them.

use reqwest::Method;
use serde_json::json;

use super::super::error::HostError;
use super::super::host::{
    Change, NewRequest, OpenRequest, RequestState, is_marked, made_or_found, marked,
};
use super::super::session::Errand;
use super::answer::{Comment, PullRequest};
use super::host::Gitea;

impl Gitea {
    pub(super) async fn open_pull_request(
        &self,
        wanted: &NewRequest,
    ) -> Result<(Change, OpenRequest), HostError> {
        if let Some(found) = self.open_one(&wanted.source, &wanted.target).await? {
            return Ok((Change::None, found));
        }
        let body = json!({"title": wanted.title, "head": wanted.source, "base": wanted.target, "body": wanted.body});
        let errand = self.errand("open a pull request in", "");
        let made = self
            .client
            .create::<PullRequest>(&self.route("/pulls"), &body, &errand)
            .await;
        let look = self.open_one(&wanted.source, &wanted.target);
        made_or_found(made.map(request), look).await
    }

    /// Returns the open pull request between the two branches.
    pub(super) async fn open_one(
        &self,
        source: &str,
        target: &str,
    ) -> Result<Option<OpenRequest>, HostError> {
        let errand = self.errand("read the pull requests of", "");
        let found: Vec<PullRequest> = self
            .client
            .list(&self.route("/pulls?state=open"), &errand)
            .await?;
        Ok(found
            .into_iter()
            .find(|pull| pull.is_between(source, target))
            .map(request))
    }

    pub(super) async fn pull_request_state(&self, number: u64) -> Result<RequestState, HostError> {
        let endpoint = self.route(&format!("/pulls/{number}"));
        let found: PullRequest = self
            .client
            .read(&endpoint, &self.on_request("read", number))
            .await?;
        Ok(match (found.merged, found.state.as_deref()) {
            (Some(true), _) => RequestState::Merged(found.merge_commit_sha),
            (_, Some("closed")) => RequestState::Closed,
            _ => RequestState::Open,
        })
    }

    fn on_request(&self, action: &'static str, number: u64) -> Errand {
        Errand::new(
            action,
            format!("pull request {number} of the repository {}", self.path()),
            "",
        )
    }

    pub(super) async fn put_comment(
        &self,
        number: u64,
        marker: &str,
        body: &str,
    ) -> Result<Change, HostError> {
        let body = marked(marker, body);
        let Some(comment) = self.own_comment(number, marker).await? else {
            return self.add_comment(number, marker, &body).await;
        };
        if comment.body.as_deref().map(str::trim) == Some(body.trim()) {
            return Ok(Change::None);
        }
        let endpoint = self.route(&format!("/issues/comments/{}", comment.id));
        let (json, errand) = (
            json!({ "body": body }),
            self.on_request("change a comment on", number),
        );
        // An edit may be repeated, so an unclear one is tried once more.
        match self
            .client
            .send(Method::PATCH, &endpoint, Some(&json), &errand)
            .await
        {
            Err(error) if error.is_unclear() => {
                self.client
                    .send(Method::PATCH, &endpoint, Some(&json), &errand)
                    .await?
            }
            done => done?,
        };
        Ok(Change::Made)
    }

    async fn add_comment(
        &self,
        number: u64,
        marker: &str,
        body: &str,
    ) -> Result<Change, HostError> {
        let endpoint = self.route(&format!("/issues/{number}/comments"));
        let errand = self.on_request("write a comment on", number);
        match self
            .client
            .send(
                Method::POST,
                &endpoint,
                Some(&json!({ "body": body })),
                &errand,
            )
            .await
        {
            Ok(_) => Ok(Change::Made),
            Err(error)
                if error.is_unclear() && self.own_comment(number, marker).await?.is_some() =>
            {
                Ok(Change::Made)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the comment of the token's user that bears the marker.
    async fn own_comment(&self, number: u64, marker: &str) -> Result<Option<Comment>, HostError> {
        let endpoint = self.route(&format!("/issues/{number}/comments"));
        let comments: Option<Vec<Comment>> = self
            .client
            .read(&endpoint, &self.on_request("read the comments on", number))
            .await?;
        let user = self.user().await?;
        let own = |comment: &Comment| {
            user.is_none() || comment.user.as_ref().map(|author| &author.login) == user
        };
        let is_ours = |comment: &Comment| {
            comment
                .body
                .as_deref()
                .is_some_and(|body| is_marked(marker, body))
        };
        Ok(comments
            .unwrap_or_default()
            .into_iter()
            .find(|comment| own(comment) && is_ours(comment)))
    }
}

fn request(answer: PullRequest) -> OpenRequest {
    OpenRequest {
        number: answer.number,
        url: answer.html_url.unwrap_or_default(),
    }
}
