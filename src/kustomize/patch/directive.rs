//! The directives of a strategic merge patch: `$patch: delete`, `replace` or `merge`.

use crate::manifest::{Content, Node};

/// The key of a directive.
const KEY: &str = "$patch";

/// What a patch wants done with what it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directive {
    /// Merge into it; also where nothing is said.
    Merge,
    /// Take its place.
    Replace,
    /// Take it away.
    Delete,
}

/// A directive that is none of the three.
#[derive(Debug, thiserror::Error)]
#[error("unknown patch strategy '{word}'")]
pub struct UnknownDirective {
    word: String,
}

impl Directive {
    fn of(value: &Node) -> Result<Self, UnknownDirective> {
        match value.as_text().unwrap_or_default() {
            "merge" => Ok(Self::Merge),
            "replace" => Ok(Self::Replace),
            "delete" => Ok(Self::Delete),
            word => Err(UnknownDirective { word: word.into() }),
        }
    }
}

/// Reads the directive of a mapping, and takes it out if it is known.
///
/// # Errors
///
/// Fails where there is one that is not known.
pub fn take_from_mapping(patch: &mut Node) -> Result<Directive, UnknownDirective> {
    let Some(value) = patch.get(KEY) else {
        return Ok(Directive::Merge);
    };
    let directive = Directive::of(value)?;
    patch.remove(KEY);
    Ok(directive)
}

/// Returns the directive of a mapping, if there is one that is known.
pub fn of_mapping(patch: &Node) -> Option<Directive> {
    Directive::of(patch.get(KEY)?).ok()
}

/// Reads the directive of a list, and takes it out.
///
/// It is an item of its own, `{$patch: replace}`. Only the first item with a directive is looked at: if there is
/// more in it, it is meant for that item. Items that hold nothing go with the directive.
///
/// # Errors
///
/// Fails where there is one that is not known.
pub fn take_from_list(items: &mut Vec<Node>) -> Result<Directive, UnknownDirective> {
    let Some(item) = items.iter().find(|item| item.get(KEY).is_some()) else {
        return Ok(Directive::Merge);
    };
    let Some([entry]) = item.entries() else {
        return Ok(Directive::Merge);
    };
    let directive = Directive::of(&entry.value)?;
    let word = entry.value.as_text().map(str::to_owned);
    items.retain(|item| {
        let said = item.get(KEY).and_then(Node::as_text);
        !holds_nothing(item) && (said.is_none() || said != word.as_deref())
    });
    Ok(directive)
}

/// Says whether an item is null or an empty mapping; the reference drops such items when it touches a list.
pub fn holds_nothing(item: &Node) -> bool {
    match &item.content {
        Content::Mapping(entries) => entries.is_empty(),
        Content::Sequence(_) => false,
        Content::Scalar(_) => item.is_null(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<Node> {
        let node = Node::documents(text).unwrap().remove(0);
        node.items().unwrap().to_vec()
    }

    #[test]
    fn reads_the_directive_of_a_list() {
        let mut list = items("[{name: a}, {$patch: replace}, {}, ~, {$patch: replace}]");
        assert_eq!(take_from_list(&mut list).unwrap(), Directive::Replace);
        assert_eq!(list.len(), 1);
        let mut list = items("[{name: a, $patch: delete}, {$patch: replace}]");
        assert_eq!(take_from_list(&mut list).unwrap(), Directive::Merge);
        assert_eq!(list.len(), 2);
    }

    #[test]
    fn refuses_an_unknown_directive() {
        let error = take_from_list(&mut items("[{$patch: remove}]")).unwrap_err();
        assert_eq!(error.to_string(), "unknown patch strategy 'remove'");
        let mut mapping = Node::documents("{$patch: }").unwrap().remove(0);
        assert!(take_from_mapping(&mut mapping).is_err());
        assert_eq!(of_mapping(&mapping), None);
    }
}
