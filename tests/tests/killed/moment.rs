//! When a process is killed.

use std::time::Duration;

use fastrand::Rng;

/// When a process is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// That long after its start.
    Opening(Duration),
    /// As soon as the state is open.
    Open,
    /// After so many changes were acknowledged.
    Acknowledged(usize),
    /// After it wrote for that long.
    Writing(Duration),
    /// That long after a message came.
    Hearing(Duration),
    /// When there is a new file beside the old one, and a little later.
    Rewriting(Duration),
    /// That long after it was told to lay the host down.
    Closing(Duration),
    /// Not at all: it lays the host down.
    Never,
}

impl Moment {
    pub(crate) fn any(rng: &mut Rng, opening: Duration) -> Moment {
        let mut up_to = |most: Duration| Duration::from_micros(rng.u64(..=most.as_micros() as u64));
        let ms = Duration::from_millis;
        let (soon, later) = (up_to(ms(1)), up_to(ms(40)));
        let opening = up_to(opening + opening / 4);
        match rng.u8(..20) {
            0..4 => Moment::Opening(opening),
            4 => Moment::Open,
            5..9 => Moment::Acknowledged(rng.usize(1..200)),
            9..13 => Moment::Writing(later),
            13..15 => Moment::Hearing(soon),
            15..17 => Moment::Rewriting(soon / 4),
            17..19 => Moment::Closing(soon * 2),
            _ => Moment::Never,
        }
    }
}
