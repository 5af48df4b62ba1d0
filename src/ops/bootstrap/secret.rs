//! The credentials that the cluster reads the repository with: made, registered at the host, kept as a Secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::act::Run;
use super::blocking::blocking;
use super::deploy_key::held_key;
use super::plan::{Action, Plan};
use super::request::{Access, KeySource, Request};
use super::server::{Trusted, trust};
use crate::cluster::{Address, Resource};
use crate::error::Failure;
use crate::git::{Algorithm, GitUrl, KeyPair, PrivateKey, PrivateKeyFile, Secret};
use crate::manifest::Object;
use crate::report::Question;
use crate::secrets::{GitCredentials, git_secret};

/// The keys that the Secret of some mode holds; those of another mode go when the mode changes.
const KEYS: &[&str] = &[
    "identity",
    "identity.pub",
    "known_hosts",
    "password",
    "username",
    "bearerToken",
    "ca.crt",
];

/// What is asked where no service can be told of the key.
pub const KEY_ACCESS: Question<'_> = Question {
    words: "Please give the key access to your repository",
    answered_by: "`--silent`",
};

/// A key pair as the Secret wants it.
struct Pair {
    private: Zeroizing<String>,
    public: String,
    passphrase: Option<Zeroizing<String>>,
}

impl Run<'_> {
    /// Writes the Secret unless it is there and holds a key of its own.
    ///
    /// A generated key is kept before the host is told of it: where the host refuses, the next run finds the same key.
    pub async fn write_source_secret(&mut self, plan: &Plan) -> Result<(), Failure> {
        let target = format!("{}/{}", self.request.namespace, self.request.secret);
        self.ui.action(format_args!(
            "determining if source secret \"{target}\" exists"
        ));
        let address = Resource::SECRET.at(&self.request.namespace, &self.request.secret);
        if !needs_secret(self.request, self.facts.cluster.secret.as_ref())
            || self.key_of_another_run(&address).await?.is_some()
        {
            self.ui.success("source secret up to date");
            return self.register_held_key(plan.has(Action::AddDeployKey)).await;
        }
        self.ui.action("generating source secret");
        let credentials = self.source_credentials().await?;
        self.ui
            .action(format_args!("applying source secret \"{target}\""));
        self.keep(&credentials).await?;
        self.ui.success("reconciled source secret");
        self.changed = true;
        self.done(Action::WriteSourceSecret);
        if plan.has(Action::AddDeployKey) {
            self.done(Action::AddDeployKey);
        }
        Ok(())
    }

    /// Keeps credentials in the cluster, and has a key registered: a generated one afterwards, since it would be
    /// lost otherwise; a given one before, since the cluster may still work with an older one.
    pub async fn keep(&mut self, credentials: &GitCredentials) -> Result<(), Failure> {
        let GitCredentials::Ssh { public, .. } = credentials else {
            self.apply_source_secret(credentials).await?;
            return self.drop_stale(credentials).await;
        };
        let is_first = matches!(self.request.access, Access::Key(KeySource::Generate(_)))
            && self.request.hosted().is_some();
        if !is_first {
            self.register(public).await?;
        }
        let other = self.apply_source_secret(credentials).await?;
        if is_first || other.is_some() {
            self.register(other.as_deref().unwrap_or(public)).await?;
        }
        match other {
            Some(_) => Ok(()),
            None => self.drop_stale(credentials).await,
        }
    }

    /// Makes the credentials, or takes those of the command line.
    pub async fn source_credentials(&self) -> Result<GitCredentials, Failure> {
        if let Some(given) = given_credentials(self.request) {
            return Ok(given);
        }
        match &self.request.access {
            Access::Key(source) => self.key(source).await,
            _ => self.deploy_token().await,
        }
    }

    async fn deploy_token(&self) -> Result<GitCredentials, Failure> {
        let hosted = self
            .request
            .hosted()
            .ok_or_else(|| Failure::usage("a deploy token needs a host that makes them"))?;
        let title = self.request.key_title();
        let token = hosted.host.put_deploy_token(&title).await?;
        self.ui.success(format_args!(
            "configured deploy token \"{title}\" for \"{}\"",
            hosted.name
        ));
        let authority = authority(self.request);
        Ok(GitCredentials::Basic {
            username: token.username,
            password: token.token,
            authority,
        })
    }

    async fn key(&self, source: &KeySource) -> Result<GitCredentials, Failure> {
        let pair = match source {
            KeySource::Generate(algorithm) => generate(*algorithm).await?,
            KeySource::File(file) => read(file)?,
        };
        let trusted = self.host_keys().await?;
        self.ui
            .success(format_args!("public key: {}", pair.public.trim_end()));
        Ok(GitCredentials::Ssh {
            identity: pair.private,
            public: pair.public,
            known_hosts: trusted.keys.known_hosts(),
            password: pair.passphrase,
        })
    }

    /// Reads the keys of the server that the cluster will talk to.
    async fn host_keys(&self) -> Result<Trusted, Failure> {
        let url: GitUrl = self.files.url.parse()?;
        if let Some(pinned) = self
            .facts
            .pinned
            .as_ref()
            .filter(|pinned| pinned.is_of(&url))
        {
            return Ok(pinned.clone());
        }
        trust(&url, self.ui).await
    }

    /// Creates the Secret or adds to it; returns the public key of another run that was faster, whose key counts.
    async fn apply_source_secret(
        &self,
        credentials: &GitCredentials,
    ) -> Result<Option<String>, Failure> {
        let secret = git_secret(&self.request.namespace, &self.request.secret, credentials);
        let address = Resource::SECRET.at(&self.request.namespace, &self.request.secret);
        if self.cluster.read_metadata(&address).await?.is_none() {
            match self.cluster.create(&Resource::SECRET, &secret).await {
                Err(error) if error.is_conflict() => {}
                created => return Ok(created.map(|_| None)?),
            }
        }
        // Another run was faster, since we have looked.
        if let Some(public) = self.key_of_another_run(&address).await? {
            return Ok(Some(public));
        }
        let patch = json!({ "stringData": secret.get("/stringData") });
        self.cluster.merge(&address, &patch).await?;
        Ok(None)
    }

    /// Takes out of the Secret what belongs to another mode.
    async fn drop_stale(&self, credentials: &GitCredentials) -> Result<(), Failure> {
        let secret = git_secret(&self.request.namespace, &self.request.secret, credentials);
        let wanted = secret.get("/stringData").and_then(Value::as_object);
        let held = self.facts.cluster.secret.as_ref();
        let held = held.and_then(|secret| secret.get("/data")?.as_object());
        let is_stale = |key: &&&str| {
            held.is_some_and(|held| held.contains_key(**key))
                && wanted.is_none_or(|wanted| !wanted.contains_key(**key))
        };
        let stale = KEYS.iter().filter(is_stale);
        let data: Map<String, Value> = stale.map(|key| ((*key).to_owned(), Value::Null)).collect();
        if data.is_empty() {
            return Ok(());
        }
        let address = Resource::SECRET.at(&self.request.namespace, &self.request.secret);
        self.cluster
            .merge(&address, &json!({ "data": data }))
            .await?;
        Ok(())
    }

    /// Returns the public key that another run generated and put into the Secret meanwhile: what came first counts.
    ///
    /// The key that was there when we looked is none of another run: it is replaced where it can't be used.
    async fn key_of_another_run(&self, address: &Address) -> Result<Option<String>, Failure> {
        if !matches!(self.request.access, Access::Key(KeySource::Generate(_))) {
            return Ok(None);
        }
        let secret = self.cluster.get(address).await?;
        let seen = self.facts.cluster.secret.as_ref().and_then(held_key);
        let held = secret.as_ref().and_then(held_key);
        Ok(held
            .filter(|held| Some(held) != seen.as_ref())
            .map(|key| key.to_string()))
    }
}

/// Returns the credentials that the command line gives; `None` where they are made.
fn given_credentials(request: &Request) -> Option<GitCredentials> {
    let secret = |secret: &Secret| Zeroizing::new(secret.reveal().to_owned());
    match &request.access {
        Access::Token { username, password } => Some(GitCredentials::Basic {
            username: username.clone(),
            password: secret(password),
            authority: authority(request),
        }),
        Access::Bearer(token) => Some(GitCredentials::Bearer {
            token: secret(token),
            authority: authority(request),
        }),
        Access::DeployToken | Access::Key(_) => None,
    }
}

/// Returns the certificates of the Git host, for the cluster to trust too.
fn authority(request: &Request) -> Option<String> {
    request
        .authorities
        .as_ref()
        .map(|pem| String::from_utf8_lossy(pem).into_owned())
}

/// Says whether the Secret has to be written: a generated key stays as long as it is there, given credentials as
/// long as they are the same.
pub fn needs_secret(request: &Request, present: Option<&Object>) -> bool {
    let Some(present) = present else { return true };
    // The controllers ask for the Secret, and take what the cloud service gives them.
    if request.provider().is_some() {
        return false;
    }
    let data = present.get("/data").and_then(Value::as_object);
    let held = |key: &str| data.and_then(|data| data.get(key)?.as_str());
    if matches!(request.access, Access::Key(KeySource::Generate(_))) {
        return held("identity").is_none();
    }
    let Some(given) = given_credentials(request) else {
        return true;
    };
    let wanted = git_secret(&request.namespace, &request.secret, &given);
    KEYS.iter().any(|key| {
        let wanted = wanted
            .get("/stringData")
            .and_then(|data| data.get(*key)?.as_str());
        wanted.map(|value| STANDARD.encode(value)).as_deref() != held(key)
    })
}

async fn generate(algorithm: Algorithm) -> Result<Pair, Failure> {
    // An RSA key takes seconds.
    let pair = blocking(move || KeyPair::generate(algorithm)).await??;
    Ok(Pair {
        private: Zeroizing::new(pair.private_pem.reveal().to_owned()),
        public: pair.public_line,
        passphrase: None,
    })
}

fn read(file: &PrivateKeyFile) -> Result<Pair, Failure> {
    let key = PrivateKey::read(file)?;
    let passphrase = file
        .passphrase
        .as_ref()
        .filter(|passphrase| !passphrase.is_empty());
    Ok(Pair {
        private: Zeroizing::new(key.text().reveal().to_owned()),
        public: format!("{}\n", key.public()),
        passphrase: passphrase.map(|passphrase| Zeroizing::new(passphrase.reveal().to_owned())),
    })
}
