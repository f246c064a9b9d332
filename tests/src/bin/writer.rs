//! A process that writes to a durable host from many threads, says what it was promised, and
//! answers one peer, until it is killed: `writer PATH LIFE THREADS ...` ([`Orders`]).
//!
//! It is told what to do in lines: `go` starts the threads, `hear HEX` brings a message, `close`
//! lays the host down. What it says is in [`Line`]s. Without anybody to talk to it ends.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use std::{env, io, thread};

use plasmid::{Config, Error, LocalState, Turns as _};
use plasmid_shared::{Outcome, SharedError, SharedHost};
use plasmid_store::{DurableState, FileDisk, StoreError};
use plasmid_tests::dump::Copy;
use plasmid_tests::words;
use plasmid_tests::writer::careless::Careless;
use plasmid_tests::writer::line::{Line, Opened};
use plasmid_tests::writer::orders::Orders;
use plasmid_tests::writer::{BUDGET, ID};

/// How often the host is told the time.
const TICK: Duration = Duration::from_millis(5);

fn main() -> ExitCode {
    let Some(orders) = Orders::parse(env::args_os().skip(1)) else {
        say(&Line::Failed("not understood".to_owned()));
        return ExitCode::FAILURE;
    };
    let writer = match open(&orders) {
        Ok(host) => Arc::new(Writer { host, orders, is_ending: AtomicBool::new(false) }),
        Err(error) => {
            say(&Line::Refused(format!("{error:?}")));
            return ExitCode::FAILURE;
        }
    };
    for line in io::stdin().lines().map_while(Result::ok) {
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("go", _) => writer.go(),
            ("hear", message) => writer.hear(message),
            _ => {
                writer.is_ending.store(true, Ordering::SeqCst);
                match writer.host.close() {
                    Ok(()) => say(&Line::Closed),
                    Err(error) => fail(&format!("{error:?}")),
                }
                break;
            }
        }
    }
    // As if it had been killed: nothing is laid down that was not told to be.
    std::process::exit(0)
}

fn open(orders: &Orders) -> Result<SharedHost, StoreError> {
    let config = Config {
        generation: 1,
        nonce: orders.life,
        seed: orders.life,
        state: LocalState { history: orders.has_history },
        ..Config::default()
    };
    let disk = Careless::new(FileDisk::open(&orders.path)?, orders.fault);
    let (host, state) = DurableState::open_on(Box::new(disk), ID, config, orders.is_relaxed)?;
    let copy = Copy::of(&host, ID);
    let (max_version, fingerprint) = (copy.max_version, copy.fingerprint());
    say(&Line::Open(Opened { generation: host.generation(), max_version, fingerprint }));
    Ok(SharedHost::durable(host, state))
}

struct Writer {
    host: SharedHost,
    orders: Orders,
    /// From here on it may be told that the host is closed.
    is_ending: AtomicBool,
}

impl Writer {
    /// Write from all threads, and tell the host the time.
    fn go(self: &Arc<Self>) {
        for at in 0..self.orders.threads {
            let writer = Arc::clone(self);
            thread::spawn(move || writer.write(at));
        }
        let writer = Arc::clone(self);
        thread::spawn(move || {
            while writer.tick().is_some() {
                thread::sleep(TICK);
            }
        });
    }

    fn write(&self, thread: u64) {
        for write in self.orders.writes(thread) {
            let made = self.host.change(|host| {
                let before = host.written();
                let version = write.make(host)?;
                Ok((version, host.written() > before))
            });
            let Some((version, is_change)) = self.check(made) else {
                return;
            };
            say(&Line::Did { thread, version, is_change });
            if self.orders.pause_us > 0 {
                thread::sleep(Duration::from_micros(self.orders.pause_us));
            }
        }
    }

    /// Time goes a thousand times as fast here, so that what is done now and then is done often.
    fn tick(&self) -> Option<()> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now_ms = (now.as_secs_f64() * 1e6) as u64 % (1 << 47);
        let version = self.host.read(|host| host.max_version(ID).unwrap_or(0));
        let version = self.check(version.map(Ok))?;
        self.check(self.host.tick(now_ms).map(Ok))?;
        say(&Line::Kept(version));
        Some(())
    }

    fn hear(&self, message: &str) {
        let Ok(message) = words::hex(message) else {
            return fail("a message that is none");
        };
        let heard = self.host.in_turns(|turns| turns.receive(&message, BUDGET));
        if let Some(said) = self.check(heard) {
            say(&Line::Said(said));
        }
    }

    /// What it gave, unless the host is being closed.
    fn check<T>(&self, outcome: Outcome<Result<T, Error>>) -> Option<T> {
        let is_ending = self.is_ending.load(Ordering::SeqCst);
        match outcome {
            Ok(Ok(given)) => return Some(given),
            Ok(Err(Error::Store)) | Err(SharedError::Store(StoreError::Closed)) if is_ending => {}
            Ok(Err(error)) => fail(&error.to_string()),
            Err(error) => fail(&format!("{error:?}")),
        }
        None
    }
}

fn fail(text: &str) {
    say(&Line::Failed(text.to_owned()));
}

/// Whoever is not heard any more has nothing left to do.
fn say(line: &Line) {
    let text = format!("{line}\n");
    let mut out = io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}
