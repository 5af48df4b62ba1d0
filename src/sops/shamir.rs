//! Shamir's secret sharing over GF(2⁸), as SOPS does it.
//!
//! A share is the value of one polynomial a byte of the secret, at a point that is the share's last byte. The field is
//! that of AES, the bytes modulo x⁸ + x⁴ + x³ + x + 1.

use zeroize::Zeroizing;

/// Puts shares together; `None` where they are less than two, or of different lengths, or two are of one point.
pub fn combine(shares: &[Zeroizing<Vec<u8>>]) -> Option<Zeroizing<Vec<u8>>> {
    let length = shares.first()?.len();
    let fit = shares.iter().all(|share| share.len() == length);
    if shares.len() < 2 || length < 2 || !fit {
        return None;
    }
    let points: Vec<u8> = shares.iter().map(|share| share[length - 1]).collect();
    let weights: Option<Vec<u8>> = (0..points.len()).map(|at| weight(&points, at)).collect();
    let weights = weights?;
    let byte = |index: usize| {
        let terms = shares.iter().zip(&weights);
        terms.fold(0, |sum, (share, weight)| {
            sum ^ product(share[index], *weight)
        })
    };
    Some(Zeroizing::new((0..length - 1).map(byte).collect()))
}

/// Returns the factor of one share where the polynomial is looked for at zero (Lagrange).
fn weight(points: &[u8], at: usize) -> Option<u8> {
    let own = points[at];
    let others = points.iter().enumerate().filter(|(index, _)| *index != at);
    others
        .map(|(_, point)| *point)
        .try_fold(1, |weight, point| {
            let distance = own ^ point;
            (distance != 0).then(|| product(weight, product(point, inverse(distance))))
        })
}

/// Multiplies, in a time that does not depend on the factors.
fn product(left: u8, right: u8) -> u8 {
    (0..8).rev().fold(0_u8, |sum, bit| {
        let carry = (sum >> 7).wrapping_neg() & 0x1b;
        let term = ((right >> bit) & 1).wrapping_neg() & left;
        (sum << 1) ^ carry ^ term
    })
}

/// Returns what gives one with a factor: its 254th power.
fn inverse(factor: u8) -> u8 {
    let mut power = factor;
    for _ in 0..6 {
        power = product(product(power, power), factor);
    }
    product(power, power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_that_of_aes() {
        assert_eq!(product(0x57, 0x83), 0xc1);
        assert_eq!(product(0x57, 0x13), 0xfe);
        assert!((1..=255).all(|factor| product(factor, inverse(factor)) == 1));
    }

    /// Shares of a polynomial of the second degree, made here.
    #[test]
    fn enough_shares_give_the_secret_back() {
        let secret = b"a secret";
        let share = |point: u8| {
            let value = |(index, byte): (usize, &u8)| {
                let first = u8::try_from(index).unwrap().wrapping_mul(37) ^ 5;
                byte ^ product(first, point) ^ product(first ^ 0x5a, product(point, point))
            };
            let mut share: Vec<u8> = secret.iter().enumerate().map(value).collect();
            share.push(point);
            Zeroizing::new(share)
        };
        let shares: Vec<_> = (1..=4).map(share).collect();
        assert_eq!(combine(&shares[..3]).unwrap().as_slice(), secret);
        assert_eq!(combine(&shares[1..]).unwrap().as_slice(), secret);
        assert_eq!(combine(&shares).unwrap().as_slice(), secret);
        assert_ne!(combine(&shares[..2]).unwrap().as_slice(), secret);
        assert!(combine(&shares[..1]).is_none());
        assert!(combine(&[share(1), share(1)]).is_none());
    }
}
