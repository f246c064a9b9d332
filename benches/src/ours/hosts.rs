//! Hosts, what they hold, and exchanges between them.

use plasmid::wire::Message;
use plasmid::{Config, Error, Host, LocalState};

use crate::input::{Values, id, key};

/// Larger than every message that anybody makes here.
pub(crate) const BUDGET: usize = 64 << 20;

/// A configuration that limits nothing that is measured.
pub(crate) fn config(number: usize, history: bool) -> Config {
    let number = number as u64 + 1;
    // As the bindings draw them: milliseconds since 1970, and 16 bits of chance.
    let generation = ((1_750_000_000_000 + 977 * number) << 16) + number % 65_536;
    let mut config = Config { nonce: number, seed: number, generation, ..Config::default() };
    config.state = LocalState { history };
    config.limits.message_bytes = BUDGET as u64;
    config.limits.participants = 2_000_000;
    config.limits.state_bytes = 4 << 30;
    config
}

pub(crate) fn host(number: usize) -> Result<Host, Error> {
    Host::new(&id(number), config(number, true))
}

/// A host that compresses what goes over streams.
pub(crate) fn compressing(number: usize) -> Result<Host, Error> {
    Host::new(&id(number), Config { compress: true, ..config(number, true) })
}

/// A participant with keys of its own. As in a map that all share, no key is used twice.
pub(crate) fn participant(number: usize, keys: usize, value: usize) -> Result<Host, Error> {
    let (mut host, mut values) = (host(number)?, Values::of(number));
    for at in 0..keys {
        host.set(&key(number * keys + at), &values.next(value))?;
    }
    Ok(host)
}

/// Let each of `hubs` learn everything about so many participants.
pub(crate) fn teach(
    hubs: &mut [Host],
    participants: usize,
    keys: usize,
    value: usize,
) -> Result<(), Error> {
    // The digest of somebody who knows nobody: the answer to it is all that a host has.
    let syn = host(999_999_998)?.initiate(BUDGET)?;
    for number in 0..participants {
        let news = participant(number, keys, value)?.receive(&syn, BUDGET)?;
        for hub in &mut *hubs {
            hub.receive(&news, 0)?;
        }
    }
    Ok(())
}

/// Bytes of a message without its delta.
pub(crate) fn beside_delta(message: &[u8]) -> Result<usize, Error> {
    Ok(Message { delta: None, ..Message::decode(message)? }.encode().len())
}
