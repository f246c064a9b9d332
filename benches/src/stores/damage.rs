//! What a store makes of a file that was damaged: one bit flipped anywhere, or an end cut off.
//!
//! Each trial is a process of its own, because a store may panic, abort, or never come back.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, process, thread};

use serde_json::{Value, json};

use super::{ENTRY, Options, Outcome, Store, copy_files, emptied, entries, files, folder};

/// Entries of the file, each of which was made durable by itself.
const ENTRIES: usize = 1_000;
const FLIPS: usize = 2_000;
const CUTS: usize = 500;
/// Who takes longer hangs.
const LIMIT: Duration = Duration::from_secs(20);

/// How a trial may end.
const VERDICTS: [&str; 7] = ["same", "earlier", "empty", "error", "wrong", "crashed", "hung"];

/// All trials, of a store that was closed at last or whose process was killed; how many ended how.
pub(crate) fn trials<S: Store>(end: &str, how: &str) -> Outcome<Value> {
    let made = emptied(folder::<S>("damage")?)?;
    let mut store = S::open(&made, Options::Durable)?;
    entries(ENTRIES, ENTRY).try_for_each(|one| store.put(&[one], &[]))?;
    if end == "closed" {
        store.close()?;
    } else {
        // This process keeps it open, so that it is never laid down.
        std::mem::forget(store);
    }
    let sound = copy_files(&made, folder::<S>("sound")?)?;
    // What is judged need not be durable, and memory is faster.
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory } else { &env::temp_dir() };
    let scratch = place.join(format!("plasmid-stores-{}", process::id()));
    let bytes: u64 = files(&sound)?.iter().map(|(_, len)| len).sum();
    let mut random = fastrand::Rng::with_seed(1);
    let mut counts = BTreeMap::from([("bytes".to_owned(), bytes)]);
    for verdict in VERDICTS {
        for kind in ["flipped", "cut"] {
            counts.insert(format!("{kind} {verdict}"), 0);
        }
    }
    for trial in 0..FLIPS + CUTS {
        let scratch = copy_files(&sound, scratch.clone())?;
        let (file, at) = pick(&scratch, &mut random)?;
        let kind = if trial < FLIPS { "flipped" } else { "cut" };
        if kind == "flipped" {
            let mut bytes = fs::read(&file)?;
            bytes[at as usize] ^= 1 << random.u32(..8);
            fs::write(&file, bytes)?;
        } else {
            OpenOptions::new().write(true).open(&file)?.set_len(at)?;
        }
        let (verdict, words) = ask::<S>(&scratch, how)?;
        let count = counts.entry(format!("{kind} {verdict}")).or_default();
        *count += 1;
        if *count == 1 && ["wrong", "crashed", "hung"].contains(&&*verdict) {
            eprintln!("{} {end} {how}: {kind} at {at} of {file:?}: {verdict}: {words}", S::NAME);
        }
    }
    fs::remove_dir_all(&scratch)?;
    Ok(json!(counts))
}

/// Any byte of all files.
fn pick(folder: &Path, random: &mut fastrand::Rng) -> Outcome<(PathBuf, u64)> {
    let files = files(folder)?;
    let all: u64 = files.iter().map(|(_, len)| len).sum();
    let mut at = random.u64(..all);
    for (file, len) in files {
        if at < len {
            return Ok((file, at));
        }
        at -= len;
    }
    Err("no file has any bytes".into())
}

/// Have another process open it; what it answers, and what else it says.
fn ask<S: Store>(folder: &Path, how: &str) -> Outcome<(String, String)> {
    let mut child = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "stores {} judge {} {how}", S::NAME, folder.display())?;
    }
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(("hung".to_owned(), String::new()));
        }
        thread::sleep(Duration::from_micros(500));
    }
    let (mut answer, mut words) = (String::new(), String::new());
    child.stdout.take().map(|mut stdout| stdout.read_to_string(&mut answer)).transpose()?;
    child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut words)).transpose()?;
    let answer: Option<BTreeMap<String, f64>> = serde_json::from_str(&answer).ok();
    let verdict = answer.and_then(|mut answer| answer.pop_first());
    let verdict = verdict.map_or("crashed".to_owned(), |(verdict, _)| verdict);
    let words = words.lines().take(2).collect::<Vec<_>>().join(" ");
    Ok((verdict, words))
}

/// Open it, read all, and say what that is beside what was put.
pub(crate) fn judge<S: Store>(folder: &Path, options: Options) -> Value {
    let read = S::open(folder, options).and_then(|mut store| {
        let read = store.read()?;
        store.close()?;
        Ok(read)
    });
    let verdict = match read {
        Err(error) => {
            eprintln!("{error}");
            "error"
        }
        Ok(all) => {
            let sound = entries(ENTRIES, ENTRY).zip(&all).take_while(|(put, read)| put == *read);
            match sound.count() {
                count if count < all.len() => {
                    let (version, bytes) = &all[count];
                    let text = String::from_utf8_lossy(bytes);
                    eprintln!("entry {count} of {} is {version}, {text:?}", all.len());
                    "wrong"
                }
                0 => "empty",
                ENTRIES => "same",
                _ => "earlier",
            }
        }
    };
    json!({ verdict: 1 })
}
