//! Helm's record of a release: a JSON document, packed, in a Secret.

use std::io::{self, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::error::Explain;

/// How large an unpacked record may be; a Secret holds one MiB of it packed.
const LARGEST: u64 = 256 << 20;

/// The first bytes of what gzip has packed.
const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];

/// Why a Secret holds no record of a release.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// It is not written in base64.
    #[error("the record is not written in base64")]
    Base64(#[from] base64::DecodeError),
    /// It can't be unpacked.
    #[error("the record can't be unpacked")]
    Gzip(#[from] io::Error),
    /// What was packed is no release; the reader's own words may quote values.
    #[error("the record is no release")]
    Json,
}

impl Explain for StorageError {}

/// What Helm has recorded of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StoredRelease {
    /// The namespace that it was released to.
    pub namespace: String,
    /// The rendered objects, as a stream of YAML documents.
    pub manifest: String,
}

impl StoredRelease {
    /// Returns the name of the Secret of a release's revision.
    pub fn secret_name(release: &str, revision: i64) -> String {
        format!("sh.helm.release.v1.{release}.v{revision}")
    }

    /// Unpacks what stands in `data.release` of the Secret, as the API server gives it.
    ///
    /// # Errors
    ///
    /// Fails where it is no record of a release.
    pub fn unpack(data: &str) -> Result<Self, StorageError> {
        // Once by the API server, and once by Helm.
        let inner = STANDARD.decode(data)?;
        let packed = STANDARD.decode(inner)?;
        let mut text = Vec::new();
        if packed.starts_with(GZIP) {
            GzDecoder::new(packed.as_slice())
                .take(LARGEST)
                .read_to_end(&mut text)?;
        } else {
            text = packed;
        }
        serde_json::from_slice(&text).map_err(|_| StorageError::Json)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> String {
        STANDARD.encode(STANDARD.encode(bytes))
    }

    #[test]
    fn records_are_unpacked() {
        let json = br#"{"name": "web", "namespace": "apps", "manifest": "a: 1\n", "version": 2}"#;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(json).unwrap();
        let wanted = StoredRelease {
            namespace: "apps".into(),
            manifest: "a: 1\n".into(),
        };
        for data in [packed(&encoder.finish().unwrap()), packed(json)] {
            assert_eq!(StoredRelease::unpack(&data).unwrap(), wanted);
        }
        assert_eq!(
            StoredRelease::secret_name("web", 2),
            "sh.helm.release.v1.web.v2"
        );
    }

    #[test]
    fn what_is_no_record_is_told() {
        for (data, message) in [
            ("eHh4", "the record is not written in base64"),
            (
                packed(&[0x1f, 0x8b, 0x08, 1]).as_str(),
                "the record can't be unpacked",
            ),
            (packed(b"{").as_str(), "the record is no release"),
        ] {
            let error = StoredRelease::unpack(data).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
