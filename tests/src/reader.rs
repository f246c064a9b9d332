//! A reader that follows the changes of a host, and holds what they said.

use std::collections::BTreeMap;

use plasmid::{ChangeKind, Filter, Host, Status};

/// What a reader holds of one participant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Followed {
    generation: u64,
    values: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A reader. It knows nothing of the host but its changes.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    cursor: Option<Vec<u8>>,
    followed: BTreeMap<Vec<u8>, Followed>,
    conflicts: u64,
}

impl Reader {
    /// Read one page of at most about `limit` changes; whether there are more.
    pub fn page(&mut self, host: &mut Host, limit: usize) -> bool {
        let changes = host.changes(self.cursor.as_deref(), limit, Filter::default());
        let changes = changes.expect("a cursor of this host");
        for change in &changes.list {
            let (id, generation) = (change.participant.to_vec(), change.generation);
            match change.kind {
                ChangeKind::Join | ChangeKind::Replace => {
                    self.followed.insert(id, Followed { generation, ..Followed::default() });
                }
                ChangeKind::Leave | ChangeKind::Evict => drop(self.followed.remove(&id)),
                ChangeKind::Conflict => self.conflicts += 1,
                ChangeKind::Set | ChangeKind::Delete => {
                    let followed = self.followed.get_mut(&id).expect("it joined before");
                    assert_eq!(followed.generation, generation, "it was replaced before");
                    match change.kind {
                        ChangeKind::Set => {
                            let value = change.value.to_vec();
                            followed.values.insert(change.key.to_vec(), value);
                        }
                        _ => drop(followed.values.remove(change.key)),
                    }
                }
            }
        }
        self.cursor = Some(changes.cursor);
        changes.more
    }

    /// Read all that there is, and check that it is what the host holds.
    pub fn catch_up(&mut self, host: &mut Host, limit: usize) {
        // What changed while pages were read may be told twice, but not for ever.
        while self.page(host, limit) {}
        while self.page(host, limit) {}
        let ids = host.participants(Some(Status::Present));
        assert!(self.followed.keys().eq(ids.iter()), "a reader misses somebody");
        for (id, followed) in &self.followed {
            let entries = host.entries(id);
            let entries = entries.iter().map(|entry| (entry.key, entry.value.unwrap_or_default()));
            let values = followed.values.iter().map(|(key, value)| (&key[..], &value[..]));
            assert!(entries.eq(values), "a reader of {id:?} holds {followed:?}");
        }
        assert!(self.conflicts == 0 || host.conflicts() > 0);
        // Nothing changed since, so there is nothing to tell.
        let again = host.changes(self.cursor.as_deref(), 1, Filter::default()).expect("a cursor");
        assert!(again.list.is_empty() && !again.more, "told twice: {again:?}");
    }
}
