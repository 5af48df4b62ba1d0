//! Tables of objects: which columns, and what stands in them.

use crate::api::{Column, Kind, Row, WIDE};
use crate::report::{Format, Table};

/// An object in a table.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The cluster that it is in; empty where there is only one.
    pub cluster: &'a str,
    /// The object.
    pub row: &'a Row,
}

/// What makes the text of a cell.
type Cell = Box<dyn Fn(Shown<'_>) -> String>;

/// The columns of a table of one kind.
pub struct Layout {
    columns: Vec<(&'static str, Cell)>,
}

/// Which columns stand beside those of the kind.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column or a part of one, and any of them may stand beside any other"
)]
pub struct Beside {
    /// The cluster.
    pub cluster: bool,
    /// The namespace.
    pub namespace: bool,
    /// The kind, before the name and a slash.
    pub kind: bool,
    /// The source, where the kind has one.
    pub source: bool,
    /// All that `-o wide` adds, the source too.
    pub wide: bool,
}

impl Beside {
    /// Adds what a form of output adds.
    #[must_use]
    pub fn with(self, format: &Format) -> Self {
        Self {
            wide: *format == Format::Wide,
            ..self
        }
    }
}

impl Layout {
    /// Chooses the columns.
    pub fn new(kind: &'static Kind, beside: Beside) -> Self {
        let mut columns: Vec<(&'static str, Cell)> = Vec::new();
        if beside.cluster {
            columns.push(("CLUSTER", Box::new(|shown| shown.cluster.into())));
        }
        if beside.namespace {
            let namespace = |shown: Shown<'_>| shown.row.metadata.namespace.clone();
            columns.push(("NAMESPACE", Box::new(namespace)));
        }
        let prefix = if beside.kind {
            format!("{}/", kind.name.to_lowercase())
        } else {
            String::new()
        };
        let name = move |shown: Shown<'_>| format!("{prefix}{}", shown.row.metadata.name);
        columns.push(("NAME", Box::new(name)));
        let own: Vec<&'static Column> = if beside.source || beside.wide {
            kind.columns_with_source().collect()
        } else {
            kind.columns.iter().collect()
        };
        let wide = WIDE.iter().filter(|_| beside.wide);
        for column in own.into_iter().chain(wide) {
            let cell = move |shown: Shown<'_>| (column.cell)(kind, shown.row);
            columns.push((column.header, Box::new(cell)));
        }
        Self { columns }
    }

    /// Draws a table; without a header, only its rows.
    pub fn table<'a>(&self, shown: impl IntoIterator<Item = Shown<'a>>, header: Header) -> Table {
        let mut table = Table::new(self.columns.iter().map(|(header, _)| header));
        if header == Header::Hidden {
            table = table.without_header();
        }
        for one in shown {
            self.add(&mut table, one);
        }
        table
    }

    /// Adds the row of an object to a table of this layout.
    pub fn add(&self, table: &mut Table, shown: Shown<'_>) {
        table.push(self.columns.iter().map(|(_, cell)| cell(shown)));
    }
}

/// Whether a table begins with its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// It does.
    Shown,
    /// It does not.
    Hidden,
}

impl Header {
    /// Reads what was asked for.
    pub const fn wanted(output: crate::report::Output<'_>) -> Self {
        if output.header {
            Self::Shown
        } else {
            Self::Hidden
        }
    }
}
