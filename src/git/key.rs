//! Makes SSH key pairs, in the forms that the controllers and the Git servers read.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::{Zeroize as _, Zeroizing};

use super::auth::Secret;
use super::private_folder::private_folder;
use super::public_key::PublicKey;
use super::wire;
use crate::error::Explain;
use crate::process::{self, Until};

/// How long making a key may take; only odd sizes of RSA come near.
const LIMIT: Duration = Duration::from_mins(1);

/// The curve of an ECDSA key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    #[default]
    P384,
    /// NIST P-521.
    P521,
}

impl Curve {
    /// Returns the name that SSH gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "nistp256",
            Self::P384 => "nistp384",
            Self::P521 => "nistp521",
        }
    }

    pub(super) const fn algorithm(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            Self::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            Self::P521 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        }
    }
}

/// The sort of a key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with so many bits: 1024 and up, a multiple of 8.
    Rsa(u32),
    /// ECDSA on a curve.
    Ecdsa(Curve),
    /// Ed25519.
    Ed25519,
}

impl Default for Algorithm {
    fn default() -> Self {
        Self::Ecdsa(Curve::default())
    }
}

/// A new key pair.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// The private key: PKCS#8, as PEM.
    pub private_pem: Secret,
    /// The public key as `authorized_keys` has it, with a line end.
    pub public_line: String,
}

/// Why no key pair could be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The size is none that RSA keys have.
    #[error("an RSA key of {0} bits can't be made")]
    Size(u32),
    /// The cryptographic library refused.
    #[error("cannot make the key pair")]
    Crypto,
    /// Sizes that the library does not make come from `ssh-keygen`.
    #[error("cannot make an RSA key of {bits} bits with `ssh-keygen`")]
    Program {
        /// The size.
        bits: u32,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Explain for GenerateError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Size(_) | Self::Program { .. } => {
                Some("use 2048, 3072, 4096 or 8192 bits".into())
            }
            Self::Crypto => None,
        }
    }
}

impl From<aws_lc_rs::error::Unspecified> for GenerateError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Crypto
    }
}

impl KeyPair {
    /// Makes a key pair.
    pub fn generate(algorithm: Algorithm) -> Result<Self, GenerateError> {
        match algorithm {
            Algorithm::Ed25519 => {
                let pair = Ed25519KeyPair::generate()?;
                let public = wire::ed25519(pair.public_key().as_ref());
                Ok(Self::new(pair.to_pkcs8v1()?.as_ref(), &public))
            }
            Algorithm::Ecdsa(curve) => {
                let pair = EcdsaKeyPair::generate(curve.algorithm())?;
                let public = wire::ecdsa(curve, pair.public_key().as_ref());
                Ok(Self::new(pair.to_pkcs8v1()?.as_ref(), &public))
            }
            Algorithm::Rsa(bits) => Self::rsa(bits),
        }
    }

    fn new(pkcs8: &[u8], public: &PublicKey) -> Self {
        Self {
            private_pem: pem(pkcs8),
            public_line: format!("{public}\n"),
        }
    }

    fn rsa(bits: u32) -> Result<Self, GenerateError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            1024..=16384 if bits.is_multiple_of(8) => return Self::rsa_of_odd_size(bits),
            _ => return Err(GenerateError::Size(bits)),
        };
        let pair = aws_lc_rs::rsa::KeyPair::generate(size)?;
        let der = pair.as_der()?;
        let public =
            super::private_key::public_of_pkcs8(der.as_ref()).ok_or(GenerateError::Crypto)?;
        Ok(Self::new(der.as_ref(), &public))
    }

    /// Asks `ssh-keygen` for a size that the library does not make, in a folder for the user alone.
    fn rsa_of_odd_size(bits: u32) -> Result<Self, GenerateError> {
        let failed = |source| GenerateError::Program { bits, source };
        let folder = private_folder().map_err(failed)?;
        let path = folder.path().join("key");
        let mut command = Command::new("ssh-keygen");
        command
            .args(["-q", "-t", "rsa", "-m", "PKCS8", "-N", "", "-C", "", "-b"])
            .arg(bits.to_string())
            .arg("-f")
            .arg(&path);
        let finished = process::run(&mut command, b"", LIMIT, Until::Silence).map_err(failed)?;
        if !finished.status.success() {
            let said = super::transport_error::clean(&finished.stderr);
            return Err(failed(std::io::Error::other(said)));
        }
        let private = std::fs::read_to_string(&path).map_err(failed)?;
        let public = std::fs::read_to_string(path.with_extension("pub")).map_err(failed)?;
        let public = PublicKey::parse(&public).ok_or(GenerateError::Crypto)?;
        Ok(Self {
            private_pem: private.into(),
            public_line: format!("{public}\n"),
        })
    }
}

/// Writes PKCS#8 as PEM.
fn pem(pkcs8: &[u8]) -> Secret {
    let mut text = String::from("-----BEGIN PRIVATE KEY-----\n");
    let mut body = Zeroizing::new(BASE64_STANDARD.encode(pkcs8));
    for line in body.as_bytes().chunks(64) {
        // Base64 is ASCII, so a line of it is text.
        let _written = writeln!(text, "{}", String::from_utf8_lossy(line));
    }
    body.zeroize();
    text.push_str("-----END PRIVATE KEY-----\n");
    text.into()
}

#[cfg(test)]
mod tests {
    use super::super::private_key::PrivateKey;
    use super::*;

    #[test]
    fn makes_pairs_that_openssl_and_openssh_read() {
        let all = [
            (Algorithm::Rsa(2048), "ssh-rsa"),
            (Algorithm::Rsa(2056), "ssh-rsa"),
            (Algorithm::Ecdsa(Curve::P256), "ecdsa-sha2-nistp256"),
            (Algorithm::default(), "ecdsa-sha2-nistp384"),
            (Algorithm::Ecdsa(Curve::P521), "ecdsa-sha2-nistp521"),
            (Algorithm::Ed25519, "ssh-ed25519"),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (algorithm, kind) in all {
            let pair = KeyPair::generate(algorithm).unwrap();
            assert!(
                pair.public_line.starts_with(&format!("{kind} AAAA"))
                    && pair.public_line.ends_with('\n')
            );
            assert!(
                pair.private_pem
                    .reveal()
                    .starts_with("-----BEGIN PRIVATE KEY-----\n")
            );
            let path = folder.path().join(kind);
            std::fs::write(&path, pair.private_pem.reveal()).unwrap();
            let read = PrivateKey::read(&crate::git::PrivateKeyFile {
                path: path.clone(),
                passphrase: None,
            })
            .unwrap();
            assert_eq!(format!("{}\n", read.public()), pair.public_line);
            if algorithm == Algorithm::Ed25519 {
                continue; // OpenSSH reads PKCS#8 of Ed25519 only since 9.6
            }
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
                .unwrap();
            let shown = Command::new("ssh-keygen")
                .arg("-y")
                .arg("-f")
                .arg(&path)
                .output()
                .unwrap();
            assert_eq!(
                String::from_utf8(shown.stdout).unwrap(),
                pair.public_line,
                "{kind}"
            );
        }
    }

    #[test]
    fn refuses_odd_sizes() {
        for bits in [0, 512, 2049, 100_000] {
            assert!(
                matches!(
                    KeyPair::generate(Algorithm::Rsa(bits)),
                    Err(GenerateError::Size(_))
                ),
                "{bits}"
            );
        }
    }
}
