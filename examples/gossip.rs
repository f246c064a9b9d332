//! One process of a fleet: it publishes facts about itself and its machine, gossips with random
//! peers over TCP, and prints what it knows. gossip.c, gossip.cpp and gossip.py are the same.
//!
//! A line `digest` on stdin asks for a digest of all state held; `leave` lets the process say that
//! it is gone for good; `stop`, or the end of stdin, ends it.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, BufRead, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, process, thread};

use clap::Parser;
use plasmid::{Config, Host, LocalState, Mode, Status};
use procfs::{Current, LoadAverage, Uptime, WithCurrentSystemInfo, process::Process as Procfs};
use serde_json::json;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const INTERVAL: Duration = Duration::from_millis(200);
/// A peer that says nothing for so long is left alone; there will be another round.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(clap::Parser)]
struct Options {
    #[arg(long)]
    id: String,
    #[arg(long)]
    port: u16,
    #[arg(long, value_delimiter = ',')]
    peers: Vec<u16>,
    /// How long to publish; gossip goes on.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// A text file to publish, each line under a key of its own.
    #[arg(long)]
    file: Option<String>,
}

/// What the threads share. The host is locked for each step, never while a socket is waited for.
struct Node {
    host: Mutex<Host>,
    rounds: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Node {
    fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().expect("a thread that held the host has panicked")
    }
}

fn main() -> Outcome {
    let options = Options::parse();
    let config = Config {
        // Facts are overwritten for ever, and only the newest ones matter.
        state: LocalState { history: false },
        seed: fastrand::u64(..),
        nonce: fastrand::u64(..),
        // A process that starts again has lost its state: its new generation replaces the old one.
        generation: now_ms() << 16 | fastrand::u64(..1 << 16),
        ..Config::default()
    };
    let mut host = Host::new(options.id.as_bytes(), config)?;
    if let Some(path) = &options.file {
        for (number, line) in fs::read(path)?.split_inclusive(|&byte| byte == b'\n').enumerate() {
            host.set(format!("file/{number:05}").as_bytes(), line)?;
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
    let zero = AtomicU64::default;
    let node = Node { host: host.into(), rounds: zero(), bytes_in: zero(), bytes_out: zero() };
    let node = Arc::new(node);

    let answering = Arc::clone(&node);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let node = Arc::clone(&answering);
            // A broken connection is the other side's business: nothing is lost by it.
            thread::spawn(move || answer(&node, socket).ok());
        }
    });
    let running = Arc::clone(&node);
    thread::spawn(move || {
        let Err(error) = run(&running, &options);
        eprintln!("{error}");
        process::exit(1);
    });

    for line in io::stdin().lock().lines() {
        match line?.as_str() {
            "digest" => say(&digest(&node.host()))?,
            // Gossip goes on, so that the others learn of it.
            "leave" => drop(node.host().leave()?),
            "stop" => break,
            _ => {}
        }
    }
    Ok(())
}

/// Publish and gossip, round after round; after `seconds` only gossip.
fn run(node: &Node, options: &Options) -> Outcome<Infallible> {
    let start = Instant::now();
    let (mut round, mut publishing) = (0_u64, true);
    loop {
        let mut host = node.host();
        // The only clock that the host has.
        host.tick(now_ms());
        // One that has left writes nothing more.
        publishing &= host.status(host.id()) == Some(Status::Present);
        if publishing {
            publish(&mut host)?;
            publishing = start.elapsed().as_secs_f64() < options.seconds;
            if !publishing {
                // What is not measured any more is not to look fresh.
                host.delete(b"timestamp_ms")?;
            }
        }
        drop(host);
        if let Some(&port) = fastrand::choice(&options.peers) {
            // Whatever breaks on the way, the next round meets another peer.
            gossip(node, port).ok();
        }
        if round % 2 == 1 {
            say(&status(node, publishing))?;
        }
        round += 1;
        thread::sleep(INTERVAL);
    }
}

/// Set what the operating system says about this process and this machine.
fn publish(host: &mut Host) -> Outcome {
    let process = Procfs::myself()?.stat()?;
    let ticks = process.utime + process.stime;
    let facts = [
        ("pid", process.pid.to_string()),
        ("resident_bytes", process.rss_bytes().get().to_string()),
        ("cpu_ms", (ticks * 1000 / procfs::ticks_per_second()).to_string()),
        ("load", LoadAverage::current()?.one.to_string()),
        ("uptime_s", Uptime::current()?.uptime.to_string()),
        ("timestamp_ms", now_ms().to_string()),
    ];
    for (key, value) in facts {
        host.set(key.as_bytes(), value.as_bytes())?;
    }
    Ok(())
}

/// One round with a peer, in which both learn.
fn gossip(node: &Node, port: u16) -> Outcome {
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut socket = TcpStream::connect_timeout(&peer, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let mut stream = node.host().create_stream(true, Mode::PushPull);
    loop {
        let bytes = stream.transmit(&mut node.host(), usize::MAX)?;
        send(node, &mut socket, &bytes)?;
        if stream.is_finished() {
            node.rounds.fetch_add(1, Relaxed);
            return Ok(());
        }
        let bytes = receive(node, &mut socket)?;
        stream.receive(&mut node.host(), &bytes)?;
    }
}

/// The other end of a round.
fn answer(node: &Node, mut socket: TcpStream) -> Outcome {
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let mut exchange = node.host().exchange(true);
    while !exchange.is_finished() {
        let bytes = receive(node, &mut socket)?;
        exchange.receive(&mut node.host(), &bytes)?;
        send(node, &mut socket, &exchange.transmit(usize::MAX))?;
    }
    Ok(())
}

fn send(node: &Node, socket: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    node.bytes_out.fetch_add(bytes.len() as u64, Relaxed);
    socket.write_all(bytes)
}

fn receive(node: &Node, socket: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 1 << 16];
    let len = socket.read(&mut bytes)?;
    if len == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    node.bytes_in.fetch_add(len as u64, Relaxed);
    bytes.truncate(len);
    Ok(bytes)
}

/// What is known here, and what it has cost.
fn status(node: &Node, publishing: bool) -> serde_json::Value {
    let host = node.host();
    let participants = host.participants(Some(Status::Present));
    json!({
        "id": String::from_utf8_lossy(host.id()),
        "participants": participants.len(),
        "keys": participants.iter().map(|id| host.len(id)).sum::<usize>(),
        "versions": participants.iter().filter_map(|id| host.max_version(id)).sum::<u64>(),
        "staleness_ms": participants.iter().filter_map(|id| host.staleness(id)).max().unwrap_or(0),
        "rounds": node.rounds.load(Relaxed),
        "bytes_in": node.bytes_in.load(Relaxed),
        "bytes_out": node.bytes_out.load(Relaxed),
        "publishing": publishing,
    })
}

/// A digest of everybody's newest values: FNV-1a, so that no language needs a library to show its
/// state. It guards against nothing, and plasmid does not use it.
fn digest(host: &Host) -> serde_json::Value {
    let (mut hash, mut keys) = (0xcbf2_9ce4_8422_2325_u64, 0);
    for id in host.participants(Some(Status::Present)) {
        for update in host.entries(id) {
            for part in [id, update.key, update.value.unwrap_or_default()] {
                // Each part is preceded by its length, or "ab" + "c" would look like "a" + "bc".
                for &byte in (part.len() as u64).to_le_bytes().iter().chain(part) {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
            }
            keys += 1;
        }
    }
    let id = String::from_utf8_lossy(host.id());
    json!({ "id": id, "digest": format!("{hash:016x}"), "keys": keys })
}

fn say(line: &serde_json::Value) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
