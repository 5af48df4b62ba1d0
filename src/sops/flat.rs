//! The metadata of SOPS where a file has no levels: `age__list_0__map_enc` and the like.

use serde_json::{Map, Value as Json};

use super::tree::{Branch, Element, Entry, Value};

/// What stands before the key of a mapping.
const MAPPING: &str = "__map_";

/// What stands before the index of a list.
const LIST: &str = "__list_";

/// Returns a branch as JSON, without its comments.
pub fn to_json(branch: &Branch) -> Map<String, Json> {
    let pairs = branch.iter().filter_map(|entry| match entry {
        Entry::Pair(key, value) => Some((key.clone(), json_of(value))),
        Entry::Comment(_) => None,
    });
    pairs.collect()
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Time(time) => time.as_str().into(),
        Value::Text(bytes) => String::from_utf8_lossy(bytes).into(),
        Value::Mapping(branch) => to_json(branch).into(),
        Value::List(elements) => elements
            .iter()
            .filter_map(|element| match element {
                Element::Item(value) => Some(json_of(value)),
                Element::Comment(_) => None,
            })
            .collect(),
    }
}

/// Gives flat keys their levels back; `None` where they contradict each other, or an index is missing.
pub fn unflattened(flat: Map<String, Json>) -> Option<Map<String, Json>> {
    let mut root = Map::new();
    for (key, value) in flat {
        let mut steps = steps(&key)?.into_iter();
        let Some(Step::Key(first)) = steps.next() else {
            return None;
        };
        let mut place = root.entry(first).or_insert(Json::Null);
        for step in steps {
            place = match step {
                Step::Key(key) => {
                    if place.is_null() {
                        *place = Json::Object(Map::new());
                    }
                    place.as_object_mut()?.entry(key).or_insert(Json::Null)
                }
                Step::Index(index) => {
                    if place.is_null() {
                        *place = Json::Array(Vec::new());
                    }
                    let items = place.as_array_mut()?;
                    if items.len() <= index {
                        items.resize(index + 1, Json::Null);
                    }
                    &mut items[index]
                }
            };
        }
        if !place.is_null() {
            return None;
        }
        *place = value;
    }
    Some(root)
}

enum Step {
    Key(String),
    Index(usize),
}

/// The most keys that a file is taken to be encrypted for.
const INDEX_LIMIT: usize = 10_000;

fn steps(key: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let (mut rest, mut is_index) = (key, false);
    loop {
        let next = [(rest.find(MAPPING), MAPPING), (rest.find(LIST), LIST)]
            .into_iter()
            .filter_map(|(at, mark)| Some((at?, mark)))
            .min_by_key(|(at, _)| *at);
        let (text, after) = match next {
            Some((at, mark)) => (&rest[..at], Some((&rest[at + mark.len()..], mark == LIST))),
            None => (rest, None),
        };
        steps.push(if is_index {
            Step::Index(text.parse().ok().filter(|index| *index < INDEX_LIMIT)?)
        } else {
            Step::Key(text.into())
        });
        let Some(after) = after else {
            return Some(steps);
        };
        (rest, is_index) = after;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn levels_come_back() {
        let flat = json!({"age__list_0__map_enc": "x", "age__list_0__map_recipient": "r", "age__list_1__map_enc": "y", "mac": "m"});
        let deep = json!({"age": [{"enc": "x", "recipient": "r"}, {"enc": "y"}], "mac": "m"});
        let unflat = |flat: &Json| unflattened(flat.as_object().unwrap().clone());
        assert_eq!(unflat(&flat).map(Json::from), Some(deep));
        for bad in [
            json!({"a": 1, "a__map_b": 2}),
            json!({"a__list_x": 1}),
            json!({"a__list_99999999999": 1}),
            json!({"a__list_0": 1, "a__map_b": 1}),
        ] {
            assert!(unflat(&bad).is_none(), "{bad}");
        }
    }
}
