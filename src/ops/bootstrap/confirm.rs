//! Wait until the cluster follows the repository: source, Kustomization and controllers side by side.

use serde_json::json;

use super::super::check::{Readiness, judge_deployment};
use super::super::install::tell_readiness;
use super::super::waiting::{finished, wait_all};
use super::act::Run;
use crate::api::{Kind, row_of};
use crate::cluster::{Address, Resource, Verdict, Waited};
use crate::env;
use crate::error::{Blame, Failure};
use crate::manifest::Object;

/// What is known while the two objects are waited for.
struct Expected {
    /// The revision that the Kustomization must apply: ours, or the newer one that the source has.
    revision: String,
    /// When we asked for a reconciliation.
    requested: String,
}

impl Run<'_> {
    /// Waits for source, Kustomization and controllers, and says of each how it is.
    pub async fn confirm(&self) -> Result<(), Failure> {
        let namespace = self.request.namespace.as_str();
        let (source, kustomization) = (
            self.address("GitRepository")?,
            self.address("Kustomization")?,
        );
        let names = self.component_names();
        let mut addresses = vec![source.clone(), kustomization.clone()];
        addresses.extend(
            names
                .iter()
                .map(|name| Resource::DEPLOYMENT.at(namespace, name)),
        );
        self.ui.waiting(format_args!(
            "waiting for GitRepository \"{namespace}/{namespace}\" to be reconciled"
        ));
        let mut expected = self.expect(&source, &kustomization).await?;
        let judge = |address: &Address, object: Option<&Object>| {
            if *address == source {
                judge_source(object, &mut expected)
            } else if *address == kustomization {
                judge_kustomization(object, &expected)
            } else {
                judge_deployment(object)
            }
        };
        let waited = wait_all(self.cluster, self.ui, &addresses, judge).await?;
        self.tell(waited, &names)
    }

    /// Waits for the controllers alone, where the repository has not yet what the cluster is to follow.
    pub async fn confirm_components(&self) -> Result<(), Failure> {
        let names = self.component_names();
        let addresses: Vec<Address> = names
            .iter()
            .map(|name| Resource::DEPLOYMENT.at(&self.request.namespace, name))
            .collect();
        let judge = |_: &Address, object: Option<&Object>| judge_deployment(object);
        let waited = wait_all(self.cluster, self.ui, &addresses, judge).await?;
        match self.tell_components(waited, &names) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn component_names(&self) -> Vec<&'static str> {
        let components = &self.request.manifests.options.components;
        let mut names: Vec<&str> = components.iter().map(|component| component.name).collect();
        names.sort_unstable();
        names
    }

    /// Says of each controller how it is; returns the failure if one is not ready.
    fn tell_components(
        &self,
        waited: impl IntoIterator<Item = Waited>,
        names: &[&str],
    ) -> Option<Failure> {
        self.ui.action("confirming components are healthy");
        let readiness: Vec<Readiness> = waited.into_iter().map(Readiness::from).collect();
        if tell_readiness(self.ui, names, &readiness) {
            self.ui.success("all components are healthy");
            return None;
        }
        Some(Failure::blaming(
            Blame::Timeout,
            "components failed to become ready",
        ))
    }

    fn address(&self, kind: &str) -> Result<Address, Failure> {
        let namespace = &self.request.namespace;
        let kind = Kind::named(kind)
            .ok_or_else(|| Failure::blaming(Blame::Bug, format!("there is no kind {kind}")))?;
        Ok(Resource::from(kind).at(namespace, namespace))
    }

    /// Says which revision is expected, and asks both controllers to look now unless they have it already.
    async fn expect(&self, source: &Address, kustomization: &Address) -> Result<Expected, Failure> {
        let head = self.facts.copy.as_ref().and_then(|copy| copy.clone.head());
        let head = head.ok_or_else(|| Failure::blaming(Blame::Bug, "nothing was committed"))?;
        let revision = format!("{}@sha1:{head}", self.request.branch);
        let mut expected = Expected {
            revision,
            requested: String::new(),
        };
        let (one, other) = (
            self.cluster.get(source).await?,
            self.cluster.get(kustomization).await?,
        );
        let is_done = matches!(judge_source(one.as_ref(), &mut expected), Verdict::Done(_))
            && matches!(
                judge_kustomization(other.as_ref(), &expected),
                Verdict::Done(_)
            );
        if !is_done {
            expected.requested = env::now().to_string();
            let annotation = json!({ "reconcile.fluxcd.io/requestedAt": expected.requested });
            let patch = json!({ "metadata": { "annotations": annotation } });
            self.cluster.merge(source, &patch).await?;
            self.cluster.merge(kustomization, &patch).await?;
        }
        Ok(expected)
    }

    /// Says how each wait ended, in the order of the work; all that failed is told, the first is the failure.
    fn tell(&self, waited: Vec<Waited>, names: &[&str]) -> Result<(), Failure> {
        let mut waited = waited.into_iter();
        let mut failures = Vec::new();
        for kind in ["GitRepository", "Kustomization"] {
            if kind == "Kustomization" {
                let namespace = &self.request.namespace;
                self.ui.waiting(format_args!(
                    "waiting for Kustomization \"{namespace}/{namespace}\" to be reconciled"
                ));
            }
            match waited.next().map(finished) {
                Some(Err(failure)) => {
                    self.ui.failure(&failure);
                    failures.push(failure);
                }
                _ => self
                    .ui
                    .success(format_args!("{kind} reconciled successfully")),
            }
        }
        failures.extend(self.tell_components(waited, names));
        let count = failures.len();
        let Some(first) = failures.into_iter().next() else {
            return Ok(());
        };
        let mut failure = Failure::blaming(
            first.blame(),
            format!("bootstrap failed with {count} health check failure(s): {first}"),
        );
        for hint in first.hints() {
            failure = failure.with_hint(hint.clone());
        }
        Err(failure.with_hint(
            "what is committed and applied stays: correct the cause and run the same command again",
        ))
    }
}

/// Judges what holds for both: not suspended, seen as it is now, and ready; `ready` says the rest.
fn judge(
    object: Option<&Object>,
    expected: &Expected,
    ready: impl FnOnce(&Object) -> Verdict,
) -> Verdict {
    let Some(object) = object else {
        return Verdict::Waiting("it does not exist yet".into());
    };
    let row = row_of(object.value());
    if row.spec.suspend {
        return Verdict::Failed(format!("{} is suspended", object.id()));
    }
    let Some(condition) = row.condition("Ready") else {
        return Verdict::Waiting("its controller has not looked at it yet".into());
    };
    if row.status.observed_generation != row.metadata.generation {
        return Verdict::Waiting(condition.message.clone());
    }
    let answered =
        expected.requested.is_empty() || row.status.last_handled_reconcile_at == expected.requested;
    match condition.status.as_str() {
        "True" => ready(object),
        // An answer from before our request may be about what we have just put right.
        "False" if answered => Verdict::Failed(condition.message.clone()),
        _ => Verdict::Waiting(condition.message.clone()),
    }
}

/// The source is there when it has our revision, or what it found after we asked: somebody pushed meanwhile.
fn judge_source(object: Option<&Object>, expected: &mut Expected) -> Verdict {
    let mut found = None;
    let verdict = judge(object, expected, |object| {
        let revision = object.text("/status/artifact/revision").to_owned();
        let is_newer = !expected.requested.is_empty()
            && object.text("/status/lastHandledReconcileAt") == expected.requested;
        if revision != expected.revision && !is_newer {
            return Verdict::Waiting(format!("it has {revision}, not yet {}", expected.revision));
        }
        found = Some(revision.clone());
        Verdict::Done(revision)
    });
    if let Some(revision) = found {
        expected.revision = revision;
    }
    verdict
}

fn judge_kustomization(object: Option<&Object>, expected: &Expected) -> Verdict {
    let attempted = object.map(|object| object.text("/status/lastAttemptedRevision").to_owned());
    let verdict = judge(object, expected, |object| {
        let applied = object.text("/status/lastAppliedRevision");
        if applied != expected.revision {
            return Verdict::Waiting(format!(
                "it has applied {applied}, not yet {}",
                expected.revision
            ));
        }
        Verdict::Done(applied.to_owned())
    });
    match verdict {
        // A failure on another revision, or before the source was there, is not the end.
        Verdict::Failed(why)
            if attempted.as_ref() != Some(&expected.revision) && !why.ends_with("is suspended") =>
        {
            Verdict::Waiting(why)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, requested: &str, status: &serde_json::Value) -> Object {
        Object::new(json!({
            "apiVersion": "x/v1", "kind": kind,
            "metadata": {"name": "a", "namespace": "a", "generation": 1,
                "annotations": {"reconcile.fluxcd.io/requestedAt": requested}},
            "spec": {}, "status": status,
        }))
        .unwrap()
    }

    fn expected(requested: &str) -> Expected {
        Expected {
            revision: "main@sha1:aa".into(),
            requested: requested.into(),
        }
    }

    #[test]
    fn an_old_failure_is_not_the_end() {
        let status = json!({"observedGeneration": 1, "lastHandledReconcileAt": "then",
            "conditions": [{"type": "Ready", "status": "False", "message": "bad key"}]});
        let source = object("GitRepository", "now", &status);
        assert_eq!(
            judge_source(Some(&source), &mut expected("now")),
            Verdict::Waiting("bad key".into())
        );
        assert_eq!(
            judge_source(Some(&source), &mut expected("then")),
            Verdict::Failed("bad key".into())
        );
    }

    #[test]
    fn a_newer_revision_counts_when_it_was_found_after_the_request() {
        let status = json!({"observedGeneration": 1, "lastHandledReconcileAt": "now",
            "artifact": {"revision": "main@sha1:bb"},
            "conditions": [{"type": "Ready", "status": "True", "message": "stored"}]});
        let source = object("GitRepository", "now", &status);
        let mut expected_now = expected("now");
        assert_eq!(
            judge_source(Some(&source), &mut expected_now),
            Verdict::Done("main@sha1:bb".into())
        );
        assert_eq!(expected_now.revision, "main@sha1:bb");
        assert!(matches!(
            judge_source(Some(&source), &mut expected("later")),
            Verdict::Waiting(_)
        ));
    }

    #[test]
    fn a_kustomization_fails_only_on_the_expected_revision() {
        let failing = |attempted: &str| {
            let status = json!({"observedGeneration": 1, "lastHandledReconcileAt": "now", "lastAttemptedRevision": attempted,
                "conditions": [{"type": "Ready", "status": "False", "message": "no"}]});
            judge_kustomization(
                Some(&object("Kustomization", "now", &status)),
                &expected("now"),
            )
        };
        assert_eq!(failing("main@sha1:aa"), Verdict::Failed("no".into()));
        assert_eq!(failing("main@sha1:00"), Verdict::Waiting("no".into()));
    }
}
