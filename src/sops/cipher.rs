//! One encrypted value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{AeadInPlace as _, KeyInit as _};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::tree::{Comment, Value};

/// AES-256 in GCM, with the long nonces of SOPS.
type Cipher = AesGcm<Aes256, U32>;

/// How many bytes a data key has.
pub const KEY_LENGTH: usize = 32;

/// What an encrypted value turns out to be.
pub enum Plain {
    /// A value.
    Value(Value),
    /// A comment; in lists they stand as values.
    Comment(Comment),
}

/// The key that all values of a file are encrypted with.
pub struct DataKey(Cipher);

impl DataKey {
    /// Takes the bytes of a key; `None` where they are too many or too few.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        Cipher::new_from_slice(bytes).ok().map(Self)
    }

    /// Decrypts a value that stands at a path, which is a part of what the cipher protects.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the value, without any of it.
    pub fn decrypt(&self, value: &str, path: &str) -> Result<Plain, &'static str> {
        // Empty texts have nothing to hide.
        if value.is_empty() {
            return Ok(Plain::Value(Value::text("")));
        }
        let parts = Parts::of(value).ok_or("it is not encrypted, or cut off")?;
        let mut bytes = Zeroizing::new(parts.data);
        if parts.nonce.len() != 32 || parts.tag.len() != 16 {
            return Err("its nonce or its tag has another length");
        }
        let (nonce, tag) = (
            Nonce::<U32>::from_slice(&parts.nonce),
            Tag::from_slice(&parts.tag),
        );
        self.0
            .decrypt_in_place_detached(nonce, path.as_bytes(), &mut bytes, tag)
            .map_err(|_| "it was changed, moved, or is of another file")?;
        typed(bytes, parts.sort)
    }
}

/// Gives decrypted bytes their type.
fn typed(bytes: Zeroizing<Vec<u8>>, sort: &str) -> Result<Plain, &'static str> {
    let text = || std::str::from_utf8(&bytes).map_err(|_| "it is no text");
    let value = match sort {
        "str" | "bytes" => Value::Text(bytes),
        "comment" => {
            return Ok(Plain::Comment(Comment {
                text: bytes,
                inline: false,
            }));
        }
        "int" => Value::Integer(text()?.parse().map_err(|_| "it is no whole number")?),
        "float" => Value::Float(text()?.parse().map_err(|_| "it is no number")?),
        "bool" => Value::Boolean(match text()? {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
            "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
            _ => return Err("it is no boolean"),
        }),
        "time" => Value::Time(Zeroizing::new(text()?.to_owned())),
        _ => return Err("its type is not known"),
    };
    Ok(Plain::Value(value))
}

/// The parts of an encrypted value.
struct Parts<'text> {
    data: Vec<u8>,
    nonce: Vec<u8>,
    tag: Vec<u8>,
    sort: &'text str,
}

impl<'text> Parts<'text> {
    fn of(text: &'text str) -> Option<Self> {
        let text = text.strip_prefix("ENC[AES256_GCM,data:")?;
        let (data, text) = text.split_once(",iv:")?;
        let (nonce, text) = text.split_once(",tag:")?;
        let (tag, text) = text.split_once(",type:")?;
        let (sort, _) = text.rsplit_once(']')?;
        let bytes = |text: &str| STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty());
        Some(Self {
            data: bytes(data)?,
            nonce: bytes(nonce)?,
            tag: bytes(tag)?,
            sort,
        })
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Encrypts a value with a key of zeros and a nonce of ones.
    pub fn encrypted(plain: &[u8], path: &str, sort: &str) -> String {
        let cipher = Cipher::new_from_slice(&[0; KEY_LENGTH]).unwrap();
        let (nonce, mut bytes) = ([1; 32], plain.to_vec());
        let tag = cipher
            .encrypt_in_place_detached(
                Nonce::<U32>::from_slice(&nonce),
                path.as_bytes(),
                &mut bytes,
            )
            .unwrap();
        let (data, iv, tag) = (
            STANDARD.encode(bytes),
            STANDARD.encode(nonce),
            STANDARD.encode(tag),
        );
        format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{sort}]")
    }

    fn decrypted(value: &str, path: &str) -> Result<String, &'static str> {
        let key = DataKey::new(&[0; KEY_LENGTH]).unwrap();
        Ok(match key.decrypt(value, path)? {
            Plain::Comment(comment) => format!("#{}", String::from_utf8_lossy(&comment.text)),
            Plain::Value(Value::Text(text)) => String::from_utf8_lossy(&text).into(),
            Plain::Value(Value::Integer(value)) => format!("int {value}"),
            Plain::Value(Value::Float(value)) => format!("float {value}"),
            Plain::Value(Value::Boolean(value)) => format!("bool {value}"),
            Plain::Value(Value::Time(value)) => format!("time {}", *value),
            Plain::Value(_) => String::new(),
        })
    }

    #[test]
    fn each_type_comes_back() {
        for (plain, sort, shown) in [
            ("text", "str", "text"),
            ("-7", "int", "int -7"),
            ("1.5", "float", "float 1.5"),
            ("True", "bool", "bool true"),
            (" note", "comment", "# note"),
            ("2026-01-01T00:00:00Z", "time", "time 2026-01-01T00:00:00Z"),
        ] {
            let value = encrypted(plain.as_bytes(), "a:b:", sort);
            assert_eq!(decrypted(&value, "a:b:").as_deref(), Ok(shown), "{sort}");
        }
        assert_eq!(decrypted("", "a:").as_deref(), Ok(""));
    }

    #[test]
    fn what_was_touched_is_refused() {
        let value = encrypted(b"text", "a:", "str");
        for (value, path) in [
            (value.clone(), "b:"),
            (value.replace("data:", "data:A"), "a:"),
            (value.replace(",iv:", ",ivy:"), "a:"),
            (value[..value.len() - 9].to_owned(), "a:"),
            (value.replace("type:str", "type:map"), "a:"),
            (encrypted(b"x", "a:", "int"), "a:"),
            ("plain".into(), "a:"),
        ] {
            assert!(decrypted(&value, path).is_err(), "{value}");
        }
        assert!(DataKey::new(&[0; 16]).is_none());
    }
}
