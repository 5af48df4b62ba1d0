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
    lines: usize,
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
            lines: 0,
        })
    }
}

impl Screen {
    /// Draws a text over the one before; what does not fit is cut off.
    pub fn show(&mut self, text: &str) -> Result<(), ReportError> {
        let (height, width) = self.terminal.size();
        let lines = fitted(text, usize::from(height), usize::from(width));
        self.draw(&lines)?;
        Ok(())
    }

    /// Writes all at once, so that nothing flickers: up to the first line, then each line and an empty rest of it.
    fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        let mut drawn = String::new();
        if self.lines > 0 {
            drawn = format!("\u{1b}[{}A", self.lines);
        }
        for line in lines {
            drawn.push_str(line);
            drawn.push_str("\u{1b}[K\r\n");
        }
        drawn.push_str("\u{1b}[J");
        self.lines = lines.len();
        let mut output = io::stdout().lock();
        output.write_all(drawn.as_bytes())?;
        output.flush()
    }
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
}
