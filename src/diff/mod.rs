//! What differs between two objects, and how it is shown: flux's drift report, as its printer `dyff` writes it.

mod compare;
mod difference;
mod drift;
mod ignore;
mod mask;
mod report;

pub use compare::compare;
pub use difference::{Difference, Edit, Entries, NodePath, Step};
pub use drift::has_drifted;
pub use ignore::{IgnoreError, IgnoreRules};
pub use mask::{Masked, mask};
pub use report::{Palette, Style, write_report};
