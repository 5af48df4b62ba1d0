//! Builds one Kustomization, and turns what goes wrong into findings.

use std::collections::BTreeSet;

use super::super::decrypt::Decryptor;
use super::super::kustomization::{Place, RenderError, finish};
use super::super::rules::Ignored;
use super::super::variables::{Variables, VariablesError, takes_variables};
use super::finding::{Finding, Severity};
use super::outcome::Outcome;
use super::place;
use super::task::{Needs, Task};
use super::watched::Watched;
use crate::error::Failure;
use crate::kustomize::Unset;
use crate::kustomize::load::Remote;
use crate::manifest::Object;

/// What builds have beside the files.
pub struct Means<'a> {
    /// What a variable without a value is.
    pub unset: Unset,
    /// The way to remote bases; without one they are refused.
    pub remote: Option<&'a dyn Remote>,
    /// The keys for what is encrypted.
    pub decryptor: Decryptor,
}

/// Builds a Kustomization; a failure is a finding of the outcome.
///
/// What is encrypted is opened as far as there are keys; the decryptor then knows what must not be shown.
pub fn build(task: &Task, needs: &Needs, means: &mut Means<'_>) -> Outcome {
    let mut outcome = Outcome {
        is_passing: needs.referred.holds_secrets,
        ..Outcome::default()
    };
    if let Err(finding) = build_into(&mut outcome, task, needs, means) {
        outcome.findings.push(*finding);
        outcome.objects.clear();
    }
    let decryptor = &means.decryptor;
    outcome.is_passing |= decryptor.has_opened() || decryptor.left().next().is_some();
    outcome
}

fn build_into(
    outcome: &mut Outcome,
    task: &Task,
    needs: &Needs,
    means: &mut Means<'_>,
) -> Result<(), Box<Finding>> {
    let directory = task.directory();
    let files = &*needs.artifact;
    let failed = |error: Failure| {
        let message = told(&error);
        let hint = error.hints().first().cloned().unwrap_or_default();
        let place = place::of_message(files, &directory, &message);
        let finding = Finding::new(Severity::Error, &task.owner, message);
        Box::new(finding.with_hint(hint).at(place))
    };
    let remote = means.remote.map(Watched::new);
    let place = Place {
        files,
        directory: &directory,
        remote: remote.as_ref().map(|remote| remote as &dyn Remote),
    };
    // What a source leaves out was left out before.
    let built = place.build_with(&task.recipe, &Ignored::default(), &mut means.decryptor);
    // What is elsewhere may change without a trace in the repository.
    outcome.is_passing |= remote.is_some_and(|remote| remote.is_used());
    let built = built.map_err(|error| failed(error.into()))?;
    let read = built.files_read.iter();
    outcome.files = read.map(|path| place::shown(path)).collect();
    let warnings = built.warnings.iter().map(|warning| {
        let place = place::of_message(files, &directory, warning);
        Finding::new(Severity::Warning, &task.owner, warning.trim()).at(place)
    });
    outcome.findings.extend(warnings);
    let objects = built.objects();
    let mut objects = objects.map_err(|error| failed(Failure::from(error)))?;
    let opened = means.decryptor.open_objects(&mut objects, &task.recipe);
    opened.map_err(|error| failed(error.into()))?;
    let unset = put_variables(&mut objects, task, needs, means.unset);
    let unset = unset.map_err(|error| failed(Failure::from(error)))?;
    let unset = unset.iter().map(|name| {
        let place = place::of_text(files, &outcome.files, &format!("${{{name}"));
        let message = format!("the variable `{name}` is not set and has no default");
        let hint = format!("set it in `spec.postBuild`, or give it a default: `${{{name}:=…}}`");
        Finding::new(Severity::Warning, &task.owner, message)
            .with_hint(hint)
            .at(place)
    });
    outcome.findings.extend(unset);
    finish(&mut objects, &task.recipe).map_err(|error: RenderError| failed(error.into()))?;
    outcome.objects = objects;
    Ok(())
}

/// Returns message and causes in one line, each thing once.
fn told(failure: &Failure) -> String {
    let causes = failure.causes();
    causes.iter().fold(failure.to_string(), |text, cause| {
        if text.contains(cause) {
            text
        } else {
            format!("{text}: {cause}")
        }
    })
}

/// Puts the variables into objects; returns the names of those that have neither a value nor a default.
fn put_variables(
    objects: &mut [Object],
    task: &Task,
    needs: &Needs,
    unset: Unset,
) -> Result<BTreeSet<String>, VariablesError> {
    let mut names = BTreeSet::new();
    let Some(post_build) = &task.recipe.spec.post_build else {
        return Ok(names);
    };
    let referred = &needs.referred;
    let strict = Variables::new(post_build, referred.values.clone(), Unset::Refused);
    for object in objects.iter_mut().filter(|object| takes_variables(object)) {
        let mut variables = strict.clone();
        while let Err(error) = variables.put_into(std::slice::from_mut(object)) {
            let Some(name) = error.unset() else {
                return Err(error);
            };
            let name = name.to_owned();
            let value = if !referred.missing.is_empty() {
                // It may be one of those that are not known here, so that it stays as it is.
                format!("${{{name}}}")
            } else if unset == Unset::Refused {
                return Err(error);
            } else {
                names.insert(name.clone());
                String::new()
            };
            variables = variables.with(&name, value);
        }
    }
    Ok(names)
}
