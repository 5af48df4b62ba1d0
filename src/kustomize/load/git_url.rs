//! The addresses of Git repositories in kustomizations: repository, directory in it, revision.

use std::time::Duration;

/// How long a fetch may take where the address does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(27);

/// The schemes that lead to a repository.
const SCHEMES: [&str; 4] = ["ssh://", "https://", "http://", "file://"];

/// A directory of a Git repository at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitUrl {
    /// The address as it was written.
    pub written: String,
    /// What to clone.
    pub repository: String,
    /// Directory in the repository; empty for its root.
    pub directory: String,
    /// Branch, tag or commit; empty for the default branch.
    pub revision: String,
    /// Whether submodules are wanted.
    pub submodules: bool,
    /// How long the fetch may take.
    pub timeout: Duration,
}

impl GitUrl {
    /// Reads an address; `None` where it is no address of a repository.
    pub fn parse(written: &str) -> Option<Self> {
        if written.starts_with('/') {
            return None;
        }
        let (address, query) = written.split_once('?').unwrap_or((written, ""));
        let (host, path) = host(address)?;
        let (repository, directory) = split_path(path, host.starts_with("file://"))?;
        if repository.is_empty() || leaves(directory) {
            return None;
        }
        let query = Query::parse(query);
        Some(Self {
            written: written.into(),
            repository: format!("{host}{repository}"),
            directory: directory.strip_prefix('/').unwrap_or(directory).into(),
            revision: query.revision,
            submodules: query.submodules,
            timeout: query.timeout,
        })
    }
}

/// What stands after the question mark.
struct Query {
    revision: String,
    submodules: bool,
    timeout: Duration,
}

impl Query {
    fn parse(query: &str) -> Self {
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(key, value)| *key == name && !value.is_empty());
            found.map(|(_, value)| unescape(value))
        };
        let seconds = |text: String| {
            text.parse()
                .ok()
                .filter(|seconds| *seconds > 0)
                .map(Duration::from_secs)
        };
        Self {
            revision: value("ref")
                .or_else(|| value("version"))
                .unwrap_or_default(),
            submodules: !matches!(
                value("submodules").as_deref(),
                Some("false" | "0" | "f" | "F" | "False" | "FALSE")
            ),
            timeout: value("timeout")
                .and_then(|text| seconds(text.strip_suffix('s').unwrap_or(&text).into()))
                .unwrap_or(DEFAULT_TIMEOUT),
        }
    }
}

/// Undoes the escapes of a query: `%2F` and `+`.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hexadecimal = tail
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match (
            first,
            hexadecimal.and_then(|digits| u8::from_str_radix(digits, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            (byte, _) => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes scheme, user and host off an address; they come back as they are to be cloned.
fn host(address: &str) -> Option<(String, &str)> {
    let address = strip_start(address, "git::").unwrap_or(address);
    let scheme = SCHEMES
        .into_iter()
        .find(|scheme| strip_start(address, scheme).is_some());
    let rest = &address[scheme.map_or(0, str::len)..];
    let (user, rest) = split_user(rest);
    let github =
        strip_start(rest, "github.com/").is_some() || strip_start(rest, "github.com:").is_some();
    let copies = scheme.is_none() && (!user.is_empty() || github);
    let scheme = match scheme {
        None if !copies => return None,
        Some("file://") => return Some((String::from("file://"), &address["file://".len()..])),
        scheme => scheme.unwrap_or_default(),
    };
    let separator = match (rest.find('/'), rest.find(':')) {
        (slash, Some(colon)) if copies && slash.is_none_or(|slash| colon > 0 && colon < slash) => {
            Some(colon)
        }
        (slash, _) => slash,
    };
    let (host, path) = separator.map_or((rest, ""), |index| rest.split_at(index + 1));
    if host.is_empty() {
        return None;
    }
    let host = match (github, scheme == "ssh://" || !user.is_empty()) {
        (true, true) => format!("{user}github.com:"),
        (true, false) => "https://github.com/".into(),
        (false, _) => format!("{scheme}{user}{host}"),
    };
    Some((host, path))
}

/// Takes `name@` off the start.
fn split_user(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !character.is_ascii_alphanumeric() && character != '-')
        .unwrap_or(text.len());
    if text[end..].starts_with('@') && text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        text.split_at(end + 1)
    } else {
        ("", text)
    }
}

/// Splits a path into that of the repository and that in the repository.
fn split_path(path: &str, whole: bool) -> Option<(&str, &str)> {
    if let Some(start) = path.find("_git/") {
        let start = start + "_git/".len();
        let end = path[start..]
            .find('/')
            .map_or(path.len(), |index| start + index);
        return Some((&path[..end], path.get(end + 1..).unwrap_or_default()));
    }
    if let Some((repository, directory)) = path.split_once("//") {
        return Some((repository, directory));
    }
    if let Some(start) = path.find(".git") {
        return Some(path.split_at(start + ".git".len()));
    }
    if whole {
        return Some((path, ""));
    }
    let mut slashes = path.match_indices('/').map(|(index, _)| index);
    slashes.next()?;
    Some(match slashes.next() {
        Some(second) => (&path[..second], &path[second + 1..]),
        None => (path, ""),
    })
}

/// Says whether a directory leads out of its repository.
fn leaves(directory: &str) -> bool {
    let mut depth = 0_usize;
    for segment in directory.split('/') {
        match segment {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

/// Takes a start off a text, whatever its case.
fn strip_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let head = text.get(..start.len())?;
    head.eq_ignore_ascii_case(start)
        .then(|| &text[start.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_sorts_of_addresses() {
        for (written, repository, directory, revision) in [
            (
                "https://github.com/org/repo//base?ref=v1",
                "https://github.com/org/repo",
                "base",
                "v1",
            ),
            (
                "github.com/org/repo/a/b?version=v2",
                "https://github.com/org/repo",
                "a/b",
                "v2",
            ),
            (
                "git@github.com:org/repo.git/a",
                "git@github.com:org/repo.git",
                "a",
                "",
            ),
            (
                "https://gitlab.com/g/s/repo.git//x?ref=a%2Fb",
                "https://gitlab.com/g/s/repo.git",
                "x",
                "a/b",
            ),
            ("ssh://git@host/org/repo", "ssh://git@host/org/repo", "", ""),
            (
                "https://dev.azure.com/o/p/_git/r/sub",
                "https://dev.azure.com/o/p/_git/r",
                "sub",
                "",
            ),
            ("file:///tmp/repo.git//x", "file:///tmp/repo.git", "x", ""),
            ("git::https://host/o/r", "https://host/o/r", "", ""),
        ] {
            let url = GitUrl::parse(written).unwrap_or_else(|| panic!("{written}"));
            assert_eq!(
                (
                    url.repository.as_str(),
                    url.directory.as_str(),
                    url.revision.as_str()
                ),
                (repository, directory, revision),
                "{written}"
            );
        }
    }

    #[test]
    fn leaves_paths_alone() {
        for path in [
            "../base",
            "base",
            "/abs/x",
            "a//b",
            "https://host/file",
            "github.com/org/repo//../x",
            "",
        ] {
            assert_eq!(GitUrl::parse(path), None, "{path}");
        }
    }
}
