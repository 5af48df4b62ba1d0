//! Shows what is watched: on a terminal in place, elsewhere one change after the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::super::choice::StateFilter;
use super::super::context::Context;
use super::super::get::{Request, document};
use super::super::listed::Listed;
use super::super::rows::{Header, Layout, Shown};
use super::board::Board;
use super::lane::Source;
use crate::api::Kind;
use crate::cluster::ClusterError;
use crate::error::Failure;
use crate::report::{Format, Mark, Output, Screen};

/// Where changes are shown: on a terminal in place, elsewhere one after the other.
pub(super) struct View<'a> {
    context: &'a Context,
    output: Output<'a>,
    sources: &'a [Source],
    filter: StateFilter,
    layouts: Vec<Layout>,
    screen: Option<Screen>,
    /// The kind that the last row was of, whose header therefore need not be repeated.
    last: Option<&'static Kind>,
    /// What is wrong at the moment: with a source, or with its cluster as a whole.
    outages: BTreeMap<(&'a str, Option<usize>), String>,
}

impl<'a> View<'a> {
    /// Prepares to show what the sources tell.
    pub fn new(
        context: &'a Context,
        request: &'a Request<'_>,
        sources: &'a [Source],
    ) -> Result<Self, Failure> {
        let output = request.args.output.output();
        let layouts = sources.iter().map(|source| request.layout(source.kind));
        Ok(Self {
            context,
            output,
            sources,
            filter: request.args.selection.choice.filter()?,
            layouts: layouts.collect(),
            screen: output
                .format
                .is_table()
                .then(|| context.ui.screen())
                .flatten(),
            last: None,
            outages: BTreeMap::new(),
        })
    }

    /// Says that a source can't be watched, once until it can be watched again.
    pub fn broken(&mut self, index: usize, error: ClusterError) {
        let source = &self.sources[index];
        let (place, subject) = if error.is_of_cluster() {
            (None, String::new())
        } else {
            (Some(index), format!("{}: ", source.kind.name))
        };
        let words = subject + &Failure::from(error).in_one_line();
        let known = self
            .outages
            .insert((&source.cluster_name, place), words.clone());
        if self.screen.is_none() && known.is_none() {
            source.ui.warning(format_args!(" {words}"));
        }
    }

    /// Says that a source can be watched again.
    pub fn restored(&mut self, index: usize) {
        let source = &self.sources[index];
        for place in [None, Some(index)] {
            let key = (source.cluster_name.as_str(), place);
            if self.outages.remove(&key).is_some() && self.screen.is_none() {
                let subject = if place.is_some() {
                    source.kind.name
                } else {
                    "the cluster"
                };
                source
                    .ui
                    .success(format_args!("{subject} can be watched again"));
            }
        }
    }

    /// Shows a change, where changes are shown one after the other. A header stands where the kind changes, even if
    /// the row itself is filtered out, as with flux.
    pub fn changed(&mut self, index: usize, item: &impl Listed) -> Result<(), Failure> {
        if self.screen.is_some() {
            return Ok(());
        }
        let source = &self.sources[index];
        let passes = self.filter.passes(source.kind, item.row());
        let header = self.output.header && self.last != Some(source.kind);
        if let Some(value) = item.value() {
            if passes {
                self.document(source, value, header)?;
            }
            return Ok(());
        }
        self.last = Some(source.kind);
        let shown = passes.then_some(Shown {
            cluster: &source.cluster_name,
            row: item.row(),
        });
        let header = if header {
            Header::Shown
        } else {
            Header::Hidden
        };
        let table = self.layouts[index].table(shown, header);
        Ok(self.context.ui.data(table)?)
    }

    /// Prints an object; YAML documents are told apart by a line of their own.
    fn document(&mut self, source: &Source, value: &Value, header: bool) -> Result<(), Failure> {
        let ui = &self.context.ui;
        if *self.output.format == Format::Yaml && self.last.is_some() {
            ui.data("---\n")?;
        }
        self.last = Some(source.kind);
        let document = document(source.kind, &source.cluster_name, value);
        let output = Output {
            header,
            ..self.output
        };
        Ok(ui.print(output, &document, || "")?)
    }

    /// Draws everything anew, where it is drawn in place.
    pub fn draw(&mut self, board: &Board<impl Listed>) -> Result<(), Failure> {
        let text = self.screen.as_ref().map(|_| self.text(board));
        if let (Some(screen), Some(text)) = (&mut self.screen, text) {
            screen.show(&text)?;
        }
        Ok(())
    }

    /// Writes a table for each kind, and what is wrong below.
    fn text(&self, board: &Board<impl Listed>) -> String {
        let mut tables: Vec<String> = Vec::new();
        let mut kinds: Vec<&'static Kind> = Vec::new();
        for (first, source) in self.sources.iter().enumerate() {
            let kind = source.kind;
            if kinds.contains(&kind) {
                continue;
            }
            kinds.push(kind);
            let mut shown = Vec::new();
            for (index, source) in self.sources.iter().enumerate() {
                let items = board.items(index).filter(|_| source.kind == kind);
                shown.extend(items.map(|item| Shown {
                    cluster: &source.cluster_name,
                    row: item.row(),
                }));
            }
            shown.retain(|shown| self.filter.passes(kind, shown.row));
            if !shown.is_empty() {
                let table = self.layouts[first].table(shown, Header::wanted(self.output));
                tables.push(table.to_string());
            }
        }
        let mut text = tables.join("\n");
        for ((cluster, _), words) in &self.outages {
            let cluster = match *cluster {
                "" => String::new(),
                cluster => format!("[{cluster}] "),
            };
            // Writing into a text can't fail.
            let _infallible = writeln!(text, "{} {cluster}{words}", Mark::Failure.sign());
        }
        text
    }
}
