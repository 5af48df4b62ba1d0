//! The language of Helm's `--set`: `a.b[0].c=value,d={x,y}`, written into a tree of values.

use serde_json::{Map, Value};

use crate::error::Explain;

/// The highest index of a list that may be written to.
const HIGHEST_INDEX: usize = 65_536;

/// How many dots a path may have.
const DEEPEST: usize = 30;

/// Why an expression sets nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// A path is not followed by a value.
    #[error("the key `{0}` has no value")]
    NoValue(String),
    /// A list is not closed.
    #[error("the list does not end with `}}`")]
    OpenList,
    /// What stands in brackets is no index.
    #[error("`{0}` is no index from 0 to 65536")]
    Index(String),
    /// Something stands between an index and what has to follow it.
    #[error("`{0}` stands after an index")]
    AfterIndex(String),
    /// A path goes through a value that holds no others.
    #[error("the path goes on below `{0}`, which holds no values by {1}")]
    Leaf(String, &'static str),
    /// A path has too many parts.
    #[error("the path is nested more than 30 levels deep")]
    TooDeep,
}

impl Explain for SetError {}

/// What the texts behind the equals signs become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// Booleans, nulls and integers where they look like it, else text.
    Guessed,
    /// Text always.
    Text,
}

/// Writes what an expression says into the values.
///
/// # Errors
///
/// Fails where the expression is wrong; the values may then be changed in part.
pub fn set(
    values: &mut Map<String, Value>,
    expression: &str,
    typing: Typing,
) -> Result<(), SetError> {
    let mut reader = Reader {
        rest: expression
            .chars()
            .collect::<Vec<_>>()
            .into_iter()
            .peekable(),
        typing,
    };
    while reader.pair(values, 0)? == Progress::More {}
    Ok(())
}

/// Whether something may follow a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    More,
    End,
}

struct Reader {
    rest: std::iter::Peekable<std::vec::IntoIter<char>>,
    typing: Typing,
}

impl Reader {
    /// Takes what stands before one of the characters, and that character; a backslash takes the
    /// meaning from what follows it. `None` as the character is the end.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(character) = self.rest.next() {
            if stops.contains(&character) {
                return (text, Some(character));
            }
            match character {
                '\\' => text.extend(self.rest.next()),
                other => text.push(other),
            }
        }
        (text, None)
    }

    /// Reads one `path=value` into a mapping.
    fn pair(&mut self, map: &mut Map<String, Value>, depth: usize) -> Result<Progress, SetError> {
        let (key, stop) = self.until(&['=', '[', ',', '.']);
        match stop {
            None if key.is_empty() => Ok(Progress::End),
            None | Some(',') => Err(SetError::NoValue(key)),
            Some('=') => {
                let (value, progress) = self.value()?;
                put(map, key, value);
                Ok(progress)
            }
            Some('[') => {
                let index = self.index()?;
                let mut list = match map.get(&key) {
                    None => Vec::new(),
                    Some(Value::Array(list)) => list.clone(),
                    Some(_) => return Err(SetError::Leaf(key, "index")),
                };
                let progress = self.item(&mut list, index, depth)?;
                put(map, key, Value::Array(list));
                Ok(progress)
            }
            Some(_) => self.below(map, key, depth + 1),
        }
    }

    /// Reads what follows a dot into the mapping of a key, which is made if it is not there.
    fn below(
        &mut self,
        map: &mut Map<String, Value>,
        key: String,
        depth: usize,
    ) -> Result<Progress, SetError> {
        if depth > DEEPEST {
            return Err(SetError::TooDeep);
        }
        let mut inner = match map.get(&key) {
            None => Map::new(),
            Some(Value::Object(inner)) => inner.clone(),
            Some(_) => return Err(SetError::Leaf(key, "name")),
        };
        let progress = self.pair(&mut inner, depth)?;
        if inner.is_empty() {
            return match progress {
                Progress::More => Err(SetError::NoValue(key)),
                Progress::End => Ok(progress),
            };
        }
        put(map, key, Value::Object(inner));
        Ok(progress)
    }

    /// Reads what follows an index into a list.
    fn item(
        &mut self,
        list: &mut Vec<Value>,
        index: usize,
        depth: usize,
    ) -> Result<Progress, SetError> {
        let (text, stop) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            return Err(SetError::AfterIndex(text));
        }
        let known = list.get(index).cloned().unwrap_or_default();
        let (value, progress) = match stop {
            None => return Err(SetError::NoValue(format!("[{index}]"))),
            Some('=') => self.value()?,
            Some('[') => {
                let next = self.index()?;
                let mut inner = match known {
                    Value::Null => Vec::new(),
                    Value::Array(inner) => inner,
                    _ => return Err(SetError::Leaf(format!("[{index}]"), "index")),
                };
                let progress = self.item(&mut inner, next, depth)?;
                (Value::Array(inner), progress)
            }
            Some(_) => {
                let mut inner = match known {
                    Value::Object(inner) => inner,
                    _ => Map::new(),
                };
                let progress = self.pair(&mut inner, depth)?;
                (Value::Object(inner), progress)
            }
        };
        if list.len() <= index {
            list.resize(index + 1, Value::Null);
        }
        list[index] = value;
        Ok(progress)
    }

    fn index(&mut self) -> Result<usize, SetError> {
        let (text, stop) = self.until(&[']']);
        let index = text.parse().ok().filter(|index| *index <= HIGHEST_INDEX);
        index
            .filter(|_| stop.is_some())
            .ok_or(SetError::Index(text))
    }

    /// Reads a value: a list in braces, or all up to the next comma.
    fn value(&mut self) -> Result<(Value, Progress), SetError> {
        if self.rest.next_if_eq(&'{').is_none() {
            let (text, stop) = self.until(&[',']);
            let progress = stop.map_or(Progress::End, |_| Progress::More);
            return Ok((self.typed(text), progress));
        }
        let mut list = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            match stop {
                None => return Err(SetError::OpenList),
                Some(',') => list.push(self.typed(text)),
                Some(_) => {
                    list.push(self.typed(text));
                    // A comma between this list and the next pair.
                    let _comma = self.rest.next_if_eq(&',');
                    return Ok((Value::Array(list), Progress::More));
                }
            }
        }
    }

    fn typed(&self, text: String) -> Value {
        if self.typing == Typing::Text {
            return Value::String(text);
        }
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if is("true") || is("false") {
            return Value::Bool(is("true"));
        }
        if is("null") {
            return Value::Null;
        }
        if text == "0" {
            return 0.into();
        }
        // Leading zeros make a text, such as a telephone number.
        let number = text.parse::<i64>().ok().filter(|_| !text.starts_with('0'));
        number.map_or(Value::String(text), Value::from)
    }
}

/// Writes a value under a key; without a key there is nothing to write.
fn put(map: &mut Map<String, Value>, key: String, value: Value) {
    if !key.is_empty() {
        map.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(before: &Value, expression: &str) -> Result<Value, SetError> {
        let mut map = before.as_object().unwrap().clone();
        set(&mut map, expression, Typing::Guessed).map(|()| Value::Object(map))
    }

    #[test]
    fn expressions_set_what_they_set_for_helm() {
        for (expression, result) in [
            ("", json!({})),
            ("a=1,b=x", json!({"a": 1, "b": "x"})),
            ("a.b.c=true", json!({"a": {"b": {"c": true}}})),
            ("a=", json!({"a": ""})),
            ("a=null", json!({"a": null})),
            (
                "a=0,b=00,c=007,d=-5,e=1.5",
                json!({"a": 0, "b": "00", "c": "007", "d": -5, "e": "1.5"}),
            ),
            ("a={x,1,},b=2", json!({"a": ["x", 1, ""], "b": 2})),
            ("a={}", json!({"a": [""]})),
            ("a[1].b=x", json!({"a": [null, {"b": "x"}]})),
            ("a[0][1]=x", json!({"a": [[null, "x"]]})),
            ("a\\.b=x\\,y", json!({"a.b": "x,y"})),
            ("a=x=y", json!({"a": "x=y"})),
            ("a=1,a=2", json!({"a": 2})),
            ("=1", json!({})),
            ("a=FALSE", json!({"a": false})),
            ("a=1\\", json!({"a": 1})),
        ] {
            assert_eq!(
                after(&json!({}), expression).unwrap(),
                result,
                "{expression}"
            );
        }
    }

    #[test]
    fn what_is_there_stays() {
        let before = json!({"a": {"b": 1}, "l": [{"x": 1}, 2]});
        assert_eq!(
            after(&before, "a.c=2,l[0].y=3").unwrap(),
            json!({"a": {"b": 1, "c": 2}, "l": [{"x": 1, "y": 3}, 2]})
        );
        assert_eq!(
            after(&before, "l[1].z=3").unwrap()["l"],
            json!([{"x": 1}, {"z": 3}])
        );
    }

    #[test]
    fn wrong_expressions_are_refused() {
        let before = json!({"a": 1});
        for (expression, message) in [
            ("x=a,b", "the key `b` has no value"),
            ("x,y=1", "the key `x` has no value"),
            ("x={a", "the list does not end with `}`"),
            ("x[a]=1", "`a` is no index from 0 to 65536"),
            ("x[-1]=1", "`-1` is no index from 0 to 65536"),
            ("x[65537]=1", "`65537` is no index from 0 to 65536"),
            ("x[1", "`1` is no index from 0 to 65536"),
            ("x[1]y=1", "`y` stands after an index"),
            ("x[1]", "the key `[1]` has no value"),
            (
                "a.b=1",
                "the path goes on below `a`, which holds no values by name",
            ),
            (
                "a[0]=1",
                "the path goes on below `a`, which holds no values by index",
            ),
        ] {
            assert_eq!(
                after(&before, expression).unwrap_err().to_string(),
                message,
                "{expression}"
            );
        }
        let deep = format!("{}z=1", "a.".repeat(31));
        assert_eq!(after(&json!({}), &deep), Err(SetError::TooDeep));
        assert!(after(&json!({}), &deep[2..]).is_ok());
    }

    #[test]
    fn text_stays_text() {
        let mut map = Map::new();
        set(&mut map, "a=42,b={true}", Typing::Text).unwrap();
        assert_eq!(Value::Object(map), json!({"a": "42", "b": ["true"]}));
    }
}
