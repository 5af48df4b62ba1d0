//! Tables as flux prints them: each cell padded to its column, then a tab (a blank after the header).

use std::fmt;

use unicode_width::UnicodeWidthStr as _;

use super::style::clean;

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
                let width = clean(cell)
                    .lines()
                    .map(unicode_width::UnicodeWidthStr::width)
                    .max()
                    .unwrap_or(0);
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
                    let padding = width.saturating_sub(text.width());
                    write!(formatter, "{separator}{text}{:padding$}", "")?;
                }
                writeln!(formatter, "{end}")?;
            }
        }
        Ok(())
    }
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
}
