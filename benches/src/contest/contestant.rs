//! Who takes part: processes that answer each line, like `w1 on`, with a line of figures in JSON.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::clock::median;

/// Runs of each workload beside a first that is not counted, which warms caches and compilers.
const RUNS: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Ours,
    OursInC,
    OursInPython,
    Chitchat,
    Automerge,
    Pycrdt,
    Npm,
    BareFile,
    Redb,
    Sqlite,
}

impl Who {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Who::Ours => "plasmid",
            Who::OursInC => "plasmid in C",
            Who::OursInPython => "plasmid in Python",
            Who::Chitchat => "chitchat",
            Who::Automerge => "automerge",
            Who::Pycrdt => "pycrdt",
            Who::Npm => "npm plasmid",
            Who::BareFile => "bare file",
            Who::Redb => "redb",
            Who::Sqlite => "SQLite",
        }
    }

    /// Where `make bench` put it. What cargo builds is beside this program, in release/.
    fn command(self) -> Command {
        let here = env::current_exe().unwrap_or_default();
        let target = here.ancestors().nth(2).unwrap_or(Path::new("target")).to_owned();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let with = |program: PathBuf, argument: &dyn AsRef<Path>| {
            let mut command = Command::new(program);
            command.arg(argument.as_ref());
            command
        };
        let python = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
        match self {
            Who::Ours | Who::BareFile => with(here, &"ours"),
            Who::OursInC => Command::new(target.join("bench/ours_c")),
            Who::OursInPython => with(python(), &scripts.join("python/ours.py")),
            Who::Chitchat => with(here.with_file_name("plasmid-peers"), &"chitchat"),
            Who::Automerge => with(here.with_file_name("plasmid-peers"), &"automerge"),
            Who::Redb | Who::Sqlite => with(here.with_file_name("plasmid-peers"), &"stores"),
            Who::Pycrdt => with(python(), &scripts.join("python/pycrdt_peer.py")),
            Who::Npm => {
                let mut node = with("node".into(), &scripts.join("node/plasmid_peer.js"));
                node.env("NODE_PATH", target.join("bench/node/node_modules"));
                node
            }
        }
    }
}

/// The figures of one run, by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures(BTreeMap<String, f64>);

impl Figures {
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }
}

/// One process that takes part, until it fails.
pub(crate) struct Contestant {
    pub(crate) who: Who,
    process: Option<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Contestant {
    pub(crate) fn start(who: Who) -> Contestant {
        let process =
            who.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok().and_then(
                |mut child| {
                    let (stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
                    Some((child, stdin, BufReader::new(stdout)))
                },
            );
        if process.is_none() {
            eprintln!("SKIPPED: {} is not there (see benches/README.md)", who.name());
        }
        Contestant { who, process }
    }

    /// The figures of one run; none if it is not there, or failed.
    pub(crate) fn ask(&mut self, request: &str) -> Option<Figures> {
        let (_, stdin, stdout) = self.process.as_mut()?;
        let mut answer = String::new();
        let said = writeln!(stdin, "{request}").and_then(|()| stdin.flush());
        let heard = said.and_then(|()| stdout.read_line(&mut answer));
        if let (Ok(_), Ok(figures)) = (heard, serde_json::from_str(&answer)) {
            return Some(Figures(figures));
        }
        eprintln!("SKIPPED: {} failed at {request:?}: {answer}", self.who.name());
        self.process = None;
        None
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        if let Some((mut child, stdin, _)) = self.process.take() {
            // The end of its input is the end of its work.
            drop(stdin);
            child.wait().ok();
        }
    }
}

/// What one contestant did in all runs; none where it took no part.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    pub(crate) who: Who,
    runs: Vec<Figures>,
}

impl Runs {
    pub(crate) fn median(&self, figure: &str) -> Option<f64> {
        median_of(self.runs.iter().map(|run| run.get(figure)))
    }

    /// How many times more `theirs` is than ours, run by run.
    pub(crate) fn ratio(&self, theirs: &Runs, figure: &str) -> Option<f64> {
        let pairs = self.runs.iter().zip(&theirs.runs);
        median_of(pairs.map(|(ours, theirs)| Some(theirs.get(figure)? / ours.get(figure)?)))
    }
}

/// The median, if there is any and all are known.
fn median_of(figures: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let figures = figures.collect::<Option<Vec<f64>>>()?;
    (!figures.is_empty()).then(|| median(figures))
}

/// Let all do the same in turn, again and again.
pub(crate) fn heats(contestants: &mut [Contestant], request: &str) -> Vec<Runs> {
    let asked: Vec<_> = contestants.iter().map(|_| request).collect();
    heats_of(contestants, &asked)
}

/// The same, where each is asked in words of its own.
pub(crate) fn heats_of(contestants: &mut [Contestant], requests: &[&str]) -> Vec<Runs> {
    let mut all: Vec<_> =
        contestants.iter().map(|one| Runs { who: one.who, runs: Vec::new() }).collect();
    for run in 0..=RUNS {
        for ((one, request), runs) in contestants.iter_mut().zip(requests).zip(&mut all) {
            let figures = one.ask(request);
            if run > 0 {
                runs.runs.extend(figures);
            }
        }
    }
    all
}

pub(crate) fn start(whos: &[Who]) -> Vec<Contestant> {
    whos.iter().copied().map(Contestant::start).collect()
}

/// Each run in a process of its own, for what a run leaves behind in a process.
pub(crate) fn fresh_heats(whos: &[Who], request: &str) -> Vec<Runs> {
    let mut all: Vec<_> = whos.iter().map(|who| Runs { who: *who, runs: Vec::new() }).collect();
    for _ in 0..RUNS {
        for runs in &mut all {
            runs.runs.extend(Contestant::start(runs.who).ask(request));
        }
    }
    all
}
