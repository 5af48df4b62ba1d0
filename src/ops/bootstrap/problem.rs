//! What stands in the way of a bootstrap: all of it at once, each with its remedy.

use std::fmt;

use super::facts::{ClusterFacts, Facts, HostFacts};
use super::files::Files;
use super::folder::{Folder, FolderError};
use super::request::{Delivery, Hosted, Request};
use crate::error::{Explain, Failure};
use crate::hosting::{OwnerState, Permission, Repository};

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

/// Refuses a bootstrap that can't succeed, with everything that stands in its way.
pub fn refuse(request: &Request, facts: &Facts, files: &Files) -> Result<(), Failure> {
    let problems = problems(request, facts, files)?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(Refused(problems).into())
}

/// Collects everything that stands in the way.
fn problems(request: &Request, facts: &Facts, files: &Files) -> Result<Vec<Problem>, Failure> {
    let mut problems = Vec::new();
    if let Some(hosted) = request.hosted() {
        host_problems(request, hosted, &facts.host, &mut problems);
    }
    cluster_problems(request, &facts.cluster, &mut problems);
    if let Some(copy) = &facts.copy {
        let changes = [files.components.clone(), files.sync.clone()];
        let folder = Folder::new(&copy.clone, request.folder(), &changes);
        if folder.has_kustomization()?
            && let Err(error) = folder.objects()
        {
            problems.push(kustomization_problem(error));
        }
    }
    Ok(problems)
}

/// Tells of a user's own kustomization that can't be built with the files that are about to be written.
fn kustomization_problem(error: FolderError) -> Problem {
    let failure = Failure::from(error);
    let remedy = failure.hints().first().cloned();
    Problem {
        message: failure.in_one_line(),
        remedy: remedy.or_else(|| Some("mend it in the repository, or remove it".into())),
    }
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
        .filter(|branch| branch.may_push == Some(false) && request.delivery == Delivery::Push)
    {
        problems.push(Problem::new(
            format!(
                "the branch {} of {name} is protected, and the token may not push to it",
                branch.name
            ),
            format!(
                "let the token's user push to {}, ask for the change with `--pull-request`, or follow another branch with `--branch`",
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
