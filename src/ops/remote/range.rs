//! Ranges of versions as Flux and Helm write them: the constraints of Masterminds' semver.

use semver::{Prerelease, Version};

use super::error::FetchError;

/// How a version is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Equal,
    Other,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Tilde,
    Caret,
}

/// All spellings, the longer ones first.
const SIGNS: [(&str, Sign); 11] = [
    ("!=", Sign::Other),
    ("<=", Sign::LessOrEqual),
    ("=<", Sign::LessOrEqual),
    (">=", Sign::GreaterOrEqual),
    ("=>", Sign::GreaterOrEqual),
    ("~>", Sign::Tilde),
    ("=", Sign::Equal),
    ("<", Sign::Less),
    (">", Sign::Greater),
    ("~", Sign::Tilde),
    ("^", Sign::Caret),
];

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    sign: Sign,
    version: Version,
    /// How many of its three numbers are given.
    numbers: usize,
}

/// Versions that are meant: those that fit all comparisons of one of the groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range(Vec<Vec<Comparison>>);

impl Range {
    /// Reads a range, such as `>=1.2 <2 || ~3.1`.
    ///
    /// # Errors
    ///
    /// Fails where it is none.
    pub fn parse(text: &str) -> Result<Self, FetchError> {
        let failed = || FetchError::Range(text.to_owned());
        let groups = text
            .split("||")
            .map(|group| group_of(group).ok_or_else(failed));
        Ok(Self(groups.collect::<Result<_, _>>()?))
    }

    /// Says whether a version is meant; one before a release only where the group names such a one.
    pub fn holds(&self, version: &Version) -> bool {
        self.0.iter().any(|group| {
            let names_early = group.iter().any(|one| !one.version.pre.is_empty());
            (version.pre.is_empty() || names_early) && group.iter().all(|one| one.holds(version))
        })
    }

    /// Returns the tag with the newest version that is meant.
    pub fn newest<'tags>(&self, tags: impl IntoIterator<Item = &'tags str>) -> Option<&'tags str> {
        let versions = tags.into_iter().filter_map(|tag| {
            let version = Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()?;
            self.holds(&version).then_some((version, tag))
        });
        Some(versions.max()?.1)
    }
}

impl Comparison {
    fn holds(&self, version: &Version) -> bool {
        let order = version.cmp_precedence(&self.version);
        let numbers = [version.major, version.minor, version.patch];
        let wanted = [self.version.major, self.version.minor, self.version.patch];
        // Of `1.2`, all of `1.2.x`.
        let is_within = numbers[..self.numbers] == wanted[..self.numbers];
        let is_whole = self.numbers == wanted.len();
        match self.sign {
            Sign::Equal if is_whole => order.is_eq(),
            Sign::Equal => is_within,
            Sign::Other if is_whole => order.is_ne(),
            Sign::Other => !is_within,
            Sign::Less => order.is_lt(),
            Sign::LessOrEqual => order.is_le() || (!is_whole && is_within),
            Sign::Greater if is_whole => order.is_gt(),
            Sign::Greater => order.is_gt() && !is_within,
            Sign::GreaterOrEqual => order.is_ge(),
            Sign::Tilde => {
                order.is_ge() && {
                    let kept = self.numbers.min(2);
                    numbers[..kept] == wanted[..kept]
                }
            }
            Sign::Caret => {
                order.is_ge() && {
                    // What stands left of the first number that is not zero may not change, nor may that one.
                    let first = wanted.iter().position(|number| *number != 0);
                    let kept = first.map_or(3, |first| first + 1).min(self.numbers);
                    numbers[..kept] == wanted[..kept]
                }
            }
        }
    }
}

fn group_of(text: &str) -> Option<Vec<Comparison>> {
    if let Some((from, to)) = text.split_once(" - ") {
        let bound = |sign, text: &str| {
            let (version, numbers) = version(text.trim())?;
            Some(Comparison {
                sign,
                version,
                numbers,
            })
        };
        return Some(vec![
            bound(Sign::GreaterOrEqual, from)?,
            bound(Sign::LessOrEqual, to)?,
        ]);
    }
    let mut rest = text.trim();
    let mut group = Vec::new();
    while !rest.is_empty() {
        let found = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (length, sign) = found.map_or((0, Sign::Equal), |(text, sign)| (text.len(), *sign));
        rest = rest[length..].trim_start();
        let end = rest.find([' ', ',', '\t', '<', '>', '=', '!', '~', '^']);
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        let (version, numbers) = version(word)?;
        group.push(Comparison {
            sign,
            version,
            numbers,
        });
        rest = after.trim_start_matches([' ', ',', '\t']);
    }
    (!group.is_empty()).then_some(group)
}

/// Reads a version that may lack numbers, or have an `x` in their place; says how many there are.
fn version(text: &str) -> Option<(Version, usize)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, more) = text.split_at(end);
    let parts: Vec<&str> = core.split('.').collect();
    let is_any = |part: &&str| matches!(*part, "x" | "X" | "*");
    let given = parts.iter().position(is_any).unwrap_or(parts.len());
    if parts.len() > 3 || !parts[given..].iter().all(is_any) {
        return None;
    }
    let mut numbers = [0; 3];
    for (number, part) in numbers.iter_mut().zip(&parts[..given]) {
        *number = part.parse().ok()?;
    }
    let mut version = Version::new(numbers[0], numbers[1], numbers[2]);
    if let Some(early) = more.strip_prefix('-') {
        let early = early.split('+').next().unwrap_or_default();
        version.pre = Prerelease::new(early).ok()?;
    }
    Some((version, given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_they_say() {
        for (range, inside, outside) in [
            ("1.2.3", "1.2.3", "1.2.4"),
            ("1.2", "1.2.9", "1.3.0"),
            ("1.x", "1.9.9", "2.0.0"),
            ("*", "9.9.9", "1.0.0-rc.1"),
            (">=1.0.0 <2", "1.9.0", "2.0.0"),
            (">= 1.0.0, < 2.0.0", "1.0.0", "0.9.9"),
            (">1.2", "1.3.0", "1.2.9"),
            ("<=1.2", "1.2.9", "1.3.0"),
            ("~1.2.3", "1.2.9", "1.3.0"),
            ("~1", "1.9.0", "2.0.0"),
            ("^1.2", "1.9.0", "1.1.0"),
            ("^0.2.3", "0.2.9", "0.3.0"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            ("!=1.2.3 >1", "2.0.0", "1.2.3"),
            ("1.1 - 1.3", "1.3.9", "1.4.0"),
            ("~1.1 || ~2.1", "2.1.5", "1.2.0"),
            (">=1.0.0-0", "1.1.0-rc.1", "0.9.0"),
            ("v1.0.x", "1.0.7", "1.1.0"),
        ] {
            let read = Range::parse(range).unwrap();
            assert!(read.holds(&inside.parse().unwrap()), "{range} {inside}");
            assert!(!read.holds(&outside.parse().unwrap()), "{range} {outside}");
        }
        for bad in ["", "abc", "1.2.3.4", ">", "1.x.3", "1 ||"] {
            assert!(Range::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_newest_tag_is_taken() {
        let tags = ["v1.2.0", "1.10.0", "latest", "v1.9", "2.0.0-rc.1", "v0.1.0"];
        let newest = |range: &str| Range::parse(range).unwrap().newest(tags);
        assert_eq!(newest("*"), Some("1.10.0"));
        assert_eq!(newest("<1.3"), Some("v1.2.0"));
        assert_eq!(newest(">=2.0.0-0"), Some("2.0.0-rc.1"));
        assert_eq!(newest(">5"), None);
    }
}
