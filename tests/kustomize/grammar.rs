//! Makes the files of a case from a grammar: rules whose alternatives are lines of text, chosen at random.
//!
//! `== NAME` begins a rule, `--` its next alternative, which counts as often as a number after the dashes says. In a
//! rule whose first line is `|`, each line is an alternative of its own; `3| ` before it says how often it counts.
//! `<NAME>` stands for one alternative, `<NAME?30>` for one in thirty of a hundred cases, `<NAME*3>` for up to three
//! different ones, and `<NAME+3>` for at least one of them; alone in its line it keeps the indentation, and a name in
//! capitals is a character that is hard to see. `@@ PATH` begins a file.

use std::collections::BTreeMap;

use super::generator::File;
use super::random::Random;

/// What a case begins with.
const START: &str = "case";

/// Characters that are hard to see or to write.
const CHARACTERS: &[(&str, &str)] = &[
    ("CR", "\r"),
    ("BOM", "\u{feff}"),
    ("TAB", "\t"),
    ("DEL", "\u{7f}"),
    ("NBSP", "\u{a0}"),
    ("NEL", "\u{85}"),
    ("LS", "\u{2028}"),
    ("PS", "\u{2029}"),
    ("EMOJI", "\u{1f600}"),
    ("EACUTE", "é"),
    ("LT", "<"),
    ("NL", "\n"),
    ("SP", " "),
];

/// One alternative of a rule: how often it counts, and its lines.
#[derive(Clone, Debug, Default)]
struct Alternative {
    weight: usize,
    lines: Vec<String>,
}

/// The rules of a grammar by their names.
#[derive(Clone, Debug)]
pub struct Grammar(BTreeMap<String, Vec<Alternative>>);

/// How many alternatives a reference stands for.
#[derive(Clone, Copy)]
enum Count {
    One,
    Perhaps(usize),
    UpTo(usize),
    OneUpTo(usize),
}

/// A reference to a rule within a line.
struct Reference<'line> {
    before: &'line str,
    name: &'line str,
    count: Count,
    after: &'line str,
}

impl Grammar {
    /// Reads a grammar.
    pub fn new(text: &str) -> Self {
        let mut rules: BTreeMap<String, Vec<Alternative>> = BTreeMap::new();
        let mut name = String::new();
        for line in text.lines().filter(|line| !line.starts_with("## ")) {
            if let Some(next) = line.strip_prefix("== ") {
                next.clone_into(&mut name);
                rules.insert(name.clone(), vec![Alternative::of(1)]);
                continue;
            }
            let rule = rules.get_mut(&name).expect("a rule comes first");
            let weight = match line.strip_prefix("-- ") {
                Some(weight) => weight.parse().ok(),
                None => (line == "--").then_some(1),
            };
            let is_first = rule.len() == 1 && rule[0].lines.is_empty();
            match weight {
                Some(weight) if is_first => rule[0].weight = weight,
                Some(weight) => rule.push(Alternative::of(weight)),
                None => {
                    let last = rule.last_mut().expect("a rule has an alternative");
                    last.lines.push(line.to_owned());
                }
            }
        }
        Self(rules.into_iter().map(apart).collect())
    }

    /// Makes the files of a case.
    pub fn files(&self, random: &mut Random) -> Vec<File> {
        let mut files: Vec<File> = Vec::new();
        for line in self.one(START, random) {
            if let Some(path) = line.strip_prefix("@@ ") {
                files.push((path.to_owned(), String::new()));
                continue;
            }
            let (_, text) = files.last_mut().expect("a file comes first");
            text.push_str(&line);
            text.push('\n');
        }
        files
    }

    /// Returns the lines of one alternative of a rule.
    fn one(&self, name: &str, random: &mut Random) -> Vec<String> {
        self.some(name, 1, random).concat()
    }

    /// Returns the lines of different alternatives of a rule.
    fn some(&self, name: &str, count: usize, random: &mut Random) -> Vec<Vec<String>> {
        if let Some((_, character)) = CHARACTERS.iter().find(|(own, _)| *own == name) {
            return vec![vec![(*character).to_owned()]; count];
        }
        let rule = self.0.get(name).unwrap_or_else(|| panic!("no rule {name}"));
        let mut left: Vec<&Alternative> = rule.iter().collect();
        let mut made = Vec::new();
        for _ in 0..count.min(rule.len()) {
            let all = left.iter().map(|alternative| alternative.weight).sum();
            let mut at = random.below(all);
            let place = left.iter().position(|alternative| {
                let hit = at < alternative.weight;
                at = at.saturating_sub(alternative.weight);
                hit
            });
            let chosen = left.remove(place.unwrap_or_default());
            let lines = chosen.lines.iter();
            made.push(lines.flat_map(|line| self.line(line, random)).collect());
        }
        made
    }

    /// Writes out a line: several lines where a reference stands alone in it.
    fn line(&self, line: &str, random: &mut Random) -> Vec<String> {
        let Some(reference) = Reference::first(line) else {
            return vec![line.to_owned()];
        };
        let count = reference.count.of(random);
        let made = self.some(reference.name, count, random);
        let is_mark = CHARACTERS.iter().any(|(name, _)| *name == reference.name);
        if reference.after.is_empty() && is_indentation(reference.before) && !is_mark {
            let blank = " ".repeat(reference.before.len());
            let indented = |lines: Vec<String>| {
                let lines = lines.into_iter().enumerate();
                let lines = lines.map(|(index, line)| match (index, line.is_empty()) {
                    (_, true) => line,
                    (0, _) => format!("{}{line}", reference.before),
                    _ => format!("{blank}{line}"),
                });
                lines.collect::<Vec<_>>()
            };
            return made.into_iter().flat_map(indented).collect();
        }
        let made: String = made.into_iter().map(|lines| lines.join("\n")).collect();
        let rest = self.line(reference.after, random).join("\n");
        vec![format!("{}{made}{rest}", reference.before)]
    }
}

impl Alternative {
    const fn of(weight: usize) -> Self {
        Self {
            weight,
            lines: Vec::new(),
        }
    }
}

/// Takes a rule whose alternatives are single lines apart.
fn apart((name, rule): (String, Vec<Alternative>)) -> (String, Vec<Alternative>) {
    let single = |line: &String| {
        let (weight, line) = match line.split_once("| ") {
            Some((weight, rest)) if weight.bytes().all(|byte| byte.is_ascii_digit()) => {
                (weight.parse().unwrap_or(1), rest)
            }
            _ => (1, line.as_str()),
        };
        Alternative {
            weight,
            lines: vec![line.to_owned()],
        }
    };
    match rule.first().and_then(|first| first.lines.split_first()) {
        Some((bar, lines)) if bar == "|" => (name, lines.iter().map(single).collect()),
        _ => (name, rule),
    }
}

/// Says whether only blanks, and perhaps the dash of an item, stand before a reference.
fn is_indentation(before: &str) -> bool {
    let blanks = before.strip_suffix("- ").unwrap_or(before);
    blanks.bytes().all(|byte| byte == b' ')
}

impl<'line> Reference<'line> {
    /// Finds the first reference in a line.
    fn first(line: &'line str) -> Option<Self> {
        line.match_indices('<').find_map(|(start, _)| {
            let (inner, after) = line[start + 1..].split_once('>')?;
            let end = inner.find(['?', '*', '+']).unwrap_or(inner.len());
            let (name, count) = inner.split_at(end);
            let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            Some(Self {
                before: &line[..start],
                name: is_name.then_some(name)?,
                count: Count::read(count)?,
                after,
            })
        })
    }
}

impl Count {
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::One);
        }
        let (sort, number) = text.split_at(1);
        let number = number.parse().ok()?;
        match sort {
            "?" => Some(Self::Perhaps(number)),
            "*" => Some(Self::UpTo(number)),
            _ => Some(Self::OneUpTo(number)),
        }
    }

    fn of(self, random: &mut Random) -> usize {
        match self {
            Self::One => 1,
            Self::Perhaps(percent) => usize::from(random.chance(percent)),
            Self::UpTo(most) => random.below(most + 1),
            Self::OneUpTo(most) => 1 + random.below(most),
        }
    }
}

#[test]
fn grammar_chooses_and_indents() {
    let text = "## note\n== case\n@@ a/b\nx:\n  <list+2>\nz: <word>!<TAB>\n<none?0>\n\
        == list\n- <word>\n--\n- more:\n    <word>\n== word\n|\n2| one\n2| one\n== none\nnever\n";
    let grammar = Grammar::new(text);
    for seed in 0..20 {
        let files = grammar.files(&mut Random::new(seed));
        let (path, made) = &files[0];
        assert_eq!((files.len(), path.as_str()), (1, "a/b"));
        assert!(made.starts_with("x:\n  - "), "{made}");
        assert!(made.ends_with("z: one!\t\n"), "{made}");
        if let Some((_, more)) = made.split_once("more:") {
            assert!(more.starts_with("\n      one\n"), "{made}");
        }
    }
}
