//! What `bootstrap git` asks of a repository at AWS `CodeCommit`.

use super::args::AccessArgs;
use super::run::key_file;
use crate::env;
use crate::error::Failure;
use crate::git::{AwsIdentity, GitUrl, PrivateKey, Scheme, Secret};

/// The forms of address that `CodeCommit` has.
const FORMS: &str = "use ssh://SSH-KEY-ID@git-codecommit.REGION.amazonaws.com/v1/repos/NAME, or https:// without a user";

/// Explains the address of the helper program `git-remote-codecommit`, which only that program understands.
pub fn refuse_helper_url(text: &str) -> Result<(), Failure> {
    if text.starts_with("codecommit:") {
        return Err(Failure::usage(
            "addresses that begin with `codecommit:` belong to a helper program of Git, and no cluster knows them",
        )
        .with_hint(FORMS));
    }
    Ok(())
}

/// Holds the flags to the rules of `CodeCommit`; any other host is fine.
///
/// Over SSH the user is the identifier of the key, which has to be given, and AWS takes RSA keys alone.
pub fn check(url: &GitUrl, args: &AccessArgs, password: Option<&Secret>) -> Result<(), Failure> {
    if !url.is_code_commit() {
        return Ok(());
    }
    let refuse = |what: &str, hint: &str| Err(Failure::usage(what).with_hint(hint));
    if url.code_commit_repository().is_none() {
        return refuse("the path of a CodeCommit URL is /v1/repos/NAME", FORMS);
    }
    if url.scheme() != Scheme::Ssh {
        return Ok(());
    }
    match url.user() {
        None => return refuse("the CodeCommit URL names no SSH user", FORMS),
        Some("git") => {
            return refuse(
                "the SSH user of a CodeCommit URL is not `git` but the identifier of the SSH key",
                "IAM shows it beside the public key: it begins with APKA",
            );
        }
        Some(_) => {}
    }
    let Some(file) = key_file(args, password.cloned()) else {
        return refuse(
            "CodeCommit over SSH needs --private-key-file",
            "its public half has to be known to the IAM user already, so none can be made here",
        );
    };
    let key = PrivateKey::read(&file)?;
    if key.public().kind() != "ssh-rsa" {
        return refuse(
            &format!(
                "CodeCommit takes RSA keys only, and {} holds one of the type {}",
                file.path.display(),
                key.public().kind()
            ),
            "make one with `ssh-keygen -t rsa -b 4096` and upload its public half to the IAM user",
        );
    }
    Ok(())
}

/// Returns user and password that AWS's identity in the environment gives at `CodeCommit` over HTTPS; `None` where the
/// repository is elsewhere.
pub fn login(url: &GitUrl) -> Result<Option<(String, Secret)>, Failure> {
    if !url.is_code_commit() || url.scheme() != Scheme::Https {
        return Ok(None);
    }
    let (Some(access_key), Some(secret_key)) = (
        env::AWS_ACCESS_KEY_ID.text(),
        env::AWS_SECRET_ACCESS_KEY.text(),
    ) else {
        return Err(Failure::usage(format!(
            "CodeCommit over HTTPS needs an identity of AWS in {} and {}",
            env::AWS_ACCESS_KEY_ID.name,
            env::AWS_SECRET_ACCESS_KEY.name
        ))
        .with_hint(
            "`aws configure export-credentials --format env` prints that of a profile; with `--token-auth` the Git \
             credentials of an IAM user do as well",
        ));
    };
    let identity = AwsIdentity {
        access_key,
        secret_key: secret_key.into(),
        session_token: env::AWS_SESSION_TOKEN.text().map(Secret::from),
    };
    let login = url.code_commit_login(&identity, env::now());
    login.map(Some).ok_or_else(|| {
        Failure::usage("the host of the CodeCommit URL names no region of AWS").with_hint(FORMS)
    })
}
