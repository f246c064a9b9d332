//! How long it takes to make an entry durable, and to open what is there.

use std::thread;

use serde_json::{Value, json};

use super::{
    ENTRY, Entry, KEY, Options, Outcome, Store, Writers, copy_files, emptied, entries, entry,
    folder,
};
use crate::clock::clocked;
use crate::input::VALUE;

/// Entries that are there before.
const BEFORE: usize = 1_000;
/// Entries that each of the threads makes durable.
const COMMITS: usize = 100;
/// Entries that are made durable together where only the result counts.
const TOGETHER: usize = 10_000;

/// The time for one entry by so many threads, each of which waits until its last one is durable.
pub(crate) fn commits<S: Store>(writers: usize) -> Outcome<Value> {
    let folder = emptied(folder::<S>("commit")?)?;
    let mut store = S::open(&folder, Options::Durable)?;
    store.put(&entries(BEFORE, ENTRY).collect::<Vec<_>>(), &[])?;
    let news = (BEFORE + 1..).map(|number| entry(number as u64, number, ENTRY));
    let mut news: Vec<Entry> = news.take(writers * COMMITS).collect();
    let count = news.len();
    let (done, ns) = if writers == 1 {
        clocked(|| news.iter().try_for_each(|one| store.put(std::slice::from_ref(one), &[])))
    } else {
        let store = store.share();
        let store = &store;
        let write = |news: Vec<Entry>| news.into_iter().try_for_each(|one| store.put(one));
        let shares: Vec<Vec<Entry>> =
            (0..writers).map(|_| news.split_off(news.len() - COMMITS)).collect();
        clocked(|| {
            thread::scope(|scope| {
                let threads: Vec<_> =
                    shares.into_iter().map(|share| scope.spawn(move || write(share))).collect();
                threads.into_iter().try_for_each(|one| one.join().expect("no panic"))
            })
        })
    };
    done?;
    Ok(json!({ "ns": ns / count as f64 }))
}

/// Make a store of so many entries; it is `closed` at last, or its process is `killed`.
pub(crate) fn make<S: Store>(count: usize, end: &str) -> Outcome<Value> {
    let made = emptied(folder::<S>("made")?)?;
    let mut store = S::open(&made, Options::Durable)?;
    let all: Vec<Entry> = entries(count, KEY + VALUE).collect();
    all.chunks(TOGETHER).try_for_each(|some| store.put(some, &[]))?;
    let kept = folder::<S>(&format!("{count}-{end}"))?;
    if end == "killed" {
        copy_files(&made, kept)?;
        store.close()?;
    } else {
        store.close()?;
        copy_files(&made, kept)?;
    }
    Ok(json!({}))
}

/// Open such a store, and read all that there is.
pub(crate) fn opening<S: Store>(count: &str, end: &str, options: Options) -> Outcome<Value> {
    let kept = folder::<S>(&format!("{count}-{end}"))?;
    let folder = copy_files(&kept, folder::<S>("open")?)?;
    let (opened, ns) = clocked(|| {
        let mut store = S::open(&folder, options)?;
        let all = store.read()?;
        Outcome::Ok((store, all))
    });
    let (store, all) = opened?;
    assert_eq!(all.len(), count.parse::<usize>()?);
    store.close()?;
    Ok(json!({ "ns": ns }))
}
