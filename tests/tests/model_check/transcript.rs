//! Steps as lines to read.

use std::fmt::Write as _;

use crate::check::Broken;
use crate::events::{Action, Config};
use crate::guards::Rules;
use crate::invariants::name;
use crate::rules::{Message, Outcome};
use crate::slot::{Clean, KEYS, Log, Slot};
use crate::world::{Letter, State};

/// The names of the hosts; W is the participant.
const HOSTS: [&str; 4] = ["W", "A", "B", "C"];

/// The way to a violation, from the very beginning.
pub(crate) fn of_broken(config: &Config, rules: Rules, broken: &Broken) -> String {
    let mut state = State::new(config.counts);
    let mut text = String::new();
    for action in config.prelude.iter().chain(&broken.steps) {
        text += &step(&state, *action, rules);
        // The last step may be the violation.
        let _ = state.step(*action, rules);
    }
    if let Some(end) = &broken.end {
        text += "the hosts keep meeting, until nothing changes any more:\n";
        text += &standing(end, config);
    }
    writeln!(text, "violation: {}", broken.why).expect("room");
    text
}

/// How all hosts stand.
pub(crate) fn standing(state: &State, config: &Config) -> String {
    let living = usize::from(!state.alive)..config.hosts;
    living.map(|host| format!("    {}: {}\n", HOSTS[host], slot(&state.slots[host]))).collect()
}

/// What happens in `state` by `action`.
pub(crate) fn step(state: &State, action: Action, rules: Rules) -> String {
    let mut after_digest = *state;
    after_digest.hear_digest(action, rules);
    if after_digest != *state {
        let own = slot(&after_digest.slots[0]);
        let rest = step(&after_digest, action, rules);
        return format!("W learns of a claim in a digest\n    W: {own}\n{rest}");
    }
    let own = &state.slots[0];
    let next = own.max + 1;
    let line = match action {
        Action::Set(key) => format!("W sets {}@{next}", name(key.into())),
        Action::Delete(key) => format!("W deletes {}@{next}", name(key.into())),
        Action::Compact(up_to) => format!("W compacts @{next} up to {up_to}"),
        Action::Leave => format!("W leaves @{next}"),
        Action::Restart | Action::SetBack => restarted(state, action, rules),
        Action::Die => "W dies".to_owned(),
        Action::Evict => format!("A evicts W of generation {}", state.slots[1].generation),
        Action::Forget(host) => format!("{} starts anew and has forgotten all", host_name(host)),
        Action::Lose(_) => "a letter is lost".to_owned(),
        Action::Ask(of) => {
            let digest = slot(&state.slots[of as usize]);
            format!("{} sends its digest, which is late ({digest})", host_name(of))
        }
        Action::Exchange(from, ..) | Action::Tell(from, _) => sent(state, action, from, "", rules),
        Action::Send(from, ..) | Action::SendTell(from, _) => {
            sent(state, action, from, ", late", rules)
        }
        Action::Answer(_, from, _) => sent(state, action, from, ", to the late digest", rules),
        Action::AnswerLate(_, from, _) => {
            sent(state, action, from, ", to the late digest and late itself", rules)
        }
        Action::Deliver(..) => {
            let letter = state.letter(action, rules);
            format!("late to {}", letter_line(state, &letter))
        }
    };
    let arrives = matches!(
        action,
        Action::Exchange(..) | Action::Tell(..) | Action::Answer(..) | Action::Deliver(..)
    );
    let arrival = if arrives { arrival(state, action, rules) } else { String::new() };
    format!("{line}\n{arrival}")
}

fn host_name(host: u8) -> &'static str {
    HOSTS[host as usize]
}

fn restarted(state: &State, action: Action, rules: Rules) -> String {
    let mut after = *state;
    after.step(action, rules).expect("a restart");
    let clock = if action == Action::SetBack { ", by a clock that was set back," } else { "" };
    let generation = after.slots[0].generation;
    format!("W starts anew without its state{clock} as generation {generation}")
}

fn sent(state: &State, action: Action, from: u8, how: &str, rules: Rules) -> String {
    let letter = state.letter(action, rules);
    if letter == Letter::None {
        return format!("{} has nothing to say", host_name(from));
    }
    format!(
        "{} -> {}",
        host_name(from),
        letter_line(state, &letter).replacen(':', &format!("{how}:"), 1)
    )
}

fn letter_line(state: &State, letter: &Letter) -> String {
    match letter {
        Letter::None => "nobody: nothing".to_owned(),
        Letter::Digest(of, _) => format!("{}: a digest", host_name(*of)),
        Letter::Delta(to, message) => format!("{}: {}", host_name(*to), delta(message)),
        Letter::Eviction(to, number) => {
            let generation = state.evictions[*number as usize];
            format!("{}: A's entry that evicts W of generation {generation}", host_name(*to))
        }
    }
}

/// What the receiver makes of it.
fn arrival(state: &State, action: Action, rules: Rules) -> String {
    let letter = state.letter(action, rules);
    let (Letter::Delta(to, _) | Letter::Eviction(to, _)) = letter else { return String::new() };
    let mut after = *state;
    let outcome = after.arrive(&letter, rules).unwrap_or(Outcome::Taken);
    let (old, new) = (&state.slots[to as usize], &after.slots[to as usize]);
    let host = host_name(to);
    if old != new {
        return format!("    {host}: {}\n", slot(new));
    }
    let why = match outcome {
        Outcome::Taken => "has it already",
        Outcome::Outranked => "ignores it: what it has outranks it",
        Outcome::Gap => "refuses it: it starts above what is here",
        Outcome::NoKeepList => "refuses it: no keep list for what is here",
        Outcome::Behind => "refuses it: its sender has not seen the compaction",
    };
    format!("    {host} {why}\n")
}

fn delta(message: &Message) -> String {
    let generation = message.generation;
    if message.evicted {
        return format!("generation {generation} is evicted");
    }
    if message.left {
        return format!("generation {generation} left @{}", message.to);
    }
    let (from, to) = (message.from, message.to);
    let mut text = format!("({from},{to}]");
    text += &entries(&message.page, 0);
    if generation != 2 {
        write!(text, " of generation {generation}").expect("room");
    }
    let Message { gc, horizon, .. } = message;
    write!(text, ", gc {gc}, horizon {horizon}").expect("room");
    if let Some(list) = message.list {
        let Clean { up_to, checked, held } = list.clean;
        let kept: Vec<String> =
            (1..64).filter(|n| list.versions & (1 << n) != 0).map(|n| n.to_string()).collect();
        let (to, kept) = (list.to, kept.join(" "));
        write!(text, ", keeps [{kept}] of ({checked},{to}], check (0,{held}] for {up_to}")
            .expect("room");
    }
    text
}

/// The entries of a log; suspects have a question mark.
fn entries(log: &Log, suspects: u8) -> String {
    let mut text = String::new();
    for key in 0..KEYS {
        let entry = log.keys[key];
        if entry.version > 0 {
            let sign = if entry.deleted { "-" } else { "" };
            let mark = if suspects & (1 << key) != 0 { "?" } else { "" };
            write!(text, " {sign}{}@{}{mark}", name(key), entry.version).expect("room");
        }
    }
    if log.compact.version > 0 {
        write!(text, " compact@{}", log.compact.version).expect("room");
    }
    if text.is_empty() { " nothing".to_owned() } else { text }
}

fn slot(slot: &Slot) -> String {
    let Slot { generation, evicted, left, max, gc, log, suspects, clean, horizon } = slot;
    if *generation == 0 {
        return "unknown".to_owned();
    }
    let mut text =
        if *generation == 2 { String::new() } else { format!("generation {generation}, ") };
    if *evicted {
        return format!("generation {generation} evicted");
    }
    if *left {
        return format!("{text}left @{max}");
    }
    write!(text, "max {max}, gc {gc},{}", entries(log, *suspects)).expect("room");
    if horizon > max {
        write!(text, ", horizon {horizon}").expect("room");
    }
    if let Some(Clean { up_to, checked, held }) = clean {
        write!(text, ", checked (0,{checked}] of (0,{held}] for {up_to}").expect("room");
    }
    text
}
