//! The chains of `why` as people read them.

use std::fmt::Write as _;

use crate::ops::{Chain, ChainLink, ChainObject};

/// How many of the objects with the same cause are named.
const NAMED: usize = 5;

/// Writes a chain for people, and what else is as it is for the same cause.
pub fn text(chain: &Chain, also: &[ChainObject]) -> String {
    let mut text = String::new();
    for (depth, link) in chain.links.iter().enumerate() {
        let indent = "   ".repeat(depth.saturating_sub(1));
        let branch = if depth == 0 { "" } else { "└─ " };
        push_line(&mut text, &format!("{indent}{branch}{}", line(link)));
    }
    text.push('\n');
    push_line(&mut text, &format!("Cause: {}", chain.cause.message));
    if !also.is_empty() {
        push_line(&mut text, &format!("Also:  {}", named(also)));
    }
    for note in &chain.notes {
        push_line(&mut text, &format!("Note:  {note}"));
    }
    if let Some(next) = &chain.next {
        push_line(&mut text, &format!("Next:  {}", next.advice));
        push_line(&mut text, &format!("       {}", next.command));
    }
    text
}

fn push_line(text: &mut String, line: &str) {
    // Writing into a text can't fail.
    let _infallible = writeln!(text, "{line}");
}

fn line(link: &ChainLink) -> String {
    let relation = match link.relation {
        "" => String::new(),
        relation => format!("{relation} "),
    };
    let message = match link.message.as_str() {
        "" => String::new(),
        message => format!(": {message}"),
    };
    format!("{relation}{} ({}){message}", link.object, link.state)
}

/// Names objects, the first ones of many.
fn named(objects: &[ChainObject]) -> String {
    let names: Vec<String> = objects
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    let names = names.join(", ");
    match objects.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_objects_the_first_are_named() {
        let object = |number: usize| ChainObject {
            kind: "Bucket".into(),
            name: number.to_string(),
            ..ChainObject::default()
        };
        let objects: Vec<ChainObject> = (0..7).map(object).collect();
        assert_eq!(named(&objects[..2]), "Bucket/0, Bucket/1");
        assert!(named(&objects).ends_with("Bucket/4 and 2 more"));
    }
}
