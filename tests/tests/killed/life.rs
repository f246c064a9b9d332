//! One process from its start to its end: what it promised, and what it showed to others.

use std::fmt::Debug;
use std::time::Instant;

use plasmid::Host;
use plasmid::wire::{self, Body, Message};
use plasmid_tests::dump::Copy;
use plasmid_tests::writer::line::{Line, Opened};
use plasmid_tests::writer::orders::Orders;
use plasmid_tests::writer::writes::{Op, Write, Writes};
use plasmid_tests::writer::{BUDGET, ID, line};

use crate::process::{Next, Process};

/// Exchanges after which two hosts agree if nobody writes.
const ENOUGH: usize = 10;

/// A process, and all that is known of it.
#[derive(Debug)]
pub(crate) struct Life {
    process: Process,
    pub(crate) orders: Orders,
    pub(crate) opened: Option<Opened>,
    /// What each thread writes next.
    writes: Vec<Writes>,
    /// Changes that were acknowledged: (version, changes of keys).
    pub(crate) did: Vec<(u64, Vec<Op>)>,
    /// Up to which version it was told that it compacted.
    pub(crate) compacted: u64,
    /// Up to which version all is durable, it said.
    pub(crate) kept: u64,
    pub(crate) shown: Vec<Shown>,
    /// What it held when it was open was compared with what must be there.
    pub(crate) is_met: bool,
    /// It was told to lay the host down, and did.
    pub(crate) is_ending: bool,
    pub(crate) has_ended: bool,
}

/// An entry of the own participant in a message.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) generation: u64,
    pub(crate) version: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) ops: Vec<Op>,
    pub(crate) is_compaction: bool,
}

impl Life {
    pub(crate) fn start(orders: Orders) -> Life {
        Life {
            process: Process::start(&orders),
            writes: (0..orders.threads).map(|thread| orders.writes(thread)).collect(),
            orders,
            opened: None,
            did: Vec::new(),
            compacted: 0,
            kept: 0,
            shown: Vec::new(),
            is_met: false,
            is_ending: false,
            has_ended: false,
        }
    }

    /// Note what it said; what is for its peer is given back.
    fn note(&mut self, line: Line) -> Result<Option<Vec<u8>>, String> {
        match line {
            Line::Open(opened) => self.opened = Some(opened),
            Line::Did { thread, version, is_change } => {
                let writes = self.writes.get_mut(thread as usize).ok_or("a thread too many")?;
                match writes.next() {
                    Some(Write::Ops(ops)) if is_change => self.did.push((version, ops)),
                    Some(Write::Compact) => self.compacted = self.compacted.max(version),
                    _ => {}
                }
            }
            Line::Kept(version) => self.kept = version,
            Line::Said(message) => {
                self.look_at(&message)?;
                return Ok(Some(message));
            }
            Line::Closed => self.has_ended = true,
            Line::Refused(text) | Line::Failed(text) => return Err(text),
        }
        Ok(None)
    }

    fn look_at(&mut self, message: &[u8]) -> Result<(), String> {
        if message.is_empty() {
            return Ok(());
        }
        let message = Message::decode(message).map_err(say)?;
        let sections = message.delta.iter().flat_map(|delta| delta.participants());
        for section in sections.filter(|section| section.id == ID) {
            let op = |op: wire::Op<'_>| (op.key.to_vec(), op.value.map(<[u8]>::to_vec));
            self.shown.extend(section.entries.map(|entry| Shown {
                generation: section.generation,
                version: entry.version,
                bytes: entry.bytes.to_vec(),
                ops: entry.ops().map(op).collect(),
                is_compaction: matches!(entry.body, Body::Compact { .. }),
            }));
        }
        Ok(())
    }

    /// What each thread was about to write.
    pub(crate) fn attempts(&mut self) -> impl Iterator<Item = Vec<Op>> {
        self.writes.iter_mut().filter_map(|writes| match writes.next() {
            Some(Write::Ops(ops)) => Some(ops),
            _ => None,
        })
    }

    /// Tell it something. It may have ended.
    pub(crate) fn tell(&mut self, order: &str) {
        self.process.tell(order);
    }

    /// Tell it what `peer` says; an answer comes later, or not.
    pub(crate) fn call(&mut self, peer: &mut Host) -> Result<(), String> {
        let message = peer.initiate(BUDGET).map_err(say)?;
        self.tell(&format!("hear {}", line::digits(&message)));
        Ok(())
    }

    /// Wait for the next line, but no longer than that.
    pub(crate) fn listen(&mut self, until: Instant) -> Result<Heard, String> {
        match self.process.next(until) {
            Next::Line(line) => self.note(line).map(Heard::Line),
            Next::Late => Ok(Heard::Nothing),
            Next::Over => Err("it ended by itself".to_owned()),
        }
    }

    /// An exchange that `peer` begins.
    pub(crate) fn exchange(&mut self, peer: &mut Host) -> Result<(), String> {
        self.call(peer)?;
        loop {
            let answer = match self.listen(Process::deadline())? {
                Heard::Line(None) => continue,
                Heard::Line(Some(answer)) => answer,
                Heard::Nothing => return Err("it does not answer".to_owned()),
            };
            let message = peer.receive(&answer, BUDGET).map_err(say)?;
            if message.is_empty() {
                return Ok(());
            }
            self.tell(&format!("hear {}", line::digits(&message)));
        }
    }

    /// Exchanges until `peer` holds exactly what it held when it was opened.
    pub(crate) fn agree(&mut self, peer: &mut Host, opened: Opened) -> Result<(), String> {
        for _ in 0..ENOUGH {
            // A participant that never wrote is told to nobody.
            let is_nobody = opened.max_version == 0;
            if is_nobody || Copy::of(peer, ID).fingerprint() == opened.fingerprint {
                return Ok(());
            }
            self.exchange(peer)?;
        }
        let (id, reached) = (String::from_utf8_lossy(peer.id()), peer.max_version(ID));
        Err(format!("{id} holds something else at {reached:?} than {opened:?}"))
    }

    /// Have it lay the host down, and end.
    pub(crate) fn close(&mut self) -> Result<(), String> {
        self.is_ending = true;
        self.tell("close");
        self.process.rest().into_iter().try_for_each(|line| self.note(line).map(drop))?;
        if self.has_ended { Ok(()) } else { Err("it does not close".to_owned()) }
    }

    /// Kill it, whatever it is doing. What it said before counts.
    pub(crate) fn kill(&mut self) -> Result<(), String> {
        self.process.kill().into_iter().try_for_each(|line| self.note(line).map(drop))
    }
}

/// What came while somebody waited.
pub(crate) enum Heard {
    /// A line, and what is in it for the peer.
    Line(Option<Vec<u8>>),
    Nothing,
}

/// An error as text.
pub(crate) fn say(error: impl Debug) -> String {
    format!("{error:?}")
}
