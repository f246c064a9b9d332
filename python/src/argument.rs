//! What Python callers may pass where the core takes bytes or a number, and what is refused.

use std::ffi::OsString;
use std::ops::Deref;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBool, PyInt, PyString};

/// Bytes from `bytes`, `bytearray`, `memoryview` or anything else with a buffer of bytes.
///
/// `bytes` are immutable and borrowed; everything else is copied, because another thread could
/// change it while the core reads.
pub(crate) enum Bytes {
    Borrowed(PyBackedBytes),
    Copied(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Borrowed(bytes) => bytes,
            Bytes::Copied(bytes) => bytes,
        }
    }
}

impl FromPyObject<'_, '_> for Bytes {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.extract() {
            return Ok(Bytes::Borrowed(bytes));
        }
        match PyBuffer::<u8>::get(&object) {
            Ok(buffer) => Ok(Bytes::Copied(buffer.to_vec(object.py())?)),
            Err(_) => Err(unexpected(&object, "bytes, bytearray or memoryview")),
        }
    }
}

/// An id, a key or a value: [`Bytes`], or a `str` (its UTF-8), or an `int` (its decimal text).
pub(crate) enum Word {
    Bytes(Bytes),
    Text(PyBackedStr),
}

impl Deref for Word {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Word::Bytes(bytes) => bytes,
            Word::Text(text) => text.as_bytes(),
        }
    }
}

impl FromPyObject<'_, '_> for Word {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() {
            return object.extract().map(Word::Text);
        }
        if is_int(&object) {
            // Subclasses such as IntEnum print themselves as a name; the number is meant.
            let decimal = object.py().get_type::<PyInt>().call_method1("__repr__", (object,))?;
            return decimal.extract().map(Word::Text);
        }
        match object.extract() {
            Ok(bytes) => Ok(Word::Bytes(bytes)),
            Err(_) => Err(unexpected(&object, "bytes, bytearray, memoryview, str or int")),
        }
    }
}

/// A count, a size or a number of 64 bits.
pub(crate) struct Unsigned(pub(crate) u64);

impl Unsigned {
    /// As a number of bytes; what exceeds the address space means "no bound" as well as the
    /// greatest size does.
    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromPyObject<'_, '_> for Unsigned {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if !is_int(&object) {
            return Err(unexpected(&object, "int"));
        }
        let number = object.extract::<u64>().map(Unsigned);
        number.map_err(|_| PyValueError::new_err("expected an int from 0 to 2**64 - 1"))
    }
}

/// A path of a file, from a `str` or what has one (`os.PathLike`).
pub(crate) struct FilePath(pub(crate) OsString);

impl FromPyObject<'_, '_> for FilePath {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let path = object.py().import("os")?.call_method1("fspath", (object,))?;
        if !path.is_instance_of::<PyString>() {
            return Err(unexpected(&path, "str or os.PathLike of one"));
        }
        let path: OsString = path.extract()?;
        if path.is_empty() {
            return Err(PyValueError::new_err("expected a path, not an empty one"));
        }
        Ok(FilePath(path))
    }
}

/// Whether it is an `int`. A `bool` is one to Python, but a caller who passes `True` as a key or as
/// a size made a mistake.
fn is_int(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyInt>() && !object.is_instance_of::<PyBool>()
}

pub(crate) fn unexpected(object: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let name = object.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
    PyTypeError::new_err(format!("expected {expected}, not {name}"))
}
