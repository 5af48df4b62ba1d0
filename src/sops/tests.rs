//! Files that the real sops has encrypted (`fixtures/sops/make`), opened here: the same bytes, or one clear error.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pgp::composed::{ArmorOptions, Deserializable as _, SignedSecretKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::types::{Password, S2kParams, StringToKey};
use zeroize::Zeroizing;

use super::error::SopsError;
use super::format::Format;
use super::keyring::Keyring;
use super::locked::AskPassphrase;
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

/// Reads a key with somebody at hand who gives these passphrases, one after the other; counts the questions.
fn asked(passphrases: &'static [&'static str]) -> (Keyring, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let questions = Arc::clone(&count);
    let ask: AskPassphrase = Arc::new(move |words: &str| {
        assert!(words.contains("Passphrase of the "), "{words}");
        let place = questions.fetch_add(1, Ordering::Relaxed);
        passphrases
            .get(place)
            .map(|passphrase| Zeroizing::new((*passphrase).to_owned()))
    });
    (Keyring::asking(ask), count)
}

/// Encrypts a file of identities with the passphrase `hunter2`, as `age --passphrase` does.
fn locked_identities(text: &str) -> Vec<u8> {
    let mut recipient = age::scrypt::Recipient::new("hunter2".to_owned().into());
    // The least that there is: the tests are not about patience.
    recipient.set_work_factor(2);
    let recipient: &dyn age::Recipient = &recipient;
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient)).unwrap();
    let mut locked = Vec::new();
    let mut writer = encryptor.wrap_output(&mut locked).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap();
    locked
}

#[test]
fn identities_in_an_encrypted_file_are_asked_for_when_they_are_needed() {
    let identities = fs::read_to_string(folder().join("keys/age.txt")).unwrap();
    let bytes = locked_identities(&identities);
    let armored = format!(
        "-----BEGIN AGE ENCRYPTED FILE-----\n{}\n-----END AGE ENCRYPTED FILE-----\n",
        STANDARD.encode(&bytes)
    );
    for locked in [bytes.as_slice(), armored.as_bytes()] {
        let (mut keyring, count) = asked(&["wrong", "hunter2"]);
        keyring.add("keys.txt", locked).unwrap();
        // An SSH key is wanted, which is in no such file.
        let other = opened("ssh-ed25519.yaml", &encrypted("ssh-ed25519.yaml"), &keyring);
        assert!(other.is_err());
        assert_eq!(count.load(Ordering::Relaxed), 0);
        for name in ["document.yaml", "document.json"] {
            opened(name, &encrypted(name), &keyring).unwrap();
        }
        assert_eq!(count.load(Ordering::Relaxed), 2, "it is asked for once");
    }
    let (mut keyring, count) = asked(&[]);
    keyring.add("keys.txt", &bytes).unwrap();
    let document = encrypted("document.yaml");
    for _ in 0..2 {
        let error = opened("document.yaml", &document, &keyring).unwrap_err();
        assert!(
            error.to_string().contains("its passphrase was not given"),
            "{error}"
        );
    }
    assert_eq!(
        count.load(Ordering::Relaxed),
        1,
        "who does not answer is not asked again"
    );
    let refused = Keyring::default().add("keys.txt", &bytes).unwrap_err();
    assert!(refused.to_string().contains("the age key has a passphrase"));
}

#[test]
fn an_open_pgp_key_with_a_passphrase_is_asked_for_when_it_is_needed() {
    let text = fs::read(folder().join("keys/pgp.asc")).unwrap();
    let (mut key, _) = SignedSecretKey::from_armor_single(text.as_slice()).unwrap();
    let password = Password::from("hunter2");
    let lock = || S2kParams::Cfb {
        sym_alg: SymmetricKeyAlgorithm::AES256,
        s2k: StringToKey::IteratedAndSalted {
            hash_alg: HashAlgorithm::Sha256,
            salt: [7; 8],
            count: 96,
        },
        iv: vec![3; 16].into(),
    };
    key.primary_key
        .set_password_with_s2k(&password, lock())
        .unwrap();
    for subkey in &mut key.secret_subkeys {
        subkey.key.set_password_with_s2k(&password, lock()).unwrap();
    }
    let locked = key.to_armored_string(ArmorOptions::default()).unwrap();
    let (mut keyring, count) = asked(&["wrong", "hunter2"]);
    keyring.add("locked.asc", locked.as_bytes()).unwrap();
    assert!(opened("other.yaml", &encrypted("other.yaml"), &keyring).is_err());
    assert_eq!(count.load(Ordering::Relaxed), 0);
    for name in ["pgp.yaml", "pgp.env"] {
        opened(name, &encrypted(name), &keyring).unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 2, "it is asked for once");
    let refused = Keyring::default()
        .add("locked.asc", locked.as_bytes())
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("the OpenPGP key has a passphrase")
    );
}
