//! Bytes that a hostile or broken peer could send: random ones, and valid messages damaged in the
//! ways that reach furthest into a decoder.

use fastrand::Rng;

/// Values at which length and number fields turn.
const EDGES: [u8; 10] = [0, 1, 2, 0x0f, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff];

/// One input, made from the corpus or from nothing.
pub(crate) fn input(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    if rng.u8(..) < 16 {
        let len = rng.usize(..200);
        return (0..len).map(|_| rng.u8(..)).collect();
    }
    let mut bytes = pick(rng, corpus).clone();
    for _ in 0..=rng.usize(..3) {
        mutate(rng, &mut bytes, corpus);
    }
    bytes
}

fn pick<'a>(rng: &mut Rng, corpus: &'a [Vec<u8>]) -> &'a Vec<u8> {
    &corpus[rng.usize(..corpus.len())]
}

fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    if bytes.is_empty() {
        bytes.push(rng.u8(..));
    }
    let at = rng.usize(..bytes.len());
    let end = (at + 1 + rng.usize(..12)).min(bytes.len());
    match rng.u8(..9) {
        0 | 1 => bytes[at] ^= 1 << rng.u8(..8),
        2 => bytes[at] = EDGES[rng.usize(..EDGES.len())],
        3 => bytes[at] = bytes[at].wrapping_add(if rng.bool() { 1 } else { 255 }),
        4 => bytes.truncate(at),
        5 => {
            // The head of this message and the tail of another.
            let other = pick(rng, corpus);
            let from = rng.usize(..=other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        6 => {
            let insert: Vec<u8> = (at..end).map(|_| EDGES[rng.usize(..EDGES.len())]).collect();
            bytes.splice(at..at, insert);
        }
        7 => {
            bytes.drain(at..end);
        }
        _ => {
            // A part that is there twice: a section, a participant, an entry.
            let part = bytes[at..end].to_vec();
            bytes.splice(end..end, part);
        }
    }
}
