//! The program that is killed, as its killer has it: orders go in, lines come out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use plasmid_tests::writer::line::Line;
use plasmid_tests::writer::orders::Orders;

/// Whoever says nothing for so long while somebody waits says nothing any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that runs.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    orders: ChildStdin,
    lines: Receiver<Line>,
}

/// What comes next of what it says.
#[derive(Debug)]
pub(crate) enum Next {
    Line(Line),
    /// It is time for something else.
    Late,
    /// It says nothing any more, for it ended.
    Over,
}

impl Process {
    pub(crate) fn start(orders: &Orders) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_writer"))
            .args(orders.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let orders = child.stdin.take().expect("a pipe");
        let said = child.stdout.take().expect("a pipe");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || listen(said, &sender));
        Process { child, orders, lines }
    }

    /// Tell it something. It may have ended.
    pub(crate) fn tell(&mut self, order: &str) {
        let _ = writeln!(self.orders, "{order}");
    }

    /// What it says next, if it does by then.
    pub(crate) fn next(&self, until: Instant) -> Next {
        match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => Next::Line(line),
            Err(RecvTimeoutError::Timeout) => Next::Late,
            Err(RecvTimeoutError::Disconnected) => Next::Over,
        }
    }

    /// When patience ends.
    pub(crate) fn deadline() -> Instant {
        Instant::now() + PATIENCE
    }

    /// Kill it, whatever it is doing, and give what else it said.
    pub(crate) fn kill(&mut self) -> Vec<Line> {
        let _ = self.child.kill();
        self.rest()
    }

    /// Wait for its end, and give what else it said.
    pub(crate) fn rest(&mut self) -> Vec<Line> {
        let lines = self.lines.iter().collect();
        let _ = self.child.wait();
        lines
    }
}

/// What it promised in a line that was cut off it promised to nobody.
fn listen(said: ChildStdout, sender: &Sender<Line>) {
    let mut said = BufReader::with_capacity(1 << 16, said);
    let mut line = Vec::new();
    while said.read_until(b'\n', &mut line).is_ok_and(|len| len > 0) && line.pop() == Some(b'\n') {
        let text = String::from_utf8_lossy(&line);
        let parsed = text.parse().unwrap_or_else(Line::Failed);
        if sender.send(parsed).is_err() {
            return;
        }
        line.clear();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
