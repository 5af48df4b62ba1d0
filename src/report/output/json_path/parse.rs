//! Reads templates, by the grammar of the `JSONPath` of Kubernetes' client library.

use serde_json::Value;

use super::template::{Comparison, Filter, Node, Part, PathError, Slice};

/// Reads a whole template.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, PathError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(Part::Text(before.into()));
        }
        let mut reader = Reader {
            rest: inside,
            braced: true,
        };
        parts.push(reader.action()?);
        rest = reader.rest;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.into()));
    }
    Ok(parts)
}

/// Reads a path that stands by itself, as inside a filter.
fn path(text: &str) -> Result<Vec<Node>, PathError> {
    Reader {
        rest: text,
        braced: false,
    }
    .nodes()
}

/// What is left to read, and whether a brace ends it.
struct Reader<'t> {
    rest: &'t str,
    braced: bool,
}

impl<'t> Reader<'t> {
    /// Reads what stands between braces.
    fn action(&mut self) -> Result<Part, PathError> {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        for (word, make) in [
            ("range", Part::Range as fn(Vec<Node>) -> Part),
            ("end", |_| Part::End),
        ] {
            let after = self.rest.strip_prefix(word);
            if let Some(after) = after.filter(|after| !after.starts_with(is_word)) {
                self.rest = after;
                return self.nodes().map(make);
            }
        }
        self.nodes().map(Part::Path)
    }

    fn nodes(&mut self) -> Result<Vec<Node>, PathError> {
        let mut nodes = Vec::new();
        loop {
            let Some(first) = self.rest.chars().next() else {
                return if self.braced {
                    Err(PathError::Open("{".into()))
                } else {
                    Ok(nodes)
                };
            };
            let after = &self.rest[first.len_utf8()..];
            match first {
                '}' if self.braced => {
                    self.rest = after;
                    return Ok(nodes);
                }
                ' ' | '\t' | '@' | '$' => self.rest = after,
                '[' if after.starts_with("?(") => {
                    self.rest = &after["?(".len()..];
                    nodes.push(self.filter()?);
                }
                '[' => {
                    self.rest = after;
                    self.brackets(&mut nodes)?;
                }
                '.' if after.starts_with('.') => {
                    if nodes.last() == Some(&Node::Recursive) {
                        return Err(PathError::Recursion);
                    }
                    nodes.push(Node::Recursive);
                    self.rest = &after[1..];
                    if self.rest.starts_with(is_word) {
                        nodes.push(self.field());
                    }
                }
                '.' => {
                    self.rest = after;
                    nodes.push(self.field());
                }
                '"' | '\'' => nodes.push(self.quoted(first)?),
                '+' | '-' | '0'..='9' => nodes.push(self.number()?),
                _ if is_word(first) => nodes.push(self.word()?),
                _ => return Err(PathError::Character(first, self.rest.into())),
            }
        }
    }

    /// Reads a key, in which a backslash takes the meaning of the next character away.
    fn field(&mut self) -> Node {
        let mut name = String::new();
        let mut characters = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((index, character)) = characters.next() {
            match character {
                '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
                _ if ends_key(character) => {
                    end = index;
                    break;
                }
                _ => name.push(character),
            }
        }
        self.rest = &self.rest[end..];
        if name == "*" {
            return Node::Wildcard;
        }
        Node::Field(name)
    }

    /// Reads what stands in brackets: places, keys, or several of them.
    fn brackets(&mut self, nodes: &mut Vec<Node>) -> Result<(), PathError> {
        let open = || PathError::Open(format!("[{}", self.rest));
        let (inside, after) = self.rest.split_once(']').ok_or_else(open)?;
        self.rest = after;
        let choices: Vec<&str> = inside.split(',').collect();
        if let [one] = choices.as_slice() {
            nodes.extend(choice(one)?);
            return Ok(());
        }
        let choices = choices.into_iter().map(|text| choice(text.trim()));
        nodes.push(Node::Union(choices.collect::<Result<_, _>>()?));
        Ok(())
    }

    fn filter(&mut self) -> Result<Node, PathError> {
        let end =
            end_of_filter(self.rest).ok_or_else(|| PathError::Open(format!("[?({}", self.rest)))?;
        let (inside, after) = (&self.rest[..end], &self.rest[end + 1..]);
        self.rest = after
            .strip_prefix(']')
            .ok_or_else(|| PathError::Open(format!("[?({inside})")))?;
        let is_sign = |character| matches!(character, '!' | '<' | '>' | '=');
        let filter = match inside.find(is_sign) {
            Some(start) if start > 0 => {
                let (left, compared) = inside.split_at(start);
                let length = compared
                    .find(|character| !is_sign(character))
                    .unwrap_or(compared.len());
                let (sign, right) = compared.split_at(length);
                Filter::Compares(path(left)?, Comparison::read(sign)?, path(right)?)
            }
            _ => Filter::Exists(path(inside)?),
        };
        Ok(Node::Filter(Box::new(filter)))
    }

    fn quoted(&mut self, quote: char) -> Result<Node, PathError> {
        let mut characters = self.rest.char_indices().skip(1);
        let open = || PathError::Open(self.rest.into());
        let mut text = String::new();
        loop {
            let (index, character) = characters.next().ok_or_else(open)?;
            match character {
                '\\' => text.push(escaped(&mut characters).ok_or_else(open)?),
                _ if character == quote => {
                    self.rest = &self.rest[index + 1..];
                    return Ok(Node::Literal(text.into()));
                }
                _ => text.push(character),
            }
        }
    }

    fn number(&mut self) -> Result<Node, PathError> {
        let signed = self.rest.trim_start_matches(['+', '-']);
        let length = signed
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(signed.len());
        let end = self.rest.len() - signed.len() + length;
        let text = self.take(end);
        let plain = text.strip_prefix('+').unwrap_or(text);
        let number = match plain.parse::<i64>() {
            Ok(integer) => Some(Value::from(integer)),
            Err(_) => plain.parse::<f64>().ok().map(Value::from),
        };
        let wrong = || PathError::Number(text.into());
        number.map(Node::Literal).ok_or_else(wrong)
    }

    fn word(&mut self) -> Result<Node, PathError> {
        let end = self
            .rest
            .find(|character| !is_word(character))
            .unwrap_or(self.rest.len());
        let word = self.take(end);
        match word {
            "true" | "True" | "TRUE" => Ok(Node::Literal(true.into())),
            "false" | "False" | "FALSE" => Ok(Node::Literal(false.into())),
            _ => Err(PathError::Word(word.into())),
        }
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// Finds the bracket that closes a filter; one in quotes does not, and a filter has one quoted text at most.
fn end_of_filter(text: &str) -> Option<usize> {
    let (mut quote, mut closed, mut previous) = (None, false, ' ');
    for (index, character) in text.char_indices() {
        match character {
            '"' | '\'' if quote.is_none() => quote = Some(character),
            '"' | '\'' if quote == Some(character) && previous != '\\' => closed = true,
            ')' if quote.is_some() == closed => return Some(index),
            _ => {}
        }
        previous = character;
    }
    None
}

/// Reads one choice in brackets: a key in quotes, or places such as `0`, `-1`, `1:3`, `*`.
fn choice(text: &str) -> Result<Vec<Node>, PathError> {
    let key = text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''));
    if let Some(key) = key.filter(|key| !key.contains('\'')) {
        return path(&format!(".{key}"));
    }
    let wrong = || PathError::Index(text.into());
    if text == "*" {
        return Ok(vec![Node::Slice(Slice::Between(None, None, None))]);
    }
    let place = |text: &str| match text {
        "" => Ok(None),
        _ => text.parse().map(Some).map_err(|_| wrong()),
    };
    let places: Vec<&str> = text.split(':').collect();
    let slice = match places.as_slice() {
        [at] => Slice::At(place(at)?.unwrap_or(0)),
        [from, to] => Slice::Between(place(from)?, place(to)?, None),
        [from, to, step] => Slice::Between(place(from)?, place(to)?, place(step)?),
        _ => return Err(wrong()),
    };
    Ok(vec![Node::Slice(slice)])
}

/// Reads what follows a backslash in quotes.
fn escaped(characters: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let (_, character) = characters.next()?;
    let mut code = |digits: usize| {
        let text: String = characters
            .take(digits)
            .map(|(_, character)| character)
            .collect();
        u32::from_str_radix(&text, 16).ok().and_then(char::from_u32)
    };
    match character {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'v' => Some('\u{b}'),
        'x' => code(2),
        'u' => code(4),
        'U' => code(8),
        other => Some(other),
    }
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// Says whether a character ends a key.
fn ends_key(character: char) -> bool {
    character.is_whitespace() || matches!(character, '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}
