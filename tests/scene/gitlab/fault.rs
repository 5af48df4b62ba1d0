//! Faults: what goes wrong, at which request, and how often.

use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, Content};
use super::call::segments;
use super::protection::matches_glob;
use super::state::State;

/// Something that goes wrong, or happens meanwhile, at some requests.
#[derive(Clone)]
pub struct Fault {
    method: String,
    pattern: String,
    nth: usize,
    times: usize,
    /// How long the double waits before it does anything.
    pub delay: Duration,
    /// What it does then.
    pub act: Act,
}

/// What a fault does.
#[derive(Clone)]
pub enum Act {
    /// Nothing but the delay.
    Pass,
    /// Answers without acting.
    Instead(Answer),
    /// Acts, and changes the answer.
    Change(Arc<dyn Fn(&mut Answer) + Send + Sync>),
    /// Acts, and closes the connection before the answer.
    Lose,
    /// Resets the connection without acting.
    Reset,
    /// Acts, and sends the answer byte by byte.
    Drip(Duration),
    /// Acts, and closes the connection in the middle of the answer.
    Cut,
    /// Answers a list that has another page after every page.
    EndlessPages,
    /// Answers a list in which every page names itself as the next.
    RepeatedPage,
    /// Does something else first, then goes on as ever.
    Meanwhile(Arc<dyn Fn(&mut State) + Send + Sync>),
}

impl Fault {
    /// Makes a fault of the next request of any kind.
    fn new(act: Act) -> Self {
        Self {
            method: "*".into(),
            pattern: "/**".into(),
            nth: 1,
            times: 1,
            delay: Duration::ZERO,
            act,
        }
    }

    /// Answers with a status, and the body that GitLab or the proxy before it has for that.
    pub fn status(status: u16) -> Self {
        let answer = match status {
            429 => Answer::text(429, "Retry later"),
            401 => Answer::unauthorized(),
            403 => Answer::forbidden(),
            404 => Answer::message(404, "404 Not Found"),
            405 => Answer::message(405, "Method Not Allowed"),
            502 => Answer::html(502, "GitLab is not responding"),
            503 => Answer::html(503, "Service unavailable"),
            504 => Answer::html(504, "Gateway time-out"),
            other => Answer::message(other, format!("{other} from the double")),
        };
        Self::new(Act::Instead(answer))
    }

    /// Answers with a page for people.
    pub fn html(status: u16, title: &str) -> Self {
        Self::new(Act::Instead(Answer::html(status, title)))
    }

    /// Answers as a proxy that wants a login: 200, and a page.
    pub fn login_page() -> Self {
        Self::html(200, "Sign in")
    }

    /// Answers 200 with nothing.
    pub fn empty() -> Self {
        Self::new(Act::Instead(Answer::empty(200)))
    }

    /// Answers with a JSON body.
    pub fn json(status: u16, body: Value) -> Self {
        Self::new(Act::Instead(Answer::json(status, body)))
    }

    /// Answers with what calls itself JSON and is none.
    pub fn malformed(status: u16, text: &str) -> Self {
        let mut answer = Answer::empty(status);
        answer.content = Content::Text("application/json", text.to_owned());
        Self::new(Act::Instead(answer))
    }

    /// Refuses the token's scopes.
    pub fn insufficient_scope() -> Self {
        Self::new(Act::Instead(Answer::insufficient_scope("api")))
    }

    /// Refuses a token whose time is over.
    pub fn expired_token() -> Self {
        let words = "Token is expired. You can either do re-authorization or token refresh.";
        Self::new(Act::Instead(Answer::invalid_token(words)))
    }

    /// Refuses a token that was taken back.
    pub fn revoked_token() -> Self {
        let words = "Token was revoked. You have to re-authorize from the user.";
        Self::new(Act::Instead(Answer::invalid_token(words)))
    }

    /// Leads elsewhere: 301, 302, 307 or 308.
    pub fn redirect(status: u16, location: &str) -> Self {
        let answer = Answer::html(status, "Moved").with("Location", location);
        Self::new(Act::Instead(answer))
    }

    /// Acts, but never answers: the connection is closed.
    pub fn lost_answer() -> Self {
        Self::new(Act::Lose)
    }

    /// Resets the connection before anything is done.
    pub fn reset() -> Self {
        Self::new(Act::Reset)
    }

    /// Waits before it acts.
    pub fn delay(time: Duration) -> Self {
        Self::new(Act::Pass).after(time)
    }

    /// Acts, and sends the answer byte by byte, so much time apart.
    pub fn drip(pause: Duration) -> Self {
        Self::new(Act::Drip(pause))
    }

    /// Acts, and closes the connection in the middle of the answer's body.
    pub fn cut() -> Self {
        Self::new(Act::Cut)
    }

    /// Acts, and sets a field of the answer, or of each row of it.
    pub fn set(field: &str, value: Value) -> Self {
        let field = field.to_owned();
        Self::edit(move |object| object[&field] = value.clone())
    }

    /// Acts, and leaves a field out of the answer, or out of each row of it.
    pub fn without(field: &str) -> Self {
        let field = field.to_owned();
        Self::edit(move |object| {
            if let Some(object) = object.as_object_mut() {
                object.remove(&field);
            }
        })
    }

    /// Acts, and adds fields that no one knows.
    pub fn unknown_fields() -> Self {
        Self::edit(|object| object["field_of_tomorrow"] = json!({ "deep": [1, null, "x"] }))
    }

    /// Acts, and makes every field of the answer null.
    pub fn nulls() -> Self {
        Self::edit(|object| {
            let fields = object.as_object_mut().into_iter().flatten();
            fields.for_each(|(_, value)| *value = Value::Null);
        })
    }

    fn edit(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::new(Act::Change(Arc::new(move |answer| {
            match &mut answer.content {
                Content::Json(Value::Array(rows)) => rows.iter_mut().for_each(&change),
                Content::Json(body) => change(body),
                Content::Empty | Content::Text(..) => {}
            }
        })))
    }

    /// Gives every page of a list a next one with rows of its own, for ever.
    pub fn endless_pages() -> Self {
        Self::new(Act::EndlessPages).always()
    }

    /// Lets every page of a list name itself as the next, for ever.
    pub fn repeated_page() -> Self {
        Self::new(Act::RepeatedPage).always()
    }

    /// Does something else just before the request is handled: what another person does at the wrong time.
    pub fn meanwhile(deed: impl Fn(&mut State) + Send + Sync + 'static) -> Self {
        Self::new(Act::Meanwhile(Arc::new(deed)))
    }

    /// Adds `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("Retry-After", seconds)
    }

    /// Adds `RateLimit-Reset`, in seconds since 1970: right, past, or far off.
    #[must_use]
    pub fn rate_limit_reset(self, epoch: i64) -> Self {
        self.header("RateLimit-Remaining", 0)
            .header("RateLimit-Reset", epoch)
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Display) -> Self {
        let entry = (name.to_owned(), value.to_string());
        match &mut self.act {
            Act::Instead(answer) => answer.headers.push(entry),
            Act::Pass => {
                let add = move |answer: &mut Answer| answer.headers.push(entry.clone());
                self.act = Act::Change(Arc::new(add));
            }
            _ => panic!("this fault has no headers"),
        }
        self
    }

    /// Waits before anything is done.
    #[must_use]
    pub const fn after(mut self, time: Duration) -> Self {
        self.delay = time;
        self
    }

    /// Says which requests it is about: a method or `*`, and a path below `/api/v4` or, for Git, below the mount
    /// point. `*` stands for one part of a path, `**` for any number of them; `?text` must be part of the query.
    #[must_use]
    pub fn on(mut self, method: &str, pattern: &str) -> Self {
        method.clone_into(&mut self.method);
        pattern.clone_into(&mut self.pattern);
        self
    }

    /// Says at which of these requests it begins; the first is 1.
    #[must_use]
    pub const fn nth(mut self, nth: usize) -> Self {
        self.nth = nth;
        self
    }

    /// Says how many of these requests it meets.
    #[must_use]
    pub const fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Lets it meet all of these requests.
    #[must_use]
    pub const fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Says whether a request is one of those that it is about.
    pub fn is_about(&self, method: &str, path: &str, query: &str) -> bool {
        let (pattern, wanted_query) = match self.pattern.split_once('?') {
            Some((pattern, query)) => (pattern, query),
            None => (self.pattern.as_str(), ""),
        };
        let path = path.strip_prefix("/api/v4").unwrap_or(path);
        (self.method == "*" || self.method.eq_ignore_ascii_case(method))
            && query.contains(wanted_query)
            && fits(&segments(pattern), &segments(path))
    }

    /// Says whether it meets the request of this number, the first being 1.
    pub const fn meets(&self, count: usize) -> bool {
        count >= self.nth && count - self.nth < self.times
    }
}

fn fits(pattern: &[String], path: &[String]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return path.is_empty();
    };
    if first == "**" {
        return (0..=path.len()).any(|index| fits(rest, &path[index..]));
    }
    match path.split_first() {
        Some((part, tail)) => matches_glob(first, part) && fits(rest, tail),
        None => false,
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "fault of {} {}", self.method, self.pattern)
    }
}

/// The faults of a double, with what each has seen.
#[derive(Debug, Default)]
pub struct Faults(Vec<(Fault, usize)>);

impl Faults {
    /// Adds one.
    pub fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts a request, and returns what it meets: deeds meanwhile, and the first of the other faults.
    pub fn meet(&mut self, method: &str, path: &str, query: &str) -> (Vec<Fault>, Option<Fault>) {
        let (mut deeds, mut met) = (Vec::new(), None);
        for (fault, seen) in &mut self.0 {
            if !fault.is_about(method, path, query) {
                continue;
            }
            *seen += 1;
            if !fault.meets(*seen) {
                continue;
            }
            if matches!(fault.act, Act::Meanwhile(_)) {
                deeds.push(fault.clone());
            } else if met.is_none() {
                met = Some(fault.clone());
            }
        }
        (deeds, met)
    }
}
