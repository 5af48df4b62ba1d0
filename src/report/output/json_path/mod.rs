//! `JSONPath` templates as kubectl understands them: literal text, paths in braces, filters and ranges.

mod evaluate;
mod parse;
mod template;
#[cfg(test)]
mod tests;

pub use template::{JsonPath, PathError};
