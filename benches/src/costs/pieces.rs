//! A value that is much larger than any message, on its way in pieces.

use plasmid::{Error, Host};

use super::fleet::{VALUE, host, journey, key, pull};
use super::measure::{Journey, over_seeds};
use super::report::Journeys;

/// The smallest there is.
const DATAGRAM: usize = 512;
const LARGE: usize = 1 << 20;

pub(crate) fn report(journeys: &mut Journeys) -> Result<(), Error> {
    let name = "a value of 1 MiB, 512 bytes";
    journeys.row(name, over_seeds(|seed| arrive(seed, 0, 0))?);
    for (name, writing) in [
        ("the same beside 10 others", 0),
        ("the same, 1 of the 10 writes in each exchange", 1),
        ("the same, all 10 write in each exchange", 10),
    ] {
        journeys.row(name, over_seeds(|seed| arrive(seed, 10, writing))?);
    }
    Ok(())
}

/// The large value goes from its owner to the reader. Before each exchange the owner hears of a new
/// value of so many of the others, each in its turn.
fn arrive(seed: u64, others: usize, writing: usize) -> Result<Journey, Error> {
    let mut source = host("a", 1_000 + seed, true)?;
    let mut reader = host("b", seed, true)?;
    let mut others = (0..others)
        .map(|number| host(&format!("other-{number}"), 10_000 + number as u64, true))
        .collect::<Result<Vec<Host>, Error>>()?;
    for other in &mut others {
        other.set(&key(0), &[7; VALUE])?;
        pull(&mut source, other)?;
    }
    pull(&mut reader, &mut source)?;
    let version = source.set(b"large", &[7; LARGE])?;
    let before = |exchange: usize, source: &mut Host| {
        for number in 0..writing {
            let turn = (exchange + number) % others.len();
            others[turn].set(&key(exchange % 100), &[9; VALUE])?;
            pull(source, &mut others[turn])?;
        }
        Ok(())
    };
    let journey = journey(&mut reader, &mut source, version, DATAGRAM, LARGE, before)?;
    assert_eq!(reader.get_from(b"a", b"large"), Some(&[7; LARGE][..]));
    Ok(journey)
}
