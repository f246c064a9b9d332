//! Streams in a transcript: making the two ends, their verbs, and moving bytes between them.

use plasmid::{Error, Exchange, Host, Mode, Stream};

use super::hosts::Held;
use super::{Outcome, Output, Stage, default, line, not_understood, unknown};

/// One end of a stream; `host` is the name of the host it belongs to.
pub(super) struct End {
    pub(super) host: String,
    side: Side,
}

enum Side {
    Initiator(Stream),
    Responder(Exchange),
}

impl End {
    /// What `create_stream` or `exchange` makes.
    pub(super) fn new(
        name: &str,
        host: &mut Host,
        verb: &str,
        options: &[&str],
    ) -> Result<End, String> {
        let (mut end, mut mode) = (true, Mode::Pull);
        for option in options {
            match *option {
                "end=true" | "mode=pull" => {}
                "end=false" => end = false,
                "mode=push-pull" if verb == "create_stream" => mode = Mode::PushPull,
                _ => return Err(format!("unknown option {option}")),
            }
        }
        Ok(match verb {
            "create_stream" => End::stream(name, host, end, mode),
            _ => End::exchange(name, host, end),
        })
    }

    /// The end that asks.
    pub(super) fn stream(name: &str, host: &mut Host, end: bool, mode: Mode) -> End {
        End { host: name.to_owned(), side: Side::Initiator(host.create_stream(end, mode)) }
    }

    /// The end that answers.
    pub(super) fn exchange(name: &str, host: &mut Host, end: bool) -> End {
        End { host: name.to_owned(), side: Side::Responder(host.exchange(end)) }
    }

    fn receive(&mut self, host: &mut Held, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.side {
            Side::Initiator(stream) => stream.receive_in_turns(host, bytes),
            Side::Responder(exchange) => exchange.receive_in_turns(host, bytes),
        }
    }

    fn transmit(&mut self, host: &mut Held, max: usize) -> Result<Vec<u8>, Error> {
        match &mut self.side {
            Side::Initiator(stream) => stream.transmit_in_turns(host, max),
            Side::Responder(exchange) => Ok(exchange.transmit(max)),
        }
    }
}

impl Stage {
    pub(super) fn end_verb(&mut self, name: &str, words: &[&str]) -> Outcome {
        let end = self.ends.get_mut(name).ok_or_else(|| unknown(name))?;
        let host = self.hosts.get_mut(&end.host).ok_or_else(|| unknown(&end.host))?;
        match (&mut end.side, words) {
            (Side::Initiator(stream), ["gossip"]) => stream.gossip(),
            (Side::Initiator(stream), ["finished"]) => return Ok(yes(stream.is_finished())),
            (Side::Responder(exchange), ["finished"]) => return Ok(yes(exchange.is_finished())),
            (Side::Initiator(stream), ["rounds"]) => return Ok(line(stream.rounds())),
            (Side::Responder(exchange), ["rounds"]) => return Ok(line(exchange.rounds())),
            (_, ["receive", buffer]) => {
                let bytes = self.buffers.get(*buffer).ok_or_else(|| unknown(buffer))?;
                end.receive(host, bytes)?;
            }
            (_, ["transmit", max @ ..]) => {
                return Ok(Output::Bytes(end.transmit(host, default(max)?)?));
            }
            _ => return Err(not_understood(words)),
        }
        Ok(Output::Lines(Vec::new()))
    }

    /// Move bytes, at most `chunk` at a time, until neither end has anything.
    pub(super) fn pump(&mut self, stream: &mut End, exchange: &mut End, chunk: usize) -> Outcome {
        let (mut out, mut back) = (0, 0);
        loop {
            let sent = stream.transmit(self.held(&stream.host)?, chunk)?;
            exchange.receive(self.held(&exchange.host)?, &sent)?;
            let answer = exchange.transmit(self.held(&exchange.host)?, chunk)?;
            stream.receive(self.held(&stream.host)?, &answer)?;
            if sent.is_empty() && answer.is_empty() {
                return Ok(line(format!("{out} {back}")));
            }
            out += sent.len();
            back += answer.len();
        }
    }
}

fn yes(answer: bool) -> Output {
    line(if answer { "yes" } else { "no" })
}
