# SPDX-License-Identifier: MIT
"""The oracle finds what it has to find, and nothing in what is right."""
import pytest

from oracle import (
    ACKNOWLEDGED, DUPLICATED, KEPT, LOST, REFUSED, STALE, TORN, UNKNOWN, WRONG, Oracle, text_of,
)  # fmt: skip


@pytest.fixture
def oracle():
    return Oracle()


def write(oracle, key, outcome=ACKNOWLEDGED, absent=False, late=False):
    version = oracle.begin(key, absent)
    oracle.end(key, version, outcome, late)
    return version


def rows(key, *versions):
    return [(version, text_of(key.name, version)) for version in versions]


def found(oracle):
    return [kind for kind, _ in oracle.faults]


def test_what_is_right(oracle):
    key = oracle.key("a")
    before = oracle.floors(oracle.keys)
    oracle.saw(before, "a", [], "read")
    write(oracle, key)
    oracle.saw(before, "a", [], "read that was sent before")
    oracle.saw(before, "a", rows(key, 1), "read")
    second = oracle.begin(key)
    floors = oracle.floors(oracle.keys)
    oracle.saw(floors, "a", rows(key, 1), "read while it is written")
    oracle.saw(floors, "a", rows(key, 2), "read while it is written")
    oracle.end(key, second, ACKNOWLEDGED)
    write(oracle, key, absent=True)
    oracle.saw(oracle.floors(oracle.keys), "a", [], "read of what was deleted")
    assert not oracle.faults and key.absent


def test_stale(oracle):
    key = oracle.key("a")
    write(oracle, key)
    oracle.saw(oracle.floors(oracle.keys), "a", [], "read")
    write(oracle, key)
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 1), "read")
    write(oracle, key, absent=True)
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 2), "read")
    assert found(oracle) == [STALE, STALE, STALE]


def test_what_was_shown_once_is_not_unshown(oracle):
    key = oracle.key("a")
    write(oracle, key)
    write(oracle, key, UNKNOWN)
    floors = oracle.floors(oracle.keys)
    oracle.saw(floors, "a", rows(key, 1), "read")
    oracle.saw(floors, "a", rows(key, 2), "read")
    oracle.saw(floors, "a", rows(key, 1), "read that was sent at the same time")
    assert not oracle.faults
    later = oracle.floors(oracle.keys)
    oracle.saw(later, "a", rows(key, 1), "read")
    assert found(oracle) == [STALE]
    oracle.crashed()
    oracle.saw(later, "a", rows(key, 1), "read before the server was killed")
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 1), "read after the server was killed")
    assert found(oracle) == [STALE]


def test_lost(oracle):
    key, other = oracle.key("a"), oracle.key("b")
    write(oracle, key)
    write(oracle, other)
    write(oracle, other)
    oracle.saw(oracle.floors(oracle.keys), "a", [], "end", lost=True)
    oracle.saw(oracle.floors(oracle.keys), "b", rows(other, 1), "end", lost=True)
    assert found(oracle) == [LOST, LOST]


def test_wrong(oracle):
    key = oracle.key("a")
    write(oracle, key)
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 2), "a version that was never sent")
    oracle.saw(oracle.floors(oracle.keys), "a", [(1, text_of("b", 1))], "the text of another key")
    oracle.saw(oracle.floors(oracle.keys), "a", [(1, text_of("a", 2))], "the text of another version")
    oracle.saw(oracle.floors(oracle.keys), "b", [(1, None)], "a key that was never written")
    assert found(oracle) == [WRONG] * 4


@pytest.mark.parametrize("first", ["told", "seen"])
def test_refused_and_there_all_the_same(oracle, first):
    key = oracle.key("a")
    write(oracle, key)
    version, floors = oracle.begin(key), oracle.floors(oracle.keys)
    if first == "seen":
        oracle.saw(floors, "a", rows(key, version), "read")
    oracle.end(key, version, REFUSED)
    if first == "told":
        oracle.saw(floors, "a", rows(key, version), "read")
    assert found(oracle) == [KEPT]


def test_a_refused_deletion_that_was_made(oracle):
    key = oracle.key("a")
    write(oracle, key)
    write(oracle, key, REFUSED, absent=True)
    oracle.saw(oracle.floors(oracle.keys), "a", [], "read")
    assert found(oracle) == [STALE]


def test_torn_and_duplicated(oracle):
    key = oracle.key("a", rows=3)
    write(oracle, key)
    write(oracle, key, UNKNOWN)
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 1, 2, 2), "half of a change")
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 2, 2), "a row is missing")
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 2, 2, 2, 2), "a row is there twice")
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 2, 2, 2), "whole")
    assert found(oracle) == [TORN, TORN, DUPLICATED]


def test_unknown_may_be_either(oracle):
    key = oracle.key("a")
    write(oracle, key, UNKNOWN)
    floors = oracle.floors(oracle.keys)
    oracle.saw(floors, "a", [], "end", lost=True)
    oracle.saw(floors, "a", rows(key, 1), "end", lost=True)
    assert not oracle.faults and key.abandoned


def test_a_write_that_changes_nothing_newer_leaves_its_key_usable(oracle):
    key = oracle.key("a")
    write(oracle, key)
    write(oracle, key, UNKNOWN, late=True)
    assert not key.abandoned
    write(oracle, key)
    oracle.saw(oracle.floors(oracle.keys), "a", rows(key, 2), "read")
    assert found(oracle) == [STALE]


def test_what_is_surely_there(oracle):
    key = oracle.key("a")
    assert not oracle.surely_there(oracle.floors(oracle.keys), "a")
    write(oracle, key)
    floors = oracle.floors(oracle.keys)
    assert oracle.surely_there(floors, "a")
    oracle.begin(key, absent=True)
    assert not oracle.surely_there(floors, "a")
