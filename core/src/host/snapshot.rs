//! A whole host as bytes, for those who have a store of their own.
//!
//! `Snapshot := "plasmid" <version (Byte = 1)> <cluster (U64)> <now (Byte, Varint)> <Copy>+
//! <Expiry> <crc>`; the first copy is that of the host itself.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::state::expiry::Expiry;
use crate::state::participant::Participant;
use crate::state::view::View;
use crate::wire::bounds::MAX_GENERATION;
use crate::wire::checksum::crc32c;
use crate::wire::reader::Reader;
use crate::wire::varint;

const MAGIC: &[u8] = b"plasmid\x01";

const TORN: Error = Error::Malformed("it is not a whole snapshot");

impl Host {
    /// The whole host as bytes: its own map and its copies of all others, deadlines and the time.
    /// What is learnt anew soon is left out: who was heard of when, how far peers are, updates that
    /// arrived in part, and what readers of changes missed.
    ///
    /// ```
    /// # use plasmid::{Config, Host};
    /// # fn main() -> Result<(), plasmid::Error> {
    /// let mut host = Host::new(b"a", Config { generation: 1, ..Config::default() })?;
    /// host.set(b"color", b"red")?;
    /// let bytes = host.snapshot();
    ///
    /// let restored = Host::restore(&bytes, Config { nonce: 1, ..Config::default() })?;
    /// assert_eq!(restored.get(b"color"), Some(&b"red"[..]));
    /// assert!(restored.generation() > host.generation());
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot(&self) -> Vec<u8> {
        self.view().snapshot()
    }

    /// A host from the bytes that [`snapshot`](Host::snapshot) gave, whose participant it is again.
    /// It always takes a generation above that of the snapshot, and not below that of `config`:
    /// what was written after the snapshot was taken may be known to others, and its version
    /// numbers are used a second time now.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the bytes are torn, damaged or no snapshot; [`Error::Foreign`] if it
    /// is one of another cluster than `config` names; [`Error::Limit`] as [`Host::new`]. What was
    /// within the limits of the host that it was taken of is restored whatever those of `config`
    /// are: they are for what comes after.
    pub fn restore(data: &[u8], config: Config) -> Result<Host, Error> {
        let (body, crc) = data.split_last_chunk::<4>().ok_or(TORN)?;
        if crc32c(body) != u32::from_le_bytes(*crc) {
            return Err(TORN);
        }
        let mut reader = Reader::new(body.strip_prefix(MAGIC).ok_or(TORN)?);
        let cluster = reader.u64()?;
        let has_clock = reader.byte()?;
        let now = reader.varint()?;
        let count = reader.varint()?;
        let mut host = Host::new(Reader::new(reader.rest()).id()?, config)?;
        let own = Participant::read(&mut reader, &host.config, &host.state.hasher)?;
        if cluster != host.state.cluster {
            return Err(Error::Foreign);
        }
        if has_clock > 1 || (has_clock == 0 && now > 0) {
            return Err(TORN);
        }
        host.state.view.now_ms = (has_clock == 1).then_some(now);
        (host.state.view.told_ms, host.state.view.most_ms) = (now, now);
        host.adopt(own)?;
        for _ in 1..count {
            let held = Participant::read(&mut reader, &host.config, &host.state.hasher)?;
            if host.state.at(host.state.short(&held.id)).is_some()
                || !host.state.adopt(held, &host.config)
            {
                return Err(TORN);
            }
        }
        let max_version = host.state.own().max_version;
        host.state.view.expiry = Arc::new(Expiry::read(&mut reader, max_version)?);
        host.clock.take_up(&host.state, None);
        if reader.is_empty() { Ok(host) } else { Err(TORN) }
    }

    /// Take the own participant of a snapshot, in a new generation.
    fn adopt(&mut self, own: Participant) -> Result<(), Error> {
        let generation = self.generation();
        self.state.adopt_own(own)?;
        self.renew()?;
        self.state.change_own(|own, _| own.generation = own.generation.max(generation));
        self.life = Host::life_of(self.config.nonce, self.generation());
        Ok(())
    }
}

impl View {
    /// As [`Host::snapshot`].
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&self.cluster.to_be_bytes());
        out.push(u8::from(self.now_ms.is_some()));
        varint::put(&mut out, self.now_ms.unwrap_or(0).min(MAX_GENERATION));
        varint::put(&mut out, self.count() as u64);
        self.own().put(&mut out);
        self.others().for_each(|(_, held)| held.put(&mut out));
        self.expiry.put(&mut out);
        let crc = crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }
}
