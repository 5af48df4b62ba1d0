//! Every request that the double has seen.

use std::fmt;

use serde_json::Value;

/// One request and how it ended.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The method.
    pub method: String,
    /// The path below the mount point, as it was sent.
    pub path: String,
    /// The query, as it was sent.
    pub query: String,
    /// The headers: names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of an API request.
    pub body: Value,
    /// The status of the answer; none where the connection was cut instead.
    pub status: Option<u16>,
}

impl Entry {
    /// Returns the first header of this name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Says whether any credential came along.
    pub fn has_credential(&self) -> bool {
        let names = ["authorization", "private-token", "job-token"];
        names.iter().any(|name| self.header(name).is_some())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.strip_prefix("/api/v4").unwrap_or(&self.path);
        write!(formatter, "{} {path}", self.method)?;
        if !self.query.is_empty() {
            write!(formatter, "?{}", self.query)?;
        }
        match self.status {
            Some(status) => write!(formatter, " {status}"),
            None => formatter.write_str(" cut"),
        }
    }
}
