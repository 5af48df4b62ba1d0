//! Every environment variable that gitops reads, named and documented once.

use std::ffi::OsString;

use jiff::Timestamp;

/// One environment variable.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, as Markdown; empty for a hidden one, which only tests and developers set.
    pub about: &'static str,
}

impl Variable {
    /// Returns its value; `None` where it is unset, empty or no text.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn text(&self) -> Option<String> {
        std::env::var(self.name)
            .ok()
            .filter(|value| !value.is_empty())
    }

    /// Returns its value as the system gives it, for paths; `None` where it is unset or empty.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn path(&self) -> Option<OsString> {
        std::env::var_os(self.name).filter(|value| !value.is_empty())
    }

    /// Says whether it is set to something.
    pub fn is_set(&self) -> bool {
        self.path().is_some()
    }
}

/// Makes the constants and the table of them, so that none can be left out of the table.
macro_rules! variables {
    ($($constant:ident = $name:literal, $about:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $about)]
            pub const $constant: Variable = Variable { name: $name, about: $about };
        )*
        /// All variables, in the order of the documentation.
        pub const VARIABLES: &[Variable] = &[$($constant),*];
    };
}

variables! {
    FLUX_SYSTEM_NAMESPACE = "FLUX_SYSTEM_NAMESPACE", "The namespace to work in when `-n` is not given (default `flux-system`)";
    FLUX_NS_FOLLOWS_KUBE_CONTEXT = "FLUX_NS_FOLLOWS_KUBE_CONTEXT", "Set to anything: the namespace of the kubeconfig context counts when `-n` is not given";
    KUBECONFIG = "KUBECONFIG", "Kubeconfig files, separated by `:`; missing ones are skipped";
    KUBECACHEDIR = "KUBECACHEDIR", "The folder of the discovery cache";
    GITHUB_TOKEN = "GITHUB_TOKEN", "The token of `bootstrap github`";
    GITLAB_TOKEN = "GITLAB_TOKEN", "The token of `bootstrap gitlab` and `diff branch --comment`";
    GITEA_TOKEN = "GITEA_TOKEN", "The token of `bootstrap gitea` and `diff branch --comment`";
    BITBUCKET_TOKEN = "BITBUCKET_TOKEN", "The token of `bootstrap bitbucket-server`";
    CI_SERVER_URL = "CI_SERVER_URL", "The GitLab that `diff branch --comment` writes to; GitLab CI sets it";
    CI_PROJECT_PATH = "CI_PROJECT_PATH", "The project that it writes to; GitLab CI sets it";
    CI_MERGE_REQUEST_PROJECT_PATH = "CI_MERGE_REQUEST_PROJECT_PATH", "The project that the merge request is in; GitLab CI sets it";
    CI_MERGE_REQUEST_IID = "CI_MERGE_REQUEST_IID", "The number of the merge request; GitLab CI sets it";
    CI_COMMIT_BRANCH = "CI_COMMIT_BRANCH", "The branch to look for a merge request of; GitLab CI sets it";
    GITEA_ACTIONS = "GITEA_ACTIONS", "Set by Gitea Actions: the variables with `GITHUB` in their names are Gitea's";
    GITHUB_ACTIONS = "GITHUB_ACTIONS", "Set by GitHub Actions, and by Gitea Actions too";
    GITHUB_SERVER_URL = "GITHUB_SERVER_URL", "The Gitea that `diff branch --comment` writes to; Gitea Actions sets it";
    GITHUB_REPOSITORY = "GITHUB_REPOSITORY", "The repository that it writes to; Gitea Actions sets it";
    GITHUB_REF = "GITHUB_REF", "`refs/pull/NUMBER/…`, the pull request that it writes to; Gitea Actions sets it";
    GITHUB_HEAD_REF = "GITHUB_HEAD_REF", "The branch to look for a pull request of; Gitea Actions sets it";
    GIT_PASSWORD = "GIT_PASSWORD", "The password or token of `bootstrap git`";
    AWS_ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID", "The access key that `bootstrap git` shows to AWS CodeCommit over HTTPS";
    AWS_SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY", "The secret of that key";
    AWS_SESSION_TOKEN = "AWS_SESSION_TOKEN", "The token that belongs to it where it is temporary";
    FLUX_TRIGGER_RECEIVER_OIDC_TOKEN = "FLUX_TRIGGER_RECEIVER_OIDC_TOKEN", "The token of `trigger receiver --type generic-oidc`";
    ACTIONS_ID_TOKEN_REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL", "Where `trigger receiver --oidc-provider` fetches a token; the CI system sets it";
    ACTIONS_ID_TOKEN_REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "What `trigger receiver --oidc-provider` fetches a token with; the CI system sets it";
    SOPS_AGE_KEY = "SOPS_AGE_KEY", "Identities of age that open files of SOPS";
    SOPS_AGE_KEY_FILE = "SOPS_AGE_KEY_FILE", "A file with such identities, beside `~/.config/sops/age/keys.txt`";
    SOPS_AGE_KEY_CMD = "SOPS_AGE_KEY_CMD", "A command that prints such identities; it is told for whom in `SOPS_AGE_RECIPIENT`";
    SOPS_AGE_SSH_PRIVATE_KEY_FILE = "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "An SSH key that age uses, beside `~/.ssh/id_ed25519` and `~/.ssh/id_rsa`";
    SOPS_AGE_SSH_PRIVATE_KEY_CMD = "SOPS_AGE_SSH_PRIVATE_KEY_CMD", "A command that prints such a key";
    SOPS_GPG_EXEC = "SOPS_GPG_EXEC", "The program to ask for OpenPGP keys in place of `gpg`; to set it is to ask it";
    SSH_AUTH_SOCK = "SSH_AUTH_SOCK", "The socket of the SSH agent that Git over SSH asks for keys";
    SSH_KNOWN_HOSTS = "SSH_KNOWN_HOSTS", "A `known_hosts` file to read in place of the user's own";
    HTTPS_PROXY = "HTTPS_PROXY", "The proxy for HTTPS requests (`https_proxy` counts too)";
    HTTPS_PROXY_LOWER = "https_proxy", "";
    HTTP_PROXY = "HTTP_PROXY", "The proxy for HTTP requests (`http_proxy` counts too)";
    HTTP_PROXY_LOWER = "http_proxy", "";
    NO_PROXY = "NO_PROXY", "Hosts that are reached without a proxy, separated by commas (`no_proxy` counts too)";
    NO_PROXY_LOWER = "no_proxy", "";
    KUBERNETES_SERVICE_HOST = "KUBERNETES_SERVICE_HOST", "Set inside a cluster: with no kubeconfig, the pod's own service account is used";
    KUBERNETES_SERVICE_PORT = "KUBERNETES_SERVICE_PORT", "The port that goes with `KUBERNETES_SERVICE_HOST`";
    NO_COLOR = "NO_COLOR", "Set to anything: no colours";
    CLICOLOR_FORCE = "CLICOLOR_FORCE", "Set to anything but `0`: colours even without a terminal";
    TERM = "TERM", "`dumb` means a terminal without colours and without progress";
    COLUMNS = "COLUMNS", "The width of reports where there is no terminal to ask";
    HOME = "HOME", "The home folder: kubeconfig, SSH configuration, caches";
    XDG_CONFIG_HOME = "XDG_CONFIG_HOME", "The folder that `sops/age/keys.txt` is looked for under (default `~/.config`)";
    DOCKER_CONFIG = "DOCKER_CONFIG", "The folder of the `config.json` with logins to registries (default `~/.docker`)";
    XDG_CACHE_HOME = "XDG_CACHE_HOME", "The folder that caches and the bootstrap journal are kept under";
    GITOPS_LOG = "GITOPS_LOG", "Diagnostic log on standard error: `error`, `warn`, `info`, `debug` or `trace`";
    GITOPS_CLOCK = "GITOPS_CLOCK", "";
    GITOPS_RELEASE_URL = "GITOPS_RELEASE_URL", "";
    GITOPS_ASKPASS_SOCKET = "GITOPS_ASKPASS_SOCKET", "";
}

/// The variables that hold secrets, which nothing that we start has to know.
pub const SECRETS: &[Variable] = &[
    GITHUB_TOKEN,
    GITLAB_TOKEN,
    GITEA_TOKEN,
    BITBUCKET_TOKEN,
    GIT_PASSWORD,
    SOPS_AGE_KEY,
];

/// Returns the value of a variable that a text names, even if it is empty; `None` where it is unset or no text.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn named(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns the time; a test pins it with the hidden variable `GITOPS_CLOCK` (RFC 3339).
pub fn now() -> Timestamp {
    GITOPS_CLOCK
        .text()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(Timestamp::now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (index, variable) in VARIABLES.iter().enumerate() {
            assert!(
                VARIABLES[..index]
                    .iter()
                    .all(|other| other.name != variable.name),
                "{}",
                variable.name
            );
        }
    }
}
