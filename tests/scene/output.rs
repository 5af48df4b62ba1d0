//! What a run of the program left: its output as a snapshot, and how it ended.

use std::fmt;

use super::system::Exit;

/// The end of a run. Snapshot it, or say how it must have ended.
#[must_use = "snapshot the output, or call `.success()` or `.failure(status)`"]
#[derive(Clone, Debug)]
pub struct CommandOutput {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    exit: Option<Exit>,
    redactions: Vec<(String, String)>,
}

impl CommandOutput {
    /// Keeps what a run left; no exit is a run that was ended after its time.
    pub fn new(
        stdout: Vec<u8>,
        stderr: Vec<u8>,
        exit: Option<Exit>,
        redactions: &[(String, String)],
    ) -> Self {
        Self {
            stdout,
            stderr,
            exit,
            redactions: redactions.to_vec(),
        }
    }

    /// Returns standard output, byte for byte.
    pub fn raw_stdout(&self) -> &[u8] {
        &self.stdout
    }

    /// Returns standard error, byte for byte.
    pub fn raw_stderr(&self) -> &[u8] {
        &self.stderr
    }

    /// Returns standard output with placeholders for what differs from run to run.
    pub fn stdout(&self) -> String {
        self.redact(&self.stdout)
    }

    /// Returns standard error with placeholders for what differs from run to run.
    pub fn stderr(&self) -> String {
        self.redact(&self.stderr)
    }

    /// Returns the exit status; `None` where a signal or the time limit ended the run.
    pub fn status(&self) -> Option<i32> {
        match self.exit {
            Some(Exit::Code(code)) => Some(code),
            Some(Exit::Signal(_)) | None => None,
        }
    }

    /// Asserts that the run succeeded, and returns its standard output.
    #[track_caller]
    pub fn success(self) -> String {
        assert_eq!(self.exit, Some(Exit::Code(0)), "the run failed:\n{self}");
        self.stdout()
    }

    /// Asserts that the run ended with this status, and returns its standard error.
    #[track_caller]
    pub fn failure(self, status: i32) -> String {
        assert_eq!(
            self.exit,
            Some(Exit::Code(status)),
            "the run should have ended with {status}:\n{self}"
        );
        self.stderr()
    }

    /// Puts a placeholder in the place of a text, in what is shown.
    pub fn redacting(mut self, text: &str, placeholder: &str) -> Self {
        self.redactions.push((text.into(), placeholder.into()));
        self
    }

    /// Leaves out the line that says how long reconciliations took.
    pub fn without_timing(mut self) -> Self {
        let is_timing = |line: &&[u8]| line.starts_with("► took ".as_bytes());
        let lines = self.stderr.split_inclusive(|byte| *byte == b'\n');
        self.stderr = lines
            .filter(|line| !is_timing(line))
            .flatten()
            .copied()
            .collect();
        self
    }

    fn redact(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.redactions
            .iter()
            .fold(text, |text, (from, to)| text.replace(from, to))
    }
}

impl fmt::Display for CommandOutput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        formatter.write_str(&stdout)?;
        if !stderr.is_empty() {
            write!(
                formatter,
                "{}------- stderr -------\n{stderr}",
                line_end(&stdout)
            )?;
        }
        let end = match self.exit {
            Some(Exit::Code(0)) => return Ok(()),
            Some(Exit::Code(code)) => format!("[exit status: {code}]"),
            Some(Exit::Signal(number)) => format!("[ended by signal {number}]"),
            None => "[ran out of time]".into(),
        };
        let last = if stderr.is_empty() { &stdout } else { &stderr };
        writeln!(formatter, "{}{end}", line_end(last))
    }
}

/// Returns the line end that a text lacks, made visible.
fn line_end(text: &str) -> &'static str {
    if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "[no line end]\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_streams_and_status() {
        let redactions = [("ns-abcdefgh".to_owned(), "[NAMESPACE]".to_owned())];
        let output = CommandOutput::new(
            b"in ns-abcdefgh".into(),
            b"no\n".into(),
            Some(Exit::Code(2)),
            &redactions,
        );
        insta::assert_snapshot!(output, @r"
        in [NAMESPACE][no line end]
        ------- stderr -------
        no
        [exit status: 2]
        ");
        assert_eq!(output.failure(2), "no\n");
    }

    #[test]
    fn success_alone_shows_only_what_was_printed() {
        let output = CommandOutput::new(b"NAME\n".into(), Vec::new(), Some(Exit::Code(0)), &[]);
        assert_eq!(output.to_string(), "NAME\n");
        assert_eq!(output.success(), "NAME\n");
    }
}
