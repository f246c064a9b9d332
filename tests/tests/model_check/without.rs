//! Each guard bites: without it the search finds a violation, and the shortest way to it is kept in
//! `tests/model/`. `UPDATE=1` rewrites these files.

use std::env;
use std::fs;
use std::path::Path;

use crate::check::explore;
use crate::events::{Config, Counts};
use crate::guards::{Guard, Rules};
use crate::transcript;

/// One owner that sets, deletes and compacts, and two who copy it.
const CATCHING_UP: Config = Config {
    name: "catching up",
    hosts: 3,
    late: 1,
    late_digests: false,
    astray: false,
    wide: true,
    counts: Counts { sets: 3, deletes: 1, compacts: 1, ..Counts::NONE },
    prelude: &[],
};

/// One owner that starts anew and is evicted.
const COMING_BACK: Config = Config {
    name: "coming back",
    counts: Counts { sets: 2, restarts: 1, setbacks: 1, evictions: 1, ..Counts::NONE },
    ..CATCHING_UP
};

/// Search without `guards`: there must be a violation that begins with `why`, by the way that
/// stands in `tests/model/<file>.txt`.
fn without(guards: &[Guard], file: &str, config: &Config, why: &str) {
    let rules = Rules::without(guards);
    let found = explore(config, rules);
    let broken = found.broken.expect("a violation where a guard is missing");
    assert!(broken.why.starts_with(why), "{}", broken.why);
    let mut text = String::from("# The shortest way to go wrong without\n");
    for guard in guards {
        text += &format!("#   {}\n", guard.says());
    }
    text += "# (-a@3 is the delete of a, a@1? is suspect; a letter may arrive late and again)\n\n";
    text += &transcript::of_broken(config, rules, &broken);
    compare(file, &text);
    println!("without {guards:?}: {} steps, {} states", broken.steps.len(), found.states);
}

fn compare(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("model/{file}.txt"));
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, text).expect("a writable transcript");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(expected, text, "{} is not what is printed", path.display());
}

#[test]
fn a_delta_that_starts_above_leaves_a_gap() {
    let config = Config { counts: Counts { forgets: 1, ..CATCHING_UP.counts }, ..CATCHING_UP };
    without(&[Guard::NoGap], "no_gap", &config, "invariant 5");
}

#[test]
fn a_compaction_without_a_keep_list_leaves_what_was_deleted() {
    without(&[Guard::ListOpens], "list_opens", &CATCHING_UP, "invariant 5");
}

#[test]
fn a_keep_list_for_less_than_is_held_leaves_what_was_deleted() {
    without(&[Guard::ListOfAllHeld], "list_of_all_held", &CATCHING_UP, "invariant 5");
}

#[test]
fn a_sender_that_is_behind_brings_back_what_was_deleted() {
    let guards = [Guard::BehindIsSilent, Guard::BehindIsRefused];
    without(&guards, "behind_is_silent", &CATCHING_UP, "invariant 5");
}

#[test]
fn a_late_message_from_behind_brings_back_what_was_deleted() {
    without(&[Guard::BehindIsRefused], "behind_is_refused", &CATCHING_UP, "invariant 5");
}

/// The receiver's half of rule 2 is enough. The sender's half saves messages that are refused.
#[test]
fn that_a_sender_behind_is_silent_only_saves_messages() {
    let found = explore(&CATCHING_UP, Rules::without(&[Guard::BehindIsSilent]));
    assert!(found.broken.is_none());
}

#[test]
fn a_copy_that_is_not_clean_spreads_what_was_deleted() {
    without(&[Guard::UncleanIsSilent], "unclean_is_silent", &CATCHING_UP, "invariant 5");
}

#[test]
fn suspects_that_are_served_or_listed_come_back() {
    without(&[Guard::SuspectsAreHidden], "suspects_are_hidden", &CATCHING_UP, "invariant 5");
}

#[test]
fn suspects_that_are_dropped_at_once_look_deleted() {
    without(&[Guard::SuspectsWait], "suspects_wait", &CATCHING_UP, "invariant 9");
}

#[test]
fn a_horizon_that_is_not_relayed_makes_deletes_that_never_were() {
    without(&[Guard::HorizonIsRelayed], "horizon_is_relayed", &CATCHING_UP, "invariant 9");
}

#[test]
fn a_check_that_ends_before_all_is_checked_leaves_what_was_deleted() {
    without(&[Guard::CleanWhenChecked], "clean_when_checked", &CATCHING_UP, "invariant 5");
}

#[test]
fn a_check_that_ends_before_the_compaction_is_covered_lets_deletes_come_back() {
    let config = Config { astray: true, wide: false, ..CATCHING_UP };
    without(&[Guard::CleanWhenCovered], "clean_when_covered", &config, "invariant 5");
}

#[test]
fn a_check_that_ends_without_compacting_lets_deletes_come_back() {
    without(&[Guard::CleanCompacts], "clean_compacts", &CATCHING_UP, "invariant 5");
}

#[test]
fn without_generations_a_restart_is_never_heard_of() {
    without(&[Guard::Generations], "generations", &COMING_BACK, "invariant");
}

#[test]
fn a_generation_that_is_taken_twice_mixes_two_lives() {
    without(&[Guard::GenerationsAreNew], "generations_are_new", &COMING_BACK, "invariant 9");
}

/// Whoever holds the later generation may have an unfinished check, and serve nothing.
#[test]
fn a_digest_that_is_not_heard_leaves_two_generations() {
    let counts = Counts { sets: 2, compacts: 1, setbacks: 1, ..Counts::NONE };
    let config = Config { counts, ..CATCHING_UP };
    without(&[Guard::DigestsAreHeard], "digests_are_heard", &config, "invariant 10");
}

#[test]
fn news_of_oneself_would_overwrite_what_one_is() {
    without(&[Guard::OwnStateIsRefused], "own_state_is_refused", &COMING_BACK, "invariant 7");
}

#[test]
fn an_eviction_without_rank_is_undone_by_the_next_message() {
    without(&[Guard::EvictedOutranks], "evicted_outranks", &COMING_BACK, "invariant 4");
}
