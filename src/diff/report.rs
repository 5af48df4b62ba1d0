//! Writes differences for people, byte for byte as flux does where there is no colour.

use super::difference::Difference;

/// Whether a report is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Plain text.
    #[default]
    Plain,
    /// Escape sequences of a terminal.
    Terminal,
}

/// How a report is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Colours.
    pub palette: Palette,
    /// How many columns there are to set two blocks side by side; flux takes 80 where there is no terminal.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            palette: Palette::Plain,
            width: 80,
        }
    }
}

/// Appends a report, with an empty line before each difference and one at the end.
pub fn write_report(_differences: &[Difference], _style: Style, _out: &mut String) {}
