//! One exchange, from its first message to its last, of two hosts between which nothing is lost.

use crate::events::Config;
use crate::guards::{Guard, Rules};
use crate::rules::{Width, answer};
use crate::says::{How, Reading, Said, Theirs};
use crate::world::{Letter, State};

/// How the first message of an exchange says what its sender has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manner {
    /// In lines.
    Lines,
    /// In sums that are read.
    Sums,
    /// In sums that are not read, so that others are said, and a fourth message follows.
    Unread,
}

impl Manner {
    /// How it is said some time later, if that did not help.
    pub(crate) fn later(self) -> Manner {
        if self == Manner::Unread { Manner::Sums } else { self }
    }

    /// How hosts may talk whose sayings are read in these ways.
    pub(crate) fn all(readings: &[Reading]) -> &'static [Manner] {
        let has = |how: How| readings.iter().any(|reading| reading.how() == how);
        match (has(How::Lines), has(How::Sums)) {
            (_, false) => &[Manner::Lines],
            (false, true) => &[Manner::Sums, Manner::Unread],
            (true, true) => &[Manner::Lines, Manner::Sums, Manner::Unread],
        }
    }
}

/// Two hosts that meet.
#[derive(Clone, Copy)]
pub(crate) struct Meeting<'a> {
    pub(crate) config: &'a Config,
    pub(crate) rules: Rules,
    pub(crate) manner: Manner,
    pub(crate) width: Width,
}

impl Meeting<'_> {
    /// `a` begins an exchange with `b`.
    pub(crate) fn hold(self, state: &mut State, a: u8, b: u8) -> Result<(), String> {
        let Meeting { config, rules, manner, .. } = self;
        if manner == Manner::Lines || config.is_plain(a) {
            return self.begin(state, a, b, Reading::Plain);
        }
        if config.is_plain(b) {
            // One that takes lines only skips a sketch, and says its own.
            let said = Letter::Said(b, state.said(b, How::Lines, rules));
            self.go_on(state, a, b, Letter::None, said)?;
            if rules.keep(Guard::PlainAreToldInLines) {
                self.begin(state, a, b, Reading::Plain)?;
            }
        } else if manner == Manner::Sums {
            self.begin(state, a, b, Reading::Whole)?;
        } else if rules.keep(Guard::UnreadIsAnswered) {
            let said = Letter::Said(b, state.said(b, How::Sums, rules));
            self.go_on(state, a, b, Letter::None, said)?;
        }
        Ok(())
    }

    /// `b` answers what `a` says, which it reads so.
    fn begin(self, state: &mut State, a: u8, b: u8, reading: Reading) -> Result<(), String> {
        let rules = self.rules;
        let said = state.said(a, reading.how(), rules);
        let told = self.tell(state, b, a, &said, reading)?;
        let wanted = state.want(b, &said, reading, rules);
        let back = match (told, wanted) {
            _ if self.config.take_wants(a, b) => wanted,
            // With nothing to tell or to want a host says nothing.
            (Letter::None, Letter::None) => Letter::None,
            _ => Letter::Said(b, state.said(b, How::Lines, rules)),
        };
        self.go_on(state, a, b, told, back)
    }

    /// `a` is told something and takes in what `b` says or wants, and so on to the last message.
    fn go_on(
        self,
        state: &mut State,
        a: u8,
        b: u8,
        told: Letter,
        back: Letter,
    ) -> Result<(), String> {
        let rules = self.rules;
        state.arrive(&told, rules)?;
        let (mut answered, mut wanted) = (Letter::None, Letter::None);
        if let Letter::Said(_, said) = back {
            let reading = if said.how == How::Sums { Reading::Whole } else { Reading::Plain };
            answered = self.tell(state, a, b, &said, reading)?;
            if said.how != How::Want && self.config.take_wants(a, b) {
                wanted = state.want(a, &said, reading, rules);
            }
        }
        if answered == Letter::None {
            answered = self.correct(state, a, b, &told);
        }
        state.arrive(&answered, rules)?;
        if let Letter::Said(_, said) = wanted {
            let last = self.tell(state, b, a, &said, Reading::Plain)?;
            state.arrive(&last, rules)?;
        }
        Ok(())
    }

    /// What `from` tells `to` when it reads what that `said`.
    fn tell(
        self,
        state: &mut State,
        from: u8,
        to: u8,
        said: &Said,
        reading: Reading,
    ) -> Result<Letter, String> {
        if from == 0 {
            state.hear_of_oneself_in(said, reading, self.rules)?;
        }
        Ok(state.tell(from, to, said, reading, self.width, self.rules))
    }

    /// If what `a` was told is of an older generation, `b` is told of the newer one.
    fn correct(self, state: &State, a: u8, b: u8, told: &Letter) -> Letter {
        let slot = &state.slots[a as usize];
        match told {
            Letter::Delta(_, told)
                if told.generation < slot.generation
                    && self.rules.keep(Guard::OlderIsCorrected) =>
            {
                let line = Some((told.generation, told.from));
                let theirs = Theirs { line, is_owner: b == 0, ..Theirs::UNKNOWN };
                let news = answer(slot, &theirs, self.width, self.rules);
                news.map_or(Letter::None, |news| Letter::Delta(b, news))
            }
            _ => Letter::None,
        }
    }
}
