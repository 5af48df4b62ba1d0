//! What the verbs, the tables and the installer must know about a Flux kind, said once by the kind itself.

use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::row::Row;
use crate::manifest::ObjectId;

/// The verbs that act on any kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Show as a table.
    Get,
    /// Show as YAML that can be applied again.
    Export,
    /// Delete.
    Delete,
    /// Hold still.
    Suspend,
    /// Go on.
    Resume,
    /// Go now.
    Reconcile,
}

impl Verb {
    /// Every verb.
    pub const ALL: &'static [Self] = &[
        Self::Get,
        Self::Export,
        Self::Delete,
        Self::Suspend,
        Self::Resume,
        Self::Reconcile,
    ];
    /// The verbs of a kind that no controller reconciles.
    pub const STATIC: &'static [Self] = &[
        Self::Get,
        Self::Export,
        Self::Delete,
        Self::Suspend,
        Self::Resume,
    ];
    /// The verbs of a kind that others make.
    pub const READ_ONLY: &'static [Self] = &[Self::Get, Self::Export];
}

/// A column of `get`.
pub struct Column {
    /// Its header.
    pub header: &'static str,
    /// Makes the text that an object shows under it.
    pub cell: fn(&Kind, &Row) -> String,
}

/// A Flux custom resource, as the verbs see it.
pub trait Flux: Serialize + DeserializeOwned {
    /// What is to be known about it.
    const KIND: Kind;
}

/// A [`Flux`] kind without its type, so that one table can hold them all.
pub struct Kind {
    /// The words that name it on the command line, such as `source git`.
    pub words: &'static [&'static str],
    /// The words that name it after `get`, such as `sources git`.
    pub plural_words: &'static [&'static str],
    /// Other names of the last word.
    pub aliases: &'static [&'static str],
    /// The verbs that it takes.
    pub verbs: &'static [Verb],
    /// What messages call it, such as `image update automation`.
    pub human: &'static str,
    /// API group.
    pub group: &'static str,
    /// API version.
    pub version: &'static str,
    /// Kind, such as `GitRepository`.
    pub name: &'static str,
    /// Name of the resource in request paths, such as `gitrepositories`.
    pub resource: &'static str,
    /// What `get` shows after the name.
    pub columns: &'static [Column],
    /// What `get --show-source` puts before the other columns; `None` where there is no such flag.
    pub source_column: Option<Column>,
    /// Says whether an object is suspended.
    pub suspended: fn(&Row) -> bool,
    /// Returns the message of an object that nothing reconciles, and that is therefore always ready.
    pub fixed: fn(&Row) -> Option<&'static str>,
    /// Says what a finished reconciliation has brought; `None` where there is nothing to say but that it is done.
    pub outcome: fn(&Row) -> Option<String>,
    /// Returns what an object is made from, for `reconcile --with-source`; `None` where there is no such flag.
    pub source: Option<fn(&Row) -> Option<ObjectId>>,
    /// Whether `reconcile` has the flags `--force` and `--reset`.
    pub force: bool,
    /// How it is defined in a cluster.
    pub definition: Definition,
}

impl Kind {
    /// What most kinds have in common; a kind says how it differs.
    pub const BASE: Self = Self {
        words: &[],
        plural_words: &[],
        aliases: &[],
        verbs: Verb::ALL,
        human: "",
        group: "",
        version: "",
        name: "",
        resource: "",
        columns: &[],
        source_column: None,
        suspended: |row| row.spec.suspend,
        fixed: |_| None,
        outcome: |_| None,
        source: None,
        force: false,
        definition: Definition::NONE,
    };

    /// Returns API group and version, as objects name them.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// Says whether it takes a verb.
    pub fn takes(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }

    /// Returns the cells of an object, as [`Kind::columns`] has them.
    #[cfg(test)]
    pub fn cells(&self, row: &Row) -> Vec<String> {
        self.columns
            .iter()
            .map(|column| (column.cell)(self, row))
            .collect()
    }

    /// Returns the columns of `get --show-source`.
    pub fn columns_with_source(&self) -> impl Iterator<Item = &Column> {
        self.source_column.iter().chain(self.columns)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        (self.group, self.name) == (other.group, other.name)
    }
}

impl Eq for Kind {}

impl std::fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Kind({}.{})", self.resource, self.group)
    }
}

/// How a kind is defined in a cluster, beside its names.
pub struct Definition {
    /// Says what it is for.
    pub about: &'static str,
    /// The controller that brings it.
    pub component: &'static str,
    /// Short names of the resource.
    pub short_names: &'static [&'static str],
    /// Its own category, beside `all` and `fluxcd`.
    pub category: &'static str,
    /// What `kubectl get` shows.
    pub columns: &'static [PrinterColumn],
    /// Makes the schema of what is wanted.
    pub spec: fn(&mut SchemaGenerator) -> Schema,
    /// Makes the schema of what is; `None` where the kind has no status.
    pub status: Option<fn(&mut SchemaGenerator) -> Schema>,
}

impl Definition {
    /// A definition that is still to be given.
    const NONE: Self = Self {
        about: "",
        component: "",
        short_names: &[],
        category: "",
        columns: &[],
        spec: |_| Schema::default(),
        status: None,
    };
}

/// A column of `kubectl get`.
pub struct PrinterColumn {
    /// Its header.
    pub name: &'static str,
    /// Where its text stands in the object.
    pub path: &'static str,
    /// How the text is to be read: `string` or `date`.
    pub type_: &'static str,
    /// 0 for a column that is always shown, 1 for one that `-o wide` adds.
    pub priority: u8,
}

impl PrinterColumn {
    /// How old the object is.
    pub const AGE: Self = Self {
        name: "Age",
        path: ".metadata.creationTimestamp",
        type_: "date",
        priority: 0,
    };
    /// Whether it is ready.
    pub const READY: Self = Self::text("Ready", ".status.conditions[?(@.type==\"Ready\")].status");
    /// Why it is ready, or not.
    pub const STATUS: Self =
        Self::text("Status", ".status.conditions[?(@.type==\"Ready\")].message");

    /// Makes a column of text.
    pub const fn text(name: &'static str, path: &'static str) -> Self {
        Self {
            name,
            path,
            type_: "string",
            priority: 0,
        }
    }

    /// Makes it a column that only `-o wide` shows.
    pub const fn wide(self) -> Self {
        Self {
            priority: 1,
            ..self
        }
    }
}
