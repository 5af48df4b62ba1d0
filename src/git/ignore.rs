//! Ignore rules as Git writes them and Flux reads them: the last rule that fits a path decides.

use std::str::Chars;

/// The file of a source that holds its rules.
pub const IGNORE_FILE: &str = ".sourceignore";

/// What Flux leaves out of every source: files of Git, media and archives, settings of CI systems and of tools.
///
/// The lists stand in the documentation of the `GitRepository` kind.
pub const SOURCE_DEFAULTS: &str = "\
.git/
.gitignore
.gitmodules
.gitattributes
*.jpg
*.jpeg
*.gif
*.png
*.wmv
*.flv
*.tar.gz
*.zip
.github/
.circleci/
.travis.yml
.gitlab-ci.yml
appveyor.yml
.drone.yml
cloudbuild.yaml
codeship-services.yml
codeship-steps.yml
**/.goreleaser.yml
**/.sops.yaml
**/.flux.yaml
";

/// The word for any number of folders.
const ANY_FOLDERS: &str = "**";

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// The folder that it counts below, by its segments.
    domain: Vec<String>,
    /// The pattern, by its segments.
    segments: Vec<Segment>,
    /// Whether what fits is taken in again.
    takes_in: bool,
    /// Whether only folders fit, and with them what is in them.
    folders_only: bool,
    /// Whether the whole path has to fit, not one of its names.
    whole_path: bool,
}

/// Rules, each of which counts below one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreRules(Vec<Rule>);

impl IgnoreRules {
    /// Says whether there is no rule.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the rules of a text, one a line, which count below a folder given by its path; empty for the root.
    pub fn add(&mut self, text: &str, folder: &str) {
        let domain: Vec<String> = segments(folder).map(str::to_owned).collect();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let lines = lines.filter(|line| !line.trim().is_empty());
        self.0.extend(lines.map(|line| Rule::parse(line, &domain)));
    }

    /// Says whether a path is left out; it is given from the root, with slashes.
    pub fn ignores(&self, path: &str, is_folder: bool) -> bool {
        let path: Vec<&str> = segments(path).collect();
        let mut deciding = self.0.iter().rev();
        deciding
            .find(|rule| rule.fits(&path, is_folder))
            .is_some_and(|rule| !rule.takes_in)
    }
}

/// Returns the names of a path.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter(|segment| !matches!(*segment, "" | "."))
}

impl Rule {
    fn parse(line: &str, domain: &[String]) -> Self {
        let (takes_in, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, line),
        };
        let pattern = if pattern.ends_with("\\ ") {
            pattern
        } else {
            pattern.trim_end_matches(' ')
        };
        let (folders_only, pattern) = match pattern.strip_suffix('/') {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        Self {
            domain: domain.to_vec(),
            segments: pattern.split('/').map(Segment::parse).collect(),
            takes_in,
            folders_only,
            whole_path: pattern.contains('/'),
        }
    }

    fn fits(&self, path: &[&str], is_folder: bool) -> bool {
        if path.len() <= self.domain.len() {
            return false;
        }
        let (folder, rest) = path.split_at(self.domain.len());
        if folder
            .iter()
            .zip(&self.domain)
            .any(|(one, other)| one != other)
        {
            return false;
        }
        if self.whole_path {
            self.fits_path(rest, is_folder)
        } else {
            self.fits_name(rest, is_folder)
        }
    }

    /// Says whether one of the names fits.
    fn fits_name(&self, path: &[&str], is_folder: bool) -> bool {
        let fits = |name: &&str| self.segments.first().is_some_and(|first| first.fits(name));
        let Some(place) = path.iter().position(fits) else {
            return false;
        };
        !self.folders_only || is_folder || place + 1 < path.len()
    }

    /// Says whether the path, or a folder on the way to it, fits.
    fn fits_path(&self, mut path: &[&str], is_folder: bool) -> bool {
        let mut fits = false;
        let mut skips = false;
        for (place, segment) in self.segments.iter().enumerate() {
            let pattern = segment.pattern.as_str();
            if pattern.is_empty() {
                skips = false;
                continue;
            }
            if pattern == ANY_FOLDERS {
                if place + 1 == self.segments.len() {
                    break;
                }
                skips = true;
                continue;
            }
            if pattern.contains(ANY_FOLDERS) || path.is_empty() {
                return false;
            }
            let reach = if skips { path.len() } else { 1 };
            let found = path[..reach].iter().position(|name| segment.fits(name));
            let Some(found) = found else {
                return false;
            };
            skips = false;
            fits = true;
            path = &path[found + 1..];
        }
        fits && (!self.folders_only || is_folder || !path.is_empty())
    }
}

/// A pattern of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    pattern: String,
    way: Way,
}

/// How a pattern is matched; nearly all are as simple as the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Nothing in it is special.
    Exact,
    /// Only the star that it begins with is.
    Ending,
    Glob,
}

impl Segment {
    fn parse(pattern: &str) -> Self {
        let is_plain = |text: &str| !text.contains(['*', '?', '[', '\\']);
        let way = match pattern.strip_prefix('*') {
            None if is_plain(pattern) => Way::Exact,
            Some(ending) if is_plain(ending) => Way::Ending,
            _ => Way::Glob,
        };
        Self {
            pattern: pattern.to_owned(),
            way,
        }
    }

    fn fits(&self, name: &str) -> bool {
        match self.way {
            Way::Exact => self.pattern == name,
            Way::Ending => name.ends_with(&self.pattern[1..]),
            Way::Glob => glob(&self.pattern, name) == Ok(true),
        }
    }
}

/// A pattern of a name that is none, such as a bracket that stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BadPattern;

/// Matches a name as Go's `filepath.Match` does.
fn glob(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let (mut pattern, mut name) = (pattern, name);
    // Where to go on when what follows a star does not fit: after the star, one character further.
    let mut again: Option<(&str, &str)> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix('*') {
            again = Some((rest, name));
            pattern = rest;
            continue;
        }
        if pattern.is_empty() && name.is_empty() {
            return Ok(true);
        }
        let mut left = name.chars();
        if !pattern.is_empty()
            && let Some(rest) = after_one(pattern, left.next())?
        {
            (pattern, name) = (rest, left.as_str());
            continue;
        }
        let Some((star, from)) = again else {
            return Ok(false);
        };
        let mut further = from.chars();
        if further.next().is_none() {
            return Ok(false);
        }
        again = Some((star, further.as_str()));
        (pattern, name) = (star, further.as_str());
    }
}

/// Matches one character; returns the pattern behind what took it.
fn after_one(pattern: &str, character: Option<char>) -> Result<Option<&str>, BadPattern> {
    let mut rest = pattern.chars();
    let fits = match rest.next() {
        Some('?') => character.is_some(),
        Some('\\') => character == Some(rest.next().ok_or(BadPattern)?),
        Some('[') => {
            let negated = rest.as_str().starts_with('^');
            if negated {
                rest.next();
            }
            let within = range(&mut rest, character).ok_or(BadPattern)?;
            character.is_some() && within != negated
        }
        plain => character == plain,
    };
    Ok(fits.then_some(rest.as_str()))
}

/// Reads the ranges up to the bracket, and that; returns whether the character is in one.
fn range(pattern: &mut Chars<'_>, character: Option<char>) -> Option<bool> {
    let bound = |pattern: &mut Chars<'_>| match pattern.next()? {
        '-' | ']' => None,
        '\\' => pattern.next(),
        plain => Some(plain),
    };
    let mut within = false;
    loop {
        let low = bound(pattern)?;
        let high = if pattern.as_str().starts_with('-') {
            pattern.next();
            bound(pattern)?
        } else {
            low
        };
        within |= character.is_some_and(|character| (low..=high).contains(&character));
        if pattern.as_str().starts_with(']') {
            pattern.next();
            return Some(within);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> IgnoreRules {
        let mut rules = IgnoreRules::default();
        rules.add(text, "");
        rules
    }

    #[test]
    fn the_last_rule_that_fits_decides() {
        let rules = rules("# all but two\n/*\n!a.yaml\n!b/c.yaml\n\n");
        assert!(rules.ignores("x.yaml", false) && rules.ignores("b/x.yaml", false));
        assert!(!rules.ignores("a.yaml", false) && !rules.ignores("b/c.yaml", false));
    }

    #[test]
    fn knows_names_paths_and_folders() {
        let fits = |rule: &str, path: &str| rules(rule).ignores(path, false);
        assert!(fits("b-*.yaml", "x/b-1.yaml") && !fits("/b-*.yaml", "x/b-1.yaml"));
        assert!(fits(".github/", ".github/x.yaml") && !fits(".github/", ".github"));
        assert!(rules(".github/").ignores(".github", true));
        assert!(fits("**/x.yaml", "a/b/x.yaml") && fits("**/x.yaml", "x.yaml"));
        assert!(fits("a/**/x", "a/b/c/x") && fits("a/**", "a/b/c") && !fits("a/**/x", "b/x"));
        assert!(fits("a?[b-d].yml", "axc.yml") && !fits("a?[^b-d].yml", "axc.yml"));
        assert!(
            fits("*[é-ü]?", "aéx") && fits("*", "é") && fits("a*\\*", "ab*") && !fits("*é", "e")
        );
        assert!(fits("*.a?", "x.a.ab") && !fits("*.a?", "x.ab.a") && fits("*b", "bb"));
        assert!(!fits("[", "[") && !fits("a[b", "ab") && fits("\\!a", "!a"));
        assert!(fits("a*b*c", "axxbyyc") && !fits("a*b*c", "axxbyy"));
    }

    #[test]
    fn rules_count_below_their_folder() {
        let mut rules = IgnoreRules::default();
        rules.add("*.yaml", "a/b");
        assert!(rules.ignores("a/b/x.yaml", false) && rules.ignores("a/b/c/x.yaml", false));
        assert!(!rules.ignores("a/x.yaml", false) && !rules.ignores("c/b/x.yaml", false));
    }

    #[test]
    fn what_flux_leaves_out() {
        let rules = rules(SOURCE_DEFAULTS);
        assert!(rules.ignores("a/.sops.yaml", false) && rules.ignores(".flux.yaml", false));
        assert!(rules.ignores("x/y.tar.gz", false) && !rules.ignores("x/y.yaml", false));
    }
}
