//! Whether two files of an installation say the same, whatever their definitions tell people.

use serde_json::Value;

use crate::manifest::{self, Object};

/// Says whether a file describes these objects under the header of `text`; only the descriptions in the schemas of
/// definitions may differ, since they change nothing in a cluster.
///
/// A file that can't be read says something else.
pub fn says_the_same(file: &str, text: &str, objects: &[Object]) -> bool {
    if file == text {
        return true;
    }
    if !header(file).eq(header(text)) {
        return false;
    }
    let Ok(present) = manifest::read(file) else {
        return false;
    };
    present.len() == objects.len()
        && present
            .iter()
            .zip(objects)
            .all(|(one, other)| equal(one, other.value(), Level::Above))
}

/// Returns the comments that a file begins with.
fn header(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| line.starts_with('#') || *line == "---")
}

/// Where in an object a value stands: descriptions are prose only inside of a schema, and only where they are not
/// the name of a property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Above,
    Schema,
    Properties,
}

impl Level {
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Above, "openAPIV3Schema") => Self::Schema,
            (Self::Above, _) => Self::Above,
            (Self::Schema, "properties") => Self::Properties,
            _ => Self::Schema,
        }
    }
}

fn equal(one: &Value, other: &Value, level: Level) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let says = |key: &&String| level != Level::Schema || key.as_str() != "description";
            one.keys().filter(says).count() == other.keys().filter(says).count()
                && one.iter().filter(|(key, _)| says(key)).all(|(key, value)| {
                    other
                        .get(key)
                        .is_some_and(|other| equal(value, other, level.below(key)))
                })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| equal(one, other, level))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "---
# Flux Version: v2.9.4
kind: CustomResourceDefinition
apiVersion: apiextensions.k8s.io/v1
metadata: {name: a, annotations: {description: kept}}
spec:
  versions:
  - schema:
      openAPIV3Schema:
        description: What it is.
        properties:
          description: {type: string, description: Of the thing.}
";

    fn same(other: &str) -> bool {
        let values = manifest::read(FILE).unwrap().into_iter();
        let objects: Vec<Object> = values.map(|value| Object::new(value).unwrap()).collect();
        says_the_same(other, FILE, &objects)
    }

    #[test]
    fn only_prose_may_differ() {
        assert!(same(FILE));
        assert!(same(&FILE.replace("What it is.", "Something else.")));
        assert!(same(&FILE.replace(", description: Of the thing.", "")));
        for (from, to) in [
            ("v2.9.4", "v2.9.3"),
            ("description: kept", "description: other"),
            ("type: string", "type: integer"),
            ("          description: {", "          title: {"),
            ("metadata", "metadata: }"),
        ] {
            assert!(!same(&FILE.replace(from, to)), "{from}");
        }
        assert!(!same(&format!(
            "{FILE}---\n{}",
            FILE.replace("name: a", "name: b")
        )));
    }
}
