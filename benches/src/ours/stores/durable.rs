//! The durable state: a host and the file that keeps it.

use std::path::Path;

use plasmid::Host;
use plasmid_shared::SharedHost;
use plasmid_store::DurableState;

use crate::input::id;
use crate::ours::hosts::config;
use crate::stores::{Entry, KEY, Options, Outcome, Store, Writers};

pub(crate) struct Durable {
    host: Host,
    state: DurableState,
}

impl Store for Durable {
    const NAME: &'static str = "plasmid";
    type Shared = SharedHost;

    fn open(folder: &Path, options: Options) -> Outcome<Self> {
        let (host, state) = open(folder, options == Options::Relaxed)?;
        Ok(Durable { host, state })
    }

    /// What is superseded it drops by itself.
    fn put(&mut self, entries: &[Entry], _: &[u64]) -> Outcome<()> {
        for (_, bytes) in entries {
            let (key, value) = bytes.split_at(KEY);
            self.host.set(key, value)?;
        }
        Ok(self.state.commit(&mut self.host)?)
    }

    fn sync(&mut self) -> Outcome<()> {
        Ok(self.state.upkeep(&mut self.host)?)
    }

    fn read(&mut self) -> Outcome<Vec<Entry>> {
        let updates = self.host.updates(self.host.id());
        let value = |value: Option<&[u8]>| value.unwrap_or_default().to_vec();
        Ok(updates
            .map(|one| (one.version, [one.key.to_vec(), value(one.value)].concat()))
            .collect())
    }

    fn close(mut self) -> Outcome<()> {
        Ok(self.state.close(&mut self.host)?)
    }

    fn share(self) -> SharedHost {
        SharedHost::durable(self.host, self.state)
    }
}

/// A host in this folder, by a process that is another one each time.
pub(super) fn open(folder: &Path, is_relaxed: bool) -> Outcome<(Host, DurableState)> {
    let mut config = config(0, false);
    config.nonce = fastrand::u64(..);
    // A million are more than a host takes by default.
    config.limits.keys_per_participant = 1 << 20;
    Ok(DurableState::open(&folder.join("state"), &id(0), config, is_relaxed)?)
}

impl Writers for SharedHost {
    fn put(&self, (_, bytes): Entry) -> Outcome<()> {
        let (key, value) = bytes.split_at(KEY);
        let set = self.change(|host| host.set(key, value));
        set.map_err(|error| format!("{error:?}"))??;
        Ok(())
    }
}
