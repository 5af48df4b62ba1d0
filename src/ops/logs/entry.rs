//! The entries of a controller's log, and which of them are meant.

use serde::Deserialize;
use serde_json::Value;

/// Lines as long as this were cut on their way.
pub const CUT: usize = 1 << 20;

/// Which entries are meant; what is empty means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// The level.
    pub level: String,
    /// The kind of the object, in any case of letters.
    pub kind: String,
    /// The name of the object, in any case of letters.
    pub name: String,
    /// The namespace of the object.
    pub namespace: String,
}

/// One line of a controller's log; what is not text is shown as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LogEntry {
    /// When.
    #[serde(rename = "ts", deserialize_with = "as_text")]
    pub time: String,
    /// How bad.
    #[serde(deserialize_with = "as_text")]
    pub level: String,
    /// What.
    #[serde(rename = "msg", deserialize_with = "as_text")]
    pub message: String,
    /// What went wrong.
    #[serde(deserialize_with = "as_text")]
    pub error: String,
    /// The kind of the object, as older controllers name it.
    #[serde(rename = "reconciler kind", deserialize_with = "as_text")]
    pub reconciler_kind: String,
    /// The kind of the object.
    #[serde(rename = "controllerKind", deserialize_with = "as_text")]
    pub controller_kind: String,
    /// The name of the object.
    #[serde(deserialize_with = "as_text")]
    pub name: String,
    /// The namespace of the object.
    #[serde(deserialize_with = "as_text")]
    pub namespace: String,
}

fn as_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    })
}

impl LogFilter {
    /// Says whether an entry is meant.
    fn takes(&self, entry: &LogEntry) -> bool {
        let is = |wanted: &str, found: &str| wanted.eq_ignore_ascii_case(found);
        let of_kind =
            is(&self.kind, &entry.reconciler_kind) || is(&self.kind, &entry.controller_kind);
        (self.level.is_empty() || self.level == entry.level)
            && (self.kind.is_empty() || of_kind)
            && (self.name.is_empty() || is(&self.name, &entry.name))
            && (self.namespace.is_empty() || self.namespace == entry.namespace)
    }
}

/// Shown as flux shows it: time, level, object, message, error.
impl std::fmt::Display for LogEntry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.reconciler_kind.as_str() {
            "" => &self.controller_kind,
            kind => kind,
        };
        write!(formatter, "{} {} {kind}", self.time, self.level)?;
        if !self.name.is_empty() {
            write!(formatter, "/{}.{}", self.name, self.namespace)?;
        }
        write!(formatter, " - {} {}", self.message, self.error)
    }
}

/// What comes out of a log.
#[derive(Debug)]
pub enum Told {
    /// An entry that is meant, and its line as it is.
    Entry(Box<LogEntry>, String),
    /// A line that is no entry; the text says where and why.
    Malformed(String),
    /// A controller has crashed; the text says which, and what comes of its log before that.
    Crashed(String),
    /// A log that can't be read (now); the text says which and why.
    Unreadable(String),
}

/// Reads a line; `None` where it is not meant, or not from a controller's logger.
pub fn told_by(line: &str, filter: &LogFilter) -> Option<Told> {
    if !line.starts_with('{') {
        return None;
    }
    match serde_json::from_str::<LogEntry>(line) {
        Ok(entry) => filter
            .takes(&entry)
            .then(|| Told::Entry(Box::new(entry), line.into())),
        Err(_) if line.len() >= CUT => {
            Some(Told::Malformed("a line is too long to be read".into()))
        }
        Err(error) => Some(Told::Malformed(format!("parse error: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_shown_as_flux_shows_them() {
        let all = LogFilter::default();
        for (line, shown) in [
            (
                r#"{"level":"error","ts":"t","msg":"m","controllerKind":"Bucket","name":"b","namespace":"n","error":"e"}"#,
                "t error Bucket/b.n - m e",
            ),
            (
                r#"{"level":"info","ts":"t","msg":"starting"}"#,
                "t info  - starting ",
            ),
            (
                r#"{"ts":1.5,"msg":null,"reconciler kind":"Old","controllerKind":"New","name":"x"}"#,
                "1.5  Old/x. -  ",
            ),
        ] {
            let Some(Told::Entry(entry, raw)) = told_by(line, &all) else {
                panic!("{line}");
            };
            assert_eq!((entry.to_string().as_str(), raw.as_str()), (shown, line));
        }
        assert!(told_by("I0810 plain text", &all).is_none());
        assert!(matches!(told_by("{broken", &all), Some(Told::Malformed(_))));
    }

    #[test]
    fn filters_take_what_they_name() {
        let entry = LogEntry {
            level: "info".into(),
            controller_kind: "GitRepository".into(),
            name: "web".into(),
            namespace: "apps".into(),
            ..LogEntry::default()
        };
        let filter = |change: fn(&mut LogFilter)| {
            let mut filter = LogFilter::default();
            change(&mut filter);
            filter.takes(&entry)
        };
        assert!(filter(|_| {}));
        assert!(filter(|filter| filter.kind = "gitrepository".into()));
        assert!(filter(|filter| filter.name = "WEB".into()));
        assert!(!filter(|filter| filter.level = "error".into()));
        assert!(!filter(|filter| filter.namespace = "flux-system".into()));
        assert!(!filter(|filter| filter.kind = "Bucket".into()));
    }
}
