//! automerge 0.12, a CRDT, for the bytes of its compressed cold sync.

use std::error::Error;

use automerge::sync::{Message, State, SyncDoc as _};
use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ROOT, ReadDoc as _};
use serde_json::{Value, json};

use crate::clock::clocked;
use crate::input::{VALUE, Values, id, key};

const PARTICIPANTS: usize = 1_000;
const KEYS: usize = 100;
const ENTRIES: usize = PARTICIPANTS * KEYS;

/// `holder` is made once, as that takes it many seconds; telling a newcomer does not change it.
pub(crate) fn measure(
    words: &[&str],
    holder: &mut Option<AutoCommit>,
) -> Result<Value, Box<dyn Error>> {
    let ["w2", _] = *words else {
        return Err(format!("nothing is called {words:?}").into());
    };
    let made = match holder.take() {
        Some(made) => made,
        None => all()?,
    };
    let (holder, mut newcomer) = (holder.insert(made), AutoCommit::new());
    let (bytes, ns) = clocked(|| sync(&mut newcomer, holder));
    assert_eq!(newcomer.length(ROOT), ENTRIES + 1);
    let (ns, bytes) = (ns / ENTRIES as f64, bytes? as f64 / ENTRIES as f64);
    Ok(json!({ "ns": ns, "bytes": bytes }))
}

/// All participants in one map, under one head: a last change comes after all of theirs.
fn all() -> Result<AutoCommit, Box<dyn Error>> {
    let mut holder = AutoCommit::new();
    for number in 0..PARTICIPANTS {
        let mut one = AutoCommit::new().with_actor(ActorId::from(id(number)));
        let mut values = Values::of(number);
        for at in 0..KEYS {
            let (key, value) = (key(number * KEYS + at), values.next(VALUE));
            one.put(ROOT, String::from_utf8(key)?, String::from_utf8(value)?)?;
        }
        holder.merge(&mut one)?;
    }
    holder.put(ROOT, "last", true)?;
    holder.commit();
    Ok(holder)
}

/// Messages of both in turn, until neither has any; the bytes of all.
fn sync(a: &mut AutoCommit, b: &mut AutoCommit) -> Result<usize, Box<dyn Error>> {
    let (mut of_a, mut of_b, mut bytes) = (State::new(), State::new(), 0);
    loop {
        let said = a.sync().generate_sync_message(&mut of_a);
        let asked = say(said, b, &mut of_b)?;
        let said = b.sync().generate_sync_message(&mut of_b);
        let answered = say(said, a, &mut of_a)?;
        bytes += asked + answered;
        if asked + answered == 0 {
            return Ok(bytes);
        }
    }
}

fn say(
    said: Option<Message>,
    to: &mut AutoCommit,
    state: &mut State,
) -> Result<usize, Box<dyn Error>> {
    let Some(said) = said else { return Ok(0) };
    let bytes = said.encode();
    to.sync().receive_sync_message(state, Message::decode(&bytes)?)?;
    Ok(bytes.len())
}
