# SPDX-License-Identifier: MIT
"""Random writes of eight clients are what a serial model says, with workers that are killed as well."""
import collections
import json
import random
import time

import pymysql

from write_killing import CLIENTS, RANGE, Killing, ask, outcome, settled, together
from write_killing import killed, w, writable  # noqa: F401 (fixtures)
from writing import REPRESENTATION


class Client:
    """Writes at random in a range of its own, and knows what is to be there."""

    def __init__(self, number, schema, web):
        self.number, self.schema, self.web = number, schema, web
        self.dice = random.Random(1000 + number)
        self.low, self.high = number * RANGE, number * RANGE + RANGE
        self.state = {}  # id -> (n, word, code)
        self.counts = collections.Counter()
        self.serial = 0

    def row(self):
        self.serial += 1
        return {"n": self.dice.randrange(100), "word": self.dice.choice(["a", "b", None, "é😀", "'\\\""]), "code": f"{self.number}-{self.serial}"}

    def free(self, count=1):
        numbers = [number for number in range(self.low, self.high) if number not in self.state]
        return sorted(self.dice.sample(numbers, min(count, len(numbers))))

    def some(self):
        return self.dice.choice(list(self.state)) if self.state else None

    # Each gives: how it is asked, and the state when it has been done (None: it must be refused).

    def insert(self):
        [number], row = self.free(), self.row()
        after = {**self.state, number: (row["n"], row["word"], row["code"])}
        return ("POST", "/items", {"id": number, "owner": self.number, **row}, {}), after

    def insert_many(self):
        numbers, after, body = self.free(self.dice.randrange(2, 40)), dict(self.state), []
        for number in numbers:
            row = self.row()
            body.append({"id": number, "owner": self.number, **row})
            after[number] = (row["n"], row["word"], row["code"])
        return ("POST", "/items", body, self.dice.choice([{}, {"prefer": REPRESENTATION}])), after

    def insert_what_is_there(self):
        number = self.some()
        if number is None:
            return self.insert()
        return ("POST", "/items", {"id": number, "owner": self.number, **self.row()}, {}), None

    def insert_many_with_a_fault(self):
        numbers = self.free(20)
        body = [{"id": number, "owner": self.number, **self.row()} for number in numbers]
        at = self.dice.randrange(20)
        column, value = self.dice.choice([("n", -1), ("word", "x" * 21), ("n", 2**31), ("id", body[at - 1]["id"]), ("owner", None)])
        body[at][column] = value
        return ("POST", "/items", body, {}), None

    def change_one(self):
        number = self.some()
        if number is None:
            return self.insert()
        n = self.dice.randrange(100)
        old = self.state[number]
        target = self.dice.choice([f"/items/{number}", f"/items?id=eq.{number}"])
        return ("PATCH", target, {"n": n}, self.dice.choice([{}, {"prefer": REPRESENTATION}])), {**self.state, number: (n, *old[1:])}

    def change_many(self):
        n, limit = self.dice.randrange(100), self.dice.randrange(100)
        after = {number: (n, *row[1:]) if row[0] < limit else row for number, row in self.state.items()}
        return ("PATCH", f"/items?owner=eq.{self.number}&n=lt.{limit}", {"n": n}, {}), after

    def change_to_what_is_refused(self):
        if self.some() is None:
            return self.insert_many_with_a_fault()
        return ("PATCH", f"/items?owner=eq.{self.number}", self.dice.choice([{"n": -1}, {"word": "x" * 21}, {"owner": None}]), {}), None

    def remove_one(self):
        number = self.some()
        if number is None:
            return self.insert()
        target = self.dice.choice([f"/items/{number}", f"/items?id=eq.{number}"])
        return ("DELETE", target, None, {}), {key: row for key, row in self.state.items() if key != number}

    def remove_many(self):
        low = self.dice.randrange(self.low, self.high)
        after = {key: row for key, row in self.state.items() if not low <= key < low + 100}
        return ("DELETE", f"/items?owner=eq.{self.number}&id=gte.{low}&id=lt.{low + 100}", None, {}), after

    def put(self):
        number = self.dice.choice([self.some() or self.low, *self.free()])
        row = self.row()
        after = {**self.state, number: (row["n"], row["word"], row["code"])}
        return ("PUT", f"/items/{number}", {"owner": self.number, **row}, {}), after

    def merge(self):
        numbers = self.free(5) + self.dice.sample(list(self.state), min(5, len(self.state)))
        body, after = [], dict(self.state)
        for number in numbers:
            row = self.row()
            body.append({"id": number, "owner": self.number, **row})
            after[number] = (row["n"], row["word"], row["code"])
        return ("POST", "/items", body, {"prefer": "resolution=merge-duplicates"}), after

    def ignore(self):
        numbers = self.free(5) + self.dice.sample(list(self.state), min(5, len(self.state)))
        body, after = [], dict(self.state)
        for number in numbers:
            row = self.row()
            body.append({"id": number, "owner": self.number, **row})
            after.setdefault(number, (row["n"], row["word"], row["code"]))
        return ("POST", "/items", body, {"prefer": "resolution=ignore-duplicates"}), after

    def singular(self):
        return (
            ("PATCH", f"/items?owner=eq.{self.number}", {"n": 1}, {"accept": "application/vnd.pgrst.object+json", "prefer": REPRESENTATION}),
            None if len(self.state) != 1 else {number: (1, *row[1:]) for number, row in self.state.items()},
        )

    WRITES = [insert, insert, insert_many, insert_many, insert_what_is_there, insert_many_with_a_fault, change_one, change_one, change_many,
              change_to_what_is_refused, remove_one, remove_many, put, put, merge, ignore, singular]  # fmt: skip

    def found(self):
        """What the database has; waits for whoever holds locks on it."""
        while True:
            try:
                rows = self.schema.sql(f"SELECT id, n, word, code FROM items WHERE owner = {self.number} LOCK IN SHARE MODE")
                break
            except pymysql.err.OperationalError as why:
                if why.args[0] not in (1205, 1213):  # others hold locks beside
                    raise
        return {row[0]: tuple(row[1:]) for row in rows}

    def step(self):
        name = self.dice.choice(self.WRITES)
        (method, target, body, how), after = name(self)
        status, response = ask(self.web, method, target, body, **how)
        said = f"client {self.number}, {name.__name__}: {method} {target} {json.dumps(body)[:300]} {how} -> {status} {response}"
        what = outcome(status)
        self.counts[f"{what} {name.__name__}"] += 1
        self.counts[what] += 1
        if what == "done":
            assert after is not None, f"what had to be refused was done: {said}"
            self.state = after
            if how.get("prefer") == REPRESENTATION and method == "POST":
                assert [row["id"] for row in response.json()] == [row["id"] for row in body], said
        elif what == "refused":
            assert after is None or status == 503, f"what is good was refused: {said}"
        else:
            settled(self.schema)
            found = self.found()
            assert found == self.state or found == after, f"neither as before nor as afterwards: {said}\n{difference(found, self.state, after)}"
            self.counts["unknown, was done" if found != self.state else "unknown, was not"] += 1
            self.state = found

    def compare(self):
        found = self.found()
        assert found == self.state, f"client {self.number}: {difference(found, self.state)}"

    def run(self, until_when):
        steps = 0
        while time.monotonic() < until_when:
            self.step()
            steps += 1
            if steps % 25 == 0:
                self.compare()
        return self


def difference(found, *states):
    lines = []
    for state in states:
        if state is None:
            continue
        missing = {key: row for key, row in state.items() if found.get(key) != row}
        more = {key: row for key, row in found.items() if state.get(key) != row}
        lines.append(f"expected and not there: {list(missing.items())[:5]}, there and not expected: {list(more.items())[:5]}")
    return "\n".join(lines)


def run_model(schema, web, seconds):
    stop = time.monotonic() + seconds
    clients = together(CLIENTS, lambda number: Client(number, schema, web).run(stop))
    settled(schema)
    for client in clients:
        client.compare()
    everything = {key: row for client in clients for key, row in client.state.items()}
    rows = schema.sql("SELECT id, n, word, code FROM items")
    assert {row[0]: tuple(row[1:]) for row in rows} == everything, "the table is not the sum of what its clients know"
    return sum((client.counts for client in clients), collections.Counter())


def test_random_writes_of_8_clients_are_what_a_serial_model_says(w):
    counts = run_model(w.schema, w.web, 6)
    print(counts)
    assert counts["done"] > 300 and counts["refused"] > 50
    assert not counts["unknown"], counts


def test_random_writes_are_whole_or_not_at_all_while_workers_are_killed(killed):
    with Killing(killed.pool) as killing:
        counts = run_model(killed.schema, killed.web, 12)
    print(killing.count, "kills", counts)
    assert killing.count > 30
    assert counts["done"] > 100 and counts["refused"] > 10
    assert counts["unknown"] > 0, "no write met a kill"
