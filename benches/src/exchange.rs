//! One exchange, whatever it takes.

use plasmid::{Error, Host};

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
