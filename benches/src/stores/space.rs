//! How much of a disk a store takes while its entries are overwritten.

use serde_json::{Value, json};

use super::{ENTRY, Options, Outcome, Store, emptied, entry, files, folder};

const COMMITS: usize = 100_000;
/// After so many commits all is made durable: a system does it now and then.
const SYNCED: u64 = 100;

/// Set so many keys again and again, each by itself: bytes on disk for one byte of what is live,
/// keys, values and the number of each entry.
pub(crate) fn overwriting<S: Store>(keys: usize) -> Outcome<Value> {
    let folder = emptied(folder::<S>("space")?)?;
    let mut store = S::open(&folder, Options::Relaxed)?;
    let live = (keys * (size_of::<u64>() + ENTRY)) as f64;
    let mut most = 0;
    for at in 0..COMMITS {
        let version = at as u64 + 1;
        // Forwards and backwards in turn.
        let (round, place) = (at / keys, at % keys);
        let number = if round % 2 == 0 { place } else { keys - 1 - place };
        let superseded = at.checked_sub(2 * place + 1).map(|last| last as u64 + 1);
        let new = entry(version, number, ENTRY);
        store.put(&[new], superseded.as_slice())?;
        if version.is_multiple_of(SYNCED) {
            store.sync()?;
            most = most.max(bytes(&folder)?);
        }
    }
    let all = store.read()?;
    assert_eq!(all.len(), keys);
    store.close()?;
    Ok(json!({ "most": most as f64 / live, "closed": bytes(&folder)? as f64 / live }))
}

fn bytes(folder: &std::path::Path) -> Outcome<u64> {
    Ok(files(folder)?.iter().map(|(_, len)| len).sum())
}
