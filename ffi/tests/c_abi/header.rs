//! The headers: plasmid.h is what the sources say, and every C and C++ compiler reads both.

use std::fs;
use std::path::PathBuf;

use crate::toolchain::{Language, compile, repository};

/// In the order in which a reader wants them.
const SOURCES: [&str; 15] = [
    "status.rs",
    "version.rs",
    "config.rs",
    "limits.rs",
    "host.rs",
    "durable.rs",
    "write.rs",
    "batch.rs",
    "read.rs",
    "presence.rs",
    "iterate.rs",
    "changes.rs",
    "snapshot.rs",
    "stream.rs",
    "exchange.rs",
];

const C: [&str; 4] = ["c99", "c11", "c17", "c2x"];
const CPP: [&str; 2] = ["c++17", "c++20"];
/// plasmid.h alone asks for less than the wrapper.
const OLDEST_CPP: &str = "c++11";

fn header() -> PathBuf {
    repository().join("include/plasmid.h")
}

fn header_text() -> String {
    fs::read_to_string(header()).expect("include/plasmid.h")
}

#[test]
fn header_is_generated_from_the_sources() {
    let ffi = repository().join("ffi");
    let config = cbindgen::Config::from_file(ffi.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(ffi.join("src").join(source));
    }
    let mut generated = Vec::new();
    builder.generate().expect("cbindgen reads the sources").write(&mut generated);
    let generated = String::from_utf8(generated).expect("a header is text");

    if std::env::var_os("UPDATE").is_some() {
        fs::write(header(), &generated).expect("write the header");
    }
    assert!(
        header_text() == generated,
        "include/plasmid.h is out of date: UPDATE=1 cargo test -p plasmid-ffi"
    );
}

#[test]
fn everything_in_the_header_has_a_comment() {
    let text = header_text();
    let lines: Vec<&str> = text.lines().skip_while(|line| *line != "/**").collect();
    let mut documented = 0;
    for (number, line) in lines.iter().enumerate() {
        let is_item = ["PLASMID_API", "typedef ", "#define "].iter().any(|s| line.starts_with(s));
        if is_item {
            let above = lines[..number].iter().rev().find(|line| **line != "PLASMID_NODISCARD");
            assert_eq!(above.map(|line| line.trim()), Some("*/"), "{line}");
            documented += 1;
        }
    }
    assert!(documented > 70, "only {documented} items were recognised");
}

/// The first lines of all that plasmid.hpp declares: in the namespaces, and in the public parts of
/// classes, structs and enums. The layout tells: members are indented by two spaces.
fn public_items(lines: &[&str]) -> Vec<usize> {
    let (mut items, mut is_public, mut follows_template) = (Vec::new(), false, false);
    for (number, line) in lines.iter().enumerate() {
        let depth = line.len() - line.trim_start().len();
        match line.trim() {
            "public:" => is_public = true,
            "private:" | "protected:" => is_public = false,
            _ => {}
        }
        // The body of a function, the rest of a declaration, and what is no declaration.
        let is_reached = depth == 0 || (depth == 2 && is_public);
        let is_other = ["/", "}", "#", "namespace "].iter().any(|s| line.trim().starts_with(s));
        let is_macro_body =
            line.ends_with('\\') || (number > 0 && lines[number - 1].ends_with('\\'));
        if !is_reached || is_other || is_macro_body || line.is_empty() {
            continue;
        }
        if depth == 0 {
            is_public = ["struct ", "enum "].iter().any(|s| line.starts_with(s));
        }
        // The overload of a setter for temporaries stands under the one for variables.
        if !follows_template && !line.contains("&& {") {
            items.push(number);
        }
        follows_template = line.trim().starts_with("template ");
    }
    items
}

#[test]
fn everything_in_the_cpp_header_has_a_comment() {
    let text = fs::read_to_string(repository().join("include/plasmid.hpp")).expect("plasmid.hpp");
    let lines: Vec<&str> = text.lines().collect();
    let items = public_items(&lines);
    for item in &items {
        let above = item.checked_sub(1).map_or("", |above| lines[above].trim());
        assert!(above.starts_with("///"), "{}: {}", item + 1, lines[*item]);
    }
    assert!(items.len() > 70, "only {} items were recognised", items.len());
}

#[test]
fn the_example_in_the_header_is_the_one_that_runs() {
    let example = fs::read_to_string(repository().join("examples/two_hosts.c")).expect("example");
    let quoted: String =
        example.lines().map(|line| format!(" *   {line}").trim_end().to_string() + "\n").collect();
    assert!(header_text().contains(&quoted), "examples/two_hosts.c is not in ffi/cbindgen.toml");
}

#[test]
fn plasmid_h_compiles_alone_and_twice() {
    let source = "#include \"plasmid.h\"\n#include \"plasmid.h\"\nint main(void) { return 0; }\n";
    for standard in C {
        compile(&format!("alone_{standard}"), Language::C(standard), source);
    }
    for standard in CPP.into_iter().chain([OLDEST_CPP]) {
        compile(&format!("alone_{standard}"), Language::Cpp(standard), source);
    }
}

#[test]
fn plasmid_hpp_compiles_alone_and_twice() {
    let source = "#include \"plasmid.hpp\"\n#include \"plasmid.hpp\"\nint main() { return 0; }\n";
    for standard in CPP {
        compile(&format!("alone_hpp_{standard}"), Language::Cpp(standard), source);
    }
}
