//! A log beside one that is kept the slow way.

use alloc::collections::BTreeMap;

use super::*;
use crate::wire::entry::{self, Op};
use crate::wire::reader::Reader;

/// One entry of the model: its version, its changes of keys, and its bytes.
#[derive(Clone)]
struct Held {
    version: u64,
    ops: Vec<(u8, Option<u8>)>,
    bytes: Vec<u8>,
}

/// A log kept the slow way.
#[derive(Clone, Default)]
struct Model(Vec<Held>);

impl Model {
    fn newest(&self, key: u8) -> Option<u64> {
        let of_key = |held: &&Held| held.ops.iter().any(|op| op.0 == key);
        self.0.iter().rfind(of_key).map(|held| held.version)
    }

    fn value(&self, key: u8) -> Option<u8> {
        let op = |held: &Held| held.ops.iter().find(|op| op.0 == key).copied();
        self.0.iter().rev().find_map(op)?.1
    }

    fn append(&mut self, held: Held, history: bool) {
        self.0.push(held);
        if !history {
            let all = self.clone();
            let newest =
                |held: &Held| held.ops.iter().any(|op| all.newest(op.0) == Some(held.version));
            self.0.retain(newest);
        }
    }

    /// What a compaction drops, by its definition: whatever holds no value that is the newest
    /// of its key.
    fn drops(&self, held: &Held, up_to: u64) -> bool {
        let is_value =
            |op: &(u8, Option<u8>)| op.1.is_some() && self.newest(op.0) == Some(held.version);
        held.version <= up_to && !held.ops.iter().any(is_value)
    }

    /// Whether nothing can be read otherwise after a compaction.
    fn is_sound(&self, up_to: u64) -> bool {
        let mut after = self.clone();
        after.0.retain(|held| !self.drops(held, up_to));
        (0..KEYS).all(|key| self.value(key) == after.value(key))
    }
}

const KEYS: u8 = 20;

fn seen(update: Update<'_>) -> (u64, u8, Option<u8>) {
    (update.version, update.key[0], update.value.map(|value| value[0]))
}

fn check(log: &Log, model: &Model, hasher: &KeyHasher, rng: &mut fastrand::Rng) {
    let kept = |from: u64| model.0.iter().filter(move |held| held.version > from);
    let from = rng.u64(..=model.0.last().map_or(0, |last| last.version));
    assert!(log.after(from).map(|e| e.bytes).eq(kept(from).map(|held| &held.bytes[..])));
    assert_eq!(log.after(from).left(), kept(from).count());
    assert_eq!(log.len(), kept(0).map(|held| held.bytes.len()).sum::<usize>());

    let values = (0..KEYS).filter(|key| model.value(*key).is_some());
    assert_eq!(log.keys(), values.clone().count());
    assert!(log.newest().iter().map(|update| update.key[0]).eq(values));
    let key = rng.u8(..KEYS);
    let all = kept(0).flat_map(|held| held.ops.iter().map(|op| (held.version, op.0, op.1)));
    let mut of_key: Vec<_> = all.filter(|update| update.1 == key).collect();
    of_key.reverse();
    assert_eq!(log.get(&[key], hasher).map(seen).as_ref(), of_key.first());
    let history: Vec<_> = log.history(&[key], hasher).into_iter().map(seen).collect();
    assert_eq!(history, of_key);
    // All that a compaction would drop, and tombstones that it would keep.
    let is_dead = |held: &&Held| {
        let is_value =
            |op: &(u8, Option<u8>)| op.1.is_some() && model.newest(op.0) == Some(held.version);
        !held.ops.iter().any(is_value)
    };
    let dead: usize = kept(0).filter(is_dead).map(|held| held.bytes.len()).sum();
    assert_eq!(log.dead(), dead);

    let room = rng.usize(..=log.len() + 3);
    let cut = log.after(from).cut(room);
    let mut bytes = Vec::new();
    let to = from.max(cut.last);
    log.after(from).copy(cut.len, &mut bytes);
    assert!(cut.len == bytes.len() && cut.len <= room);
    let mut reader = Reader::new(&bytes);
    let copied = core::iter::from_fn(|| Entry::read(&mut reader).ok());
    let expected = kept(from).map(|held| held.version).take_while(|version| *version <= to);
    assert!(copied.map(|entry| entry.version).eq(expected));
    let next = log.after(to).next().map(|entry| entry.bytes.len());
    assert_eq!(cut.refused, next);
    assert!(next.is_none_or(|next| cut.len + next > room));
}

/// The bytes of a log, holes among them.
fn stored(log: &Log) -> &Vec<u8> {
    match &log.store {
        Store::Small(small) => small,
        Store::Large(index) => &index.bytes,
    }
}

fn draw(version: u64, rng: &mut fastrand::Rng) -> Held {
    let count = if rng.u8(..8) == 0 { rng.usize(2..6) } else { 1 };
    let mut ops: BTreeMap<u8, Option<u8>> = BTreeMap::new();
    while ops.len() < count {
        ops.insert(rng.u8(..KEYS), (rng.u8(..4) > 0).then(|| rng.u8(..)));
    }
    let owned: Vec<_> =
        ops.iter().map(|(key, value)| ([*key], value.map(|value| [value; 3]))).collect();
    let borrowed: Vec<_> = owned
        .iter()
        .map(|(key, value)| Op { key, value: value.as_ref().map(|value| &value[..]) })
        .collect();
    let mut bytes = Vec::new();
    entry::put_ops(&mut bytes, version, &borrowed);
    Held { version, ops: ops.into_iter().collect(), bytes }
}

#[test]
fn a_log_agrees_with_a_list() {
    let mut rng = fastrand::Rng::with_seed(7);
    for round in 0..300 {
        let history = round % 2 == 0;
        let hasher = KeyHasher::with_seed(round);
        let (mut log, mut model) = (Log::default(), Model::default());
        let mut version = 0;
        let mut clones = Vec::new();
        for _ in 0..rng.usize(..100) {
            if rng.u8(..10) == 0 {
                clones.push((log.clone(), model.clone()));
            }
            version += rng.u64(1..200);
            let held = draw(version, &mut rng);
            let entry = Entry::read(&mut Reader::new(&held.bytes)).expect("just written");
            log.append(&entry, history, &hasher);
            model.append(held.clone(), history);
            if rng.u8(..20) == 0 {
                let asked = rng.u64(..=version);
                let (up_to, tangled) = log.sound(asked, &hasher);
                assert!(model.is_sound(up_to) && (up_to == asked || !tangled.is_empty()));
                let before = model.clone();
                model.0.retain(|held| !before.drops(held, up_to));
                let mut deleted = Vec::new();
                log.compact(up_to, &hasher, |version, key| deleted.push((version, key[0])));
                for (version, key) in deleted {
                    assert_eq!((before.value(key), before.newest(key)), (None, Some(version)));
                    assert_eq!(model.value(key), None);
                }
                assert!((0..KEYS).all(|key| model.value(key) == before.value(key)));
            }
            check(&log, &model, &hasher, &mut rng);
        }
        for (clone, model) in clones {
            check(&clone, &model, &hasher, &mut rng);
        }
    }
}

#[test]
fn without_history_what_is_overwritten_for_ever_takes_no_more_room() {
    const KEYS: u64 = 20;
    let hasher = KeyHasher::with_seed(1);
    let mut log = Log::default();
    let mut bytes = Vec::new();
    for version in 1..=100_000 {
        bytes.clear();
        entry::put_set(&mut bytes, version, &[(version % KEYS) as u8], b"value");
        let entry = Entry::read(&mut Reader::new(&bytes)).expect("it was just written");
        log.append(&entry, false, &hasher);
        // Holes are at most half of the bytes, so of the updates too: all are of like size.
        assert!(stored(&log).len() <= 2 * log.len() + bytes.len());
        let slots = log.position(u64::MAX);
        assert!(matches!(log.store, Store::Small(_)) || slots as u64 <= 3 * KEYS, "{slots} slots");
    }
    assert_eq!(log.newest().len() as u64, KEYS);
    assert!(stored(&log).capacity() <= 4 * log.len(), "memory is given back");
}

#[test]
fn a_compaction_takes_the_place_of_the_one_before() {
    let hasher = KeyHasher::with_seed(1);
    let mut log = Log::default();
    let mut bytes = Vec::new();
    for version in 2..40 {
        bytes.clear();
        entry::put_compact(&mut bytes, version, version - 1);
        let entry = Entry::read(&mut Reader::new(&bytes)).expect("it was just written");
        log.append(&entry, true, &hasher);
    }
    assert_eq!((log.after(0).left(), log.len(), log.dead()), (1, bytes.len(), 0));
}
