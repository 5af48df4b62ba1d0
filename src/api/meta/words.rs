//! Fields that hold one of a few words: each such type is a list.

/// Makes the type of a field that holds one of a few words, in the order that Flux publishes them.
///
/// The first word is the default, unless another one is named after the type.
///
/// A word that is not in the list is kept as it is: the cluster may be newer than we are,
/// and whether a word is allowed is for the API server to say.
macro_rules! words {
    (
        $(#[$about:meta])*
        $name:ident { $first:ident = $first_word:literal, $($variant:ident = $word:literal,)* }
    ) => {
        words! {
            $(#[$about])*
            $name = $first { $first = $first_word, $($variant = $word,)* }
        }
    };
    (
        $(#[$about:meta])*
        $name:ident = $default:ident { $($variant:ident = $word:literal,)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($variant,)*
            Other(String),
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self::$default
            }
        }

        impl $name {
            /// Every word that the API knows.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// Returns the word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    _ => Self::Other(word.into()),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <::std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Ok(Self::from(&*word))
            }
        }

        impl ::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": "string", "enum": Self::WORDS })
            }
        }
    };
}

pub(in crate::api) use words;

#[cfg(test)]
mod tests {
    words! {
        /// The direction of a door.
        Door {
            Push = "push",
            Pull = "Pull-It",
        }
    }

    #[test]
    fn knows_its_words_and_keeps_others() {
        assert_eq!(Door::default().as_str(), "push");
        let doors: Vec<Door> = serde_json::from_str(r#"["Pull-It", "slide"]"#).unwrap();
        assert_eq!(doors, [Door::Pull, Door::Other("slide".into())]);
        assert_eq!(
            serde_json::to_string(&doors).unwrap(),
            r#"["Pull-It","slide"]"#
        );
        assert_eq!(Door::WORDS, ["push", "Pull-It"]);
    }
}
