//! Two processes that want one state at the same time.

use std::path::Path;

use plasmid::Config;
use plasmid_store::{DurableState, StoreError};
use plasmid_tests::writer::ID;
use plasmid_tests::writer::careless::Fault;
use plasmid_tests::writer::orders::Orders;
use plasmid_tests::writer::writes::Load;

use crate::life::{Heard, Life};
use crate::process::Process;
use crate::state::folder;

fn start(path: &Path, life: u64) -> Life {
    Life::start(Orders {
        path: path.to_owned(),
        life,
        threads: 2,
        is_relaxed: false,
        has_history: true,
        load: Load { keys: 4, value: 100 },
        pause_us: 0,
        fault: Fault::None,
    })
}

fn open(path: &Path, life: u64) -> Life {
    let mut life = start(path, life);
    let heard = life.listen(Process::deadline()).expect("it opens");
    assert!(matches!(heard, Heard::Line(None)) && life.opened.is_some());
    life
}

/// And the first one does not notice.
#[test]
fn a_second_process_is_refused_as_long_as_the_first_lives() {
    let path = folder("in_use").join("state");
    let mut first = open(&path, 1);
    let mut second = start(&path, 2);
    assert_eq!(second.listen(Process::deadline()).map(drop), Err("InUse".to_owned()));
    let refused = DurableState::open(&path, ID, Config::default(), false);
    assert_eq!(refused.map(drop), Err(StoreError::InUse));

    first.tell("go");
    while first.did.len() < 20 {
        first.listen(Process::deadline()).expect("it goes on");
    }
    first.kill().expect("it said nothing wrong");
    let opened = open(&path, 3).opened.expect("it is free");
    let did = first.did.iter().map(|(version, _)| *version).max();
    assert!(opened.generation == 1 && Some(opened.max_version) >= did);
}
