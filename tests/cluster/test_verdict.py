# SPDX-License-Identifier: MIT
"""The oracles themselves, on journals made by hand: each finds what it is for, and nothing else."""
from collections import Counter

import pytest

import clients
import verdict
from clients import ACKNOWLEDGED, REFUSED, UNKNOWN


@pytest.fixture
def journal():
    journal = clients.Journal()
    journal.entries = {"kept": ACKNOWLEDGED, "refused": REFUSED, "lost": UNKNOWN}
    journal.orders = {"one": ACKNOWLEDGED, "none": UNKNOWN}
    journal.notes = {7: ACKNOWLEDGED, 8: UNKNOWN}
    journal.own[1] = {"acknowledged": 5, "possible": {6}}
    journal.counters[1] = {"acknowledged": 10, "unknown": 2}
    return journal


@pytest.fixture
def data():
    return {
        "entries": Counter(["kept"]),
        "orders": Counter(["one"]),
        "notes": {8},
        "own": {1: 5, **{n: 0 for n in range(2, clients.OWN + 1)}},
        "counters": {1: 10, **{n: 0 for n in range(2, clients.COUNTERS + 1)}},
    }


def test_what_was_acknowledged_is_there(journal, data):
    assert verdict.compare(journal, data) == ([], [])


def test_what_nobody_knows_may_be_there_or_not(journal, data):
    data["entries"]["lost"], data["own"][1], data["counters"][1] = 1, 6, 12
    assert verdict.compare(journal, data) == ([], [])


@pytest.mark.parametrize(
    "kind, key, value, missing, unbidden",
    [
        ("entries", "kept", 0, 1, 0),
        ("entries", "refused", 1, 0, 1),
        ("orders", "one", 0, 1, 0),
        ("orders", "one", 2, 0, 1),
        ("orders", "none", 2, 0, 1),
        ("own", 1, 4, 1, 0),
        ("own", 1, 7, 0, 1),
        ("own", 2, 1, 0, 1),
        ("counters", 1, 9, 1, 0),
        ("counters", 1, 13, 0, 1),
        ("counters", 2, 1, 0, 1),
    ],
)
def test_what_must_not_be_is_found(journal, data, kind, key, value, missing, unbidden):
    data[kind][key] = value
    found = verdict.compare(journal, data)
    assert (len(found[0]), len(found[1])) == (missing, unbidden), found


def test_what_was_deleted_is_not_there(journal, data):
    data["notes"].add(7)
    assert verdict.compare(journal, data) == (["the deletion of note 7"], [])


@pytest.mark.parametrize(
    "status, said",
    [
        (200, ACKNOWLEDGED), (201, ACKNOWLEDGED), (204, ACKNOWLEDGED), (409, REFUSED), (412, REFUSED), (503, REFUSED),
        (500, UNKNOWN), (502, UNKNOWN), (504, UNKNOWN), (clients.LOST, UNKNOWN),
    ],
)  # fmt: skip
def test_what_a_status_says_of_a_write(status, said):
    assert clients.outcome(status) == said


@pytest.mark.parametrize(
    "requests, gap",
    [
        ([], 0),
        ([("read", 0, 1, 200), ("write", 1, 3, 201), ("read", 1, 4, 404)], 2),
        # errors, and connections that broke, are no answers
        ([("read", 0, 1, 200), ("read", 1, 2, 503), ("read", 2, 3, 0), ("read", 3, 5, 200)], 4),
        # neither is silence at the end, or at the beginning
        ([("read", 0, 1, 200), ("read", 1, 9, 502)], 8),
        ([("read", 0, 7, 504), ("read", 7, 8, 200)], 8),
        # requests that wait long among others that do not
        ([("read", 0, 1, 200), ("read", 0, 9, 200), *(("read", t, t + 1, 200) for t in range(1, 8))], 1),
    ],
)
def test_the_longest_gap(requests, gap):
    assert verdict.longest_gap(requests, "read", "write") == gap


def test_a_gap_is_of_the_kinds_that_are_asked_for():
    requests = [("read", t, t + 1, 200) for t in range(5)] + [("write", 0, 1, 201), ("write", 1, 4, 201)]
    assert verdict.longest_gap(requests, "read", "write") == 1
    assert verdict.longest_gap(requests, "write") == 3


def test_each_fault_is_told():
    good = verdict.Verdict("killed", 2.0, gap=1.9)
    assert good.faults() == []
    for name in ("failed", "missing", "unbidden", "stale"):
        assert len(verdict.Verdict("killed", 2.0, **{name: ["x"]}).faults()) == 1
    assert len(verdict.Verdict("killed", 2.0, gap=2.0).faults()) == 1


def test_the_table_has_a_row_for_each_run():
    lines = verdict.table([verdict.Verdict("killed", 2.0), verdict.Verdict("paused", 3.5, gap=1.25)]).splitlines()
    assert len(lines) == 4 and lines[3].startswith("| paused |") and "1.25 s (< 3.5)" in lines[3]
    assert len({line.count("|") for line in lines}) == 1
