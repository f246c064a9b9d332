//! The rules of the house, kept by a test, so that nobody argues about them in review.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Columns of a line in sources.
const MOST_COLUMNS: usize = 100;
/// Lines of a source file. One file is one idea; tests may tell longer stories.
const MOST_LINES: usize = 450;

const SOURCES: [&str; 9] = ["rs", "py", "pyi", "c", "h", "cpp", "hpp", "sh", "txt"];

struct File {
    /// Relative to the repository, with slashes.
    name: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All source files; those in folders of tools and of what is built are not ours.
fn sources() -> Vec<File> {
    let mut files = Vec::new();
    collect(&root(), "", &mut files);
    assert!(files.len() > 40, "only {} files found", files.len());
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let is_built = ["target", "build", "dist", "__pycache__"].contains(&&*name);
        if name.starts_with('.') || is_built {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files);
        } else if path.extension().is_some_and(|e| SOURCES.iter().any(|source| e == *source)) {
            let text = fs::read_to_string(&path).expect("text in UTF-8");
            files.push(File { name: format!("{prefix}{name}"), text });
        }
    }
}

fn core_sources() -> Vec<File> {
    sources().into_iter().filter(|file| file.name.starts_with("core/src/")).collect()
}

/// Fail with every place in `files` where `is_wrong`.
fn check(files: &[File], rule: &str, is_wrong: impl Fn(&File, &str) -> bool) {
    let mut wrong = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            if is_wrong(file, line) {
                wrong.push(format!("{}:{}: {}", file.name, number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

#[test]
fn the_core_does_no_io_and_has_no_unsafe() {
    let files = core_sources();
    let banned = [
        concat!("un", "safe "),
        "std::time",
        "std::fs",
        "std::net",
        "std::thread",
        "std::env",
        "std::io",
        "std::process",
        "getrandom",
        "println!",
        "dbg!",
    ];
    check(&files, "the core is bytes in, bytes out", |_, line| {
        banned.iter().any(|word| line.contains(word))
    });
    let front = files.iter().find(|file| file.name == "core/src/lib.rs").expect("a front door");
    assert!(front.text.contains("#![no_std]") && front.text.contains("#![forbid(unsafe_code)]"));
}

#[test]
fn only_the_c_boundary_and_its_fuzz_are_unsafe() {
    let word = concat!("un", "safe");
    let marks = [format!("{word} {{"), format!("{word} fn"), format!("{word} impl")];
    check(&sources(), "no code like this here", |file, line| {
        let allowed = ["ffi/", "tests/tests/fuzz/"];
        let is_allowed = allowed.iter().any(|folder| file.name.starts_with(folder));
        file.name.ends_with(".rs") && !is_allowed && marks.iter().any(|mark| line.contains(mark))
    });
}

#[test]
fn core_modules_import_leaf_modules_not_the_crate_root() {
    check(&core_sources(), "import from the module that defines the name", |file, line| {
        let imported = line.trim_start().strip_prefix("use crate::");
        let is_root = imported.is_some_and(|name| name.starts_with(|c: char| !c.is_lowercase()));
        is_root && file.name != "core/src/lib.rs"
    });
}

#[test]
fn lines_have_a_hundred_columns() {
    check(&sources(), "too long", |_, line| line.chars().count() > MOST_COLUMNS);
}

#[test]
fn files_are_one_idea_long() {
    for File { name, text } in sources() {
        let is_test = name.starts_with("tests/") || name.contains("/tests/");
        // Every function of the ABI with its documentation, generated or in one place for C++.
        let is_header = name.starts_with("include/");
        let lines = text.lines().count();
        assert!(is_test || is_header || lines <= MOST_LINES, "{name} has {lines} lines");
    }
}

#[test]
fn every_rust_file_says_what_it_is() {
    for File { name, text } in sources() {
        let starts = ["//!", "#![doc"].iter().any(|start| text.starts_with(start));
        assert!(!name.ends_with(".rs") || starts, "{name} does not begin with its documentation");
    }
}

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("#[ign", "ore"),
        concat!("todo", "!("),
        concat!("unimpl", "emented!("),
    ];
    check(&sources(), "finish it, or leave it out", |_, line| {
        words.iter().any(|word| line.contains(word))
    });
}

/// A path in backquotes, in a document that claims where something is.
#[test]
fn documents_name_files_that_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(document)).expect("a document");
        let quoted = text.split('`').skip(1).step_by(2);
        let folders =
            ["core/", "shared/", "ffi/", "include/", "python/", "tests/", "examples/", "benches/"];
        let paths: Vec<&str> =
            quoted.filter(|path| folders.iter().any(|folder| path.starts_with(folder))).collect();
        for path in paths {
            assert!(root().join(path).exists(), "{document} names {path}, which does not exist");
        }
    }
}

/// A test or function in backquotes, named as in the sources: at least three underscores.
#[test]
fn the_architecture_names_functions_that_exist() {
    let files = sources();
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("a document");
    let quoted = text.split('`').skip(1).step_by(2);
    let words = quoted.flat_map(|quoted| quoted.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let names: Vec<&str> = words.filter(|word| word.matches('_').count() >= 3).collect();
    assert!(names.len() >= 5, "the invariants name their tests: {names:?}");
    for name in names {
        let forms = [format!("fn {name}("), format!("def {name}(")];
        let is_there = |file: &File| forms.iter().any(|form| file.text.contains(form));
        assert!(files.iter().any(is_there), "ARCHITECTURE.md names {name}, which does not exist");
    }
}

/// A processor without an operating system has no std to fall back on.
#[test]
fn the_core_builds_without_std() {
    const TARGET: &str = "thumbv7m-none-eabi";
    let installed = || {
        let output = Command::new("rustup").args(["target", "list", "--installed"]).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(TARGET))
    };
    if !installed() {
        let added = Command::new("rustup").args(["target", "add", TARGET]).output();
        if !added.is_ok_and(|output| output.status.success()) {
            // Not by `eprintln!`, which the test runner keeps to itself.
            let _ = writeln!(std::io::stderr(), "SKIPPED: the core without std, for {TARGET}");
            return;
        }
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["check", "--quiet", "-p", "plasmid", "--target", TARGET])
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
