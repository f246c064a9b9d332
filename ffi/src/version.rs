//! Which library this is: the version of the package and of its ABI.

use std::ffi::{CStr, c_char};

/// The major version of this header.
pub const PLASMID_VERSION_MAJOR: u32 = 0;

/// The minor version of this header. Before 1.0 a new minor version may change the ABI.
pub const PLASMID_VERSION_MINOR: u32 = 1;

/// The patch version of this header.
pub const PLASMID_VERSION_PATCH: u32 = 0;

/// The version as one number that grows: 0x010203 is 1.2.3.
pub const PLASMID_VERSION_NUMBER: u32 = 0x000100;

/// The version of the ABI that this header describes; it grows with the SONAME. A program that
/// loads the library at run time compares it with `plasmid_abi_version()`.
pub const PLASMID_ABI_VERSION: u32 = 1;

// cbindgen needs the numbers written out; a release that forgets one of them does not compile.
const _: () = {
    assert!(PLASMID_VERSION_MAJOR == number(env!("CARGO_PKG_VERSION_MAJOR")));
    assert!(PLASMID_VERSION_MINOR == number(env!("CARGO_PKG_VERSION_MINOR")));
    assert!(PLASMID_VERSION_PATCH == number(env!("CARGO_PKG_VERSION_PATCH")));
    let composed = (PLASMID_VERSION_MAJOR << 16) | (PLASMID_VERSION_MINOR << 8);
    assert!(PLASMID_VERSION_NUMBER == composed | PLASMID_VERSION_PATCH);
};

const fn number(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("a version is made of numbers"),
    }
}

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a version has no zero byte"),
    };

/// The version of the library that runs, such as `"0.1.0"`. The text is static and ends in a zero
/// byte.
#[unsafe(no_mangle)]
pub extern "C" fn plasmid_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The version of the ABI of the library that runs; `PLASMID_ABI_VERSION` is what the program was
/// compiled for.
#[unsafe(no_mangle)]
pub extern "C" fn plasmid_abi_version() -> u32 {
    PLASMID_ABI_VERSION
}
