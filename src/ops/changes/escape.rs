//! Foreign texts in Markdown and HTML, where they may not become anything else than text.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::diff::clean;

/// Returns a text for HTML, for elements and quoted attributes alike.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Returns a text as code in HTML that stands within Markdown.
///
/// Signs that mean something to Markdown are numbers, so that no host makes links, people or emphasis of them, and
/// that a cell of a table does not end. Line breaks become blanks.
pub fn code_html(text: &str) -> String {
    let mut out = String::from("<code>");
    for character in one_line(text).chars() {
        if character.is_ascii_punctuation() && !matches!(character, '-' | '.' | '/' | ',') {
            let _ = write!(out, "&#{};", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out.push_str("</code>");
    // Hosts make a link of this without any other sign.
    out.replace("www.", "www&#46;")
}

/// Returns the fence for a block of code that contains these lines.
pub fn fence<'text>(lines: impl Iterator<Item = &'text str>) -> String {
    let longest = lines.map(|line| longest_run(line, '`')).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
}

/// Returns a text without line breaks, control characters made visible.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match clean(text) {
        Cow::Borrowed(text) if !text.contains(['\n', '\t', '\r']) => Cow::Borrowed(text),
        text => text.replace(['\n', '\t', '\r'], " ").into(),
    }
}

fn longest_run(text: &str, sign: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == sign { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            html("<script>\"'&\u{1b}"),
            "&lt;script&gt;&quot;&#39;&amp;\\x1b"
        );
        assert_eq!(
            code_html("a|b @x\n/close <b> *c* www.x"),
            "<code>a&#124;b &#64;x /close &#60;b&#62; &#42;c&#42; www&#46;x</code>"
        );
        assert_eq!(fence(["a", "````"].into_iter()), "`````");
    }
}
