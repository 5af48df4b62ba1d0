//! Public keys in the bytes that SSH sends.

use super::key::Curve;
use super::public_key::PublicKey;

fn string(bytes: &mut Vec<u8>, value: &[u8]) {
    // No part of a key is anywhere near 4 GiB.
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(value);
}

/// Writes a positive number: without leading zeros, but for one that keeps it positive.
fn number(bytes: &mut Vec<u8>, value: &[u8]) {
    let start = value
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(value.len());
    let mut digits = value[start..].to_vec();
    if digits.first().is_some_and(|first| *first >= 0x80) {
        digits.insert(0, 0);
    }
    string(bytes, &digits);
}

/// Returns the Ed25519 key with these 32 bytes.
pub(super) fn ed25519(public: &[u8]) -> PublicKey {
    let mut bytes = Vec::new();
    string(&mut bytes, b"ssh-ed25519");
    string(&mut bytes, public);
    PublicKey::from_bytes("ssh-ed25519", &bytes)
}

/// Returns the ECDSA key with this uncompressed point.
pub(super) fn ecdsa(curve: Curve, point: &[u8]) -> PublicKey {
    let kind = format!("ecdsa-sha2-{}", curve.name());
    let mut bytes = Vec::new();
    string(&mut bytes, kind.as_bytes());
    string(&mut bytes, curve.name().as_bytes());
    string(&mut bytes, point);
    PublicKey::from_bytes(&kind, &bytes)
}

/// Returns the RSA key with this exponent and modulus.
pub(super) fn rsa(exponent: &[u8], modulus: &[u8]) -> PublicKey {
    let mut bytes = Vec::new();
    string(&mut bytes, b"ssh-rsa");
    number(&mut bytes, exponent);
    number(&mut bytes, modulus);
    PublicKey::from_bytes("ssh-rsa", &bytes)
}
