//! The library exports what the header declares, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::toolchain::{prefix, repository, run};

/// Every function that `text` declares or calls: `plasmid_…` before a parenthesis.
fn functions(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('(') {
        let before = &text[..at];
        let name = before.rfind(|c| !is_name(c)).map_or(before, |end| &before[end + 1..]);
        if name.starts_with("plasmid_") {
            found.insert(name.to_string());
        }
    }
    found
}

fn declared() -> BTreeSet<String> {
    let header = fs::read_to_string(repository().join("include/plasmid.h")).expect("plasmid.h");
    let code: String =
        header.lines().filter(|line| !line.trim_start().starts_with(['*', '/'])).collect();
    functions(&code)
}

fn defined(library: &Path, flags: &[&str]) -> BTreeSet<String> {
    let output = run(Command::new("nm").args(flags).arg("--defined-only").arg(library));
    let text = String::from_utf8(output.stdout).expect("nm prints text");
    text.lines().filter_map(|line| line.split(' ').nth(2)).map(str::to_string).collect()
}

#[test]
fn exported_symbols_are_those_of_the_header() {
    let declared = declared();
    assert!(declared.len() > 50, "only {} functions were found", declared.len());
    assert_eq!(defined(&prefix().join("lib/libplasmid.so"), &["-D"]), declared);
    let in_archive = defined(&prefix().join("lib/libplasmid.a"), &["-g"]);
    let in_archive: BTreeSet<String> =
        in_archive.into_iter().filter(|name| name.starts_with("plasmid_")).collect();
    assert_eq!(in_archive, declared);
}

#[test]
fn every_function_is_called_with_wrong_arguments() {
    let mut called = BTreeSet::new();
    for file in ["tests/c/arguments.c", "tests/c/arguments_of_state.c"] {
        called.extend(functions(&fs::read_to_string(repository().join(file)).expect(file)));
    }
    let missing: Vec<_> = declared().difference(&called).cloned().collect();
    assert!(missing.is_empty(), "no program in tests/c/arguments* calls {missing:?}");
}

#[test]
fn soname_names_the_abi() {
    let library = prefix().join("lib/libplasmid.so");
    let output = run(Command::new("readelf").arg("-d").arg(&library));
    let text = String::from_utf8(output.stdout).expect("readelf prints text");
    let soname = format!(
        "libplasmid.so.{}.{}",
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR")
    );
    assert!(text.contains(&format!("Library soname: [{soname}]")), "{text}");
    assert!(prefix().join("lib").join(soname).exists());
}
