//! The interpreter of the transcript language, which `transcripts/README.md` describes. It runs a
//! script and gives it back with the output that came; whoever calls compares or rewrites.

mod ends;
mod hosts;
mod show;

use std::collections::BTreeMap;

use plasmid::{Error, Host, Mode, Turns as _};
use plasmid_store::StoreError;

use crate::checksum;
use crate::disk::SimDisk;
use crate::words;
use ends::End;
use hosts::Held;

/// Budget of a message, and greatest piece of a stream, where the script names none.
const DEFAULT_BYTES: usize = 65_536;

/// How hosts keep what they write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// In memory, unless the script names a file.
    #[default]
    Memory,
    /// Each in a file, always.
    File,
}

/// Run `script` and give it back with the real output under each command. `Err` names the line that
/// is not of the language, or that names what does not exist.
pub fn run(script: &str, keeping: Keeping) -> Result<String, String> {
    let mut stage = Stage { keeping, ..Stage::default() };
    let mut text = String::new();
    for (number, line) in script.lines().enumerate() {
        if line.starts_with("> ") {
            continue;
        }
        text.push_str(line);
        text.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let output = stage.line(line).map_err(|fault| format!("line {}: {fault}", number + 1))?;
        stage.hosts.values_mut().for_each(Held::commit);
        for line in output {
            text.push_str(&format!("> {line}\n"));
        }
    }
    Ok(text)
}

/// What a command gives.
enum Output {
    Lines(Vec<String>),
    /// Bytes whose size is printed.
    Bytes(Vec<u8>),
    /// Bytes that are kept, and the lines printed all the same.
    Beside(Vec<u8>, Vec<String>),
}

/// Why a command gives nothing.
enum Failure {
    /// The library refused: part of the conversation.
    Refused(Error),
    /// So did the store.
    Unopened(StoreError),
    /// The script is wrong.
    Fault(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Unopened(error)
    }
}

impl From<String> for Failure {
    fn from(fault: String) -> Self {
        Failure::Fault(fault)
    }
}

type Outcome = Result<Output, Failure>;

/// Everything that a script has named so far.
#[derive(Default)]
struct Stage {
    keeping: Keeping,
    hosts: BTreeMap<String, Held>,
    /// Files by the names that the script gave them.
    disks: BTreeMap<String, SimDisk>,
    ends: BTreeMap<String, End>,
    buffers: BTreeMap<String, Vec<u8>>,
    /// How many `host` commands there were; the nonce of the last.
    nonce: u64,
}

impl Stage {
    /// Run one command line and give what it prints.
    fn line(&mut self, line: &str) -> Result<Vec<String>, String> {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["for", from, to, ..] = words[..] {
            let mut printed = Vec::new();
            for i in number::<u64>(from)?..=number(to)? {
                printed = self.line(&words[3..].join(" ").replace('$', &i.to_string()))?;
            }
            return Ok(printed);
        }
        let (name, command) = match words[..] {
            [name, "=", ref command @ ..] => (Some(name), command),
            _ => (None, &words[..]),
        };
        if let (Some(name), [host, verb @ ("create_stream" | "exchange"), options @ ..]) =
            (name, command)
            && self.hosts.contains_key(*host)
        {
            let end = End::new(host, self.host(host)?, verb, options)?;
            self.ends.insert(name.to_owned(), end);
            return Ok(Vec::new());
        }
        match self.command(command) {
            Ok(output) => Ok(self.keep(name, output)),
            Err(Failure::Refused(error)) => Ok(vec![show::error(error)]),
            Err(Failure::Unopened(error)) => Ok(vec![show::store_error(&error)]),
            Err(Failure::Fault(fault)) => Err(fault),
        }
    }

    fn keep(&mut self, name: Option<&str>, output: Output) -> Vec<String> {
        let (bytes, lines) = match output {
            Output::Lines(lines) => return lines,
            Output::Beside(bytes, lines) => (bytes, lines),
            Output::Bytes(bytes) => {
                let size = bytes.len();
                (bytes, vec![if size == 0 { "nothing".into() } else { format!("{size} bytes") }])
            }
        };
        if let Some(name) = name {
            self.buffers.insert(name.to_owned(), bytes);
        }
        lines
    }

    fn command(&mut self, words: &[&str]) -> Outcome {
        match *words {
            ["host", name, ref options @ ..] => self.new_host(name, options),
            ["same", a, b] => {
                let same = show::whole(self.host(a)?) == show::whole(self.host(b)?);
                Ok(line(if same { "yes" } else { "no" }))
            }
            ["exchange", a, b, ref budget @ ..] => self.exchange(a, b, default(budget)?),
            ["pull", a, b] => {
                let mut stream = End::stream(a, self.host(a)?, true, Mode::Pull);
                let mut exchange = End::exchange(b, self.host(b)?, true);
                self.pump(&mut stream, &mut exchange, DEFAULT_BYTES)
            }
            ["pump", s, x, ref options @ ..] => {
                let chunk = match *options {
                    [] => DEFAULT_BYTES,
                    [chunk] => number(chunk.strip_prefix("chunk=").ok_or("chunk=N?".to_owned())?)?,
                    _ => return Err(Failure::Fault("pump S X [chunk=N]".to_owned())),
                };
                let mut stream = self.ends.remove(s).ok_or_else(|| unknown(s))?;
                let mut exchange = self.ends.remove(x).ok_or_else(|| unknown(x))?;
                let outcome = self.pump(&mut stream, &mut exchange, chunk);
                self.ends.extend([(s.to_owned(), stream), (x.to_owned(), exchange)]);
                outcome
            }
            ["hex", ref digits @ ..] => Ok(Output::Bytes(words::hex(&digits.concat())?)),
            ["join", a, b] => Ok(Output::Bytes([self.buffer(a)?, self.buffer(b)?].concat())),
            ["cut", b, n] => {
                let bytes = self.buffer(b)?.get(..number::<usize>(n)?);
                Ok(quiet(bytes.ok_or_else(|| format!("{b} is shorter"))?.to_vec()))
            }
            ["flip", b, offset, mask] => {
                let mut bytes = self.buffer(b)?.to_vec();
                let byte = bytes.get_mut(number::<usize>(offset)?);
                *byte.ok_or_else(|| format!("{b} is shorter"))? ^= words::hex(mask)?[0];
                Ok(quiet(bytes))
            }
            ["mend", b] => {
                let mut bytes = self.buffer(b)?.to_vec();
                checksum::mend(&mut bytes);
                Ok(quiet(bytes))
            }
            [name, ref verb @ ..] if self.hosts.contains_key(name) => self.host_verb(name, verb),
            [name, ref verb @ ..] if self.ends.contains_key(name) => self.end_verb(name, verb),
            _ => Err(not_understood(words)),
        }
    }

    fn exchange(&mut self, a: &str, b: &str, budget: usize) -> Outcome {
        let syn = self.host(a)?.initiate(budget)?;
        let mut sizes = vec![syn.len(), 0, 0];
        let mut message = syn;
        for (turn, name) in [(1, b), (2, a), (3, b), (4, a)] {
            message = self.held(name)?.receive(&message, budget)?;
            match turn {
                _ if message.is_empty() => break,
                1 | 2 => sizes[turn] = message.len(),
                3 => sizes.push(message.len()),
                _ => return Err(Failure::Fault("a fifth message in an exchange".to_owned())),
            }
        }
        Ok(line(sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")))
    }

    fn host(&mut self, name: &str) -> Result<&mut Host, String> {
        Ok(self.held(name)?.settled())
    }

    fn held(&mut self, name: &str) -> Result<&mut Held, String> {
        self.hosts.get_mut(name).ok_or_else(|| unknown(name))
    }

    fn buffer(&self, name: &str) -> Result<&[u8], String> {
        self.buffers.get(name).map(Vec::as_slice).ok_or_else(|| unknown(name))
    }
}

fn number<N: std::str::FromStr>(word: &str) -> Result<N, String> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}

fn default(words: &[&str]) -> Result<usize, String> {
    match words {
        [] => Ok(DEFAULT_BYTES),
        [word] => number(word),
        _ => Err("too many words".to_owned()),
    }
}

/// The two halves of an option `name=value`.
fn option(word: &str) -> Result<(&str, &str), String> {
    word.split_once('=').ok_or_else(|| format!("not an option: {word}"))
}

fn unknown(name: &str) -> String {
    format!("nothing is called {name}")
}

fn not_understood(words: &[&str]) -> Failure {
    Failure::Fault(format!("not understood: {}", words.join(" ")))
}

fn line(text: impl ToString) -> Output {
    Output::Lines(vec![text.to_string()])
}

/// Bytes that are kept without a word.
fn quiet(bytes: Vec<u8>) -> Output {
    Output::Beside(bytes, Vec::new())
}
