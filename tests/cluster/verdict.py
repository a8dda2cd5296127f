# SPDX-License-Identifier: MIT
"""What a run has shown: the clients' journal held against what the nodes have in the end."""
from collections import Counter
from dataclasses import dataclass, field

from clients import ACKNOWLEDGED, REFUSED, outcome


def longest_gap(requests, *kinds):
    """The longest time between two answers that followed each other, over all clients: an answer is whole and says
    something of what was asked (below 500). Before the first and after the last answer time counts as well, from the first
    request's beginning to the last one's end."""
    mine = [request for request in requests if request[0] in kinds]
    if not mine:
        return 0.0
    moments = sorted(ended for _, _, ended, status in mine if 100 <= status < 500)
    moments = [min(began for _, began, _, _ in mine), *moments, max(ended for _, _, ended, _ in mine)]
    return max(after - before for before, after in zip(moments, moments[1:]))


def compare(journal, data):
    """What is missing of what was acknowledged, and what is there though it was refused, by what one node has: data has
    entries and orders, Counters of values; notes, a set of ids; own and counters, row -> n."""
    missing, unbidden = [], []
    for table in ("entries", "orders"):
        for value, said in getattr(journal, table).items():
            there = data[table][value]
            if said == ACKNOWLEDGED and there == 0:
                missing.append(f"{value} of {table}")
            if (said == REFUSED and there) or there > 1:
                unbidden.append(f"{value} of {table}, {there} times")
    missing += [
        f"the deletion of note {note}"
        for note, said in journal.notes.items()
        if said == ACKNOWLEDGED and note in data["notes"]
    ]
    for row, state in journal.own.items():
        n = data["own"].get(row, -1)
        if n < state["acknowledged"]:
            missing.append(f"own {row}: {n}, {state['acknowledged']} was acknowledged")
        elif n != state["acknowledged"] and n not in state["possible"]:
            unbidden.append(f"own {row}: {n}, {state['acknowledged']} was acknowledged")
    for row, state in journal.counters.items():
        n = data["counters"].get(row, -1)
        if n < state["acknowledged"]:
            missing.append(f"counter {row}: {n}, {state['acknowledged']} increments were acknowledged")
        if n > state["acknowledged"] + state["unknown"]:
            unbidden.append(f"counter {row}: {n} of {state}")
    return missing, unbidden


def contents(node):
    """What a node has, for compare."""
    sync = "SET SESSION wsrep_sync_wait = 1"
    return {
        "entries": Counter(value for value, in node.sql(sync, "SELECT value FROM app.entries")),
        "orders": Counter(value for value, in node.sql(sync, "SELECT value FROM app.orders")),
        "notes": {note for note, in node.sql(sync, "SELECT id FROM app.notes")},
        "own": dict(node.sql(sync, "SELECT id, n FROM app.own")),
        "counters": dict(node.sql(sync, "SELECT id, n FROM app.counters")),
    }


@dataclass
class Verdict:
    fault: str
    limit: float  # seconds that the longest gap may have
    requests: int = 0
    reads: int = 0
    failed: list = field(default_factory=list)  # reads without an answer of 2xx
    acknowledged: int = 0
    refused: int = 0
    unknown: int = 0
    missing: list = field(default_factory=list)
    unbidden: list = field(default_factory=list)  # refused, or written twice, and there
    stale: list = field(default_factory=list)
    gap: float = 0.0  # of all answers
    write_gap: float = 0.0  # of those to writes
    slowest: float = 0.0  # seconds that a read took at most
    conflicts: int = 0  # transactions that the cluster ended because of others on other nodes
    given_up: int = 0  # connections that the pool gave up under a write
    unwritten: list = field(default_factory=list)  # writes without an answer of 2xx

    def faults(self):
        """What the run has shown that must not be; each a sentence."""
        said = []
        if self.failed:
            said.append(f"{len(self.failed)} reads failed: {self.failed[:5]}")
        if self.missing:
            said.append(f"{len(self.missing)} acknowledged writes are missing: {self.missing[:5]}")
        if self.unbidden:
            said.append(f"{len(self.unbidden)} writes are there that were refused: {self.unbidden[:5]}")
        if self.stale:
            said.append(f"{len(self.stale)} reads were stale: {self.stale[:5]}")
        if self.gap >= self.limit:
            said.append(f"nothing was answered for {self.gap:.2f} s, allowed are {self.limit:g}")
        return said


def judge(fault, limit, journal, nodes, conflicts=0, given_up=0):
    """nodes: those that are there in the end, all of which must have what was acknowledged."""
    reads = [request for request in journal.requests if request[0] == "read"]
    said = Counter(outcome(status) for kind, _, _, status in journal.requests if kind == "write")
    found = [compare(journal, contents(node)) for node in nodes]
    return Verdict(
        fault,
        limit,
        requests=len(journal.requests),
        reads=len(reads),
        failed=journal.unread,
        acknowledged=said["acknowledged"],
        refused=said["refused"],
        unknown=said["unknown"],
        missing=sorted({what for missing, _ in found for what in missing}),
        unbidden=sorted({what for _, unbidden in found for what in unbidden}),
        stale=journal.stale,
        gap=longest_gap(journal.requests, "read", "write"),
        write_gap=longest_gap(journal.requests, "write"),
        slowest=max((ended - began for _, began, ended, _ in reads), default=0.0),
        conflicts=conflicts,
        given_up=given_up,
        unwritten=journal.unwritten,
    )


COLUMNS = (
    ("node", lambda v: v.fault),
    ("requests", lambda v: v.requests),
    ("reads failed", lambda v: f"{len(v.failed)} of {v.reads}"),
    ("writes acknowledged", lambda v: v.acknowledged),
    ("missing", lambda v: len(v.missing)),
    ("refused", lambda v: v.refused),
    ("yet there", lambda v: len(v.unbidden)),
    ("unknown", lambda v: v.unknown),
    ("stale reads", lambda v: len(v.stale)),
    ("conflicts", lambda v: v.conflicts),
    ("longest gap", lambda v: f"{v.gap:.2f} s (< {v.limit:g})"),
    ("of writes", lambda v: f"{v.write_gap:.2f} s"),
    ("slowest read", lambda v: f"{v.slowest:.2f} s"),
)


def table(verdicts):
    """The report, as Markdown has tables."""
    rows = [[name for name, _ in COLUMNS], ["---"] * len(COLUMNS)]
    rows += [[str(of(verdict)) for _, of in COLUMNS] for verdict in verdicts]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)
