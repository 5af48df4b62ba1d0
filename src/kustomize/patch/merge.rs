//! Strategic merge as the reference does it: a walk over the whole document, not just over what the patch names.
//!
//! Each place is met in one of four ways: in both (`both`), in the document alone (`alone`), in the patch alone
//! (`added`), or below something that the patch brought and that the reference then walks as if it met itself
//! (`adopted`). They differ in which nulls and directives count.

use std::mem;

use super::super::schema::{Schemas, Shape};
use super::described::Described;
use super::directive::{self, Directive};
use super::fields::Fields;
use super::list;
use super::merge_error::{self, MergeError};
use super::overwrite::{put, settle, take};
use crate::manifest::{Content, Entry, Node};

/// What a merge leaves of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Kept,
    /// It is to be taken away.
    Cleared,
}

/// Merges a patch into a document; says whether the patch deletes it.
///
/// `$patch: replace` on the document itself changes nothing, as in the reference.
///
/// # Errors
///
/// Fails where a directive is not known, or where patch and document hold different sorts of nodes in one place.
pub fn merge(document: &mut Node, mut patch: Node, schemas: &Schemas) -> Result<Fate, MergeError> {
    let described = Described::of([&*document, &patch]);
    let walker = Walker {
        schemas,
        described: &described,
    };
    if directive::of_mapping(&patch) == Some(Directive::Replace) {
        walker.added(&mut patch, None)?;
        return Ok(Fate::Kept);
    }
    walker.both(document, &mut patch, None)
}

/// The walk; it looks shapes up where a document within the document says what it is.
#[derive(Clone, Copy)]
pub(super) struct Walker<'s> {
    schemas: &'s Schemas,
    described: &'s Described,
}

impl<'s> Walker<'s> {
    /// Merges what the patch has in a place into what is there.
    ///
    /// The patch is used up.
    pub(super) fn both(
        self,
        node: &mut Node,
        patch: &mut Node,
        shape: Option<Shape<'s>>,
    ) -> Result<Fate, MergeError> {
        if patch.is_null() {
            return Ok(Fate::Cleared);
        }
        if node.is_null() {
            let mut patch = take(patch);
            let fate = self.added(&mut patch, shape)?;
            put(node, patch);
            return Ok(fate);
        }
        let shape = self
            .described(node)
            .or_else(|| self.described(patch))
            .or(shape)
            .or_else(|| self.embedded(node))
            .or_else(|| self.embedded(patch));
        match (&mut node.content, &mut patch.content) {
            (Content::Mapping(_), Content::Mapping(_)) => self.mappings(node, patch, shape),
            (Content::Sequence(items), Content::Sequence(patches)) => {
                let Some(keys) = shape.and_then(Shape::merge_keys) else {
                    put(node, take(patch));
                    return Ok(Fate::Kept);
                };
                let source = match directive::take_from_list(patches)? {
                    Directive::Delete => return Ok(Fate::Cleared),
                    Directive::Replace => {
                        *items = mem::take(patches);
                        list::Source::Itself
                    }
                    Directive::Merge => list::Source::Patch(mem::take(patches)),
                };
                list::merge(self, items, source, &keys, shape)?;
                Ok(Fate::Kept)
            }
            (Content::Scalar(_), Content::Scalar(_)) => {
                put(node, take(patch));
                Ok(Fate::Kept)
            }
            _ => Err(MergeError::wrong_sort(merge_error::sort(node), patch)),
        }
    }

    /// Meets what only the document has: nulls without a text go, items of lists may.
    pub(super) fn alone(
        self,
        node: &mut Node,
        shape: Option<Shape<'s>>,
    ) -> Result<Fate, MergeError> {
        let shape = self.shape_of(node, shape);
        if node.is_null() {
            // An empty scalar that was put here is no null yet.
            let written = !node.was_read() || node.as_text().is_some_and(|text| !text.is_empty());
            return Ok(if written { Fate::Kept } else { Fate::Cleared });
        }
        match &mut node.content {
            Content::Mapping(entries) => {
                retain(entries, |name, value| {
                    self.alone(value, shape.and_then(|shape| shape.field(name)))
                })?;
            }
            Content::Sequence(items) => {
                if let Some(keys) = shape.and_then(Shape::merge_keys) {
                    list::merge(self, items, list::Source::Nothing, &keys, shape)?;
                }
            }
            Content::Scalar(_) => settle(node),
        }
        Ok(Fate::Kept)
    }

    /// Meets what only the patch has; a directive that is not known stays as a field.
    pub(super) fn added(
        self,
        node: &mut Node,
        shape: Option<Shape<'s>>,
    ) -> Result<Fate, MergeError> {
        if node.is_null() {
            return Ok(Fate::Cleared);
        }
        let shape = self.shape_of(node, shape);
        match &mut node.content {
            Content::Scalar(_) => {}
            Content::Sequence(items) => {
                if let Some(keys) = shape.and_then(Shape::merge_keys) {
                    list::merge(self, items, list::Source::Itself, &keys, shape)?;
                }
            }
            Content::Mapping(_) => {
                if matches!(directive::take_from_mapping(node), Ok(Directive::Delete)) {
                    return Ok(Fate::Cleared);
                }
                self.adopted_fields(node, shape)?;
            }
        }
        Ok(Fate::Kept)
    }

    /// Meets what stands within something that the patch brought: here every directive counts.
    pub(super) fn adopted(
        self,
        node: &mut Node,
        shape: Option<Shape<'s>>,
    ) -> Result<Fate, MergeError> {
        if node.is_null() {
            return Ok(Fate::Cleared);
        }
        let shape = self.shape_of(node, shape);
        match &mut node.content {
            Content::Scalar(_) => {}
            Content::Sequence(items) => {
                if let Some(keys) = shape.and_then(Shape::merge_keys) {
                    if directive::take_from_list(items)? == Directive::Delete {
                        return Ok(Fate::Cleared);
                    }
                    list::merge(self, items, list::Source::Itself, &keys, shape)?;
                }
            }
            Content::Mapping(_) => {
                if directive::take_from_mapping(node)? == Directive::Delete {
                    return Ok(Fate::Cleared);
                }
                self.adopted_fields(node, shape)?;
            }
        }
        Ok(Fate::Kept)
    }

    fn adopted_fields(self, node: &mut Node, shape: Option<Shape<'s>>) -> Result<(), MergeError> {
        let Content::Mapping(entries) = &mut node.content else {
            return Ok(());
        };
        retain(entries, |name, value| {
            self.adopted(value, shape.and_then(|shape| shape.field(name)))
        })
    }

    fn mappings(
        self,
        node: &mut Node,
        patch: &mut Node,
        shape: Option<Shape<'s>>,
    ) -> Result<Fate, MergeError> {
        match directive::take_from_mapping(patch)? {
            Directive::Delete => return Ok(Fate::Cleared),
            Directive::Replace => {
                put(node, take(patch));
                self.adopted_fields(node, shape)?;
                return Ok(Fate::Kept);
            }
            Directive::Merge => {}
        }
        if let (Content::Mapping(entries), Content::Mapping(patches)) =
            (&mut node.content, &mut patch.content)
        {
            self.fields(entries, mem::take(patches), shape)?;
        }
        Ok(Fate::Kept)
    }

    fn fields(
        self,
        entries: &mut Vec<Entry>,
        patches: Vec<Entry>,
        shape: Option<Shape<'s>>,
    ) -> Result<(), MergeError> {
        let mut patches = Fields::new(patches);
        retain(entries, |name, value| {
            let shape = shape.and_then(|shape| shape.field(name));
            match patches.take(name) {
                Some(mut patch) => self.both(value, &mut patch.value, shape),
                None => self.alone(value, shape),
            }
        })?;
        for mut entry in patches.rest() {
            let name = entry.key.as_text().unwrap_or_default();
            let shape = shape.and_then(|shape| shape.field(name));
            MergeError::unless_named(name)?;
            let fate = self
                .added(&mut entry.value, shape)
                .map_err(|error| error.inside(name))?;
            if fate == Fate::Kept {
                entries.push(entry);
            }
        }
        Ok(())
    }

    /// Returns the shape of a node: as a comment gives it, as its place has it, or as it says itself.
    fn shape_of(self, node: &Node, of_place: Option<Shape<'s>>) -> Option<Shape<'s>> {
        self.described(node)
            .or(of_place)
            .or_else(|| self.embedded(node))
    }

    /// Returns the shape that a comment gives.
    fn described(self, node: &Node) -> Option<Shape<'s>> {
        Some(self.schemas.described(self.described.schema(node)?))
    }

    /// Returns the shape of a document within the document, if it says what it is.
    fn embedded(self, node: &Node) -> Option<Shape<'s>> {
        let text = |field| node.get(field).filter(|node| !node.is_null())?.as_text();
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        if api_version.is_empty() || kind.is_empty() {
            return None;
        }
        self.schemas.kind(api_version, kind)
    }
}

/// Keeps the entries that are not cleared, up to the first failure.
fn retain(
    entries: &mut Vec<Entry>,
    mut meet: impl FnMut(&str, &mut Node) -> Result<Fate, MergeError>,
) -> Result<(), MergeError> {
    let mut failure = None;
    entries.retain_mut(|entry| {
        if failure.is_some() {
            return true;
        }
        let name = entry.key.as_text().unwrap_or_default();
        match MergeError::unless_named(name).and_then(|()| meet(name, &mut entry.value)) {
            Ok(fate) => {
                entry.value.quote_untyped();
                fate == Fate::Kept
            }
            Err(error) => {
                failure = Some(error.inside(name));
                true
            }
        }
    });
    failure.map_or(Ok(()), Err)
}
