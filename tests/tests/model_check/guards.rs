//! The guards in the rules, each with a name, so that a check can be made without one of them.

/// One guard: a condition in the rules that seems to be in the way, until it is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Guard {
    /// Rule 1: a delta starts at or below what the receiver has.
    NoGap,
    /// Rule 1: a delta from beyond a compaction brings the list that opens the check.
    ListOpens,
    /// Rule 1: that list covers all that the receiver holds.
    ListOfAllHeld,
    /// Rule 2: a sender that has not reached the compaction which is caught up with says nothing.
    BehindIsSilent,
    /// Rule 2: a late message of such a sender is refused.
    BehindIsRefused,
    /// Rule 3: a copy with an unfinished check serves nothing.
    UncleanIsSilent,
    /// Rule 3: but it tells the participant of a generation newer than its own.
    OutlivedAreTold,
    /// Rule 3: suspects are neither served nor listed.
    SuspectsAreHidden,
    /// Rule 4: suspects are dropped only at the horizon.
    SuspectsWait,
    /// Rule 4: the check ends only when all that was held is checked.
    CleanWhenChecked,
    /// Rule 4: the check ends only when the compaction itself is covered.
    CleanWhenCovered,
    /// Rule 4: the copy is compacted when its check ends.
    CleanCompacts,
    /// The horizon: a sender tells its own horizon too, not only how far it is.
    HorizonIsRelayed,
    /// A newer generation replaces an older copy, and an older one is ignored.
    Generations,
    /// A generation is never taken twice, not even by a process that forgot everything.
    GenerationsAreNew,
    /// What another says that it has tells a participant what is claimed of it, as a delta does.
    SayingsAreHeard,
    /// News about oneself is never applied.
    OwnStateIsRefused,
    /// An evicted slot outranks every version of its generation.
    EvictedOutranks,
    /// What is read in part claims nothing of the participant that reads it.
    PartsClaimNothing,
    /// What brings no updates ends where it starts, where another is: it claims no version.
    EmptyClaimsNothing,
    /// A want names a version, and what is unfinished, only of its receiver's generation.
    WantsAreOfOneGeneration,
    /// Who wants all is told of a generation without updates, and so is the participant.
    WantsAreToldNews,
    /// Beside sums and wants it is said which checks are unfinished.
    ChecksAreSaid,
    /// Whoever holds a part of an update says so.
    PartsAreSaid,
    /// Off sums one reads also what is unfinished where nothing differs.
    UnfinishedIsMet,
    /// A host wants also what helps it to end a check.
    ChecksAreWanted,
    /// A sketch that is not read is answered with what this host has, and that with a want.
    UnreadIsAnswered,
    /// A SynAck that tells of an older generation is answered with the newer one.
    OlderIsCorrected,
    /// Who said sums to one that takes lines only says lines after that.
    PlainAreToldInLines,
}

impl Guard {
    /// What the guard says, in a line of a transcript.
    pub(crate) fn says(self) -> &'static str {
        match self {
            Guard::NoGap => "rule 1: a delta starts at or below what the receiver has",
            Guard::ListOpens => "rule 1: a delta from beyond a compaction brings a keep list",
            Guard::ListOfAllHeld => "rule 1: the first keep list is for all that is held",
            Guard::BehindIsSilent => "rule 2: a sender that is behind the compaction is silent",
            Guard::BehindIsRefused => "rule 2: a late message of such a sender is refused",
            Guard::UncleanIsSilent => "rule 3: a copy with an unfinished check serves nothing",
            Guard::OutlivedAreTold => {
                "rule 3: but it tells the participant of its newer generation"
            }
            Guard::SuspectsAreHidden => "rule 3: suspects are neither served nor listed",
            Guard::SuspectsWait => "rule 4: suspects are dropped at the horizon, not before",
            Guard::CleanWhenChecked => "rule 4: a check ends when all that was held is checked",
            Guard::CleanWhenCovered => "rule 4: a check ends when the compaction is covered",
            Guard::CleanCompacts => "rule 4: when its check ends, a copy is compacted",
            Guard::HorizonIsRelayed => "the horizon of a sender travels on",
            Guard::Generations => "a newer generation replaces the copy, an older one is ignored",
            Guard::GenerationsAreNew => "no generation is taken twice",
            Guard::SayingsAreHeard => {
                "what is said tells a participant of its own later generation"
            }
            Guard::OwnStateIsRefused => "news about oneself is never applied",
            Guard::EvictedOutranks => "an evicted slot outranks every version of its generation",
            Guard::PartsClaimNothing => "what was read in part claims nothing of oneself",
            Guard::EmptyClaimsNothing => "what brings no updates claims no version of oneself",
            Guard::WantsAreOfOneGeneration => {
                "a want names a version only of its receiver's generation"
            }
            Guard::WantsAreToldNews => "who wants all is told even of a generation without updates",
            Guard::ChecksAreSaid => "beside sums and wants stand unfinished checks",
            Guard::PartsAreSaid => "who holds a part of an update says so",
            Guard::UnfinishedIsMet => "what is unfinished is looked at where nothing differs",
            Guard::ChecksAreWanted => "what helps to end a check is wanted",
            Guard::UnreadIsAnswered => "a sketch that is not read is answered with another",
            Guard::OlderIsCorrected => "who tells of an older generation is told of the newer one",
            Guard::PlainAreToldInLines => "who takes lines only is told in lines the next time",
        }
    }
}

/// The rules, with all guards or without some.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    missing: u32,
}

impl Rules {
    /// All the rules.
    pub(crate) const ALL: Rules = Rules { missing: 0 };

    /// All the rules but `guards`.
    pub(crate) fn without(guards: &[Guard]) -> Rules {
        Rules { missing: guards.iter().fold(0, |set, guard| set | (1 << *guard as u32)) }
    }

    /// Whether `guard` is among the rules.
    #[inline]
    pub(crate) fn keep(self, guard: Guard) -> bool {
        self.missing & (1 << guard as u32) == 0
    }

    /// Whether no guard is missing.
    pub(crate) fn are_all(self) -> bool {
        self.missing == 0
    }

    /// Whether `guard` is missing.
    #[inline]
    pub(crate) fn lack(self, guard: Guard) -> bool {
        !self.keep(guard)
    }
}
