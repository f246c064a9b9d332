//! Each guard bites: without it the search finds a violation, and the shortest way to it is kept in
//! `tests/model/`. `UPDATE=1` rewrites these files.

use std::env;
use std::fs;
use std::path::Path;

use crate::check::explore;
use crate::configs::SMALL;
use crate::events::{Action, Config, Counts, Way};
use crate::guards::{Guard, Rules};
use crate::rules::Width;
use crate::says::Reading;
use crate::transcript;

/// One owner that sets, deletes and compacts, and two who copy it.
const CATCHING_UP: Config = Config {
    name: "catching up",
    widths: &[Width::Narrow, Width::Wide],
    counts: Counts { sets: 3, deletes: 1, compacts: 1, ..Counts::NONE },
    ..SMALL
};

/// One owner that starts anew and is evicted.
const COMING_BACK: Config = Config {
    name: "coming back",
    counts: Counts { sets: 2, restarts: 1, setbacks: 1, evictions: 1, ..Counts::NONE },
    ..CATCHING_UP
};

/// The same, said in sums that are read in whole or in part, and answered with wants.
const IN_SUMS: Config = Config { readings: Reading::OF_SUMS, wants: true, ..CATCHING_UP };

/// The same of one that starts anew.
const ANEW_IN_SUMS: Config = Config {
    name: "coming back, in sums",
    counts: Counts { sets: 2, restarts: 1, ..Counts::NONE },
    ..IN_SUMS
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
    let config = Config { astray: true, widths: &[Width::Narrow], ..CATCHING_UP };
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

/// What stands in sayings, and not only in deltas, saves a message: what a participant does not
/// know of itself it wants, and is told.
#[test]
fn that_sayings_are_heard_only_saves_messages() {
    let counts = Counts { sets: 2, compacts: 1, setbacks: 1, ..Counts::NONE };
    for config in [CATCHING_UP, IN_SUMS] {
        let found =
            explore(&Config { counts, ..config }, Rules::without(&[Guard::SayingsAreHeard]));
        assert!(found.broken.is_none());
    }
}

#[test]
fn news_of_oneself_would_overwrite_what_one_is() {
    without(&[Guard::OwnStateIsRefused], "own_state_is_refused", &COMING_BACK, "invariant 7");
}

#[test]
fn an_eviction_without_rank_is_undone_by_the_next_message() {
    without(&[Guard::EvictedOutranks], "evicted_outranks", &COMING_BACK, "invariant 4");
}

/// What a twin would be is only a number that is missing: the owner would raise its generation,
/// and take the next such number for certain evidence.
#[test]
fn what_is_read_in_part_would_claim_what_never_was() {
    let counts = Counts { sets: 3, restarts: 1, ..Counts::NONE };
    let config = Config { counts, ..ANEW_IN_SUMS };
    without(&[Guard::PartsClaimNothing], "parts_claim_nothing", &config, "invariant 9");
}

/// A checks what it holds, and is further than that goes when it wants more; then W starts anew,
/// compacts as much with fewer updates, and B knows it.
const WANTED_IN_AN_EARLIER_LIFE: [Action; 16] = [
    Action::Set(0),
    Action::Set(1),
    Action::Exchange(0, 1, Way::LINES, Width::Wide),
    Action::Set(0),
    Action::Set(0),
    Action::Set(0),
    Action::Compact(3),
    Action::Exchange(0, 1, Way::LINES, Width::Narrow),
    Action::Exchange(0, 2, Way::LINES, Width::Wide),
    Action::AskFor(1, 2, Reading::Plain),
    Action::Restart,
    Action::Set(0),
    Action::Set(1),
    Action::Set(0),
    Action::Compact(3),
    Action::Exchange(0, 2, Way::LINES, Width::Wide),
];

#[test]
fn a_keep_list_for_an_earlier_life_would_claim_what_never_was() {
    let counts = Counts { sets: 8, compacts: 2, restarts: 1, ..Counts::NONE };
    let prelude = &WANTED_IN_AN_EARLIER_LIFE;
    let config = Config { astray: true, counts, prelude, ..IN_SUMS };
    assert!(explore(&config, Rules::ALL).broken.is_none());
    without(&[Guard::EmptyClaimsNothing], "empty_claims_nothing", &config, "invariant 9");
}

#[test]
fn a_want_of_an_older_generation_starts_above_what_is_here() {
    let guards = [Guard::WantsAreOfOneGeneration];
    without(&guards, "wants_are_of_one_generation", &ANEW_IN_SUMS, "invariant 10");
}

#[test]
fn a_generation_without_updates_is_known_to_nobody_that_wants_it() {
    without(&[Guard::WantsAreToldNews], "wants_are_told_news", &ANEW_IN_SUMS, "invariant 10");
}

#[test]
fn who_tells_of_an_older_generation_and_is_not_corrected_keeps_it() {
    let counts = Counts { sets: 1, restarts: 1, deaths: 1, ..Counts::NONE };
    let config = Config { counts, ..ANEW_IN_SUMS };
    without(&[Guard::OlderIsCorrected], "older_is_corrected", &config, "invariant 10");
}

#[test]
fn a_check_that_is_not_said_is_never_ended() {
    without(&[Guard::ChecksAreSaid], "checks_are_said", &IN_SUMS, "invariant 10");
}

#[test]
fn a_check_of_what_does_not_differ_is_never_ended() {
    without(&[Guard::UnfinishedIsMet], "unfinished_is_met", &IN_SUMS, "invariant 10");
}

#[test]
fn a_check_for_which_nothing_is_wanted_is_never_ended() {
    without(&[Guard::ChecksAreWanted], "checks_are_wanted", &IN_SUMS, "invariant 10");
}

#[test]
fn a_life_that_only_a_copy_with_a_check_knows_is_heard_of_by_nobody() {
    let counts = Counts { sets: 2, compacts: 1, setbacks: 1, ..Counts::NONE };
    let config = Config { counts, ..IN_SUMS };
    without(&[Guard::OutlivedAreTold], "outlived_are_told", &config, "invariant 10");
}

#[test]
fn sums_that_are_never_taken_are_never_answered_in_full() {
    let counts = Counts { sets: 1, deaths: 1, ..Counts::NONE };
    let config = Config { plain: 0b100, counts, ..IN_SUMS };
    without(&[Guard::PlainAreToldInLines], "plain_are_told_in_lines", &config, "invariant 10");
}

#[test]
fn a_part_of_which_nobody_knows_is_never_made_whole() {
    let counts = Counts { sets: 1, ..Counts::NONE };
    let config = Config { widths: &[Width::Half], counts, ..IN_SUMS };
    without(&[Guard::PartsAreSaid], "parts_are_said", &config, "invariant 10");
}
