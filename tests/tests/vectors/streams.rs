//! Messages on a byte stream: whole rounds as two real hosts have them, and bytes out of turn.

use plasmid::wire::{self, Kind, Message};
use plasmid::{Config, Digests, Error, Exchange, Host, Mode, Stream};
use plasmid_tests::craft::{Craft, digest, news, prefixed, set};
use serde_json::{Value, json};

use super::json::hex;
use super::{bytes, error_name, text};

/// The two hosts of every vector: a has one update of its own, and b too.
fn hosts() -> (Host, Host) {
    hosts_with(["smallest"; 2])
}

/// The same, and how they say what they have.
fn hosts_with(digests: [&str; 2]) -> (Host, Host) {
    let make = |id: &[u8], nonce, digests| {
        let digests = match digests {
            "plain" => Digests::Plain,
            "sketch" => Digests::Sketch,
            _ => Digests::Smallest,
        };
        let config = Config { seed: 1, nonce, generation: 1, digests, ..Config::default() };
        Host::new(id, config).expect("a good id")
    };
    let (mut a, mut b) = (make(b"a", 1, digests[0]), make(b"b", 2, digests[1]));
    a.set(b"color", b"red").expect("a small value");
    b.set(b"shape", b"round").expect("a small value");
    (a, b)
}

pub(crate) fn vectors() -> Vec<Value> {
    let mut list = vec![
        conversation("pull", ["smallest"; 2], {
            "a learns what b has. Two rounds; in the second b is silent."
        }),
        conversation("push-pull", ["smallest"; 2], {
            "Both learn. In the second b has nothing new to say."
        }),
        conversation("push-pull", ["plain"; 2], "The same of who takes lines only."),
        conversation("push-pull", ["sketch"; 2], "The same in sums."),
        conversation("push-pull", ["sketch", "plain"], {
            "b takes no sums and says so, and a says it again in the same round."
        }),
        conversation("pull", ["sketch", "plain"], "The same where only a learns."),
    ];
    list.extend(refused());
    list
}

/// What two hosts write to each other in two rounds, turn by turn.
fn conversation(mode: &str, digests: [&str; 2], meaning: &str) -> Value {
    let (mut a, mut b) = hosts_with(digests);
    let mut stream = a.create_stream(false, mode_of(mode));
    let mut exchange = b.exchange(false);
    let mut turns = Vec::new();
    for _ in 0..2 {
        stream.gossip();
        loop {
            let out = stream.transmit(&mut a, usize::MAX).expect("good limits");
            exchange.receive(&mut b, &out).expect("in turn");
            let back = exchange.transmit(usize::MAX);
            stream.receive(&mut a, &back).expect("in turn");
            if out.is_empty() && back.is_empty() {
                break;
            }
            let turn = |from: &str, bytes: &[u8]| json!({ "from": from, "hex": hex(bytes) });
            turns.extend([turn("initiator", &out), turn("responder", &back)]);
        }
    }
    turns.retain(|turn| turn["hex"] != "");
    let [a, b] = digests;
    let name = if digests == ["smallest"; 2] { mode.into() } else { format!("{mode}_{a}_{b}") };
    json!({
        "name": name, "meaning": meaning, "mode": mode, "initiator": a, "responder": b,
        "turns": turns,
    })
}

fn mode_of(name: &str) -> Mode {
    if name == "pull" { Mode::Pull } else { Mode::PushPull }
}

/// The message in a turn, which is one frame; `None` if that is empty.
fn message(turn: &[u8]) -> Option<Message<'_>> {
    let len = turn.iter().position(|byte| *byte < 0x80).expect("a length ends") + 1;
    (turn.len() > len).then(|| Message::decode(&turn[len..]).expect("a message"))
}

/// Play the conversation again, in bytes one by one: each end says the same. A round is asked for
/// when nothing is left to say of the one before: asked for earlier, the Syn would follow the Ack
/// at once.
pub(crate) fn check_sound(vector: &Value) {
    let (mut a, mut b) = hosts_with(["initiator", "responder"].map(|end| text(vector, end)));
    let mut stream = a.create_stream(false, mode_of(text(vector, "mode")));
    let mut exchange = b.exchange(false);
    for turn in vector["turns"].as_array().expect("turns") {
        let bytes = bytes(turn, "hex");
        if text(turn, "from") == "initiator" {
            let mut made = stream.transmit(&mut a, usize::MAX).expect("good limits");
            if made.is_empty() {
                stream.gossip();
                made = stream.transmit(&mut a, usize::MAX).expect("good limits");
            }
            assert_eq!(hex(&made), text(turn, "hex"));
            for byte in bytes {
                exchange.receive(&mut b, &[byte]).expect("in turn");
            }
        } else {
            assert_eq!(hex(&exchange.transmit(usize::MAX)), text(turn, "hex"));
            for byte in bytes {
                stream.receive(&mut a, &[byte]).expect("in turn");
            }
        }
    }
    assert_eq!(a.get_from(b"b", b"shape"), Some(&b"round"[..]));
}

fn refused() -> Vec<Value> {
    let cluster = wire::cluster_hash(b"");
    let syn = Craft::new(1, cluster).section(1, &[0]).finish();
    let pull = Craft::new(1, cluster).section(1, &[0]).section(3, b"").finish();
    let syn_ack = Craft::new(2, cluster).section(1, &[0]).finish();
    let ack = Craft::new(3, cluster).section(5, &news(b"p", 1, 0, 1, &set(1, b"k", b"v"))).finish();
    // Answered by a SynAck, after which an Ack must come.
    let mut wanted = Craft::new(2, cluster).section(1, &digest(&[(112, 1, 5)]));
    wanted = wanted.section(8, &[1]);
    let wanted = wanted.finish();
    let asks = Craft::new(1, cluster).section(1, &digest(&[(112, 1, 5)])).finish();
    let foreign = Craft::new(1, cluster ^ 1).section(1, &[0]).finish();
    let frames = |frames: &[&[u8]]| frames.iter().flat_map(|f| prefixed(f)).collect::<Vec<u8>>();
    let mut list = Vec::new();
    let mut add = |name: &str, meaning: &str, to: &str, bytes: Vec<u8>| {
        let (error, rule) = match feed(to, &bytes, 1) {
            Err(Error::Malformed(rule)) => ("malformed", Some(rule)),
            Err(error) => (error_name(error), None),
            Ok(()) => panic!("{name} is not refused"),
        };
        list.push(json!({
            "name": name, "meaning": meaning, "to": to, "hex": hex(&bytes),
            "error": error, "rule": rule,
        }));
    };
    add("length_without_end", "Nine bytes that go on.", "responder", vec![0xff; 9]);
    add("length_not_shortest", "8000 for 0.", "responder", vec![0x80, 0]);
    add("no_message", "A frame that is no message.", "responder", frames(&[b"what"]));
    add("foreign", "A sound Syn of another cluster.", "responder", frames(&[&foreign]));
    add("starts_with_syn_ack", "A Syn comes first.", "responder", frames(&[&syn_ack]));
    add("starts_with_nothing", "A Syn is never empty.", "responder", frames(&[b""]));
    let meaning = "After a SynAck that is not for a pull comes an Ack or an empty frame.";
    add("syn_for_ack", meaning, "responder", frames(&[&asks, &syn]));
    let meaning = "A pull has two messages.";
    add("ack_after_pull", meaning, "responder", frames(&[&pull, &ack]));
    add("syn_for_syn_ack", "The answer is a SynAck.", "initiator", frames(&[&syn]));
    add("ack_for_syn_ack", "The answer is a SynAck.", "initiator", frames(&[&ack]));
    add("answered_twice", "One answer to one Syn.", "initiator", frames(&[b"", b""]));
    add("ack_for_nothing", "Nothing was wanted.", "initiator", frames(&[b"", &ack]));
    let meaning = "The initiator wants something in its Ack: an Ack or an empty frame follows.";
    add("syn_ack_for_what_is_wanted", meaning, "initiator", frames(&[&wanted, &syn_ack]));
    let meaning = "And nothing after that.";
    add("more_after_what_is_wanted", meaning, "initiator", frames(&[&wanted, b"", &ack]));
    list
}

/// One end of a stream and the host it belongs to.
enum End {
    Initiator(Stream),
    Responder(Exchange),
}

/// Feed bytes in pieces to one end that is in its first round, and let it say what it has to.
fn feed(to: &str, bytes: &[u8], piece: usize) -> Result<(), Error> {
    let (mut a, mut b) = hosts();
    let mut end = if to == "initiator" {
        let mut stream = a.create_stream(false, Mode::PushPull);
        stream.gossip();
        stream.transmit(&mut a, usize::MAX).expect("good limits");
        End::Initiator(stream)
    } else {
        End::Responder(b.exchange(false))
    };
    bytes.chunks(piece).try_for_each(|piece| match &mut end {
        End::Initiator(stream) => stream
            .receive(&mut a, piece)
            .and_then(|()| stream.transmit(&mut a, usize::MAX).map(drop)),
        End::Responder(exchange) => exchange.receive(&mut b, piece).map(|()| {
            exchange.transmit(usize::MAX);
        }),
    })
}

pub(crate) fn check_refused(vector: &Value) {
    let bytes = bytes(vector, "hex");
    for piece in [1, 2, bytes.len()] {
        let error = feed(text(vector, "to"), &bytes, piece).expect_err(text(vector, "name"));
        assert_eq!(error_name(error), text(vector, "error"), "{}", text(vector, "name"));
    }
}

/// Every frame of a conversation that is not empty is a message.
#[test]
fn frames_are_messages() {
    for vector in vectors().iter().filter(|vector| vector["error"].is_null()) {
        for turn in vector["turns"].as_array().expect("turns") {
            let bytes = bytes(turn, "hex");
            let kinds = if text(turn, "from") == "initiator" {
                [Kind::Syn, Kind::Ack]
            } else {
                [Kind::SynAck, Kind::Ack]
            };
            assert!(message(&bytes).is_none_or(|message| kinds.contains(&message.kind)));
        }
    }
}
