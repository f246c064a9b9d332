//! Instructions of what is measured, counted by callgrind: the same on every run, so that a few
//! percent more are seen where times would hide them.

use std::env;
use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Instructions between the first and the last of everything clocked, while our side of the contest
/// does what `request` asks for; none where valgrind is missing.
pub(crate) fn count(request: &str) -> Result<Option<u64>, Box<dyn Error>> {
    let program = env::current_exe()?;
    let child = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*clocked*", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .arg("ours")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: valgrind is not there, no instructions are counted");
        return Ok(None);
    };
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{request}")?;
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    match count {
        Some(count) if output.status.success() && count > 0 => Ok(Some(count)),
        _ => Err(format!("callgrind counted nothing of {request:?}:\n{said}").into()),
    }
}
