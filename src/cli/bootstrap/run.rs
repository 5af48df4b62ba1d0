//! From the flags of a provider to the request of a bootstrap, and the run itself.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::super::context::Context;
use super::super::flag::Csv;
use super::args::{AccessArgs, CommitArgs, Curve, HostedArgs, KeyAlgorithm, RunArgs, SharedArgs};
use crate::env::Variable;
use crate::error::Failure;
use crate::git::{self, Algorithm, Credentials, PrivateKeyFile, Secret, Signer};
use crate::hosting::{self, AccountKind, Host, KeyAccess, Settings, Token, Visibility};
use crate::http::Patience;
use crate::install::Submodules;
use crate::ops::{
    self, Access, Commits, Delivery, Hosted, KeySource, Merge, Mode, Outcome, Place, Request,
    SafePath,
};
use crate::report::Question;

/// How long one request to a service may take; never longer than the whole run.
const REQUEST_LIMIT: Duration = Duration::from_mins(1);

/// What differs between the providers.
pub struct Parts {
    /// Where the repository is.
    pub place: Place,
    /// What this program shows the Git server.
    pub credentials: Credentials,
    /// How the cluster gets at the repository.
    pub access: Access,
    /// The key of the cluster, where it signs the commits too.
    pub reuse_key: Option<PrivateKeyFile>,
    /// Whether that was asked for.
    pub reuse_asked: bool,
}

/// What was asked of a provider with an API.
pub struct HostedBootstrap<'a> {
    /// Owner, repository, teams.
    pub hosted: &'a HostedArgs,
    /// The flags of all providers.
    pub shared: &'a SharedArgs,
    /// The address of the service.
    pub hostname: &'a str,
    /// The token.
    pub token: &'a Secret,
    /// Who may see a repository that is created.
    pub visibility: Visibility,
    /// How the cluster gets at the repository, where a flag of the provider says so.
    pub access: Option<Access>,
    /// Whether the cluster's key signs the commits.
    pub reuse_key: bool,
}

impl HostedBootstrap<'_> {
    /// Returns how to reach the service.
    pub fn settings(&self, context: &Context) -> Result<Settings, Failure> {
        self.shared.manifests.components_for_bootstrap()?;
        for (value, flag) in [
            (&self.hosted.owner, "--owner"),
            (&self.hosted.repository, "--repository"),
        ] {
            if value.is_empty() {
                return Err(Failure::usage(format!("{flag} is required")));
            }
        }
        let ui = context.ui.clone();
        Ok(Settings {
            base: self.hostname.parse()?,
            token: Token::new(self.token.reveal()),
            owner: self.hosted.owner.parse()?,
            kind: if self.hosted.personal {
                AccountKind::User
            } else {
                AccountKind::Group
            },
            repository: self.hosted.repository.parse()?,
            authorities: authorities(&self.shared.access)?,
            limit: Some(context.timeout.min(REQUEST_LIMIT)),
            patience: Patience::default(),
            on_pause: Some(std::sync::Arc::new(move |pause: &crate::http::Pause| {
                ui.waiting(pause);
            })),
        })
    }

    /// Bootstraps from the service.
    pub async fn run(self, context: &Context, host: Box<dyn Host>) -> Result<(), Failure> {
        let args = &self.shared.access;
        // The service knows no passphrases: it comes from where `bootstrap git` takes it.
        let key = key_file(
            args,
            crate::env::GIT_PASSWORD
                .text()
                .map(|text| Secret::from(text.as_str())),
        );
        let access = match self.access {
            Some(access) => access,
            None if args.token_auth => Access::Token {
                username: "git".into(),
                password: self.token.clone(),
            },
            None => Access::Key(key_source(args, key.clone())?),
        };
        let teams = Csv::join(&self.hosted.team);
        let hosted = Hosted {
            host,
            name: format!("{}/{}", self.hosted.owner, self.hosted.repository),
            visibility: self.visibility,
            teams: teams
                .iter()
                .map(|team| team.parse())
                .collect::<Result<_, hosting::NameError>>()?,
            key_access: if self.hosted.read_write_key {
                KeyAccess::ReadWrite
            } else {
                KeyAccess::ReadOnly
            },
            reconcile: self.hosted.reconcile,
        };
        let username = self
            .hosted
            .owner
            .split('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let parts = Parts {
            place: Place::Hosted(hosted),
            credentials: Credentials::Basic {
                username,
                password: self.token.clone(),
            },
            access,
            reuse_key: key.filter(|_| self.reuse_key),
            reuse_asked: self.reuse_key,
        };
        bootstrap(context, self.shared, parts).await
    }
}

/// Runs the bootstrap, or prints its plan.
pub async fn bootstrap(
    context: &Context,
    shared: &SharedArgs,
    parts: Parts,
) -> Result<(), Failure> {
    let request = request(context, shared, parts)?;
    context.on_interrupt("run the same command again: it goes on where this one stopped");
    match ops::bootstrap(context.cluster().await?, &context.ui, &request).await? {
        Outcome::Planned(plan) => {
            let output = shared.run.output.output();
            context.ui.print(output, &plan, || &plan)?;
        }
        Outcome::Complete => {}
        Outcome::Requested(url) => context.ui.data(format_args!("{url}\n"))?,
        Outcome::Kept(folder) => context.ui.data(format_args!("{}\n", folder.display()))?,
    }
    Ok(())
}

fn request(context: &Context, shared: &SharedArgs, parts: Parts) -> Result<Request, Failure> {
    let sync = &shared.sync;
    let components = shared.manifests.components_for_bootstrap()?;
    let Ok(path) = sync.path.parse::<SafePath>();
    let delivery = delivery(&shared.run, &parts.place)?;
    Ok(Request {
        mode: if shared.run.plan {
            Mode::Plan
        } else {
            Mode::Act
        },
        place: parts.place,
        credentials: parts.credentials,
        access: parts.access,
        authorities: authorities(&shared.access)?,
        host_key_algorithms: Csv::join(&shared.access.ssh_hostkey_algos),
        ssh_server: shared
            .access
            .ssh_hostname
            .clone()
            .filter(|server| !server.is_empty()),
        branch: sync.branch.clone(),
        path,
        interval: sync.interval,
        submodules: if sync.recurse_submodules {
            Submodules::Cloned
        } else {
            Submodules::Ignored
        },
        sparse_checkout: Csv::join(&sync.sparse_checkout),
        namespace: context.namespace.clone(),
        secret: sync.secret_name.clone(),
        pull_secret: shared.manifests.pull_secret()?,
        manifests: shared.manifests.manifests(&context.namespace, components),
        commits: Commits {
            name: shared.commit.author_name.clone(),
            email: shared.commit.author_email.clone(),
            appendix: shared.commit.commit_message_appendix.clone(),
            signer: signer(&shared.commit, parts.reuse_key, parts.reuse_asked)?,
        },
        delivery,
        force: shared.manifests.force || shared.run.yes,
        timeout: context.timeout,
    })
}

/// Says how the commits get into the branch.
fn delivery(args: &RunArgs, place: &Place) -> Result<Delivery, Failure> {
    let review = args.pull_request || args.wait_merge;
    match (args.no_push, review) {
        (true, true) => Err(
            Failure::usage("--no-push and --pull-request exclude each other")
                .with_hint("a request is made from a branch that is pushed"),
        ),
        (true, false) => {
            let given = args.clone_dir.clone();
            let folder = given.filter(|folder| !folder.as_os_str().is_empty());
            Ok(Delivery::Keep(
                folder.unwrap_or_else(|| PathBuf::from(place.repository_name())),
            ))
        }
        (false, _) if args.clone_dir.is_some() => {
            Err(Failure::usage("--clone-dir needs --no-push"))
        }
        (false, true) if matches!(place, Place::Plain { .. }) => Err(no_requests()),
        (false, true) => Ok(Delivery::Review(if args.wait_merge {
            Merge::Awaited
        } else {
            Merge::Left
        })),
        (false, false) => Ok(Delivery::Push),
    }
}

/// Refuses a request where there is no service to open it.
pub fn no_requests() -> Failure {
    Failure::usage(
        "--pull-request needs a Git host with an API: a plain Git server has no requests",
    )
    .with_hint(
        "use `bootstrap gitlab` or `bootstrap gitea`, or `--no-push` and open the request by hand",
    )
}

/// Reads a token from its variable, or asks for it.
pub fn token(variable: &Variable, words: &str) -> Result<Secret, Failure> {
    if let Some(token) = variable.text() {
        return Ok(Secret::from(token.as_str()));
    }
    let secret = Question {
        words,
        answered_by: variable.name,
    }
    .secret()?;
    Ok(Secret::from(secret.as_str()))
}

/// Returns the given private key, with what opens it.
pub fn key_file(args: &AccessArgs, passphrase: Option<Secret>) -> Option<PrivateKeyFile> {
    let path = args
        .private_key_file
        .clone()
        .filter(|path| !path.as_os_str().is_empty())?;
    Some(PrivateKeyFile { path, passphrase })
}

/// Says where the cluster's key comes from; a given one is opened, so that a bad one is found at once.
pub fn key_source(args: &AccessArgs, key: Option<PrivateKeyFile>) -> Result<KeySource, Failure> {
    if let Some(file) = key {
        git::PrivateKey::read(&file)?;
        return Ok(KeySource::File(file));
    }
    let curve = match args.ssh_ecdsa_curve {
        Curve::P256 => git::Curve::P256,
        Curve::P384 => git::Curve::P384,
        Curve::P521 => git::Curve::P521,
    };
    Ok(KeySource::Generate(match args.ssh_key_algorithm {
        KeyAlgorithm::Rsa => Algorithm::Rsa(args.ssh_rsa_bits),
        KeyAlgorithm::Ecdsa => Algorithm::Ecdsa(curve),
        KeyAlgorithm::Ed25519 => Algorithm::Ed25519,
    }))
}

/// Reads the CA certificates of the Git host.
fn authorities(args: &AccessArgs) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = args
        .ca_file
        .as_ref()
        .filter(|path| !path.as_os_str().is_empty())
    else {
        return Ok(None);
    };
    let pem = fs::read(path).map_err(|error| {
        Failure::new(format!(
            "unable to read TLS CA file {}: {error}",
            path.display()
        ))
    })?;
    Ok(Some(pem))
}

/// Makes what signs the commits, if they are to be signed.
fn signer(
    args: &CommitArgs,
    reuse_key: Option<PrivateKeyFile>,
    reuse_asked: bool,
) -> Result<Option<Signer>, Failure> {
    let ssh_password = match (&args.ssh_signing_password, &args.ssh_signing_passphrase) {
        (Some(one), Some(other)) if one != other => {
            return Err(Failure::usage(
                "--ssh-signing-password and --ssh-signing-passphrase differ",
            ));
        }
        (one, other) => one.as_deref().or(other.as_deref()).map(Secret::from),
    };
    match (&args.gpg_key_ring, &args.ssh_signing_key_file) {
        (Some(_), Some(_)) => Err(Failure::usage(
            "commits are signed with OpenPGP or with SSH, not with both",
        )
        .with_hint("give either --gpg-key-ring or --ssh-signing-key-file")),
        (Some(_), None) if reuse_asked => Err(Failure::usage(
            "--gpg-key-ring and --ssh-signing-reuse-private-key exclude each other",
        )),
        (None, Some(_)) if reuse_asked => Err(Failure::usage(
            "--ssh-signing-key-file and --ssh-signing-reuse-private-key exclude each other",
        )),
        (Some(ring), None) => {
            let passphrase = Secret::from(args.gpg_passphrase.as_deref().unwrap_or_default());
            Ok(Some(Signer::open_pgp(
                ring,
                &passphrase,
                args.gpg_key_id.as_deref().unwrap_or_default(),
            )?))
        }
        (None, Some(path)) => Ok(Some(Signer::ssh(&PrivateKeyFile {
            path: path.clone(),
            passphrase: ssh_password,
        })?)),
        (None, None) if reuse_asked => match reuse_key {
            Some(file) => Ok(Some(Signer::ssh(&file)?)),
            None => Err(Failure::usage(
                "--ssh-signing-reuse-private-key needs --private-key-file",
            )),
        },
        (None, None) if ssh_password.is_some() => Err(Failure::usage(
            "--ssh-signing-password needs --ssh-signing-key-file",
        )),
        (None, None) => Ok(None),
    }
}
