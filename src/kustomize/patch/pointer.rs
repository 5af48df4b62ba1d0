//! JSON pointers as the reference follows them: indexes from the end, and whatever stands before the first slash.

use serde_json::{Map, Value};

use super::json_error::{ApplyError, TargetProblem};

/// The end of a path: a field of a mapping, or a place in a list.
pub(super) struct Place<'doc> {
    op: &'static str,
    path: &'doc str,
    key: String,
    container: Container<'doc>,
}

enum Container<'doc> {
    Mapping(&'doc mut Map<String, Value>),
    List(&'doc mut Vec<Value>),
}

impl<'doc> Place<'doc> {
    /// Follows a path up to its last part.
    pub fn find(
        document: &'doc mut Value,
        op: &'static str,
        path: &'doc str,
    ) -> Result<Self, ApplyError> {
        let missing = || ApplyError::Missing {
            op,
            path: path.into(),
        };
        let mut parts = path.split('/').skip(1).map(decoded);
        let mut key = parts.next().ok_or_else(missing)?;
        let mut container = document;
        for part in parts {
            container = inside(container, &key).ok_or_else(missing)?;
            key = part;
        }
        let container = match container {
            Value::Object(fields) => Container::Mapping(fields),
            Value::Array(items) => Container::List(items),
            _ => return Err(missing()),
        };
        Ok(Self {
            op,
            path,
            key,
            container,
        })
    }

    /// Returns what stands there, if anything.
    pub fn value(&self) -> Result<Option<&Value>, ApplyError> {
        match &self.container {
            Container::Mapping(fields) => Ok(fields.get(&self.key)),
            Container::List(items) => {
                let place = existing(items, &self.key).map_err(|problem| self.failed(problem))?;
                Ok(items.get(place))
            }
        }
    }

    /// Puts a value there, in the place of what stands there.
    pub fn set(mut self, value: Value) -> Result<(), ApplyError> {
        match &mut self.container {
            Container::Mapping(fields) => {
                fields.insert(std::mem::take(&mut self.key), value);
                Ok(())
            }
            Container::List(items) => match existing(items, &self.key) {
                Ok(place) => {
                    items[place] = value;
                    Ok(())
                }
                Err(problem) => Err(self.failed(problem)),
            },
        }
    }

    /// Puts a value there; in a list, what follows moves on.
    pub fn add(mut self, value: Value) -> Result<(), ApplyError> {
        match &mut self.container {
            Container::Mapping(_) => return self.set(value),
            Container::List(items) if self.key == "-" => items.push(value),
            Container::List(items) => match resolved(&self.key, items.len() + 1) {
                Ok(place) => items.insert(place, value),
                Err(problem) => return Err(self.failed(problem)),
            },
        }
        Ok(())
    }

    /// Takes away what stands there.
    pub fn remove(mut self) -> Result<Value, ApplyError> {
        let removed = match &mut self.container {
            Container::Mapping(fields) => {
                let key = &self.key;
                fields
                    .remove(key)
                    .ok_or_else(|| TargetProblem::NoKey { key: key.clone() })
            }
            Container::List(items) => existing(items, &self.key).map(|place| items.remove(place)),
        };
        removed.map_err(|problem| self.failed(problem))
    }

    fn failed(&self, problem: TargetProblem) -> ApplyError {
        ApplyError::Target {
            op: self.op,
            path: self.path.into(),
            problem,
        }
    }
}

fn inside<'doc>(container: &'doc mut Value, key: &str) -> Option<&'doc mut Value> {
    match container {
        Value::Object(fields) => fields.get_mut(key),
        Value::Array(items) => {
            let place = existing(items, key).ok()?;
            items.get_mut(place)
        }
        _ => None,
    }
}

/// Finds the place of an item by what a path says.
fn existing(items: &[Value], key: &str) -> Result<usize, TargetProblem> {
    resolved(key, items.len())
}

/// Reads an index below a count; a negative one counts from the end.
fn resolved(key: &str, count: usize) -> Result<usize, TargetProblem> {
    let Ok(index) = key.parse::<i64>() else {
        return Err(TargetProblem::NoIndex { key: key.into() });
    };
    let below = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    let place = if index < 0 {
        count.checked_sub(below)
    } else {
        Some(below).filter(|place| *place < count)
    };
    place.ok_or(TargetProblem::Index { index })
}

fn decoded(part: &str) -> String {
    // In this order, so that `~01` is `~1`.
    let mut out = String::with_capacity(part.len());
    let mut rest = part;
    while let Some(found) = rest.find('~') {
        out.push_str(&rest[..found]);
        let (character, width) = match rest.as_bytes().get(found + 1) {
            Some(b'1') => ('/', 2),
            Some(b'0') => ('~', 2),
            _ => ('~', 1),
        };
        out.push(character);
        rest = &rest[found + width..];
    }
    out.push_str(rest);
    out
}
