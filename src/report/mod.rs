//! The terminal: data on standard output, talk on standard error.

mod progress;
mod prompt;
mod style;
mod summary;
mod table;
mod ui;

pub use progress::Progress;
pub use prompt::Question;
pub use style::{ColorChoice, Mark};
pub use summary::summary;
pub use table::Table;
pub use ui::{LogFormat, Ui, UiOptions};
