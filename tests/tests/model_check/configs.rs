//! What is explored.

use crate::events::{Config, Counts};
use crate::rules::Width;
use crate::says::Reading;

/// An owner and two copies of it; single entries and single versions of a keep list.
pub(crate) const SMALL: Config = Config {
    name: "",
    hosts: 3,
    late: 1,
    plain: 0,
    readings: &[Reading::Plain],
    wants: false,
    late_sayings: false,
    astray: false,
    widths: &[Width::Narrow],
    counts: Counts::NONE,
    prelude: &[],
};

/// The life of a participant, told in lines: catching up with compactions, restarts, leaving and
/// evicting.
pub(crate) const CATCHING_UP: [Config; 9] = [
    Config {
        name: "catching up, digests late and answers astray",
        late_sayings: true,
        astray: true,
        counts: Counts { sets: 3, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "catching up, two letters late",
        late: 2,
        late_sayings: true,
        counts: Counts { sets: 2, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "catching up with two compactions",
        widths: &[Width::Narrow, Width::Wide],
        counts: Counts { sets: 2, deletes: 1, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "catching up with two compactions, nothing late",
        late: 0,
        widths: &[Width::Narrow, Width::Wide],
        counts: Counts { sets: 3, deletes: 1, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "three copies",
        hosts: 4,
        counts: Counts { sets: 2, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "a restart without state",
        astray: true,
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            restarts: 1,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "restarts, one by a clock that was set back",
        counts: Counts {
            sets: 2,
            compacts: 1,
            restarts: 1,
            setbacks: 1,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "leaving and evicting",
        astray: true,
        counts: Counts {
            sets: 1,
            restarts: 1,
            leaves: 1,
            deaths: 1,
            evictions: 2,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "evicting while catching up",
        counts: Counts { sets: 2, deletes: 1, compacts: 1, evictions: 1, ..Counts::NONE },
        ..SMALL
    },
];

/// The same where hosts say what they have in other ways: in sums, of which more or less is read,
/// and by what they want; with hosts among them that take lines only, and updates in parts.
pub(crate) const TALKING: [Config; 8] = [
    Config {
        name: "lines that are answered with wants",
        wants: true,
        late_sayings: true,
        astray: true,
        counts: Counts { sets: 2, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "sums and wants",
        readings: Reading::OF_SUMS,
        wants: true,
        late_sayings: true,
        astray: true,
        widths: &[Width::Narrow, Width::Wide],
        counts: Counts { sets: 2, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "sums and wants among generations",
        readings: Reading::OF_SUMS,
        wants: true,
        late_sayings: true,
        counts: Counts { sets: 2, compacts: 1, restarts: 1, setbacks: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "sums and wants among generations, two letters late",
        late: 2,
        readings: Reading::OF_SUMS,
        wants: true,
        late_sayings: true,
        counts: Counts { sets: 2, restarts: 1, setbacks: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "sums and wants, leaving and evicting",
        readings: Reading::OF_SUMS,
        wants: true,
        late_sayings: true,
        counts: Counts {
            sets: 1,
            restarts: 1,
            leaves: 1,
            deaths: 1,
            evictions: 1,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "sums, wants, and a copy that takes lines only",
        plain: 0b100,
        readings: Reading::ALL,
        wants: true,
        late_sayings: true,
        counts: Counts { sets: 2, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "sums, wants, and a participant that takes lines only",
        plain: 0b001,
        readings: Reading::ALL,
        wants: true,
        late_sayings: true,
        counts: Counts { sets: 2, compacts: 1, restarts: 1, setbacks: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "updates in parts",
        readings: &[Reading::Whole],
        wants: true,
        widths: &[Width::Half],
        counts: Counts { sets: 2, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
];

/// What takes minutes.
pub(crate) const DEEP: [Config; 12] = [
    Config {
        name: "sums and wants among generations, and hosts that forget",
        readings: Reading::OF_SUMS,
        wants: true,
        late_sayings: true,
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            restarts: 1,
            setbacks: 1,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "sums and wants, letters astray, narrow and wide",
        readings: Reading::OF_SUMS,
        wants: true,
        late_sayings: true,
        astray: true,
        widths: &[Width::Narrow, Width::Wide],
        counts: Counts { sets: 3, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "updates in parts, among generations",
        readings: Reading::OF_SUMS,
        wants: true,
        widths: &[Width::Half],
        counts: Counts { sets: 2, compacts: 1, restarts: 1, setbacks: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "digests late and answers astray, narrow and wide",
        late_sayings: true,
        astray: true,
        widths: &[Width::Narrow, Width::Wide],
        counts: Counts { sets: 3, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "two compactions and two deletes, nothing late",
        late: 0,
        widths: &[Width::Narrow, Width::Wide],
        counts: Counts { sets: 3, deletes: 2, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "generations, letters astray",
        astray: true,
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            restarts: 1,
            setbacks: 1,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "everything that takes a participant away",
        astray: true,
        counts: Counts {
            sets: 1,
            restarts: 1,
            setbacks: 1,
            leaves: 1,
            deaths: 1,
            evictions: 2,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "two compactions and three sets",
        counts: Counts { sets: 3, deletes: 1, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "two compactions, two letters late",
        late: 2,
        counts: Counts { sets: 2, deletes: 1, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "evicting and leaving while catching up",
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            evictions: 1,
            leaves: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "dying while catching up",
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            deaths: 1,
            evictions: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "evicted by one of three",
        hosts: 4,
        counts: Counts { sets: 1, restarts: 1, leaves: 1, deaths: 1, evictions: 1, ..Counts::NONE },
        ..SMALL
    },
];
