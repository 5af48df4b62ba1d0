//! The build engine against what kustomize made of the same directories.

mod case;
mod cases;
mod command;
mod corpus;
mod differ;
mod flux;
mod generator;
mod grammar;
mod growth;
mod helm;
mod hostile;
mod lenient;
mod properties;
mod random;
mod remote;
mod repositories;

pub use repositories::Repository;
