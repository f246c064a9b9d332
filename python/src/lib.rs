//! The native half of the Python package `plasmid`: the core's host and streams as Python classes.
//!
//! What is here is conversion, locking and error mapping. What is not: any rule of the protocol
//! (that is the core's), and any I/O (that is `plasmid.aio`, in Python).

#![deny(unsafe_code)]

mod argument;
mod batch;
mod change;
mod config;
mod error;
mod host;
mod process;
mod read;
mod shared;
mod state;
mod stream;
mod talk;
mod write;

/// The native half of the package `plasmid`; import that one instead.
#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::batch::Batch;
    #[pymodule_export]
    use crate::change::Change;
    #[pymodule_export]
    use crate::host::Host;
    #[pymodule_export]
    use crate::state::{DurableState, LocalState};
    #[pymodule_export]
    use crate::stream::{Exchange, Stream};

    /// The version of the package, which is that of the whole of plasmid.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::process::watch(module.py())
    }
}
