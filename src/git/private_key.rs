//! Reads the private key files that people have: OpenSSH's own form and the PEM forms.

use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::askpass::Askpass;
use super::auth::{PrivateKeyFile, Secret};
use super::der::{Der, tag};
use super::key::Curve;
use super::public_key::PublicKey;
use super::transport_error::clean;
use super::wire;
use crate::error::Explain;
use crate::process::{self, Until};

/// How long `ssh-keygen` may take over a key file.
const LIMIT: Duration = Duration::from_secs(20);

/// Why a private key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read.
    #[error("cannot read the private key {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no private key that SSH knows", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// It is a public key.
    #[error("{} holds a public key, not a private one", path.display())]
    IsPublic {
        /// The file.
        path: PathBuf,
    },
    /// The key is encrypted, and no passphrase was given.
    #[error("the private key {} is encrypted, and no passphrase was given", path.display())]
    NoPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase is another one.
    #[error("the passphrase does not open the private key {}", path.display())]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// `ssh-keygen`, which reads the old encrypted forms, says no.
    #[error("cannot read the private key {} with `ssh-keygen`", path.display())]
    Program {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Explain for KeyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::IsPublic { .. } => Some("give the file without `.pub`".into()),
            Self::Program { path, .. } => Some(format!(
                "convert it to OpenSSH's form with `ssh-keygen -p -f '{}'`",
                path.display()
            )),
            _ => None,
        }
    }
}

/// A private key that was opened.
#[derive(Clone, Debug)]
pub struct PrivateKey {
    pub(super) file: PrivateKeyFile,
    public: PublicKey,
    /// The key itself, where signing needs no `ssh-keygen`.
    pub(super) held: Option<ssh_key::PrivateKey>,
    text: Secret,
}

impl PrivateKey {
    /// Reads the key and opens it with its passphrase.
    pub fn read(file: &PrivateKeyFile) -> Result<Self, KeyError> {
        let path = || file.path.clone();
        let bytes = std::fs::read(&file.path).map_err(|source| KeyError::Read {
            path: path(),
            source,
        })?;
        let bytes = Zeroizing::new(bytes);
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::NotAKey { path: path() })?;
        let Some((label, body)) = pem_parts(text) else {
            let public = PublicKey::parse(text).is_some() || text.contains("BEGIN PUBLIC KEY");
            return Err(if public {
                KeyError::IsPublic { path: path() }
            } else {
                KeyError::NotAKey { path: path() }
            });
        };
        let encrypted = label == "ENCRYPTED PRIVATE KEY" || body.contains("Proc-Type: 4,ENCRYPTED");
        let (public, held) = match label {
            "OPENSSH PRIVATE KEY" => open_openssh(text, file)?,
            _ if encrypted => (ask_keygen(file)?, None),
            _ => open_pem(label, body).ok_or_else(|| KeyError::NotAKey { path: path() })?,
        };
        Ok(Self {
            file: file.clone(),
            public,
            held,
            text: text.into(),
        })
    }

    /// Returns the public key that belongs to it.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the text of the file, for the Secret that hands it to the cluster.
    pub const fn text(&self) -> &Secret {
        &self.text
    }
}

/// Returns the public half of a private key that is at hand as text; `None` where it is no key, or one that
/// this passphrase does not open.
///
/// The old encrypted PEM forms are not opened here: they take `ssh-keygen` and a file.
pub fn public_half(text: &str, passphrase: Option<Secret>) -> Option<PublicKey> {
    let (label, body) = pem_parts(text)?;
    if label == "OPENSSH PRIVATE KEY" {
        let file = PrivateKeyFile {
            path: PathBuf::new(),
            passphrase,
        };
        return open_openssh(text, &file).ok().map(|(public, _)| public);
    }
    let is_encrypted = body.contains("Proc-Type: 4,ENCRYPTED");
    let (public, _) = open_pem(label, body).filter(|_| !is_encrypted)?;
    Some(public)
}

/// Finds the first PEM block: its label, and what stands within.
fn pem_parts(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    label.ends_with("PRIVATE KEY").then_some((label, body))
}

type Opened = (PublicKey, Option<ssh_key::PrivateKey>);

fn open_openssh(text: &str, file: &PrivateKeyFile) -> Result<Opened, KeyError> {
    let path = || file.path.clone();
    let key =
        ssh_key::PrivateKey::from_openssh(text).map_err(|_| KeyError::NotAKey { path: path() })?;
    let key = if key.is_encrypted() {
        let passphrase = file
            .passphrase
            .as_ref()
            .filter(|passphrase| !passphrase.is_empty());
        let passphrase = passphrase.ok_or_else(|| KeyError::NoPassphrase { path: path() })?;
        key.decrypt(passphrase.reveal())
            .map_err(|_| KeyError::Passphrase { path: path() })?
    } else {
        key
    };
    let line = key.public_key().to_openssh().unwrap_or_default();
    let public = PublicKey::parse(&line).ok_or_else(|| KeyError::NotAKey { path: path() })?;
    // The library can't sign with RSA, nor with a key that lives in a token.
    let signs = public.kind() == "ssh-ed25519" || public.kind().starts_with("ecdsa-sha2-");
    Ok((public, signs.then_some(key)))
}

/// Reads the PEM forms that are not encrypted.
fn open_pem(label: &str, body: &str) -> Option<Opened> {
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    let der = Zeroizing::new(BASE64_STANDARD.decode(body.as_bytes()).ok()?);
    let public = match label {
        "RSA PRIVATE KEY" => public_of_rsa(&der),
        "EC PRIVATE KEY" => public_of_ec(&der),
        "PRIVATE KEY" => public_of_pkcs8(&der),
        _ => None,
    }?;
    let held = seed_of_ed25519(&der).and_then(|seed| {
        let pair = ssh_key::private::Ed25519Keypair::from_seed(&seed);
        ssh_key::PrivateKey::new(pair.into(), "").ok()
    });
    Some((public, held))
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Splits PKCS#8 into the algorithm, what it says of itself, and the key.
fn pkcs8_parts(der: &[u8]) -> Option<(&[u8], Der<'_>, &[u8])> {
    let mut outer = Der::new(der).open()?;
    outer.take(tag::INTEGER)?;
    let mut algorithm = outer.open()?;
    let name = algorithm.take(tag::OBJECT)?;
    Some((name, algorithm, outer.take(tag::OCTETS)?))
}

/// Returns the public key of an unencrypted PKCS#8 key.
pub(super) fn public_of_pkcs8(der: &[u8]) -> Option<PublicKey> {
    let (name, _, key) = pkcs8_parts(der)?;
    match name {
        RSA => public_of_rsa(key),
        EC => public_of_ec(der),
        ED25519 => {
            let pair = Ed25519KeyPair::from_seed_unchecked(&*seed_of_ed25519(der)?).ok()?;
            Some(wire::ed25519(pair.public_key().as_ref()))
        }
        _ => None,
    }
}

fn seed_of_ed25519(der: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let (name, _, key) = pkcs8_parts(der)?;
    let seed = Der::new(key)
        .take(tag::OCTETS)
        .filter(|_| name == ED25519)?;
    Some(Zeroizing::new(seed.try_into().ok()?))
}

/// Returns the public half of PKCS#1: version, modulus, exponent, and what is secret.
fn public_of_rsa(der: &[u8]) -> Option<PublicKey> {
    let mut key = Der::new(der).open()?;
    key.take(tag::INTEGER)?;
    let (modulus, exponent) = (key.take(tag::INTEGER)?, key.take(tag::INTEGER)?);
    Some(wire::rsa(exponent, modulus))
}

/// Returns the public half of an EC key, in PKCS#8 or in its own form; the curve is the one that fits.
fn public_of_ec(der: &[u8]) -> Option<PublicKey> {
    [Curve::P256, Curve::P384, Curve::P521]
        .into_iter()
        .find_map(|curve| {
            let pair = EcdsaKeyPair::from_private_key_der(curve.algorithm(), der).ok()?;
            Some(wire::ecdsa(curve, pair.public_key().as_ref()))
        })
}

/// Lets `ssh-keygen` read a PEM key that is encrypted.
fn ask_keygen(file: &PrivateKeyFile) -> Result<PublicKey, KeyError> {
    let path = || file.path.clone();
    let passphrase = file
        .passphrase
        .as_ref()
        .filter(|passphrase| !passphrase.is_empty());
    let passphrase = passphrase.ok_or_else(|| KeyError::NoPassphrase { path: path() })?;
    let failed = |source| KeyError::Program {
        path: path(),
        source,
    };
    let askpass = Askpass::serve(passphrase).map_err(failed)?;
    let mut command = Command::new("ssh-keygen");
    command.arg("-y").arg("-f").arg(&file.path);
    askpass.arm(&mut command).map_err(failed)?;
    let finished = process::run(&mut command, b"", LIMIT, Until::Silence).map_err(failed)?;
    if finished.status.success() {
        return PublicKey::parse(&String::from_utf8_lossy(&finished.stdout))
            .ok_or_else(|| KeyError::NotAKey { path: path() });
    }
    if askpass.was_wrong() || finished.stderr.contains("passphrase") {
        return Err(KeyError::Passphrase { path: path() });
    }
    Err(failed(io::Error::other(clean(&finished.stderr))))
}
