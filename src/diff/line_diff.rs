//! Which lines of a text were taken out and put in, with the choices that flux's printer makes among equal answers.
//!
//! The steps are those of Google's diff-match-patch, with lines for characters: common ends, containment, a long
//! common half, Myers' middle snake, and a last pass that merges and shifts neighbours.

use super::line_common::{common_prefix, common_suffix, half_match, index_of};
use super::line_front::{Front, signed};
use super::line_runs::{Change, Run, merge};

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
        if let Some(half) = half_match(long, short, &mut self.left) {
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

fn replaced(old: &[u32], new: &[u32]) -> Vec<Run> {
    vec![
        (Change::Delete, old.to_vec()),
        (Change::Insert, new.to_vec()),
    ]
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
    fn texts_of_equal_lines_take_no_time() {
        let lines = |first: &str, count: usize, last: &str| {
            format!("{first}\n{}{last}\n", "a\n".repeat(count))
        };
        let begin = std::time::Instant::now();
        for (old, new) in [
            (lines("s", 400_000, "b"), lines("t", 200_000, "c")),
            (lines("s", 400_000, "b"), lines("a", 399_999, "c")),
            (
                lines("s", 200_000, "b") + &lines("x", 200_000, "y"),
                lines("t", 390_000, "c"),
            ),
        ] {
            let runs = diff_lines(&old, &new);
            let kept = runs.iter().filter(|(change, _)| *change != Change::Insert);
            assert_eq!(kept.map(|(_, text)| text.as_str()).collect::<String>(), old);
        }
        // Without a bound it would be hours.
        assert!(
            begin.elapsed() < std::time::Duration::from_mins(1),
            "{:?}",
            begin.elapsed()
        );
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
