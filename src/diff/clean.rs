//! Shows the control characters of foreign texts, which could otherwise move the cursor, hide a line or turn it around.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns a text in which control characters stand as escapes; line breaks, tabs and returns before a break stay.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(misleads) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let stays = match character {
            '\n' | '\t' => true,
            '\r' => characters.peek().is_none_or(|next| *next == '\n'),
            _ => !misleads(character),
        };
        if stays {
            out.push(character);
        } else {
            let code = u32::from(character);
            let _ = match code {
                0..0x100 => write!(out, "\\x{code:02x}"),
                _ => write!(out, "\\u{code:04x}"),
            };
        }
    }
    out.into()
}

/// Says whether a character can make a text look like another: controls, and changes of the writing direction.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_moves_the_cursor() {
        assert_eq!(clean("a\u{1b}[2Jb\u{7}"), "a\\x1b[2Jb\\x07");
        assert_eq!(clean("a\r\nb\tc\r"), "a\r\nb\tc\r");
        assert_eq!(clean("hidden\rshown"), "hidden\\x0dshown");
        assert_eq!(clean("a\u{202e}b"), "a\\u202eb");
    }
}
