//! The examples in README.md are the programs in examples/, to the letter.
//!
//! `UPDATE=1 cargo test` copies them in; the difference is reviewed.

use std::path::Path;

const MARK: &str = "<!-- examples/";

#[test]
fn the_readme_shows_the_examples_that_the_tests_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md is readable");
    let mut parts = readme.split(MARK);
    let mut expected = parts.next().unwrap_or_default().to_owned();
    let mut examples = 0;
    for part in parts {
        let (name, rest) = part.split_once(" -->\n").expect("a mark names one file");
        let (fence, rest) = rest.split_once('\n').expect("a code block follows the mark");
        let (_, after) = rest.split_once("```\n").expect("the code block ends");
        let code = std::fs::read_to_string(root.join("examples").join(name))
            .unwrap_or_else(|error| panic!("examples/{name}: {error}"));
        expected += &format!("{MARK}{name} -->\n{fence}\n{code}```\n{after}");
        examples += 1;
    }
    assert_eq!(examples, 4, "one example for each language");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &expected).expect("README.md is writable");
    } else {
        assert!(readme == expected, "README.md differs from examples/; UPDATE=1 copies them in");
    }
}
