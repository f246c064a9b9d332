//! The two ends of a byte stream. Each keeps its host alive and takes turns on it with everyone.

use pyo3::prelude::*;

use crate::argument::{Bytes, Unsigned};
use crate::error::Fault;
use crate::shared::{Hosted, Shared};

/// The initiator's end of one connection, made by `Host.create_stream`.
///
/// Feed it what the connection brings (`receive`), and write to the connection what it has to say
/// (`transmit`). One thread at a time: a call during another thread's call raises `BusyError`.
#[pyclass(frozen, module = "plasmid")]
pub(crate) struct Stream {
    pub(crate) host: Hosted,
    pub(crate) stream: Shared<plasmid::Stream>,
}

#[pymethods]
impl Stream {
    /// Ask for a round. It begins at the next `transmit`, or after the round under way. A stream
    /// made with `end=True` does its one round unasked, and no other.
    fn gossip(&self, py: Python<'_>) -> Result<(), Fault> {
        self.stream.alone(py, |stream| {
            stream.gossip();
            Ok(())
        })
    }

    /// Take in bytes from the connection, split anywhere.
    ///
    /// Raises `DecodeError`, `ForeignError` or `LimitError` if the other end breaks the rules. The
    /// host is then as it was before the message at fault, and the stream is over: the error is
    /// raised again by every further `receive`, and `transmit` gives `b""` from then on.
    fn receive(&self, py: Python<'_>, data: Bytes) -> Result<(), Fault> {
        let host = self.host.here()?;
        self.stream
            .alone(py, |stream| host.stream_turns(|host| stream.receive_in_turns(host, &data)))
    }

    /// The next bytes to write to the connection, at most `max` (all there are, if it is None);
    /// `b""` if there are none now.
    #[pyo3(signature = (max=None))]
    fn transmit(&self, py: Python<'_>, max: Option<Unsigned>) -> Result<Vec<u8>, Fault> {
        let max = max.map_or(usize::MAX, |max| max.size());
        let host = self.host.here()?;
        self.stream
            .alone(py, |stream| host.stream_turns(|host| stream.transmit_in_turns(host, max)))
    }

    /// Whether the one round of a stream made with `end=True` is over and transmitted. A stream
    /// made with `end=False` is over when its connection is.
    #[getter]
    fn finished(&self, py: Python<'_>) -> Result<bool, Fault> {
        self.stream.alone(py, |stream| Ok(stream.is_finished()))
    }

    /// How many rounds were answered.
    #[getter]
    fn rounds(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.stream.alone(py, |stream| Ok(stream.rounds()))
    }

    fn __repr__(&self, py: Python<'_>) -> Result<String, Fault> {
        let seen = self.stream.alone(py, |stream| Ok((stream.rounds(), stream.is_finished())));
        shown("Stream", seen)
    }
}

/// The responder's end of one connection, made by `Host.exchange`.
///
/// Feed it what the connection brings (`receive`), and write to the connection what it has to say
/// (`transmit`). One thread at a time: a call during another thread's call raises `BusyError`.
#[pyclass(frozen, module = "plasmid")]
pub(crate) struct Exchange {
    pub(crate) host: Hosted,
    pub(crate) exchange: Shared<plasmid::Exchange>,
}

#[pymethods]
impl Exchange {
    /// Do nothing: a responder never begins a round. It is here so that one piece of code can drive
    /// either end.
    #[expect(clippy::unused_self, reason = "a method, to match Stream's")]
    fn gossip(&self) {}

    /// Take in bytes from the connection, split anywhere.
    ///
    /// Raises `DecodeError`, `ForeignError` or `LimitError` if the other end breaks the rules. The
    /// host is then as it was before the message at fault, and the exchange is over: the error is
    /// raised again by every further `receive`, and `transmit` gives `b""` from then on.
    fn receive(&self, py: Python<'_>, data: Bytes) -> Result<(), Fault> {
        let host = self.host.here()?;
        self.exchange
            .alone(py, |exchange| host.stream_turns(|host| exchange.receive_in_turns(host, &data)))
    }

    /// The next bytes to write to the connection, at most `max` (all there are, if it is None);
    /// `b""` if there are none now.
    #[pyo3(signature = (max=None))]
    fn transmit(&self, py: Python<'_>, max: Option<Unsigned>) -> Result<Vec<u8>, Fault> {
        let max = max.map_or(usize::MAX, |max| max.size());
        self.host.here()?;
        self.exchange.alone(py, |exchange| Ok(exchange.transmit(max)))
    }

    /// Whether the one round of an exchange made with `end=True` is over and transmitted. An
    /// exchange made with `end=False` is over when its connection is.
    #[getter]
    fn finished(&self, py: Python<'_>) -> Result<bool, Fault> {
        self.exchange.alone(py, |exchange| Ok(exchange.is_finished()))
    }

    /// How many rounds are over.
    #[getter]
    fn rounds(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.exchange.alone(py, |exchange| Ok(exchange.rounds()))
    }

    fn __repr__(&self, py: Python<'_>) -> Result<String, Fault> {
        let end = &self.exchange;
        let seen = end.alone(py, |exchange| Ok((exchange.rounds(), exchange.is_finished())));
        shown("Exchange", seen)
    }
}

/// How an end is shown, from its rounds and whether it is finished. To be looked at is no use of it
/// that could fail only because another thread is within a call.
fn shown(class: &str, seen: Result<(u64, bool), Fault>) -> Result<String, Fault> {
    match seen {
        Ok((rounds, finished)) => {
            let finished = if finished { "True" } else { "False" };
            Ok(format!("plasmid.{class}(rounds={rounds}, finished={finished})"))
        }
        Err(Fault::Busy) => Ok(format!("plasmid.{class}(busy)")),
        Err(fault) => Err(fault),
    }
}
