//! What a random run is made of: the hosts, the steps, and how it ends. Plain data, so that a run
//! that fails can be printed, shrunk and repeated.

use plasmid::{Digests, Limits, Mode, Ordering};

/// One host of a run.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Length of its id, bytes.
    pub id_len: usize,
    /// Its ordering.
    pub ordering: Ordering,
    /// How it says what it has.
    pub digests: Digests,
    /// Whether it keeps superseded values.
    pub history: bool,
    /// Its first generation.
    pub generation: u64,
    /// Whether it belongs to another cluster.
    pub outsider: bool,
    /// Whether it compacts by itself.
    pub auto_compact: bool,
    /// Its limits.
    pub limits: Limits,
}

/// How hosts meet after the faults have stopped.
#[derive(Clone, Copy, Debug)]
pub enum Finale {
    /// Exchanges with room for everything.
    Roomy,
    /// Exchanges with the least budget. Only for runs of small updates.
    Narrow,
    /// Exchanges with the least budget, and with `room_needed` where that says that more waits.
    Asking,
    /// Streams, in pieces of so many bytes.
    Streams(Pull, u8),
}

/// Which way a stream teaches.
#[derive(Clone, Copy, Debug)]
pub enum Pull {
    /// The initiator learns.
    Pull,
    /// Both learn.
    PushPull,
}

impl From<Pull> for Mode {
    fn from(pull: Pull) -> Mode {
        match pull {
            Pull::Pull => Mode::Pull,
            Pull::PushPull => Mode::PushPull,
        }
    }
}

impl Finale {
    /// The budget of an exchange, bytes.
    pub fn budget(self) -> usize {
        match self {
            Finale::Narrow | Finale::Asking => 512,
            _ => 1 << 24,
        }
    }

    /// The mode and the size of a piece, if hosts meet over streams.
    pub fn stream(self) -> Option<(Mode, usize)> {
        match self {
            Finale::Streams(pull, chunk) => Some((pull.into(), chunk.max(1) as usize)),
            _ => None,
        }
    }
}

/// The hosts of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// At least two.
    pub nodes: Vec<NodePlan>,
    /// Participants that are gone, of which the first host has heard.
    pub ghosts: u8,
    /// Seed of the first host; the others follow.
    pub seed: u64,
    /// How hosts meet at the end.
    pub finale: Finale,
}

impl Plan {
    /// The id of a host.
    pub fn id(&self, at: usize) -> Vec<u8> {
        vec![b'a' + at as u8; self.nodes[at].id_len]
    }

    /// Whether some host has limits that may be reached.
    pub fn is_tight(&self) -> bool {
        self.nodes.iter().any(|node| node.limits != Limits::default())
    }

    /// The key and value of a write: `number` makes the value another one than all before, as far
    /// as its size allows.
    pub fn update(&self, number: u64, key: u8, size: u16) -> (Vec<u8>, Vec<u8>) {
        let is_narrow = matches!(self.finale, Finale::Narrow);
        // What goes in pieces takes many exchanges; a few of these are enough.
        let size = if is_narrow && size < 2500 { size % 101 } else { size % 1200 };
        let key_len = if key == 0 && !is_narrow { 200 } else { 2 };
        let value = number.to_le_bytes().into_iter().cycle().take(size as usize);
        (vec![b'k' + key; key_len], value.collect())
    }

    /// In how many passes around the ring the hosts must be level. With room for everything, news
    /// goes once around to the last host and from there to those before it. The news of a
    /// generation without updates goes only to who holds an older one; it may have to follow that
    /// one, which goes against the ring by one host in each pass.
    pub fn passes(&self, writes: usize) -> usize {
        match self.finale {
            Finale::Narrow | Finale::Asking => 40 + 30 * writes,
            // Those that are evicted and live come back, and go around once more; what missed a
            // compaction has to meet its owner, or somebody who has everything.
            _ => 3 * (3 + self.nodes.len()),
        }
    }
}

/// One step of a run. Hosts, letters and connections are named by any number: the remainder counts.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are named for what they choose")]
pub enum Step {
    /// A host writes.
    Set { host: u8, key: u8, size: u16 },
    /// A host writes so many keys in a row.
    SetMany { host: u8, key: u8, count: u8 },
    /// A host deletes a key.
    Delete { host: u8, key: u8 },
    /// A host changes several keys at once.
    Batch { host: u8, keys: Vec<(u8, bool)> },
    /// A host sets a key that ends by itself.
    SetExpiring { host: u8, key: u8, ttl_ms: u16 },
    /// A host is told that time has passed.
    Tick { host: u8, ms: u16 },
    /// A host drops what is superseded, all of it or up to some version.
    Compact { host: u8, up_to: Option<u8> },
    /// A host leaves.
    Leave { host: u8 },
    /// A host declares another one gone.
    Evict { host: u8, whom: u8 },
    /// A host takes a new generation.
    Renew { host: u8 },
    /// A host is written down.
    Snapshot { host: u8 },
    /// A host starts anew with what was written down.
    Restore { host: u8 },
    /// Somebody follows the changes of a host, by one page.
    Follow { host: u8, limit: u8 },
    /// A Syn goes on its way.
    Initiate { from: u8, to: u8, budget: usize },
    /// A message arrives, and the answer goes on its way.
    Deliver { letter: u8, budget: usize },
    /// A message is there twice.
    Repeat { letter: u8 },
    /// A message is lost.
    Lose { letter: u8 },
    /// A message will arrive at somebody else, or at its sender.
    Misdeliver { letter: u8, to: u8 },
    /// A message is damaged.
    Spoil { letter: u8, damage: Damage },
    /// A host starts anew without its state.
    Restart { host: u8 },
    /// Somebody else, who uses the same id in a later generation, meets a host.
    Twin { host: u8, writes: u8 },
    /// A whole exchange without faults.
    Exchange { from: u8, to: u8, budget: usize },
    /// Two hosts connect by a stream.
    Connect { from: u8, to: u8, mode: Pull, end: bool },
    /// The initiator of a stream asks for a round.
    Gossip { connection: u8 },
    /// Bytes move over a stream, both ways.
    Move { connection: u8, bytes: u16, flip: Option<u8> },
}

/// What happens to a damaged message.
#[derive(Clone, Copy, Debug)]
pub enum Damage {
    /// A bit flips.
    Flip(u8),
    /// The end is missing.
    Cut(u8),
    /// A byte is there that was not.
    Insert(u8, u8),
    /// A byte is missing.
    Remove(u8),
}
