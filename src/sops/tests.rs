//! Files that the real sops has encrypted (`fixtures/sops/make`), opened here: the same bytes, or one clear error.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::SopsError;
use super::format::Format;
use super::keyring::Keyring;
use super::open::{Integrity, open};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sops")
}

fn keyring(names: &[&str]) -> Keyring {
    let mut keyring = Keyring::default();
    for name in names {
        keyring.add_file(&folder().join("keys").join(name)).unwrap();
    }
    keyring
}

fn encrypted(name: &str) -> Vec<u8> {
    fs::read(folder().join("encrypted").join(name)).unwrap()
}

fn opened(name: &str, content: &[u8], keyring: &Keyring) -> Result<String, SopsError> {
    let format = Format::of(name);
    let opened = open(content, (format, format), keyring, Integrity::Checked)?;
    Ok(String::from_utf8_lossy(&opened.content).into_owned())
}

/// The keys that fit a file of the folder.
fn keys_of(name: &str) -> &'static [&'static str] {
    match name.split_once('.').unwrap().0 {
        "ssh-ed25519" => &["id_ed25519"],
        "ssh-rsa" => &["id_rsa"],
        "pgp" => &["pgp.asc"],
        "other" => &["other.txt"],
        // Two of three groups.
        "groups" => &["pgp.asc", "age.txt"],
        _ => &["age.txt"],
    }
}

#[test]
fn every_file_opens_to_the_bytes_that_sops_gives() {
    let mut count = 0;
    for entry in fs::read_dir(folder().join("decrypted")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let keyring = keyring(keys_of(name));
        match opened(name, &encrypted(name), &keyring) {
            Ok(found) => assert_eq!(found, expected, "{name}"),
            Err(error) => panic!("{name}: {error}"),
        }
        count += 1;
    }
    assert!(count > 20);
}

#[test]
fn whole_files_keep_every_byte() {
    let keyring = keyring(&["age.txt"]);
    let format = (Format::Binary, Format::Binary);
    let opened = open(
        &encrypted("bytes.bin"),
        format,
        &keyring,
        Integrity::Checked,
    )
    .unwrap();
    let expected = fs::read(folder().join("plain/bytes.bin")).unwrap();
    assert_eq!(opened.content.as_slice(), expected);
}

#[test]
fn a_wrong_key_is_told_with_what_was_tried_and_who_could() {
    let error = opened("pgp.yaml", &encrypted("pgp.yaml"), &keyring(&["age.txt"])).unwrap_err();
    assert!(error.is_missing_key());
    let error = opened(
        "document.yaml",
        &encrypted("document.yaml"),
        &keyring(&["other.txt"]),
    );
    let error = error.unwrap_err().to_string();
    let public = |name: &str| {
        let text = fs::read_to_string(folder().join("keys").join(name)).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("# public key: "));
        line.unwrap().to_owned()
    };
    assert!(
        error.contains(&format!("encrypted for age {};", public("age.txt"))),
        "{error}"
    );
    assert!(
        error.contains(&format!("tried: {} (", public("other.txt"))),
        "{error}"
    );
    let nothing = opened(
        "document.yaml",
        &encrypted("document.yaml"),
        &Keyring::default(),
    );
    assert!(nothing.unwrap_err().to_string().ends_with("tried: nothing"));
}

#[test]
fn one_group_is_not_enough() {
    for keys in [["age.txt"].as_slice(), &["other.txt"], &["pgp.asc"]] {
        let error = opened("groups.yaml", &encrypted("groups.yaml"), &keyring(keys)).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("2 of its 3 key groups are needed, and 1 is at hand"),
            "{error}"
        );
    }
    let keyring = keyring(&["age.txt", "other.txt", "pgp.asc"]);
    assert!(opened("groups.yaml", &encrypted("groups.yaml"), &keyring).is_ok());
}

/// Texts of the plain files that no error may show.
const SECRETS: &[&str] = &[
    "A document",
    "several",
    "p=a#ss",
    "battery",
    "Grüße",
    "two words",
];

#[test]
fn a_file_that_is_cut_off_anywhere_is_one_clear_error() {
    for name in [
        "document.yaml",
        "document.json",
        "settings.env",
        "settings.ini",
        "bytes.bin",
    ] {
        let keyring = keyring(&["age.txt"]);
        let content = encrypted(name);
        let whole = opened(name, &content, &keyring).unwrap();
        for end in (0..content.len()).step_by(7) {
            match opened(name, &content[..end], &keyring) {
                // What is missing may be nothing but the last line break.
                Ok(found) => assert_eq!(found, whole, "{name} up to {end}"),
                Err(error) => {
                    let error = error.to_string();
                    assert!(
                        !SECRETS.iter().any(|secret| error.contains(secret)),
                        "{error}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_value_that_was_changed_moved_or_taken_away_is_found() {
    let keyring = keyring(&["age.txt"]);
    let text = String::from_utf8(encrypted("document.yaml")).unwrap();
    let error = |text: &str| opened("document.yaml", text.as_bytes(), &keyring).unwrap_err();
    let line = |start: &str| {
        text.lines()
            .find(|line| line.trim_start().starts_with(start))
            .unwrap()
    };
    // Taken away, and changed where nothing is encrypted.
    let without = text.replace(&format!("{}\n", line("title:")), "");
    assert!(matches!(error(&without), SopsError::Integrity));
    let changed = text.replace("plain_unencrypted: visible", "plain_unencrypted: other");
    assert!(matches!(error(&changed), SopsError::Integrity));
    // Moved.
    let value = line("title:").split_once(' ').unwrap().1;
    let other = line("whole:").trim_start().split_once(' ').unwrap().1;
    let moved = text.replace(other, value);
    assert!(matches!(error(&moved), SopsError::Value { path, .. } if path == "numbers.whole"));
    // In the clear where it should not be, and of another time.
    let clear = text.replace(value, "in the clear");
    assert!(matches!(error(&clear), SopsError::Value { path, .. } if path == "title"));
    let later = text.replace("lastmodified: \"2026", "lastmodified: \"2027");
    assert!(matches!(error(&later), SopsError::Checksum));
}

#[test]
fn services_are_named() {
    let content = br#"{"a": "ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]", "sops": {"kms": [{"arn": "arn:aws:kms:x", "enc": "x"}], "lastmodified": "2026-01-01T00:00:00Z", "mac": "x"}}"#;
    let error = opened("a.json", content, &keyring(&["age.txt"]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("encrypted for AWS KMS arn:aws:kms:x"),
        "{error}"
    );
    assert!(error.contains("AWS KMS, which is not supported"), "{error}");
}

#[test]
fn what_is_not_encrypted_is_said_to_be_so() {
    for (name, content) in [
        ("a.yaml", "a: 1\n"),
        ("a.json", "{}"),
        ("a.env", "A=1\n"),
        ("a.ini", "[a]\nb=1\n"),
    ] {
        let error = opened(name, content.as_bytes(), &Keyring::default()).unwrap_err();
        assert!(matches!(error, SopsError::NotEncrypted), "{name}: {error}");
    }
}
