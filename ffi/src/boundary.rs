//! The line between C and Rust: handles, slices, outputs, and the net under every call.
//!
//! What C promises, and nobody here can check, is said once: *a pointer that is not NULL points to
//! what its type and the length beside it say, stays valid for the call, and a handle came from its
//! `_new` and was not freed.* Each `unsafe` constructor below asks for exactly that promise; what
//! can be checked (NULL, absurd lengths, a panic, two threads) is checked by the safe code after
//! it.

use std::borrow::Cow;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use crate::status::{
    Failure, Outcome, PLASMID_BUFFER_TOO_SHORT, PLASMID_BUSY, PLASMID_INVALID_ARGUMENT, PLASMID_OK,
    plasmid_status,
};

/// What a C program holds by pointer. Its state is behind a lock, whose poison is ours: a panic in
/// a call leaves the state locked away for ever.
pub(crate) trait Handle: Send + Sync {
    /// Where the text of the last failure is kept, if the handle keeps one.
    fn last_failure(&self) -> Option<&LastFailure>;
}

/// A handle whose calls have its state alone.
pub(crate) trait Alone: Handle {
    /// What the calls on the handle work on.
    type State;

    /// Take the state for one call: by [`wait`] or by [`claim`].
    fn enter(&self) -> Outcome<MutexGuard<'_, Self::State>>;
}

/// Take `state` when the calls before this one are done.
pub(crate) fn wait<S>(state: &Mutex<S>) -> Outcome<MutexGuard<'_, S>> {
    state.lock().map_err(|_| Failure::poisoned())
}

/// Take `state` at once, or answer `PLASMID_BUSY`.
pub(crate) fn claim<S>(state: &Mutex<S>) -> Outcome<MutexGuard<'_, S>> {
    state.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Failure::new(PLASMID_BUSY, "another thread is in a call"),
        TryLockError::Poisoned(_) => Failure::poisoned(),
    })
}

/// The text of the last failure of a handle; empty before the first.
#[derive(Default)]
pub(crate) struct LastFailure(Mutex<Cow<'static, str>>);

impl LastFailure {
    /// The text. Its mutex is held for a copy only, so a poison on it would mean nothing.
    fn text(&self) -> MutexGuard<'_, Cow<'static, str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle as C passes it, perhaps NULL.
pub(crate) struct Ref<'a, H> {
    handle: Option<&'a H>,
}

impl<H> Clone for Ref<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H> Copy for Ref<'_, H> {}

impl<H: Handle> Ref<'_, H> {
    /// The caller promises: `handle` is NULL, or came from its `_new` and is not freed before the
    /// call returns.
    pub(crate) unsafe fn new(handle: *const H) -> Self {
        // SAFETY: promised by the caller. Handles are only ever shared, never borrowed mutably.
        let handle = unsafe { handle.as_ref() };
        Ref { handle }
    }

    /// Whether C passed NULL.
    pub(crate) fn is_null(&self) -> bool {
        self.handle.is_none()
    }

    /// Run `body` with the handle's state, and answer its status.
    pub(crate) fn call(self, body: impl FnOnce(&mut H::State) -> Outcome) -> plasmid_status
    where
        H: Alone,
    {
        self.answer(|handle| body(&mut *handle.enter()?))
    }

    /// Run `body` with the handle, and answer its status; the text of a failure stays on the
    /// handle.
    pub(crate) fn answer(self, body: impl FnOnce(&H) -> Outcome) -> plasmid_status {
        let Some(handle) = self.handle else {
            return PLASMID_INVALID_ARGUMENT;
        };
        let Err(failure) = caught(|| body(handle)) else {
            return PLASMID_OK;
        };
        if let Some(last) = handle.last_failure() {
            *last.text() = failure.text;
        }
        failure.status
    }

    /// Copy the text of the last failure out. Its own failures leave that text alone.
    pub(crate) fn tell(self, out: Buffer) -> plasmid_status {
        let Some(handle) = self.handle else {
            return PLASMID_INVALID_ARGUMENT;
        };
        guard(|| {
            let text = handle.last_failure().map(|last| last.text().clone()).unwrap_or_default();
            out.check()?.put(text.as_bytes())
        })
    }
}

/// Run the `body` of a function that has no handle yet, and answer its status.
pub(crate) fn guard(body: impl FnOnce() -> Outcome) -> plasmid_status {
    match caught(body) {
        Ok(()) => PLASMID_OK,
        Err(failure) => failure.status,
    }
}

/// Run `body`; a panic becomes a failure, for it must never unwind into C.
fn caught(body: impl FnOnce() -> Outcome) -> Outcome {
    // Unwind safety: what a panic leaves half done is behind the mutex that it poisons.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        // The payload may be anything, so dropping it may panic as well. That second payload is
        // leaked, because there is no end to this otherwise.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            mem::forget(again);
        }
        Err(Failure::poisoned())
    })
}

/// Free a handle; NULL is fine. The caller promises: `handle` is NULL, or came from its `_new`, is
/// freed only here and only now, and no other call on it is under way.
pub(crate) unsafe fn free<H>(handle: *mut H) {
    if handle.is_null() {
        return;
    }
    guard(|| {
        // SAFETY: promised by the caller; every `_new` makes its handle with `Slot::put_handle`.
        drop(unsafe { Box::from_raw(handle) });
        Ok(())
    });
}

/// Bytes that C lends for the call.
pub(crate) struct Input<'a> {
    name: &'static str,
    start: *const u8,
    len: usize,
    lent: PhantomData<&'a [u8]>,
}

impl<'a> Input<'a> {
    /// The caller promises: `start` is NULL, or `len` bytes from it can be read for as long as `'a`
    /// and are not written before their last use.
    pub(crate) unsafe fn new(name: &'static str, start: *const c_void, len: usize) -> Self {
        Input { name, start: start.cast(), len, lent: PhantomData }
    }

    /// The bytes; `(NULL, 0)` is the empty slice.
    pub(crate) fn bytes(&self) -> Outcome<&'a [u8]> {
        check_extent(self.name, self.start, self.len)?;
        if self.len == 0 {
            return Ok(&[]);
        }
        // SAFETY: not NULL, not longer than an object can be, and promised to be readable.
        Ok(unsafe { slice::from_raw_parts(self.start, self.len) })
    }
}

/// A place where C wants one value.
pub(crate) struct Out<T> {
    name: &'static str,
    place: *mut T,
}

impl<T> Out<T> {
    /// The caller promises: `place` is NULL, or a `T` can be written there until the call returns.
    pub(crate) unsafe fn new(name: &'static str, place: *mut T) -> Self {
        Out { name, place }
    }

    /// The place, which must be there.
    pub(crate) fn required(self) -> Outcome<Slot<T>> {
        let name = self.name;
        self.optional().ok_or_else(|| Failure::invalid(format!("{name} is NULL")))
    }

    /// The place, if C wants the value.
    pub(crate) fn optional(self) -> Option<Slot<T>> {
        NonNull::new(self.place).map(Slot)
    }
}

/// An [`Out`] that was checked. Every output is checked before anything is done, so that a failure
/// finds nothing written and nothing changed.
pub(crate) struct Slot<T>(NonNull<T>);

impl<T> Slot<T> {
    pub(crate) fn put(self, value: T) {
        // SAFETY: `Out::new` was promised that a `T` can be written here. Some languages do not
        // align what they pass, and there is no need to insist.
        unsafe { self.0.as_ptr().write_unaligned(value) };
    }
}

impl<H> Slot<*mut H> {
    /// Give a new handle to C, until `free`.
    pub(crate) fn put_handle(self, handle: H) {
        self.put(Box::into_raw(Box::new(handle)));
    }
}

/// The two places where C wants bytes that stay ours: where they begin, and how many they are.
pub(crate) struct Lend {
    start: Out<*const u8>,
    len: Out<usize>,
}

impl Lend {
    /// The caller promises of both places what `Out::new` asks.
    pub(crate) unsafe fn new(
        names: [&'static str; 2],
        start: *mut *const u8,
        len: *mut usize,
    ) -> Self {
        // SAFETY: promised by the caller.
        unsafe { Lend { start: Out::new(names[0], start), len: Out::new(names[1], len) } }
    }

    /// The places, which must be there.
    pub(crate) fn required(self) -> Outcome<Lent> {
        Ok(Lent { start: Some(self.start.required()?), len: Some(self.len.required()?) })
    }

    /// The places, as far as C wants the bytes.
    pub(crate) fn optional(self) -> Lent {
        Lent { start: self.start.optional(), len: self.len.optional() }
    }
}

/// A [`Lend`] that was checked.
pub(crate) struct Lent {
    start: Option<Slot<*const u8>>,
    len: Option<Slot<usize>>,
}

impl Lent {
    /// Lend `bytes`, which must stay where they are for as long as C was promised; (NULL, 0) where
    /// there are none. Empty bytes are not NULL.
    pub(crate) fn put(self, bytes: Option<&[u8]>) {
        if let Some(start) = self.start {
            start.put(bytes.map_or(ptr::null(), <[u8]>::as_ptr));
        }
        if let Some(len) = self.len {
            len.put(bytes.map_or(0, <[u8]>::len));
        }
    }
}

/// A buffer that C owns, and the place where it wants the length.
pub(crate) struct Buffer {
    start: *mut u8,
    capacity: usize,
    len: Out<usize>,
}

impl Buffer {
    /// The caller promises: `out` is NULL, or `capacity` bytes from it can be written until the
    /// call returns; and of `out_len` what `Out::new` asks.
    pub(crate) unsafe fn new(out: *mut c_void, capacity: usize, out_len: *mut usize) -> Self {
        // SAFETY: promised by the caller.
        let len = unsafe { Out::new("out_len", out_len) };
        Buffer { start: out.cast(), capacity, len }
    }

    /// The buffer, if it is one; `(NULL, 0)` is the empty buffer.
    pub(crate) fn check(self) -> Outcome<Room> {
        check_extent("out", self.start, self.capacity)?;
        let len = self.len.required()?;
        Ok(Room { start: self.start, capacity: self.capacity, len })
    }
}

/// A [`Buffer`] that was checked.
pub(crate) struct Room {
    start: *mut u8,
    pub(crate) capacity: usize,
    len: Slot<usize>,
}

impl Room {
    /// Copy `bytes` out, all or nothing.
    pub(crate) fn put(self, bytes: &[u8]) -> Outcome {
        if bytes.len() > self.capacity {
            return Err(self.too_short(bytes.len()));
        }
        if !bytes.is_empty() {
            // SAFETY: `Buffer::new` was promised `capacity` writable bytes, which are not NULL
            // because there is at least one. `bytes` is ours, so the two do not overlap.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start, bytes.len()) };
        }
        self.len.put(bytes.len());
        Ok(())
    }

    /// Tell C how much it takes.
    pub(crate) fn too_short(self, needed: usize) -> Failure {
        let text = format!("the buffer has {} bytes, {needed} are needed", self.capacity);
        self.len.put(needed);
        Failure::new(PLASMID_BUFFER_TOO_SHORT, text)
    }
}

/// Refuse a pointer and length that no object can have.
fn check_extent(name: &str, start: *const u8, len: usize) -> Outcome {
    if isize::try_from(len).is_err() {
        return Err(Failure::invalid(format!("{name} is longer than an object can be: {len}")));
    }
    if start.is_null() && len > 0 {
        return Err(Failure::invalid(format!("{name} is NULL and its length is {len}")));
    }
    Ok(())
}

/// An option that is off or on: 0 or 1.
pub(crate) fn flag(name: &str, value: u32) -> Outcome<bool> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Failure::invalid(format!("{name} is {value}, not 0 or 1"))),
    }
}
