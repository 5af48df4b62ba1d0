//! Where a document begins: what ends the one before it, its directives, its dashes.

use super::problem::{Flaw, Mark};
use super::scan::Scanner;
use super::token::TokenKind;

/// How a document begins.
pub struct Start {
    /// The handles of tags with what they stand for.
    pub(super) tags: Vec<(String, String)>,
    /// Where its dashes end; `None` where it has none.
    pub(super) dashes: Option<Mark>,
}

/// Finds the start of the next document; `None` at the end of the stream.
pub fn start(scanner: &mut Scanner<'_>, is_first: bool) -> Result<Option<Start>, Flaw> {
    while !is_first && scanner.peek()?.kind == TokenKind::DocumentEnd {
        scanner.take()?;
    }
    let next = &scanner.peek()?.kind;
    if *next == TokenKind::StreamEnd {
        return Ok(None);
    }
    if is_first && (!next.ends_document() || *next == TokenKind::DocumentEnd) {
        let tags = Vec::new();
        return Ok(Some(Start { tags, dashes: None }));
    }
    let tags = directives(scanner)?;
    let token = scanner.take()?;
    if token.kind != TokenKind::DocumentStart {
        let problem = "did not find expected <document start>";
        return Err(Flaw::new(token.start, problem));
    }
    let dashes = Some(token.end);
    Ok(Some(Start { tags, dashes }))
}

/// Reads the directives before a document.
fn directives(scanner: &mut Scanner<'_>) -> Result<Vec<(String, String)>, Flaw> {
    let (mut tags, mut has_version) = (Vec::<(String, String)>::new(), false);
    loop {
        if !matches!(
            scanner.peek()?.kind,
            TokenKind::Version(..) | TokenKind::TagRule { .. }
        ) {
            return Ok(tags);
        }
        let token = scanner.take()?;
        let flaw = |problem| Err(Flaw::new(token.start, problem));
        match token.kind {
            TokenKind::Version(..) if has_version => {
                return flaw("found duplicate %YAML directive");
            }
            TokenKind::Version(1, 1) => has_version = true,
            TokenKind::Version(..) => return flaw("found incompatible YAML document"),
            TokenKind::TagRule { handle, prefix } => {
                if tags.iter().any(|(known, _)| *known == handle) {
                    return flaw("found duplicate %TAG directive");
                }
                tags.push((handle, prefix));
            }
            _ => {}
        }
    }
}
