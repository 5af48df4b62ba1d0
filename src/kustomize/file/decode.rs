//! From a document to a type, as Go's decoders do it: field names in any case, and no guessing of types.

use std::cell::RefCell;

use serde::de::DeserializeOwned;

use super::cursor::Cursor;
use super::decode_problem::DecodeError;
use crate::manifest::{Dialect, Node};

/// How kind the decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// By which rules scalars without quotes are typed.
    pub dialect: Dialect,
    /// What happens to a number or boolean where text is wanted.
    pub scalars: Scalars,
    /// What happens to fields that the type does not have.
    pub unknown: Unknown,
}

/// What happens to a number or boolean where text is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalars {
    /// It is an error.
    Strict,
    /// It becomes text.
    AsText,
}

/// What happens to fields that a type does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are errors.
    Refused,
    /// They are passed over.
    Ignored,
}

impl Rules {
    /// The rules of the kustomization file itself.
    pub const KUSTOMIZATION: Self = Self {
        dialect: Dialect::Loose,
        scalars: Scalars::Strict,
        unknown: Unknown::Refused,
    };

    /// The rules of a kustomization file that Flux has completed, and so read and written once before.
    pub const COMPLETED: Self = Self {
        dialect: Dialect::Loose,
        scalars: Scalars::AsText,
        unknown: Unknown::Ignored,
    };

    /// The rules of files of transformer configuration.
    pub const CONFIGURATION: Self = Self {
        dialect: Dialect::Loose,
        scalars: Scalars::AsText,
        unknown: Unknown::Refused,
    };

    /// The rules of generators and transformers that are resources themselves.
    pub const PLUGIN: Self = Self {
        dialect: Dialect::Resources,
        scalars: Scalars::AsText,
        unknown: Unknown::Ignored,
    };
}

/// Decodes a document.
///
/// # Errors
///
/// Fails with every unknown field, and the first value of the wrong sort.
pub fn decode<T: DeserializeOwned>(node: &Node, rules: Rules) -> Result<T, DecodeError> {
    let problems = RefCell::new(Vec::new());
    let cursor = Cursor {
        node,
        rules,
        problems: &problems,
    };
    let decoded = T::deserialize(cursor);
    let mut problems = problems.into_inner();
    match decoded {
        Ok(value) if problems.is_empty() => Ok(value),
        Ok(_) => Err(DecodeError { problems }),
        Err(problem) => {
            problems.push(problem);
            Err(DecodeError { problems })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kustomization::Kustomization;
    use super::*;

    fn read(text: &str) -> Result<Kustomization, String> {
        let node = Node::documents(text).unwrap().remove(0);
        decode(&node, Rules::KUSTOMIZATION).map_err(|error| error.to_string())
    }

    #[test]
    fn takes_names_in_any_case_and_old_booleans() {
        let file = read("NAMEPREFIX: a-\nimages: [{name: x, newTag: '1'}]\nmetadata: ~\nlabels: [{includeselectors: yes}]\nnamespace: ~\ncommonLabels: {1: a, yes: b}\n").unwrap();
        assert_eq!(file.name_prefix, "a-");
        assert!(file.metadata.is_none());
        assert!(file.labels.unwrap()[0].include_selectors);
        let labels = file.common_labels.unwrap();
        assert_eq!((labels["1"].as_str(), labels["true"].as_str()), ("a", "b"));
    }

    #[test]
    fn guesses_no_types() {
        assert_eq!(
            read("a: 1\nimages:\n- {name: x, tag: y}\n- name: b\n  newTag: 1.10\n").unwrap_err(),
            "line 1: unknown field \"a\"; line 3: `images[0]`: unknown field \"tag\"; \
             line 5: `images[1].newTag`: expected a text (put it between quotes), found `1.10`"
        );
        assert!(read("namePrefix: 5\n").is_err());
        assert!(read("resources: a\n").is_err());
        assert_eq!(
            read("namePrefix: a\nnamePrefix: b\n").unwrap().name_prefix,
            "b"
        );
    }

    #[test]
    fn makes_text_of_numbers_where_it_may() {
        let node = Node::documents("{kind: X, images: [{name: a, newTag: 1.10, digest: true}]}")
            .unwrap()
            .remove(0);
        let file: Kustomization = decode(&node, Rules::PLUGIN).unwrap();
        let image = &file.images.unwrap()[0];
        assert_eq!(
            (image.new_tag.as_str(), image.digest.as_str()),
            ("1.1", "true")
        );
    }
}
