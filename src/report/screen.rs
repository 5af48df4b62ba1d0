//! Text on a terminal that is drawn again in place.

use std::io::{self, IsTerminal as _, Write as _};

use dialoguer::console::Term;
use unicode_width::UnicodeWidthChar as _;

use super::ui::{ReportError, Ui};
use crate::env;

/// The columns between two places that a tab goes to.
const TAB: usize = 8;

/// A part of the terminal that always shows the newest text.
pub struct Screen {
    terminal: Term,
    /// How many columns each line has that stands there now.
    drawn: Vec<usize>,
}

impl Ui {
    /// Returns a place to draw data in again and again; `None` where standard output is no terminal that can.
    #[expect(
        clippy::unused_self,
        reason = "it is one of the doors of the terminal, and tells who may print"
    )]
    pub fn screen(&self) -> Option<Screen> {
        let dumb = env::TERM.text().as_deref() == Some("dumb");
        (io::stdout().is_terminal() && !dumb).then(|| Screen {
            terminal: Term::stdout(),
            drawn: Vec::new(),
        })
    }
}

impl Screen {
    /// Draws a text over the one before; what does not fit is cut off.
    pub fn show(&mut self, text: &str) -> Result<(), ReportError> {
        let (height, width) = self.terminal.size();
        let (height, width) = (usize::from(height), usize::from(width));
        let lines = fitted(text, height, width);
        let above = rows(&self.drawn, width).min(height.saturating_sub(1));
        self.draw(&lines, above)?;
        Ok(())
    }

    /// Writes all at once, so that nothing flickers: up to the first line, then each line and an empty rest of it.
    fn draw(&mut self, lines: &[String], above: usize) -> io::Result<()> {
        let mut drawn = String::new();
        if above > 0 {
            drawn = format!("\u{1b}[{above}A");
        }
        for line in lines {
            drawn.push_str(line);
            drawn.push_str("\u{1b}[K\r\n");
        }
        drawn.push_str("\u{1b}[J");
        self.drawn = lines.iter().map(|line| columns(line)).collect();
        let mut output = io::stdout().lock();
        output.write_all(drawn.as_bytes())?;
        output.flush()
    }
}

/// Returns how many rows lines take in a terminal of a width: one that was made narrower breaks them.
fn rows(lines: &[usize], width: usize) -> usize {
    let width = width.max(1);
    lines.iter().map(|line| line.div_ceil(width).max(1)).sum()
}

fn columns(line: &str) -> usize {
    line.chars().filter_map(char::width).sum()
}

/// Cuts a text down to a height and a width, leaving a line for the cursor.
fn fitted(text: &str, height: usize, width: usize) -> Vec<String> {
    let room = height.saturating_sub(1).max(1);
    let mut lines: Vec<String> = text.lines().map(|line| cut(line, width)).collect();
    if lines.len() > room {
        let hidden = lines.len() - (room - 1);
        lines.truncate(room - 1);
        lines.push(cut(&format!("… {hidden} more lines"), width));
    }
    lines
}

/// Cuts a line down to a width, with blanks for its tabs.
fn cut(line: &str, width: usize) -> String {
    let mut cut = String::new();
    let mut column = 0;
    for character in line.trim_end().chars() {
        let wide = match character {
            '\t' => TAB - column % TAB,
            other => other.width().unwrap_or(0),
        };
        if column + wide > width {
            break;
        }
        if character == '\t' {
            cut.push_str(&" ".repeat(wide));
        } else {
            cut.push(character);
        }
        column += wide;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(
            fitted("a\tb\t\nlonger than that\n", 5, 10),
            ["a       b", "longer tha"]
        );
        assert_eq!(fitted("1\n2\n3\n4\n", 3, 20), ["1", "… 3 more lines"]);
        assert_eq!(cut("日本", 3), "日");
    }

    #[test]
    fn lines_that_a_narrower_terminal_breaks_take_more_rows() {
        assert_eq!(rows(&[], 10), 0);
        assert_eq!(rows(&[0, 10, 10], 10), 3);
        assert_eq!(rows(&[0, 10, 10], 4), 7);
        assert_eq!(rows(&[3], 0), 3);
        assert_eq!(columns("日本 a"), 6);
    }
}
