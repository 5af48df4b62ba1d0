//! Merge requests: asked for, changed, merged.

use serde_json::{Value, json};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::note::Note;
use super::page;
use super::project::Project;
use super::state::State;

/// A merge request of a project.
#[derive(Clone, Debug)]
pub struct MergeRequest {
    /// Its number on the instance.
    pub id: u64,
    /// Its number in the project.
    pub iid: u64,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// The branch with the change.
    pub source: String,
    /// The branch that it goes to.
    pub target: String,
    /// `opened`, `closed` or `merged`.
    pub state: &'static str,
    /// Who asked for it.
    pub author: u64,
    /// Its labels.
    pub labels: Vec<String>,
    /// Whether the source branch is dropped after the merge.
    pub removes_source: bool,
    /// Whether the commits are made one.
    pub squash: bool,
    /// The commit that the merge made.
    pub merge_commit: Option<String>,
    /// How often it will still say that it is being checked.
    pub checks_left: u32,
    /// Its comments, oldest first.
    pub notes: Vec<Note>,
}

impl MergeRequest {
    /// Says, in GitLab's words, whether it can be merged.
    fn status(&self, project: &Project) -> &'static str {
        let repository = &project.repository;
        if self.state != "opened" {
            return "not_open";
        }
        if self.checks_left > 0 {
            return "checking";
        }
        let (Some(source), Some(target)) =
            (repository.head(&self.source), repository.head(&self.target))
        else {
            return "commits_status";
        };
        if repository.is_ancestor(&source, &target) {
            return "commits_status";
        }
        match repository.merged_tree(&target, &source) {
            Some(_) => "mergeable",
            None => "conflict",
        }
    }

    fn json(&self, state: &State, project: &Project) -> Value {
        let status = self.status(project);
        let base = state.base();
        let user = |id: u64| state.users.iter().find(|user| user.id == id);
        let author = user(self.author).map(|user| user.basic(&base));
        let web_url = format!("{base}/{}/-/merge_requests/{}", project.full_path, self.iid);
        json!({
            "id": self.id,
            "iid": self.iid,
            "project_id": project.id,
            "title": self.title,
            "description": self.description,
            "state": self.state,
            "created_at": "2026-01-02T03:04:05.000Z",
            "updated_at": "2026-01-02T03:04:05.000Z",
            "target_branch": self.target,
            "source_branch": self.source,
            "user_notes_count": self.notes.len(),
            "upvotes": 0,
            "downvotes": 0,
            "author": author,
            "assignees": [],
            "assignee": null,
            "reviewers": [],
            "source_project_id": project.id,
            "target_project_id": project.id,
            "labels": self.labels,
            "draft": self.title.starts_with("Draft:"),
            "milestone": null,
            "merge_status": match status {
                "mergeable" => "can_be_merged",
                "checking" => "checking",
                _ => "cannot_be_merged",
            },
            "detailed_merge_status": status,
            "sha": project.repository.head(&self.source),
            "merge_commit_sha": self.merge_commit,
            "squash_commit_sha": null,
            "should_remove_source_branch": null,
            "force_remove_source_branch": self.removes_source,
            "web_url": web_url,
            "squash": self.squash,
            "has_conflicts": status == "conflict",
        })
    }
}

impl Project {
    /// Finds a merge request.
    pub fn merge_request(&self, iid: &str) -> Result<&MergeRequest, Answer> {
        let found = self
            .merge_requests
            .iter()
            .find(|request| iid.parse() == Ok(request.iid));
        found.ok_or_else(|| Answer::message(404, "404 Not found"))
    }

    /// Finds a merge request to change it.
    pub fn merge_request_mut(&mut self, iid: &str) -> Result<&mut MergeRequest, Answer> {
        let mut requests = self.merge_requests.iter_mut();
        let found = requests.find(|request| iid.parse() == Ok(request.iid));
        found.ok_or_else(|| Answer::message(404, "404 Not found"))
    }
}

/// Answers `GET projects/:id/merge_requests`.
pub fn list(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    let fits = |name: &str, value: &str| call.query(name).is_none_or(|asked| asked == value);
    let requests = project.merge_requests.iter().rev().filter(|request| {
        fits("source_branch", &request.source)
            && fits("target_branch", &request.target)
            && call
                .query("state")
                .is_none_or(|asked| asked == "all" || asked == request.state)
    });
    let rows = requests
        .map(|request| request.json(state, project))
        .collect();
    page::page(state, call, rows)
}

/// Answers `GET projects/:id/merge_requests/:iid`; asking brings the check of it forward.
pub fn read(state: &mut State, call: &Call, id: &str, iid: &str) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    let number = project.id.to_string();
    let body = project.merge_request(iid)?.json(state, project);
    let request = state.project_mut(&number).merge_request_mut(iid)?;
    request.checks_left = request.checks_left.saturating_sub(1);
    Ok(Answer::json(200, body))
}

/// Answers `POST projects/:id/merge_requests`.
pub fn create(state: &mut State, call: &Call, id: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Developer)?;
    call.require(&["title", "source_branch", "target_branch"])?;
    let text = |name: &str| call.text(name).unwrap_or_default().to_owned();
    let (source, target) = (text("source_branch"), text("target_branch"));
    if source == target {
        let words = "You can't use same project/branch for source and target";
        return Err(Answer::message(422, json!([words])));
    }
    let twin = project.merge_requests.iter().find(|request| {
        request.state == "opened" && request.source == source && request.target == target
    });
    if let Some(twin) = twin {
        let words = format!(
            "Another open merge request already exists for this source branch: !{}",
            twin.iid
        );
        return Err(Answer::message(409, json!([words])));
    }
    let author = state.user_of(&call.caller)?.id;
    let checks_left = state.settings.merge_checks;
    let number = state.next_id();
    let project = state.project_for_change(&call.caller, id, Role::Developer)?;
    project.merge_requests.push(MergeRequest {
        id: number,
        iid: project.merge_requests.len() as u64 + 1,
        title: text("title"),
        description: text("description"),
        source,
        target,
        state: "opened",
        author,
        labels: call.list("labels"),
        removes_source: call.flag("remove_source_branch").unwrap_or(false),
        squash: call.flag("squash").unwrap_or(false),
        merge_commit: None,
        checks_left,
        notes: Vec::new(),
    });
    let project = &*project;
    let iid = project.merge_requests.len().to_string();
    answer(state, call, id, (201, &iid))
}

fn answer(state: &State, call: &Call, id: &str, (status, iid): (u16, &str)) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    Ok(Answer::json(
        status,
        project.merge_request(iid)?.json(state, project),
    ))
}

/// Answers `PUT projects/:id/merge_requests/:iid`.
pub fn update(state: &mut State, call: &Call, id: &str, iid: &str) -> Reply {
    let project = state.project_for_change(&call.caller, id, Role::Developer)?;
    let request = project.merge_request_mut(iid)?;
    let fields = [
        ("title", &mut request.title),
        ("description", &mut request.description),
        ("target_branch", &mut request.target),
    ];
    for (name, field) in fields {
        if let Some(text) = call.text(name) {
            text.clone_into(field);
        }
    }
    match (call.text("state_event"), request.state) {
        (Some("close"), "opened") => request.state = "closed",
        (Some("reopen"), "closed") => request.state = "opened",
        _ => {}
    }
    if call.fields.contains_key("labels") {
        request.labels = call.list("labels");
    }
    answer(state, call, id, (200, iid))
}

/// Answers `PUT projects/:id/merge_requests/:iid/merge`: the merge is made in the repository.
pub fn accept(state: &mut State, call: &Call, id: &str, iid: &str) -> Reply {
    let found = state.find_project(&call.caller, id)?;
    let level = state.level(&call.caller, found);
    let project = state.project_for_change(&call.caller, id, Role::Developer)?;
    let request = project.merge_request(iid)?;
    let covering = project
        .protections
        .iter()
        .filter(|known| known.covers(&request.target));
    if covering
        .into_iter()
        .any(|known| known.merge == 0 || level < known.merge)
    {
        return Err(Answer::unauthorized());
    }
    let head = project.repository.head(&request.source);
    if call
        .text("sha")
        .is_some_and(|sha| Some(sha) != head.as_deref())
    {
        return Err(Answer::message(
            409,
            "SHA does not match HEAD of source branch",
        ));
    }
    match request.status(project) {
        "mergeable" => {}
        "checking" | "not_open" => return Err(Answer::message(405, "405 Method Not Allowed")),
        _ => return Err(Answer::message(422, "Branch cannot be merged")),
    }
    let message = format!(
        "Merge branch '{}' into '{}'\n\n{}\n",
        request.source, request.target, request.title
    );
    let commit = project
        .repository
        .merge(&request.source, &request.target, &message);
    let removes = call
        .flag("should_remove_source_branch")
        .unwrap_or(request.removes_source);
    if removes {
        project.repository.remove_branch(&request.source);
    }
    let request = project.merge_request_mut(iid)?;
    request.merge_commit = commit;
    request.state = "merged";
    answer(state, call, id, (200, iid))
}
