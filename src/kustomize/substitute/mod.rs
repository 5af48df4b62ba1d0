//! `${name:=default}`: variables put into text, in the dialect that Flux's controllers share with `envsubst`.

mod glob;
mod operator;
mod parse;
mod template;

pub use parse::SubstituteError;
pub use template::{Unset, substitute, substitute_seen};
