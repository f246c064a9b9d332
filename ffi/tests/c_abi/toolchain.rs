//! The compilers of the machine, and libplasmid installed where they find it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const WARNINGS: [&str; 6] = ["-g", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"];

/// The standard a source is compiled under, and with it the compiler.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Language {
    C(&'static str),
    Cpp(&'static str),
}

/// How a program reaches the library.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Linking {
    Shared,
    Static,
}

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("ffi/ is in the repository")
}

/// A directory of this test alone, empty.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c_abi").join(name);
    if path.exists() {
        fs::remove_dir_all(&path).expect("empty the scratch directory");
    }
    fs::create_dir_all(&path).expect("make the scratch directory");
    path
}

/// Where libplasmid was installed by the rule that users run, from the build under test.
pub(crate) fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        // Cargo leaves the library beside this test program.
        let test = std::env::current_exe().expect("the path of this program");
        install(test.parent().expect("a program is in a directory"), &scratch("prefix"))
    })
}

/// Install the library in `build` to `prefix`.
pub(crate) fn install(build: &Path, prefix: &Path) -> PathBuf {
    run(Command::new("make")
        .args(["--no-print-directory", "-f", "ffi/install.mk", "install-files"])
        .arg(format!("PREFIX={}", prefix.display()))
        .arg(format!("PLASMID_BUILD={}", build.display()))
        // A make above this test would pass its own variables on.
        .env_remove("MAKEFLAGS")
        .env_remove("DESTDIR")
        .env_remove("LIBDIR")
        .env_remove("INCLUDEDIR")
        .current_dir(repository()));
    prefix.to_path_buf()
}

/// The compiler for `language`, with every warning an error.
pub(crate) fn compiler(language: Language) -> Command {
    let (program, standard) = match language {
        Language::C(standard) => ("gcc", standard),
        Language::Cpp(standard) => ("g++", standard),
    };
    let mut command = Command::new(program);
    command.arg(format!("-std={standard}")).args(WARNINGS);
    command
}

/// Compile `source` without linking it.
pub(crate) fn compile(name: &str, language: Language, source: &str) {
    let directory = scratch(name);
    let extension = if matches!(language, Language::C(_)) { "c" } else { "cpp" };
    let path = directory.join("source").with_extension(extension);
    fs::write(&path, source).expect("write the source");
    run(compiler(language)
        .arg("-I")
        .arg(repository().join("include"))
        .arg("-fsyntax-only")
        .arg(path));
}

/// Compile and link `source`, a path in the repository, against the library in `prefix`.
pub(crate) fn build(source: &str, language: Language, linking: Linking, prefix: &Path) -> PathBuf {
    let name = source.replace(['/', '.'], "_");
    let program =
        scratch(&format!("{name}_{linking:?}_{language:?}").replace(['(', ')', '"'], "_"))
            .join("program");
    let mut command = compiler(language);
    command.arg("-I").arg(prefix.join("include")).arg(repository().join(source));
    match linking {
        Linking::Shared => {
            let lib = prefix.join("lib");
            command.arg("-L").arg(&lib).arg("-lplasmid");
            command.arg(format!("-Wl,-rpath,{}", lib.display()));
        }
        Linking::Static => {
            command.arg("-DPLASMID_STATIC").arg(prefix.join("lib/libplasmid.a"));
            command.args(["-lgcc_s", "-lutil", "-lrt", "-lm", "-ldl"]);
        }
    }
    run(command.arg("-pthread").arg("-o").arg(&program));
    program
}

/// Run a command that must succeed.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Run a program that must succeed, and again under valgrind, which must find no error and no leak.
pub(crate) fn run_checked(program: &Path, arguments: &[&str]) {
    run(Command::new(program).args(arguments));
    if !is_present("valgrind") {
        return;
    }
    // The backtrace of a caught panic would stay reachable for ever.
    run(Command::new("valgrind")
        .args(["--quiet", "--error-exitcode=99", "--leak-check=full"])
        .args(["--errors-for-leak-kinds=definite,indirect", "--fair-sched=yes"])
        .arg(program)
        .args(arguments)
        .env("RUST_BACKTRACE", "0"));
}

/// Whether a tool that users may lack is here. What it would have tested is skipped, and said.
pub(crate) fn is_present(tool: &str) -> bool {
    let is_present = Command::new(tool).arg("--version").output().is_ok();
    if !is_present {
        // Not `eprintln!`, which the test runner keeps to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED: what needs {tool}, which is not installed");
    }
    is_present
}
