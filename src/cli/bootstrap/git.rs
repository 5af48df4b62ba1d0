//! `bootstrap git`: any Git server, without an API.

use clap::Args;

use super::super::context::Context;
use super::args::SharedArgs;
use super::code_commit;
use super::run::{self, Parts};
use crate::env;
use crate::error::Failure;
use crate::git::{Credentials, GitUrl, PlainHttp, Scheme, Secret};
use crate::ops::{Access, Place};

/// Bootstrap from a repository on any Git server
///
/// Over SSH with a key file or the agent, over HTTPS with a password or token. The repository must exist.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags of flux")]
#[command(
    after_help = "Example: gitops bootstrap git --url=ssh://git@git.example.com/fleet/infra --path=clusters/production"
)]
pub struct GitArgs {
    /// Address of the repository: ssh, https, or http with --allow-insecure-http
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        help_heading = "Repository"
    )]
    url: String,

    /// User of the Git server
    #[arg(
        short,
        long,
        value_name = "USER",
        default_value = "git",
        help_heading = "Access"
    )]
    username: String,

    /// Password or token; passphrase of the key with SSH (`GIT_PASSWORD` counts too)
    #[arg(short, long, help_heading = "Access")]
    password: Option<String>,

    /// Do not ask whether the key was given access
    #[arg(short, long, help_heading = "Run")]
    silent: bool,

    /// Take an http:// address, over which everybody can read along
    #[arg(long, help_heading = "Access")]
    allow_insecure_http: bool,

    /// Show the password as a bearer token
    #[arg(long, help_heading = "Access")]
    with_bearer_token: bool,

    /// Sign the commits with the key of --private-key-file
    #[arg(long, help_heading = "Commits")]
    ssh_signing_reuse_private_key: bool,

    #[command(flatten)]
    shared: SharedArgs,
}

/// Bootstraps from a plain Git server.
pub async fn run(context: &Context, args: &GitArgs) -> Result<(), Failure> {
    args.shared.manifests.components_for_bootstrap()?;
    if args.shared.run.pull_request || args.shared.run.wait_merge {
        return Err(run::no_requests());
    }
    if args.url.is_empty() {
        return Err(Failure::usage("--url is required")
            .with_hint("name the repository, such as ssh://git@host/owner/name"));
    }
    code_commit::refuse_helper_url(&args.url)?;
    let url: GitUrl = args.url.parse()?;
    if url.scheme() == Scheme::Http && !args.allow_insecure_http {
        return Err(Failure::usage(
            "scheme http is insecure: everybody on the way can read the credentials",
        )
        .with_hint("use https, or allow it with `--allow-insecure-http`"));
    }
    let token_auth = args.shared.access.token_auth || args.with_bearer_token;
    let password = args.password(token_auth)?;
    code_commit::check(&url, &args.shared.access, password.as_ref())?;
    let key = run::key_file(&args.shared.access, password.clone());
    let login = if token_auth {
        None
    } else {
        code_commit::login(&url)?
    };
    let place = Place::Plain {
        sync_url: args.sync_url(&url, token_auth || login.is_some())?,
        provider: login.is_some().then(|| "aws".to_owned()),
        silent: args.silent || args.shared.run.yes,
        url: url.clone(),
    };
    let (credentials, access) = match login {
        Some((username, password)) => (
            Credentials::Basic {
                username: username.clone(),
                password: password.clone(),
            },
            Access::Token { username, password },
        ),
        None => (
            args.credentials(&url, password.as_ref(), key.as_ref()),
            args.access(token_auth, password.as_ref(), key.clone())?,
        ),
    };
    let parts = Parts {
        credentials,
        access,
        place,
        reuse_key: key.filter(|_| args.ssh_signing_reuse_private_key),
        reuse_asked: args.ssh_signing_reuse_private_key,
    };
    run::bootstrap(context, &args.shared, parts).await
}

impl GitArgs {
    /// Finds the password: the flag, the variable, and with a token the person at the terminal.
    fn password(&self, token_auth: bool) -> Result<Option<Secret>, Failure> {
        let given = self
            .password
            .clone()
            .filter(|text| !text.is_empty())
            .or_else(|| env::GIT_PASSWORD.text());
        if given.is_some() || !token_auth {
            return Ok(given.map(|text| Secret::from(text.as_str())));
        }
        run::token(
            &env::GIT_PASSWORD,
            "Please enter your Git repository password",
        )
        .map(Some)
    }

    fn credentials(
        &self,
        url: &GitUrl,
        password: Option<&Secret>,
        key: Option<&crate::git::PrivateKeyFile>,
    ) -> Credentials {
        match (url.scheme(), password, key) {
            (Scheme::Ssh, _, Some(key)) => Credentials::SshKey(key.clone()),
            (Scheme::Https | Scheme::Http, Some(password), _) if self.with_bearer_token => {
                Credentials::Bearer(password.clone())
            }
            (Scheme::Https | Scheme::Http, Some(password), _) => {
                let username = url.user().unwrap_or(&self.username).to_owned();
                Credentials::Basic {
                    username,
                    password: password.clone(),
                }
            }
            _ => Credentials::Ambient,
        }
    }

    fn access(
        &self,
        token_auth: bool,
        password: Option<&Secret>,
        key: Option<crate::git::PrivateKeyFile>,
    ) -> Result<Access, Failure> {
        match password {
            Some(token) if self.with_bearer_token => Ok(Access::Bearer(token.clone())),
            Some(password) if token_auth => Ok(Access::Token {
                username: self.username.clone(),
                password: password.clone(),
            }),
            _ => Ok(Access::Key(run::key_source(&self.shared.access, key)?)),
        }
    }

    fn sync_url(&self, url: &GitUrl, token_auth: bool) -> Result<GitUrl, Failure> {
        if token_auth {
            let plain = if self.allow_insecure_http {
                PlainHttp::Allowed
            } else {
                PlainHttp::Refused
            };
            return Ok(url.for_token_sync(plain));
        }
        let ssh = url.for_ssh_sync(&self.username);
        match &self.shared.access.ssh_hostname {
            Some(server) => Ok(ssh.with_server(server)?),
            None => Ok(ssh),
        }
    }
}
