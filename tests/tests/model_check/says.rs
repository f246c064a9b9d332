//! What hosts say of what they have, and what others make of it: lines, which name it; sums, of
//! which as much is read as chance allows; and what they want, which names no generation.

use crate::guards::{Guard, Rules};
use crate::slot::{Clean, Slot};

/// In which way something is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// In a line of a digest.
    Lines,
    /// As two numbers among the sums of a sketch. A sketch is abstract here: its receiver comes to
    /// know the difference from its own two numbers, or a part of that.
    Sums,
    /// In a line of a want.
    Want,
}

/// How much of a saying its receiver reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    /// All, because it is no sketch.
    Plain,
    /// All, off a sketch of which nothing is left.
    Whole,
    /// Both numbers, off a sketch of which something is left: there may be more.
    Both,
    /// The generation and not the version, if both differ.
    Generation,
    /// The version and not the generation, if both differ.
    Version,
    /// Neither, where something else was read. That a check is unfinished stands beside the sums.
    Neither,
}

impl Reading {
    /// All that can come of a sketch, but that nothing at all is read.
    pub(crate) const OF_SUMS: &[Reading] =
        &[Reading::Whole, Reading::Both, Reading::Generation, Reading::Version, Reading::Neither];
    /// Of a digest or a sketch.
    pub(crate) const ALL: &[Reading] = &[
        Reading::Plain,
        Reading::Whole,
        Reading::Both,
        Reading::Generation,
        Reading::Version,
        Reading::Neither,
    ];

    /// What is read so.
    pub(crate) fn how(self) -> How {
        if self == Reading::Plain { How::Lines } else { How::Sums }
    }

    /// Whether it is another reading than those before it for a reader that has `mine`.
    pub(crate) fn is_distinct(self, reader: u8, mine: (u8, u8), theirs: (u8, u8)) -> bool {
        match self {
            Reading::Plain | Reading::Whole => true,
            // It differs in what is claimed of the reader itself.
            Reading::Both => reader == 0,
            Reading::Generation | Reading::Version => mine.0 != theirs.0 && mine.1 != theirs.1,
            Reading::Neither => mine != theirs,
        }
    }

    fn finds_generation(self) -> bool {
        !matches!(self, Reading::Version | Reading::Neither)
    }

    fn finds_version(self) -> bool {
        !matches!(self, Reading::Generation | Reading::Neither)
    }

    /// Whether nobody can know more of what was said.
    fn is_whole(self) -> bool {
        matches!(self, Reading::Plain | Reading::Whole)
    }
}

/// What a host says of its copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    /// In which way.
    pub(crate) how: How,
    /// Generation, and version or `EVICTED`. In lines (0, 0) is an unknown participant, in sums
    /// also one that wrote nothing; a want has no generation.
    pub(crate) reached: (u8, u8),
    /// The unfinished check.
    pub(crate) clean: Option<Clean>,
    /// The version of which a part is held, 0 for none.
    pub(crate) staged: u8,
    /// The generation that the participant has itself, if it says this; 0 if another does. A
    /// message names its sender, also one that is in no sketch yet.
    pub(crate) own: u8,
}

impl Said {
    /// What `host` says of its copy in lines or in sums.
    pub(crate) fn of(host: u8, slot: &Slot, how: How, rules: Rules) -> Said {
        let reached = if how == How::Sums { slot.counted() } else { slot.reached() };
        let own = if host == 0 { slot.generation } else { 0 };
        let clean = slot.clean.filter(|_| how == How::Lines || rules.keep(Guard::ChecksAreSaid));
        let staged = if rules.keep(Guard::PartsAreSaid) { slot.staged } else { 0 };
        Said { how, reached, clean, staged, own }
    }
}

/// What a host believes that another has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theirs {
    /// Generation, and version or `EVICTED`; `None` if the participant is unknown there.
    pub(crate) line: Option<(u8, u8)>,
    /// The unfinished check.
    pub(crate) clean: Option<Clean>,
    /// The version of which a part is held, 0 for none.
    pub(crate) staged: u8,
    /// The other is the participant itself.
    pub(crate) is_owner: bool,
}

impl Theirs {
    /// A host that does not know the participant.
    pub(crate) const UNKNOWN: Theirs =
        Theirs { line: None, clean: None, staged: 0, is_owner: false };
}

/// What the holder of `slot` makes of `said`; `None` if that is nothing.
pub(crate) fn read(slot: &Slot, said: &Said, reading: Reading, rules: Rules) -> Option<Theirs> {
    let Said { how, reached, clean, staged, own } = *said;
    let is_owner = own > 0;
    let line = match how {
        How::Lines => (reached.0 > 0).then_some(reached),
        How::Sums => {
            let line = off_sums(slot.counted(), reached, reading)?;
            let is_met = is_owner || clean.is_some() || slot.is_unfinished();
            if line == slot.counted() && !(is_met && rules.keep(Guard::UnfinishedIsMet)) {
                return None;
            }
            // Who has written nothing is in no sketch, and knows itself.
            let owner = is_owner.then_some((own, 0));
            if line == (0, 0) { owner } else { Some(line) }
        }
        How::Want => wanted_from(slot, reached.1, is_owner, rules)?,
    };
    Some(Theirs { line, clean, staged, is_owner })
}

/// Where a copy is that differs from one's own by what was found. `None` if no copy can be there:
/// of such two numbers one is missing.
fn off_sums(mine: (u8, u8), theirs: (u8, u8), reading: Reading) -> Option<(u8, u8)> {
    let generation = if reading.finds_generation() { theirs.0 } else { mine.0 };
    let version = if reading.finds_version() { theirs.1 } else { mine.1 };
    ((generation, version) == (0, 0) || version > 0).then_some((generation, version))
}

/// What a want says to the holder of `slot`: all up to `from` in the generation that is here.
fn wanted_from(slot: &Slot, from: u8, is_owner: bool, rules: Rules) -> Option<Option<(u8, u8)>> {
    if slot.generation == 0 {
        return None;
    }
    // With nothing of this generation it may have an older one, to which even a generation without
    // updates is news.
    let is_news = slot.reached().1 == 0 || is_owner;
    Some(match from {
        0 if is_news && rules.keep(Guard::WantsAreToldNews) => Some((slot.generation - 1, 0)),
        0 => None,
        from => Some((slot.generation, from)),
    })
}

/// What the holder of `slot` wants of one that has what `theirs` says; `None` if that is nothing.
pub(crate) fn want(host: u8, slot: &Slot, theirs: &Theirs, rules: Rules) -> Option<Said> {
    let line = theirs.line?;
    let is_same = slot.generation > 0 && line.0 == slot.generation;
    let helps = |clean: Clean| is_same && line.1 >= clean.up_to && theirs.clean.is_none();
    let is_behind = match slot.generation {
        0 => line.1 > 0,
        _ => line > slot.reached(),
    };
    let is_helped = slot.clean.is_some_and(helps) && rules.keep(Guard::ChecksAreWanted);
    if !is_behind && !is_helped {
        return None;
    }
    let counts = is_same || rules.lack(Guard::WantsAreOfOneGeneration);
    let from = if counts { slot.max } else { 0 };
    let said = Said { reached: (0, from), ..Said::of(host, slot, How::Want, rules) };
    Some(if counts { said } else { Said { clean: None, staged: 0, ..said } })
}

/// What a saying claims of the participant itself, when that reads it. Of a part one of the two
/// numbers may be missing, and a want says nothing of generations.
pub(crate) fn claimed(said: &Said, theirs: &Theirs, reading: Reading, rules: Rules) -> (u8, u8) {
    let is_certain = reading.is_whole() || rules.lack(Guard::PartsClaimNothing);
    theirs.line.filter(|_| said.how != How::Want && is_certain).unwrap_or_default()
}

/// In words.
pub(crate) fn name(how: How) -> &'static str {
    match how {
        How::Lines => "a digest",
        How::Sums => "a sketch",
        How::Want => "a want",
    }
}
