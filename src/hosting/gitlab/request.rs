//! Merge requests and the notes on them.

use gitlab::api::projects::merge_requests::notes::{
    CreateMergeRequestNote, EditMergeRequestNote, MergeRequestNotes,
};
use gitlab::api::projects::merge_requests::{
    CreateMergeRequest, MergeRequest, MergeRequestState, MergeRequests,
};

use super::super::error::HostError;
use super::super::host::{
    Change, NewRequest, OpenRequest, RequestState, is_marked, made_or_found, marked,
};
use super::super::session::Errand;
use super::answer::{MergeRequestAnswer, Note};
use super::client::on_project;
use super::host::{GitLab, built};

const ROLE: &str = "Developer";

impl GitLab {
    pub(super) async fn open_merge_request(
        &self,
        wanted: &NewRequest,
    ) -> Result<(Change, OpenRequest), HostError> {
        if let Some(found) = self.open_one(&wanted.source, &wanted.target).await? {
            return Ok((Change::None, found));
        }
        let endpoint = CreateMergeRequest::builder()
            .project(self.project())
            .source_branch(wanted.source.as_str())
            .target_branch(wanted.target.as_str())
            .title(wanted.title.as_str())
            .description(wanted.body.as_str())
            .remove_source_branch(true)
            .build();
        let errand = on_project("open a merge request in", &self.path(), ROLE);
        let made: Result<MergeRequestAnswer, _> =
            self.client.query(&built(endpoint), &errand).await;
        let look = self.open_one(&wanted.source, &wanted.target);
        made_or_found(made.map(request), look).await
    }

    /// Returns the open merge request between the two branches.
    pub(super) async fn open_one(
        &self,
        source: &str,
        target: &str,
    ) -> Result<Option<OpenRequest>, HostError> {
        let endpoint = MergeRequests::builder()
            .project(self.project())
            .state(MergeRequestState::Opened)
            .source_branch(source)
            .target_branch(target)
            .build();
        let errand = on_project("read the merge requests of", &self.path(), ROLE);
        let found: Vec<MergeRequestAnswer> = self.client.list(&built(endpoint), &errand).await?;
        Ok(found.into_iter().next().map(request))
    }

    pub(super) async fn merge_request_state(&self, number: u64) -> Result<RequestState, HostError> {
        let endpoint = built(
            MergeRequest::builder()
                .project(self.project())
                .merge_request(number)
                .build(),
        );
        let found: MergeRequestAnswer = self
            .client
            .query(&endpoint, &self.on_request("read", number))
            .await?;
        Ok(match found.state.as_deref() {
            Some("merged") => {
                // A fast-forward merge makes no commit of its own: then it is the last one of the branch.
                RequestState::Merged(
                    found
                        .merge_commit_sha
                        .or(found.squash_commit_sha)
                        .or(found.sha),
                )
            }
            Some("closed") => RequestState::Closed,
            _ => RequestState::Open,
        })
    }

    fn on_request(&self, action: &'static str, number: u64) -> Errand {
        Errand::new(
            action,
            format!("merge request {number} of the project {}", self.path()),
            ROLE,
        )
    }

    pub(super) async fn put_note(
        &self,
        number: u64,
        marker: &str,
        body: &str,
    ) -> Result<Change, HostError> {
        let body = marked(marker, body);
        let Some(note) = self.own_note(number, marker).await? else {
            return self.add_note(number, marker, &body).await;
        };
        if note.body.as_deref().map(str::trim) == Some(body.trim()) {
            return Ok(Change::None);
        }
        let endpoint = EditMergeRequestNote::builder()
            .project(self.project())
            .merge_request(number)
            .note(note.id)
            .body(body.as_str())
            .build();
        // An edit may be repeated, so an unclear one is tried once more.
        let (endpoint, errand) = (built(endpoint), self.on_request("change a note on", number));
        match self.client.ask(&endpoint, &errand).await {
            Err(error) if error.is_unclear() => self.client.ask(&endpoint, &errand).await?,
            done => done?,
        };
        Ok(Change::Made)
    }

    async fn add_note(&self, number: u64, marker: &str, body: &str) -> Result<Change, HostError> {
        let endpoint = CreateMergeRequestNote::builder()
            .project(self.project())
            .merge_request(number)
            .body(body)
            .build();
        match self
            .client
            .ask(
                &built(endpoint),
                &self.on_request("write a note on", number),
            )
            .await
        {
            Ok(_) => Ok(Change::Made),
            Err(error) if error.is_unclear() => match self.own_note(number, marker).await? {
                Some(_) => Ok(Change::Made),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Returns the note of the token's user that bears the marker.
    async fn own_note(&self, number: u64, marker: &str) -> Result<Option<Note>, HostError> {
        let endpoint = built(
            MergeRequestNotes::builder()
                .project(self.project())
                .merge_request(number)
                .build(),
        );
        let notes: Vec<Note> = self
            .client
            .list(&endpoint, &self.on_request("read the notes on", number))
            .await?;
        let username = &self.user().await?.username;
        let own = |note: &Note| {
            note.author
                .as_ref()
                .and_then(|author| author.username.as_ref())
                == Some(username)
        };
        let is_ours = |note: &Note| {
            note.body
                .as_deref()
                .is_some_and(|body| is_marked(marker, body))
        };
        Ok(notes.into_iter().find(|note| own(note) && is_ours(note)))
    }
}

fn request(answer: MergeRequestAnswer) -> OpenRequest {
    OpenRequest {
        number: answer.iid,
        url: answer.web_url.unwrap_or_default(),
    }
}
