//! Selectors of labels and annotations, in the syntax of Kubernetes: `a=b,c!=d,e in (f,g),!h`.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::vec::IntoIter;

use crate::manifest::Node;

/// What labels must fulfil; nothing where it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// A text that is no selector.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("unable to parse requirement of the selector `{selector}`: {problem}")]
pub struct LabelSelectorError {
    selector: String,
    problem: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(&'static str),
}

/// The signs of the syntax, longer ones before those that they start with.
const SIGNS: &[&str] = &["!=", "==", "!", "=", "(", ")", ",", ">", "<"];

impl LabelSelector {
    /// Reads a selector.
    ///
    /// # Errors
    ///
    /// Fails where the syntax is not followed, and where a key or value can be no label's.
    pub fn new(selector: &str) -> Result<Self, LabelSelectorError> {
        let mut tokens = tokens(selector).into_iter().peekable();
        let requirements = requirements(&mut tokens).map_err(|problem| LabelSelectorError {
            selector: selector.into(),
            problem,
        })?;
        Ok(Self { requirements })
    }

    /// Says whether a map of labels or annotations, or none, fulfils it.
    pub fn matches(&self, labels: Option<&Node>) -> bool {
        self.holds(|key| {
            let value = labels.and_then(|labels| labels.get(key));
            value.map(|value| value.as_text().unwrap_or_default())
        })
    }

    /// Says whether labels or annotations that are looked up by their key fulfil it.
    pub fn holds<'label>(&self, value_of: impl Fn(&str) -> Option<&'label str>) -> bool {
        let mut requirements = self.requirements.iter();
        requirements.all(|requirement| requirement.operator.accepts(value_of(&requirement.key)))
    }
}

impl Operator {
    fn accepts(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|text| text.parse::<i64>().ok());
        match self {
            Self::In(set) => value.is_some_and(|text| set.contains(text)),
            Self::NotIn(set) => value.is_none_or(|text| !set.contains(text)),
            Self::Exists => value.is_some(),
            Self::Missing => value.is_none(),
            Self::Above(limit) => number().is_some_and(|number| number > *limit),
            Self::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

fn tokens(selector: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = selector.trim_start();
    while !rest.is_empty() {
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = rest[sign.len()..].trim_start();
            continue;
        }
        let is_end =
            |character: char| character.is_ascii_whitespace() || "=!(),><".contains(character);
        let end = rest.find(is_end).unwrap_or(rest.len()).max(1);
        tokens.push(Token::Word(rest[..end].to_owned()));
        rest = rest[end..].trim_start();
    }
    tokens
}

type Tokens = Peekable<IntoIter<Token>>;

fn requirements(tokens: &mut Tokens) -> Result<Vec<Requirement>, String> {
    let mut requirements = Vec::new();
    if tokens.peek().is_none() {
        return Ok(requirements);
    }
    loop {
        requirements.push(requirement(tokens)?);
        match tokens.next() {
            None => return Ok(requirements),
            Some(Token::Sign(",")) => {}
            Some(other) => return Err(format!("found {}, expected: ',' or the end", show(&other))),
        }
    }
}

fn requirement(tokens: &mut Tokens) -> Result<Requirement, String> {
    let missing = tokens
        .next_if_eq(&Token::Sign("!"))
        .map(|_| Operator::Missing);
    let key = match tokens.next() {
        Some(Token::Word(key)) => key,
        Some(other) => return Err(format!("found {}, expected: a key", show(&other))),
        None => return Err("found the end, expected: a key".into()),
    };
    check_key(&key)?;
    let operator = match (missing, tokens.peek()) {
        (Some(missing), _) => missing,
        (None, None | Some(Token::Sign(","))) => Operator::Exists,
        (None, Some(_)) => operator(tokens)?,
    };
    Ok(Requirement { key, operator })
}

fn operator(tokens: &mut Tokens) -> Result<Operator, String> {
    let found = tokens.next();
    match &found {
        Some(Token::Sign("=" | "==")) => Ok(Operator::In(value(tokens)?.into())),
        Some(Token::Sign("!=")) => Ok(Operator::NotIn(value(tokens)?.into())),
        Some(Token::Sign(">")) => Ok(Operator::Above(limit(tokens)?)),
        Some(Token::Sign("<")) => Ok(Operator::Below(limit(tokens)?)),
        Some(Token::Word(word)) if word == "in" => Ok(Operator::In(values(tokens)?)),
        Some(Token::Word(word)) if word == "notin" => Ok(Operator::NotIn(values(tokens)?)),
        Some(other) => Err(format!("found {}, expected: an operator", show(other))),
        None => Err("found the end, expected: an operator".into()),
    }
}

/// Reads one value, which may be empty.
fn value(tokens: &mut Tokens) -> Result<[String; 1], String> {
    let text = match tokens.peek() {
        None | Some(Token::Sign(",")) => String::new(),
        Some(_) => match tokens.next() {
            Some(Token::Word(word)) => word,
            other => return Err(format!("found {other:?}, expected: a value")),
        },
    };
    check_value(&text)?;
    Ok([text])
}

fn limit(tokens: &mut Tokens) -> Result<i64, String> {
    let [text] = value(tokens)?;
    text.parse()
        .map_err(|_| format!("`{text}` must be an integer"))
}

/// Reads values between parentheses.
fn values(tokens: &mut Tokens) -> Result<BTreeSet<String>, String> {
    if tokens.next() != Some(Token::Sign("(")) {
        return Err("expected: '('".into());
    }
    let mut set = BTreeSet::new();
    loop {
        let text = match tokens.peek() {
            Some(Token::Word(_)) => match tokens.next() {
                Some(Token::Word(word)) => word,
                _ => String::new(),
            },
            _ => String::new(),
        };
        check_value(&text)?;
        set.insert(text);
        match tokens.next() {
            Some(Token::Sign(",")) => {}
            Some(Token::Sign(")")) => return Ok(set),
            other => return Err(format!("found {other:?}, expected: ',' or ')'")),
        }
    }
}

fn show(token: &Token) -> String {
    match token {
        Token::Word(word) => format!("'{word}'"),
        Token::Sign(sign) => format!("'{sign}'"),
    }
}

/// Refuses what can be no label's key: a name, after a domain and a slash if there is one.
fn check_key(key: &str) -> Result<(), String> {
    let (domain, name) = key
        .split_once('/')
        .map_or((None, key), |(domain, name)| (Some(domain), name));
    let good = !name.is_empty() && is_label(name) && domain.is_none_or(is_domain);
    good.then_some(())
        .ok_or_else(|| format!("invalid label key `{key}`"))
}

fn check_value(value: &str) -> Result<(), String> {
    is_label(value)
        .then_some(())
        .ok_or_else(|| format!("invalid label value `{value}`"))
}

fn is_label(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63
        && ends(text.bytes().next())
        && ends(text.bytes().last())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_domain(text: &str) -> bool {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 253
        && text.split('.').all(|part| {
            let bytes = part.as_bytes();
            bytes.first().copied().is_some_and(is_end)
                && bytes.last().copied().is_some_and(is_end)
                && bytes.iter().all(|byte| is_end(*byte) || *byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str) -> bool {
        let labels = Node::documents("{app: web, tier: '5', in: x, empty: ''}")
            .unwrap()
            .remove(0);
        LabelSelector::new(selector).unwrap().matches(Some(&labels))
    }

    #[test]
    fn selects_as_kubernetes_does() {
        for selector in [
            "",
            "app",
            "app=web",
            "app == web",
            "app!=api",
            "other!=x",
            "!other",
            "app in (web, api)",
            "app notin (api)",
            "other notin (api)",
            "app=web,tier=5",
            "tier>4",
            "tier<6",
            "in in (x)",
            "empty=",
            "empty in ()",
        ] {
            assert!(matches(selector), "{selector}");
        }
        for selector in [
            "other",
            "!app",
            "app=api",
            "app in (api)",
            "app=",
            "tier>5",
            "other=x",
        ] {
            assert!(!matches(selector), "{selector}");
        }
        assert!(LabelSelector::new("!a").unwrap().matches(None));
    }

    #[test]
    fn refuses_what_is_no_selector() {
        for selector in [
            "a b", "a,", "=a", "a in b", "a=b=c", "!a=b", "a in (b", "-a", "a=b c", "A.B/c", "a>b",
        ] {
            assert!(LabelSelector::new(selector).is_err(), "{selector}");
        }
    }
}
