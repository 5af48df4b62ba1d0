//! From what was asked and what was found to a plan, or to everything that stands in its way.

use std::fmt;

use similar::TextDiff;

use super::super::install::Generated;
use super::facts::{ClusterFacts, Facts, HostFacts};
use super::folder::Folder;
use super::plan::{Action, Plan};
use super::request::{Access, Hosted, KeySource, Place, Request};
use super::secret::needs_secret;
use crate::error::{Explain, Failure};
use crate::git::{Change, GitUrl, LocalClone};
use crate::hosting::{OwnerState, Permission, Repository};
use crate::install::{self, COMPONENTS_FILE, KUSTOMIZATION_FILE, Refusal, SYNC_FILE, Sync};

/// How many lines of a file's difference a plan shows.
const DIFF_LINES: usize = 60;

/// Something that stands in the way, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    message: String,
    remedy: Option<String>,
}

impl Problem {
    fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            remedy: Some(remedy.into()),
        }
    }
}

/// A plan that can't succeed, with all of its problems.
#[derive(Debug)]
pub struct Refused(Vec<Problem>);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = self.0.as_slice() {
            return formatter.write_str(&problem.message);
        }
        write!(
            formatter,
            "{} things stand in the way of the bootstrap; nothing was changed",
            self.0.len()
        )?;
        self.0
            .iter()
            .try_for_each(|problem| write!(formatter, "\n  - {}", problem.message))
    }
}

impl std::error::Error for Refused {}

impl Explain for Refused {
    fn hint(&self) -> Option<String> {
        let mut remedies: Vec<&str> = Vec::new();
        for remedy in self
            .0
            .iter()
            .filter_map(|problem| problem.remedy.as_deref())
        {
            if !remedies.contains(&remedy) {
                remedies.push(remedy);
            }
        }
        (!remedies.is_empty()).then(|| remedies.join("; "))
    }
}

/// The files that bootstrap keeps in the repository, and the address that the cluster follows.
#[derive(Clone, Debug)]
pub struct Files {
    /// The components.
    pub components: Change,
    /// The objects that follow the repository.
    pub sync: Change,
    /// The address in them.
    pub url: String,
}

impl Files {
    /// Makes the files; `repository` is `None` where it is still to be created.
    pub fn new(
        request: &Request,
        generated: &Generated,
        repository: Option<&Repository>,
    ) -> Result<Self, Failure> {
        let url = sync_url(request, repository)?;
        let sync = Sync {
            namespace: request.namespace.clone(),
            url: url.clone(),
            branch: request.branch.clone(),
            interval: request.interval,
            secret: request.secret.clone(),
            path: request.path.relative().to_owned(),
            submodules: request.submodules,
            provider: match &request.place {
                Place::Plain { provider, .. } => provider.clone(),
                Place::Hosted(_) => None,
            },
            sparse_checkout: request.sparse_checkout.clone(),
        };
        Ok(Self {
            components: Change::write(request.file(COMPONENTS_FILE), generated.text.clone()),
            sync: Change::write(request.file(SYNC_FILE), sync.render()),
            url,
        })
    }

    /// Returns what the second commit holds: the sync file, and the kustomization where there is none.
    pub fn sync_changes(
        &self,
        folder: &str,
        clone: &LocalClone,
    ) -> Result<Vec<Change>, crate::git::GitError> {
        // Both files are there by then; a plan is made before the first is.
        let files = [self.components.clone(), self.sync.clone()];
        let kustomization =
            Folder::new(clone, folder.to_owned(), &files).missing_kustomization()?;
        Ok(std::iter::once(self.sync.clone())
            .chain(kustomization)
            .collect())
    }
}

/// Returns the address that the cluster follows.
fn sync_url(request: &Request, repository: Option<&Repository>) -> Result<String, Failure> {
    let hosted = match &request.place {
        Place::Plain { sync_url, .. } => return Ok(sync_url.to_string()),
        Place::Hosted(hosted) => hosted,
    };
    if !matches!(request.access, Access::Key(_)) {
        let predicted = || format!("https://{}/{}.git", hosted.host.address(), hosted.name);
        return Ok(repository.map_or_else(predicted, |repository| repository.https_url.clone()));
    }
    // The service writes its own form, often `git@host:owner/name.git`; flux writes `ssh://git@host/owner/name`.
    let host = hosted.host.address().split(':').next().unwrap_or_default();
    let predicted = || format!("ssh://git@{host}/{}", hosted.name);
    let told = repository.map_or_else(predicted, |repository| repository.ssh_url.clone());
    let mut url: GitUrl = told.parse::<GitUrl>()?.for_ssh_sync("git");
    if let Some(server) = &request.ssh_server {
        url = url.with_server(server)?;
    }
    let url = url.to_string();
    Ok(url.strip_suffix(".git").unwrap_or(&url).to_owned())
}

/// Makes the plan.
pub fn plan(
    request: &Request,
    facts: &Facts,
    generated: &Generated,
    files: &Files,
    cluster: &str,
) -> Result<Plan, Failure> {
    let problems = problems(request, facts)?;
    if !problems.is_empty() {
        return Err(Refused(problems).into());
    }
    let mut plan = Plan::new(
        files.url.clone(),
        request.branch.clone(),
        request.path.to_string(),
        cluster.into(),
    );
    if let Some(hosted) = request.hosted() {
        plan_host(&mut plan, hosted, &facts.host);
    }
    let clone = facts.copy.as_ref().map(|copy| &copy.clone);
    let components = [files.components.clone()];
    plan_commit(
        &mut plan,
        Action::CommitComponents,
        request,
        clone,
        &components,
    )?;
    plan_cluster(&mut plan, request, facts, generated, files);
    let sync = match clone {
        Some(clone) => files.sync_changes(&request.folder(), clone)?,
        None => vec![files.sync.clone(), new_kustomization(request)],
    };
    plan_commit(&mut plan, Action::CommitSync, request, clone, &sync)?;
    if plan.has(Action::CommitSync)
        || plan.has(Action::CommitComponents)
        || plan.has(Action::InstallComponents)
    {
        let objects = vec![
            format!("GitRepository/{0}/{0}", request.namespace),
            format!("Kustomization/{0}/{0}", request.namespace),
        ];
        plan.push(
            Action::ApplySync,
            format!("namespace {}", request.namespace),
            "the cluster follows what is committed",
            objects,
        );
    }
    Ok(plan)
}

/// Makes the kustomization of a folder that has nothing else yet.
fn new_kustomization(request: &Request) -> Change {
    let text = install::render_kustomization([COMPONENTS_FILE, SYNC_FILE]);
    Change::write(request.file(KUSTOMIZATION_FILE), text)
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

fn plan_commit(
    plan: &mut Plan,
    action: Action,
    request: &Request,
    clone: Option<&LocalClone>,
    changes: &[Change],
) -> Result<(), Failure> {
    let is_needed = match clone {
        Some(clone) => clone.would_change(changes)?,
        None => true,
    };
    if !is_needed {
        return Ok(());
    }
    let mut shown = Vec::new();
    for change in changes {
        let old = match clone {
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
        format!("branch {}", request.branch),
        "the files are missing or differ",
        shown,
    );
    Ok(())
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

fn plan_cluster(
    plan: &mut Plan,
    request: &Request,
    facts: &Facts,
    generated: &Generated,
    files: &Files,
) {
    let namespace = format!("namespace {}", request.namespace);
    if needs_install(&facts.cluster) {
        let objects = generated
            .objects
            .iter()
            .map(|object| object.id().to_string())
            .collect();
        let reason = match &facts.cluster.kustomization {
            None => "the cluster does not follow a repository yet",
            Some(_) => "the cluster has never applied a revision",
        };
        plan.push(
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
}

fn access_words(request: &Request, url: &str) -> String {
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
                Some(_) => format!(
                    "{key} for {url}, registered as deploy key \"{}\"",
                    request.key_title()
                ),
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

/// Collects everything that stands in the way.
fn problems(request: &Request, facts: &Facts) -> Result<Vec<Problem>, Failure> {
    let mut problems = Vec::new();
    if let Some(hosted) = request.hosted() {
        host_problems(request, hosted, &facts.host, &mut problems);
    }
    cluster_problems(request, &facts.cluster, &mut problems);
    if let Some(copy) = &facts.copy {
        let folder = Folder::new(&copy.clone, request.folder(), &[]);
        if folder.has_kustomization()?
            && let Err(refusal) = install::read_kustomization(&folder)
        {
            problems.push(kustomization_problem(&request.folder(), &refusal));
        }
    }
    Ok(problems)
}

fn kustomization_problem(folder: &str, refusal: &Refusal) -> Problem {
    Problem::new(
        format!("the kustomization in {folder} can't be applied: {refusal}"),
        "remove it, or bootstrap this cluster with a version of this program that has the build engine",
    )
}

fn host_problems(
    request: &Request,
    hosted: &Hosted,
    facts: &HostFacts,
    problems: &mut Vec<Problem>,
) {
    if let Some(identity) = &facts.identity {
        if !identity.active {
            problems.push(Problem::new(
                format!("the token of {} is not active any more", identity.name),
                &identity.remedy,
            ));
        }
        if identity
            .expires
            .is_some_and(|day| day < jiff::tz::Offset::UTC.to_datetime(crate::env::now()).date())
        {
            problems.push(Problem::new(
                format!("the token of {} has expired", identity.name),
                &identity.remedy,
            ));
        }
        if !identity.missing_scopes.is_empty() {
            let scopes = identity.missing_scopes.join("`, `");
            problems.push(Problem::new(
                format!("the token of {} lacks the scope `{scopes}`", identity.name),
                &identity.remedy,
            ));
        }
    }
    match &facts.repository {
        Some(repository) => repository_problems(request, repository, facts, problems),
        None => owner_problems(hosted, facts, problems),
    }
}

fn repository_problems(
    request: &Request,
    repository: &Repository,
    facts: &HostFacts,
    problems: &mut Vec<Problem>,
) {
    let name = &repository.full_name;
    if repository.archived {
        problems.push(Problem::new(
            format!("the repository {name} is archived"),
            "unarchive it, or name another repository",
        ));
    }
    if let Some(day) = &repository.pending_deletion {
        problems.push(Problem::new(
            format!("the repository {name} is going to be deleted on {day}"),
            "restore it, or name another repository",
        ));
    }
    if let Some(branch) = facts
        .branch
        .as_ref()
        .filter(|branch| branch.may_push == Some(false))
    {
        problems.push(Problem::new(
            format!(
                "the branch {} of {name} is protected, and the token may not push to it",
                branch.name
            ),
            format!(
                "let the token's user push to {}, or follow another branch with `--branch`",
                request.branch
            ),
        ));
    }
}

fn owner_problems(hosted: &Hosted, facts: &HostFacts, problems: &mut Vec<Problem>) {
    match &facts.owner {
        Some(OwnerState::Missing { nearest, missing }) => {
            let within = nearest
                .as_ref()
                .map(|nearest| format!(" in {nearest}"))
                .unwrap_or_default();
            problems.push(Problem::new(
                format!(
                    "{missing}{within} does not exist on {}, or the token can't see it",
                    hosted.host.address()
                ),
                "create it, or check `--owner`",
            ));
        }
        Some(OwnerState::OtherKind(kind)) => {
            let (is, remedy) = match kind {
                crate::hosting::AccountKind::User => ("a user", "add `--personal`"),
                crate::hosting::AccountKind::Group => {
                    ("a group or organisation", "leave `--personal` out")
                }
            };
            problems.push(Problem::new(
                format!("the owner of {} is {is}", hosted.name),
                remedy,
            ));
        }
        Some(OwnerState::Found {
            may_create: Permission::Denied(why),
            ..
        }) => {
            problems.push(Problem::new(
                format!("the token may not create {}: {why}", hosted.name),
                "create the repository by hand, or use a token of somebody who may",
            ));
        }
        _ => {}
    }
}

fn cluster_problems(request: &Request, facts: &ClusterFacts, problems: &mut Vec<Problem>) {
    for access in &facts.denied {
        let place = if access.namespace.is_empty() {
            String::new()
        } else {
            format!(" in namespace {}", access.namespace)
        };
        problems.push(Problem::new(
            format!(
                "you may not {} {}{place} in the cluster",
                access.verb, access.resource
            ),
            "use the credentials of a cluster administrator",
        ));
    }
    let path = facts
        .kustomization
        .as_ref()
        .map(|object| object.text("/spec/path"));
    if let Some(path) = path.filter(|path| !request.path.is(path)) {
        problems.push(Problem::new(
            format!(
                "sync path configuration ({}) would overwrite path ({path}) of existing Kustomization {1}/{1}",
                request.path, request.namespace
            ),
            format!("use `--path={path}`, or another namespace"),
        ));
    }
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

    #[test]
    fn tells_all_problems_at_once() {
        let refused = Refused(vec![
            Problem::new("one", "do this"),
            Problem::new("two", "do this"),
        ]);
        assert_eq!(
            refused.to_string(),
            "2 things stand in the way of the bootstrap; nothing was changed\n  - one\n  - two"
        );
        assert_eq!(refused.hint().unwrap(), "do this");
    }
}
