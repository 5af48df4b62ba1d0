//! The way through a document: each value decrypted in its place, and all of them summed up.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use super::cipher::{DataKey, Plain};
use super::error::SopsError;
use super::go_number;
use super::metadata::Metadata;
use super::rules::Position;
use super::tree::{Branch, Comment, Element, Entry, Value};

/// What the checksum starts with where it is over encrypted values only: the SHA-256 of `sops`.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b,
    0x0b, 0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// A way through the documents of a file.
pub struct Walk<'file> {
    key: &'file DataKey,
    metadata: &'file Metadata,
    sum: Sha512,
    path: Vec<String>,
    comments: Vec<Vec<Vec<u8>>>,
    /// The texts that were encrypted.
    secrets: Vec<Zeroizing<String>>,
}

/// What a way through a file has found.
pub struct Walked {
    /// The checksum, as SOPS writes it.
    pub checksum: String,
    /// The values that were encrypted, as texts.
    pub secrets: Vec<Zeroizing<String>>,
}

impl<'file> Walk<'file> {
    /// Starts.
    pub fn new(key: &'file DataKey, metadata: &'file Metadata) -> Self {
        let mut sum = Sha512::new();
        if metadata.only_encrypted {
            sum.update(ONLY_ENCRYPTED);
        }
        Self {
            key,
            metadata,
            sum,
            path: Vec::new(),
            comments: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Ends.
    pub fn finish(self) -> Walked {
        let digest = self.sum.finalize();
        let mut checksum = String::new();
        for byte in digest {
            // Writing to a text cannot fail.
            let _ = write!(checksum, "{byte:02X}");
        }
        Walked {
            checksum,
            secrets: self.secrets,
        }
    }

    /// Decrypts the values of a mapping.
    ///
    /// # Errors
    ///
    /// Fails on the first value that can't be decrypted.
    pub fn branch(&mut self, branch: &mut Branch) -> Result<(), SopsError> {
        self.comments.push(Vec::new());
        for entry in branch {
            match entry {
                Entry::Comment(comment) => self.comment(comment),
                Entry::Pair(key, value) => {
                    self.path.push(key.clone());
                    // What was a comment in a place of a value is nothing.
                    if self.value(value)?.is_some() {
                        *value = Value::Null;
                    }
                    self.path.pop();
                    self.forget_comments();
                }
            }
        }
        self.comments.pop();
        Ok(())
    }

    fn list(&mut self, elements: &mut [Element]) -> Result<(), SopsError> {
        self.comments.push(Vec::new());
        for element in elements {
            match element {
                Element::Comment(comment) => self.comment(comment),
                Element::Item(value) => {
                    let comment = self.value(value)?;
                    self.forget_comments();
                    // In lists, encrypted comments stand as items.
                    if let Some(comment) = comment {
                        *element = Element::Comment(comment);
                    }
                }
            }
        }
        self.comments.pop();
        Ok(())
    }

    fn forget_comments(&mut self) {
        if let Some(comments) = self.comments.last_mut() {
            comments.clear();
        }
    }

    /// Decrypts a comment; one that can't be was never encrypted.
    fn comment(&mut self, comment: &mut Comment) {
        if let Some(comments) = self.comments.last_mut() {
            comments.push(comment.text.to_vec());
        }
        if !self.is_encrypted(true) {
            return;
        }
        let Ok(text) = std::str::from_utf8(&comment.text) else {
            return;
        };
        match self.key.decrypt(text, &self.associated()) {
            Ok(Plain::Comment(plain)) => comment.text = plain.text,
            Ok(Plain::Value(Value::Text(text))) => comment.text = text,
            Ok(Plain::Value(_)) | Err(_) => {}
        }
    }

    /// Decrypts a value in its place; returns a comment where it was one.
    fn value(&mut self, value: &mut Value) -> Result<Option<Comment>, SopsError> {
        match value {
            Value::Mapping(branch) => return self.branch(branch).map(|()| None),
            Value::List(elements) => return self.list(elements).map(|()| None),
            Value::Null => return Ok(None),
            _ => {}
        }
        let encrypted = self.is_encrypted(false);
        if encrypted {
            match self.decrypted(value)? {
                Plain::Comment(comment) => return Ok(Some(comment)),
                Plain::Value(plain) => *value = plain,
            }
        }
        if let Some(text) = summed(value) {
            if encrypted || !self.metadata.only_encrypted {
                self.sum.update(text.as_slice());
            }
            if encrypted && let Ok(text) = std::str::from_utf8(&text) {
                self.secrets.push(Zeroizing::new(text.to_owned()));
            }
        }
        Ok(None)
    }

    fn decrypted(&self, value: &Value) -> Result<Plain, SopsError> {
        let failed = |problem| SopsError::Value {
            path: self.path.join("."),
            problem,
        };
        let Value::Text(bytes) = value else {
            return Err(failed("it is not encrypted"));
        };
        let text = std::str::from_utf8(bytes).map_err(|_| failed("it is not encrypted"))?;
        self.key.decrypt(text, &self.associated()).map_err(failed)
    }

    fn is_encrypted(&self, is_comment: bool) -> bool {
        self.metadata.rules.encrypt(&Position {
            path: &self.path,
            comments: &self.comments,
            is_comment,
        })
    }

    /// Returns the path as the cipher protects it; indices of lists are no part of it.
    fn associated(&self) -> String {
        format!("{}:", self.path.join(":"))
    }
}

/// Returns the bytes of a value as they count for the checksum.
fn summed(value: &Value) -> Option<Zeroizing<Vec<u8>>> {
    let text = match value {
        Value::Null | Value::List(_) | Value::Mapping(_) => return None,
        Value::Text(bytes) => return Some(bytes.clone()),
        Value::Time(time) => return Some(Zeroizing::new(time.as_bytes().to_vec())),
        Value::Boolean(true) => "True".into(),
        Value::Boolean(false) => "False".into(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => go_number::digits(*value),
    };
    Some(Zeroizing::new(text.into_bytes()))
}
