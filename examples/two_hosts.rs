//! Two hosts meet once, and each knows what the other one set.

use plasmid::{Config, Error, Host};

fn main() -> Result<(), Error> {
    // The nonce tells processes apart; a real program draws it from the system.
    let mut a = Host::new(b"a", Config { nonce: 1, ..Config::default() })?;
    let mut b = Host::new(b"b", Config { nonce: 2, ..Config::default() })?;
    a.set(b"color", b"red")?;
    b.set(b"shape", b"round")?;

    let budget = 1200; // bytes, say one datagram; any transport may lie between the calls
    let syn = a.initiate(budget)?; //               a: this is what I have
    let syn_ack = b.receive(&syn, budget)?; //      b: this is what you lack, and what I want
    let ack = a.receive(&syn_ack, budget)?; //      a: and this is what you lack
    let rest = b.receive(&ack, budget)?; //         here nothing is left to say; if there is,
    a.receive(&rest, budget)?; //                   it is the end of the exchange

    let show =
        |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
    println!("a knows that b's shape is {}", show(a.get_from(b"b", b"shape")));
    println!("b knows that a's color is {}", show(b.get_from(b"a", b"color")));
    Ok(())
}
