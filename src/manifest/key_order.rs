//! The order of keys in Go's YAML: digits count as numbers, letters come last.

use std::cmp::Ordering;

/// Up to how many keys are sorted by insertion.
const FEW_KEYS: usize = 12;

/// Sorts pairs by key in Go's order.
///
/// The order has circles (`a10` before `a1b` before `a2` before `a10`), for which the standard
/// library's sort may panic; so this is a plain merge sort, which gives some order for any input.
pub fn sort<T: Copy>(pairs: &mut [(&str, T)]) {
    if pairs.is_sorted_by(|first, second| compare(first.0, second.0) != Ordering::Greater) {
        return;
    }
    if pairs.len() <= FEW_KEYS {
        return insert(pairs);
    }
    let (left, right) = pairs.split_at_mut(pairs.len() / 2);
    sort(left);
    sort(right);
    let merged = merge(left, right);
    pairs.copy_from_slice(&merged);
}

fn insert<T: Copy>(pairs: &mut [(&str, T)]) {
    for end in 1..pairs.len() {
        let mut index = end;
        while index > 0 && compare(pairs[index].0, pairs[index - 1].0) == Ordering::Less {
            pairs.swap(index, index - 1);
            index -= 1;
        }
    }
}

fn merge<'key, T: Copy>(
    mut left: &[(&'key str, T)],
    mut right: &[(&'key str, T)],
) -> Vec<(&'key str, T)> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
        if compare(second.0, first.0) == Ordering::Less {
            merged.push(*second);
            right = right_rest;
        } else {
            merged.push(*first);
            left = left_rest;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    merged
}

/// Compares two keys.
pub fn compare(first: &str, second: &str) -> Ordering {
    let same = first
        .bytes()
        .zip(second.bytes())
        .take_while(|(left, right)| left == right)
        .count();
    // Two characters may share their first bytes: back to where the character starts.
    let start = (0..=same)
        .rev()
        .find(|index| first.is_char_boundary(*index))
        .unwrap_or(0);
    let (Some(left), Some(right)) = (
        first[start..].chars().next(),
        second[start..].chars().next(),
    ) else {
        return first.len().cmp(&second.len());
    };
    match (left.is_alphabetic(), right.is_alphabetic()) {
        (true, true) => left.cmp(&right),
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let seed = zero_seed(&first.as_bytes()[..start], left, right);
            let (left_number, left_length) = number(&first[start..], seed);
            let (right_number, right_length) = number(&second[start..], seed);
            left_number
                .cmp(&right_number)
                .then(left_length.cmp(&right_length))
                .then(left.cmp(&right))
        }
    }
}

/// Zeros inside a number count: after a digit other than zero both numbers start from one.
fn zero_seed(before: &[u8], left: char, right: char) -> i64 {
    let inside = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .any(|byte| *byte != b'0');
    i64::from(inside && (left == '0' || right == '0'))
}

/// Reads the digits at the start; returns their value and how many they are.
fn number(text: &str, seed: i64) -> (i64, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold((seed, 0), |(value, length), digit| {
        (
            value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')),
            length + 1,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_as_go_does() {
        for pair in [
            ["_under", "1"],
            ["1", "Key9"],
            ["Key9", "alias"],
            ["key9", "key10"],
            ["a2", "a02"],
            ["a", "a1"],
            ["a.b", "a0b"],
            ["a-b", "ab"],
            ["a/b", "a1"],
            ["a10", "a10b"],
            ["a100", "a101"],
            ["a1.0", "a10"],
            ["é", "ê"],
        ] {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn survives_an_order_with_circles() {
        let keys: Vec<String> = (0..300)
            .map(|index| format!("a{}{}", index % 17, ["", "b", "0", "-"][index % 4]))
            .collect();
        let mut pairs: Vec<(&str, ())> = keys.iter().map(|key| (key.as_str(), ())).collect();
        sort(&mut pairs);
        assert_eq!(pairs.len(), 300);
    }

    #[test]
    fn sorts_many_keys() {
        let keys: Vec<String> = (0..1000).rev().map(|index| format!("key{index}")).collect();
        let mut pairs: Vec<(&str, usize)> = keys
            .iter()
            .enumerate()
            .map(|(index, key)| (key.as_str(), index))
            .collect();
        sort(&mut pairs);
        assert!(
            pairs
                .iter()
                .enumerate()
                .all(|(index, pair)| pair.0 == format!("key{index}"))
        );
    }
}
