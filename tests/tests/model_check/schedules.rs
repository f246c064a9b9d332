//! Schedules by name: what went wrong elsewhere, run under these rules and without the guard that
//! was missing there (experiments R9 to R12), and what the rules do not promise.

use crate::configs::SMALL;
use crate::events::Action::{Compact, Delete, Deliver, Die, Evict, Restart, Set, Tell};
use crate::events::{Action, Config, Counts, Way};
use crate::exchange::{Manner, Meeting};
use crate::guards::{Guard, Rules};
use crate::rules::Width::{Narrow, Wide};
use crate::rules::{Message, Outcome, Width, answer, receive};
use crate::says::{How, Reading, Said, read};
use crate::settle::settle;
use crate::slot::Slot;
use crate::transcript;
use crate::world::State;

/// The participant, A, B and C.
const FOUR: Config = Config {
    name: "schedule",
    hosts: 4,
    late: 2,
    widths: &[Narrow, Wide],
    counts: Counts {
        sets: 3,
        deletes: 1,
        compacts: 1,
        restarts: 1,
        deaths: 1,
        evictions: 1,
        ..Counts::NONE
    },
    ..SMALL
};

const W: u8 = 0;
const A: u8 = 1;
const B: u8 = 2;
const C: u8 = 3;

/// `to` says what it has in lines, and `from` tells what it lacks.
const fn exchange(from: u8, to: u8, width: Width) -> Action {
    Action::Exchange(from, to, Way::LINES, width)
}

/// What a copy says in a digest.
fn line(slot: &Slot) -> Said {
    Said::of(A, slot, How::Lines, Rules::ALL)
}

/// What the owner tells a reader.
fn news(own: &Slot, reader: &Slot) -> Option<Message> {
    let theirs = read(own, &line(reader), Reading::Plain, Rules::ALL)?;
    answer(own, &theirs, Narrow, Rules::ALL)
}

/// Run `steps`; nothing may be wrong on the way.
fn play(steps: &[Action], rules: Rules) -> State {
    let mut state = State::new(FOUR.counts);
    for step in steps {
        print!("{}", transcript::step(&state, *step, rules));
        state.step(*step, rules).expect("steps that break nothing");
    }
    state
}

/// All hosts become equal by meeting in whatever order.
fn converges(state: &State, rules: Rules) {
    for backwards in [false, true] {
        if let Err(apart) = settle(state, &FOUR, rules, backwards) {
            panic!("{}\n{}", apart.why, transcript::standing(&apart.end, &FOUR));
        }
    }
}

/// Let all living hosts meet, so often that nothing can change any more, and show how they stand.
fn meet(state: &mut State, rules: Rules) {
    for _ in 0..40 {
        for from in u8::from(!state.alive)..4 {
            for to in (u8::from(!state.alive)..4).filter(|to| *to != from) {
                // What is broken on the way is not the question here.
                let _ = state.step(exchange(from, to, Narrow), rules);
                if state.heard[from as usize] > state.heard[to as usize] {
                    let _ = state.step(Tell(from, to), rules);
                }
            }
        }
    }
    print!("{}", transcript::standing(state, &FOUR));
}

/// R9, chitchat's issue 110: C has b, is cut off while b is deleted and compacted away, and meets
/// A, who has begun to catch up with the compaction and has not come to b yet.
const ZOMBIE: [Action; 7] = [
    Set(0),
    Set(1),
    exchange(W, C, Wide),
    Delete(1),
    Compact(3),
    exchange(W, A, Narrow),
    exchange(C, A, Narrow),
];

#[test]
fn the_zombie_key_schedule() {
    let mut state = play(&ZOMBIE, Rules::ALL);
    assert_eq!(state.slots[A as usize].shown(1), 0, "b is not taken from one that is behind");
    converges(&state, Rules::ALL);
    meet(&mut state, Rules::ALL);
    for slot in state.slots {
        assert_eq!((slot.shown(0), slot.shown(1), slot.max), (1, 0, 4));
    }
}

#[test]
fn without_rule_2_the_zombie_key_lives_for_ever() {
    let rules = Rules::without(&[Guard::BehindIsSilent, Guard::BehindIsRefused]);
    let mut state = play(&ZOMBIE, rules);
    meet(&mut state, rules);
    let own = state.slots[W as usize];
    assert_eq!(own.shown(1), 0);
    assert_eq!(state.slots[A as usize].shown(1), 2, "b is back at A");
    for slot in state.slots {
        assert!(line(&slot) == line(&own), "equal digests: nobody repairs it");
    }
}

/// R12, scylladb#14991: a node is removed, and a peer that does not know teaches it to the one that
/// removed it, and so on in circles.
const REMOVED: [Action; 8] = [
    Set(0),
    exchange(W, A, Wide),
    exchange(W, B, Wide),
    Action::Send(B, C, Way::LINES, Wide),
    Die,
    Evict,
    exchange(A, C, Wide),
    Deliver(0, C),
];

#[test]
fn a_removed_node_never_circles_back() {
    let mut state = play(&REMOVED, Rules::ALL);
    converges(&state, Rules::ALL);
    meet(&mut state, Rules::ALL);
    for host in [A, B, C] {
        assert!(state.slots[host as usize].evicted);
        let mut later = state;
        later.step(Deliver(0, host), Rules::ALL).expect("no harm");
        assert!(later == state, "the letter of its life comes too late");
    }
}

#[test]
fn without_rank_a_removed_node_circles_for_ever() {
    let rules = Rules::without(&[Guard::EvictedOutranks]);
    let mut state = play(&REMOVED[..7], rules);
    let mut returns = 0;
    for _ in 0..100 {
        for (from, to) in [(B, A), (C, B), (A, C)] {
            let before = state.slots[to as usize];
            let _ = state.step(exchange(from, to, Narrow), rules);
            returns += u32::from(before.evicted && !state.slots[to as usize].evicted);
        }
    }
    assert!(returns >= 30, "it came back {returns} times");
}

/// An evicted participant that lives hears of it, and is back in a higher generation.
#[test]
fn one_that_is_evicted_and_lives_comes_back() {
    let steps =
        [Set(0), exchange(W, A, Wide), Evict, exchange(A, B, Wide), exchange(B, W, Wide), Set(1)];
    let mut state = play(&steps, Rules::ALL);
    converges(&state, Rules::ALL);
    meet(&mut state, Rules::ALL);
    for slot in state.slots {
        let shown = (slot.generation, slot.evicted, slot.shown(0), slot.shown(1));
        assert_eq!(shown, (3, false, 1, 2));
    }
}

/// R11: W had come to a@1, b@2 and a@3 and starts anew with nothing.
const RESTARTED: [Action; 6] =
    [Set(0), Set(1), exchange(W, A, Wide), Restart, Set(0), exchange(A, B, Wide)];

#[test]
fn a_restart_with_the_same_id_replaces_the_old_copies() {
    let mut state = play(&RESTARTED, Rules::ALL);
    converges(&state, Rules::ALL);
    meet(&mut state, Rules::ALL);
    for slot in state.slots {
        assert_eq!((slot.generation, slot.shown(0), slot.shown(1)), (3, 1, 0));
    }
}

#[test]
fn without_generations_what_was_set_after_a_restart_is_never_heard_of() {
    let rules = Rules::without(&[Guard::Generations]);
    let mut state = play(&RESTARTED, rules);
    meet(&mut state, rules);
    assert_eq!(state.slots[W as usize].shown(1), 0);
    assert_eq!(state.slots[A as usize].shown(1), 2, "b of the old life lives on at A");
}

/// R10: the owner compacts for ever, each time beyond all that the reader has. The number of narrow
/// exchanges until the reader is level and clean, when there are `pause` between compactions.
fn chase(pause: u32) -> Option<u32> {
    let mut own = Slot::new(1);
    let mut reader = Slot::default();
    for key in [0, 1, 0, 1] {
        own.write(key, false);
    }
    while reader.max < own.max {
        let delta = news(&own, &reader).expect("news");
        receive(&mut reader, &delta, Rules::ALL);
    }
    own.write(1, true);
    own.compact(5);
    for exchange in 0..50 {
        if exchange > 0 && exchange % pause == 0 && own.max < 50 {
            own.write(0, false);
            own.compact(own.max);
        }
        if let Some(delta) = news(&own, &reader) {
            let max = reader.max;
            assert!(receive(&mut reader, &delta, Rules::ALL) == Outcome::Taken);
            assert!(reader.max >= max, "never starts over");
        }
        let same = reader.shown(0) == own.shown(0) && reader.shown(1) == own.shown(1);
        if same && reader.max == own.max && reader.clean.is_none() {
            return Some(exchange + 1);
        }
    }
    None
}

/// The check of what is held needs some exchanges (here four, as many as versions are held), and
/// it begins again with every compaction beyond what the reader has. So a reader gets level if the
/// keep list is through before the owner compacts again.
#[test]
fn a_lagging_reader_gets_level_while_the_owner_compacts_for_ever() {
    assert_eq!(chase(4), Some(4));
    assert_eq!(chase(100), Some(4));
    assert_eq!(chase(1), None, "a check that is begun anew before it ends");
}

/// What the rules do not promise: A knows b and has an unfinished check, so it serves nothing (rule
/// 3); B has not seen the compaction, so it is refused (rule 2); and the owner, who could end both,
/// is gone. Until somebody evicts it.
#[test]
fn without_its_owner_a_check_may_stay_unfinished() {
    let steps = [
        Set(0),
        Set(1),
        exchange(W, A, Narrow),
        exchange(W, B, Narrow),
        Set(0),
        Compact(3),
        exchange(W, A, Narrow),
        Die,
    ];
    let mut state = play(&steps, Rules::ALL);
    meet(&mut state, Rules::ALL);
    assert!(state.slots[A as usize].clean.is_some());
    assert_eq!((state.slots[A as usize].shown(1), state.slots[B as usize].shown(1)), (2, 0));
    state.step(Evict, Rules::ALL).expect("no harm");
    assert!(settle(&state, &FOUR, Rules::ALL, false).is_ok_and(|exchanges| exchanges > 0));
    meet(&mut state, Rules::ALL);
    assert!([A, B, C].iter().all(|host| state.slots[*host as usize].evicted));
}

/// The exchange of A and B, of whom B knows all, in sums that B cannot read.
fn unread(rules: Rules) -> State {
    let mut state = play(&[Set(0), exchange(W, B, Wide)], rules);
    let config = Config { wants: true, readings: Reading::OF_SUMS, ..FOUR };
    let meeting = Meeting { config: &config, rules, manner: Manner::Unread, width: Wide };
    meeting.hold(&mut state, A, B).expect("no harm");
    state
}

#[test]
fn a_sketch_that_is_not_read_costs_a_fourth_message_and_no_more() {
    assert_eq!(unread(Rules::ALL).slots[A as usize].shown(0), 1);
    let without = unread(Rules::without(&[Guard::UnreadIsAnswered]));
    assert_eq!(without.slots[A as usize].shown(0), 0);
}
