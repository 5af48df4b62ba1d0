//! What a cluster does not show, while the rest is shown: kinds that it lacks, and those that the user may not list.

use std::fmt;

use crate::api::Kind;
use crate::cluster::ClusterError;
use crate::error::Failure;
use crate::report::Ui;

/// The kinds of one API group that a cluster does not show.
type Kinds = Vec<(&'static str, Vec<&'static Kind>)>;

/// What a cluster does not show, by reason and API group.
#[derive(Default)]
pub struct Refused {
    lacking: Kinds,
    forbidden: Kinds,
    failed: Vec<(&'static Kind, ClusterError)>,
}

impl Refused {
    /// Notes why a kind is not shown.
    pub fn add(&mut self, kind: &'static Kind, error: ClusterError) {
        let kinds = match &error {
            error if error.is_not_found() => &mut self.lacking,
            error if error.is_forbidden() => &mut self.forbidden,
            _ => {
                self.failed.push((kind, error));
                return;
            }
        };
        match kinds.iter_mut().find(|(group, _)| *group == kind.group) {
            Some((_, kinds)) => kinds.push(kind),
            None => kinds.push((kind.group, vec![kind])),
        }
    }

    /// Tells all of it, a line for each reason and group; `namespace` is where was looked, empty for everywhere.
    pub fn tell(self, ui: &Ui, namespace: &str) {
        for (group, kinds) in &self.lacking {
            ui.warning(format_args!(
                " the cluster does not know {} of {group}",
                Names(kinds)
            ));
        }
        let place = match namespace {
            "" => "in all namespaces".into(),
            namespace => format!("in namespace `{namespace}`"),
        };
        for (group, kinds) in &self.forbidden {
            ui.failure(format_args!(
                "not allowed to list {} of {group} {place}",
                Names(kinds)
            ));
        }
        for (kind, error) in self.failed {
            ui.failure(format_args!(
                "{}: {}",
                kind.name,
                Failure::from(error).in_one_line()
            ));
        }
    }
}

/// The names of kinds, as a list.
struct Names<'a>(&'a [&'static Kind]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{}", kind.name)?;
        }
        Ok(())
    }
}
