//! The installed tree: what build systems find in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::toolchain::{Language, compiler, is_present, prefix, repository, run, scratch};

/// Ask pkg-config about the installed library.
fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let output = run(Command::new("pkg-config")
        .args(arguments)
        .arg("plasmid")
        .env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")));
    let text = String::from_utf8(output.stdout).expect("pkg-config prints text");
    text.split_whitespace().map(str::to_string).collect()
}

/// Run a program that finds the library by its SONAME alone.
fn run_with_library(program: &Path) {
    run(Command::new(program).env("LD_LIBRARY_PATH", prefix().join("lib")));
}

#[test]
fn pkg_config_knows_the_library() {
    if !is_present("pkg-config") {
        return;
    }
    assert_eq!(pkg_config(&["--modversion"]), [env!("CARGO_PKG_VERSION")]);
    let directory = scratch("pkg_config");
    let source = repository().join("examples/two_hosts.c");

    let shared = directory.join("shared");
    run(compiler(Language::C("c99"))
        .arg(&source)
        .args(pkg_config(&["--cflags", "--libs"]))
        .arg("-o")
        .arg(&shared));
    run_with_library(&shared);

    // A program that carries the library within it, as `Libs.private` says.
    let whole = directory.join("whole");
    let flags = pkg_config(&["--static", "--cflags", "--libs"]);
    let archive = format!("-l:{}", "libplasmid.a");
    let flags = flags.iter().map(|flag| if flag == "-lplasmid" { &archive } else { flag });
    run(compiler(Language::C("c99")).arg(&source).args(flags).arg("-o").arg(&whole));
    run(&mut Command::new(&whole));
}

#[test]
fn cmake_knows_the_library() {
    if !is_present("cmake") {
        return;
    }
    let directory = scratch("cmake");
    let project = format!(
        "cmake_minimum_required(VERSION 3.16)\n\
         project(consumer C CXX)\n\
         set(CMAKE_CXX_STANDARD 17)\n\
         find_package(plasmid {}.{} REQUIRED CONFIG)\n\
         add_executable(shared {root}/examples/two_hosts.c)\n\
         target_link_libraries(shared plasmid::plasmid)\n\
         add_executable(whole {root}/examples/two_hosts.cpp)\n\
         target_link_libraries(whole plasmid::static)\n",
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        root = repository().display(),
    );
    fs::write(directory.join("CMakeLists.txt"), project).expect("write the project");
    let build = directory.join("build");
    run(Command::new("cmake")
        .arg("-S")
        .arg(&directory)
        .arg("-B")
        .arg(&build)
        .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display())));
    run(Command::new("cmake").arg("--build").arg(&build));
    run(&mut Command::new(build.join("shared")));
    run(&mut Command::new(build.join("whole")));

    // A version with another SONAME is not this one.
    let other = scratch("cmake_other");
    let project = "cmake_minimum_required(VERSION 3.16)\n\
                   project(consumer C)\n\
                   find_package(plasmid 99.0 REQUIRED CONFIG)\n";
    fs::write(other.join("CMakeLists.txt"), project).expect("write the project");
    let output = Command::new("cmake")
        .arg("-S")
        .arg(&other)
        .arg("-B")
        .arg(other.join("build"))
        .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display()))
        .output()
        .expect("cmake runs");
    assert!(!output.status.success(), "version 99.0 was found");
}

#[test]
fn a_staged_install_speaks_of_its_final_place() {
    let stage = scratch("stage");
    let test = std::env::current_exe().expect("the path of this program");
    run(Command::new("make")
        .args([
            "--no-print-directory",
            "-f",
            "ffi/install.mk",
            "install-files",
            "PREFIX=/opt/plasmid",
        ])
        .arg(format!("DESTDIR={}", stage.display()))
        .arg(format!("PLASMID_BUILD={}", test.parent().expect("a directory").display()))
        .env_remove("MAKEFLAGS")
        .current_dir(repository()));
    let lib = stage.join("opt/plasmid/lib");
    let text = fs::read_to_string(lib.join("pkgconfig/plasmid.pc")).expect("plasmid.pc");
    assert!(text.contains("libdir=/opt/plasmid/lib\n"), "{text}");
    assert!(!text.contains('@') && !text.contains(&*stage.to_string_lossy()), "{text}");
    let link = fs::read_link(lib.join("libplasmid.so")).expect("libplasmid.so is a link");
    assert!(lib.join(link).exists());
    assert!(stage.join("opt/plasmid/include/plasmid.hpp").exists());
}
