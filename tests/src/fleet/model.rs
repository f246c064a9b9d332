//! A model of a fleet, for more hosts than a machine holds: of each host no more than a version of
//! every participant and what it expects to differ. What a sketch shows is found cell by cell, as
//! hosts do, but with the names of what fell into a cell instead of sums.

use plasmid::wire;

use super::{Brought, Fleet, Said, hosts};
use crate::craft::varint;
use crate::sums::{MOST, Salt};

/// Bytes of a message without sections, and of what a host says beside them.
const FRAME: u64 = 40;
const CAPABILITIES: u64 = 3;
const ACKED: u64 = 4;
/// The longest rows of a sketch.
const ROW: usize = MOST / 4;
const LADDER: [usize; 18] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 768];

/// How hosts say what they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// In sketches where they take less, by the rules of PROTOCOL.md.
    Smallest,
    /// In digests, so that both always know all that differs.
    Exact,
}

/// A fleet of so many hosts.
pub struct Model {
    says: Says,
    /// What each host has: a version of everybody, 0 of whom it does not know.
    held: Vec<Vec<u32>>,
    /// How many each one knows.
    known: Vec<usize>,
    expects: Vec<Expects>,
    /// Where the version of each participant falls, and its generation.
    spots: Vec<[[u16; 4]; 2]>,
    /// Bytes of the gaps of all lines of a complete digest.
    gaps: u64,
}

/// What a host expects to differ: the moving average of PROTOCOL.md, in parts of 256.
#[derive(Clone, Copy, Debug)]
struct Expects {
    mean: Option<u64>,
    is_answered: bool,
    said: u64,
}

impl Expects {
    /// It begins an exchange; whether in lines.
    fn begin(&mut self) -> bool {
        if let (false, Some(mean)) = (self.is_answered, &mut self.mean) {
            *mean -= *mean * 15 / 100;
        }
        self.is_answered = false;
        self.said += 1;
        self.said.is_multiple_of(64)
    }

    fn found(&mut self, differ: usize) {
        let found = (differ.min(MOST) * 256) as u64;
        self.is_answered = true;
        self.mean = Some(match self.mean {
            None => found.min(64 * 256),
            Some(mean) if found > mean => (mean + (found - mean) / 2).min((2 * mean).max(8 * 256)),
            Some(mean) => mean - (mean - found) * 15 / 100,
        });
    }

    /// How many cells its next sketch has.
    fn size(&self) -> usize {
        match self.mean.unwrap_or(64 * 256) {
            mean if mean < 77 => 1,
            mean => size_of((mean * 2 / 256 + 4) as usize),
        }
    }
}

fn size_of(least: usize) -> usize {
    4 * LADDER.into_iter().find(|row| 4 * row >= least).unwrap_or(ROW)
}

/// A participant in which two hosts differ.
#[derive(Clone, Copy)]
struct Differs {
    whose: usize,
    /// By how many versions the one that calls is ahead; behind, if it is less than 0.
    ahead: i64,
    /// One of them does not know it: its generation differs as well.
    is_new: bool,
}

/// What was read off a message.
#[derive(Default)]
struct Read {
    /// Places in the list of what differs.
    found: Vec<usize>,
    numbers: usize,
    left: usize,
}

impl Model {
    /// Hosts that know nobody.
    pub fn new(count: usize, says: Says) -> Model {
        let cluster = wire::cluster_hash(b"");
        let salt = Salt::new(cluster, 0);
        let mut shorts: Vec<u64> =
            (0..count).map(|at| wire::short_id(cluster, &hosts::id(at))).collect();
        let expects =
            |short: &u64| Expects { mean: None, is_answered: false, said: short / 16 % 64 };
        let expects = shorts.iter().map(expects).collect();
        let spots = shorts.iter().map(|short| {
            [false, true].map(|is_generation| {
                let cells = salt.spot_of(*short, is_generation, MOST);
                [0, 1, 2, 3].map(|nth| (cells[nth] - nth * ROW) as u16)
            })
        });
        let spots = spots.collect();
        shorts.sort_unstable();
        let gap = |pair: &[u64]| varint((pair[1] - pair[0]) / 16).len() as u64;
        let gaps = shorts.windows(2).map(gap).sum::<u64>() + 9;
        let held = vec![vec![0; count]; count];
        Model { says, held, known: vec![1; count], expects, spots, gaps }
    }

    /// Hosts that have one version of everybody.
    pub fn level(count: usize, says: Says) -> Model {
        let held = vec![vec![1; count]; count];
        Model { held, known: vec![count; count], ..Model::new(count, says) }
    }

    /// Bytes of a digest section of a host. Where not all are known, gaps are as long on average
    /// as they are among all, for a byte is seven bits.
    fn digest_len(&self, who: usize) -> u64 {
        let lines = self.gaps * self.known[who] as u64 / self.held.len() as u64;
        section(1 + lines + 2 * self.known[who] as u64)
    }

    /// Bytes of its sketch, unless lines take less than `times` as much.
    fn sketch_len(&self, who: usize, size: usize, times: u64) -> Option<u64> {
        let len = section(1 + 20 * size as u64);
        let is_less = (times * len).max(64) < self.digest_len(who);
        (self.says == Says::Smallest && is_less).then_some(len)
    }

    fn differs(&self, a: usize, b: usize) -> Vec<Differs> {
        let both = self.held[a].iter().zip(&self.held[b]).enumerate();
        let differ = both.filter(|(_, (a, b))| a != b);
        let one = |(whose, (a, b)): (usize, (&u32, &u32))| Differs {
            whose,
            ahead: i64::from(*a) - i64::from(*b),
            is_new: *a == 0 || *b == 0,
        };
        differ.map(one).collect()
    }

    /// What of `differ` can be read off sketches of `size` cells.
    fn peel(&self, differ: &[Differs], size: usize) -> Read {
        let numbers = differ.iter().enumerate().flat_map(|(at, one)| {
            let spots = self.spots[one.whose];
            spots.into_iter().take(1 + usize::from(one.is_new)).map(move |spot| (at, spot))
        });
        let numbers: Vec<_> = numbers.collect();
        let row = size / 4;
        let cells_of = |spot: [u16; 4]| {
            [0, 1, 2, 3].map(|nth| if size == 1 { 0 } else { nth * row + spot[nth] as usize % row })
        };
        let times = if size == 1 { 1 } else { 4 };
        let mut cells = vec![Vec::new(); size];
        for (at, (_, spot)) in numbers.iter().enumerate() {
            cells_of(*spot)[..times].iter().for_each(|cell| cells[*cell].push(at));
        }
        let (mut read, mut queue) = (Read::default(), (0..size).collect::<Vec<_>>());
        while let Some(cell) = queue.pop() {
            let [alone] = cells[cell][..] else { continue };
            let (at, spot) = numbers[alone];
            read.found.push(at);
            read.numbers += 1;
            for other in &cells_of(spot)[..times] {
                cells[*other].retain(|number| *number != alone);
                queue.push(*other);
            }
        }
        // Of whom one number was found, both are taken to be: the other follows with the next.
        read.found.sort_unstable();
        read.found.dedup();
        let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
        read.left = if filled == 0 { 0 } else { left(filled, size) };
        read
    }

    fn all(differ: &[Differs]) -> Read {
        Read { found: (0..differ.len()).collect(), numbers: differ.len(), left: 0 }
    }

    /// Bring what was `found` and `to` is behind in; the bytes of the delta section.
    fn bring<'d>(
        &mut self,
        to: usize,
        news: impl Iterator<Item = &'d Differs>,
        brought: &mut Vec<Brought>,
    ) -> u64 {
        let mut body = 0;
        for one in news {
            let before = self.held[to][one.whose];
            let versions = one.ahead.unsigned_abs();
            let after = before + versions as u32;
            self.held[to][one.whose] = after;
            self.known[to] += usize::from(before == 0);
            brought.push(Brought { whose: one.whose, versions });
            let version = |version: u32| varint(version.into()).len();
            // Id, generation, no parts; the entry with its kind, lengths and key.
            let entry = version(after) + 1 + 1 + 1 + hosts::KEY.len() + hosts::VALUE;
            body += (17 + 1 + version(before) + version(after) + 1 + 1 + entry) as u64;
        }
        if body > 0 { section(body) } else { 0 }
    }
}

fn section(body: u64) -> u64 {
    1 + varint(body).len() as u64 + body
}

/// Bytes of a want section of so many.
fn want_len(count: usize, of: usize) -> u64 {
    let gap = varint((1 << 60) / count.max(1) as u64).len() as u64;
    section(varint(of as u64).len() as u64 + count as u64 * (gap + 1))
}

/// How many numbers fill so many cells, by as many terms as hosts take.
fn left(filled: usize, size: usize) -> usize {
    let share = filled as f64 / size as f64;
    let sum: f64 = (1..=12).map(|nth| share.powi(nth) / f64::from(nth)).sum();
    ((sum * size.div_ceil(4) as f64) as usize).clamp(1, size)
}

impl Fleet for Model {
    fn count(&self) -> usize {
        self.held.len()
    }

    fn write(&mut self, who: usize) {
        self.held[who][who] += 1;
    }

    fn meet(&mut self, a: usize, b: usize, brought: &mut Vec<Brought>) -> Said {
        let differ = self.differs(a, b);
        let in_lines = self.expects[a].begin() && self.says == Says::Smallest;
        let mut size = self.expects[a].size();
        let sketch = if in_lines { None } else { self.sketch_len(a, size, 1) };
        // Of many hosts only a part is said in those lines; they come too seldom to matter here.
        let lines = if in_lines { self.digest_len(a).min(2048) } else { self.digest_len(a) };
        let syn = FRAME + sketch.unwrap_or(lines + CAPABILITIES);
        let mut said = Said { exchanges: 1, messages: 1, bytes: syn, ..Said::default() };
        let mut read = match sketch {
            Some(_) => self.peel(&differ, size),
            None => part(&differ, lines as f64 / self.digest_len(a) as f64),
        };
        if !(in_lines && lines == 2048) {
            self.expects[b].found(read.numbers + read.left);
        }
        let mut is_b = true;
        if read.left * 9 > read.numbers {
            // B tells what it found, and says what it has itself.
            let news: Vec<Differs> = told(&differ, &read, false).copied().collect();
            let delta = self.bring(a, news.iter(), brought);
            let is_told = |one: &Differs| news.iter().any(|told| told.whose == one.whose);
            let rest: Vec<Differs> = differ.iter().filter(|one| !is_told(one)).copied().collect();
            let is_full = 4 * read.left >= 3 * size;
            let is_largest = size == MOST || (is_full && 4 * size >= MOST);
            let times = if is_full && size >= 32 { 4 } else { 1 };
            size = size_of((4 * size).max(32));
            let again = self.sketch_len(b, size, times).filter(|_| !is_largest);
            let again_len = again.unwrap_or(self.digest_len(b) + CAPABILITIES);
            said.messages += 1;
            said.again += 1;
            said.delta += delta;
            said.bytes += FRAME + delta + again_len + ACKED;
            read = if again.is_some() { self.peel(&rest, size) } else { Model::all(&rest) };
            self.expects[a].found(read.numbers + read.left);
            is_b = false;
            self.finish(&rest, &read, (a, b, is_b), &mut said, brought);
            return said;
        }
        self.finish(&differ, &read, (a, b, is_b), &mut said, brought);
        said
    }
}

/// What a part of a digest shows: as large a part of what differs.
fn part(differ: &[Differs], share: f64) -> Read {
    let count = (differ.len() as f64 * share.min(1.0)).round() as usize;
    Model::all(&differ[..count])
}

/// What was found that the caller is ahead with, or behind.
fn told<'d>(
    differ: &'d [Differs],
    read: &'d Read,
    of_caller: bool,
) -> impl Iterator<Item = &'d Differs> {
    read.found.iter().map(|at| &differ[*at]).filter(move |one| (one.ahead > 0) == of_caller)
}

impl Model {
    /// Who has read what differs tells its part and wants the rest, and is told that.
    fn finish(
        &mut self,
        differ: &[Differs],
        read: &Read,
        (a, b, is_b): (usize, usize, bool),
        said: &mut Said,
        brought: &mut Vec<Brought>,
    ) {
        let (reader, other) = if is_b { (b, a) } else { (a, b) };
        let news: Vec<_> = told(differ, read, !is_b).copied().collect();
        let wanted: Vec<_> = told(differ, read, is_b).copied().collect();
        if news.is_empty() && wanted.is_empty() {
            return;
        }
        let delta = self.bring(other, news.iter(), brought);
        let want = if wanted.is_empty() { 0 } else { want_len(wanted.len(), read.numbers) };
        said.messages += 1;
        said.delta += delta;
        said.bytes += FRAME + delta + want + ACKED;
        if is_b {
            self.expects[a].found(if want > 0 { read.numbers } else { news.len() });
        }
        if !wanted.is_empty() {
            let delta = self.bring(reader, wanted.iter(), brought);
            said.messages += 1;
            said.delta += delta;
            said.bytes += FRAME + delta + ACKED;
        }
    }
}
