//! Where the values of an argument are looked up that a shell offers.

use clap::Arg;

use crate::api::Kind;

/// The forms that `-o` knows; the last two want a template behind them.
const FORMS: &[&str] = &[
    "table",
    "wide",
    "json",
    "yaml",
    "name",
    "jsonpath=",
    "custom-columns=",
];

/// The forms of a graph, which is what is shown as a text where nothing else is asked for.
const GRAPH_FORMS: &[&str] = &[
    "text",
    "dot",
    "mermaid",
    "json",
    "yaml",
    "jsonpath=",
    "custom-columns=",
];

/// What `wait --for` knows; the last one wants a type of condition behind it.
const GOALS: &[&str] = &["ready", "suspended", "deleted", "condition="];

/// The types of events.
const EVENT_TYPES: &[&str] = &["Normal", "Warning"];

/// Where the values of an argument are looked up.
#[derive(Clone, Copy)]
pub enum Source {
    /// The contexts of the kubeconfig.
    Contexts,
    /// Its clusters.
    Clusters,
    /// The namespaces of the cluster.
    Namespaces,
    /// The names of the objects of a kind.
    Names(&'static Kind),
    /// An object of Flux, as KIND/NAME.
    Objects,
    /// An object of any kind, as KIND/NAME or as KIND NAME.
    Anything,
    /// The kinds of Flux.
    Kinds,
    /// Words that are always the same.
    Fixed(&'static [&'static str]),
}

impl Source {
    /// Returns the source of an argument's values, by its name in the whole command line.
    pub fn of(argument: &Arg, kind: Option<&'static Kind>) -> Option<Self> {
        match argument.get_id().as_str() {
            "context" | "contexts" => Some(Self::Contexts),
            "cluster" => Some(Self::Clusters),
            "namespace" => Some(Self::Namespaces),
            "names" | "name" if argument.is_positional() => kind.map(Self::Names),
            "words" if argument.is_positional() => Some(Self::Anything),
            "objects" | "object" | "about" => Some(Self::Objects),
            "kind" if !argument.is_positional() => Some(Self::Kinds),
            "goal" => Some(Self::Fixed(GOALS)),
            "types" => Some(Self::Fixed(EVENT_TYPES)),
            "output" if is_form(argument) => Some(Self::Fixed(
                if argument
                    .get_default_values()
                    .iter()
                    .any(|value| value == "text")
                {
                    GRAPH_FORMS
                } else {
                    FORMS
                },
            )),
            _ => None,
        }
    }
}

/// Says whether an argument takes a form of an answer; that of some commands is a file or one of few words.
fn is_form(argument: &Arg) -> bool {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().any(|name| name == "FORMAT") && argument.get_possible_values().is_empty()
}
