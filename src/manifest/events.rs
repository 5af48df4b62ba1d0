//! The tags of YAML as ours.

use super::node::Tag;

/// The prefix of the tags that are written with `!!`.
pub const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Returns a number that no manifest exceeds.
pub fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Returns the tag that a whole one means; an empty one and the lone `!` mean none.
pub fn tag(whole: &str) -> Tag {
    let Some(name) = whole.strip_prefix(YAML_TAGS) else {
        return match whole {
            "" | "!" => Tag::None,
            own if own.starts_with('!') => Tag::Other(own.into()),
            own => Tag::Other(format!("!<{own}>").into()),
        };
    };
    match name {
        "str" => Tag::Text,
        "int" => Tag::Integer,
        "float" => Tag::Float,
        "bool" => Tag::Boolean,
        "null" => Tag::Null,
        "timestamp" => Tag::Timestamp,
        "binary" => Tag::Binary,
        "merge" => Tag::Merge,
        "map" => Tag::Mapping,
        "seq" => Tag::Sequence,
        name => Tag::Other(format!("!!{name}").into()),
    }
}
