//! The C functions that the fuzz drives, each behind a safe method. A test is a C program's place:
//! these calls are the only reason for `unsafe` in this crate.

use std::ffi::c_void;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ptr::{null, null_mut};
use std::slice;

use plasmid_ffi::*;

/// An owned `plasmid_host`.
pub(crate) struct CHost(*mut plasmid_host);

/// An owned `plasmid_exchange`.
pub(crate) struct CExchange(*mut plasmid_exchange);

impl CHost {
    pub(crate) fn new(id: &[u8], ordering: u32, history: u32, digests: u32) -> CHost {
        let mut config = null_mut();
        let mut host = null_mut();
        // SAFETY: every pointer is to a local that outlives its call, every handle is live.
        let statuses = unsafe {
            [
                plasmid_config_new(&mut config),
                plasmid_config_set_ordering(config, ordering),
                plasmid_config_set_history(config, history),
                plasmid_config_set_digests(config, digests),
                plasmid_config_set_seed(config, 1),
                plasmid_config_set_nonce(config, 1),
                plasmid_config_set_generation(config, 5),
                plasmid_config_set_message_bytes(config, 1 << 16),
                plasmid_config_set_departed(config, 8),
                plasmid_config_set_fragment_bytes(config, 4096),
                plasmid_config_set_remembered_deletes(config, 8),
                plasmid_config_set_change_records(config, 64),
                plasmid_host_new(id.as_ptr().cast(), id.len(), config, &mut host),
            ]
        };
        // SAFETY: the handle is not used any more.
        unsafe { plasmid_config_free(config) };
        assert_eq!(statuses, [PLASMID_OK; 13]);
        CHost(host)
    }

    pub(crate) fn set(&self, key: &[u8], value: &[u8]) {
        let (data, len) = (value.as_ptr().cast::<c_void>(), value.len());
        // SAFETY: the handle is live, the slices outlive the call.
        let status = unsafe {
            plasmid_host_set(self.0, key.as_ptr().cast(), key.len(), data, len, null_mut())
        };
        assert_eq!(status, PLASMID_OK);
    }

    pub(crate) fn delete(&self, key: &[u8]) {
        // SAFETY: the handle is live, the slice outlives the call.
        let status =
            unsafe { plasmid_host_delete(self.0, key.as_ptr().cast(), key.len(), null_mut()) };
        assert_eq!(status, PLASMID_OK);
    }

    pub(crate) fn compact(&self) {
        // SAFETY: the handle is live.
        let status = unsafe { plasmid_host_compact(self.0, PLASMID_ALL, null_mut()) };
        assert_eq!(status, PLASMID_OK);
    }

    pub(crate) fn tick(&self, now_ms: u64) {
        // SAFETY: the handle is live.
        assert_eq!(unsafe { plasmid_host_tick(self.0, now_ms) }, PLASMID_OK);
    }

    /// A Syn.
    pub(crate) fn initiate(&self) -> Vec<u8> {
        let mut out = vec![0; 1 << 14];
        let mut len = 0;
        // SAFETY: the handle is live, the buffer has the length that is told.
        let status =
            unsafe { plasmid_host_initiate(self.0, out.as_mut_ptr().cast(), out.len(), &mut len) };
        assert_eq!(status, PLASMID_OK);
        out.truncate(len);
        out
    }

    /// The status, and how much of `out` is the answer.
    pub(crate) fn receive(&self, data: &[u8], out: &mut [u8]) -> (plasmid_status, usize) {
        let mut len = 0;
        let (to, room) = (out.as_mut_ptr().cast(), out.len());
        // SAFETY: the handle is live, the slices outlive the call.
        let status = unsafe {
            plasmid_host_receive(self.0, data.as_ptr().cast(), data.len(), to, room, &mut len)
        };
        (status, len)
    }

    pub(crate) fn exchange(&self) -> CExchange {
        let mut exchange = null_mut();
        // SAFETY: the handle is live, the local outlives the call.
        let status = unsafe { plasmid_exchange_new(self.0, 0, &mut exchange) };
        assert_eq!(status, PLASMID_OK);
        CExchange(exchange)
    }

    /// Everything that the host shows, as (its own participant, all others and the counts), hashed,
    /// and how many updates that was.
    pub(crate) fn dump(&self, own: &[u8]) -> (u64, u64, usize) {
        let mut own_hash = DefaultHasher::new();
        let mut others_hash = DefaultHasher::new();
        let mut count = 0;
        let mut participants = null_mut();
        // SAFETY: the handle is live, the local outlives the call.
        let status =
            unsafe { plasmid_participants_new(self.0, PLASMID_PARTICIPANT_ANY, &mut participants) };
        assert_eq!(status, PLASMID_OK);
        let (mut id, mut len) = (null(), 0);
        // SAFETY: the handle is live, the locals outlive the call.
        while unsafe { plasmid_participants_next(participants, &mut id, &mut len) } == PLASMID_OK {
            // SAFETY: lent until the next call on the iterator.
            let id = unsafe { slice::from_raw_parts(id, len) };
            let hasher = if id == own { &mut own_hash } else { &mut others_hash };
            id.hash(hasher);
            count += 1 + self.dump_updates(id, own, hasher);
        }
        // SAFETY: the handle is not used any more.
        unsafe { plasmid_participants_free(participants) };
        let (mut conflicts, mut skipped, mut forgotten) = (0, 0, 0);
        // SAFETY: the handle is live, the locals outlive the calls.
        let statuses = unsafe {
            [
                plasmid_host_conflicts(self.0, &mut conflicts),
                plasmid_host_skipped(self.0, &mut skipped),
                plasmid_host_forgotten(self.0, &mut forgotten),
            ]
        };
        assert_eq!(statuses, [PLASMID_OK; 3]);
        (conflicts, skipped, forgotten).hash(&mut others_hash);
        (own_hash.finish(), others_hash.finish(), count)
    }

    fn dump_updates(&self, id: &[u8], own: &[u8], hasher: &mut DefaultHasher) -> usize {
        let (mut version, mut gc_version, mut generation) = (0, 0, 0);
        let (mut presence, mut updates, mut count) = (0, null_mut(), 0);
        // SAFETY: the handle is live, locals and slice outlive the calls.
        let statuses = unsafe {
            let id = (id.as_ptr().cast::<c_void>(), id.len());
            [
                plasmid_host_max_version(self.0, id.0, id.1, &mut version),
                plasmid_host_gc_version(self.0, id.0, id.1, &mut gc_version),
                plasmid_host_generation_of(self.0, id.0, id.1, &mut generation),
                plasmid_host_status(self.0, id.0, id.1, &mut presence),
                plasmid_entries_new(self.0, id.0, id.1, PLASMID_BY_VERSION, &mut updates),
            ]
        };
        assert_eq!(statuses, [PLASMID_OK; 5]);
        // Its own generation a host raises when it hears of a twin; nobody else writes its map.
        let generation = if id == own { 0 } else { generation };
        (version, gc_version, generation, presence).hash(hasher);
        let (mut key, mut key_len, mut value, mut value_len) = (null(), 0, null(), 0);
        loop {
            // SAFETY: the handle is live, the locals outlive the call.
            let status = unsafe {
                let (key, value) = ((&mut key, &mut key_len), (&mut value, &mut value_len));
                plasmid_entries_next(updates, key.0, key.1, value.0, value.1, &mut version)
            };
            if status != PLASMID_OK {
                break;
            }
            // SAFETY: both are lent until the next call on the iterator. A deletion has no value.
            let update = unsafe {
                let value = (!value.is_null()).then(|| slice::from_raw_parts(value, value_len));
                (version, slice::from_raw_parts(key, key_len), value)
            };
            update.hash(hasher);
            count += 1;
        }
        // SAFETY: the handle is not used any more.
        unsafe { plasmid_entries_free(updates) };
        count
    }
}

impl Drop for CHost {
    fn drop(&mut self) {
        // SAFETY: the handle is not used any more.
        unsafe { plasmid_host_free(self.0) };
    }
}

impl CExchange {
    pub(crate) fn receive(&self, data: &[u8]) -> plasmid_status {
        // SAFETY: the handle is live, the slice outlives the call.
        unsafe { plasmid_exchange_receive(self.0, data.as_ptr().cast(), data.len()) }
    }

    /// The status, and how much of `out` was written.
    pub(crate) fn transmit(&self, out: &mut [u8]) -> (plasmid_status, usize) {
        let mut len = 0;
        // SAFETY: the handle is live, the slice outlives the call.
        let status = unsafe {
            plasmid_exchange_transmit(self.0, out.as_mut_ptr().cast(), out.len(), &mut len)
        };
        (status, len)
    }
}

impl Drop for CExchange {
    fn drop(&mut self) {
        // SAFETY: the handle is not used any more.
        unsafe { plasmid_exchange_free(self.0) };
    }
}
