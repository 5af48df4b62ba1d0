//! Blocks of text, set side by side or below each other, in colour or without.

/// Whether a report is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Plain text.
    #[default]
    Plain,
    /// Escape sequences of a terminal.
    Terminal,
}

/// What a text is in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// The path of a node.
    Path,
    /// What happened to it.
    Caption,
    /// How it was.
    Old,
    /// How it will be.
    New,
}

/// Colours texts, or does not.
#[derive(Clone, Copy, Debug)]
pub struct Painter(pub Palette);

impl Painter {
    /// Colours each line of a text on its own, so that blocks can be set side by side.
    pub fn paint(self, paint: Paint, text: &str) -> String {
        if self.0 == Palette::Plain {
            return text.into();
        }
        let code = match paint {
            Paint::Path => "1",
            Paint::Caption => "33",
            Paint::Old => "31",
            Paint::New => "32",
        };
        let mut out = String::with_capacity(text.len() + 16);
        for line in text.split_inclusive('\n') {
            let (content, end) = line
                .strip_suffix('\n')
                .map_or((line, ""), |line| (line, "\n"));
            if content.is_empty() {
                out.push_str(line);
            } else {
                out.extend(["\u{1b}[", code, "m", content, "\u{1b}[0m", end]);
            }
        }
        out
    }
}

/// Returns how many characters a text takes, escape sequences of colours apart.
pub fn width_of(text: &str) -> usize {
    let mut width = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // Foreign escapes were made visible before; ours end with this letter.
            characters.by_ref().find(|&character| character == 'm');
        } else {
            width += 1;
        }
    }
    width
}

/// Puts a sign before the first line and indents the others by as much; ends with a line break.
pub fn hanging(sign: &str, text: &str) -> String {
    let blank = " ".repeat(width_of(sign));
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = sign;
    for line in text.split('\n') {
        out.extend([before, line, "\n"]);
        before = &blank;
    }
    out
}

/// Puts a sign before each line; ends with a line break.
pub fn prefixed(sign: &str, text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split('\n') {
        out.extend([sign, line, "\n"]);
    }
    out
}

/// Sets blocks side by side where they fit into a width, else one below the other.
pub fn stacked_or_beside(blocks: &[String], indent: usize, width: usize, out: &mut String) {
    const SEPARATOR: &str = "   ";
    let widest = |block: &String| block.split('\n').map(width_of).max().unwrap_or(0);
    let needed = indent
        + blocks.len().saturating_sub(1) * SEPARATOR.len()
        + blocks.iter().map(widest).sum::<usize>();
    if needed <= width {
        out.push_str(&beside(blocks, SEPARATOR, indent));
        return;
    }
    let blank = " ".repeat(indent);
    for line in blocks.iter().flat_map(|block| block.split('\n')) {
        out.extend([blank.as_str(), line, "\n"]);
    }
}

/// Sets blocks side by side; lines end without blanks, the last one without a line break.
pub fn beside(blocks: &[String], separator: &str, indent: usize) -> String {
    let columns: Vec<Vec<&str>> = blocks
        .iter()
        .map(|block| block.split('\n').collect())
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .map(|lines| lines.iter().map(|line| width_of(line)).max().unwrap_or(0))
        .collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let lines: Vec<String> = (0..rows)
        .map(|row| {
            let cells: Vec<String> = columns
                .iter()
                .zip(&widths)
                .map(|(lines, width)| {
                    let line = lines.get(row).copied().unwrap_or_default();
                    let padding = width - width_of(line);
                    format!("{}{line}{}", " ".repeat(indent), " ".repeat(padding))
                })
                .collect();
            cells.join(separator).trim_end_matches(' ').to_owned()
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_do_not_take_room() {
        let painter = Painter(Palette::Terminal);
        let red = painter.paint(Paint::Old, "ab\nc\n");
        assert_eq!(red, "\u{1b}[31mab\u{1b}[0m\n\u{1b}[31mc\u{1b}[0m\n");
        assert_eq!(width_of(red.lines().next().unwrap()), 2);
        let plain = beside(&["ab\nc\n".into(), "x".into()], " | ", 1);
        assert_eq!(plain, " ab |  x\n c  |\n    |");
    }

    #[test]
    fn stacks_what_is_too_wide() {
        let mut out = String::new();
        stacked_or_beside(&["abc\n".into(), "d".into()], 1, 7, &mut out);
        assert_eq!(out, " abc\n \n d\n");
    }
}
