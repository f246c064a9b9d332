//! Runs every conversation in `transcripts/` and compares what it prints with what stands there.
//! `UPDATE=1` rewrites the files; the difference is then reviewed like any other change.

use std::fs;
use std::path::{Path, PathBuf};

use plasmid_tests::transcript::{self, Keeping};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the transcripts")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_transcript_prints_what_it_says() {
    compare(Keeping::Memory, std::env::var_os("UPDATE").is_some());
}

/// A file behind a host changes nothing of what it says.
#[test]
fn with_durable_hosts_too() {
    compare(Keeping::File, false);
}

fn compare(keeping: Keeping, update: bool) {
    let files = scripts();
    assert!(files.len() >= 65, "only {} transcripts found", files.len());
    let mut different = Vec::new();
    for path in files {
        let script = fs::read_to_string(&path).expect("a readable transcript");
        let printed = transcript::run(&script, keeping)
            .unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        if printed == script {
            continue;
        }
        if update {
            fs::write(&path, printed).expect("a writable transcript");
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            different.push(format!("{name}:\n{}", first_difference(&script, &printed)));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// The first line where the two differ, with a few lines before it.
fn first_difference(expected: &str, printed: &str) -> String {
    let expected: Vec<&str> = expected.lines().collect();
    let printed: Vec<&str> = printed.lines().collect();
    let at = expected.iter().zip(&printed).take_while(|(a, b)| a == b).count();
    let before = expected[at.saturating_sub(3)..at].join("\n");
    let line = |lines: &[&str]| lines.get(at).map_or("(the end)".to_owned(), |l| (*l).to_owned());
    format!(
        "line {}:\n{before}\nexpected: {}\nprinted:  {}\n",
        at + 1,
        line(&expected),
        line(&printed)
    )
}
