//! The credentials that the cluster reads the repository with: made, registered at the host, kept as a Secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::act::Run;
use super::blocking::blocking;
use super::plan::Action;
use super::request::{Access, KeySource, Place, Request};
use super::server::{Trusted, trust};
use crate::cluster::{Address, Resource};
use crate::error::Failure;
use crate::git::{Algorithm, GitUrl, KeyPair, PrivateKey, PrivateKeyFile, Secret};
use crate::hosting::{DeployKey, PublicKey};
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
    pub async fn write_source_secret(&mut self) -> Result<(), Failure> {
        let target = format!("{}/{}", self.request.namespace, self.request.secret);
        self.ui.action(format_args!(
            "determining if source secret \"{target}\" exists"
        ));
        if !needs_secret(self.request, self.facts.cluster.secret.as_ref()) {
            self.ui.success("source secret up to date");
            return Ok(());
        }
        self.ui.action("generating source secret");
        let credentials = self.source_credentials().await?;
        self.ui
            .action(format_args!("applying source secret \"{target}\""));
        self.apply_source_secret(&credentials).await?;
        self.ui.success("reconciled source secret");
        self.changed = true;
        self.done(Action::WriteSourceSecret);
        Ok(())
    }

    async fn source_credentials(&self) -> Result<GitCredentials, Failure> {
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
        self.register(&pair.public).await?;
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

    /// Gives the key access to the repository: through the host, or by asking for it.
    async fn register(&self, public: &str) -> Result<(), Failure> {
        let hosted = match &self.request.place {
            Place::Hosted(hosted) => hosted,
            Place::Plain { silent: true, .. } => return Ok(()),
            Place::Plain { .. } => return Ok(KEY_ACCESS.confirm()?),
        };
        let key: PublicKey = public.parse()?;
        let title = self.request.key_title();
        let wanted = DeployKey {
            title: title.clone(),
            key,
            access: hosted.key_access,
        };
        hosted.host.put_deploy_key(&wanted).await?;
        self.ui.success(format_args!(
            "configured deploy key \"{title}\" for \"{}\"",
            hosted.name
        ));
        Ok(())
    }

    /// Creates or changes the Secret; the keys of another mode are taken out.
    async fn apply_source_secret(&self, credentials: &GitCredentials) -> Result<(), Failure> {
        let secret = git_secret(&self.request.namespace, &self.request.secret, credentials);
        let address = Resource::SECRET.at(&self.request.namespace, &self.request.secret);
        if self.cluster.read_metadata(&address).await?.is_none() {
            match self.cluster.create(&Resource::SECRET, &secret).await {
                // Another run was faster.
                Err(error) if error.is_conflict() => {
                    if let Some(public) = self.key_of_another_run(&address).await? {
                        return self.register(&public).await;
                    }
                }
                created => return created.map(drop).map_err(Failure::from),
            }
        }
        let wanted = secret.get("/stringData").and_then(Value::as_object);
        let stale = KEYS
            .iter()
            .filter(|key| wanted.is_none_or(|wanted| !wanted.contains_key(**key)));
        let data: Map<String, Value> = stale.map(|key| ((*key).to_owned(), Value::Null)).collect();
        let patch = serde_json::json!({ "data": data, "stringData": secret.get("/stringData") });
        self.cluster.merge(&address, &patch).await?;
        Ok(())
    }
}

impl Run<'_> {
    /// Returns the public key that another run generated and put into the Secret meanwhile: what came first counts.
    async fn key_of_another_run(&self, address: &Address) -> Result<Option<String>, Failure> {
        if !matches!(self.request.access, Access::Key(KeySource::Generate(_))) {
            return Ok(None);
        }
        let secret = self.cluster.get(address).await?;
        Ok(secret.and_then(|secret| {
            let bytes = STANDARD.decode(secret.text("/data/identity.pub")).ok()?;
            String::from_utf8(bytes).ok()
        }))
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
