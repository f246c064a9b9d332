//! How far others are with the host's own map, as they say themselves; and what was said to them of
//! theirs.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::wire::short::ShortId;

/// How often a peer is told that this host is level with its map. It does not say that it heard, so
/// a lost message must not be the only one; and who has nothing new to say falls silent in the end.
const TOLD: u8 = 3;

/// Who has nothing new to say still shows that it lives when it is called, once in so many
/// milliseconds.
const SIGN_OF_LIFE_MS: u64 = 1000;

/// One peer.
#[derive(Debug, Default)]
struct Peer {
    /// Its generation, and its process: with a newer one it may have forgotten everything, and one
    /// that was taken up again in the same generation the last of it.
    generation: u64,
    nonce: u64,
    /// The (generation + 1, version) of the own map that it said it holds; zeros if it said
    /// nothing. There may be very many peers, and an option would take eight bytes more.
    holds: (u64, u64),
    /// What it was told, if it called when there was nothing else to say: few do so, of many.
    told: Option<Box<Told>>,
}

/// That all of its map is held here.
#[derive(Debug, Default)]
struct Told {
    /// The (generation, version) of its map that is held.
    reached: (u64, u64),
    /// How often it was told that.
    times: u8,
    /// When it was told something last, if this host has a clock.
    at: u64,
}

/// Peers by short id.
#[derive(Debug, Default)]
pub(crate) struct AckedVersions {
    peers: BTreeMap<ShortId, Peer>,
}

impl AckedVersions {
    /// A peer in that generation and process sent something, and said that it holds that much of
    /// the own map if it said so. At most `max` peers are remembered.
    pub(crate) fn hear(
        &mut self,
        peer: ShortId,
        (generation, nonce): (u64, u64),
        holds: Option<(u64, u64)>,
        max: u64,
    ) {
        let known = self.peers.contains_key(&peer);
        if !known && self.peers.len() as u64 >= max {
            // Somebody's place, at random: who is there comes again, who was invented does not.
            let next = self.peers.range(peer..).next().or(self.peers.iter().next());
            let Some(next) = next.map(|(short, _)| *short) else {
                return;
            };
            self.peers.remove(&next);
        }
        let held = self.peers.entry(peer).or_default();
        if held.generation < generation {
            *held = Peer { generation, nonce, ..Peer::default() };
        }
        // A late message of an earlier generation, of the peer or of this host, takes nothing back.
        if held.generation == generation {
            if held.nonce != nonce {
                // What it had or was told it may not have any more.
                *held = Peer { generation, nonce, ..Peer::default() };
            }
            let holds = holds.map(|(generation, version)| (generation + 1, version));
            held.holds = held.holds.max(holds.unwrap_or_default());
        }
    }

    /// Whether to tell a peer that this host holds all of its map, which has reached that: a few
    /// times, and where there is a clock from time to time, as a sign of life.
    pub(crate) fn tell(&mut self, peer: ShortId, reached: (u64, u64), now: Option<u64>) -> bool {
        let Some(held) = self.peers.get_mut(&peer) else {
            return false;
        };
        let told = held.told.get_or_insert_default();
        if told.reached != reached {
            (told.reached, told.times) = (reached, 0);
        }
        told.times = told.times.saturating_add(1);
        let is_due = told.times <= TOLD
            || now.is_some_and(|now| now.saturating_sub(told.at) >= SIGN_OF_LIFE_MS);
        if is_due {
            told.at = now.unwrap_or(0);
        }
        is_due
    }

    /// How far that peer is with the map of that generation; `since` is the generation in which the
    /// peer is known here. What it said in an earlier one, it may have forgotten.
    pub(crate) fn get(&self, peer: ShortId, own_generation: u64, since: u64) -> Option<u64> {
        let held = self.peers.get(&peer).filter(|held| held.generation >= since)?;
        let (generation, version) = held.holds;
        (generation == own_generation + 1).then_some(version)
    }

    /// The least that any peer has of the map of that generation; `None` if there is none. `since`
    /// gives the generation in which a peer is known here, or nothing for one that is gone.
    pub(crate) fn least(
        &self,
        own_generation: u64,
        since: impl Fn(ShortId) -> Option<u64>,
    ) -> Option<u64> {
        let there = self.peers.keys().filter_map(|short| Some((*short, since(*short)?)));
        there.map(|(short, since)| self.get(short, own_generation, since).unwrap_or(0)).min()
    }
}
