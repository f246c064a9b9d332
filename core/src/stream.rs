//! The two ends of a byte stream: the same messages, framed, for any number of rounds.
//!
//! Neither end holds the host: it is handed in, so that one host serves many connections.

use alloc::vec::Vec;

use crate::error::Error;
use crate::frame::packed::{IS_POSSIBLE, unpack};
use crate::frame::{Inbound, Outbound};
use crate::host::Host;
use crate::host::exchange::{answer, decode, initiate};
use crate::host::turns::{Access, InTurns, Turns};
use crate::reply::Reply;
use crate::reply::says::Manner;
use crate::wire::message::{Kind, Message, capability};

/// Who learns in a round over a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The initiator learns what the responder has: two messages, as a rule.
    #[default]
    Pull,
    /// Both learn from each other: three messages, as a rule.
    PushPull,
}

impl Host {
    /// The initiator's end of a byte stream. With `end` it does one round and is finished; without,
    /// each [`Stream::gossip`] starts one. One stream serves one connection.
    ///
    /// ```
    /// # use plasmid::{Config, Host, Mode};
    /// # fn main() -> Result<(), plasmid::Error> {
    /// let mut a = Host::new(b"a", Config { nonce: 1, ..Config::default() })?;
    /// let mut b = Host::new(b"b", Config { nonce: 2, ..Config::default() })?;
    /// b.set(b"shape", b"round")?;
    ///
    /// let mut stream = a.create_stream(true, Mode::Pull);
    /// let mut exchange = b.exchange(true);
    /// while !stream.is_finished() {
    ///     // In a program these bytes cross a connection, split anywhere.
    ///     exchange.receive(&mut b, &stream.transmit(&mut a, 100)?)?;
    ///     stream.receive(&mut a, &exchange.transmit(100))?;
    /// }
    /// assert_eq!(a.get_from(b"b", b"shape"), Some(&b"round"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_stream(&self, end: bool, mode: Mode) -> Stream {
        Stream { end, mode, asked: end, ..Stream::new(self) }
    }

    /// The responder's end of a byte stream. With `end` it answers one round and is finished;
    /// without, it answers until the connection ends.
    pub fn exchange(&self, end: bool) -> Exchange {
        Exchange { end, ..Exchange::new(self) }
    }
}

/// What both ends share: frames in, frames out, and an error that is final.
#[derive(Debug)]
struct Line {
    inbound: Inbound,
    outbound: Outbound,
    /// Greatest frame, in and out.
    max: u64,
    /// This end takes compressed frames.
    packs: bool,
    /// The other end takes them, too.
    is_packed: bool,
    rounds: u64,
    error: Option<Error>,
}

impl Line {
    fn new(host: &Host) -> Self {
        Line {
            inbound: Inbound::default(),
            outbound: Outbound::default(),
            max: host.config().limits.message_bytes,
            packs: host.config().compress && IS_POSSIBLE,
            is_packed: false,
            rounds: 0,
            error: None,
        }
    }

    /// The budget of what is said here: the greatest message.
    fn budget(&self) -> usize {
        usize::try_from(self.max).unwrap_or(usize::MAX)
    }

    /// Queue an answer; a delta is compressed if both ends take that.
    fn push(&mut self, answer: &Reply) {
        match self.is_packed && answer.has_delta {
            true => self.outbound.push_packed(&answer.bytes),
            false => self.outbound.push(&answer.bytes),
        }
    }

    /// What the other end says that it can do.
    fn learn(&mut self, message: &Message<'_>) {
        self.is_packed |= self.packs && message.can(capability::PACKED);
    }

    /// Whether a round is over, everything was transmitted, and nothing went wrong since.
    fn is_over(&self) -> bool {
        self.rounds > 0 && self.outbound.is_empty() && self.error.is_none()
    }

    /// Hand every whole frame to `take`; the first error ends the stream for good.
    fn receive(
        &mut self,
        mut bytes: &[u8],
        mut take: impl FnMut(&mut Line, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut all = || {
            while let Some(frame) = self.inbound.take(&mut bytes, self.max)? {
                // Of who was not told that this end takes them, a compressed frame is malformed.
                let message = if self.packs { unpack(&frame, self.max)? } else { frame.into() };
                take(self, &message)?;
            }
            Ok(())
        };
        let result = all();
        if let Err(error) = result {
            self.error = Some(error);
            self.outbound = Outbound::default();
        }
        result
    }
}

/// What an initiator waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Nothing,
    /// The answer to what it said it has.
    SynAck,
    /// What it asked for after that.
    Ack,
}

/// The initiator's end of a connection, made by [`Host::create_stream`].
#[derive(Debug)]
pub struct Stream {
    line: Line,
    end: bool,
    mode: Mode,
    /// A round was asked for and has not begun.
    asked: bool,
    waits: Waits,
    /// The other end takes lines only.
    in_lines: bool,
}

impl Stream {
    fn new(host: &Host) -> Self {
        Stream {
            line: Line::new(host),
            end: false,
            mode: Mode::default(),
            asked: false,
            waits: Waits::Nothing,
            in_lines: false,
        }
    }

    /// Ask for a round. It begins at the next [`transmit`](Stream::transmit), or if one is under
    /// way after that one. A stream made with `end` does its one round unasked, and no other.
    pub fn gossip(&mut self) {
        self.asked = self.asked || !self.end;
    }

    const fn manner(&self) -> Manner {
        let learns_only = matches!(self.mode, Mode::Pull);
        Manner { in_lines: self.in_lines, is_stream: true, learns_only, packs: self.line.packs }
    }

    /// Take in bytes from the connection, split anywhere.
    ///
    /// # Errors
    ///
    /// As [`Host::receive`]; also if the other end speaks out of turn. The host is as it was before
    /// the message that is at fault. The stream is over: this call answers the same error from then
    /// on, and nothing more is transmitted.
    pub fn receive(&mut self, host: &mut Host, bytes: &[u8]) -> Result<(), Error> {
        self.take_in(host, bytes)
    }

    /// As [`receive`](Stream::receive), with a host that others use meanwhile.
    ///
    /// # Errors
    ///
    /// As [`receive`](Stream::receive).
    pub fn receive_in_turns<T: Turns>(&mut self, host: &mut T, bytes: &[u8]) -> Result<(), Error> {
        self.take_in(&mut InTurns(host), bytes)
    }

    fn take_in<A: Access>(&mut self, host: &mut A, bytes: &[u8]) -> Result<(), Error> {
        let manner = self.manner();
        let Stream { line, asked, waits, in_lines, .. } = self;
        line.receive(bytes, |line, frame| {
            let expected = match core::mem::replace(waits, Waits::Nothing) {
                Waits::Nothing => {
                    return Err(Error::Malformed("an answer that nothing asked for"));
                }
                Waits::SynAck => Kind::SynAck,
                Waits::Ack => Kind::Ack,
            };
            // An empty frame: the responder has nothing to say.
            if !frame.is_empty() {
                let message = decode(host, frame)?;
                if message.kind != expected {
                    return Err(Error::Malformed("another kind of message was expected"));
                }
                if message.is_refusal() && !*in_lines {
                    // The round is not over: it is said again so that the other end understands.
                    (*in_lines, *asked) = (true, true);
                    return Ok(());
                }
                line.learn(&message);
                *in_lines |= message.digest.is_some() && !message.can(capability::SKETCH);
                let answer = answer(host, &message, frame.len(), line.budget(), manner);
                if message.describes() || (expected == Kind::SynAck && !manner.learns_only) {
                    line.push(&answer);
                }
                if answer.wants {
                    *waits = Waits::Ack;
                    return Ok(());
                }
            }
            line.rounds += 1;
            Ok(())
        })
    }

    /// The next bytes to write to the connection, at most `max` and otherwise all there are; empty
    /// if there are none now. What a round says this host has is taken when its first byte is asked
    /// for.
    ///
    /// # Errors
    ///
    /// None that a correct program meets: the limits were checked when the host was made.
    pub fn transmit(&mut self, host: &mut Host, max: usize) -> Result<Vec<u8>, Error> {
        self.give_out(host, max)
    }

    /// As [`transmit`](Stream::transmit), with a host that others use meanwhile.
    ///
    /// # Errors
    ///
    /// As [`transmit`](Stream::transmit).
    pub fn transmit_in_turns<T: Turns>(
        &mut self,
        host: &mut T,
        max: usize,
    ) -> Result<Vec<u8>, Error> {
        self.give_out(&mut InTurns(host), max)
    }

    fn give_out<A: Access>(&mut self, host: &mut A, max: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = self.line.outbound.take(max);
        let begins = self.asked && self.waits == Waits::Nothing && self.line.error.is_none();
        if begins && bytes.len() < max {
            let syn = initiate(host, self.line.budget(), self.manner())?;
            self.line.outbound.push(&syn);
            self.asked = false;
            self.waits = Waits::SynAck;
            bytes.append(&mut self.line.outbound.take(max - bytes.len()));
        }
        Ok(bytes)
    }

    /// Whether the one round of a stream made with `end` is over and everything was transmitted.
    /// A stream made without `end` is over when its connection is.
    pub fn is_finished(&self) -> bool {
        self.end && self.line.is_over()
    }

    /// How many rounds were answered.
    pub fn rounds(&self) -> u64 {
        self.line.rounds
    }
}

/// The responder's end of a connection, made by [`Host::exchange`].
#[derive(Debug)]
pub struct Exchange {
    line: Line,
    end: bool,
    /// A SynAck is out that is answered: an Ack, or an empty frame, must follow.
    waits: bool,
}

impl Exchange {
    fn new(host: &Host) -> Self {
        Exchange { line: Line::new(host), end: false, waits: false }
    }

    /// Take in bytes from the connection, split anywhere.
    ///
    /// # Errors
    ///
    /// As [`Stream::receive`].
    pub fn receive(&mut self, host: &mut Host, bytes: &[u8]) -> Result<(), Error> {
        self.take_in(host, bytes)
    }

    /// As [`receive`](Exchange::receive), with a host that others use meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Stream::receive`].
    pub fn receive_in_turns<T: Turns>(&mut self, host: &mut T, bytes: &[u8]) -> Result<(), Error> {
        self.take_in(&mut InTurns(host), bytes)
    }

    fn take_in<A: Access>(&mut self, host: &mut A, bytes: &[u8]) -> Result<(), Error> {
        let (end, waits) = (self.end, &mut self.waits);
        self.line.receive(bytes, |line, frame| {
            if end && line.rounds > 0 {
                return Err(Error::Malformed("bytes after the end of the exchange"));
            }
            if !line.outbound.is_empty() {
                // Otherwise a peer that never reads could pile up answers here.
                return Err(Error::Malformed("a message before the last answer was transmitted"));
            }
            let manner = Manner { is_stream: true, packs: line.packs, ..Manner::default() };
            if core::mem::take(waits) {
                take_ack(host, line, frame, manner)?;
                line.rounds += 1;
                return Ok(());
            }
            let message = decode(host, frame)?;
            if message.kind != Kind::Syn {
                return Err(Error::Malformed("a Syn was expected"));
            }
            line.learn(&message);
            let answer = answer(host, &message, frame.len(), line.budget(), manner);
            line.push(&answer);
            *waits = answer.describes || !(message.pull || answer.bytes.is_empty());
            // What is not understood is said again in the same round.
            *waits &= !answer.refuses;
            line.rounds += u64::from(!*waits && !answer.refuses);
            Ok(())
        })
    }

    /// The next bytes to write to the connection, at most `max`; empty if there are none now.
    pub fn transmit(&mut self, max: usize) -> Vec<u8> {
        self.line.outbound.take(max)
    }

    /// Whether the one round of an exchange made with `end` is over and everything was transmitted.
    pub fn is_finished(&self) -> bool {
        self.end && self.line.is_over()
    }

    /// How many rounds are over.
    pub fn rounds(&self) -> u64 {
        self.line.rounds
    }
}

/// What follows a SynAck; an empty frame if the initiator had nothing to add. Where it wants
/// something, a frame with that follows.
fn take_ack<A: Access>(
    host: &mut A,
    line: &mut Line,
    frame: &[u8],
    manner: Manner,
) -> Result<(), Error> {
    if frame.is_empty() {
        return Ok(());
    }
    let message = decode(host, frame)?;
    if message.kind != Kind::Ack {
        return Err(Error::Malformed("an Ack was expected"));
    }
    let answer = answer(host, &message, frame.len(), line.budget(), manner);
    if message.want.is_some() {
        line.push(&answer);
    }
    Ok(())
}
