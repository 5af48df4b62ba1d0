//! What is said of an object whose cause lies in itself.

use super::blame::{is_current, told};
use super::chain::{CauseKind, Verdict};
use super::excerpt::brief;
use super::facts::FluxObject;
use super::message::classify;
use super::next::step;
use super::walk::Walk;
use crate::api::{SUSPEND_REASON, SUSPEND_UNTIL};
use crate::manifest::ObjectId;

impl Walk<'_> {
    pub(super) fn cycle(&self, id: &ObjectId) -> Verdict {
        let start = self
            .visited
            .iter()
            .position(|seen| seen == id)
            .unwrap_or_default();
        let mut ids: Vec<&ObjectId> = self.visited[start..].iter().collect();
        // The circle is told alike wherever it was entered.
        let smallest = (0..ids.len()).min_by_key(|place| ids[*place]);
        ids.rotate_left(smallest.unwrap_or_default());
        let round = ids.iter().chain(ids.first());
        let names: Vec<String> = round.map(ToString::to_string).collect();
        let word = id.kind.to_lowercase();
        let next = step(
            "take one of the references out of spec.dependsOn",
            format!(
                "{} deps {word}/{} -n {}",
                self.steps.program, id.name, id.namespace
            ),
        );
        let message = format!("they wait for each other: {}", names.join(" → "));
        Verdict::new(CauseKind::Cycle, message, Some(next))
    }

    pub(super) fn suspended(&self, found: &FluxObject) -> Verdict {
        let annotations = found.object.get("/metadata/annotations");
        let said = |key: &str| annotations.and_then(|all| all.get(key)?.as_str());
        let until = said(SUSPEND_UNTIL).map_or_else(String::new, |until| format!(" until {until}"));
        let reason = said(SUSPEND_REASON).map_or_else(String::new, |reason| format!(": {reason}"));
        let message = format!("{} is suspended{until}{reason}", found.object.id());
        let next = self
            .steps
            .own("let it go on", "resume", found.kind, &found.object);
        Verdict::new(CauseKind::Suspended, message, Some(next))
    }

    pub(super) fn terminating(&self, found: &FluxObject) -> Verdict {
        let message = format!(
            "{} is being deleted, and waits for its finalizers",
            found.object.id()
        );
        let next = step(
            "see what its controller says",
            format!(
                "{} events --for {}/{} -n {}",
                self.steps.program,
                found.kind.name,
                found.object.name(),
                found.object.namespace()
            ),
        );
        Verdict::new(CauseKind::Terminating, message, Some(next))
    }

    /// Looks whether the controller of an object runs; that the cluster has none counts for what nobody has seen.
    pub(super) fn unseen(&self, found: &FluxObject) -> Verdict {
        let (_, message) = told(&found.row);
        let id = found.object.id();
        if is_current(&found.row) && !message.is_empty() {
            let next = step(
                "watch it",
                format!(
                    "{} get {} {} -n {} --watch",
                    self.steps.program,
                    found.kind.plural_words.join(" "),
                    found.object.name(),
                    found.object.namespace()
                ),
            );
            let message = format!("{id} is under way: {}", brief(message));
            return Verdict::new(CauseKind::InProgress, message, Some(next));
        }
        let message = format!(
            "{id} has generation {}, and its controller has seen {}",
            found.row.metadata.generation,
            match found.row.status.observed_generation {
                ..=0 => "none".to_owned(),
                seen => seen.to_string(),
            }
        );
        let next = self.steps.own(
            "ask its controller to look at it",
            "reconcile",
            found.kind,
            &found.object,
        );
        Verdict::new(CauseKind::NotObserved, message, Some(next))
    }

    /// Takes the words of an object's own controller for the cause.
    pub(super) fn own(&self, found: &FluxObject) -> Verdict {
        let (reason, message) = told(&found.row);
        let cause = classify(found.kind.name, reason, message);
        let next = self.steps.about(cause, found.kind, &found.object, message);
        let what = match cause {
            CauseKind::Url if found.is_elsewhere() => "the other cluster cannot be reached: ",
            cause => words(cause),
        };
        let message = format!("{}: {what}{}", found.object.id(), brief(message));
        Verdict::new(cause, message, Some(next))
    }
}

/// Says in a few words what sort of cause it is, before the words of the controller.
const fn words(cause: CauseKind) -> &'static str {
    match cause {
        CauseKind::Reference => "what it refers to is missing: ",
        CauseKind::Url => "its address cannot be reached: ",
        CauseKind::Authentication => "its credentials are refused: ",
        CauseKind::Revision => "the wanted revision does not exist: ",
        CauseKind::Verification => "its content cannot be verified: ",
        CauseKind::Source => "its source cannot be fetched: ",
        CauseKind::Path => "the path is not in the source: ",
        CauseKind::Build => "the manifests cannot be built: ",
        CauseKind::Decryption => "the manifests cannot be decrypted: ",
        CauseKind::Forbidden => "it may not apply this: ",
        CauseKind::Immutable => "a field cannot be changed: ",
        CauseKind::Apply => "the API server refuses this: ",
        CauseKind::KindMissing => "the cluster does not know a kind: ",
        CauseKind::Chart => "the chart is not found: ",
        CauseKind::Values => "the values do not fit: ",
        CauseKind::Release => "the release failed: ",
        CauseKind::ImagePolicy => "no tag fits the policy: ",
        _ => "",
    }
}
