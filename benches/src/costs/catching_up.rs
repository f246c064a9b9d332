//! A reader that was away while its source changed, deleted and compacted.

use plasmid::{Error, Host};

use super::fleet::{self, VALUE, entries_len, host, journey, key, level, manual};
use super::measure::{Journey, over_seeds};
use super::report::Journeys;

/// One datagram on most networks.
const BUDGET: usize = 1_200;
/// Keys that changed while the reader was away, were deleted, and stayed as they were.
const CHANGED: usize = 10_000;
const DELETED: usize = 5_000;
const SAME: usize = 5_000;

pub(crate) fn report(journeys: &mut Journeys) -> Result<(), Error> {
    let plain = over_seeds(|seed| catch_up(seed, |_| Ok(())))?;
    journeys.row("catch up 10,000 keys, 1,200 bytes", plain);
    let compacted = over_seeds(|seed| catch_up(seed, |source| source.compact(None).map(drop)))?;
    journeys.row("the same past a compaction", compacted);
    Ok(())
}

/// What it takes when the source does `last` before they meet again.
fn catch_up(
    seed: u64,
    last: impl FnOnce(&mut Host) -> Result<(), Error>,
) -> Result<Journey, Error> {
    let mut source = manual("a", 100 + seed)?;
    let mut reader = host("b", seed, true)?;
    for number in 0..SAME + DELETED + CHANGED {
        source.set(&key(number), &[7; VALUE])?;
    }
    level(&mut reader, &mut source)?;
    for number in SAME..SAME + DELETED {
        source.delete(&key(number))?;
    }
    for number in SAME + DELETED..SAME + DELETED + CHANGED {
        source.set(&key(number), &[9; VALUE])?;
    }
    last(&mut source)?;
    // What one message without a limit would bring.
    let syn = reader.initiate(fleet::BUDGET)?;
    let lacked = entries_len(&source.receive(&syn, fleet::BUDGET)?)?;
    let version = source.max_version(b"a").unwrap_or(0);
    let journey = journey(&mut reader, &mut source, version, BUDGET, lacked, |_, _| Ok(()))?;
    assert_eq!(reader.entries(b"a"), source.entries(b"a"));
    Ok(journey)
}
