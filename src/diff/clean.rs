//! Shows the control characters of foreign texts, which could otherwise move the cursor or hide a line.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns a text in which control characters stand as escapes; line breaks, tabs and returns before a break stay.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| !character.is_control()) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let stays = match character {
            '\n' | '\t' => true,
            '\r' => characters.peek().is_none_or(|next| *next == '\n'),
            _ => !character.is_control(),
        };
        if stays {
            out.push(character);
        } else {
            let _ = write!(out, "\\x{:02x}", u32::from(character));
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_moves_the_cursor() {
        assert_eq!(clean("a\u{1b}[2Jb\u{7}"), "a\\x1b[2Jb\\x07");
        assert_eq!(clean("a\r\nb\tc\r"), "a\r\nb\tc\r");
        assert_eq!(clean("hidden\rshown"), "hidden\\x0dshown");
    }
}
