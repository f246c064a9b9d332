//! The conversations in tests/transcripts, through the C ABI alone: they print what they print
//! through the core, with hosts in memory and with a file behind every host.

use std::fs;
use std::process::Command;

use crate::toolchain::{Language, Linking, build, prefix, repository, run, run_checked, scratch};

#[test]
fn every_transcript_prints_the_same_through_c() {
    let interpreter = build("tests/c/transcript.c", Language::C("c11"), Linking::Shared, prefix());
    let mut conversations = 0;
    for entry in fs::read_dir(repository().join("tests/transcripts")).expect("the transcripts") {
        let path = entry.expect("a directory can be read").path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let expected = fs::read_to_string(&path).expect("a transcript is text");
        for keeping in [None, Some("durable")] {
            let folder = scratch("transcript");
            let printed = run(Command::new(&interpreter).arg(&path).arg(&folder).args(keeping));
            let printed = String::from_utf8(printed.stdout).expect("a transcript is text");
            for (number, (is, should)) in printed.lines().zip(expected.lines()).enumerate() {
                assert_eq!(is, should, "{}:{} {keeping:?}", path.display(), number + 1);
            }
            assert_eq!(printed.lines().count(), expected.lines().count(), "{}", path.display());
        }
        conversations += 1;
    }
    assert!(conversations > 20, "only {conversations} transcripts were found");

    // Streams that fail hold the most that could leak.
    let path = repository().join("tests/transcripts/streams_fail_for_good.txt");
    let folder = scratch("transcript_checked");
    run_checked(&interpreter, &[&path.to_string_lossy(), &folder.to_string_lossy()]);
}
