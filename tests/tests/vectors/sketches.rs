//! What hosts have, as sums: which cells it makes, and what is read off the cells of two hosts.
//! Both are computed here in the plainest way; real hosts must say, and answer, the same.

use std::collections::{BTreeMap, BTreeSet};

use plasmid::wire::{self, Cell, Message};
use plasmid::{Config, Digests, Host};
use plasmid_tests::craft::{Craft, news, set, sketch};
use plasmid_tests::sums::{Ahead, Copy, Salt, fold};
use serde_json::{Value, json};

use super::json::{filled, hex, u64_hex};
use super::{bytes, text};

const EVICTED: u64 = 1 << 60;
const BUDGET: usize = 1 << 18;

/// Who, the generation, and the max_version.
type Had = (Vec<u8>, u64, u64);

/// The host that has them.
const OWN: (&[u8], u64, u64) = (b"me", 5, 2);

fn of(id: &[u8], generation: u64, max_version: u64) -> Had {
    (id.to_vec(), generation, max_version)
}

fn own() -> Had {
    of(OWN.0, OWN.1, OWN.2)
}

/// So many participants in one generation.
fn some(count: u8, max_version: u64) -> Vec<Had> {
    (0..count).map(|number| of(&[b'p', number], 3, max_version)).collect()
}

fn counted(cluster: u64, had: &[Had]) -> Vec<Copy> {
    had.iter().map(|(id, generation, to)| (wire::short_id(cluster, id), *generation, *to)).collect()
}

fn list_of(cluster: u64, had: &[Had]) -> Value {
    let copies = had.iter().map(|(id, generation, max_version)| {
        json!({
            "id": hex(id),
            "short_id": u64_hex(wire::short_id(cluster, id)),
            "generation": generation,
            "max_version": max_version,
        })
    });
    copies.collect()
}

pub(crate) fn vectors() -> Vec<Value> {
    const ALL: [usize; 6] = [1, 4, 8, 12, 96, 3072];
    let most = (1 << 63) - 1;
    let edges = [of(b"greatest", most, EVICTED - 1), of(b"evicted", 7, EVICTED)];
    let others = [of(b"first", 0, 1), of(b"restarted", 9, 0), of(&[0xff; 128], 1, 300)];
    let mut all = vec![own()];
    all.extend(edges.into_iter().chain(others));
    let mut many = some(40, 17);
    many.push(own());
    vec![
        sketch_of("nothing", "Nobody wrote anything.", "", 0, &ALL[..3], &[of(b"me", 5, 0)]),
        sketch_of("one_host", "Its own map at version 2 of generation 5.", "", 0, &ALL, &[own()]),
        sketch_of("next_epoch", "The same in other places.", "", 1, &ALL, &[own()]),
        sketch_of("other_cluster", "And in others again.", "blue", 1, &ALL, &[own()]),
        sketch_of(
            "all_sorts",
            "The greatest numbers there are, 2^60 of who was evicted, and at version 0 nothing.",
            "größer",
            (1 << 32) - 1,
            &ALL,
            &all,
        ),
        sketch_of("many", "Many fall together.", "", 2, &[1, 4, 8, 12, 96], &many),
    ]
}

fn sketch_of(
    name: &str,
    meaning: &str,
    cluster_name: &str,
    epoch: u64,
    sizes: &[usize],
    had: &[Had],
) -> Value {
    let cluster = wire::cluster_hash(cluster_name.as_bytes());
    let (salt, copies) = (Salt::new(cluster, epoch), counted(cluster, had));
    let sketches = sizes.iter().map(|size| {
        let cells = salt.cells(*size, &copies);
        let most = salt.cells(plasmid_tests::sums::MOST, &copies);
        assert_eq!(cells, fold(&most, *size), "{name}");
        json!({ "size": size, "cells": filled(&cells) })
    });
    json!({
        "name": name,
        "meaning": meaning,
        "cluster_name": cluster_name,
        "cluster": u64_hex(cluster),
        "epoch": epoch,
        "copies": list_of(cluster, had),
        "sketches": sketches.collect::<Vec<_>>(),
    })
}

pub(crate) fn differences() -> Vec<Value> {
    let with = |mut all: Vec<Had>, more: &[Had]| {
        all.extend_from_slice(more);
        all
    };
    let shared = || some(6, 9);
    let most = (1 << 63) - 1;
    let mut list = Vec::new();
    let mut add = |name: &str, meaning: &str, size: usize, mine: Vec<Had>, theirs: Vec<Had>| {
        list.push(difference_of(name, meaning, size, &mine, &theirs));
    };
    add("none", "All cells are alike.", 1, shared(), shared());
    let one = with(shared(), &[of(b"x", 3, 8)]);
    let meaning = "One number, and one cell is enough for it.";
    add("one_number_in_one_cell", meaning, 1, one.clone(), with(shared(), &[of(b"x", 3, 9)]));
    let meaning = "The same the other way round: a sum below zero.";
    add("one_below_zero", meaning, 1, one.clone(), with(shared(), &[of(b"x", 3, 7)]));
    let meaning =
        "Who is unknown to one of the two differs in both numbers: too much for one cell.";
    add("two_numbers_in_one_cell", meaning, 1, shared(), one.clone());
    add("unknown", "And four rows are enough.", 8, shared(), one.clone());
    let meaning = "A restart: the generation rose, and the version fell.";
    add("restarted", meaning, 8, one.clone(), with(shared(), &[of(b"x", 4, 2)]));
    let meaning = "At version 0 there is nothing to tell.";
    add("nothing_written", meaning, 1, shared(), with(shared(), &[of(b"x", 3, 0)]));
    let mine = with(shared(), &[of(b"a", 0, 1), of(b"b", most, 1), of(b"e", 6, 4)]);
    let theirs =
        with(shared(), &[of(b"a", most, EVICTED - 1), of(b"c", 1, 1), of(b"e", 6, EVICTED)]);
    add("greatest", "As much as two hosts can differ.", 32, mine, theirs);
    let mine = with(some(10, 9), &[of(b"x", 3, 8), of(b"y", 3, 5)]);
    let meaning = "Ten are ahead, two behind, and who was evicted here is not there.";
    add("some", meaning, 48, with(mine, &[of(b"e", 1, EVICTED)]), some(10, 11));
    let meaning = "Eighteen numbers in 24 cells: ten come out, both what is more and what is less.";
    add("a_part", meaning, 24, some(18, 9), with(some(9, 4), &some(18, 12)[9..]));
    let meaning = "21 numbers in 32 cells: two are together in all of their cells that are left.";
    add("all_but_two", meaning, 32, some(21, 9), with(some(10, 4), &some(21, 12)[10..]));
    let meaning = "Far more than there are cells: nothing comes out.";
    add("too_many", meaning, 8, some(30, 4), some(30, 9));
    add("sixty", "Sixty numbers in 128 cells.", 128, some(60, 4), some(60, 9));
    list
}

fn difference_of(name: &str, meaning: &str, size: usize, mine: &[Had], theirs: &[Had]) -> Value {
    let (cluster_name, epoch) = ("", 3);
    let cluster = wire::cluster_hash(b"");
    let salt = Salt::new(cluster, epoch);
    let cells = [mine, theirs].map(|had| salt.cells(size, &counted(cluster, had)));
    let (ahead, is_whole) = salt.differences(&cells[0], &cells[1]);
    let ahead = ahead.iter().map(|(short, generation, version)| {
        json!({ "short_id": u64_hex(*short), "generation": generation, "version": version })
    });
    json!({
        "name": name,
        "meaning": meaning,
        "cluster_name": cluster_name,
        "cluster": u64_hex(cluster),
        "epoch": epoch,
        "size": size,
        "mine": { "copies": list_of(cluster, mine), "cells": filled(&cells[0]) },
        "theirs": { "copies": list_of(cluster, theirs), "cells": filled(&cells[1]) },
        "differences": ahead.collect::<Vec<_>>(),
        "is_whole": is_whole,
    })
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn had(copies: &Value) -> Vec<Had> {
    let copies = copies.as_array().expect("copies").iter();
    let copies = copies
        .map(|copy| (bytes(copy, "id"), number(&copy["generation"]), number(&copy["max_version"])));
    copies.collect()
}

fn cells(size: usize, list: &Value) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); size];
    for (at, cell) in list.as_object().expect("cells") {
        let cell = cell.as_str().expect("hex");
        let hex = |digits: &str| u64::from_str_radix(digits, 16).expect("hex");
        let checks = hex(&cell[32..]).try_into().expect("four bytes");
        let (sum, places) = (hex(&cell[..16]), hex(&cell[16..32]));
        cells[at.parse::<usize>().expect("a number")] = Cell { sum, places, checks };
    }
    cells
}

/// A host that has these copies, and only these.
fn host(cluster_name: &str, had: &[Had]) -> Host {
    let (id, generation, version) = OWN;
    let cluster = wire::cluster_hash(cluster_name.as_bytes());
    let config = Config {
        nonce: 1,
        generation,
        cluster: cluster_name.as_bytes().to_vec(),
        digests: Digests::Sketch,
        ..Config::default()
    };
    let mut host = Host::new(id, config).expect("a good id");
    if had.contains(&own()) {
        (0..version).for_each(|_| host.set(b"k", b"v").map(drop).expect("a small value"));
    }
    let mut tell = |section: Vec<u8>| {
        let message = Craft::new(3, cluster).section(5, &section).finish();
        host.receive(&message, 0).expect("a sound message");
    };
    for (id, generation, to) in had.iter().filter(|(id, ..)| id != OWN.0) {
        match *to {
            // Who is at version 0 was known in an older generation.
            0 => {
                tell(news(id, generation - 1, 0, 1, &set(1, b"k", b"v")));
                tell(news(id, *generation, 0, 0, b""));
            }
            EVICTED => tell(news(id, *generation, 0, EVICTED, b"")),
            to => tell(news(id, *generation, 0, to, &set(to, b"k", b"v"))),
        }
    }
    assert_eq!(host.skipped(), 0);
    host
}

/// Have the host place by that epoch.
fn lead(host: &mut Host, cluster: u64, epoch: u64) {
    for _ in 0..=8 {
        let message = Craft::new(1, cluster).section(12, &sketch(epoch, &[Cell::default()]));
        host.receive(&message.finish(), 0).expect("a sound message");
    }
}

/// The sketches that the host says under that epoch, by their sizes: larger ones when it cannot
/// read what it is told, smaller ones when nobody answers.
fn said(host: &mut Host, cluster: u64, epoch: u64) -> BTreeMap<usize, Vec<Cell>> {
    lead(host, cluster, epoch);
    let mut said = BTreeMap::new();
    let mut hear = |message: &[u8]| {
        let message = Message::decode(message).expect("a sound message");
        let Some(sketch) = message.sketch else { return Vec::new() };
        assert_eq!(sketch.epoch, epoch);
        let cells: Vec<Cell> = sketch.cells().collect();
        said.insert(cells.len(), cells.clone());
        cells
    };
    let noise = Cell { sum: 1, places: 1, checks: 1 };
    let mut answer = |cells: &[Cell]| {
        let message = Craft::new(1, cluster).section(12, &sketch(epoch, cells));
        hear(&host.receive(&message.finish(), BUDGET).expect("a sound message"))
    };
    for size in [8, 24] {
        answer(&vec![noise; size]);
    }
    // A full one of 768 would be answered in lines: this one differs in most of its cells.
    let mut most = answer(&[noise; 192]);
    most[..600].fill(noise);
    answer(&most);
    (0..120).for_each(|_| drop(hear(&host.initiate(BUDGET).expect("a good budget"))));
    said
}

/// Hosts say the cells of the vector.
pub(crate) fn check(vector: &Value) {
    let (name, epoch) = (text(vector, "name"), number(&vector["epoch"]));
    let cluster = wire::cluster_hash(text(vector, "cluster_name").as_bytes());
    let had = had(&vector["copies"]);
    let mut host = host(text(vector, "cluster_name"), &had);
    let said = said(&mut host, cluster, epoch);
    let sketches = vector["sketches"].as_array().expect("sketches");
    let told: BTreeMap<usize, Vec<Cell>> = sketches
        .iter()
        .map(|sketch| (number(&sketch["size"]) as usize, &sketch["cells"]))
        .map(|(size, list)| (size, cells(size, list)))
        .collect();
    // All sizes are folds of the greatest, and no host says four cells.
    for (size, cells) in &told {
        assert_eq!(*cells, fold(&said[&3072], *size), "{name}, {size}");
        assert!(*size == 4 || said[size] == *cells, "{name}, {size}");
    }
}

/// Where a copy is, as copies are ordered.
type Slot = (u64, u64);

/// Hosts answer as if they had read those differences.
pub(crate) fn check_difference(vector: &Value) {
    let name = text(vector, "name");
    let cluster = wire::cluster_hash(text(vector, "cluster_name").as_bytes());
    let [size, epoch] = ["size", "epoch"].map(|field| number(&vector[field]));
    let mine = had(&vector["mine"]["copies"]);
    let mut host = host(text(vector, "cluster_name"), &mine);
    let sketch = sketch(epoch, &cells(size as usize, &vector["theirs"]["cells"]));
    let message = Craft::new(1, cluster).section(12, &sketch).finish();
    lead(&mut host, cluster, epoch);
    let answer = host.receive(&message, BUDGET).expect("a sound message");

    let mine: BTreeMap<u64, Slot> =
        counted(cluster, &mine).into_iter().map(|(short, is, to)| (short, (is, to))).collect();
    let ahead = vector["differences"].as_array().expect("differences").iter();
    let ahead: Vec<Ahead> = ahead
        .map(|one| {
            let by = |field: &str| one[field].as_i64().expect("a number");
            let short = u64::from_str_radix(text(one, "short_id"), 16).expect("hex");
            (short, by("generation"), by("version"))
        })
        .collect();
    let (mut told, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    for (short, generation, version) in &ahead {
        let mine = mine.get(short).copied().unwrap_or_default();
        let theirs = (
            mine.0.checked_add_signed(*generation).expect("a generation"),
            mine.1.checked_add_signed(*version).expect("a version"),
        );
        let from = |other: Slot, of: Slot| if other.0 == of.0 { other.1 } else { 0 };
        if mine > theirs {
            told.insert((*short, if mine.1 == EVICTED { 0 } else { from(theirs, mine) }));
        } else {
            wanted.insert((*short, from(mine, theirs)));
        }
    }
    if ahead.is_empty() && vector["is_whole"] == true {
        assert!(answer.is_empty(), "{name}: nobody has news");
        return;
    }
    let answer = Message::decode(&answer).expect("a sound message");
    let sections = answer.delta.iter().flat_map(|delta| delta.participants());
    let sections = sections.map(|section| (wire::short_id(cluster, section.id), section.from));
    assert_eq!(sections.collect::<BTreeSet<_>>(), told, "{name}");
    match answer.want {
        Some(want) => {
            let numbers = ahead.iter().flat_map(|one| [one.1, one.2]);
            assert_eq!(want.differ, numbers.filter(|by| *by != 0).count() as u64, "{name}");
            let lines = want.lines().map(|line| (line.short, line.from));
            assert_eq!(lines.collect::<BTreeSet<_>>(), wanted, "{name}");
        }
        None if vector["is_whole"] == true => assert!(wanted.is_empty(), "{name}"),
        None => assert!(answer.sketch.is_some_and(|again| again.size() > size as usize), "{name}"),
    }
}
