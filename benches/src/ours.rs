//! Our side of a contest: a process that reads a line for each thing to measure, like `w1 on`, and
//! answers a line of JSON with its figures. The peers of other languages do the same, so that each
//! has a process of its own, and nobody's garbage is in another's way.

use std::error::Error;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use serde_json::Value;

mod beside;
mod coding;
mod datagrams;
mod fleet;
mod hosts;
mod meeting;
mod memory;
mod newest;
mod stores;
mod syncing;
mod writing;

use meeting::Meetings;

/// Answer until the input ends.
pub(crate) fn serve() -> Result<(), Box<dyn Error>> {
    let mut meetings = Meetings::default();
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = measure(&mut meetings, &words)?;
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}

fn measure(meetings: &mut Meetings, words: &[&str]) -> Result<Value, Box<dyn Error>> {
    Ok(match *words {
        ["w1", history] => writing::sets(history == "on")?,
        ["w2", how] => syncing::cold_sync(how)?,
        ["w3", participants] => meetings.idle(participants.parse()?)?,
        ["w4", participants, changed] => {
            meetings.changed(participants.parse()?, changed.parse()?)?
        }
        ["w5", "spreading", kind, count] => fleet::spreading(kind, count.parse()?)?,
        ["w5", "loaded", kind, count] => fleet::loaded(kind, count.parse()?),
        ["w6", "overwritten", history] => memory::overwritten(history == "on")?,
        ["w6", participants, keys, value] => {
            memory::held(participants.parse()?, keys.parse()?, value.parse()?)?
        }
        ["w7", what] => coding::delta(what)?,
        ["w8"] => newest::ten()?,
        ["w9"] => datagrams::exchanges()?,
        ["w10", "turns"] => beside::turns()?,
        ["w10", what, threads, beside] => beside::calls(what, threads.parse()?, beside)?,
        ["stores", ref words @ ..] => stores::stores(words)?,
        _ => return Err(format!("nothing is called {words:?}").into()),
    })
}
