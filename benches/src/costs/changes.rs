//! Following changes: what a page costs, of a little news among much that is old.

use plasmid::{Error, Filter, Host};

use super::fleet::{PAYLOAD, VALUE, fleet, key, level};
use super::measure::{beside_memcpy, each};
use super::report::Costs;

const PARTICIPANTS: usize = 1_000;
const KEYS: usize = 1_000;
const NEW: usize = 10;
const PAGE: usize = 1_024;

pub(crate) fn report(costs: &mut Costs) -> Result<(), Error> {
    let (mut hub, mut owners) = fleet(PARTICIPANTS, KEYS, &[7; VALUE])?;
    let entries = PARTICIPANTS * KEYS;
    let (mut seen, mut cursor) = (0, Vec::new());
    let measured = beside_memcpy(1, entries * PAYLOAD, || {
        each(1, |_| {
            (seen, cursor) = all(&mut hub)?;
            Ok(())
        })
    });
    assert_eq!(seen, entries + PARTICIPANTS + 1, "every key, and every participant");
    costs.row("changes from the start, 1,000,000 entries", entries * PAYLOAD, measured);

    let measured = beside_memcpy(1, NEW * PAYLOAD, || {
        for owner in owners.iter_mut().step_by(PARTICIPANTS / NEW) {
            owner.set(&key(0), &[9; VALUE]).expect("it stays within the limits");
            level(&mut hub, owner).expect("it stays within the limits");
        }
        let mut next = (0, Vec::new());
        let time = each(1, |_| {
            next = page(&mut hub, Some(&cursor))?;
            Ok(())
        });
        assert_eq!(next.0, NEW);
        cursor = core::mem::take(&mut next.1);
        time
    });
    costs.row("changes, 10 new among 1,000,000 entries", NEW * PAYLOAD, measured);

    let measured = beside_memcpy(100, PAYLOAD, || {
        each(100, |_| {
            cursor = page(&mut hub, Some(&cursor))?.1;
            Ok(())
        })
    });
    costs.row("changes, nothing new", PAYLOAD, measured);
    Ok(())
}

/// How many changes a page has, and where the next one begins.
fn page(host: &mut Host, cursor: Option<&[u8]>) -> Result<(usize, Vec<u8>), Error> {
    let changes = host.changes(cursor, PAGE, Filter::default())?;
    Ok((changes.list.len(), changes.cursor))
}

/// All pages from the start: how many changes they have, and where they end.
fn all(host: &mut Host) -> Result<(usize, Vec<u8>), Error> {
    let (mut seen, mut cursor) = (0, None);
    loop {
        let changes = host.changes(cursor.as_deref(), PAGE, Filter::default())?;
        seen += changes.list.len();
        if !changes.more {
            return Ok((seen, changes.cursor));
        }
        cursor = Some(changes.cursor);
    }
}
