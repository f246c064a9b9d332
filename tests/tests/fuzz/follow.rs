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
            let anew = |status| (status, Keys::new());
            let held = self.held.entry(change.participant.to_vec());
            match change.kind {
                ChangeKind::Join | ChangeKind::Replace => {
                    held.insert_entry(anew(Status::Present));
                }
                ChangeKind::Leave => drop(held.insert_entry(anew(Status::Left))),
                ChangeKind::Evict => drop(held.insert_entry(anew(Status::Evicted))),
                ChangeKind::Set => {
                    let keys = &mut held.or_insert_with(|| panic!("a key of nobody")).1;
                    keys.insert(change.key.to_vec(), change.value.to_vec());
                }
                ChangeKind::Delete => {
                    held.or_insert_with(|| panic!("a key of nobody")).1.remove(change.key);
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
