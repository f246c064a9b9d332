//! Compressed frames of a peer that lies.

use plasmid::{Config, Error, Host, Mode};
use plasmid_tests::craft::{prefixed, varint};
use plasmid_tests::dump::Dump;

fn host(id: &[u8], nonce: u64, compress: bool) -> Host {
    let config = Config { nonce, compress, ..Config::default() };
    Host::new(id, config).expect("a good id")
}

/// Somebody who has much to tell that can be compressed.
fn teller() -> Host {
    let mut host = host(b"teller", 1, true);
    for number in 0..100 {
        host.set(format!("key-{number}").as_bytes(), &[b'v'; 60]).expect("a small value");
    }
    host
}

/// The frame that answers a pull of `learner`, who has not seen it yet.
fn answer(learner: &mut Host) -> (plasmid::Stream, Vec<u8>) {
    let (mut teller, mut stream) = (teller(), learner.create_stream(true, Mode::Pull));
    let mut exchange = teller.exchange(true);
    let syn = stream.transmit(learner, usize::MAX).expect("no limit");
    exchange.receive(&mut teller, &syn).expect("an honest Syn");
    (stream, exchange.transmit(usize::MAX))
}

/// What a learner says to a frame in place of the answer. What is refused changed nothing.
fn told(frame: &[u8], compress: bool) -> Result<(), Error> {
    let mut learner = host(b"learner", 2, compress);
    let (mut stream, _) = answer(&mut learner);
    let before = Dump::of(&learner);
    let told = stream.receive(&mut learner, frame);
    if told.is_err() {
        assert_eq!(Dump::of(&learner), before);
        assert_eq!(stream.receive(&mut learner, b""), told, "an error of a stream is final");
    }
    told
}

/// What is compressed, without the length of the frame.
fn packed() -> Vec<u8> {
    let (_, frame) = answer(&mut host(b"learner", 2, true));
    let head = varint(frame.len() as u64 - 2).len();
    assert_eq!(frame[head], 0, "it is compressed");
    assert!(frame.len() < 1000, "{} bytes", frame.len());
    frame[head..].to_vec()
}

#[test]
fn whoever_damages_a_compressed_frame_is_refused() {
    let packed = packed();
    assert_eq!(told(&prefixed(&packed), true), Ok(()));
    for at in 0..packed.len() {
        for bit in 0..8 {
            let mut damaged = packed.clone();
            damaged[at] ^= 1 << bit;
            // A bit that the library does not look at may leave what comes out as it was.
            let _ = told(&prefixed(&damaged), true);
        }
        assert!(told(&prefixed(&packed[..at.max(1)]), true).is_err(), "cut at {at}");
    }
    let longer = [&packed[..], b"\0"].concat();
    assert!(told(&prefixed(&longer), true).is_err());
}

#[test]
fn nobody_is_told_more_than_the_greatest_message_by_a_few_bytes() {
    let packed = packed();
    let len = varint(1 << 24);
    for claimed in [varint(0), varint(1), len, varint((1 << 24) + 1), varint((1 << 63) - 1)] {
        // Behind the marker and the length, which takes two bytes, is what is compressed.
        let lie = [&b"\0"[..], &claimed, &packed[3..]].concat();
        assert!(told(&prefixed(&lie), true).is_err(), "{claimed:?}");
    }
    for short in [&b"\0"[..], b"\0\0", b"\0\x01", b"\0\x80", b"\0\x80\0"] {
        assert!(told(&prefixed(short), true).is_err(), "{short:?}");
    }
}

#[test]
fn who_did_not_say_that_it_takes_them_takes_none() {
    assert!(matches!(told(&prefixed(&packed()), false), Err(Error::Malformed(_))));
}

/// Nothing is compressed for who did not say so, whatever the teller would like.
#[test]
fn who_did_not_say_that_it_takes_them_is_sent_none() {
    let mut learner = host(b"learner", 2, false);
    let (mut stream, frame) = answer(&mut learner);
    assert!(frame.len() > 6000, "{} bytes", frame.len());
    assert_eq!(stream.receive(&mut learner, &frame), Ok(()));
    assert_eq!(learner.len(b"teller"), 100);
}
