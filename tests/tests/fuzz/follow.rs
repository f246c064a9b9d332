//! A reader that knows of the state only what it is told by `changes`.

use std::collections::BTreeMap;

use plasmid::{ChangeKind, Filter, Host, Status};

type Keys = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a reader holds.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) cursor: Option<Vec<u8>>,
    held: BTreeMap<Vec<u8>, (Status, Keys)>,
}

impl Reader {
    /// Read on, at most `limit` changes; whether there are more.
    pub(crate) fn read(&mut self, host: &mut Host, limit: usize) -> bool {
        let changes = host.changes(self.cursor.as_deref(), limit, Filter::default());
        let changes = changes.expect("a cursor of this host");
        for change in &changes.list {
            let id = change.participant;
            let mut anew = |status| self.held.insert(id.to_vec(), (status, Keys::new()));
            match change.kind {
                ChangeKind::Join | ChangeKind::Replace => drop(anew(Status::Present)),
                ChangeKind::Leave => drop(anew(Status::Left)),
                ChangeKind::Evict => drop(anew(Status::Evicted)),
                ChangeKind::Set | ChangeKind::Delete => {
                    let keys = &mut self.held.get_mut(id).expect("a key of somebody known").1;
                    match change.kind {
                        ChangeKind::Set => keys.insert(change.key.into(), change.value.into()),
                        _ => keys.remove(change.key),
                    };
                }
                ChangeKind::Conflict => {}
            }
        }
        self.cursor = Some(changes.cursor);
        changes.more
    }

    /// Read to the end, in pages of that size: then all that is held here is what the host holds.
    pub(crate) fn check(&mut self, host: &mut Host, limit: usize) {
        while self.read(host, limit) {}
        for id in host.participants(None) {
            let entries = host.entries(id).into_iter();
            let keys: Keys = entries
                .map(|update| (update.key.to_vec(), update.value.unwrap_or_default().to_vec()))
                .collect();
            let expected = (host.status(id).expect("it is known"), keys);
            assert_eq!(self.held.get(id), Some(&expected), "{}", id.escape_ascii());
        }
        // Those that are gone are forgotten without a word.
        self.held.retain(|id, (status, _)| {
            let is_known = host.status(id).is_some();
            assert!(is_known || *status != Status::Present, "{}", id.escape_ascii());
            is_known
        });
    }
}
