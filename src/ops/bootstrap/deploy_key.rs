//! The deploy key of the cluster: which one it is, whether the host has it, and how it gets there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::act::Run;
use super::facts::Facts;
use super::plan::Action;
use super::request::{Access, Hosted, KeySource, Place, Request};
use super::secret::{KEY_ACCESS, needs_secret};
use crate::error::Failure;
use crate::git::{PrivateKey, Secret, public_half};
use crate::hosting::{DeployKey, HostError, KeyAccess, PublicKey, is_registered};
use crate::manifest::Object;

/// Returns the public half of the key that a Secret of the cluster holds; `None` where it holds none.
///
/// It is worked out from the private half, which is what counts; where that can't be opened, what stands beside it
/// is taken.
pub fn held_key(secret: &Object) -> Option<PublicKey> {
    let value = |key: &str| {
        let bytes = Zeroizing::new(STANDARD.decode(secret.text(&format!("/data/{key}"))).ok()?);
        let text = std::str::from_utf8(&bytes).ok()?;
        (!text.is_empty()).then(|| Zeroizing::new(text.to_owned()))
    };
    let private = value("identity")?;
    let passphrase = value("password").map(|text| Secret::from(text.as_str()));
    let public = public_half(&private, passphrase).map(|public| public.to_string());
    let beside = || value("identity.pub").map(|text| text.to_string());
    public.or_else(beside)?.parse().ok()
}

/// Returns the key that the cluster is going to show and that is known before the run: a given one, or the one
/// that it holds already.
fn known_key(request: &Request, facts: &Facts) -> Result<Option<PublicKey>, Failure> {
    match &request.access {
        Access::Key(KeySource::File(file)) => {
            let public = PrivateKey::read(file)?.public().to_string();
            Ok(Some(public.parse()?))
        }
        Access::Key(KeySource::Generate(_)) => Ok(facts.cluster.secret.as_ref().and_then(held_key)),
        _ => Ok(None),
    }
}

/// Makes the entry that a key is to have at the host.
fn entry(request: &Request, hosted: &Hosted, key: PublicKey) -> DeployKey {
    DeployKey {
        title: request.key_title(),
        key,
        access: hosted.key_access,
    }
}

/// Says why a deploy key has to be registered; `None` where the host has it, or can't be asked, or none is needed.
pub fn missing_key(request: &Request, facts: &Facts) -> Result<Option<&'static str>, Failure> {
    let Some(hosted) = request.hosted() else {
        return Ok(None);
    };
    if !matches!(request.access, Access::Key(_)) {
        return Ok(None);
    }
    if facts.host.repository.is_none() {
        return Ok(Some("the repository is new"));
    }
    let is_generated = matches!(request.access, Access::Key(KeySource::Generate(_)));
    if is_generated && needs_secret(request, facts.cluster.secret.as_ref()) {
        return Ok(Some("the key is new"));
    }
    let known = known_key(request, facts)?.map(|key| entry(request, hosted, key));
    Ok(match (known, &facts.host.keys) {
        (Some(wanted), Some(keys)) if !is_registered(keys, &wanted) => {
            Some("the host does not have the cluster's key")
        }
        _ => None,
    })
}

impl Run<'_> {
    /// Registers the key that the cluster holds already, where the plan says that the host lacks it.
    pub async fn register_held_key(&mut self, is_missing: bool) -> Result<(), Failure> {
        let Some((hosted, key)) = self
            .request
            .hosted()
            .zip(known_key(self.request, &self.facts)?)
        else {
            return Ok(());
        };
        if !is_missing {
            if self.facts.host.keys.is_none() {
                self.ui.warning(format_args!(
                    "the token may not see whether {} has the cluster's deploy key: {key}",
                    hosted.host.address()
                ));
            }
            return Ok(());
        }
        self.ui.success(format_args!("public key: {key}"));
        let wanted = entry(self.request, hosted, key);
        let is_generated = matches!(self.request.access, Access::Key(KeySource::Generate(_)));
        match self.put_key(hosted, &wanted).await {
            // It may have been joined to another repository since: a key of ours is easily replaced.
            Err(error @ HostError::KeyInUse { .. }) if is_generated => {
                let failure = Failure::from(error);
                self.ui
                    .warning(format_args!("{failure}: making another one"));
                let credentials = self.source_credentials().await?;
                self.keep(&credentials).await?;
            }
            result => result.map_err(|error| not_registered(error, &wanted))?,
        }
        self.changed = true;
        self.done(Action::AddDeployKey);
        Ok(())
    }

    /// Gives the key access to the repository: through the host, or by asking for it.
    pub async fn register(&self, public: &str) -> Result<(), Failure> {
        let hosted = match &self.request.place {
            Place::Hosted(hosted) => hosted,
            Place::Plain { silent: true, .. } => return Ok(()),
            Place::Plain { .. } => return Ok(KEY_ACCESS.confirm()?),
        };
        let wanted = entry(self.request, hosted, public.parse()?);
        let put = self.put_key(hosted, &wanted).await;
        put.map_err(|error| not_registered(error, &wanted))
    }

    async fn put_key(&self, hosted: &Hosted, wanted: &DeployKey) -> Result<(), HostError> {
        hosted.host.put_deploy_key(wanted).await?;
        self.ui.success(format_args!(
            "configured deploy key \"{}\" for \"{}\"",
            wanted.title, hosted.name
        ));
        Ok(())
    }
}

/// Says of a key that the host does not take that it is kept, and how it gets there by hand.
fn not_registered(error: HostError, wanted: &DeployKey) -> Failure {
    let is_refused = matches!(error, HostError::NotAllowed { .. });
    let failure = Failure::from(error);
    if !is_refused {
        return failure;
    }
    let rights = match wanted.access {
        KeyAccess::ReadOnly => "read",
        KeyAccess::ReadWrite => "read and write",
    };
    failure.with_hint(format!(
            "or let somebody who may add the public key above by hand, as deploy key \"{}\" that can {rights}; the \
             cluster keeps its private half, and the same command goes on from there",
            wanted.title
        ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::git::{Algorithm, KeyPair};

    fn secret(identity: &str, public: &str) -> Object {
        let data =
            json!({"identity": STANDARD.encode(identity), "identity.pub": STANDARD.encode(public)});
        Object::new(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "a"}, "data": data,
        }))
        .unwrap()
    }

    #[test]
    fn the_private_half_says_which_key_it_is() {
        let one = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let other = KeyPair::generate(Algorithm::default()).unwrap();
        let held = held_key(&secret(one.private_pem.reveal(), &other.public_line)).unwrap();
        assert_eq!(held, one.public_line.parse().unwrap());
        let held = held_key(&secret("what nobody can open", &other.public_line)).unwrap();
        assert_eq!(held, other.public_line.parse().unwrap());
        assert_eq!(held_key(&secret("", &other.public_line)), None);
        assert_eq!(held_key(&secret("what nobody can open", "")), None);
    }
}
