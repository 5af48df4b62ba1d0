//! What stands between the tokens: blanks, line breaks and comments.

use super::scan::Scanner;

/// How far ahead a comment behind a token is looked for, in bytes.
const COMMENT_REACH: usize = 512;

impl Scanner<'_> {
    /// Passes blanks, line breaks and comments.
    pub(super) fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow > 0 || !self.key_allowed;
            while self.reader.byte(0) == b' ' || (tabs && self.reader.byte(0) == b'\t') {
                self.reader.next();
            }
            if self.reader.byte(0) == b'#' {
                self.skip_comments();
            }
            if !self.reader.is_break(0) {
                break;
            }
            self.reader.next_line();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// Passes a comment and those in the lines below it, up to the end of the line of the last one.
    ///
    /// Tabs may stand before all but the first.
    fn skip_comments(&mut self) {
        while let Some(lines) = self.lines_to_comment() {
            for _ in 0..lines {
                self.reader.skip_to_line_end();
                self.reader.next_line();
            }
            self.reader.skip_to_line_end();
        }
    }

    /// Says in which line from here, the one of this place being the first, a comment begins after blanks alone.
    fn lines_to_comment(&self) -> Option<usize> {
        let mut lines = 0;
        for ahead in 0..COMMENT_REACH {
            match self.reader.byte(ahead) {
                b' ' | b'\t' => {}
                b'\n' | b'\r' => {
                    let is_half =
                        self.reader.byte(ahead) == b'\r' && self.reader.byte(ahead + 1) == b'\n';
                    lines += usize::from(!is_half);
                }
                b'#' => return Some(lines),
                _ => return None,
            }
        }
        None
    }

    /// Passes a comment that follows a token in its line, even right behind it.
    pub(super) fn skip_comment_behind(&mut self) {
        if self.reader.breaks > 0 {
            return;
        }
        let blanks = (0..COMMENT_REACH).find(|ahead| !self.reader.is_blank(*ahead));
        if blanks.is_some_and(|ahead| self.reader.byte(ahead) == b'#') {
            self.reader.skip_to_line_end();
        }
    }
}
