//! `-o custom-columns=…`: tables whose columns people choose.

use std::str::FromStr;

use serde_json::Value;

use super::format::FormatError;
use super::go;
use super::json_path::{JsonPath, PathError};

/// What a cell shows that no path leads to.
const NONE: &str = "<none>";

/// The narrowest column, with the blanks behind it.
const NARROWEST: usize = 6;

/// The blanks between two columns.
const PADDING: usize = 3;

/// Columns, each with a header and a path, such as `NAME:.metadata.name`.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomColumns(Vec<(String, JsonPath)>);

impl FromStr for CustomColumns {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let column = |column: &str| {
            let wrong = || FormatError::Column(column.into());
            let (header, path) = column.split_once(':').ok_or_else(wrong)?;
            Ok((header.to_owned(), relaxed(path).ok_or_else(wrong)?.parse()?))
        };
        text.split(',')
            .map(column)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Gives a path its braces and its first dot, which may be left out.
fn relaxed(path: &str) -> Option<String> {
    let bare = path
        .strip_prefix('{')
        .and_then(|path| path.strip_suffix('}'))
        .unwrap_or(path);
    let bare = bare.strip_prefix('.').unwrap_or(bare);
    (!bare.is_empty() && !bare.contains(['{', '}'])).then(|| format!("{{.{bare}}}"))
}

impl CustomColumns {
    /// Draws a table of objects, a row each.
    pub(super) fn table(&self, objects: &[Value], header: bool) -> Result<String, PathError> {
        let mut rows = Vec::new();
        if header {
            rows.push(self.0.iter().map(|(header, _)| header.clone()).collect());
        }
        for object in objects {
            let cells = self.0.iter().map(|(_, path)| cell(path, object));
            rows.push(cells.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(draw(&rows))
    }
}

fn cell(path: &JsonPath, object: &Value) -> Result<String, PathError> {
    let found = path.find(object)?.concat();
    if found.is_empty() {
        return Ok(NONE.into());
    }
    let texts: Vec<String> = found.into_iter().map(go::plain).collect();
    Ok(texts.join(","))
}

/// Draws rows; the last cell of each is not padded.
fn draw(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |index: usize| {
        let lengths = rows.iter().filter_map(|row| row.get(index));
        let width = lengths.map(|cell| cell.chars().count()).max().unwrap_or(0);
        (width + PADDING).max(NARROWEST)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let mut text = String::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if index + 1 < row.len() {
                let padding = widths[index].saturating_sub(cell.chars().count());
                text.push_str(&" ".repeat(padding));
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn draws_what_paths_lead_to() {
        let columns: CustomColumns =
            "NAME:.metadata.name,N:{.spec.n},ALL:spec.list[*],LIST:spec.list,LAST:.spec"
                .parse()
                .unwrap();
        let objects = [
            json!({"metadata": {"name": "podinfo"}, "spec": {"n": 1.5, "list": ["a", "b"]}}),
            json!({"metadata": {"name": "x"}, "spec": {"n": null}}),
        ];
        assert_eq!(
            columns.table(&objects, true).unwrap(),
            "NAME      N       ALL      LIST     LAST\n\
             podinfo   1.5     a,b      [a b]    map[list:[a b] n:1.5]\n\
             x         <nil>   <none>   <none>   map[n:<nil>]\n"
        );
        assert!(!columns.table(&objects, false).unwrap().contains("NAME"));
    }

    #[test]
    fn refuses_what_is_no_column() {
        for wrong in [
            "",
            "NAME",
            "NAME:",
            "NAME:{",
            "NAME:.a,",
            "NAME:{.a}{.b}",
            "NAME:.a[x]",
        ] {
            assert!(wrong.parse::<CustomColumns>().is_err(), "{wrong}");
        }
    }
}
