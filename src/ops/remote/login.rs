//! The credentials for registries that `docker login` and `helm registry login` have left.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::env;

/// User and password.
#[derive(Clone)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Zeroizing<String>,
}

/// Finds the credentials for the host of a registry; programs that would give some out are not run.
pub fn login_for(host: &str) -> Option<Login> {
    places().into_iter().find_map(|place| {
        let text = Zeroizing::new(fs::read_to_string(place).ok()?);
        let settings: Value = serde_json::from_str(&text).ok()?;
        in_settings(&settings, host)
    })
}

fn places() -> Vec<PathBuf> {
    let home = env::HOME.path().map(PathBuf::from);
    let own = env::DOCKER_CONFIG.path().map(PathBuf::from);
    let docker = own.or_else(|| home.as_ref().map(|home| home.join(".docker")));
    let settings = env::XDG_CONFIG_HOME.path().map(PathBuf::from);
    let settings = settings.or_else(|| home.map(|home| home.join(".config")));
    let docker = docker.map(|folder| folder.join("config.json"));
    let helm = settings.map(|folder| folder.join("helm/registry/config.json"));
    docker.into_iter().chain(helm).collect()
}

fn in_settings(settings: &Value, host: &str) -> Option<Login> {
    let entries = settings.get("auths")?.as_object()?;
    let is_for = |name: &str| {
        let name = name.split_once("://").map_or(name, |(_, rest)| rest);
        name.split('/').next() == Some(host)
    };
    let (_, entry) = entries.iter().find(|(name, _)| is_for(name))?;
    let text = entry.get("auth")?.as_str()?;
    let plain = Zeroizing::new(STANDARD.decode(text).ok()?);
    let (user, password) = std::str::from_utf8(&plain).ok()?.split_once(':')?;
    Some(Login {
        user: user.to_owned(),
        password: Zeroizing::new(password.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_login_is_found_by_its_host() {
        let settings = json!({"auths": {
            "https://ghcr.example.com/v1/": {"auth": STANDARD.encode("me:pass:word")},
            "other:5000": {},
        }});
        let found = in_settings(&settings, "ghcr.example.com").unwrap();
        assert_eq!(
            (found.user.as_str(), found.password.as_str()),
            ("me", "pass:word")
        );
        assert!(in_settings(&settings, "other:5000").is_none());
        assert!(in_settings(&settings, "example.com").is_none());
    }
}
