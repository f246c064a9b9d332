//! Several messages that one host takes in at the same time: each in a thread of its own, of which
//! one is let on at a time, for one turn, in an order that a seed decides.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use fastrand::Rng;
use plasmid::{Error, Host, Turns};

/// What a thread says to whoever lets it on.
enum Said {
    /// It wants a turn.
    Wants(usize),
    /// It had one.
    Had,
    /// It is done.
    Done(usize, Result<Vec<u8>, Error>),
}

/// One message's way to the host.
struct Way<'a, 'h> {
    number: usize,
    at_once: usize,
    host: &'a Mutex<&'h mut Host>,
    says: Sender<Said>,
    is_let_on: Receiver<()>,
}

impl Turns for Way<'_, '_> {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        self.says.send(Said::Wants(self.number)).expect("somebody listens");
        self.is_let_on.recv().expect("everybody is let on");
        let result = work(&mut self.host.lock().unwrap_or_else(PoisonError::into_inner));
        self.says.send(Said::Had).expect("somebody listens");
        result
    }

    fn at_once(&self) -> usize {
        self.at_once
    }
}

/// Take in all `messages`, with turns of about so many bytes, and do something else with the host
/// `between` two turns. Gives the answers.
pub fn receive_all(
    host: &mut Host,
    rng: &mut Rng,
    messages: &[(&[u8], usize)],
    at_once: usize,
    mut between: impl FnMut(&mut Host, &mut Rng),
) -> Vec<Result<Vec<u8>, Error>> {
    let host = &Mutex::new(host);
    let mut answers: Vec<_> = messages.iter().map(|_| Ok(Vec::new())).collect();
    let (says, said) = channel();
    thread::scope(|scope| {
        let mut let_on = Vec::new();
        for (number, (message, budget)) in messages.iter().enumerate() {
            let (go, is_let_on) = channel();
            let_on.push(go);
            let says = says.clone();
            scope.spawn(move || {
                let mut way = Way { number, at_once, host, says: says.clone(), is_let_on };
                let answer = way.receive(message, *budget);
                says.send(Said::Done(number, answer)).expect("somebody listens");
            });
        }
        // Without one of its own, somebody that panics is heard of.
        drop(says);
        let (mut waiting, mut running) = (Vec::new(), messages.len());
        loop {
            while running > 0 {
                match said.recv().expect("no thread panicked") {
                    Said::Wants(number) => {
                        waiting.push(number);
                        running -= 1;
                    }
                    Said::Had => {}
                    Said::Done(number, answer) => {
                        answers[number] = answer;
                        running -= 1;
                    }
                }
            }
            // Whoever came first does not depend on the threads.
            waiting.sort_unstable();
            if waiting.is_empty() {
                return;
            }
            let next = waiting.swap_remove(rng.usize(..waiting.len()));
            let_on[next].send(()).expect("it waits");
            running = 1;
            let had = said.recv().expect("no thread panicked");
            assert!(matches!(had, Said::Had), "a turn in a turn");
            between(&mut host.lock().expect("no thread panicked"), rng);
        }
    });
    answers
}
