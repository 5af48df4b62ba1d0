//! Base64 as the API server reads it in Secrets.

use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine as _};

/// Standard base64 with padding, where spare bits at the end count for nothing, as in Go.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Decodes a value of a Secret; line breaks in it are passed over.
///
/// # Errors
///
/// Fails where it is no base64.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, DecodeError> {
    ENGINE.decode(text.replace(['\n', '\r'], ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        assert_eq!(decode_base64("YQ==").unwrap(), b"a");
        assert_eq!(decode_base64("YR=\n=").unwrap(), b"a");
        for broken in ["YQ", "Y Q==", "_-8=", "YQ==="] {
            assert!(decode_base64(broken).is_err(), "{broken}");
        }
    }
}
