//! What a controller means by a reason and a message (pure).

use super::chain::CauseKind;
use super::excerpt::missing_reference;

/// Words that stand for causes of sources, most telling first.
///
/// From the messages of source-controller, image-reflector-controller and the Git and registry libraries in them.
const SOURCE_WORDS: &[(CauseKind, &[&str])] = &[
    (
        CauseKind::Verification,
        &[
            "signature verification",
            "verify signature",
            "failed to verify",
        ],
    ),
    (
        CauseKind::Chart,
        &[
            "invalid chart reference",
            "chart version for remote reference",
            "no chart name found",
            "no chart version found",
            "chart name is invalid",
            "chart metadata is missing",
        ],
    ),
    (
        CauseKind::Authentication,
        &[
            "authentication required",
            "authentication failed",
            "authorization failed",
            "unauthorized",
            "401",
            "403",
            "forbidden",
            "access denied",
            "permission denied",
            "invalid credentials",
            "unable to authenticate",
            "handshake failed: ssh",
            "unable to construct auth method",
            "knownhosts: key",
            "denied:",
        ],
    ),
    (
        CauseKind::Revision,
        &[
            "couldn't find remote ref",
            "reference not found",
            "unable to resolve commit",
            "no match found for semver",
            "object not found",
            "manifest_unknown",
            "manifest unknown",
            "unable to find",
        ],
    ),
    (
        CauseKind::Url,
        &[
            "no such host",
            "connection refused",
            "connection reset",
            "server misbehaving",
            "network is unreachable",
            "dial tcp",
            "i/o timeout",
            "deadline exceeded",
            "repository not found",
            "name_unknown",
            "404",
            "x509",
            "unsupported protocol scheme",
            "invalid url",
            "failed to parse url",
            "http response to https client",
            "not a valid",
        ],
    ),
];

/// Words of an API server that will not change a field.
const IMMUTABLE: &[&str] = &[
    "field is immutable",
    "is immutable",
    "may not be changed",
    "may not change once set",
    "cannot be changed",
    "updates to statefulset spec for fields other than",
];

/// Words of a chart or of values that do not fit each other.
const VALUES: &[&str] = &[
    "values don't meet the specifications",
    "execution error at",
    "nil pointer evaluating",
    "could not resolve",
    "chart values reference",
    "error converting yaml",
    "cannot unmarshal",
    "valuesfrom",
    "unable to merge values",
    "can't evaluate field",
    "wrong type for value",
];

/// Words of a client that does not get through to an API server: of a Kustomization with a kubeconfig of its own.
const UNREACHED: &[&str] = &[
    "failed to get server groups",
    "failed to get api group resources",
    "unable to build kubeconfig",
];

/// Words for something that did not get healthy in time.
const WAITING: &[&str] = &[
    "timeout waiting for",
    "health check failed",
    "timed out waiting",
    "context deadline exceeded",
    "failed early due to stalled resources",
    "resource not ready",
];

/// Says what an object's own controller names as the cause.
pub fn classify(kind: &str, reason: &str, message: &str) -> CauseKind {
    let text = message.to_lowercase();
    if missing_reference(message).is_some() || lacks_a_key(&text) {
        return CauseKind::Reference;
    }
    match kind {
        "Kustomization" => of_kustomization(reason, &text),
        "HelmRelease" => of_release(reason, &text),
        "ImagePolicy" if text.contains("not been scanned") => CauseKind::InProgress,
        "ImagePolicy" if contains(&text, &["invalid policy", "invalid filter"]) => CauseKind::Other,
        "ImagePolicy" => CauseKind::ImagePolicy,
        "ImageUpdateAutomation" if text.contains("walking path for files") => CauseKind::Path,
        "GitRepository"
        | "OCIRepository"
        | "HelmRepository"
        | "Bucket"
        | "HelmChart"
        | "ImageRepository"
        | "ImageUpdateAutomation" => of_source(reason, &text),
        _ => CauseKind::Other,
    }
}

fn of_source(reason: &str, text: &str) -> CauseKind {
    let said = SOURCE_WORDS
        .iter()
        .find(|(_, words)| contains(text, words))
        .map(|(cause, _)| *cause);
    said.unwrap_or(match reason {
        "AuthenticationFailed" => CauseKind::Authentication,
        "URLInvalid" => CauseKind::Url,
        "VerificationError" => CauseKind::Verification,
        _ => CauseKind::Source,
    })
}

fn of_kustomization(reason: &str, text: &str) -> CauseKind {
    if text.contains("path not found") {
        return CauseKind::Path;
    }
    if text.contains("decrypt") || text.contains("sops") {
        return CauseKind::Decryption;
    }
    match reason {
        "BuildFailed" => CauseKind::Build,
        "HealthCheckFailed" => CauseKind::Health,
        "ArtifactFailed" => CauseKind::Source,
        "DependencyNotReady" => CauseKind::Dependency,
        "ReconciliationFailed" | "PruneFailed" => of_writes(text).unwrap_or(CauseKind::Apply),
        _ if contains(text, WAITING) => CauseKind::Health,
        _ => CauseKind::Other,
    }
}

fn of_release(reason: &str, text: &str) -> CauseKind {
    if reason == "ValuesError" || contains(text, VALUES) {
        return CauseKind::Values;
    }
    match reason {
        "DependencyNotReady" => CauseKind::Dependency,
        "SourceNotReady" | "ArtifactFailed" => CauseKind::Source,
        _ => match of_writes(text) {
            Some(cause) => cause,
            None if contains(text, WAITING) => CauseKind::Health,
            None => CauseKind::Release,
        },
    }
}

/// Says why the API server would not take a write, where the message tells.
fn of_writes(text: &str) -> Option<CauseKind> {
    let by_policy = [
        "exceeded quota",
        "violates podsecurity",
        "admission webhook",
    ];
    if contains(text, UNREACHED) {
        Some(CauseKind::Url)
    } else if contains(text, IMMUTABLE) {
        Some(CauseKind::Immutable)
    } else if text.contains("no matches for kind") {
        Some(CauseKind::KindMissing)
    } else if contains(text, &by_policy) {
        Some(CauseKind::Apply)
    } else if text.contains("forbidden") || text.contains("cannot impersonate") {
        Some(CauseKind::Forbidden)
    } else {
        None
    }
}

fn contains(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

fn lacks_a_key(text: &str) -> bool {
    let about_data = text.contains("secret") || text.contains("configmap");
    about_data
        && contains(
            text,
            &[
                "missing key",
                "key not found",
                "no such key",
                "does not contain",
                "required fields",
                "missing from",
                "must contain",
            ],
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "it is a list of what controllers say"
    )]
    fn controllers_are_understood() {
        use CauseKind as C;
        let cases = [
            (
                "GitRepository",
                "GitOperationFailed",
                "unable to list remote for 'http://x': authentication required: who are you?",
                C::Authentication,
            ),
            (
                "GitRepository",
                "GitOperationFailed",
                "unable to construct auth method with options: ssh: no key found",
                C::Authentication,
            ),
            (
                "GitRepository",
                "GitOperationFailed",
                "unable to clone 'http://x': repository not found",
                C::Url,
            ),
            (
                "GitRepository",
                "GitOperationFailed",
                "couldn't find remote ref \"refs/heads/nope\"",
                C::Revision,
            ),
            (
                "GitRepository",
                "AuthenticationFailed",
                "failed to get secret 'a/b': secrets \"b\" not found",
                C::Reference,
            ),
            (
                "OCIRepository",
                "OCIPullFailed",
                "GET http://r/v2/none/manifests/v1: MANIFEST_UNKNOWN: manifest unknown",
                C::Revision,
            ),
            (
                "Kustomization",
                "ArtifactFailed",
                "kustomization path not found: stat /tmp/x/nope: no such file or directory",
                C::Path,
            ),
            (
                "Kustomization",
                "BuildFailed",
                "accumulating resources: open x.yaml: no such file or directory",
                C::Build,
            ),
            (
                "Kustomization",
                "BuildFailed",
                "substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found",
                C::Reference,
            ),
            (
                "Kustomization",
                "ReconciliationFailed",
                "ConfigMap/a/b dry-run failed (Forbidden): configmaps \"b\" is forbidden: User \"u\" cannot patch resource",
                C::Forbidden,
            ),
            (
                "Kustomization",
                "ReconciliationFailed",
                "Deployment/a/b dry-run failed (Invalid): spec.selector: Invalid value: field is immutable",
                C::Immutable,
            ),
            (
                "Kustomization",
                "ReconciliationFailed",
                "Foo/a dry-run failed: no matches for kind \"Foo\" in version \"x/v1\"",
                C::KindMissing,
            ),
            (
                "Kustomization",
                "ReconciliationFailed",
                "Pod/a dry-run failed (Forbidden): exceeded quota: q",
                C::Apply,
            ),
            (
                "Kustomization",
                "HealthCheckFailed",
                "health check failed after 1s",
                C::Health,
            ),
            (
                "HelmRelease",
                "InstallFailed",
                "values don't meet the specifications of the schema(s)",
                C::Values,
            ),
            (
                "HelmRelease",
                "InstallFailed",
                "Helm install failed: context deadline exceeded",
                C::Health,
            ),
            ("HelmRelease", "TestFailed", "pod x failed", C::Release),
            (
                "HelmChart",
                "InvalidChartReference",
                "invalid chart reference: stat /tmp/nope: no such file",
                C::Chart,
            ),
            (
                "ImagePolicy",
                "Failed",
                "cannot determine latest tag for policy",
                C::ImagePolicy,
            ),
            (
                "ImagePolicy",
                "InvalidPolicy",
                "invalid policy: improper constraint: \"abc\"",
                C::Other,
            ),
            (
                "ImageUpdateAutomation",
                "UpdateFailed",
                "failed to apply policies: walking path for files: lstat /tmp/x/zzz: no such file or directory",
                C::Path,
            ),
            (
                "Kustomization",
                "ReconciliationFailed",
                "ConfigMap/a/b dry-run failed: failed to get server groups: Get \"https://x/api\": x509",
                C::Url,
            ),
            (
                "HelmRelease",
                "InstallFailed",
                "server-side apply failed for object a/b: namespaces \"a\" not found",
                C::Reference,
            ),
            ("Receiver", "Whatever", "something", C::Other),
        ];
        for (kind, reason, message, wanted) in cases {
            assert_eq!(classify(kind, reason, message), wanted, "{kind} {message}");
        }
    }
}
