//! The programs in tests/c and examples, linked both ways, run, and watched by valgrind.

use std::path::Path;
use std::process::Command;

use crate::toolchain::{
    Language, Linking, build, install, prefix, repository, run, run_checked, scratch,
};

const C99: Language = Language::C("c99");
const C11: Language = Language::C("c11");
const CPP17: Language = Language::Cpp("c++17");
const CPP20: Language = Language::Cpp("c++20");

#[test]
fn every_function_withstands_wrong_arguments() {
    run_checked(&build("tests/c/arguments.c", C99, Linking::Shared, prefix()), &[]);
    run_checked(&build("tests/c/arguments_of_state.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn a_host_behaves_through_the_shared_library() {
    run_checked(&build("tests/c/host.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn a_host_behaves_through_the_static_library() {
    run(&mut Command::new(build("tests/c/host.c", C11, Linking::Static, prefix())));
}

#[test]
fn a_state_changes_its_mind() {
    run_checked(&build("tests/c/writes.c", C99, Linking::Shared, prefix()), &[]);
    run_checked(&build("tests/c/presence.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn a_batch_is_one_change() {
    run_checked(&build("tests/c/batch.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn changes_are_followed_with_a_cursor() {
    run_checked(&build("tests/c/changes.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn a_host_is_kept_as_bytes() {
    run_checked(&build("tests/c/snapshot.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn a_host_is_kept_in_a_file() {
    let program = build("tests/c/durable.c", C11, Linking::Shared, prefix());
    run_checked(&program, &[&scratch("durable_checked").to_string_lossy()]);
}

#[test]
fn budgets_bound_messages() {
    run_checked(&build("tests/c/budget.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn streams_and_exchanges_behave() {
    run_checked(&build("tests/c/stream.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn threads_wait_or_are_told_busy() {
    run_checked(&build("tests/c/threads.c", C11, Linking::Shared, prefix()), &[]);
}

#[test]
fn a_fork_is_noticed_by_nobody() {
    run_checked(&build("tests/c/fork.c", C99, Linking::Shared, prefix()), &[]);
}

#[test]
fn the_cpp_wrapper_behaves() {
    for source in ["tests/c/wrapper.cpp", "tests/c/wrapper_of_state.cpp"] {
        let program = build(source, CPP17, Linking::Shared, prefix());
        run_checked(&program, &[&scratch("wrapper_shared").to_string_lossy()]);
        let program = build(source, CPP20, Linking::Static, prefix());
        run(Command::new(program).arg(scratch("wrapper_static")));
    }
}

#[test]
fn the_examples_say_what_the_readme_promises() {
    let promised = "a knows that b's shape is round\nb knows that a's color is red\n";
    for (source, language) in [("examples/two_hosts.c", C99), ("examples/two_hosts.cpp", CPP17)] {
        let program = build(source, language, Linking::Shared, prefix());
        let said = run(&mut Command::new(&program)).stdout;
        assert_eq!(String::from_utf8_lossy(&said), promised, "{source}");
        run_checked(&program, &[]);
    }
}

#[test]
fn a_panic_becomes_a_status() {
    // Its own target directory: the library beside this test must not get the function that panics.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forced_panic");
    run(Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "plasmid-ffi", "--features", "forced-panic"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(repository()));
    let prefix = install(&target.join("debug"), &scratch("forced_panic_prefix"));
    run_checked(&build("tests/c/panic.c", C99, Linking::Shared, &prefix), &[]);
}
