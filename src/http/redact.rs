//! What of an address or an answer may be shown.

use url::Url;

/// How many characters of an answer a message quotes.
const EXCERPT: usize = 200;

/// Returns the address as it may be shown: without user, password, query and fragment.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Both fail only for addresses that can't hold any credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// Returns the first characters of an answer on one line, without control characters and without `secrets`.
pub fn excerpt(body: &[u8], secrets: &[&str]) -> String {
    // Only so much is looked at that a secret at the edge is still seen whole.
    let text = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]);
    let mut text = text.into_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    let plain: String = text
        .chars()
        .map(|character| if is_shown(character) { character } else { ' ' })
        .collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Says whether a terminal shows the character as itself: no control characters, no change of direction.
fn is_shown(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_credentials() {
        let url = Url::parse("https://me:secret@host:8443/a%2Fb?private_token=secret#x").unwrap();
        assert_eq!(shown(&url), "https://host:8443/a%2Fb");
    }

    #[test]
    fn an_excerpt_is_short_and_harmless() {
        let body = format!("<html>\x1b[31m\n\n  token=abc123 {}", "é".repeat(400));
        let text = excerpt(body.as_bytes(), &["abc123", ""]);
        assert!(text.starts_with("<html> [31m token=*** é"), "{text}");
        assert_eq!(text.chars().count(), EXCERPT + 1);
        assert_eq!(excerpt(b"", &[]), "");
    }
}
