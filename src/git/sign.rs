//! Signs commits, with an `OpenPGP` or an SSH key.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ssh_key::{HashAlg, LineEnding};

use super::askpass::Askpass;
use super::auth::{PrivateKeyFile, Secret};
use super::open_pgp::OpenPgpKey;
use super::private_key::{KeyError, PrivateKey};
use super::transport_error::clean;
use crate::error::Explain;
use crate::process::{self, Until};

/// How long `ssh-keygen` may take to sign.
const LIMIT: Duration = Duration::from_secs(30);

/// What Git calls its signatures, so that none can pass for one of something else.
const NAMESPACE: &str = "git";

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key ring can't be read.
    #[error("cannot read the key ring {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is no key ring.
    #[error("{} is no OpenPGP key ring", path.display())]
    Ring {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The key id has another form.
    #[error("`{id}` is no OpenPGP key id: it has 16 hexadecimal digits")]
    KeyId {
        /// What was given.
        id: String,
    },
    /// The ring lacks the key.
    #[error("the key ring {} holds {}", path.display(), match id {
        Some(id) => format!("no key with the id {id}"),
        None => "no key".into(),
    })]
    NoKey {
        /// The file.
        path: PathBuf,
        /// The key that was wanted.
        id: Option<String>,
    },
    /// The ring holds the public half only.
    #[error("the key ring {} holds no private key for {id}", path.display())]
    NoSecret {
        /// The file.
        path: PathBuf,
        /// The key.
        id: String,
    },
    /// The key is encrypted, and no passphrase was given.
    #[error("the signing key in {} is encrypted, and no passphrase was given", path.display())]
    NoPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase is another one.
    #[error("the passphrase does not open the signing key in {}", path.display())]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// The SSH key can't be used.
    #[error("cannot use the SSH signing key")]
    Key(#[source] KeyError),
    /// RSA keys this short are worth nothing any more.
    #[error("the SSH signing key {} has {bits} bits: an RSA key needs 2048", path.display())]
    TooShort {
        /// The file.
        path: PathBuf,
        /// Its size.
        bits: usize,
    },
    /// The `OpenPGP` library could not sign.
    #[error("cannot sign with the OpenPGP key")]
    OpenPgp(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The SSH library could not sign.
    #[error("cannot sign with the SSH key")]
    Ssh(#[source] ssh_key::Error),
    /// `ssh-keygen`, which signs with RSA, could not.
    #[error("cannot sign with the SSH key through `ssh-keygen`")]
    Program(#[source] io::Error),
}

impl Explain for SignError {}

/// Signs commits.
#[derive(Clone, Debug)]
pub struct Signer(Means);

#[derive(Clone, Debug)]
enum Means {
    OpenPgp(Box<OpenPgpKey>),
    Ssh(Box<PrivateKey>),
}

impl Signer {
    /// Takes the key of an `OpenPGP` ring that `id` names (empty: the first), and opens it.
    pub fn open_pgp(ring: &Path, passphrase: &Secret, id: &str) -> Result<Self, SignError> {
        OpenPgpKey::read(ring, passphrase, id).map(|key| Self(Means::OpenPgp(Box::new(key))))
    }

    /// Takes an SSH key, and opens it.
    pub fn ssh(file: &PrivateKeyFile) -> Result<Self, SignError> {
        let key = PrivateKey::read(file).map_err(SignError::Key)?;
        match key.public().rsa_bits() {
            Some(bits) if bits < 2048 => Err(SignError::TooShort {
                path: file.path.clone(),
                bits,
            }),
            _ => Ok(Self(Means::Ssh(Box::new(key)))),
        }
    }

    /// Signs the bytes of a commit; the signature is armored, as its `gpgsig` header holds it.
    pub fn sign(&self, commit: &[u8]) -> Result<String, SignError> {
        match &self.0 {
            Means::OpenPgp(key) => key.sign(commit),
            Means::Ssh(key) => match &key.held {
                Some(held) => {
                    let signature = held
                        .sign(NAMESPACE, HashAlg::Sha512, commit)
                        .map_err(SignError::Ssh)?;
                    signature.to_pem(LineEnding::LF).map_err(SignError::Ssh)
                }
                None => sign_with_program(&key.file, commit),
            },
        }
    }
}

/// Signs with the keys that the library reads but can't sign with: RSA, and those in tokens.
fn sign_with_program(file: &PrivateKeyFile, commit: &[u8]) -> Result<String, SignError> {
    let mut command = Command::new("ssh-keygen");
    command
        .args(["-Y", "sign", "-q", "-n", NAMESPACE, "-f"])
        .arg(&file.path);
    let passphrase = file
        .passphrase
        .as_ref()
        .filter(|passphrase| !passphrase.is_empty());
    let askpass = passphrase
        .map(Askpass::serve)
        .transpose()
        .map_err(SignError::Program)?;
    if let Some(askpass) = &askpass {
        askpass.arm(&mut command).map_err(SignError::Program)?;
    }
    let finished =
        process::run(&mut command, commit, LIMIT, Until::Silence).map_err(SignError::Program)?;
    let signature = String::from_utf8_lossy(&finished.stdout).into_owned();
    if finished.status.success() && signature.starts_with("-----BEGIN SSH SIGNATURE-----") {
        return Ok(signature);
    }
    if askpass.is_some_and(|askpass| askpass.was_wrong()) {
        return Err(SignError::Passphrase {
            path: file.path.clone(),
        });
    }
    Err(SignError::Program(io::Error::other(clean(
        &finished.stderr,
    ))))
}
