//! What SOPS has noted in a file: who it is encrypted for, by which rules, and its checksum.

use serde_json::{Map, Value as Json};

use super::error::SopsError;
use super::rules::Rules;

/// The notes of a file.
pub struct Metadata {
    /// The groups of keys.
    pub groups: Vec<Vec<Recipient>>,
    /// How many groups are needed; zero where there is one only.
    pub threshold: usize,
    /// When the file was encrypted, as it counts for the checksum.
    pub modified: String,
    /// The encrypted checksum.
    pub checksum: String,
    /// Whether the checksum is over encrypted values only.
    pub only_encrypted: bool,
    /// Which values are encrypted.
    pub rules: Rules,
}

/// A key that the data key is encrypted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// What sort of key.
    pub sort: Sort,
    /// What names it: a public key, a fingerprint, the address of a service.
    pub name: String,
    /// The encrypted data key, or a share of it.
    pub encrypted: String,
}

/// What sorts of keys there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// An age key, or an SSH key that age uses.
    Age,
    /// An `OpenPGP` key.
    OpenPgp,
    /// A key in a service, which is not asked.
    Service(&'static str),
}

impl Recipient {
    /// Returns how it is named to people.
    pub fn shown(&self) -> String {
        let sort = match self.sort {
            Sort::Age => "age",
            Sort::OpenPgp => "OpenPGP",
            Sort::Service(name) => name,
        };
        // SSH keys are long.
        let name: String = match self.name.char_indices().nth(72) {
            Some((at, _)) => format!("{}…", &self.name[..at]),
            None => self.name.clone(),
        };
        format!("{sort} {name}")
    }
}

/// The lists of keys in the notes, the sort of the keys, and the fields that name one.
const LISTS: &[(&str, Sort, &[&str])] = &[
    ("age", Sort::Age, &["recipient"]),
    ("pgp", Sort::OpenPgp, &["fp"]),
    ("kms", Sort::Service("AWS KMS"), &["arn"]),
    ("gcp_kms", Sort::Service("GCP KMS"), &["resource_id"]),
    ("hckms", Sort::Service("Huawei Cloud KMS"), &["key_id"]),
    (
        "azure_kv",
        Sort::Service("Azure Key Vault"),
        &["vault_url", "name"],
    ),
    (
        "hc_vault",
        Sort::Service("HashiCorp Vault"),
        &["vault_address", "engine_path", "key_name"],
    ),
];

impl Metadata {
    /// Reads the notes.
    ///
    /// # Errors
    ///
    /// Fails where something that has to be there is not.
    pub fn new(notes: &Map<String, Json>) -> Result<Self, SopsError> {
        let damaged = |problem: &str| SopsError::Metadata(problem.into());
        let mut groups = vec![group(notes)];
        if groups[0].is_empty() {
            let listed = notes.get("key_groups").and_then(Json::as_array);
            let listed = listed.map_or(&[][..], Vec::as_slice);
            groups = listed
                .iter()
                .filter_map(Json::as_object)
                .map(group)
                .collect();
        }
        if groups.is_empty() {
            return Err(damaged("it lists no keys"));
        }
        let modified = text(notes, "lastmodified");
        if modified.is_empty() {
            return Err(damaged("it does not say when the file was encrypted"));
        }
        Ok(Self {
            groups,
            threshold: whole(notes, "shamir_threshold"),
            modified: in_seconds(&modified),
            checksum: text(notes, "mac"),
            only_encrypted: text(notes, "mac_only_encrypted") == "true",
            rules: Rules::new(|name| text(notes, name))?,
        })
    }

    /// Returns all keys, as they are named to people.
    pub fn recipients(&self) -> Vec<String> {
        let mut shown: Vec<String> = self.groups.iter().flatten().map(Recipient::shown).collect();
        shown.dedup();
        shown
    }
}

/// Reads the keys of a group, in the order in which they are tried.
fn group(notes: &Map<String, Json>) -> Vec<Recipient> {
    let lists = LISTS.iter().flat_map(|(list, sort, fields)| {
        let keys = notes.get(*list).and_then(Json::as_array);
        let keys = keys.into_iter().flatten().filter_map(Json::as_object);
        keys.map(|key| Recipient {
            sort: *sort,
            name: fields
                .iter()
                .map(|field| text(key, field))
                .collect::<Vec<_>>()
                .join("/"),
            encrypted: text(key, "enc"),
        })
    });
    lists.collect()
}

/// Returns a field as text, whatever its type is.
fn text(fields: &Map<String, Json>, name: &str) -> String {
    match fields.get(name) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

fn whole(fields: &Map<String, Json>, name: &str) -> usize {
    text(fields, name).parse().unwrap_or(0)
}

/// Returns a time as Go writes it again: without parts of a second, and with `Z` for no offset.
fn in_seconds(time: &str) -> String {
    let time = match time.split_once('.') {
        Some((seconds, rest)) => {
            let zone = rest.trim_start_matches(|character: char| character.is_ascii_digit());
            format!("{seconds}{zone}")
        }
        None => time.to_owned(),
    };
    match time.strip_suffix("+00:00") {
        Some(time) => format!("{time}Z"),
        None => time,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(notes: &Json) -> Result<Metadata, String> {
        Metadata::new(notes.as_object().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_come_in_groups_or_alone() {
        let alone = read(&json!({"age": [{"recipient": "age1x", "enc": "E"}], "kms": [{"arn": "arn:x"}], "lastmodified": "2026-01-02T03:04:05.678+00:00", "mac": "M", "mac_only_encrypted": "true"})).unwrap();
        assert_eq!(alone.recipients(), ["age age1x", "AWS KMS arn:x"]);
        assert_eq!(alone.modified, "2026-01-02T03:04:05Z");
        assert!(alone.only_encrypted);
        let groups = read(&json!({"key_groups": [{"age": [{"recipient": "a"}]}, {"pgp": [{"fp": "F"}]}], "shamir_threshold": "2", "lastmodified": "x"})).unwrap();
        assert_eq!((groups.groups.len(), groups.threshold), (2, 2));
    }

    #[test]
    fn says_what_is_missing() {
        assert!(read(&json!({"lastmodified": "x"})).is_err());
        assert!(read(&json!({"age": [{"recipient": "a"}]})).is_err());
        let two = json!({"age": [{"recipient": "a"}], "lastmodified": "x", "encrypted_regex": "a", "encrypted_suffix": "b"});
        assert!(read(&two).is_err());
    }
}
