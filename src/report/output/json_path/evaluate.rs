//! Follows templates through objects (pure).

use std::cmp::Ordering;

use serde_json::Value;

use super::template::{Comparison, Filter, Node, Part, PathError, Slice, sort};

/// Values on the way: of the object, or of the template itself.
type Values<'a> = Vec<&'a Value>;

/// Finds the values of each stretch of a template.
pub(super) fn find<'a>(parts: &'a [Part], object: &'a Value) -> Result<Vec<Values<'a>>, PathError> {
    let mut found = Vec::new();
    run(parts, &[object], Nesting::Outside, &mut found)?;
    Ok(found)
}

/// Whether there is a range to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    Outside,
    InRange,
}

/// Follows parts up to the end of the range that they stand in, and returns where it is.
///
/// A range that is never ended goes on to the end of the template, whose rest then counts once more without it:
/// that is what kubectl prints.
fn run<'a>(
    parts: &'a [Part],
    input: &[&'a Value],
    nesting: Nesting,
    found: &mut Vec<Values<'a>>,
) -> Result<Option<usize>, PathError> {
    let mut index = 0;
    while let Some(part) = parts.get(index) {
        match part {
            Part::Text(text) => found.push(vec![text]),
            Part::Path(nodes) => found.push(walk(nodes, input)?),
            Part::End if nesting == Nesting::InRange => return Ok(Some(index)),
            Part::End => return Err(PathError::End),
            Part::Range(nodes) => {
                let rest = &parts[index + 1..];
                let values = walk(nodes, input)?;
                let mut end = None;
                for value in &values {
                    end = run(rest, &[value], Nesting::InRange, found)?;
                }
                if values.is_empty() {
                    end = run(rest, &[], Nesting::InRange, &mut Vec::new())?;
                }
                index += end.map_or(0, |end| end + 1);
            }
        }
        index += 1;
    }
    Ok(None)
}

/// Goes one step after the other.
fn walk<'a>(nodes: &'a [Node], input: &[&'a Value]) -> Result<Values<'a>, PathError> {
    nodes
        .iter()
        .try_fold(input.to_vec(), |values, node| step(node, &values))
}

fn step<'a>(node: &'a Node, input: &[&'a Value]) -> Result<Values<'a>, PathError> {
    let each = |below: &dyn Fn(&'a Value) -> Result<Values<'a>, PathError>| {
        let found: Result<Vec<_>, _> = input.iter().map(|value| below(value)).collect();
        Ok(found?.concat())
    };
    match node {
        // A text counts once, a number or truth value once for each value that it stands beside.
        Node::Literal(text @ Value::String(_)) => Ok(vec![text]),
        Node::Literal(value) => Ok(vec![value; input.len()]),
        Node::Field(name) if name.is_empty() => Ok(input.to_vec()),
        Node::Field(name) => Ok(input.iter().filter_map(|value| value.get(name)).collect()),
        Node::Wildcard => Ok(input.iter().flat_map(|value| below(value)).collect()),
        Node::Recursive => Ok(descend(input)),
        Node::Slice(slice) => each(&|value| match value {
            Value::Null => Ok(Vec::new()),
            _ => cut(*slice, items(value)?),
        }),
        Node::Filter(filter) => each(&|value| chosen(filter, items(value)?)),
        Node::Union(paths) => {
            let found: Result<Vec<_>, _> = paths.iter().map(|path| walk(path, input)).collect();
            Ok(found?.concat())
        }
    }
}

/// Returns the items of a list.
fn items(value: &Value) -> Result<&[Value], PathError> {
    let items = value.as_array().map(Vec::as_slice);
    items.ok_or_else(|| PathError::NoList(sort(value)))
}

/// Returns what is directly below a value.
fn below(value: &Value) -> Values<'_> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

/// Returns every value that has something below it, from the top down.
fn descend<'a>(input: &[&'a Value]) -> Values<'a> {
    let mut found = Vec::new();
    for value in input {
        let below = below(value);
        if !below.is_empty() {
            found.push(*value);
            found.extend(descend(&below));
        }
    }
    found
}

/// Returns the items that a slice means. Lists are far shorter than their places can count.
fn cut(slice: Slice, items: &[Value]) -> Result<Values<'_>, PathError> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from_end = |place: i64| if place < 0 { place + length } else { place };
    let (from, to, step) = match slice {
        Slice::At(place) => (from_end(place), from_end(place) + 1, 1),
        Slice::Between(from, to, step) => (
            from_end(from.unwrap_or(0)),
            from_end(to.unwrap_or(length)),
            step.unwrap_or(1),
        ),
    };
    if from == to {
        return Ok(Vec::new());
    }
    let wrong = |index| PathError::Bounds {
        index,
        length: items.len(),
    };
    if !(0..length).contains(&from) {
        return Err(wrong(from));
    }
    if !(from..=length).contains(&to) {
        return Err(wrong(to - 1));
    }
    let step = usize::try_from(step).ok().filter(|step| *step > 0);
    let step = step.ok_or(PathError::Step)?;
    let place = |place: i64| usize::try_from(place).unwrap_or_default();
    Ok(items[place(from)..place(to)].iter().step_by(step).collect())
}

/// Returns the items for which a filter holds.
fn chosen<'a>(filter: &'a Filter, items: &'a [Value]) -> Result<Values<'a>, PathError> {
    let mut found = Vec::new();
    for item in items {
        let holds = match filter {
            Filter::Exists(path) => walk(path, &[item]).is_ok_and(|values| !values.is_empty()),
            Filter::Compares(left, comparison, right) => {
                match (one(left, item)?, one(right, item)?) {
                    (Some(left), Some(right)) => compare(left, *comparison, right)?,
                    _ => false,
                }
            }
        };
        if holds {
            found.push(item);
        }
    }
    Ok(found)
}

/// Returns the only value at a path, if there is one.
fn one<'a>(path: &'a [Node], item: &'a Value) -> Result<Option<&'a Value>, PathError> {
    match walk(path, &[item])?.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(PathError::Several),
    }
}

fn compare(left: &Value, comparison: Comparison, right: &Value) -> Result<bool, PathError> {
    let order = match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => order(left, right),
        (Value::Bool(left), Value::Bool(right))
            if matches!(comparison, Comparison::Equal | Comparison::Unequal) =>
        {
            Some(left.cmp(right))
        }
        _ => None,
    };
    order
        .map(|order| comparison.holds(order))
        .ok_or_else(|| PathError::Incomparable(sort(left), sort(right)))
}

fn order(left: &serde_json::Number, right: &serde_json::Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
