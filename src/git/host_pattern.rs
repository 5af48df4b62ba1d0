//! The names of hosts in a `known_hosts` file: patterns, and names that are hashed.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Says whether the first field of a line names the host.
pub(super) fn matches(patterns: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if let Some(hashed) = patterns.strip_prefix("|1|") {
        return matches_hash(hashed, &name);
    }
    let mut found = false;
    for pattern in patterns.split(',') {
        let (negated, pattern) = pattern
            .strip_prefix('!')
            .map_or((false, pattern), |rest| (true, rest));
        if is_like(pattern.to_ascii_lowercase().as_bytes(), name.as_bytes()) {
            if negated {
                return false;
            }
            found = true;
        }
    }
    found
}

fn matches_hash(hashed: &str, name: &str) -> bool {
    let Some((salt, digest)) = hashed.split_once('|') else {
        return false;
    };
    let (Ok(salt), Ok(digest)) = (BASE64_STANDARD.decode(salt), BASE64_STANDARD.decode(digest))
    else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt);
    hmac::verify(&key, name.as_bytes(), &digest).is_ok()
}

/// Matches `*` and `?`, in time that no pattern can blow up.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, read));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match &mut star {
                Some((after, from)) => {
                    *from += 1;
                    (at, read) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_anything() {
        assert!(is_like(b"*a*b?", b"xxaxxbbc"));
        assert!(!is_like(b"*a*b?", b"xxaxxb"));
        assert!(is_like(b"**", b""));
        let long = vec![b'a'; 5000];
        assert!(!is_like(b"*a*a*a*a*a*a*a*a*b", &long));
    }
}
