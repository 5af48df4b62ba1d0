//! Questions to the person at the terminal, or to the pipe that answers for them.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::{self, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, mpsc};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::style::clean;
use crate::error::{Blame, Explain};

/// How long a pipe may take to show that it is at its end.
const GLANCE: Duration = Duration::from_millis(200);

/// Whether the terminal shows nothing of what is typed.
static IS_HIDDEN: AtomicBool = AtomicBool::new(false);

/// The time in which the terminal shows nothing of what is typed.
struct Hidden;

impl Hidden {
    fn start() -> Self {
        static WATCHED: Once = Once::new();
        WATCHED.call_once(|| drop(thread::spawn(watch)));
        IS_HIDDEN.store(true, Ordering::SeqCst);
        Self
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        IS_HIDDEN.store(false, Ordering::SeqCst);
    }
}

/// How long a command that was interrupted may take to end by itself, once it is not asking any more.
const GRACE: Duration = Duration::from_secs(1);

/// Ends the program on Ctrl-C: who reads a hidden answer does not hear of it, and would leave a terminal behind that
/// shows nothing of what is typed.
fn watch() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    if runtime.block_on(tokio::signal::ctrl_c()).is_err() {
        return;
    }
    if IS_HIDDEN.load(Ordering::SeqCst) {
        // The one who reads holds the settings of the terminal, and can't be reached.
        drop(Command::new("stty").arg("echo").status());
        drop(writeln!(io::stderr()));
    } else {
        thread::sleep(GRACE);
    }
    #[expect(
        clippy::exit,
        reason = "the thread that would return the status reads on"
    )]
    process::exit(Blame::Interrupted.status().into());
}

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The answer was no.
    #[error("aborting")]
    Declined,
    /// Nobody is there to answer.
    #[error("cannot ask `{question}`: standard input is neither a terminal nor has it an answer")]
    NobodyThere {
        /// What would have been asked.
        question: String,
        /// The flag or variable that answers it.
        answered_by: &'static str,
    },
    /// The terminal failed.
    #[error("cannot read the answer")]
    Terminal(#[source] io::Error),
}

impl Explain for PromptError {
    fn blame(&self) -> Blame {
        match self {
            Self::Terminal(error) if error.kind() == io::ErrorKind::Interrupted => {
                Blame::Interrupted
            }
            _ => Blame::User,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NobodyThere { answered_by, .. } => Some(format!("answer it with {answered_by}")),
            _ => None,
        }
    }
}

impl From<dialoguer::Error> for PromptError {
    fn from(error: dialoguer::Error) -> Self {
        let dialoguer::Error::IO(error) = error;
        Self::Terminal(error)
    }
}

/// A question, and what answers it where nobody is at the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The words, without a mark of their own at the end.
    pub words: &'a str,
    /// The flag or variable that answers it, such as "`--silent`".
    pub answered_by: &'static str,
}

impl Question<'_> {
    /// Asks for a yes: only `y` and `Y` are one.
    ///
    /// # Errors
    ///
    /// Fails where the answer is no, or nobody is there.
    pub fn confirm(self) -> Result<(), PromptError> {
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            let prompt = dialoguer::Confirm::new().with_prompt(clean(self.words));
            let confirmed = super::progress::aside(|| prompt.default(false).interact())?;
            return if confirmed {
                Ok(())
            } else {
                Err(PromptError::Declined)
            };
        }
        let answer = self.read_line("[y/N]")?;
        if matches!(answer.as_str(), "y" | "Y") {
            Ok(())
        } else {
            Err(PromptError::Declined)
        }
    }

    /// Asks for a secret; on a terminal what is typed does not show.
    ///
    /// # Errors
    ///
    /// Fails where the answer is empty or nobody is there.
    pub fn secret(self) -> Result<Zeroizing<String>, PromptError> {
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            let words = clean(self.words);
            let prompt = dialoguer::Password::new().with_prompt(words);
            let hidden = Hidden::start();
            let secret = super::progress::aside(|| prompt.interact());
            drop(hidden);
            return Ok(Zeroizing::new(secret?));
        }
        self.read_line("").map(Zeroizing::new)
    }

    /// Makes sure that somebody is there to answer later, without taking an answer yet.
    ///
    /// A pipe that is open but silent counts: its writer may wait for the question.
    ///
    /// # Errors
    ///
    /// Fails where standard input is at its end.
    pub fn needs_somebody(self) -> Result<(), PromptError> {
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            return Ok(());
        }
        let (send, receive) = mpsc::channel();
        // What it reads stays in the buffer of standard input; on a silent pipe it waits, and the answer comes through it.
        thread::spawn(move || {
            send.send(
                io::stdin()
                    .lock()
                    .fill_buf()
                    .is_ok_and(|bytes| !bytes.is_empty()),
            )
        });
        match receive.recv_timeout(GLANCE) {
            Ok(false) => Err(self.nobody()),
            Ok(true) | Err(_) => Ok(()),
        }
    }

    fn read_line(self, choices: &str) -> Result<String, PromptError> {
        // The question goes to standard error; that it may fail to show is no reason not to read the answer.
        drop(write!(io::stderr(), "{} {choices}", self.words));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        drop(writeln!(io::stderr()));
        let answer = line.trim_end_matches(['\r', '\n']);
        match read {
            Err(error) => Err(PromptError::Terminal(error)),
            Ok(0) => Err(self.nobody()),
            Ok(_) if answer.is_empty() && choices.is_empty() => Err(self.nobody()),
            Ok(_) => Ok(answer.to_owned()),
        }
    }

    fn nobody(self) -> PromptError {
        PromptError::NobodyThere {
            question: self.words.to_owned(),
            answered_by: self.answered_by,
        }
    }
}
