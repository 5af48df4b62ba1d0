//! Runs of lines that share a fate, and how neighbours of them are merged.

use super::line_common::{common_prefix, common_suffix};

/// What happens to a run of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// They stay.
    Keep,
    /// They are taken out.
    Delete,
    /// They are put in.
    Insert,
}

/// A run of lines that share a fate; lines are numbers here.
pub type Run = (Change, Vec<u32>);

/// Merges neighbours of the same kind, takes out what an insertion and a deletion have in common, and shifts single
/// edits over equal lines where that joins two runs.
pub fn merge(mut runs: Vec<Run>) -> Vec<Run> {
    loop {
        runs = join_neighbours(runs);
        if !shift_single_edits(&mut runs) {
            return runs;
        }
    }
}

fn join_neighbours(mut runs: Vec<Run>) -> Vec<Run> {
    runs.push((Change::Keep, Vec::new()));
    let mut pointer = 0;
    let (mut deletions, mut insertions) = (0, 0);
    let (mut deleted, mut inserted) = (Vec::new(), Vec::new());
    while pointer < runs.len() {
        match runs[pointer].0 {
            Change::Insert => {
                insertions += 1;
                inserted.extend_from_slice(&runs[pointer].1);
                pointer += 1;
            }
            Change::Delete => {
                deletions += 1;
                deleted.extend_from_slice(&runs[pointer].1);
                pointer += 1;
            }
            Change::Keep => {
                if deletions + insertions > 1 {
                    if deletions != 0 && insertions != 0 {
                        pointer += factor_out(
                            &mut runs,
                            pointer,
                            deletions + insertions,
                            (&mut deleted, &mut inserted),
                        );
                    }
                    let start = pointer - deletions - insertions;
                    let mut joined = Vec::new();
                    if deletions != 0 {
                        joined.push((Change::Delete, std::mem::take(&mut deleted)));
                    }
                    if insertions != 0 {
                        joined.push((Change::Insert, std::mem::take(&mut inserted)));
                    }
                    let added = joined.len();
                    runs.splice(start..pointer, joined);
                    pointer = start + added + 1;
                } else if pointer != 0 && runs[pointer - 1].0 == Change::Keep {
                    let (_, kept) = runs.remove(pointer);
                    runs[pointer - 1].1.extend(kept);
                } else {
                    pointer += 1;
                }
                (deletions, insertions) = (0, 0);
                deleted.clear();
                inserted.clear();
            }
        }
    }
    if runs.last().is_some_and(|(_, last)| last.is_empty()) {
        runs.pop();
    }
    runs
}

/// Moves what a deletion and an insertion begin and end with into the runs around them.
///
/// Returns by how much the place of the run after them has moved.
fn factor_out(
    runs: &mut Vec<Run>,
    pointer: usize,
    edits: usize,
    (deleted, inserted): (&mut Vec<u32>, &mut Vec<u32>),
) -> usize {
    let mut moved = 0;
    let start = common_prefix(inserted, deleted);
    if start != 0 {
        let common: Vec<u32> = inserted.drain(..start).collect();
        deleted.drain(..start);
        let before = pointer - edits;
        if before > 0 && runs[before - 1].0 == Change::Keep {
            runs[before - 1].1.extend(common);
        } else {
            runs.insert(0, (Change::Keep, common));
            moved = 1;
        }
    }
    let end = common_suffix(inserted, deleted);
    if end != 0 {
        let common = inserted.split_off(inserted.len() - end);
        deleted.truncate(deleted.len() - end);
        runs[pointer + moved].1.splice(0..0, common);
    }
    moved
}

/// Shifts edits between two equal runs sideways where that swallows one of them; says whether any was.
fn shift_single_edits(runs: &mut Vec<Run>) -> bool {
    let mut has_shifted = false;
    let mut pointer = 1;
    while pointer + 1 < runs.len() {
        if runs[pointer - 1].0 == Change::Keep && runs[pointer + 1].0 == Change::Keep {
            let before = runs[pointer - 1].1.clone();
            let after = runs[pointer + 1].1.clone();
            let edit = &mut runs[pointer].1;
            if edit.ends_with(&before) {
                edit.truncate(edit.len() - before.len());
                edit.splice(0..0, before.iter().copied());
                runs[pointer + 1].1.splice(0..0, before);
                runs.remove(pointer - 1);
                has_shifted = true;
            } else if edit.starts_with(&after) {
                edit.drain(..after.len());
                edit.extend_from_slice(&after);
                runs[pointer - 1].1.extend(after);
                runs.remove(pointer + 1);
                has_shifted = true;
            }
        }
        pointer += 1;
    }
    has_shifted
}
