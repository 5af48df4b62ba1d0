//! Reads the texts that people write for the address of a repository.

use std::str::FromStr;

use super::auth::Secret;
use super::url::{GitUrl, GitUrlError, Scheme, bad};

impl FromStr for GitUrl {
    type Err = GitUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(GitUrlError::Empty);
        }
        if text
            .chars()
            .any(|character| character.is_control() || character.is_whitespace())
        {
            return Err(bad("text", "holds a blank or a control character"));
        }
        let url = match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => match scheme.to_ascii_lowercase().as_str()
            {
                "ssh" | "git+ssh" | "ssh+git" => parse_ssh(rest)?,
                "https" => parse_web(Scheme::Https, text)?,
                "http" => parse_web(Scheme::Http, text)?,
                "file" => return Err(GitUrlError::Local),
                other => {
                    return Err(GitUrlError::Scheme {
                        scheme: other.into(),
                    });
                }
            },
            _ => parse_short(text)?,
        };
        url.checked()
    }
}

/// Says whether a text has the form of a URL scheme.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
}

/// Reads what follows `ssh://`.
fn parse_ssh(rest: &str) -> Result<GitUrl, GitUrlError> {
    let (authority, path) = rest.split_once('/').ok_or(bad("path", "is missing"))?;
    let (user, server) = match authority.rsplit_once('@') {
        Some((user, server)) => (Some(user), server),
        None => (None, authority),
    };
    // ssh takes no password from anywhere but a terminal; one in the URL is dropped as git does.
    let user = user.map(|user| user.split_once(':').map_or(user, |(name, _)| name));
    let (host, port) = split_port(server)?;
    Ok(GitUrl {
        scheme: Scheme::Ssh,
        user: user
            .filter(|user| !user.is_empty())
            .map(decode)
            .transpose()?,
        password: None,
        host: host.to_ascii_lowercase(),
        port,
        path: format!("/{}", decode(path)?),
        from_home: false,
    })
}

/// Reads `user@host:path`, the short form that scp made known.
fn parse_short(text: &str) -> Result<GitUrl, GitUrlError> {
    if text.starts_with(['/', '.', '~', '\\']) {
        return Err(GitUrlError::Local);
    }
    let start = if text.contains("@[") || text.starts_with('[') {
        text.find(']').unwrap_or(0)
    } else {
        0
    };
    let colon = text[start..].find(':').map(|at| at + start);
    let slash = text.find('/').unwrap_or(text.len());
    let Some(colon) = colon.filter(|colon| *colon < slash) else {
        return Err(GitUrlError::Local);
    };
    let (server, path) = (&text[..colon], &text[colon + 1..]);
    if path.starts_with('\\') {
        return Err(GitUrlError::Local);
    }
    // `name::address` is how git calls a remote helper program.
    if path.starts_with(':') {
        return Err(GitUrlError::Scheme {
            scheme: server.into(),
        });
    }
    let (user, host) = match server.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, server),
    };
    Ok(GitUrl {
        scheme: Scheme::Ssh,
        user: user.filter(|user| !user.is_empty()),
        password: None,
        host: host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_ascii_lowercase(),
        port: None,
        path: if path.starts_with('/') {
            path.into()
        } else {
            format!("/{path}")
        },
        from_home: !path.starts_with('/'),
    })
}

/// Reads an `https://` or `http://` URL.
fn parse_web(scheme: Scheme, text: &str) -> Result<GitUrl, GitUrlError> {
    let parsed = url::Url::parse(text).map_err(|_| bad("text", "is no URL"))?;
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(bad("end", "holds a `?` or a `#`, which no repository has"));
    }
    let host = parsed.host_str().ok_or(bad("host", "is missing"))?;
    let user = decode(parsed.username())?;
    Ok(GitUrl {
        scheme,
        user: Some(user).filter(|user| !user.is_empty()),
        password: parsed.password().map(decode).transpose()?.map(Secret::from),
        host: host.trim_start_matches('[').trim_end_matches(']').into(),
        port: parsed.port(),
        path: decode(parsed.path())?,
        from_home: false,
    })
}

/// Splits `host:port`, `[::1]:port` or either without a port.
fn split_port(server: &str) -> Result<(&str, Option<u16>), GitUrlError> {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or(bad("host", "lacks its `]`"))?;
            (host, after.strip_prefix(':').unwrap_or(after))
        }
        None => server.split_once(':').unwrap_or((server, "")),
    };
    if port.is_empty() {
        return Ok((host, None));
    }
    match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok((host, Some(port))),
        _ => Err(bad(
            "port",
            "is no number from 1 to 65535 (write `host:path` without `ssh://`)",
        )),
    }
}

/// Undoes percent encoding.
fn decode(text: &str) -> Result<String, GitUrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let digits = if *first == b'%' {
            tail.get(..2).and_then(|two| std::str::from_utf8(two).ok())
        } else {
            None
        };
        match digits.map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).map_err(|_| bad("text", "holds an escape that is no UTF-8"))
}

fn hex_digit(value: u8) -> char {
    char::from_digit(value.into(), 16)
        .unwrap_or('0')
        .to_ascii_uppercase()
}

/// Writes a path for a URL: what would end it or break it is escaped.
pub(super) fn encode_path(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 0xf)]);
        }
    }
    text
}
