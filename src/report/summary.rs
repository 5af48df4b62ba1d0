//! Tables of our own reports, fitted to the width of the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

use super::style::clean;
use crate::env;

/// Draws rows under headers without borders; long cells are folded on a terminal, and nowhere else.
pub fn summary(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    let width = env::COLUMNS.text().and_then(|columns| columns.parse().ok());
    if table.is_tty() || width.is_some() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    if let Some(width) = width {
        table.set_width(width);
    }
    table.set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| clean(cell).into_owned()));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_columns_without_borders() {
        let text = summary(&["STEP", "WHY"], [vec!["create".into(), "missing".into()]]);
        assert_eq!(text, "STEP    WHY\ncreate  missing\n");
    }
}
