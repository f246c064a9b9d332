//! Hosts in a transcript: making them, and their verbs.

use plasmid::{Batch, Config, Digests, Filter, Host, Limits, Ordering, Status, Turns};

use plasmid_store::{DurableState, StoreError};

use super::{
    Failure, Keeping, Outcome, Output, Stage, default, line, not_understood, number, option, show,
    unknown,
};
use crate::disk::SimDisk;
use crate::words;

/// A host, and the file that keeps it.
pub(super) struct Held {
    host: Host,
    state: Option<DurableState>,
    /// What the script calls the file.
    file: Option<String>,
}

impl Turns for Held {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        work(&mut self.host)
    }

    fn at_once(&self) -> usize {
        usize::MAX
    }

    fn settle(&mut self) {
        self.commit();
    }
}

impl Held {
    fn new(host: Host) -> Self {
        Held { host, state: None, file: None }
    }

    fn durable((host, state): (Host, DurableState)) -> Self {
        Held { host, state: Some(state), file: None }
    }

    /// Make durable what was written.
    pub(super) fn commit(&mut self) {
        if let Some(state) = &mut self.state {
            state.commit(&mut self.host).expect("a disk without faults");
        }
    }

    /// The host, which has nothing left to be made durable.
    pub(super) fn settled(&mut self) -> &mut Host {
        self.commit();
        &mut self.host
    }
}

/// Most changes of a page, where the script names none.
const DEFAULT_CHANGES: usize = 1024;

impl Stage {
    /// `host NAME [option ...]`.
    pub(super) fn new_host(&mut self, name: &str, options: &[&str]) -> Outcome {
        self.nonce += 1;
        let mut id = name.as_bytes().to_vec();
        let mut snapshot = None;
        let (mut file, mut is_relaxed) = (None, false);
        let mut config = Config { seed: 1, generation: 1, nonce: self.nonce, ..Config::default() };
        for word in options {
            match option(word)? {
                ("id", value) => id = words::parse(value)?,
                ("restore", value) => snapshot = Some(self.buffer(value)?.to_vec()),
                ("path", value) => file = Some(value.to_owned()),
                ("relaxed", "true") => is_relaxed = true,
                (key, value) => configure(&mut config, key, value)?,
            }
        }
        let is_open = self.hosts.values().any(|held| held.file.is_some() && held.file == file);
        let disk = match &file {
            Some(_) if is_open => return Err(StoreError::InUse.into()),
            Some(file) => Some(self.disks.entry(file.clone()).or_default().clone()),
            None => (self.keeping == Keeping::File).then(SimDisk::default),
        };
        let held = match (snapshot, disk) {
            (Some(snapshot), None) => Held::new(Host::restore(&snapshot, config)?),
            (None, None) => Held::new(Host::new(&id, config)?),
            (snapshot, Some(disk)) => {
                if let Some(snapshot) = snapshot {
                    // A file may hold one, and becomes a state.
                    id = Host::restore(&snapshot, config.clone())?.id().to_vec();
                    disk.put(snapshot);
                }
                let opened = DurableState::open_on(Box::new(disk), &id, config, is_relaxed)?;
                Held { file, ..Held::durable(opened) }
            }
        };
        self.ends.retain(|_, end| end.host != name);
        self.hosts.insert(name.to_owned(), held);
        Ok(Output::Lines(Vec::new()))
    }

    /// `NAME close`.
    fn close(&mut self, name: &str) -> Outcome {
        let Some(mut held) = self.hosts.remove(name) else {
            return Err(unknown(name).into());
        };
        if let Some(state) = &mut held.state {
            state.close(&mut held.host)?;
        }
        self.ends.retain(|_, end| end.host != name);
        Ok(Output::Lines(Vec::new()))
    }

    pub(super) fn host_verb(&mut self, name: &str, words: &[&str]) -> Outcome {
        match *words {
            ["receive", message, ref budget @ ..] => {
                let message = self.buffer(message)?.to_vec();
                Ok(Output::Bytes(self.held(name)?.receive(&message, default(budget)?)?))
            }
            ["changes", ref words @ ..] => self.changes(name, words),
            ["close"] => self.close(name),
            _ => {
                let host = self.host(name)?;
                match act(host, words)? {
                    Some(output) => Ok(output),
                    None => look(host, words),
                }
            }
        }
    }

    /// `NAME changes [C] [limit=N] [prefix=B] [participant=B]`.
    fn changes(&mut self, name: &str, words: &[&str]) -> Outcome {
        let (cursor, options) = match words {
            [first, rest @ ..] if !first.contains('=') => (Some(self.buffer(first)?), rest),
            _ => (None, words),
        };
        let (mut limit, mut prefix, mut participant) = (DEFAULT_CHANGES, Vec::new(), None);
        for word in options {
            match option(word)? {
                ("limit", value) => limit = number(value)?,
                ("prefix", value) => prefix = words::parse(value)?,
                ("participant", value) => participant = Some(words::parse(value)?),
                _ => return Err(not_understood(words)),
            }
        }
        let filter = Filter { prefix: &prefix, participant: participant.as_deref() };
        let cursor = cursor.map(<[u8]>::to_vec);
        let changes = self.host(name)?.changes(cursor.as_deref(), limit, filter)?;
        Ok(Output::Beside(changes.cursor, show::changes(&changes.list)))
    }
}

/// One option of a host, other than those that say who it is.
fn configure(config: &mut Config, key: &str, value: &str) -> Result<(), String> {
    match (key, value) {
        ("ordering", "depth") => config.ordering = Ordering::Depth,
        ("ordering", "breadth") => config.ordering = Ordering::Breadth,
        ("digests", "smallest") => config.digests = Digests::Smallest,
        ("digests", "plain") => config.digests = Digests::Plain,
        ("digests", "sketch") => config.digests = Digests::Sketch,
        ("history", "true") => config.state.history = true,
        ("history", "false") => config.state.history = false,
        ("compress", "true") => config.compress = true,
        ("compaction", "auto") => config.auto_compact = true,
        ("compaction", "manual") => config.auto_compact = false,
        ("generation", _) => config.generation = number(value)?,
        ("seed", _) => config.seed = number(value)?,
        ("cluster", _) => config.cluster = words::parse(value)?,
        ("tombstone_age_ms", _) => config.tombstone_age_ms = number(value)?,
        ("evict_after_ms", _) => config.evict_after_ms = number(value)?,
        ("generation_ahead_ms", _) => config.generation_ahead_ms = number(value)?,
        _ => match limit(&mut config.limits, key) {
            Some(limit) => *limit = number(value)?,
            None => return Err(format!("unknown option {key}={value}")),
        },
    }
    Ok(())
}

fn limit<'a>(limits: &'a mut Limits, name: &str) -> Option<&'a mut u64> {
    Some(match name {
        "key_bytes" => &mut limits.key_bytes,
        "value_bytes" => &mut limits.value_bytes,
        "message_bytes" => &mut limits.message_bytes,
        "participants" => &mut limits.participants,
        "keys_per_participant" => &mut limits.keys_per_participant,
        "participant_bytes" => &mut limits.participant_bytes,
        "state_bytes" => &mut limits.state_bytes,
        "departed" => &mut limits.departed,
        "fragment_bytes" => &mut limits.fragment_bytes,
        "remembered_deletes" => &mut limits.remembered_deletes,
        "change_records" => &mut limits.change_records,
        _ => return None,
    })
}

/// The verbs that change a host; `None` for another one.
fn act(host: &mut Host, words: &[&str]) -> Result<Option<Output>, Failure> {
    let bytes = words::parse;
    let number_made = match *words {
        ["set", key, value] => host.set(&bytes(key)?, &bytes(value)?)?,
        ["set", key, value, ttl] => {
            let ("ttl_ms", ttl) = option(ttl)? else { return Err(not_understood(words)) };
            host.set_expiring(&bytes(key)?, &bytes(value)?, number(ttl)?)?
        }
        ["delete", key] => host.delete(&bytes(key)?)?,
        ["batch", ref writes @ ..] => host.commit(&batch(writes)?)?,
        ["compact"] => host.compact(None)?,
        ["compact", up_to] => host.compact(Some(number(up_to)?))?,
        ["leave"] => host.leave()?,
        ["evict", p] => host.evict(&bytes(p)?)?,
        ["renew"] => host.renew()?,
        ["tick", now] => {
            host.tick(number(now)?);
            return Ok(Some(Output::Lines(Vec::new())));
        }
        ["initiate", ref budget @ ..] => {
            return Ok(Some(Output::Bytes(host.initiate(default(budget)?)?)));
        }
        _ => return Ok(None),
    };
    Ok(Some(line(number_made)))
}

/// The verbs that only read.
fn look(host: &Host, words: &[&str]) -> Outcome {
    let bytes = words::parse;
    let own = |p: &[&str]| match *p {
        [] => Ok(host.id().to_vec()),
        [p] => bytes(p),
        _ => Err("too many words".to_owned()),
    };
    Ok(match *words {
        ["get", key] => show::value(host.get(&bytes(key)?)),
        ["get_from", p, key] => show::value(host.get_from(&bytes(p)?, &bytes(key)?)),
        ["history", p, key] => show::updates(&host.history(&bytes(p)?, &bytes(key)?)),
        ["entries", p] => show::updates(&host.entries(&bytes(p)?)),
        ["updates", p] => show::updates(&host.updates(&bytes(p)?).collect::<Vec<_>>()),
        ["participants"] => show::participants(host, Some(Status::Present)),
        ["participants", status] => show::participants(host, parse_status(status)?),
        ["status", p] => show::or_none(host.status(&bytes(p)?).map(Status::name)),
        ["max_version", p] => line(host.max_version(&bytes(p)?).unwrap_or(0)),
        ["gc_version", ref p @ ..] => show::or_none(host.gc_version(&own(p)?)),
        ["generation", ref p @ ..] => show::or_none(host.generation_of(&own(p)?)),
        ["last_heard", p] => show::or_none(host.last_heard(&bytes(p)?)),
        ["staleness", p] => show::or_none(host.staleness(&bytes(p)?)),
        ["acked_version", p] => show::or_none(host.acked_version(&bytes(p)?)),
        ["snapshot"] => Output::Bytes(host.snapshot()),
        ["conflicts"] => line(host.conflicts()),
        ["skipped"] => line(host.skipped()),
        ["forgotten"] => line(host.forgotten()),
        ["room_needed"] => line(host.room_needed()),
        _ => return Err(not_understood(words)),
    })
}

/// The writes of `batch (set KEY VALUE | delete KEY)+`.
fn batch(mut words: &[&str]) -> Result<Batch, String> {
    let mut batch = Batch::new();
    while let [verb, key, rest @ ..] = words {
        words = match (*verb, rest) {
            ("set", [value, rest @ ..]) => {
                batch.set(&words::parse(key)?, &words::parse(value)?);
                rest
            }
            ("delete", rest) => {
                batch.delete(&words::parse(key)?);
                rest
            }
            _ => return Err(format!("not a write: {verb}")),
        };
    }
    if words.is_empty() { Ok(batch) } else { Err("half a write".to_owned()) }
}

fn parse_status(option: &str) -> Result<Option<Status>, String> {
    match option {
        "status=present" => Ok(Some(Status::Present)),
        "status=left" => Ok(Some(Status::Left)),
        "status=evicted" => Ok(Some(Status::Evicted)),
        "status=all" => Ok(None),
        _ => Err(format!("unknown option {option}")),
    }
}
