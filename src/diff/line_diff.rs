//! Which lines of a text were taken out and put in, with the choices that flux's printer makes among equal answers.
//!
//! The steps are those of Google's diff-match-patch, with lines for characters: common ends, containment, a long
//! common half, Myers' middle snake, and a last pass that merges and shifts neighbours.

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
type Run = (Change, Vec<u32>);

/// After how many steps of the search two texts count as wholly different; flux stops after a second.
const PATIENCE: usize = 20_000_000;

/// Returns the runs of lines on the way from one text to another, each as one text.
pub fn diff_lines(old: &str, new: &str) -> Vec<(Change, String)> {
    let mut lines = Vec::new();
    let mut numbers = std::collections::HashMap::new();
    let mut number = |text: &'_ str| -> Vec<u32> {
        text.split_inclusive('\n')
            .map(|line| {
                *numbers.entry(line.to_owned()).or_insert_with(|| {
                    lines.push(line.to_owned());
                    u32::try_from(lines.len() - 1).unwrap_or(u32::MAX)
                })
            })
            .collect()
    };
    let (old, new) = (number(old), number(new));
    let mut search = Search { left: PATIENCE };
    search
        .diff(&old, &new)
        .into_iter()
        .map(|(change, run)| {
            let texts = run.iter().filter_map(|&line| lines.get(line as usize));
            (change, texts.map(String::as_str).collect())
        })
        .collect()
}

/// The search, which has only so much patience.
struct Search {
    left: usize,
}

impl Search {
    fn diff(&mut self, old: &[u32], new: &[u32]) -> Vec<Run> {
        if old == new {
            return match old {
                [] => Vec::new(),
                _ => vec![(Change::Keep, old.to_vec())],
            };
        }
        let start = common_prefix(old, new);
        let end = common_suffix(&old[start..], &new[start..]);
        let (old_middle, new_middle) = (&old[start..old.len() - end], &new[start..new.len() - end]);
        let mut runs = self.diff_middle(old_middle, new_middle);
        if start > 0 {
            runs.insert(0, (Change::Keep, old[..start].to_vec()));
        }
        if end > 0 {
            runs.push((Change::Keep, old[old.len() - end..].to_vec()));
        }
        merge(runs)
    }

    /// Compares texts that neither begin nor end with the same line.
    fn diff_middle(&mut self, old: &[u32], new: &[u32]) -> Vec<Run> {
        if old.is_empty() {
            return vec![(Change::Insert, new.to_vec())];
        }
        if new.is_empty() {
            return vec![(Change::Delete, old.to_vec())];
        }
        let shrinks = old.len() > new.len();
        let (long, short) = if shrinks { (old, new) } else { (new, old) };
        if let Some(index) = index_of(long, short) {
            let change = if shrinks {
                Change::Delete
            } else {
                Change::Insert
            };
            return vec![
                (change, long[..index].to_vec()),
                (Change::Keep, short.to_vec()),
                (change, long[index + short.len()..].to_vec()),
            ];
        }
        if short.len() == 1 {
            return replaced(old, new);
        }
        if let Some(half) = half_match(long, short) {
            let (of_long, of_short) = (half.long, half.short);
            let (of_old, of_new) = if shrinks {
                (of_long, of_short)
            } else {
                (of_short, of_long)
            };
            let mut runs = self.diff(&old[..of_old.0], &new[..of_new.0]);
            runs.push((Change::Keep, old[of_old.0..of_old.1].to_vec()));
            runs.extend(self.diff(&old[of_old.1..], &new[of_new.1..]));
            return runs;
        }
        match self.middle_snake(old, new) {
            Some((x, y)) => {
                let mut runs = self.diff(&old[..x], &new[..y]);
                runs.extend(self.diff(&old[x..], &new[y..]));
                runs
            }
            None => replaced(old, new),
        }
    }

    /// Finds where paths from both ends of the edit graph meet (Myers 1986).
    fn middle_snake(&mut self, old: &[u32], new: &[u32]) -> Option<(usize, usize)> {
        let limit = (old.len() + new.len()).div_ceil(2);
        let mut forward = Front::new(old.len(), new.len(), limit);
        let mut backward = Front::new(old.len(), new.len(), limit);
        let delta = signed(old.len()) - signed(new.len());
        let is_odd = delta % 2 != 0;
        for depth in 0..signed(limit) {
            self.left = self.left.checked_sub(limit.min(1 + depth.unsigned_abs()))?;
            let mut next = forward.first(depth);
            while let Some(diagonal) = forward.next(depth, &mut next) {
                let (x, y) = forward.advance(depth, diagonal, |x, y| old[x] == new[y]);
                if forward.leaves(x, y) || !is_odd {
                    continue;
                }
                if let Some(other) = backward.reached(delta - diagonal)
                    && x >= signed(old.len()) - other
                {
                    return Some((x.unsigned_abs(), y.unsigned_abs()));
                }
            }
            let mut next = backward.first(depth);
            while let Some(diagonal) = backward.next(depth, &mut next) {
                let (x, y) = backward.advance(depth, diagonal, |x, y| {
                    old[old.len() - x - 1] == new[new.len() - y - 1]
                });
                if backward.leaves(x, y) || is_odd {
                    continue;
                }
                if let Some(other) = forward.reached(delta - diagonal)
                    && other >= signed(old.len()) - x
                {
                    let row = other - (delta - diagonal);
                    return Some((other.unsigned_abs(), row.unsigned_abs()));
                }
            }
        }
        None
    }
}

/// How far the paths from one end have come on each diagonal.
struct Front {
    width: isize,
    height: isize,
    limit: isize,
    furthest: Vec<isize>,
    skip_low: isize,
    skip_high: isize,
}

impl Front {
    fn new(width: usize, height: usize, limit: usize) -> Self {
        let mut furthest = vec![-1; 2 * limit + 2];
        furthest[limit + 1] = 0;
        Self {
            width: signed(width),
            height: signed(height),
            limit: signed(limit),
            furthest,
            skip_low: 0,
            skip_high: 0,
        }
    }

    /// Returns the first diagonal of one depth.
    const fn first(&self, depth: isize) -> isize {
        -depth + self.skip_low
    }

    /// Returns the next diagonal of one depth; what has just left the graph cuts the walk short.
    fn next(&self, depth: isize, next: &mut isize) -> Option<isize> {
        let diagonal = *next;
        *next += 2;
        (diagonal <= depth - self.skip_high).then_some(diagonal)
    }

    fn at(&self, diagonal: isize) -> isize {
        usize::try_from(self.limit + diagonal)
            .ok()
            .and_then(|index| self.furthest.get(index).copied())
            .unwrap_or(-1)
    }

    /// Takes one step on a diagonal and follows equal lines; returns where that ends.
    fn advance(
        &mut self,
        depth: isize,
        diagonal: isize,
        is_equal: impl Fn(usize, usize) -> bool,
    ) -> (isize, isize) {
        let (below, above) = (self.at(diagonal - 1), self.at(diagonal + 1));
        let mut x = if diagonal == -depth || (diagonal != depth && below < above) {
            above
        } else {
            below + 1
        };
        let mut y = x - diagonal;
        while x < self.width && y < self.height && is_equal(x.unsigned_abs(), y.unsigned_abs()) {
            x += 1;
            y += 1;
        }
        if let Some(place) = usize::try_from(self.limit + diagonal)
            .ok()
            .and_then(|index| self.furthest.get_mut(index))
        {
            *place = x;
        }
        (x, y)
    }

    /// Says whether a path has left the graph, and then leaves out its diagonal from now on.
    const fn leaves(&mut self, x: isize, y: isize) -> bool {
        if x > self.width {
            self.skip_high += 2;
        } else if y > self.height {
            self.skip_low += 2;
        } else {
            return false;
        }
        true
    }

    fn reached(&self, diagonal: isize) -> Option<isize> {
        Some(self.at(diagonal)).filter(|&x| x != -1)
    }
}

fn signed(length: usize) -> isize {
    isize::try_from(length).unwrap_or(isize::MAX)
}

fn replaced(old: &[u32], new: &[u32]) -> Vec<Run> {
    vec![
        (Change::Delete, old.to_vec()),
        (Change::Insert, new.to_vec()),
    ]
}

fn common_prefix(left: &[u32], right: &[u32]) -> usize {
    let pairs = left.iter().zip(right);
    pairs.take_while(|(left, right)| left == right).count()
}

fn common_suffix(left: &[u32], right: &[u32]) -> usize {
    let pairs = left.iter().rev().zip(right.iter().rev());
    pairs.take_while(|(left, right)| left == right).count()
}

fn index_of(text: &[u32], part: &[u32]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// A common part of at least half of the longer text: where it is in both.
struct Half {
    long: (usize, usize),
    short: (usize, usize),
}

impl Half {
    const fn length(&self) -> usize {
        self.long.1 - self.long.0
    }
}

fn half_match(long: &[u32], short: &[u32]) -> Option<Half> {
    if long.len() < 4 || short.len() * 2 < long.len() {
        return None;
    }
    let second = half_match_at(long, short, long.len().div_ceil(4));
    let third = half_match_at(long, short, long.len().div_ceil(2));
    match (second, third) {
        (Some(second), Some(third)) if second.length() > third.length() => Some(second),
        (second, None) => second,
        (_, third) => third,
    }
}

/// Looks for a long common part around a seed of a quarter of the longer text.
fn half_match_at(long: &[u32], short: &[u32], start: usize) -> Option<Half> {
    let seed = &long[start..start + long.len() / 4];
    let mut best: Option<Half> = None;
    for place in 0..=short.len().checked_sub(seed.len())? {
        if short[place..place + seed.len()] != *seed {
            continue;
        }
        let after = common_prefix(&long[start..], &short[place..]);
        let before = common_suffix(&long[..start], &short[..place]);
        if best.as_ref().map_or(0, Half::length) < before + after {
            best = Some(Half {
                long: (start - before, start + after),
                short: (place - before, place + after),
            });
        }
    }
    best.filter(|half| half.length() * 2 >= long.len())
}

/// Merges neighbours of the same kind, takes out what an insertion and a deletion have in common, and shifts single
/// edits over equal lines where that joins two runs.
fn merge(mut runs: Vec<Run>) -> Vec<Run> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(old: &str, new: &str) -> String {
        diff_lines(&old.replace(' ', "\n"), &new.replace(' ', "\n"))
            .iter()
            .map(|(change, text)| {
                let sign = match change {
                    Change::Keep => '=',
                    Change::Delete => '-',
                    Change::Insert => '+',
                };
                format!("{sign}{}", text.replace('\n', " "))
            })
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn finds_runs() {
        assert_eq!(runs("a b c ", "a b c "), "=a b c ");
        assert_eq!(runs("a b c ", "a c "), "=a |-b |=c ");
        assert_eq!(runs("a b c ", "x a b c "), "+x |=a b c ");
        assert_eq!(runs("", "x "), "+x ");
        assert_eq!(runs("a b c d e ", "1 b c d 5 "), "-a |+1 |=b c d |-e |+5 ");
        assert_eq!(runs("a b", "a b c"), "=a |-b|+b c");
    }

    #[test]
    fn gives_back_both_texts() {
        let mut state = 7_u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..3000 {
            let mut text = || {
                let lines: Vec<_> = (0..next(12)).map(|_| next(5).to_string()).collect();
                lines.join("\n")
            };
            let (old, new) = (text(), text());
            let runs = diff_lines(&old, &new);
            let side = |without: Change| {
                let kept = runs.iter().filter(|(change, _)| *change != without);
                kept.map(|(_, text)| text.as_str()).collect::<String>()
            };
            assert_eq!(side(Change::Insert), old);
            assert_eq!(side(Change::Delete), new);
        }
    }
}
