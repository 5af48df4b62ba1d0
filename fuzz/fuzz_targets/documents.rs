//! The quick reader of usual YAML and the parser of all of it read the same, to the place of each node.

#![no_main]

use gitops::manifest::{Content, Node};
use libfuzzer_sys::fuzz_target;

/// A comment that the quick reader does not take, for the line break of YAML 1.1 that ends it.
const UNUSUAL: &str = "#\u{85}";

/// Moves a node up by a line.
fn lift(node: &mut Node) {
    node.line = node.line.saturating_sub(1);
    match &mut node.content {
        Content::Scalar(_) => {}
        Content::Sequence(items) => items.iter_mut().for_each(lift),
        Content::Mapping(entries) => entries.iter_mut().for_each(|entry| {
            lift(&mut entry.key);
            lift(&mut entry.value);
        }),
    }
}

fuzz_target!(|text: &str| {
    // Of several comments above a key none describes its value, so that one more changes what a first one says.
    let usual = !text.starts_with(['%', '\u{feff}']) && !text.trim_start().starts_with('#');
    let Some(quick) = Node::documents(text).ok().filter(|_| usual) else {
        return;
    };
    let mut slow = Node::documents(&format!("{UNUSUAL}{text}")).expect("a comment changes nothing");
    slow.iter_mut().for_each(lift);
    assert_eq!(quick, slow);
});
