//! The two-host example runs, and says that its hosts agree.

use std::process::Command;

#[test]
fn two_hosts_agree() {
    let output = Command::new(env!("CARGO_BIN_EXE_two_hosts")).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "a knows that b's shape is round\nb knows that a's color is red\n");
}
