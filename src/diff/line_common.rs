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

/// Returns where a text has another one in it, in one pass over both (Knuth, Morris and Pratt 1977).
pub fn index_of(text: &[u32], part: &[u32]) -> Option<usize> {
    // For each line of the part: how long an end of what is before it the part begins with.
    let mut back = vec![0; part.len()];
    let mut fits = 0;
    for place in 1..part.len() {
        while fits > 0 && part[place] != part[fits] {
            fits = back[fits - 1];
        }
        fits += usize::from(part[place] == part[fits]);
        back[place] = fits;
    }
    fits = 0;
    for (place, line) in text.iter().enumerate() {
        while fits > 0 && part.get(fits) != Some(line) {
            fits = back[fits - 1];
        }
        fits += usize::from(part.get(fits) == Some(line));
        if fits == part.len() {
            return Some(place + 1 - fits);
        }
    }
    None
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

/// Finds a common part of at least half of the longer text; nothing once the patience is used up.
pub fn half_match(long: &[u32], short: &[u32], patience: &mut usize) -> Option<Half> {
    if long.len() < 4 || short.len() * 2 < long.len() {
        return None;
    }
    let second = half_match_at((long, short), long.len().div_ceil(4), patience);
    let third = half_match_at((long, short), long.len().div_ceil(2), patience);
    match (second, third) {
        (Some(second), Some(third)) if second.length() > third.length() => Some(second),
        (second, None) => second,
        (_, third) => third,
    }
}

/// Looks for a long common part around a seed of a quarter of the longer text.
fn half_match_at(
    (long, short): (&[u32], &[u32]),
    start: usize,
    patience: &mut usize,
) -> Option<Half> {
    let seed = &long[start..start + long.len() / 4];
    let mut best: Option<Half> = None;
    for place in 0..=short.len().checked_sub(seed.len())? {
        let after = common_prefix(&long[start..], &short[place..]);
        *patience = patience.checked_sub(after + 1)?;
        if after < seed.len() {
            continue;
        }
        let before = common_suffix(&long[..start], &short[..place]);
        *patience = patience.checked_sub(before)?;
        if best.as_ref().map_or(0, Half::length) < before + after {
            best = Some(Half {
                long: (start - before, start + after),
                short: (place - before, place + after),
            });
        }
    }
    best.filter(|half| half.length() * 2 >= long.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_where_it_is_first() {
        let mut state = 5_u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..5000 {
            let mut lines = |most: u64| -> Vec<u32> {
                let length = 1 + next(most);
                (0..length).map(|_| u32::from(next(3) == 0)).collect()
            };
            let (text, part) = (lines(20), lines(5));
            let windows = &mut text.windows(part.len());
            assert_eq!(
                index_of(&text, &part),
                windows.position(|window| window == part),
                "{part:?} in {text:?}"
            );
        }
    }
}
