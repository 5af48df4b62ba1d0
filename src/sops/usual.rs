//! The places where keys lie when nobody names one.

use std::path::PathBuf;

use crate::env;

/// Returns where keys usually lie, and whether they are those of SSH.
pub fn usual_places() -> Vec<(PathBuf, bool)> {
    let home = env::HOME.path().map(PathBuf::from);
    let settings = env::XDG_CONFIG_HOME.path().map(PathBuf::from);
    let settings = settings.or_else(|| home.as_ref().map(|home| home.join(".config")));
    let own = settings.map(|settings| (settings.join("sops/age/keys.txt"), false));
    let ssh = home
        .iter()
        .flat_map(|home| ["id_ed25519", "id_rsa"].map(|name| (home.join(".ssh").join(name), true)));
    own.into_iter().chain(ssh).collect()
}
