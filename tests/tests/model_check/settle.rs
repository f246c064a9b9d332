//! Invariant 10: when the faults stop and the hosts keep meeting, all become equal.

use crate::events::{Action, Config};
use crate::exchange::{Manner, Meeting};
use crate::guards::Rules;
use crate::rules::Width;
use crate::slot::Slot;
use crate::world::State;

/// More rounds of all pairs than any of these small states should need.
const MOST_ROUNDS: u32 = 40;

/// How hosts fail to become equal.
pub(crate) struct Apart {
    /// What is wrong.
    pub(crate) why: String,
    /// How they stand in the end.
    pub(crate) end: State,
}

/// Let all hosts meet in turn until nothing changes, what is under way being lost: in every manner
/// that there is, and of two hosts always the same one begins. Returns the most exchanges that
/// changed something.
pub(crate) fn settle(
    state: &State,
    config: &Config,
    rules: Rules,
    backwards: bool,
) -> Result<u32, Box<Apart>> {
    let halves = config.widths.contains(&Width::Half);
    let narrow = if halves { Width::Half } else { Width::Narrow };
    let width = if backwards { Width::Wide } else { narrow };
    let mut most = 0;
    for manner in Manner::all(config.readings) {
        let meeting = Meeting { config, rules, manner: *manner, width };
        let mut state = *state;
        match rounds(&mut state, meeting, backwards) {
            Ok(exchanges) => {
                most = most.max(exchanges);
                if let Some(why) = difference(&state, config) {
                    return Err(apart(&why, state));
                }
            }
            // Where a guard is missing the search comes to it too, and shows how.
            Err(why) if rules.are_all() || why == CIRCLES => return Err(apart(&why, state)),
            Err(_) => {}
        }
    }
    Ok(most)
}

const CIRCLES: &str = "the hosts go round in circles for ever";

fn apart(why: &str, end: State) -> Box<Apart> {
    Box::new(Apart { why: format!("invariant 10: {why}"), end })
}

/// Rounds of meetings until nothing changes; the number of meetings that changed something, or what
/// breaks.
fn rounds(state: &mut State, meeting: Meeting<'_>, backwards: bool) -> Result<u32, String> {
    let mut exchanges = 0;
    let hosts = u8::from(!state.alive)..meeting.config.hosts as u8;
    let mut pairs: Vec<(u8, u8)> = Vec::new();
    for a in hosts.clone() {
        pairs.extend((a + 1..hosts.end).map(|b| (a, b)));
    }
    if backwards {
        pairs = pairs.into_iter().rev().map(|(a, b)| (b, a)).collect();
    }
    let mut is_still = false;
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        // No sketch stays unread for ever: the next one is larger.
        let manner = if is_still { meeting.manner.later() } else { meeting.manner };
        let meeting = Meeting { manner, ..meeting };
        for (a, b) in &pairs {
            let before = (state.slots, state.heard);
            meeting.hold(state, *a, *b)?;
            for (from, to) in [(*a, *b), (*b, *a)] {
                if state.heard[from as usize] > state.heard[to as usize] {
                    state.step(Action::Tell(from, to), meeting.rules)?;
                }
            }
            let changed = before != (state.slots, state.heard);
            exchanges += u32::from(changed);
            moved |= changed;
        }
        if !moved {
            // What nobody goes on with is given up.
            let held = state.slots.iter_mut().filter(|slot| slot.staged > 0);
            moved = held.map(|slot| slot.staged = 0).count() > 0;
        }
        if !moved && (is_still || meeting.manner.later() == meeting.manner) {
            return Ok(exchanges);
        }
        is_still = !moved;
    }
    Err(CIRCLES.to_owned())
}

/// What is not as it should be when nothing changes any more.
fn difference(state: &State, config: &Config) -> Option<String> {
    let copies = &state.slots[1..config.hosts];
    let newest = copies.iter().max_by_key(|slot| slot.reached())?;
    let own = &state.slots[0];
    let model = if state.alive { own } else { newest };
    if state.alive && own.evicted {
        return Some("W lives and is evicted".to_owned());
    }
    // Copies of one that is gone need not hold the same (paper, figure 1). Where one of them has an
    // unfinished check, the others may not even hear of it, by rules 2 and 3: see
    // `without_its_owner_a_check_may_stay_unfinished`.
    let complete = state.alive || model.left || model.evicted;
    if !complete && copies.iter().any(|copy| copy.clean.is_some()) {
        return None;
    }
    for (copy, host) in copies.iter().zip(["A", "B", "C"]) {
        if (copy.reached().1, model.reached().1) == (0, 0) {
            // A generation without updates is news only where it takes the place of some.
            continue;
        }
        if copy.generation != model.generation || copy.evicted != model.evicted {
            return Some(format!("{host} is of another generation for ever"));
        }
        if (copy.left, copy.max) != (model.left, model.max) {
            return Some(format!("{host} stays behind for ever"));
        }
        if complete && copy.clean.is_some() {
            return Some(format!("{host} never ends its check"));
        }
        if complete && !same_values(copy, model) {
            return Some(format!("{host} is as far as W and shows something else, for ever"));
        }
    }
    let told = state.heard[1..config.hosts].iter().all(|heard| *heard == state.heard[1]);
    (!told).then(|| "an eviction is not known to all".to_owned())
}

fn same_values(a: &Slot, b: &Slot) -> bool {
    (0..a.log.keys.len()).all(|key| a.shown(key) == b.shown(key))
}
