//! Peers written in Rust: a process that reads a line for each thing to measure, like `w2`, and
//! answers a line of JSON with its figures.

use std::env;
use std::error::Error;
use std::io::{BufRead as _, Write as _, stdin, stdout};

mod automerge;
mod chitchat;
#[path = "../../../src/clock.rs"]
mod clock;
#[path = "../../../src/input.rs"]
mod input;
mod redb;
#[path = "../../../src/resident.rs"]
mod resident;
mod sqlite;
#[path = "../../../src/stores.rs"]
mod stores;

fn main() -> Result<(), Box<dyn Error>> {
    let name = env::args().nth(1).unwrap_or_default();
    let mut holder = None;
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match &*name {
            "chitchat" => chitchat::measure(&words)?,
            "automerge" => automerge::measure(&words, &mut holder)?,
            "stores" => match *words {
                ["stores", "redb", ref words @ ..] => stores::measure::<redb::Redb>(words)?,
                ["stores", "sqlite", ref words @ ..] => stores::measure::<sqlite::Sqlite>(words)?,
                _ => return Err(format!("no store is called so: {words:?}").into()),
            },
            _ => return Err(format!("no peer is called {name:?}").into()),
        };
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}
