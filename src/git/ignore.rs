//! Ignore rules as Git writes them and Flux reads them: the last rule that fits a path decides.

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
    segments: Vec<String>,
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
            segments: pattern.split('/').map(str::to_owned).collect(),
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
        let pattern = self.segments.first().map_or("", String::as_str);
        let Some(place) = path.iter().position(|name| glob(pattern, name) == Ok(true)) else {
            return false;
        };
        !self.folders_only || is_folder || place + 1 < path.len()
    }

    /// Says whether the path, or a folder on the way to it, fits.
    fn fits_path(&self, mut path: &[&str], is_folder: bool) -> bool {
        let mut fits = false;
        let mut skips = false;
        for (place, pattern) in self.segments.iter().enumerate() {
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
            let found = path[..reach]
                .iter()
                .position(|name| glob(pattern, name) == Ok(true));
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

/// A pattern of a name that is none, such as a bracket that stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BadPattern;

/// Matches a name as Go's `filepath.Match` does.
fn glob(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut place) = (0, 0);
    // Where to go on when what follows a star does not fit: after the star, one character further.
    let mut again: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&'*') {
            again = Some((at + 1, place));
            at += 1;
            continue;
        }
        if at == pattern.len() && place == name.len() {
            return Ok(true);
        }
        if at < pattern.len()
            && let Some(length) = one(&pattern[at..], name.get(place).copied())?
        {
            at += length;
            place += 1;
            continue;
        }
        match again {
            Some((star, from)) if from < name.len() => {
                again = Some((star, from + 1));
                (at, place) = (star, from + 1);
            }
            _ => return Ok(false),
        }
    }
}

/// Matches one character; returns how much of the pattern it took.
fn one(pattern: &[char], character: Option<char>) -> Result<Option<usize>, BadPattern> {
    Ok(match pattern {
        ['?', ..] => character.map(|_| 1),
        ['\\', escaped, ..] => (character == Some(*escaped)).then_some(2),
        ['\\'] => return Err(BadPattern),
        ['[', rest @ ..] => {
            let (negated, rest) = match rest {
                ['^', rest @ ..] => (true, rest),
                rest => (false, rest),
            };
            let (within, length) = range(rest, character).ok_or(BadPattern)?;
            let fits = character.is_some() && within != negated;
            fits.then_some(1 + usize::from(negated) + length)
        }
        [plain, ..] => (character == Some(*plain)).then_some(1),
        [] => None,
    })
}

/// Reads the ranges up to the bracket; returns whether the character is in one, and their length.
fn range(pattern: &[char], character: Option<char>) -> Option<(bool, usize)> {
    let bound = |at: &mut usize| {
        let found = match pattern.get(*at)? {
            '-' | ']' => return None,
            '\\' => {
                *at += 1;
                pattern.get(*at)?
            }
            plain => plain,
        };
        *at += 1;
        Some(*found)
    };
    let (mut at, mut within) = (0, false);
    loop {
        let low = bound(&mut at)?;
        let high = if pattern.get(at) == Some(&'-') {
            at += 1;
            bound(&mut at)?
        } else {
            low
        };
        within |= character.is_some_and(|character| (low..=high).contains(&character));
        if pattern.get(at) == Some(&']') {
            return Some((within, at + 1));
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
