//! What plasmid costs, beside its peers, and beside a copy of the same bytes.

use std::env;
use std::error::Error;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::available_parallelism;

mod callgrind;
mod check;
mod clock;
mod contest;
mod costs;
mod exchange;
mod input;
mod ours;
mod resident;
mod stores;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        // A side of the contest, which starts this program anew for it.
        ["ours"] => ours::serve(),
        ["check"] => check::run(false),
        ["check", "update"] => check::run(true),
        _ => report(&words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Both parts, or those named in `only`: the contest with peers, and `costs`.
fn report(only: &[&str]) -> Result<(), Box<dyn Error>> {
    let workloads: Vec<&str> = only.iter().copied().filter(|only| *only != "costs").collect();
    let (mut all, before) = (String::new(), load());
    // At once, so that nothing is lost of a run that is ended.
    let mut report = |part: String| {
        println!("{part}\n");
        all += &format!("{part}\n\n");
        fs::write(folder()?.join("results.md"), &all).map_err(Box::<dyn Error>::from)
    };
    if only.is_empty() || !workloads.is_empty() {
        report(contest::run(&workloads, &folder()?)?.to_string())?;
    }
    if only.is_empty() || only.contains(&"costs") {
        report(costs::run()?)?;
    }
    report(format!("Load of the machine: {before} before, {} after.", load()))?;
    Ok(())
}

/// How many programs wanted a processor in the last minute, of how many there are. This one wants
/// one; where much more is wanted, times say little.
fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let processors = available_parallelism().map_or(1, NonZero::get);
    format!("{} on {processors} processors", load.split(' ').next().unwrap_or_default())
}

/// Where everything goes that a run leaves: beside what cargo built, where git does not look.
fn folder() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    Ok(program.ancestors().nth(2).unwrap_or(Path::new("target")).join("bench"))
}
