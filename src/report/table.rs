//! Tables as flux prints them: each cell padded to its column, then a tab (a blank after the header).

use std::fmt;

use unicode_width::UnicodeWidthChar as _;

use super::style::clean;

/// Holds the characters beside it together as one, such as a family of emoji.
const JOINER: char = '\u{200d}';

/// Rows of text under headers.
#[derive(Debug, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes an empty table; `header` is shown in capitals, with blanks for `_` and `.`.
    pub fn new(header: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let capitals = |name: &str| name.to_uppercase().replace(['_', '.'], " ");
        Self {
            header: header
                .into_iter()
                .map(|name| capitals(name.as_ref()))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Leaves the header row out.
    #[must_use]
    pub fn without_header(mut self) -> Self {
        self.header.clear();
        self
    }

    /// Adds a row.
    pub fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Says whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in std::iter::once(&self.header).chain(&self.rows) {
            for (index, cell) in row.iter().enumerate() {
                if widths.len() <= index {
                    widths.push(0);
                }
                let width = clean(cell).lines().map(width).max().unwrap_or(0);
                widths[index] = widths[index].max(width);
            }
        }
        widths
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let header = std::iter::once((&self.header, " ")).filter(|(header, _)| !header.is_empty());
        for (row, end) in header.chain(self.rows.iter().map(|row| (row, "\t"))) {
            let cells: Vec<_> = row.iter().map(|cell| clean(cell)).collect();
            let lines = cells
                .iter()
                .map(|cell| cell.split('\n').count())
                .max()
                .unwrap_or(1);
            for line in 0..lines {
                for (index, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                    let text = cell.split('\n').nth(line).unwrap_or_default();
                    let separator = if index == 0 { "" } else { "\t" };
                    let padding = width.saturating_sub(self::width(text));
                    write!(formatter, "{separator}{text}{:padding$}", "")?;
                }
                writeln!(formatter, "{end}")?;
            }
        }
        Ok(())
    }
}

/// Returns how many columns flux reckons with for a text of one line: as go-runewidth 0.0.16 does it, a character that
/// one sees as one counts as wide as the first of those that it is put together from; a flag is of letters, and so
/// narrow, and what only controls has no width.
fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.bytes().filter(|byte| !byte.is_ascii_control()).count();
    }
    let mut width = 0;
    let mut before = '\0';
    let mut is_half_flag = false;
    for character in text.chars() {
        let is_letter_of_flag = matches!(character, '\u{1f1e6}'..='\u{1f1ff}');
        let is_skin = matches!(character, '\u{1f3fb}'..='\u{1f3ff}') && before != '\0';
        let continues = is_skin
            || (before == JOINER && is_picture(character))
            || (is_letter_of_flag && is_half_flag);
        if !continues {
            width += character.width().unwrap_or(0);
        }
        is_half_flag = is_letter_of_flag && !is_half_flag;
        before = character;
    }
    width
}

/// Says whether a character lies where emoji and signs do, roughly.
const fn is_picture(character: char) -> bool {
    matches!(character, '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_every_cell_and_ends_rows_with_a_tab() {
        let mut table = Table::new(["name", "last_scan"]);
        table.push(["podinfo".to_owned(), String::new()]);
        table.push(["日本".to_owned(), "two\nlines".to_owned()]);
        assert_eq!(
            table.to_string(),
            "NAME   \tLAST SCAN \npodinfo\t         \t\n日本   \ttwo      \t\n       \tlines    \t\n"
        );
    }

    #[test]
    fn widths_are_those_of_flux() {
        for (text, columns) in [
            ("", 0),
            ("plain", 5),
            ("a\tb\tc", 3),
            ("日本", 4),
            ("e\u{301}", 1),
            ("✅", 2),
            ("✔\u{fe0f}", 1),
            ("👩\u{200d}👩\u{200d}👧", 2),
            ("👍🏽", 2),
            ("🇩🇪", 1),
            ("🇩🇪🇫🇷", 2),
            ("zero\u{200b}width", 9),
        ] {
            assert_eq!(width(text), columns, "{text:?}");
        }
    }
}
