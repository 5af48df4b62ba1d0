//! What two texts have in common: ends, one in the other, or a long part in the middle.

/// Returns how many lines two texts begin with alike.
pub fn common_prefix(left: &[u32], right: &[u32]) -> usize {
    let pairs = left.iter().zip(right);
    pairs.take_while(|(left, right)| left == right).count()
}

/// Returns how many lines two texts end with alike.
pub fn common_suffix(left: &[u32], right: &[u32]) -> usize {
    let pairs = left.iter().rev().zip(right.iter().rev());
    pairs.take_while(|(left, right)| left == right).count()
}

/// Returns where a text has another one in it.
pub fn index_of(text: &[u32], part: &[u32]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// A common part of at least half of the longer text: where it is in both.
pub struct Half {
    /// Where it begins and ends in the longer text.
    pub long: (usize, usize),
    /// Where it begins and ends in the shorter one.
    pub short: (usize, usize),
}

impl Half {
    const fn length(&self) -> usize {
        self.long.1 - self.long.0
    }
}

/// Finds a common part of at least half of the longer text.
pub fn half_match(long: &[u32], short: &[u32]) -> Option<Half> {
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
