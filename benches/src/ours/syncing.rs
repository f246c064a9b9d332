//! W2: a newcomer learns everything.

use plasmid::{Error, Host, Mode};
use serde_json::{Value, json};

use super::hosts::{BUDGET, compressing, host, teach};
use crate::clock::clocked;
use crate::exchange::{exchange, over_a_stream};
use crate::input::VALUE;

const PARTICIPANTS: usize = 1_000;
const KEYS: usize = 100;
const ENTRIES: usize = PARTICIPANTS * KEYS;
/// What chitchat fills, the greatest datagram of UDP.
const DATAGRAM: usize = 65_507;

pub(crate) fn cold_sync(how: &str) -> Result<Value, Error> {
    let host = if how == "compressed" { compressing } else { host };
    let mut holder = host(PARTICIPANTS)?;
    teach(core::slice::from_mut(&mut holder), PARTICIPANTS, KEYS, VALUE)?;
    let mut newcomer = host(PARTICIPANTS + 1)?;
    let (said, ns) = clocked(|| match how {
        "datagrams" => in_messages(&mut newcomer, &mut holder, DATAGRAM),
        "stream" | "compressed" => {
            over_a_stream(&mut newcomer, &mut holder, Mode::Pull).map(|bytes| (1, bytes))
        }
        _ => in_messages(&mut newcomer, &mut holder, BUDGET),
    });
    let (exchanges, bytes) = said?;
    let held: usize = newcomer.participants(None).iter().map(|id| newcomer.len(id)).sum();
    assert_eq!(held, ENTRIES);
    let (ns, bytes) = (ns / ENTRIES as f64, bytes as f64 / ENTRIES as f64);
    Ok(json!({ "ns": ns, "bytes": bytes, "exchanges": exchanges }))
}

/// Exchanges with messages of that size, until nothing is missing.
fn in_messages(
    newcomer: &mut Host,
    holder: &mut Host,
    budget: usize,
) -> Result<(usize, usize), Error> {
    let (mut exchanges, mut bytes) = (0, 0);
    loop {
        let said = exchange(newcomer, holder, budget)?;
        exchanges += 1;
        bytes += said.iter().map(Vec::len).sum::<usize>();
        // The last exchange brought less than there was room for.
        if said.iter().all(|message| message.len() < budget / 2) {
            return Ok((exchanges, bytes));
        }
    }
}
