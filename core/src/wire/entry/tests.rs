//! Entries that are written read back, and what is short reads as it would the long way.

use super::*;

fn read(bytes: &[u8]) -> Entry<'_> {
    let entry = Entry::read(&mut Reader::new(bytes)).expect("it was just written");
    assert_eq!(entry.bytes, bytes);
    entry
}

#[test]
fn a_set_has_the_length_it_says_and_reads_back() {
    for (version, key, value) in [(1, 1, 0), (127, 5, 120), (128, 127, 128), (1 << 59, 300, 70)] {
        let (key, value) = (alloc::vec![7u8; key], alloc::vec![9u8; value]);
        let mut bytes = Vec::new();
        put_set(&mut bytes, version, &key, &value);
        assert_eq!(bytes.len(), set_len(version, key.len(), value.len()));
        let op = Op { key: &key, value: Some(&value) };
        assert_eq!((read(&bytes).version, read(&bytes).body), (version, Body::One(op)));
    }
}

#[test]
fn changes_of_keys_have_the_length_they_say_and_read_back() {
    let set = |key| Op { key, value: Some(&b"value"[..]) };
    let delete = |key| Op { key, value: None };
    let (a, b, c) = (&b"a"[..], &b"bb"[..], &b"ccc"[..]);
    for ops in [&[set(a)][..], &[delete(b)], &[set(a), delete(b)], &[delete(a), set(b), set(c)]] {
        let mut bytes = Vec::new();
        put_ops(&mut bytes, 300, ops);
        assert_eq!(bytes.len(), ops_len(300, ops));
        assert!(read(&bytes).ops().eq(ops.iter().copied()));
        if let Body::Batch(batch) = read(&bytes).body {
            let offsets = batch.offsets_in(&bytes);
            assert!(
                offsets.map(|at| Op::at(&bytes, at as usize)).eq(ops.iter().copied().map(Some))
            );
        }
    }
}

#[test]
fn what_changes_no_key_reads_back() {
    let id = [7; 128];
    let mut bytes = Vec::new();
    put_compact(&mut bytes, 300, 299);
    assert_eq!(read(&bytes).body, Body::Compact { up_to: 299 });
    bytes.clear();
    put_leave(&mut bytes, 300);
    assert_eq!(read(&bytes).body, Body::Leave);
    bytes.clear();
    put_evict(&mut bytes, (1 << 60) - 1, &id, (1 << 63) - 1);
    let evict = Body::Evict { participant: &id, generation: (1 << 63) - 1 };
    assert_eq!(read(&bytes).body, evict);
    assert_eq!(read(&bytes).ops().count(), 0);
}

/// Bytes that are nearly an entry: small numbers, and now and then one that does not fit.
fn draw(rng: &mut fastrand::Rng) -> Vec<u8> {
    let (bits, key) = (rng.u8(1..25), rng.usize(1..4));
    let mut bytes = Vec::new();
    put_set(&mut bytes, rng.u64(1..1 << bits), &[7; 3][..key], &[9; 20]);
    bytes.resize(rng.usize(1..40), rng.u8(..));
    for _ in 0..rng.usize(..3) {
        let at = rng.usize(..bytes.len().min(8));
        bytes[at] = [0, 1, 2, 5, 0x7f, 0x80, 0x81, 0xff][rng.usize(..8)];
    }
    bytes
}

#[test]
fn what_is_short_reads_as_the_long_way() {
    let mut rng = fastrand::Rng::with_seed(1);
    let mut short = 0;
    for _ in 0..200_000 {
        let bytes = draw(&mut rng);
        if let Some(entry) = Entry::short(&bytes) {
            short += 1;
            let mut reader = Reader::new(&bytes);
            assert_eq!(Entry::read_long(&mut reader, Ops::decode), Ok(entry), "{bytes:x?}");
            assert_eq!(reader.rest().len(), bytes.len() - entry.bytes.len());
        }
    }
    assert!(short > 20_000, "{short}");
}
