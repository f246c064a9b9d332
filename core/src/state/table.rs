//! Copies sorted by short id, in chunks that a clone shares.
//!
//! A clone of the table costs one count for each chunk. What is written after that is copied first:
//! the chunk, which is a list of pointers, and the copy itself. Nothing else is.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::slice;

use crate::state::participant::Participant;
use crate::wire::short::ShortId;

/// The most copies in a chunk. A clone of the table takes longer with smaller ones, the first write
/// to one after that with larger ones; this is the square root of a large fleet.
const MAX_CHUNK: usize = 128;

type Row = (ShortId, Arc<Participant>);

/// The copies from a short id on, up to where the next chunk begins.
#[derive(Clone, Debug)]
struct Chunk {
    /// Beside the pointer, so that a search reads nothing but the list of chunks.
    first: ShortId,
    /// Sorted, and never empty.
    rows: Arc<Vec<Row>>,
}

/// Copies sorted by short id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    chunks: Vec<Chunk>,
    len: usize,
}

impl Table {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, short: ShortId) -> Option<&Participant> {
        let rows = &self.chunks.get(self.chunk(short))?.rows;
        let at = find(rows, short).ok()?;
        Some(&rows[at].1)
    }

    /// A copy that is to be changed. If a clone of the table shares it, it is one's own afterwards.
    pub(crate) fn get_mut(&mut self, short: ShortId) -> Option<&mut Participant> {
        let at = self.chunk(short);
        let rows = &mut self.chunks.get_mut(at)?.rows;
        let at = find(rows, short).ok()?;
        Some(Arc::make_mut(&mut Arc::make_mut(rows)[at].1))
    }

    /// Put somebody in, in the place of who has that short id already.
    pub(crate) fn insert(&mut self, short: ShortId, held: Participant) {
        let row = (short, Arc::new(held));
        let at = self.chunk(short);
        let Some(chunk) = self.chunks.get_mut(at) else {
            self.chunks.push(Chunk { first: short, rows: Arc::new(Vec::from([row])) });
            self.len += 1;
            return;
        };
        let rows = Arc::make_mut(&mut chunk.rows);
        match find(rows, short) {
            Ok(place) => rows[place] = row,
            Err(place) => {
                if rows.len() == rows.capacity() {
                    // A little at a time: there may be very many small participants.
                    rows.reserve_exact(MAX_CHUNK / 8);
                }
                rows.insert(place, row);
                self.len += 1;
            }
        }
        chunk.first = rows[0].0;
        if rows.len() > MAX_CHUNK {
            let upper = rows.split_off(rows.len() / 2);
            rows.shrink_to_fit();
            let first = upper[0].0;
            self.chunks.insert(at + 1, Chunk { first, rows: Arc::new(upper) });
        }
    }

    pub(crate) fn remove(&mut self, short: ShortId) -> Option<Arc<Participant>> {
        let at = self.chunk(short);
        let place = find(&self.chunks.get(at)?.rows, short).ok()?;
        let rows = Arc::make_mut(&mut self.chunks[at].rows);
        let (_, held) = rows.remove(place);
        self.len -= 1;
        if rows.is_empty() {
            self.chunks.remove(at);
        } else {
            self.chunks[at].first = rows[0].0;
            self.merge(at);
            self.merge(at.saturating_sub(1));
        }
        Some(held)
    }

    /// Put a chunk together with the next one if they have become small.
    fn merge(&mut self, at: usize) {
        let [chunk, next, ..] = &mut self.chunks[at..] else {
            return;
        };
        if chunk.rows.len() + next.rows.len() <= MAX_CHUNK / 2 {
            Arc::make_mut(&mut chunk.rows).extend(next.rows.iter().cloned());
            self.chunks.remove(at + 1);
        }
    }

    /// The chunk in which that short id is, or would be put; 0 if there is none.
    fn chunk(&self, short: ShortId) -> usize {
        self.chunks.partition_point(|chunk| chunk.first <= short).saturating_sub(1)
    }

    /// How many are below that short id.
    pub(crate) fn rank(&self, short: ShortId) -> usize {
        let at = self.chunk(short);
        let below: usize = self.chunks[..at].iter().map(|chunk| chunk.rows.len()).sum();
        below + self.chunks.get(at).map_or(0, |chunk| place(&chunk.rows, short))
    }

    /// The short id that so many are below.
    pub(crate) fn nth(&self, mut nth: usize) -> Option<ShortId> {
        for Chunk { rows, .. } in &self.chunks {
            if let Some((short, _)) = rows.get(nth) {
                return Some(*short);
            }
            nth -= rows.len();
        }
        None
    }

    /// Those from `first` to `last`, both included; none if that is no range.
    pub(crate) fn range(&self, first: ShortId, last: ShortId) -> Rows<'_> {
        let at = self.chunk(first);
        let mut chunks = self.chunks.get(at..).unwrap_or_default().iter();
        let rows = chunks.next().map_or(&[][..], |chunk| &chunk.rows[place(&chunk.rows, first)..]);
        Rows { rows: rows.iter(), chunks, last }
    }
}

fn find(rows: &[Row], short: ShortId) -> Result<usize, usize> {
    rows.binary_search_by_key(&short, |(held, _)| *held)
}

/// Where that short id is, or would be.
fn place(rows: &[Row], short: ShortId) -> usize {
    find(rows, short).unwrap_or_else(|place| place)
}

/// Iterator over the copies in a range.
#[derive(Clone, Debug)]
pub(crate) struct Rows<'a> {
    rows: slice::Iter<'a, Row>,
    chunks: slice::Iter<'a, Chunk>,
    last: ShortId,
}

impl<'a> Iterator for Rows<'a> {
    type Item = (ShortId, &'a Participant);

    fn next(&mut self) -> Option<Self::Item> {
        let (short, held) = match self.rows.next() {
            Some(row) => row,
            None => {
                self.rows = self.chunks.next()?.rows.iter();
                self.rows.next()?
            }
        };
        (*short <= self.last).then_some((*short, held))
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use fastrand::Rng;

    use super::*;

    fn held(generation: u64) -> Participant {
        Participant::new(b"somebody", generation)
    }

    /// What is in a table, as (short id, generation).
    fn told(table: &Table) -> Vec<(ShortId, u64)> {
        table.range(0, ShortId::MAX).map(|(short, held)| (short, held.generation)).collect()
    }

    fn check(table: &Table, model: &BTreeMap<ShortId, u64>, rng: &mut Rng, most: ShortId) {
        assert_eq!(table.len(), model.len());
        let (first, last) = (rng.u64(..=most), rng.u64(..=most));
        let range: Vec<ShortId> = table.range(first, last).map(|(short, _)| short).collect();
        let in_model = model.keys().copied().filter(|short| (first..=last).contains(short));
        assert_eq!(range, in_model.collect::<Vec<_>>());
        assert_eq!(table.rank(first), model.range(..first).count());
        let nth = rng.usize(..=model.len());
        assert_eq!(table.nth(nth), model.keys().nth(nth).copied());
        assert_eq!(table.get(first).map(|held| held.generation), model.get(&first).copied());
        let chunks = &table.chunks;
        assert!(chunks.iter().all(|chunk| chunk.first == chunk.rows[0].0));
        assert!(chunks.iter().all(|chunk| chunk.rows.len() <= MAX_CHUNK));
        // However they came and went, there are few of them.
        let least = |pair: &[Chunk]| pair[0].rows.len() + pair[1].rows.len() > MAX_CHUNK / 2;
        assert!(chunks.windows(2).all(least), "{}", chunks.len());
    }

    #[test]
    fn a_table_is_a_sorted_map() {
        for (seed, most) in [(1, 100), (2, 1_000), (3, 10_000), (4, ShortId::MAX)] {
            let mut rng = Rng::with_seed(seed);
            let (mut table, mut model) = (Table::default(), BTreeMap::new());
            for step in 0..20_000 {
                let short = rng.u64(..=most);
                // It grows, and shrinks again, down to nothing.
                let grows = step / 4_000 % 2 == 0;
                if rng.u32(..10) < if grows { 8 } else { 2 } {
                    table.insert(short, held(step));
                    model.insert(short, step);
                } else {
                    let next = model.range(short..).next().map_or(short, |(next, _)| *next);
                    let removed = table.remove(next).map(|held| held.generation);
                    assert_eq!(removed, model.remove(&next));
                }
                if step % 50 == 0 {
                    check(&table, &model, &mut rng, most);
                }
            }
            for (short, generation) in &mut model {
                *generation += 1;
                table.get_mut(*short).expect("it is there").generation += 1;
            }
            assert_eq!(told(&table), Vec::from_iter(model.clone()));
            for short in model.into_keys() {
                assert!(table.remove(short).is_some() && table.remove(short).is_none());
            }
            assert!(table.chunks.is_empty() && table.nth(0).is_none());
        }
    }

    #[test]
    fn a_clone_stays_as_it_was() {
        let mut rng = Rng::with_seed(5);
        let mut table = Table::default();
        let mut clones: Vec<(Table, Vec<(ShortId, u64)>)> = Vec::new();
        for step in 0..10_000 {
            let short = rng.u64(..1_000);
            match rng.u32(..4) {
                0 => drop(table.remove(short)),
                1 => table.get_mut(short).into_iter().for_each(|held| held.generation = step),
                _ => table.insert(short, held(step)),
            }
            if step % 500 == 0 {
                clones.push((table.clone(), told(&table)));
            }
        }
        assert!(clones.iter().all(|(clone, was)| told(clone) == *was));
    }

    #[test]
    fn a_write_after_a_clone_copies_one_and_its_chunk() {
        let mut table = Table::default();
        (0..1_000).for_each(|short| table.insert(short, held(1)));
        let clone = table.clone();
        table.get_mut(500).expect("it is there").generation = 2;
        let shared = table.chunks.iter().zip(&clone.chunks);
        let others = shared.filter(|(ours, theirs)| !Arc::ptr_eq(&ours.rows, &theirs.rows));
        assert_eq!(others.count(), 1);
        let pairs = table.range(0, ShortId::MAX).zip(clone.range(0, ShortId::MAX));
        let copied = pairs.filter(|((_, ours), (_, theirs))| !core::ptr::eq(*ours, *theirs));
        assert_eq!(copied.map(|((short, _), _)| short).collect::<Vec<_>>(), [500]);
    }
}
