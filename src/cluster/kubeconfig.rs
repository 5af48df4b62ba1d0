//! Kubeconfig files: which ones count, how they are merged, what a context means.

use std::io;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig, KubeconfigError};

use super::kubeconfig_error::ConfigError;
use crate::env;

/// Which parts of the kubeconfig to use in place of what it says itself.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The file; `KUBECONFIG` or the default file where it is not given.
    pub kubeconfig: Option<PathBuf>,
    /// The context.
    pub context: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The user.
    pub user: Option<String>,
}

/// A context, for people to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextEntry {
    /// Its name.
    pub name: String,
    /// The name of its cluster.
    pub cluster: String,
    /// The namespace that it works in, if it says so.
    pub namespace: Option<String>,
    /// Whether it is the one that counts when none is chosen.
    pub current: bool,
}

/// What a choice comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Selected {
    pub cluster: Cluster,
    pub user: AuthInfo,
}

/// Lists the contexts of the kubeconfig, in its order.
pub fn contexts(kubeconfig: Option<&Path>) -> Result<Vec<ContextEntry>, ConfigError> {
    let config = load(kubeconfig)?.unwrap_or_default();
    let current = config.current_context.clone();
    let entry = |name: String, context: Context| ContextEntry {
        current: current.as_ref() == Some(&name),
        name,
        cluster: context.cluster,
        namespace: context.namespace.filter(|namespace| !namespace.is_empty()),
    };
    Ok(config
        .contexts
        .into_iter()
        .map(|named| entry(named.name, named.context.unwrap_or_default()))
        .collect())
}

/// Returns the namespace that the chosen context works in, without connecting to anything.
pub fn namespace_of_context(choice: &Choice) -> Result<Option<String>, ConfigError> {
    let Some(config) = load(choice.kubeconfig.as_deref())? else {
        return Ok(None);
    };
    let name = choice.context.as_ref().or(config.current_context.as_ref());
    let Some(name) = name else { return Ok(None) };
    let context = find_context(&config, name)?;
    Ok(context.namespace.filter(|namespace| !namespace.is_empty()))
}

/// Reads the files that count; `None` where there are none.
pub(super) fn load(explicit: Option<&Path>) -> Result<Option<Kubeconfig>, ConfigError> {
    if let Some(path) = explicit {
        return read(path).map(Some);
    }
    read_list(&paths())
}

/// Returns the files that count when none is named: `KUBECONFIG` or the one in the home folder.
pub(super) fn paths() -> Vec<PathBuf> {
    match env::KUBECONFIG.path() {
        Some(list) => std::env::split_paths(&list)
            .filter(|path| !path.as_os_str().is_empty())
            .collect(),
        None => env::HOME
            .path()
            .map(|home| Path::new(&home).join(".kube/config"))
            .into_iter()
            .collect(),
    }
}

/// Reads files that may be missing and merges them: what the first one sets, counts.
fn read_list(paths: &[PathBuf]) -> Result<Option<Kubeconfig>, ConfigError> {
    let mut merged: Option<Kubeconfig> = None;
    for path in paths {
        let next = match read(path) {
            Err(ConfigError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                continue;
            }
            next => next?,
        };
        merged = Some(match merged {
            Some(first) => first
                .merge(next)
                .map_err(|_| ConfigError::Merge { path: path.clone() })?,
            None => next,
        });
    }
    Ok(merged)
}

/// Reads one file; its relative paths become absolute.
fn read(path: &Path) -> Result<Kubeconfig, ConfigError> {
    let mut config = Kubeconfig::read_from(path).map_err(|error| match error {
        KubeconfigError::ReadConfig(source, path) => ConfigError::Read { path, source },
        KubeconfigError::Parse(error) => {
            let at = error
                .location()
                .map(|at| format!(" (line {}, column {})", at.line(), at.column()));
            ConfigError::Parse {
                path: path.into(),
                at: at.unwrap_or_default(),
            }
        }
        _ => ConfigError::Merge { path: path.into() },
    })?;
    // An empty value in the first file must not hide the one in the second.
    config.current_context = config.current_context.filter(|name| !name.is_empty());
    Ok(config)
}

/// Finds the context, cluster and user that a choice means.
pub(super) fn select(config: &Kubeconfig, choice: &Choice) -> Result<Selected, ConfigError> {
    let name = choice.context.as_ref().or(config.current_context.as_ref());
    let context = match name {
        Some(name) => find_context(config, name)?,
        None if choice.cluster.is_some() => Context::default(),
        None => {
            return Err(ConfigError::NoContext {
                contexts: context_names(config),
            });
        }
    };
    let cluster_name = choice.cluster.as_ref().unwrap_or(&context.cluster);
    let cluster = config
        .clusters
        .iter()
        .find(|named| &named.name == cluster_name);
    let cluster = cluster.ok_or_else(|| ConfigError::UnknownCluster {
        name: cluster_name.clone(),
        clusters: config
            .clusters
            .iter()
            .map(|named| named.name.clone())
            .collect(),
    })?;
    Ok(Selected {
        cluster: cluster.cluster.clone().unwrap_or_default(),
        user: find_user(config, choice, &context)?,
    })
}

fn find_context(config: &Kubeconfig, name: &str) -> Result<Context, ConfigError> {
    let context = config.contexts.iter().find(|named| named.name == *name);
    context
        .and_then(|named| named.context.clone())
        .ok_or_else(|| ConfigError::UnknownContext {
            name: name.to_owned(),
            contexts: context_names(config),
        })
}

/// Finds the user. A context may name none, or one that is not there: such a cluster asks for no login.
fn find_user(
    config: &Kubeconfig,
    choice: &Choice,
    context: &Context,
) -> Result<AuthInfo, ConfigError> {
    let Some(name) = choice.user.as_ref().or(context.user.as_ref()) else {
        return Ok(AuthInfo::default());
    };
    let user = config.auth_infos.iter().find(|named| named.name == *name);
    match user {
        Some(named) => Ok(named.auth_info.clone().unwrap_or_default()),
        None if choice.user.is_none() => Ok(AuthInfo::default()),
        None => Err(ConfigError::UnknownUser {
            name: name.clone(),
            users: config
                .auth_infos
                .iter()
                .map(|named| named.name.clone())
                .collect(),
        }),
    }
}

fn context_names(config: &Kubeconfig) -> Vec<String> {
    config
        .contexts
        .iter()
        .map(|named| named.name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::Explain as _;

    const FIRST: &str = "
apiVersion: v1
kind: Config
current-context: ''
clusters: [{name: c, cluster: {server: 'https://first', certificate-authority: ca.crt}}]
users: [{name: u, user: {token: one}}]
contexts: [{name: a, context: {cluster: c, user: u, namespace: apps}}]
";
    const SECOND: &str = "
apiVersion: v1
kind: Config
current-context: b
clusters: [{name: c, cluster: {server: 'https://second'}}]
contexts:
- {name: a, context: {cluster: nowhere}}
- {name: b, context: {cluster: c}}
";

    fn two_files(folder: &Path) -> Vec<PathBuf> {
        fs::write(folder.join("first"), FIRST).unwrap();
        fs::write(folder.join("second"), SECOND).unwrap();
        vec![
            folder.join("first"),
            folder.join("missing"),
            folder.join("second"),
        ]
    }

    #[test]
    fn a_missing_part_of_the_list_is_skipped_and_the_first_value_wins() {
        let folder = tempfile::tempdir().unwrap();
        let config = read_list(&two_files(folder.path())).unwrap().unwrap();
        assert_eq!(config.current_context.as_deref(), Some("b"));
        let choice = Choice {
            context: Some("a".into()),
            ..Choice::default()
        };
        let selected = select(&config, &choice).unwrap();
        assert_eq!(selected.cluster.server.as_deref(), Some("https://first"));
        let authority = folder.path().join("ca.crt").display().to_string();
        assert_eq!(
            selected.cluster.certificate_authority,
            Some(authority),
            "relative to its own file"
        );
        assert!(selected.user.token.is_some());
    }

    #[test]
    fn only_missing_parts_mean_no_kubeconfig() {
        assert!(
            read_list(&[PathBuf::from("/nowhere/at/all")])
                .unwrap()
                .is_none()
        );
        let named = load(Some(Path::new("/nowhere/at/all"))).unwrap_err();
        assert_eq!(
            named.to_string(),
            "cannot read the kubeconfig /nowhere/at/all"
        );
    }

    #[test]
    fn an_unknown_context_lists_the_known_ones() {
        let folder = tempfile::tempdir().unwrap();
        let config = read_list(&two_files(folder.path())).unwrap().unwrap();
        let choice = Choice {
            context: Some("x".into()),
            ..Choice::default()
        };
        let error = select(&config, &choice).unwrap_err();
        assert_eq!(error.to_string(), "the kubeconfig has no context `x`");
        assert_eq!(error.hint().unwrap(), "the contexts are: a, b");
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        fs::write(&path, "users:\n- name: u\n  user: {token: [hunter2]}\n").unwrap();
        let error = read_list(std::slice::from_ref(&path)).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("{} is not a kubeconfig (line ", path.display()))
        );
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn contexts_are_listed_with_the_current_one() {
        let folder = tempfile::tempdir().unwrap();
        two_files(folder.path());
        let entries = contexts(Some(&folder.path().join("second"))).unwrap();
        assert_eq!(entries.len(), 2);
        let current: Vec<&str> = entries
            .iter()
            .filter(|entry| entry.current)
            .map(|entry| entry.name.as_str())
            .collect();
        assert_eq!(current, ["b"]);
    }
}
