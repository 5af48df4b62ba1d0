//! The built-in transformers: one file each, and the walk along field specs that most of them share.

mod affix;
mod default_places;
mod error;
mod expand;
mod image;
mod image_name;
mod label;
mod lookup;
mod namespace;
mod path;
mod places;
#[cfg(test)]
pub(crate) mod proof;
mod replacement;
mod replica;
mod trail;
mod value_add;
mod variable;
mod write;

pub use affix::{End, add_affix};
pub use default_places::default_configuration;
pub use image::change_images;
pub use label::{Labeling, labelings};
pub use namespace::{Existing, NamespaceMove, Subjects};
pub use path::{FieldPath, check_name};
pub use replacement::{apply_replacements, collect_replacements};
pub use replica::set_replicas;
pub use trail::{Trail, node_mut, number};
pub use value_add::{ValueTarget, add_value};
pub use variable::resolve_variables;
pub use write::{WriteError, put_text, set_scalar};
