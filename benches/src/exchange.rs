//! One exchange, whatever it takes.

use plasmid::{Error, Host, Mode};

/// What a program reads from a connection at once.
const CHUNK: usize = 64 << 10;

/// Each answer goes to the other, until one has nothing to say. Returns all of them.
pub(crate) fn exchange(a: &mut Host, b: &mut Host, budget: usize) -> Result<Vec<Vec<u8>>, Error> {
    let mut said = Vec::with_capacity(4);
    let mut message = a.initiate(budget)?;
    let (mut from, mut to) = (a, b);
    while !message.is_empty() {
        let answer = to.receive(&message, budget)?;
        said.push(core::mem::replace(&mut message, answer));
        core::mem::swap(&mut from, &mut to);
    }
    Ok(said)
}

/// One round over a stream, which `a` begins. Returns the bytes of both ways.
pub(crate) fn over_a_stream(a: &mut Host, b: &mut Host, mode: Mode) -> Result<usize, Error> {
    let mut stream = a.create_stream(true, mode);
    let mut answers = b.exchange(true);
    let mut bytes = 0;
    while !stream.is_finished() {
        let asked = stream.transmit(a, CHUNK)?;
        answers.receive(b, &asked)?;
        let answered = answers.transmit(CHUNK);
        stream.receive(a, &answered)?;
        bytes += asked.len() + answered.len();
    }
    Ok(bytes)
}
