//! The search: every state that can be reached, breadth first, so that what goes wrong is shown in
//! as few steps as possible.

use crate::events::{Action, Config};
use crate::fingerprint::{Set, of_copies, of_state};
use crate::guards::Rules;
use crate::settle::{Apart, settle};
use crate::world::State;

/// More states than any configuration here should have.
const MOST_STATES: usize = 40_000_000;

/// What a search found.
pub(crate) struct Found {
    /// How many different states there are.
    pub(crate) states: usize,
    /// How many changes between them were checked.
    pub(crate) changes: u64,
    /// The most steps from the start that a state needs.
    pub(crate) depth: u32,
    /// From how many different sets of copies the hosts were made to settle.
    pub(crate) settled: usize,
    /// The most exchanges they needed for it.
    pub(crate) exchanges: u32,
    /// The steps to the first violation.
    pub(crate) broken: Option<Broken>,
}

/// A violation.
pub(crate) struct Broken {
    /// The steps after the prelude.
    pub(crate) steps: Vec<Action>,
    /// What is wrong.
    pub(crate) why: String,
    /// How the hosts stand when nothing changes any more, if that is what is wrong.
    pub(crate) end: Option<Box<State>>,
}

struct Search<'a> {
    config: &'a Config,
    rules: Rules,
    seen: Set,
    copies: Set,
    /// For each state the number of the one before, and the step from it.
    before: Vec<(u32, Action)>,
    exchanges: u32,
}

/// Explore `config` under `rules` until everything was seen or something is wrong.
pub(crate) fn explore(config: &Config, rules: Rules) -> Found {
    let copies = Set::new();
    let mut search =
        Search { config, rules, seen: Set::new(), copies, before: Vec::new(), exchanges: 0 };
    let mut changes = 0;
    let mut depth = 0;
    let mut broken = None;
    let start = start(config, rules);
    search.seen.insert(of_state(&start, config));
    search.before.push((0, Action::Lose(0)));
    let mut layer = vec![(0, start)];
    let mut next = Vec::new();
    let mut actions = Vec::new();
    'search: while !layer.is_empty() {
        for (number, state) in &layer {
            state.actions(config, &mut actions);
            for action in &actions {
                let mut after = *state;
                let step = after.step(*action, rules);
                changes += 1;
                let verdict = match step {
                    Err(why) => Err(Box::new(Apart { why, end: after })),
                    Ok(()) => search.visit(*number, *action, after, &mut next),
                };
                if let Err(apart) = verdict {
                    let Apart { why, end } = *apart;
                    let end = why.starts_with("invariant 10").then(|| Box::new(end));
                    broken = Some(Broken { steps: search.steps(*number, *action), why, end });
                    break 'search;
                }
            }
        }
        assert!(search.seen.len() < MOST_STATES, "{}: too many states", config.name);
        std::mem::swap(&mut layer, &mut next);
        next.clear();
        depth += u32::from(!layer.is_empty());
    }
    Found {
        states: search.seen.len(),
        changes,
        depth,
        settled: search.copies.len(),
        exchanges: search.exchanges,
        broken,
    }
}

/// The state after the prelude.
pub(crate) fn start(config: &Config, rules: Rules) -> State {
    let mut state = State::new(config.counts);
    for action in config.prelude {
        state.step(*action, rules).expect("a prelude that breaks nothing");
    }
    state
}

impl Search<'_> {
    fn visit(
        &mut self,
        number: u32,
        action: Action,
        state: State,
        next: &mut Vec<(u32, State)>,
    ) -> Result<(), Box<Apart>> {
        if !self.seen.insert(of_state(&state, self.config)) {
            return Ok(());
        }
        next.push((self.before.len() as u32, state));
        self.before.push((number, action));
        if self.copies.insert(of_copies(&state, self.config)) {
            for backwards in [false, true] {
                let exchanges = settle(&state, self.config, self.rules, backwards)?;
                self.exchanges = self.exchanges.max(exchanges);
            }
        }
        Ok(())
    }

    fn steps(&self, mut number: u32, last: Action) -> Vec<Action> {
        let mut steps = vec![last];
        while number != 0 {
            let (before, action) = self.before[number as usize];
            steps.push(action);
            number = before;
        }
        steps.reverse();
        steps
    }
}
