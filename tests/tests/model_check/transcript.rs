//! Steps as lines to read.

use std::fmt::Write as _;

use crate::check::Broken;
use crate::events::{Action, Config, Way};
use crate::guards::Rules;
use crate::invariants::name;
use crate::rules::{Half, Message, Outcome};
use crate::says::{self, How, Reading, Said};
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
    text.lines().map(folded).collect()
}

/// A line that is too long goes on in the next one.
fn folded(line: &str) -> String {
    const MOST_COLUMNS: usize = 100;
    let comma = line.get(..MOST_COLUMNS).and_then(|start| start.rfind(", "));
    match comma {
        Some(at) if line.len() > MOST_COLUMNS => {
            format!("{}\n{}", &line[..=at], folded(&format!("        {}", &line[at + 2..])))
        }
        _ => format!("{line}\n"),
    }
}

/// How all hosts stand.
pub(crate) fn standing(state: &State, config: &Config) -> String {
    let living = usize::from(!state.alive)..config.hosts;
    living.map(|host| format!("    {}: {}\n", HOSTS[host], slot(&state.slots[host]))).collect()
}

/// What happens in `state` by `action`.
pub(crate) fn step(state: &State, action: Action, rules: Rules) -> String {
    let mut after_saying = *state;
    if after_saying.hear_saying(action, rules).is_err() {
        return format!("W reads of itself what never was{}\n", read_in(action));
    }
    if after_saying != *state {
        let own = slot(&after_saying.slots[0]);
        let rest = step(&after_saying, action, rules);
        return format!("W reads of itself what it did not do\n    W: {own}\n{rest}");
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
        Action::GiveUp(host) => format!("{} gives up the part that it holds", host_name(host)),
        Action::Ask(of, how) => {
            let (said, has) = (says::name(how), slot(&state.slots[of as usize]));
            format!("{} sends {said}, which is late ({has})", host_name(of))
        }
        Action::AskFor(host, of, reading) => {
            let how = how_read(reading);
            format!(
                "{} reads what {} has{how}, late: {}",
                host_name(host),
                host_name(of),
                wanted(state, action, rules)
            )
        }
        Action::Want(_, host, reading) => {
            let how = how_read(reading);
            format!(
                "{} reads what was said{how}, late: {}",
                host_name(host),
                wanted(state, action, rules)
            )
        }
        Action::Exchange(from, _, way, _) => sent(state, action, from, &by_way(way), rules),
        Action::Send(from, _, way, _) => {
            sent(state, action, from, &format!("{}, late", by_way(way)), rules)
        }
        Action::Tell(from, _) => sent(state, action, from, "", rules),
        Action::SendTell(from, _) => sent(state, action, from, ", late", rules),
        Action::Answer(at, from, reading, _) => {
            let how = to_late(state, at, reading);
            sent(state, action, from, &how, rules)
        }
        Action::AnswerLate(at, from, reading, _) => {
            let how = format!("{} and late itself", to_late(state, at, reading));
            sent(state, action, from, &how, rules)
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
        Letter::Said(of, it) => format!("{}: {}", host_name(*of), said(it)),
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
    let outcome = after.arrive(&letter, rules);
    let (old, new) = (&state.slots[to as usize], &after.slots[to as usize]);
    let host = host_name(to);
    if old != new {
        return format!("    {host}: {}\n", slot(new));
    }
    let Ok(outcome) = outcome else { return String::new() };
    let why = match outcome {
        Outcome::Taken => "has it already",
        Outcome::Outranked => "ignores it: what it has outranks it",
        Outcome::Gap => "refuses it: it starts above what is here",
        Outcome::NoKeepList => "refuses it: no keep list for what is here",
        Outcome::Behind => "refuses it: its sender has not seen the compaction",
    };
    format!("    {host} {why}\n")
}

/// How much of a sketch was read.
fn how_read(reading: Reading) -> &'static str {
    match reading {
        Reading::Plain => "",
        Reading::Whole => ", off a sketch",
        Reading::Both => ", off a part of a sketch",
        Reading::Generation => ", off a sketch only the generation",
        Reading::Version => ", off a sketch only the version",
        Reading::Neither => ", off a sketch neither number",
    }
}

/// How much of a sketch is read in that action.
fn read_in(action: Action) -> &'static str {
    match action {
        Action::Exchange(_, _, way, _) | Action::Send(_, _, way, _) => how_read(way.reading),
        Action::Answer(_, _, reading, _)
        | Action::AnswerLate(_, _, reading, _)
        | Action::AskFor(_, _, reading)
        | Action::Want(_, _, reading) => how_read(reading),
        _ => "",
    }
}

fn by_way(way: Way) -> String {
    let wants = if way.wants { ", as it is wanted" } else { "" };
    format!("{wants}{}", how_read(way.reading))
}

fn to_late(state: &State, at: u8, reading: Reading) -> String {
    let how = match &state.letters[at as usize] {
        Letter::Said(_, Said { how: How::Sums, .. }) => "sketch",
        Letter::Said(_, Said { how: How::Want, .. }) => "want",
        _ => "digest",
    };
    format!("{}, to the late {how}", how_read(reading))
}

fn wanted(state: &State, action: Action, rules: Rules) -> String {
    match state.letter(action, rules) {
        Letter::Said(_, it) => said(&it),
        _ => "it wants nothing".to_owned(),
    }
}

fn said(said: &Said) -> String {
    match said.how {
        How::Want => format!("it wants all after {}", said.reached.1),
        how => says::name(how).to_owned(),
    }
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
    if let Some(half) = message.half {
        text += if half == Half::First { " first half of" } else { " second half of" };
    }
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
    let Slot { generation, evicted, left, max, gc, log, suspects, clean, horizon, staged } = slot;
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
    if *staged > 0 {
        write!(text, ", half of {staged}").expect("room");
    }
    if let Some(Clean { up_to, checked, held }) = clean {
        write!(text, ", checked (0,{checked}] of (0,{held}] for {up_to}").expect("room");
    }
    text
}
