//! What the user's credential helpers know about a server, asked as Git asks them.

use std::process::Command;
use std::time::Duration;

use git2::Config;

use super::auth::Secret;
use super::url::GitUrl;
use crate::process::{self, Until};

/// How long one helper may think; it may have to unlock a store of passwords.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks the helpers that Git's configuration names, in their order; returns a user and a password or token.
///
/// The form of question and answer is that of gitcredentials(7). A helper that fails, or knows only a part, is passed
/// over.
pub(super) fn ask(url: &GitUrl) -> Option<(String, Secret)> {
    let config = Config::open_default().ok()?;
    let question = question(url);
    programs(&config, url).into_iter().find_map(|program| {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{program} get"));
        let finished =
            process::run(&mut command, question.as_bytes(), LIMIT, Until::Silence).ok()?;
        answer(&String::from_utf8_lossy(&finished.stdout), url.user())
    })
}

/// Returns what a helper is told of a server.
fn question(url: &GitUrl) -> String {
    let mut lines = format!(
        "protocol={}\nhost={}\n",
        url.scheme().name(),
        url.authority()
    );
    if let Some(user) = url.user() {
        lines.push_str("username=");
        lines.push_str(user);
        lines.push('\n');
    }
    lines.push('\n');
    lines
}

/// Reads what a helper answers.
fn answer(text: &str, known: Option<&str>) -> Option<(String, Secret)> {
    let value = |name: &str| {
        let mut values = text
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.next_back()
    };
    let user = value("username").or(known)?;
    let password = value("password").filter(|password| !password.is_empty())?;
    Some((user.to_owned(), password.into()))
}

/// Returns the helpers for a server, as commands of a shell; an empty entry forgets those before it.
fn programs(config: &Config, url: &GitUrl) -> Vec<String> {
    let mut programs = Vec::new();
    let Ok(mut entries) = config.entries(Some("^credential\\..*helper$")) else {
        return programs;
    };
    while let Some(Ok(entry)) = entries.next() {
        let (Ok(name), Ok(value)) = (entry.name(), entry.value()) else {
            continue;
        };
        if !is_for(name, url) {
            continue;
        }
        match value.strip_prefix('!') {
            Some(command) => programs.push(command.to_owned()),
            None if value.is_empty() => programs.clear(),
            None if value.starts_with('/') => programs.push(value.to_owned()),
            None => programs.push(format!("git credential-{value}")),
        }
    }
    programs
}

/// Says whether `credential.helper`, or `credential.URL.helper`, is for a server.
fn is_for(name: &str, url: &GitUrl) -> bool {
    let Some(rest) = name.strip_prefix("credential.") else {
        return false;
    };
    let Some(scope) = rest.strip_suffix("helper") else {
        return false;
    };
    let scope = scope.trim_end_matches('.').trim_end_matches('/');
    let server = format!("{}://{}", url.scheme().name(), url.authority());
    let address = format!("{server}/{}", url.path().trim_start_matches('/'));
    let below = address
        .strip_prefix(scope)
        .is_some_and(|below| below.is_empty() || below.starts_with('/'));
    scope.is_empty() || below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, text).unwrap();
        let config = Config::open(&path).unwrap();
        (folder, config)
    }

    #[test]
    fn finds_the_helpers_of_a_server() {
        let url = "https://git.example.com:8443/org/app.git".parse().unwrap();
        let text = "[credential]\nhelper = gone\nhelper =\nhelper = store\n\
            [credential \"https://git.example.com:8443\"]\nhelper = \"!f() { true; }; f\"\n\
            [credential \"https://git.example.com:8443/org\"]\nhelper = /opt/helper\n\
            [credential \"https://git.example.com\"]\nhelper = other\n";
        let (_folder, config) = config(text);
        assert_eq!(
            programs(&config, &url),
            ["git credential-store", "f() { true; }; f", "/opt/helper"]
        );
    }

    #[test]
    fn reads_an_answer() {
        let read = |text, known| answer(text, known).map(|(user, _)| user);
        assert_eq!(read("username=a\npassword=b\n", None).as_deref(), Some("a"));
        assert_eq!(read("password=b\n", Some("c")).as_deref(), Some("c"));
        assert_eq!(read("password=b\n", None), None);
        assert_eq!(read("username=a\n", None), None);
    }

    #[test]
    fn asks_for_a_server_and_its_user() {
        let url = "https://me@git.example.com/org/app.git".parse().unwrap();
        assert_eq!(
            question(&url),
            "protocol=https\nhost=git.example.com\nusername=me\n\n"
        );
    }
}
