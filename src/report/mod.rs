//! The terminal: data on standard output, talk on standard error.

mod measure;
mod output;
mod progress;
mod prompt;
mod screen;
mod style;
mod summary;
mod table;
mod ui;

pub use measure::{age, size};
pub use output::{Format, FormatError, Output, list, reference};
pub use progress::Progress;
pub use prompt::Question;
pub use screen::Screen;
pub use style::{ColorChoice, Mark, clean};
pub use summary::summary;
pub use table::Table;
pub use ui::{LogFormat, Ui, UiOptions};
