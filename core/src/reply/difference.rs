//! Where this host and a peer differ: what each of them can tell the other.

use alloc::vec::Vec;

use crate::reply::account::Account;
use crate::reply::pending::{Pending, Theirs, is_behind, pending};
use crate::state::participant::Participant;
use crate::state::view::View;
use crate::wire::delta::ParticipantDelta;
use crate::wire::message::{Kind, Message};
use crate::wire::short::ShortId;
use crate::wire::want::WantLine;

/// Somebody that this host is behind on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) line: WantLine,
    /// The peer's copy is of the same generation: what is unfinished here counts there.
    is_same: bool,
}

impl Wanted {
    /// The copy here, if the peer should know what of it is unfinished.
    pub(crate) fn unfinished<'s>(&self, state: &'s View) -> Option<(ShortId, &'s Participant)> {
        let held = state.at(self.line.short).filter(|_| self.is_same)?;
        Some((self.line.short, held))
    }
}

/// Where this host and a peer differ.
#[derive(Debug, Default)]
pub(crate) struct Difference<'a> {
    /// Everybody that the peer is behind on.
    pub(crate) pending: Vec<Pending<'a>>,
    /// Everybody that this host is behind on.
    pub(crate) wants: Vec<Wanted>,
}

impl<'a> Difference<'a> {
    pub(crate) fn of(state: &'a View, account: &Account) -> Self {
        let mut difference = Difference::default();
        for (short, theirs) in &account.met {
            difference.meet(state.at(*short), *short, theirs);
        }
        difference
    }

    fn meet(&mut self, held: Option<&'a Participant>, short: ShortId, theirs: &Theirs) {
        let (behind, same) = match held {
            Some(held) => {
                let is_level = theirs.line == Some(held.reached());
                if is_level && theirs.clean.is_none() && held.clean().is_none() {
                    return;
                }
                self.pending.extend(pending(held, theirs));
                let is_same = theirs.line.is_some_and(|line| line.0 == held.generation);
                (is_behind(held, theirs), is_same.then_some(held.max_version))
            }
            None => (theirs.line.is_some_and(|line| line.1 > 0), None),
        };
        if behind {
            let line = WantLine { short, from: same.unwrap_or(0) };
            self.wants.push(Wanted { line, is_same: same.is_some() });
        }
    }

    /// Who tells of an older generation is told of the newer one.
    pub(crate) fn correct(&mut self, state: &'a View, message: &Message<'_>, peer: ShortId) {
        for (held, section) in outdated(state, message) {
            if self.pending.iter().any(|told| core::ptr::eq(told.participant, held)) {
                continue;
            }
            let line = Some((section.generation, section.from));
            let is_owner = state.short(section.id) == peer;
            self.pending.extend(pending(held, &Theirs { line, is_owner, ..Theirs::default() }));
        }
    }
}

/// What a SynAck tells of older generations than those of the copies here. Of others that was
/// news when its sender made it; of this host it may be what made it begin a newer one.
fn outdated<'a, 'm>(
    state: &'a View,
    message: &Message<'m>,
) -> impl Iterator<Item = (&'a Participant, ParticipantDelta<'m>)> {
    let told = message.delta.filter(|_| message.kind == Kind::SynAck);
    let sections = told.into_iter().flat_map(|delta| delta.participants());
    sections.filter_map(|section| {
        let held = state.copy(section.id)?;
        (held.generation > section.generation).then_some((held, section))
    })
}

/// Whether the message tells of older generations, so that it is answered whatever it asks for.
pub(crate) fn is_outdated(state: &View, message: &Message<'_>) -> bool {
    outdated(state, message).next().is_some()
}
