//! The one next step for a cause (pure).

use serde_json::Value;

use super::chain::{CauseKind, NextStep};
use super::excerpt::{missing_reference, refusal, refused_object};
use crate::api::Kind;
use crate::manifest::Object;

/// Makes commands as people would type them.
#[derive(Clone, Copy)]
pub struct Steps<'a> {
    /// The name by which this program was called.
    pub program: &'a str,
}

impl Steps<'_> {
    /// Makes a step from words for the program itself, about an object.
    pub fn own(self, advice: &str, verb: &str, kind: &Kind, object: &Object) -> NextStep {
        let words = kind.words.join(" ");
        step(
            advice,
            format!(
                "{} {verb} {words} {} -n {}",
                self.program,
                object.name(),
                object.namespace()
            ),
        )
    }

    /// Says what to do about a cause that an object's own controller names.
    pub fn about(self, cause: CauseKind, kind: &Kind, object: &Object, message: &str) -> NextStep {
        let (name, namespace) = (object.name(), object.namespace());
        let program = self.program;
        match cause {
            CauseKind::Reference => reference(object, message)
                .unwrap_or_else(|| self.again("add the key that is missing, then", kind, object)),
            CauseKind::Url => self.reach(kind, object),
            CauseKind::Authentication => authentication(object),
            CauseKind::Revision => self.revision(kind, object),
            CauseKind::Forbidden => refused(message)
                .unwrap_or_else(|| self.again("give it the right, then", kind, object)),
            CauseKind::Immutable => immutable(message)
                .unwrap_or_else(|| self.again("delete the old object, then", kind, object)),
            CauseKind::Values => step(
                "look at the values that it gets",
                format!("{program} debug helmrelease {name} -n {namespace} --show-values"),
            ),
            CauseKind::ImagePolicy => policy(program, object),
            CauseKind::Health | CauseKind::Release => step(
                "see what happened",
                format!("{program} events --for {}/{name} -n {namespace}", kind.name),
            ),
            _ => self.again(remedy(cause, object).as_str(), kind, object),
        }
    }

    /// Makes the step that asks for another reconciliation.
    pub fn again(self, advice: &str, kind: &Kind, object: &Object) -> NextStep {
        let mut step = self.own(advice, "reconcile", kind, object);
        if kind.source.is_some() {
            step.command.push_str(" --with-source");
        }
        step
    }

    fn reach(self, kind: &Kind, object: &Object) -> NextStep {
        let url = object.text("/spec/url");
        let advice = "see whether the address answers";
        match kind.name {
            "GitRepository" => step(advice, format!("git ls-remote {url}")),
            "HelmRepository" if !url.starts_with("oci://") => step(
                advice,
                format!("curl -fsSI {}/index.yaml", url.trim_end_matches('/')),
            ),
            "ImageRepository" => {
                let image = object.text("/spec/image");
                let (host, path) = image.split_once('/').unwrap_or((image, ""));
                let scheme = match object.get("/spec/insecure") {
                    Some(Value::Bool(true)) => "http",
                    _ => "https",
                };
                step(
                    advice,
                    format!("curl -sSi {scheme}://{host}/v2/{path}/tags/list"),
                )
            }
            _ if object.get("/spec/kubeConfig").is_some() => self.again(
                "see to it that the cluster of spec.kubeConfig answers, then",
                kind,
                object,
            ),
            _ => self.again("correct the address, then", kind, object),
        }
    }

    fn revision(self, kind: &Kind, object: &Object) -> NextStep {
        if kind.name == "GitRepository" {
            let url = object.text("/spec/url");
            return step(
                "see which branches and tags there are",
                format!("git ls-remote {url}"),
            );
        }
        self.again("correct spec.ref, then", kind, object)
    }
}

/// Says what has to be done before another reconciliation helps.
fn remedy(cause: CauseKind, object: &Object) -> String {
    match cause {
        CauseKind::Path if object.kind() == "ImageUpdateAutomation" => format!(
            "correct spec.update.path (`{}`), then",
            object.text("/spec/update/path")
        ),
        CauseKind::Path => format!("correct spec.path (`{}`), then", object.text("/spec/path")),
        CauseKind::Build => format!(
            "correct the manifests in `{}`, then",
            object.text("/spec/path")
        ),
        CauseKind::Decryption => "give it the key that the files were encrypted for, then".into(),
        CauseKind::Chart => "correct the name or the version of the chart, then".into(),
        CauseKind::Apply => "correct the manifest that the API server refuses, then".into(),
        CauseKind::KindMissing => "install the definition of the kind, then".into(),
        CauseKind::Verification => "check the key and the signature, then".into(),
        CauseKind::Other if object.kind() == "ImagePolicy" => "correct spec.policy, then".into(),
        _ => "once that is put right".into(),
    }
}

fn reference(object: &Object, message: &str) -> Option<NextStep> {
    let (resource, name) = missing_reference(message)?;
    let namespace = object.namespace();
    let command = match resource {
        "secret" => {
            format!("kubectl create secret generic {name} -n {namespace} --from-literal=KEY=VALUE")
        }
        "configmap" => {
            format!("kubectl create configmap {name} -n {namespace} --from-literal=KEY=VALUE")
        }
        "namespace" => format!("kubectl create namespace {name}"),
        _ => format!("kubectl create {resource} {name} -n {namespace}"),
    };
    Some(step("make it, or correct the reference", command))
}

fn authentication(object: &Object) -> NextStep {
    let namespace = object.namespace();
    match object.text("/spec/secretRef/name") {
        "" => step(
            "it has no spec.secretRef: give it one that names a Secret with credentials",
            format!(
                "kubectl edit {}.{} {} -n {namespace}",
                object.kind().to_lowercase(),
                object.group(),
                object.name()
            ),
        ),
        secret => step(
            "renew the credentials in its Secret",
            format!("kubectl edit secret {secret} -n {namespace}"),
        ),
    }
}

fn refused(message: &str) -> Option<NextStep> {
    let refusal = refusal(message)?;
    let resource = match refusal.group {
        "" => refusal.resource.to_owned(),
        group => format!("{}.{group}", refusal.resource),
    };
    let place = match refusal.namespace {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    Some(step(
        "give the account the right; this says whether it has it",
        format!(
            "kubectl auth can-i {} {resource}{place} --as={}",
            refusal.verb, refusal.user
        ),
    ))
}

fn immutable(message: &str) -> Option<NextStep> {
    let word = refused_object(message)?;
    let parts: Vec<&str> = word.split('/').collect();
    let (kind, name) = (parts.first()?, parts.last()?);
    let place = match parts.get(1).filter(|_| parts.len() == 3) {
        Some(namespace) => format!(" -n {namespace}"),
        None => String::new(),
    };
    Some(step(
        "undo the change, or let Flux delete the object and make it anew",
        format!(
            "kubectl annotate {} {name}{place} kustomize.toolkit.fluxcd.io/force=enabled",
            kind.to_lowercase()
        ),
    ))
}

fn policy(program: &str, object: &Object) -> NextStep {
    let namespace = match object.text("/spec/imageRepositoryRef/namespace") {
        "" => object.namespace(),
        namespace => namespace,
    };
    let repository = object.text("/spec/imageRepositoryRef/name");
    step(
        "see which tags there are",
        format!(
            "{program} get image repository {repository} -n {namespace} -o jsonpath='{{.status.lastScanResult.latestTags}}'"
        ),
    )
}

/// Lets a command go to the cluster of a kubeconfig context, where it asks a cluster at all.
pub fn aimed(command: &str, program: &str, context: &str) -> String {
    let word = command.split(' ').next().unwrap_or_default();
    if word != program && word != "kubectl" {
        return command.into();
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/@+=,".contains(letter);
    if !context.is_empty() && context.chars().all(is_plain) {
        return format!("{command} --context {context}");
    }
    let quoted = context.replace('\'', "'\\''");
    format!("{command} --context '{quoted}'")
}

/// Makes a step.
pub fn step(advice: &str, command: impl Into<String>) -> NextStep {
    NextStep {
        advice: advice.into(),
        command: command.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_go_to_the_cluster_that_was_asked() {
        let command = |command: &str, context: &str| aimed(command, "gitops", context);
        assert_eq!(
            command("gitops check", "kind@a:1/b"),
            "gitops check --context kind@a:1/b"
        );
        assert_eq!(
            command("kubectl get pods -n a", "it's"),
            "kubectl get pods -n a --context 'it'\\''s'"
        );
        assert_eq!(command("git ls-remote x", "a"), "git ls-remote x");
    }
}
