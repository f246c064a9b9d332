//! Messages put together by hand, from the grammar alone: right ones, and ones that break a rule.

use plasmid::wire::Cell;

use crate::checksum;

/// Short ids are multiples of this.
const STEP: u64 = 16;

/// `value` as unsigned LEB128 in its shortest form.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// `bytes` with their length in front.
pub fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&varint(bytes.len() as u64), bytes].concat()
}

/// A message under construction.
#[derive(Clone)]
pub struct Craft(Vec<u8>);

impl Craft {
    /// Version, kind, the cluster of that hash, and the sender x in generation 1.
    pub fn new(kind: u8, cluster: u64) -> Craft {
        Craft::raw(&[1, kind]).then(&cluster.to_be_bytes()).then(b"\x01x\x01").then(&[0; 8])
    }

    /// Nothing but these bytes.
    pub fn raw(bytes: &[u8]) -> Craft {
        Craft(bytes.to_vec())
    }

    /// Append bytes as they are.
    pub fn then(mut self, bytes: &[u8]) -> Craft {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Append a section.
    pub fn section(self, tag: u64, body: &[u8]) -> Craft {
        self.then(&varint(tag)).then(&prefixed(body))
    }

    /// Append the checksum.
    pub fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 4]);
        checksum::mend(&mut self.0);
        self.0
    }
}

/// A complete digest. A line is a short id, a generation and a max_version.
pub fn digest(lines: &[(u64, u64, u64)]) -> Vec<u8> {
    [vec![0], delta_coded(0, lines)].concat()
}

/// A digest that is complete for `first..=last`.
pub fn digest_of_range(first: u64, last: u64, lines: &[(u64, u64, u64)]) -> Vec<u8> {
    [&[1][..], &first.to_be_bytes(), &last.to_be_bytes(), &delta_coded(first, lines)].concat()
}

/// Each line says what is different from the one before it.
fn delta_coded(first: u64, lines: &[(u64, u64, u64)]) -> Vec<u8> {
    let mut before = (first, 0);
    let coded = lines.iter().flat_map(|(short, generation, max_version)| {
        let (last, older) = std::mem::replace(&mut before, (*short, *generation));
        line(short.wrapping_sub(last) / STEP, generation ^ older, *max_version)
    });
    coded.collect()
}

/// One line of a digest as it is written: how many steps after the line before, what is different
/// of its generation, and its max_version.
pub fn line(gap: u64, generation: u64, max_version: u64) -> Vec<u8> {
    [varint(gap), varint(generation), varint(max_version)].concat()
}

/// What is wanted: in how many numbers two hosts differ, and from where on of whom.
pub fn want(differ: u64, lines: &[(u64, u64)]) -> Vec<u8> {
    let mut before = 0;
    let lines = lines.iter().flat_map(|(short, from)| {
        let gap = (short - std::mem::replace(&mut before, *short)) / STEP;
        [varint(gap), varint(*from)].concat()
    });
    varint(differ).into_iter().chain(lines).collect()
}

/// A sketch.
pub fn sketch(epoch: u64, cells: &[Cell]) -> Vec<u8> {
    varint(epoch).into_iter().chain(cells.iter().flat_map(cell)).collect()
}

/// A cell of a sketch.
pub fn cell(Cell { sum, places, checks }: &Cell) -> Vec<u8> {
    [&sum.to_be_bytes()[..], &places.to_be_bytes(), &checks.to_be_bytes()].concat()
}

/// One participant's section of a delta, without optional parts.
pub fn news(id: &[u8], generation: u64, from: u64, to: u64, entries: &[u8]) -> Vec<u8> {
    Section::new(id, generation, from, to).entries(entries).finish()
}

/// One participant's section of a delta, part by part.
#[derive(Clone, Default)]
pub struct Section {
    head: Vec<u8>,
    parts: u8,
    options: Vec<u8>,
    entries: Vec<u8>,
    piece: Vec<u8>,
}

impl Section {
    /// Nothing but whose it is and from where to where.
    pub fn new(id: &[u8], generation: u64, from: u64, to: u64) -> Section {
        let head = [prefixed(id), varint(generation), varint(from), varint(to)].concat();
        Section { head, ..Section::default() }
    }

    /// The entries.
    pub fn entries(self, entries: &[u8]) -> Section {
        Section { entries: entries.to_vec(), ..self }
    }

    /// The sender's gc_version. Optional parts are appended in the order of these calls.
    pub fn gc_version(self, version: u64) -> Section {
        self.option(1, &varint(version))
    }

    /// The sender's horizon.
    pub fn horizon(self, version: u64) -> Section {
        self.option(2, &varint(version))
    }

    /// A keep list.
    pub fn keep(self, list: &[u8]) -> Section {
        self.option(4, &prefixed(list))
    }

    /// A part of the entry of that version.
    pub fn piece(self, version: u64, total: u64, offset: u64, bytes: &[u8]) -> Section {
        let piece = [varint(version), varint(total), varint(offset), prefixed(bytes)].concat();
        Section { piece, ..self }.option(8, &[])
    }

    /// Say that there is a part, and put these bytes where those of optional parts are.
    pub fn option(mut self, part: u8, bytes: &[u8]) -> Section {
        self.parts |= part;
        self.options.extend_from_slice(bytes);
        self
    }

    /// The section as bytes.
    pub fn finish(self) -> Vec<u8> {
        let parts = [self.parts];
        let entries = prefixed(&self.entries);
        [&self.head[..], &parts, &self.options, &entries, &self.piece].concat()
    }
}

/// An obligation, as it is written everywhere.
pub fn clean(g: u64, p: u64, m0: u64) -> Vec<u8> {
    [varint(g), varint(p), varint(m0)].concat()
}

/// A keep list: an obligation, where the list ends, and the gaps between the versions in it.
pub fn keep_list((g, p, m0): (u64, u64, u64), end: u64, gaps: &[u64]) -> Vec<u8> {
    let gaps = gaps.iter().flat_map(|gap| varint(*gap));
    [clean(g, p, m0), varint(end)].concat().into_iter().chain(gaps).collect()
}

/// A line of the section that says which copies are not clean.
pub fn clean_line(short: u64, g: u64, p: u64, m0: u64) -> Vec<u8> {
    [&short.to_be_bytes()[..], &clean(g, p, m0)].concat()
}

/// A line of the section that says which updates are held in part.
pub fn staged_line(short: u64, version: u64, offset: u64) -> Vec<u8> {
    [&short.to_be_bytes()[..], &varint(version), &varint(offset)].concat()
}

/// A line of the section that says who lived when.
pub fn heard_line(short: u64, generation: u16, age_ms: u64, version: u64) -> Vec<u8> {
    let generation = generation.to_be_bytes();
    [&short.to_be_bytes()[..], &generation, &varint(age_ms), &varint(version)].concat()
}

/// An entry of any kind.
pub fn entry(version: u64, kind: u8, body: &[u8]) -> Vec<u8> {
    [&varint(version)[..], &[kind], &prefixed(body)].concat()
}

/// A `Set`.
pub fn set(version: u64, key: &[u8], value: &[u8]) -> Vec<u8> {
    entry(version, 1, &[&prefixed(key), value].concat())
}

/// A `Batch`: each key with its value, or without one if it is deleted.
pub fn batch(version: u64, ops: &[(&[u8], Option<&[u8]>)]) -> Vec<u8> {
    let ops = ops.iter().flat_map(|(key, value)| match value {
        Some(value) => [&[1][..], &prefixed(key), &prefixed(value)].concat(),
        None => [&[2][..], &prefixed(key)].concat(),
    });
    entry(version, 3, &ops.collect::<Vec<u8>>())
}

/// A `Compact`.
pub fn compact(version: u64, up_to: u64) -> Vec<u8> {
    entry(version, 4, &varint(up_to))
}

/// A `Leave`.
pub fn leave(version: u64) -> Vec<u8> {
    entry(version, 5, b"")
}

/// An `Evict`.
pub fn evict(version: u64, participant: &[u8], generation: u64) -> Vec<u8> {
    entry(version, 6, &[prefixed(participant), varint(generation)].concat())
}
