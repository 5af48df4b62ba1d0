//! What differs between two objects, and how it is shown: flux's drift report, as its printer `dyff` writes it.

mod block;
mod clean;
mod compare;
mod difference;
mod drift;
mod identifier;
mod ignore;
mod line_common;
mod line_diff;
mod line_front;
mod line_runs;
mod mask;
mod patch;
mod readable;
mod report;
mod scalar;
#[cfg(test)]
mod tests;
mod yaml;

pub use clean::clean;
pub use compare::compare;
pub use difference::{Difference, Edit, Entries, NodePath, Step};
pub use drift::{has_drifted, strip_managers};
pub use ignore::IgnoreRules;
pub use mask::mask;
pub use patch::{LineRole, patch_lines};
pub use report::{Palette, Style, write_report};
