//! The four doors to the terminal: data, talk, questions, progress.

use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal as _, Write as _};

use serde_json::json;

use super::progress::Progress;
use super::style::{ColorChoice, Colors, Mark, clean, for_terminal};
use crate::env;
use crate::error::{Explain, Failure};

/// Standard output can't be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub struct ReportError(#[from] io::Error);

impl Explain for ReportError {}

/// How many bytes of data are written at once.
const CHUNK: usize = 64 * 1024;

/// How the talk on standard error is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people, each with its mark.
    #[default]
    Text,
    /// One JSON object a line: time, level, mark, message, object, step.
    Json,
}

/// What a [`Ui`] is made from.
#[derive(Clone, Copy, Debug, Default)]
pub struct UiOptions {
    /// When to colour.
    pub color: ColorChoice,
    /// How to write the talk.
    pub log_format: LogFormat,
}

/// The terminal of one command.
#[derive(Clone, Debug)]
pub struct Ui {
    color: bool,
    /// Whether data is coloured.
    data_color: bool,
    log_format: LogFormat,
    /// The cluster that all talk is about, where there are several.
    cluster: Option<String>,
}

impl Ui {
    /// Makes the terminal that the flags ask for.
    pub fn new(options: UiOptions) -> Self {
        Self {
            color: options.color.for_talk(),
            data_color: options.color.for_data(),
            log_format: options.log_format,
            cluster: None,
        }
    }

    /// Returns the same terminal, where each line of talk names a cluster.
    #[must_use]
    pub fn of_cluster(&self, name: &str) -> Self {
        Self {
            cluster: Some(name.into()),
            ..self.clone()
        }
    }

    /// Says whether data for people is coloured.
    pub const fn colors_data(&self) -> bool {
        self.data_color
    }

    /// Writes data to standard output, as it is.
    ///
    /// # Errors
    ///
    /// Fails where standard output can't be written, for instance because its reader went away.
    pub fn data(&self, data: impl Display) -> Result<(), ReportError> {
        if io::stdout().is_terminal() {
            let colors = if self.data_color {
                Colors::Kept
            } else {
                Colors::Shown
            };
            let data = data.to_string();
            let mut output = io::stdout().lock();
            output.write_all(for_terminal(&data, colors).as_bytes())?;
            return Ok(output.flush()?);
        }
        // Standard output by itself is written line by line, a system call each.
        let mut output = io::BufWriter::with_capacity(CHUNK, io::stdout().lock());
        write!(output, "{data}")?;
        Ok(output.flush()?)
    }

    /// Says that something begins.
    pub fn action(&self, message: impl Display) {
        self.say(Mark::Action, message);
    }

    /// Says that something is being generated.
    pub fn generate(&self, message: impl Display) {
        self.say(Mark::Generate, message);
    }

    /// Says that something is being waited for.
    pub fn waiting(&self, message: impl Display) {
        self.say(Mark::Waiting, message);
    }

    /// Says that something is done.
    pub fn success(&self, message: impl Display) {
        self.say(Mark::Success, message);
    }

    /// Says that something is odd.
    pub fn warning(&self, message: impl Display) {
        self.say(Mark::Warning, message);
    }

    /// Says that something failed, while the command goes on.
    pub fn failure(&self, message: impl Display) {
        self.say(Mark::Failure, message);
    }

    /// Says `message` with its mark.
    pub fn say(&self, mark: Mark, message: impl Display) {
        self.say_about(mark, "", message);
    }

    /// Says `message` about `object`, which `--log-format json` shows as a field of its own.
    pub fn say_about(&self, mark: Mark, object: &str, message: impl Display) {
        let message = message.to_string();
        let line = match self.log_format {
            LogFormat::Json => self.json_line(mark, object, &message),
            LogFormat::Text => self.text_line(mark, &message),
        };
        // There is nowhere left to complain when standard error is gone.
        drop(io::stderr().lock().write_all(line.as_bytes()));
    }

    /// Prints the end of a command that failed: message, causes, hints.
    pub fn fail(&self, failure: &Failure) {
        if self.log_format == LogFormat::Json {
            self.failure(failure.in_one_line());
            for hint in failure.hints() {
                self.say(Mark::Action, format_args!("hint: {hint}"));
            }
            return;
        }
        let mut text = self.text_line(Mark::Failure, &failure.to_string());
        for cause in failure.causes() {
            // Writing to a String can't fail.
            let _written = writeln!(text, "  because: {}", clean(&cause));
        }
        for hint in failure.hints() {
            let _written = writeln!(text, "  hint: {}", clean(hint));
        }
        drop(io::stderr().lock().write_all(text.as_bytes()));
    }

    /// Starts a spinner, seen only on a terminal and only with text talk; those of several clusters would overwrite
    /// each other.
    pub fn progress(&self) -> Progress {
        let dumb = env::TERM.text().as_deref() == Some("dumb");
        let plain = self.log_format == LogFormat::Text && self.cluster.is_none() && !dumb;
        Progress::start(plain && io::stderr().is_terminal())
    }

    fn text_line(&self, mark: Mark, message: &str) -> String {
        // Controllers end some messages with an empty line.
        let message = clean(message.trim_end_matches('\n'));
        let cluster = self.cluster.as_ref();
        let cluster = cluster.map_or_else(String::new, |name| format!("[{}] ", clean(name)));
        if self.color {
            let style = mark.style();
            return format!("{style}{}{style:#} {cluster}{message}\n", mark.sign());
        }
        format!("{} {cluster}{message}\n", mark.sign())
    }

    fn json_line(&self, mark: Mark, object: &str, message: &str) -> String {
        let mut line = json!({
            "time": env::now().to_string(),
            "level": mark.level(),
            "mark": mark.name(),
            "message": clean(message),
        });
        if !object.is_empty() {
            line["object"] = json!(clean(object));
        }
        if let Some(cluster) = &self.cluster {
            line["cluster"] = json!(clean(cluster));
        }
        format!("{line}\n")
    }
}
