//! What an entry takes in memory.

use plasmid::Error;

use crate::fleet::{fleet, host, kept_len, key};
use crate::report::Sizes;

/// As long as a key.
const VALUE: [u8; 16] = [7; 16];
const KEYS: usize = 10_000;
const ROUNDS: usize = 100;

/// `allocated` tells how many bytes are, in the whole process.
pub(crate) fn report(sizes: &mut Sizes, allocated: impl Fn() -> usize) -> Result<(), Error> {
    for (name, participants, keys) in [
        ("copies of 1,000 participants x 1,000 keys", 1_000, 1_000),
        ("copies of 10,000 participants x 1 key", 10_000, 1),
    ] {
        let before = allocated();
        let (mut hub, owners) = fleet(participants, keys, &VALUE)?;
        drop(owners);
        let taken = allocated() - before;
        let entries = participants * keys;
        sizes.row(name, entries, kept_len(&mut hub)? / entries, taken);
    }
    for (name, history) in [
        ("10,000 keys overwritten 100 times, history", true),
        ("10,000 keys overwritten 100 times, no history", false),
    ] {
        let before = allocated();
        let (mut a, mut most) = (host("a", 1, history)?, 0);
        for round in 0..ROUNDS {
            for number in 0..KEYS {
                // Not in the same order each time.
                a.set(&key((number * (2 * round + 1)) % KEYS), &VALUE)?;
                most = most.max(allocated() - before);
            }
        }
        let entries = a.updates(b"a").count();
        sizes.row(name, KEYS, kept_len(&mut a)? / entries, most);
    }
    Ok(())
}
