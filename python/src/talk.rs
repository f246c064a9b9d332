//! The verbs that meet others: the messages of an exchange, the streams that carry them, and what
//! was noticed on the way. Whatever speaks under the host's id does not work in a forked child.

use plasmid::Turns as _;
use pyo3::prelude::*;

use crate::argument::{Bytes, Unsigned};
use crate::config;
use crate::error::Fault;
use crate::host::Host;
use crate::shared::Shared;
use crate::stream::{Exchange, Stream};

#[pymethods]
impl Host {
    /// Begin an exchange: a message of at most `budget` bytes (the message limit, if it is None)
    /// that says what this host has. Nothing is remembered of it; it may get lost.
    ///
    /// Raises `BudgetError` below 512.
    #[pyo3(signature = (budget=None))]
    fn initiate(&self, py: Python<'_>, budget: Option<Unsigned>) -> Result<Vec<u8>, Fault> {
        let budget = self.budget(budget);
        self.host.here()?.in_turns(py, |host| Ok(host.initiate(budget)?))
    }

    /// Take in a message, and return the answer to send back: at most `budget` bytes (the message
    /// limit, if it is None), `b""` if there is nothing to say. A budget of 0 means: apply, and say
    /// nothing. Empty `data` is what a host with nothing to say gave, and is answered with nothing.
    ///
    /// Late, repeated and reordered messages are harmless. What others say about this host's own
    /// participant is never applied.
    ///
    /// Raises `DecodeError` if `data` is not a message, `ForeignError` if it belongs to another
    /// cluster, `LimitError` if it is larger than the message limit, `BudgetError` for a budget of
    /// 1 to 511. Nothing of the message was applied then.
    #[pyo3(signature = (data, budget=None))]
    fn receive(
        &self,
        py: Python<'_>,
        data: Bytes,
        budget: Option<Unsigned>,
    ) -> Result<Vec<u8>, Fault> {
        let budget = self.budget(budget);
        self.host.here()?.in_turns(py, |host| Ok(host.receive(&data, budget)?))
    }

    /// The budget in bytes that an exchange would need for the largest update that the last answer
    /// could not hold whole with the budget given; 0 if there is none. It goes in pieces, and would
    /// go at once with so much.
    #[getter]
    fn room_needed(&self, py: Python<'_>) -> Result<usize, Fault> {
        self.host.read(py, |host| Ok(host.room_needed()))
    }

    /// How many messages gave evidence that somebody else writes under this host's id.
    #[getter]
    fn conflicts(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.read(py, |host| Ok(host.conflicts()))
    }

    /// How many times the updates of one participant in a message were news and could not, or not
    /// wholly, be applied: earlier ones are missing here, or a limit of this host is reached. They
    /// are asked for again in later exchanges.
    #[getter]
    fn skipped(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.read(py, |host| Ok(host.skipped()))
    }

    /// How many participants that had left or were evicted this host has forgotten, because it
    /// remembers no more than `departed` of them.
    #[getter]
    fn forgotten(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.read(py, |host| Ok(host.forgotten()))
    }

    /// The initiator's end of a byte stream. With `end` it does one round and is finished; without,
    /// each `gossip()` starts one. `mode` is `"pull"` (the initiator learns) or `"push-pull"` (both
    /// learn). One stream serves one connection.
    #[pyo3(signature = (end=true, mode="pull"))]
    fn create_stream(&self, py: Python<'_>, end: bool, mode: &str) -> PyResult<Stream> {
        let mode = config::mode(mode)?;
        let stream = self.host.here()?.read(py, |host| Ok(host.create_stream(end, mode)))?;
        Ok(Stream { host: self.host.clone(), stream: Shared::new(stream) })
    }

    /// The responder's end of a byte stream. With `end` it answers one round and is finished;
    /// without, it answers until the connection ends.
    #[pyo3(signature = (end=true))]
    fn exchange(&self, py: Python<'_>, end: bool) -> Result<Exchange, Fault> {
        let exchange = self.host.here()?.read(py, |host| Ok(host.exchange(end)))?;
        Ok(Exchange { host: self.host.clone(), exchange: Shared::new(exchange) })
    }
}
