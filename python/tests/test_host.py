"""The host as a Python programmer meets it."""

import copy
import pickle

import pytest
from common import exchange, state

import plasmid


def test_what_a_newcomer_types() -> None:
    a = plasmid.Host("a")
    b = plasmid.Host("b")
    a.set("k", "v")
    d = b.receive(a.initiate())
    a.receive(d)
    exchange(a, b)
    assert b.get("k", "a") == b"v"


def test_set_counts_versions_and_a_repeated_value_is_a_new_one() -> None:
    host = plasmid.Host("a")
    assert host.max_version() == 0
    assert host.set("k", "1") == 1
    assert host.set("k", "1") == 2
    assert host.set("l", "2") == 3
    assert host.max_version() == 3
    assert host.history("k") == [(2, b"1"), (1, b"1")]
    assert host.history("absent") == []


def test_a_missing_key_is_none_or_a_key_error() -> None:
    host = plasmid.Host("a")
    assert host.get("absent") is None
    assert host.get("absent", "nobody") is None
    with pytest.raises(KeyError) as caught:
        host["absent"]
    assert caught.value.args == ("absent",)


def test_a_host_reads_like_a_mapping_of_its_own_keys() -> None:
    host = plasmid.Host("a")
    assert host  # empty, and yet there
    host["l"] = "2"
    host["k"] = "1"
    assert host["k"] == b"1"
    assert "k" in host
    assert b"k" in host
    assert "absent" not in host
    assert len(host) == 2
    assert list(host) == host.keys() == [b"k", b"l"]
    assert host.items() == [(b"k", b"1"), (b"l", b"2")]
    assert dict(host) == {b"k": b"1", b"l": b"2"}


def test_iterating_sees_the_keys_of_its_beginning() -> None:
    host = plasmid.Host("a")
    host["k"] = "1"
    for key in host:
        host[key + b"'"] = "2"
    assert len(host) == 2


def test_everything_can_be_read_of_others() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    b["l"] = "1"
    b["k"] = "2"
    b["k"] = "3"
    exchange(a, b)
    assert a.participants() == [b"a", b"b"]
    assert a.get("k", "b") == b"3"
    assert a.history("k", "b") == [(3, b"3"), (2, b"2")]
    assert a.keys("b") == [b"k", b"l"]
    assert a.items("b") == [(b"k", b"3"), (b"l", b"1")]
    assert a.updates("b") == [(1, b"l", b"1"), (2, b"k", b"2"), (3, b"k", b"3")]
    assert a.max_version("b") == 3
    assert a.max_version("nobody") == 0
    assert a.items("nobody") == []
    assert a.updates("nobody") == []
    # The one who never wrote is known to itself only.
    assert b.participants() == [b"b"]
    assert a.get("k") is None
    assert len(a) == 0


def test_an_empty_name_is_no_participant_and_not_the_host_itself() -> None:
    host = plasmid.Host("a")
    host["k"] = "1"
    assert host.get("k", b"") is None
    assert host.items("") == []


def test_without_history_the_newest_value_is_kept_in_both_directions() -> None:
    short = plasmid.Host("a", state=plasmid.LocalState(history=False))
    long = plasmid.Host("b")
    for value in range(3):
        short["k"] = value
        long["k"] = value
    exchange(short, long)
    assert short.history("k") == [(3, b"2")]
    assert short.history("k", "b") == [(3, b"2")]
    assert long.history("k", "a") == [(3, b"2")]
    assert long.history("k") == [(3, b"2"), (2, b"1"), (1, b"0")]


def test_the_same_seed_and_inputs_give_the_same_bytes() -> None:
    def talk(seed: int) -> list[bytes]:
        hosts = [
            plasmid.Host(n, seed=seed, nonce=n, generation=1, ordering="breadth") for n in range(9)
        ]
        for host in hosts:
            for version in range(40):
                host[version] = "x" * 20
            exchange(hosts[0], host)
        late = plasmid.Host("late", seed=seed, nonce=99, generation=1)
        return [hosts[0].receive(late.initiate(600), 600) for _ in range(5)]

    assert talk(1) == talk(1)
    assert talk(1) != talk(2)


def test_unseeded_hosts_differ() -> None:
    first, second = plasmid.Host("a"), plasmid.Host("a")
    assert first.generation != second.generation
    assert first.initiate() != second.initiate()


def test_the_generation_grows_with_time_and_is_an_option() -> None:
    # The first of January 2020, in milliseconds: a clock that is not absurd is beyond it.
    assert plasmid.Host("a").generation >> 16 > 1_577_836_800_000
    assert plasmid.Host("a", generation=7).generation == 7
    old, new = plasmid.Host("a", generation=1), plasmid.Host("a", generation=2)
    reader = plasmid.Host("r")
    old["k"], new["l"] = "old", "new"
    exchange(old, reader)
    exchange(new, reader)
    assert reader.items("a") == [(b"l", b"new")]


def test_two_hosts_with_one_id_are_counted() -> None:
    one, two = plasmid.Host("a", generation=1), plasmid.Host("a", generation=1)
    one["k"], two["k"] = "1", "2"
    exchange(one, two)
    exchange(two, one)
    assert one.conflicts > 0
    assert two.conflicts > 0
    assert (one["k"], two["k"]) == (b"1", b"2")


def test_a_budget_bounds_messages_and_the_large_update_goes_in_pieces() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["large"] = bytes(5000)
    for _ in range(5):
        answer = a.receive(b.initiate(512), 512)
        assert 0 < len(answer) <= 512
        b.receive(answer, 512)
        assert b.max_version("a") == 0
    for _ in range(20):
        exchange(b, a, 512)
    assert b.get("large", "a") == bytes(5000)


def test_the_large_update_goes_at_once_where_there_is_room() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["large"] = bytes(5000)
    exchange(b, a, 512)
    assert b.max_version("a") == 0
    assert a.room_needed > 5000
    exchange(b, a, a.room_needed)
    assert b.get("large", "a") == bytes(5000)


def test_the_largest_update_that_is_accepted_arrives() -> None:
    a, b = plasmid.Host("a", message_bytes=512), plasmid.Host("b", message_bytes=512)
    with pytest.raises(plasmid.LimitError) as caught:
        a["k"] = bytes(512)
    assert (caught.value.limit, caught.value.max) == ("message_bytes", 512)
    # The bound is for the change with its key and what says how long they are.
    value = bytes(512 - (caught.value.value - 512))
    with pytest.raises(plasmid.LimitError):
        a["k"] = value + b"\0"
    a["k"] = value
    for _ in range(3):
        exchange(b, a)
    assert b.get("k", "a") == value


def test_pieces_have_a_limit() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b", fragment_bytes=1000)
    a["large"] = bytes(5000)
    for _ in range(20):
        exchange(b, a, 512)
    assert b.max_version("a") == 0
    assert b.skipped > 0


def test_a_budget_of_nothing_applies_and_says_nothing() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"], b["k"] = "1", "2"
    syn_ack = b.receive(a.initiate())
    assert a.receive(syn_ack, 0) == b""
    assert a.get("k", "b") == b"2"
    assert b.receive(a.initiate(), budget=0) == b""


def test_what_cannot_be_applied_is_counted() -> None:
    small = plasmid.Host("a", keys_per_participant=2)
    large = plasmid.Host("b")
    for key in range(3):
        large[key] = "v"
    exchange(small, large)
    assert small.skipped == 1
    assert small.max_version("b") == 2


def test_nothing_to_say_may_be_passed_on() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"] = "v"
    b.receive(a.receive(b.receive(a.initiate())))
    assert a.receive(b"") == b""
    assert b.get("k", "a") == b"v"


def test_messages_repeated_late_and_reordered_are_harmless() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    kept = []
    for value in range(5):
        a["k"] = value
        kept.append(a.receive(b.initiate()))
    for message in [*reversed(kept), *kept, *kept]:
        b.receive(message, 0)
    assert state(b) == state(a)
    assert b.conflicts == a.conflicts == 0


def test_repr_says_who_and_how_far() -> None:
    host = plasmid.Host("it's")
    host["k"] = "1"
    assert repr(host) == """plasmid.Host(b"it's", max_version=1, participants=1)"""
    assert repr(plasmid.LocalState()) == "plasmid.LocalState(history=True)"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_host_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        pickle.dumps(plasmid.Host("a"), protocol)


def test_a_host_is_not_copied_and_streams_are_not_pickled() -> None:
    host = plasmid.Host("a")
    for copier in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            copier(host)
    for end in (host.create_stream(), host.exchange()):
        with pytest.raises(TypeError):
            pickle.dumps(end)


def test_a_local_state_is_a_value() -> None:
    state = plasmid.LocalState(history=False)
    assert state == plasmid.LocalState(False)
    assert state != plasmid.LocalState()
    assert hash(state) == hash(plasmid.LocalState(False))
    assert pickle.loads(pickle.dumps(state)) == copy.deepcopy(state) == state
    with pytest.raises(AttributeError):
        state.history = True  # type: ignore[misc]


def test_hosts_draw_their_own_seed() -> None:
    def ranges() -> list[bytes]:
        """Which part of what it knows a host speaks of, when not all fits: chance decides."""
        host = plasmid.Host("a", nonce=1, generation=1)
        for owner in owners:
            host.receive(owner.receive(host.initiate()))
        return [host.initiate(512) for _ in range(8)]

    owners = [plasmid.Host(f"owner-{number}", generation=1) for number in range(80)]
    for owner in owners:
        owner["key"] = "value"
    assert ranges() != ranges()


def test_hosts_draw_their_own_nonce() -> None:
    # Two processes under one id, which nothing but the nonce tells apart.
    a, twin = plasmid.Host("a", generation=1), plasmid.Host("a", generation=1)
    twin.receive(a.initiate())
    assert twin.conflicts == 1
