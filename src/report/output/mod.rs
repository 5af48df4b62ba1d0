//! The forms that `-o` prints answers in: objects as kubectl shows them, and reports of our own.

mod columns;
mod format;
mod go;
mod json_path;
mod print;

pub use format::{Format, FormatError};
pub use print::{Output, list, reference};
