//! Hosts, what they hold, and meetings between them.

use std::time::Instant;

use plasmid::wire::Message;
use plasmid::{Config, Error, Host, LocalState};

use super::measure::Journey;
use crate::exchange::exchange;

/// Larger than every message made with it.
pub(crate) const BUDGET: usize = 16 << 20;
pub(crate) const KEY: usize = 16;
pub(crate) const VALUE: usize = 64;
/// Bytes of one set: what a copy of the same payload moves.
pub(crate) const PAYLOAD: usize = KEY + VALUE;

pub(crate) fn host(id: &str, nonce: u64, history: bool) -> Result<Host, Error> {
    with(id, nonce, |config| config.state = LocalState { history })
}

/// A host that compacts only when it is told to.
pub(crate) fn manual(id: &str, nonce: u64) -> Result<Host, Error> {
    with(id, nonce, |config| config.auto_compact = false)
}

fn with(id: &str, nonce: u64, option: impl FnOnce(&mut Config)) -> Result<Host, Error> {
    let mut config = Config { nonce, seed: nonce, ..Config::default() };
    option(&mut config);
    Host::new(id.as_bytes(), config)
}

pub(crate) fn key(number: usize) -> [u8; KEY] {
    let mut key = [b'k'; KEY];
    key[..8].copy_from_slice(&(number as u64).to_be_bytes());
    key
}

/// One of 10,000 keys: a stride that visits all of them in no order that a cache could guess.
pub(crate) fn scattered(at: usize) -> [u8; KEY] {
    key(at * 7919 % 10_000)
}

/// A host with so many keys of its own.
pub(crate) fn filled(keys: usize) -> Result<Host, Error> {
    let mut a = host("a", 1, true)?;
    for number in 0..keys {
        a.set(&key(number), &[7; VALUE])?;
    }
    Ok(a)
}

/// `reader` learns what `source` has, and the other way round, in one exchange.
pub(crate) fn pull(reader: &mut Host, source: &mut Host) -> Result<(), Error> {
    exchange(reader, source, BUDGET)?;
    Ok(())
}

/// Exchanges of messages of any size until the reader has all that the source wrote.
pub(crate) fn level(reader: &mut Host, source: &mut Host) -> Result<(), Error> {
    while reader.max_version(source.id()) != source.max_version(source.id()) {
        pull(reader, source)?;
    }
    Ok(())
}

/// Bytes of the entries in a message.
pub(crate) fn entries_len(message: &[u8]) -> Result<usize, Error> {
    let delta = Message::decode(message)?.delta;
    let sections = delta.iter().flat_map(|delta| delta.participants());
    Ok(sections.map(|section| section.entries.bytes().len()).sum())
}

/// Bytes of all entries that a host holds, as it tells them to a newcomer.
pub(crate) fn kept_len(source: &mut Host) -> Result<usize, Error> {
    let (mut newcomer, mut kept) = (host("newcomer", 3, true)?, 0);
    loop {
        let syn = newcomer.initiate(BUDGET)?;
        let delta = source.receive(&syn, BUDGET)?;
        let len = if delta.is_empty() { 0 } else { entries_len(&delta)? };
        if len == 0 {
            return Ok(kept);
        }
        newcomer.receive(&delta, 0)?;
        kept += len;
    }
}

/// Exchanges that the reader initiates, until it has all of the source's map up to `version`. What
/// `before` does is done before each, outside the clock; `lacked` bytes are what must travel.
pub(crate) fn journey(
    reader: &mut Host,
    source: &mut Host,
    version: u64,
    budget: usize,
    lacked: usize,
    mut before: impl FnMut(usize, &mut Host) -> Result<(), Error>,
) -> Result<Journey, Error> {
    let mut journey = Journey { least: lacked.div_ceil(budget), ..Journey::default() };
    while reader.max_version(source.id()) < Some(version) {
        before(journey.exchanges, source)?;
        let start = Instant::now();
        let said = exchange(reader, source, budget)?;
        journey.ns += start.elapsed().as_secs_f64() * 1e9;
        journey.exchanges += 1;
        journey.messages += said.len();
        journey.bytes += said.iter().map(Vec::len).sum::<usize>();
        assert!(journey.exchanges < 100 * journey.least, "no progress: {journey:?}");
    }
    Ok(journey)
}

/// A host that knows `participants` with `keys` keys each, and those participants.
pub(crate) fn fleet(
    participants: usize,
    keys: usize,
    value: &[u8],
) -> Result<(Host, Vec<Host>), Error> {
    let mut hub = host("hub", 1, true)?;
    let mut owners = Vec::new();
    for number in 0..participants {
        let mut owner = host(&format!("participant-{number:04}"), number as u64 + 10, true)?;
        for number in 0..keys {
            owner.set(&key(number), value)?;
        }
        level(&mut hub, &mut owner)?;
        owners.push(owner);
    }
    Ok((hub, owners))
}
