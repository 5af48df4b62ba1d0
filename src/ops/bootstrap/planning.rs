//! From what was asked and what was found to a plan: the steps, each with its reason.

use super::super::install::Generated;
use super::commit_plan::Commits;
use super::deploy_key::missing_key;
use super::facts::{ClusterFacts, Facts, HostFacts};
use super::files::Files;
use super::objects::is_sync;
use super::plan::{Action, ObjectChange, Plan};
use super::request::{Access, Hosted, KeySource, Request};
use super::secret::needs_secret;
use crate::cluster::{self, Applied};
use crate::error::Failure;
use crate::hosting::KeyAccess;
use crate::manifest::Object;

/// Makes the plan.
pub fn plan(
    request: &Request,
    facts: &Facts,
    generated: &Generated,
    files: &Files,
    cluster: &str,
) -> Result<Plan, Failure> {
    let mut plan = Plan::new(
        files.url.clone(),
        request.branch.clone(),
        request.path.to_string(),
        cluster.into(),
    );
    if let Some(hosted) = request.hosted() {
        plan_host(&mut plan, hosted, &facts.host);
    }
    let commits = Commits::new(request, facts, files)?;
    match request.hosted() {
        Some(hosted) if commits.need_a_merge() => {
            plan_review(&mut plan, hosted, &commits)?;
            plan_cluster(&mut plan, request, facts, (generated, files))?;
        }
        _ => {
            commits.plan_components(&mut plan)?;
            plan_cluster(&mut plan, request, facts, (generated, files))?;
            commits.plan_sync(&mut plan)?;
        }
    }
    plan_apply(&mut plan, request, &facts.cluster);
    Ok(plan)
}

/// Plans how the files get into the branch through a merge or pull request.
fn plan_review(plan: &mut Plan, hosted: &Hosted, commits: &Commits<'_>) -> Result<(), Failure> {
    let (branch, source) = (&commits.request.branch, commits.request.review_branch());
    let name = hosted.host.request_name();
    if commits.target.is_none_or(|clone| clone.head().is_none()) {
        plan.push(
            Action::CreateBranch,
            format!("branch {branch}"),
            format!("a {name} needs a branch that it is for"),
            Vec::new(),
        );
    }
    commits.plan_components(plan)?;
    commits.plan_sync(plan)?;
    let open = commits.review.map(|review| &review.request);
    if open.is_none() {
        plan.push(
            Action::OpenRequest,
            format!("{source} into {branch}"),
            "--pull-request asks for it",
            Vec::new(),
        );
    }
    plan.push(
        Action::AwaitMerge,
        open.map_or_else(
            || format!("the {name}"),
            |open| format!("{name} {}", open.number),
        ),
        format!("the cluster follows {branch}"),
        open.map(|open| open.url.clone()).into_iter().collect(),
    );
    Ok(())
}

/// Plans that the objects of the folder are applied, where that changes any of them or what they come from.
fn plan_apply(plan: &mut Plan, request: &Request, cluster: &ClusterFacts) {
    let installs = plan.has(Action::InstallComponents);
    let namespace = &request.namespace;
    let shown: Vec<ObjectChange> = match &cluster.preview {
        Some(preview) => preview
            .iter()
            .filter(|applied| !installs || is_sync_object(request, applied))
            .map(previewed)
            .collect(),
        None => ["GitRepository", "Kustomization"]
            .map(|kind| ObjectChange {
                object: format!("{kind}/{namespace}/{namespace}"),
                action: None,
            })
            .into(),
    };
    let is_changed = |applied: &Applied| applied.action != cluster::Action::Unchanged;
    let differs = cluster
        .preview
        .as_ref()
        .is_some_and(|preview| preview.iter().any(is_changed));
    let commits = plan.has(Action::CommitSync) || plan.has(Action::CommitComponents);
    let waits = plan.has(Action::AwaitMerge);
    let reason = match (commits || installs || waits, differs) {
        (true, _) => "the cluster follows what is committed",
        (false, true) => "the objects in the cluster differ",
        (false, false) => return,
    };
    plan.push_objects(
        Action::ApplySync,
        format!("namespace {namespace}"),
        reason,
        shown,
    );
}

fn is_sync_object(request: &Request, applied: &Applied) -> bool {
    let id = &applied.id;
    is_sync(request, &id.kind, &id.namespace, &id.name)
}

fn previewed(applied: &Applied) -> ObjectChange {
    ObjectChange {
        object: applied.id.to_string(),
        action: Some(applied.action.to_string()),
    }
}

fn unasked(object: &Object) -> ObjectChange {
    ObjectChange {
        object: object.id().to_string(),
        action: None,
    }
}

fn plan_host(plan: &mut Plan, hosted: &Hosted, facts: &HostFacts) {
    match &facts.repository {
        None => plan.push(
            Action::CreateRepository,
            format!("{} on {}", hosted.name, hosted.host.address()),
            "it does not exist",
            vec![format!("visibility {}", hosted.visibility)],
        ),
        Some(repository) if hosted.reconcile && repository.visibility != hosted.visibility => plan
            .push(
                Action::UpdateRepository,
                repository.full_name.clone(),
                "--reconcile asks for it",
                vec![format!(
                    "visibility {} becomes {}",
                    repository.visibility, hosted.visibility
                )],
            ),
        Some(_) => {}
    }
    let missing = |team: &&crate::hosting::Team| {
        let grant = facts
            .grants
            .iter()
            .find(|grant| grant.team.eq_ignore_ascii_case(&team.name));
        grant.is_none_or(|grant| {
            hosted.reconcile && team.level.is_some_and(|level| level != grant.level)
        })
    };
    let grants: Vec<String> = hosted
        .teams
        .iter()
        .filter(missing)
        .map(|team| match team.level {
            Some(level) => format!("{level} for {}", team.name),
            None => format!("the usual level for {}", team.name),
        })
        .collect();
    if !grants.is_empty() {
        plan.push(
            Action::GrantAccess,
            hosted.name.clone(),
            "--team asks for it",
            grants,
        );
    }
}

fn plan_cluster(
    plan: &mut Plan,
    request: &Request,
    facts: &Facts,
    (generated, files): (&Generated, &Files),
) -> Result<(), Failure> {
    let namespace = format!("namespace {}", request.namespace);
    if needs_install(&facts.cluster) {
        let objects = match &facts.cluster.preview {
            Some(preview) => preview
                .iter()
                .filter(|applied| !is_sync_object(request, applied))
                .map(previewed)
                .collect(),
            None => generated.objects.iter().map(unasked).collect(),
        };
        let reason = match &facts.cluster.kustomization {
            None => "the cluster does not follow a repository yet",
            Some(_) => "the cluster has never applied a revision",
        };
        plan.push_objects(
            Action::InstallComponents,
            namespace.clone(),
            reason,
            objects,
        );
    }
    if let Some(secret) = &request.pull_secret {
        plan.push(
            Action::WritePullSecret,
            format!("Secret/{}/{}", request.namespace, secret.name),
            "--registry-creds are given",
            Vec::new(),
        );
    }
    if needs_secret(request, facts.cluster.secret.as_ref()) {
        let target = format!("Secret/{}/{}", request.namespace, request.secret);
        let reason = if facts.cluster.secret.is_some() {
            "credentials are given"
        } else {
            "it does not exist"
        };
        plan.push(
            Action::WriteSourceSecret,
            target,
            reason,
            vec![access_words(request, &files.url)],
        );
    }
    if let Some((hosted, reason)) = request.hosted().zip(missing_key(request, facts)?) {
        let rights = match hosted.key_access {
            KeyAccess::ReadOnly => "read",
            KeyAccess::ReadWrite => "read and write",
        };
        plan.push(
            Action::AddDeployKey,
            format!("{} on {}", hosted.name, hosted.host.address()),
            reason,
            vec![format!("\"{}\", which can {rights}", request.key_title())],
        );
    }
    Ok(())
}

fn access_words(request: &Request, url: &str) -> String {
    if let Some(provider) = request.provider() {
        return format!(
            "passing credentials; the cluster shows {url} its own identity of {provider}"
        );
    }
    match &request.access {
        Access::Token { username, .. } => format!("user {username} and the token, for {url}"),
        Access::Bearer(_) => format!("the bearer token, for {url}"),
        Access::DeployToken => format!("a deploy token of its own that can read {url}"),
        Access::Key(source) => {
            let key = match source {
                KeySource::Generate(_) => "a new SSH key",
                KeySource::File(_) => "the given SSH key",
            };
            match request.hosted() {
                Some(_) => format!("{key} for {url}"),
                None => format!("{key} for {url}, which you give access to the repository"),
            }
        }
    }
}

/// Says whether the components have to be applied by us: a cluster that follows Git does it itself.
pub fn needs_install(cluster: &ClusterFacts) -> bool {
    let applied = cluster
        .kustomization
        .as_ref()
        .map(|object| object.text("/status/lastAppliedRevision"));
    applied.is_none_or(str::is_empty)
}
