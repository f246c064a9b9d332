"""The golden bytes, read, written and refused through Python as everywhere."""

import json
from typing import Any

import pytest
from common import ROOT, everything

import plasmid

Vector = dict[str, Any]

ERRORS = {"malformed": plasmid.DecodeError, "foreign": plasmid.ForeignError}


def vectors(name: str) -> list[Vector]:
    found: list[Vector] = json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text())
    assert found
    return found


def name(vector: Vector) -> str:
    return str(vector["name"])


def update(vector: Vector) -> tuple[int, bytes, bytes | None]:
    key, value = bytes.fromhex(vector["key"]), vector["value"]
    return vector["version"], key, None if value is None else bytes.fromhex(value)


def host(id: str, nonce: int, cluster: str = "", digests: Any = "smallest") -> plasmid.Host:
    return plasmid.Host(id, seed=1, nonce=nonce, generation=1, cluster=cluster, digests=digests)


def pair(digests: tuple[str, str] = ("smallest", "smallest")) -> tuple[plasmid.Host, plasmid.Host]:
    """The two hosts of every stream vector."""
    a, b = host("a", 1, digests=digests[0]), host("b", 2, digests=digests[1])
    a["color"], b["shape"] = "red", "round"
    return a, b


@pytest.mark.parametrize("vector", vectors("messages"), ids=name)
def test_sound_messages_are_taken_in(vector: Vector) -> None:
    reader = host("reader", 77, vector["cluster_name"])
    reader["k"] = "v"
    reader.receive(bytes.fromhex(vector["hex"]), 4096)
    assert reader.updates() == [(1, b"k", b"v")]
    after = vector["after"]
    assert reader.skipped == after["skipped"]
    others = {bytes.fromhex(copy["id"]): copy for copy in after["participants"]}
    assert reader.participants(None) == sorted([b"reader", *others])
    for id, copy in others.items():
        held = reader.status(id), reader.generation_of(id), reader.gc_version(id)
        assert held == (copy["status"], copy["generation"], copy["gc_version"])
        assert reader.max_version(id) == copy["max_version"]
        assert reader.updates(id) == [update(kept) for kept in copy["updates"]]


def test_hosts_make_these_messages() -> None:
    golden = {vector["name"]: bytes.fromhex(vector["hex"]) for vector in vectors("messages")}
    a, b = host("a", 1), host("b", 2)
    assert a.initiate() == golden["syn_of_a_new_host"]
    a["color"] = "red"
    a["size"] = ""
    a["color"] = "blue"
    b["shape"] = "round"
    assert a.initiate() == golden["syn"]
    assert b.receive(golden["syn"]) == golden["syn_ack"]
    assert a.receive(golden["syn_ack"]) == golden["ack"]
    assert b.receive(golden["ack"]) == b""


@pytest.mark.parametrize("vector", vectors("refused"), ids=name)
def test_what_breaks_a_rule_is_refused_whole(vector: Vector) -> None:
    reader, _ = pair()
    before = everything(reader)
    with pytest.raises(ERRORS[vector["error"]]):
        reader.receive(bytes.fromhex(vector["hex"]))
    assert everything(reader) == before


@pytest.mark.parametrize("vector", vectors("streams"), ids=name)
@pytest.mark.parametrize("piece", [1, 3, 10_000])
def test_streams_say_the_same(vector: Vector, piece: int) -> None:
    def feed(end: plasmid.Stream | plasmid.Exchange, data: bytes) -> None:
        for at in range(0, len(data), piece):
            end.receive(data[at : at + piece])

    a, b = pair((vector.get("initiator", "smallest"), vector.get("responder", "smallest")))
    if "turns" in vector:
        stream, answerer = a.create_stream(end=False, mode=vector["mode"]), b.exchange(end=False)
        for turn in vector["turns"]:
            data = bytes.fromhex(turn["hex"])
            if turn["from"] == "initiator":
                sent = stream.transmit()
                if not sent:
                    stream.gossip()
                    sent = stream.transmit()
                assert sent == data
                feed(answerer, data)
            else:
                assert answerer.transmit() == data
                feed(stream, data)
        assert stream.rounds == answerer.rounds == 2
        return
    stream, answerer = a.create_stream(end=False, mode="push-pull"), b.exchange(end=False)
    stream.gossip()
    stream.transmit()
    end: plasmid.Stream | plasmid.Exchange = stream if vector["to"] == "initiator" else answerer
    with pytest.raises(ERRORS[vector["error"]]):
        feed(end, bytes.fromhex(vector["hex"]))
