//! Arithmetic modulo 2⁶¹ − 1, and modulo 2³² − 5.

use crate::wire::sketch::{P, P_CHECK};

/// What is left of a number modulo 2⁶¹ − 1: its upper bits count as much as its lower ones.
pub(crate) const fn reduce(value: u64) -> u64 {
    let sum = (value & P) + (value >> 61);
    if sum >= P { sum - P } else { sum }
}

/// The sum of two that are below 2⁶¹ − 1.
pub(crate) const fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= P { sum - P } else { sum }
}

/// The difference of two that are below 2⁶¹ − 1.
pub(crate) const fn sub(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + P - b }
}

/// The product of two that are below 2⁶¹ − 1.
pub(crate) const fn mul(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    add(product as u64 & P, reduce((product >> 61) as u64))
}

/// A signed number, modulo 2⁶¹ − 1.
pub(crate) const fn signed(value: i64) -> u64 {
    let magnitude = reduce(value.unsigned_abs());
    if value < 0 && magnitude > 0 { P - magnitude } else { magnitude }
}

/// That by which a number below 2⁶¹ − 1 is multiplied to give 1; `None` for 0.
///
/// Euclid's algorithm, because differences are small numbers: for those it ends after a few steps.
pub(crate) fn inverse(value: u64) -> Option<u64> {
    let (mut older, mut newer) = (P, value);
    let (mut older_factor, mut newer_factor) = (0, 1);
    while newer > 1 {
        let quotient = older / newer;
        (older, newer) = (newer, older % newer);
        let factor = sub(older_factor, mul(reduce(quotient), newer_factor));
        (older_factor, newer_factor) = (newer_factor, factor);
    }
    (newer == 1).then_some(newer_factor)
}

/// The inverse of a signed number: of a negative one the opposite of that of its magnitude, so that
/// small ones stay small.
pub(crate) fn signed_inverse(value: i64) -> Option<u64> {
    let inverse = inverse(reduce(value.unsigned_abs()))?;
    Some(if value < 0 { sub(0, inverse) } else { inverse })
}

/// A signed number times a check, modulo 2³² − 5.
pub(crate) const fn check(value: i64, check: u32) -> u32 {
    let product = value.unsigned_abs() % P_CHECK * check as u64 % P_CHECK;
    if value < 0 && product > 0 { (P_CHECK - product) as u32 } else { product as u32 }
}

/// The sum of two that are below 2³² − 5.
pub(crate) const fn add_checks(a: u32, b: u32) -> u32 {
    let sum = a as u64 + b as u64;
    (if sum >= P_CHECK { sum - P_CHECK } else { sum }) as u32
}

/// The difference of two that are below 2³² − 5.
pub(crate) const fn sub_checks(a: u32, b: u32) -> u32 {
    if a >= b { a - b } else { (a as u64 + P_CHECK - b as u64) as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by the remainder of wide numbers.
    fn plain(value: i128) -> u64 {
        value.rem_euclid(i128::from(P)) as u64
    }

    #[test]
    fn arithmetic_agrees_with_remainders() {
        let edges = [0, 1, 2, 3, P / 2, P - 2, P - 1];
        for a in edges {
            for b in edges {
                assert_eq!(add(a, b), plain(i128::from(a) + i128::from(b)));
                assert_eq!(sub(a, b), plain(i128::from(a) - i128::from(b)));
                assert_eq!(mul(a, b), plain(i128::from(a) * i128::from(b)));
            }
        }
        let edges = [0, 1, P_CHECK as u32 / 2, P_CHECK as u32 - 1];
        for a in edges {
            for b in edges {
                let sum = (u64::from(a) + u64::from(b)) % P_CHECK;
                assert_eq!(u64::from(add_checks(a, b)), sum);
                assert_eq!(sub_checks(sum as u32, b), a);
            }
        }
        for value in [0, 1, P - 1, P, P + 1, 2 * P, u64::MAX] {
            assert_eq!(reduce(value), plain(i128::from(value)));
        }
        for value in [0, 1, -1, i64::MAX, i64::MIN, P as i64, -(P as i64), 1 - P as i64] {
            assert_eq!(signed(value), plain(i128::from(value)));
            for factor in [1, 2, (P_CHECK - 1) as u32] {
                let product = i128::from(value) * i128::from(factor);
                let expected = product.rem_euclid(i128::from(P_CHECK)) as u32;
                assert_eq!(check(value, factor), expected);
            }
        }
    }

    #[test]
    fn what_has_an_inverse_times_it_is_one() {
        assert_eq!(inverse(0), None);
        assert_eq!(signed_inverse(P as i64), None);
        let mut value = 1u64;
        for _ in 0..10_000 {
            value = reduce(value.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            for small in [value, value >> 40, value >> 55] {
                let inverse = inverse(small);
                assert_eq!(inverse.map(|inverse| mul(inverse, small)), (small > 0).then_some(1));
            }
        }
        for value in [1, -1, 2, -2, i64::MIN, i64::MAX] {
            let inverse = signed_inverse(value).expect("it is no multiple");
            assert_eq!(mul(inverse, signed(value)), 1);
        }
    }
}
