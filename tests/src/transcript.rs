//! The interpreter of the transcript language, which `transcripts/README.md` describes. It runs a
//! script and gives it back with the output that came; whoever calls compares or rewrites.

use std::collections::BTreeMap;

use plasmid::{Config, Error, Exchange, Host, Mode, Ordering, Stream};

use crate::checksum;
use crate::words;

/// Budget of a message, and greatest piece of a stream, where the script names none.
const DEFAULT_BYTES: usize = 65_536;

/// Run `script` and give it back with the real output under each command. `Err` names the line that
/// is not of the language, or that names what does not exist.
pub fn run(script: &str) -> Result<String, String> {
    let mut stage = Stage::default();
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
    /// Bytes that are kept without a word.
    Quiet(Vec<u8>),
}

/// Why a command gives nothing.
enum Failure {
    /// The library refused: part of the conversation.
    Refused(Error),
    /// The script is wrong.
    Fault(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(error)
    }
}

impl From<String> for Failure {
    fn from(fault: String) -> Self {
        Failure::Fault(fault)
    }
}

type Outcome = Result<Output, Failure>;

/// One end of a stream; `host` is the name of the host it belongs to.
struct End {
    host: String,
    side: Side,
}

enum Side {
    Initiator(Stream),
    Responder(Exchange),
}

impl End {
    fn receive(&mut self, host: &mut Host, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.side {
            Side::Initiator(stream) => stream.receive(host, bytes),
            Side::Responder(exchange) => exchange.receive(host, bytes),
        }
    }

    fn transmit(&mut self, host: &mut Host, max: usize) -> Result<Vec<u8>, Error> {
        match &mut self.side {
            Side::Initiator(stream) => stream.transmit(host, max),
            Side::Responder(exchange) => Ok(exchange.transmit(max)),
        }
    }
}

/// Everything that a script has named so far.
#[derive(Default)]
struct Stage {
    hosts: BTreeMap<String, Host>,
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
            for i in number(from)?..=number(to)? {
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
            return self.stream(name, host, verb, options);
        }
        match self.command(command) {
            Ok(output) => Ok(self.keep(name, output)),
            Err(Failure::Refused(error)) => Ok(vec![print_error(error)]),
            Err(Failure::Fault(fault)) => Err(fault),
        }
    }

    fn keep(&mut self, name: Option<&str>, output: Output) -> Vec<String> {
        let (bytes, lines) = match output {
            Output::Lines(lines) => return lines,
            Output::Quiet(bytes) => (bytes, Vec::new()),
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

    fn stream(
        &mut self,
        name: &str,
        host: &str,
        verb: &str,
        options: &[&str],
    ) -> Result<Vec<String>, String> {
        let (mut end, mut mode) = (true, Mode::Pull);
        for option in options {
            match *option {
                "end=true" | "mode=pull" => {}
                "end=false" => end = false,
                "mode=push-pull" if verb == "create_stream" => mode = Mode::PushPull,
                _ => return Err(format!("unknown option {option}")),
            }
        }
        let side = match verb {
            "create_stream" => Side::Initiator(self.host(host)?.create_stream(end, mode)),
            _ => Side::Responder(self.host(host)?.exchange(end)),
        };
        self.ends.insert(name.to_owned(), End { host: host.to_owned(), side });
        Ok(Vec::new())
    }

    fn command(&mut self, words: &[&str]) -> Outcome {
        match *words {
            ["host", name, ref options @ ..] => self.new_host(name, options),
            ["same", a, b] => {
                let same = self.whole(a)? == self.whole(b)?;
                Ok(line(if same { "yes" } else { "no" }))
            }
            ["exchange", a, b, ref budget @ ..] => self.exchange(a, b, default(budget)?),
            ["pull", a, b] => {
                let side = Side::Initiator(self.host(a)?.create_stream(true, Mode::Pull));
                let mut stream = End { host: a.to_owned(), side };
                let side = Side::Responder(self.host(b)?.exchange(true));
                let mut exchange = End { host: b.to_owned(), side };
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
                let bytes = self.buffer(b)?.get(..number(n)?);
                Ok(Output::Quiet(bytes.ok_or_else(|| format!("{b} is shorter"))?.to_vec()))
            }
            ["flip", b, offset, mask] => {
                let mut bytes = self.buffer(b)?.to_vec();
                let byte = bytes.get_mut(number(offset)?);
                *byte.ok_or_else(|| format!("{b} is shorter"))? ^= words::hex(mask)?[0];
                Ok(Output::Quiet(bytes))
            }
            ["mend", b] => {
                let mut bytes = self.buffer(b)?.to_vec();
                checksum::mend(&mut bytes);
                Ok(Output::Quiet(bytes))
            }
            [name, ref verb @ ..] if self.hosts.contains_key(name) => self.host_verb(name, verb),
            [name, ref verb @ ..] if self.ends.contains_key(name) => self.end_verb(name, verb),
            _ => Err(Failure::Fault(format!("not understood: {}", words.join(" ")))),
        }
    }

    fn new_host(&mut self, name: &str, options: &[&str]) -> Outcome {
        self.nonce += 1;
        let nonce = self.nonce;
        let mut id = name.as_bytes().to_vec();
        let mut config = Config { seed: 1, generation: 1, nonce, ..Config::default() };
        for option in options {
            let (key, value) = option.split_once('=').ok_or_else(|| unknown(option))?;
            let limits = &mut config.limits;
            match (key, value) {
                ("id", _) => id = words::parse(value)?,
                ("ordering", "depth") => config.ordering = Ordering::Depth,
                ("ordering", "breadth") => config.ordering = Ordering::Breadth,
                ("history", "true") => config.state.history = true,
                ("history", "false") => config.state.history = false,
                ("generation", _) => config.generation = number(value)? as u64,
                ("seed", _) => config.seed = number(value)? as u64,
                ("cluster", _) => config.cluster = words::parse(value)?,
                ("key_bytes", _) => limits.key_bytes = number(value)? as u64,
                ("value_bytes", _) => limits.value_bytes = number(value)? as u64,
                ("message_bytes", _) => limits.message_bytes = number(value)? as u64,
                ("participants", _) => limits.participants = number(value)? as u64,
                ("keys_per_participant", _) => limits.keys_per_participant = number(value)? as u64,
                ("participant_bytes", _) => limits.participant_bytes = number(value)? as u64,
                ("state_bytes", _) => limits.state_bytes = number(value)? as u64,
                _ => return Err(Failure::Fault(format!("unknown option {option}"))),
            }
        }
        let host = Host::new(&id, config)?;
        self.ends.retain(|_, end| end.host != name);
        self.hosts.insert(name.to_owned(), host);
        Ok(Output::Lines(Vec::new()))
    }

    fn host_verb(&mut self, name: &str, words: &[&str]) -> Outcome {
        let bytes = words::parse;
        match *words {
            ["set", key, value] => {
                let version = self.host(name)?.set(&bytes(key)?, &bytes(value)?)?;
                return Ok(line(version));
            }
            ["initiate", ref budget @ ..] => {
                return Ok(Output::Bytes(self.host(name)?.initiate(default(budget)?)?));
            }
            ["receive", message, ref budget @ ..] => {
                let message = self.buffer(message)?.to_vec();
                return Ok(Output::Bytes(self.host(name)?.receive(&message, default(budget)?)?));
            }
            _ => {}
        }
        let host = self.host(name)?;
        let updates = |updates: Vec<plasmid::Update<'_>>| {
            Output::Lines(if updates.is_empty() {
                vec!["none".to_owned()]
            } else {
                updates.iter().map(print_update).collect()
            })
        };
        let value = |value: Option<&[u8]>| line(value.map_or("none".to_owned(), words::print));
        Ok(match *words {
            ["get", key] => value(host.get(&bytes(key)?)),
            ["get_from", p, key] => value(host.get_from(&bytes(p)?, &bytes(key)?)),
            ["history", p, key] => updates(host.history(&bytes(p)?, &bytes(key)?)),
            ["entries", p] => updates(host.entries(&bytes(p)?)),
            ["updates", p] => updates(host.updates(&bytes(p)?).collect()),
            ["max_version", p] => line(host.max_version(&bytes(p)?).unwrap_or(0)),
            ["participants"] => Output::Lines(print_participants(host)),
            ["conflicts"] => line(host.conflicts()),
            ["skipped"] => line(host.skipped()),
            ["room_needed"] => line(host.room_needed()),
            _ => return Err(Failure::Fault(format!("not understood: {}", words.join(" ")))),
        })
    }

    fn end_verb(&mut self, name: &str, words: &[&str]) -> Outcome {
        let end = self.ends.get_mut(name).ok_or_else(|| unknown(name))?;
        let host = self.hosts.get_mut(&end.host).ok_or_else(|| unknown(&end.host))?;
        match (&mut end.side, words) {
            (Side::Initiator(stream), ["gossip"]) => stream.gossip(),
            (Side::Initiator(stream), ["finished"]) => return Ok(yes(stream.is_finished())),
            (Side::Responder(exchange), ["finished"]) => return Ok(yes(exchange.is_finished())),
            (Side::Initiator(stream), ["rounds"]) => return Ok(line(stream.rounds())),
            (Side::Responder(exchange), ["rounds"]) => return Ok(line(exchange.rounds())),
            (_, ["receive", buffer]) => {
                let bytes = self.buffers.get(*buffer).ok_or_else(|| unknown(buffer))?;
                end.receive(host, bytes)?;
            }
            (_, ["transmit", max @ ..]) => {
                return Ok(Output::Bytes(end.transmit(host, default(max)?)?));
            }
            _ => return Err(Failure::Fault(format!("not understood: {}", words.join(" ")))),
        }
        Ok(Output::Lines(Vec::new()))
    }

    fn exchange(&mut self, a: &str, b: &str, budget: usize) -> Outcome {
        let syn = self.host(a)?.initiate(budget)?;
        let mut sizes = [syn.len(), 0, 0];
        let mut message = syn;
        for (turn, name) in [(1, b), (2, a), (3, b)] {
            message = self.host(name)?.receive(&message, budget)?;
            if message.is_empty() {
                break;
            }
            *sizes.get_mut(turn).ok_or("a fourth message in an exchange".to_owned())? =
                message.len();
        }
        Ok(line(sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")))
    }

    fn pump(&mut self, stream: &mut End, exchange: &mut End, chunk: usize) -> Outcome {
        let (mut out, mut back) = (0, 0);
        loop {
            let sent = stream.transmit(self.host(&stream.host)?, chunk)?;
            exchange.receive(self.host(&exchange.host)?, &sent)?;
            let answer = exchange.transmit(self.host(&exchange.host)?, chunk)?;
            stream.receive(self.host(&stream.host)?, &answer)?;
            if sent.is_empty() && answer.is_empty() {
                return Ok(line(format!("{out} {back}")));
            }
            out += sent.len();
            back += answer.len();
        }
    }

    /// All that a host holds of those who wrote: where each is, and its entries.
    fn whole(&mut self, name: &str) -> Result<Vec<String>, String> {
        let host = self.host(name)?;
        let mut lines = Vec::new();
        for id in host.participants() {
            let max_version = host.max_version(id).unwrap_or(0);
            if max_version > 0 {
                lines.push(format!("{} {max_version}", words::print(id)));
                lines.extend(host.entries(id).iter().map(print_update));
            }
        }
        Ok(lines)
    }

    fn host(&mut self, name: &str) -> Result<&mut Host, String> {
        self.hosts.get_mut(name).ok_or_else(|| unknown(name))
    }

    fn buffer(&self, name: &str) -> Result<&[u8], String> {
        self.buffers.get(name).map(Vec::as_slice).ok_or_else(|| unknown(name))
    }
}

fn number(word: &str) -> Result<usize, String> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}

fn default(words: &[&str]) -> Result<usize, String> {
    match words {
        [] => Ok(DEFAULT_BYTES),
        [word] => number(word),
        _ => Err("too many words".to_owned()),
    }
}

fn unknown(name: &str) -> String {
    format!("nothing is called {name}")
}

fn line(text: impl ToString) -> Output {
    Output::Lines(vec![text.to_string()])
}

fn yes(answer: bool) -> Output {
    line(if answer { "yes" } else { "no" })
}

fn print_update(update: &plasmid::Update<'_>) -> String {
    format!("{} {} {}", update.version, words::print(update.key), words::print(update.value))
}

fn print_participants(host: &Host) -> Vec<String> {
    let max_version = |id: &&[u8]| host.max_version(id).unwrap_or(0);
    let print = |id| format!("{} {}", words::print(id), max_version(&id));
    host.participants().into_iter().map(print).collect()
}

fn print_error(error: Error) -> String {
    match error {
        Error::Malformed(_) => "error malformed".to_owned(),
        Error::Foreign => "error foreign".to_owned(),
        Error::Limit { limit, .. } => format!("error limit {}", limit.name()),
        Error::BudgetTooSmall { needed } => format!("error budget {needed}"),
        other => format!("error {other}"),
    }
}
