//! What is told of each object on the way back to a source.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::manifest::Object;

/// The way of one object.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The object that was asked for.
    pub object: Traced,
    /// Who brought it, and from where: the applier first, then its sources.
    pub chain: Vec<Link>,
}

/// An object that was asked for.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traced {
    /// API group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for what lives in none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Traced {
    /// Names an object.
    pub fn of(object: &Object) -> Self {
        Self {
            api_version: object.api_version().into(),
            kind: object.kind().into(),
            namespace: object.namespace().into(),
            name: object.name().into(),
        }
    }
}

/// One Flux object on the way.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Kind.
    pub kind: &'static str,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// What is to be known about it, in the order in which it is shown.
    #[serde(flatten, serialize_with = "as_fields")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub facts: Vec<Fact>,
    /// Whether it is ready; `None` before its first reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
}

/// Something to know about a link: its label, and its text.
pub type Fact = (Label, String);

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// The namespace that is applied to.
    Target,
    /// The folder that is applied.
    Path,
    /// The address of a source.
    Url,
    /// The object that a source was made by.
    Source,
    /// The name of a chart.
    Chart,
    /// The wanted version of a chart.
    Version,
    /// The wanted tag, or the range of it.
    Tag,
    /// The wanted branch.
    Branch,
    /// The wanted digest.
    Digest,
    /// The revision that was found or applied.
    Revision,
    /// The revision in Git that an artifact was made from.
    OriginRevision,
    /// The repository that an artifact was made from.
    OriginSource,
}

impl Label {
    /// Returns what people read before the text.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Target => "Target",
            Self::Path => "Path",
            Self::Url => "URL",
            Self::Source => "Source",
            Self::Chart => "Chart",
            Self::Version => "Version",
            Self::Tag => "Tag",
            Self::Branch => "Branch",
            Self::Digest => "Digest",
            Self::Revision => "Revision",
            Self::OriginRevision => "Origin Revision",
            Self::OriginSource => "Origin Source",
        }
    }

    /// Returns the name of the field in a document.
    const fn field(self) -> &'static str {
        match self {
            Self::Target => "targetNamespace",
            Self::Path => "path",
            Self::Url => "url",
            Self::Source => "source",
            Self::Chart => "chart",
            Self::Version => "version",
            Self::Tag => "tag",
            Self::Branch => "branch",
            Self::Digest => "digest",
            Self::Revision => "revision",
            Self::OriginRevision => "originRevision",
            Self::OriginSource => "originSource",
        }
    }
}

/// The ready condition of a link.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why.
    pub message: String,
    /// Since when it is so.
    pub last_transition_time: String,
}

fn as_fields<S: serde::Serializer>(facts: &[Fact], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(label, text)| (label.field(), text)))
}

impl Link {
    /// Begins with what all objects have.
    pub fn new(kind: &'static str, object: &Object) -> Self {
        Self {
            kind,
            namespace: object.namespace().into(),
            name: object.name().into(),
            facts: Vec::new(),
            ready: ready(object),
        }
    }

    /// Adds a fact, whatever it is.
    pub fn always(&mut self, label: Label, text: &str) {
        self.facts.push((label, text.into()));
    }

    /// Adds a fact, if there is something to tell.
    pub fn told(&mut self, label: Label, text: &str) {
        if !text.is_empty() {
            self.always(label, text);
        }
    }

    /// Adds the revision of an artifact.
    pub fn artifact(&mut self, object: &Object) {
        if object.get("/status/artifact").is_some() {
            self.always(Label::Revision, object.text("/status/artifact/revision"));
        }
    }

    /// Adds where an OCI artifact was made, as its annotations tell.
    pub fn origin(&mut self, object: &Object) {
        let annotation = |name: &str| {
            object.text(&format!(
                "/status/artifact/metadata/org.opencontainers.image.{name}"
            ))
        };
        let (revision, source) = (annotation("revision"), annotation("source"));
        // Where one of the two is told, flux leaves a line for the other as well.
        if !(revision.is_empty() && source.is_empty()) {
            self.always(Label::OriginRevision, revision);
            self.always(Label::OriginSource, source);
        }
    }
}

/// Reads the ready condition of an object.
fn ready(object: &Object) -> Option<Ready> {
    let conditions = object.get("/status/conditions")?.as_array()?;
    let ready = conditions
        .iter()
        .find(|condition| condition["type"] == "Ready")?;
    let text = |field: &str| ready[field].as_str().unwrap_or_default().to_owned();
    Some(Ready {
        status: text("status"),
        message: text("message"),
        last_transition_time: text("lastTransitionTime"),
    })
}
