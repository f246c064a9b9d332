//! Invariant 10: when the faults stop and the hosts keep meeting, all become equal.

use crate::events::{Action, Config};
use crate::guards::Rules;
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

/// Let all hosts meet in turn until nothing changes, what is under way being lost. Returns the
/// number of exchanges that changed something.
pub(crate) fn settle(
    state: &State,
    config: &Config,
    rules: Rules,
    backwards: bool,
) -> Result<u32, Box<Apart>> {
    let mut state = *state;
    let mut exchanges = 0;
    let first = u8::from(!state.alive);
    let mut pairs = Vec::new();
    for from in first..config.hosts as u8 {
        pairs.extend((first..config.hosts as u8).filter(|to| *to != from).map(|to| (from, to)));
    }
    if backwards {
        pairs.reverse();
    }
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        for (from, to) in &pairs {
            for action in [Action::Exchange(*from, *to, !backwards), Action::Tell(*from, *to)] {
                let tells = matches!(action, Action::Tell(..));
                if tells && state.heard[*from as usize] <= state.heard[*to as usize] {
                    continue;
                }
                let before = (state.slots, state.heard);
                if state.step(action, rules).is_err() {
                    // The search comes to this step too, and shows how.
                    return Ok(exchanges);
                }
                let changed = before != (state.slots, state.heard);
                exchanges += u32::from(changed);
                moved |= changed;
            }
        }
        if !moved {
            return match difference(&state, config) {
                None => Ok(exchanges),
                Some(why) => {
                    Err(Box::new(Apart { why: format!("invariant 10: {why}"), end: state }))
                }
            };
        }
    }
    let why = "invariant 10: the hosts go round in circles for ever".to_owned();
    Err(Box::new(Apart { why, end: state }))
}

/// What is not as it should be when nothing changes any more.
fn difference(state: &State, config: &Config) -> Option<String> {
    let copies = &state.slots[1..config.hosts];
    let newest = copies.iter().max_by_key(|slot| slot.order())?;
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
