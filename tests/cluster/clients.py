# SPDX-License-Identifier: MIT
"""The clients of a cluster run: they read, write, and read what was written; what each was told goes into one journal.

All of them live in one process (load.drive), so what is acknowledged and what is asked have one order: a read that is
sent after an acknowledgement came has to see that write.
"""
import itertools
import json
import time

import load
import servers

ITEMS = 200  # rows that only readers look at
OWN = 8  # rows with one writer each
COUNTERS = 2  # rows that several writers increment
TABLES = (
    "CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, price DECIMAL(8,2) NOT NULL)",
    "CREATE TABLE own (id INT PRIMARY KEY, n BIGINT NOT NULL)",
    "CREATE TABLE counters (id INT PRIMARY KEY, n BIGINT NOT NULL)",
    "CREATE TABLE entries (id BIGINT PRIMARY KEY AUTO_INCREMENT, value VARCHAR(40) NOT NULL UNIQUE)",
    "CREATE TABLE notes (id INT PRIMARY KEY)",
    "CREATE TABLE replies (id BIGINT PRIMARY KEY AUTO_INCREMENT, note INT NOT NULL,"
    " FOREIGN KEY (note) REFERENCES notes (id) ON DELETE CASCADE)",
    "CREATE TABLE orders (id BIGINT PRIMARY KEY AUTO_INCREMENT, value VARCHAR(40) NOT NULL)",
    (servers.SOURCE / "conf" / "idempotency.sql").read_text(),
    "INSERT INTO items VALUES " + ",".join(f"({n},'item {n}',{n}.50)" for n in range(1, ITEMS + 1)),
    "INSERT INTO own VALUES " + ",".join(f"({n},0)" for n in range(1, OWN + 1)),
    "INSERT INTO counters VALUES " + ",".join(f"({n},0)" for n in range(1, COUNTERS + 1)),
)
NAMES = "items,own,counters,entries,orders,replies,notes"
WRITABLE = "own,counters,entries,orders,notes,replies"
IDEMPOTENCY = "myrest_idempotency"

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"
LOST = 0  # the status of an answer that did not come


def outcome(status):
    """What a client may take from the answer to its write: 502 and 504 say that nobody knows, 503 that it is not done."""
    if 200 <= status < 300:
        return ACKNOWLEDGED
    return REFUSED if 400 <= status < 500 or status == 503 else UNKNOWN


class Journal:
    """What the clients of one run were told."""

    def __init__(self):
        self.requests = []  # (kind, began, ended, status) of each, kind being read or write
        self.unread = []  # reads that failed, as (moment, target, status, body)
        self.stale = []  # reads that missed a write that had been acknowledged before they began
        self.unwritten = []  # writes that were not acknowledged, as (moment, target, status, body)
        self.entries = {}  # value -> what was said of its POST
        self.orders = {}  # the same of those that are sent with a key until they are acknowledged
        self.notes = {}  # id -> what was said of its DELETE
        self.own = {n: {"acknowledged": 0, "possible": set()} for n in range(1, OWN + 1)}
        self.counters = {n: {"acknowledged": 0, "unknown": 0} for n in range(1, COUNTERS + 1)}


class Client(load.Script):
    """One connection. A subclass says what it asks, and what it makes of the answer."""

    def __init__(self, journal, stop, pace):
        self.journal, self.stop, self.pace, self.next = journal, stop, pace, 0.0

    def due(self):
        return 0.0 if self.stop[0] else self.next

    def request(self):
        if self.stop[0]:
            return None
        self.began = time.monotonic()
        self.kind, self.target, data = self.ask()
        return data

    def answer(self, status, head, body, began, ended):
        self.journal.requests.append((self.kind, self.began, ended, status))
        self.next = max(ended, self.began + self.pace)
        if not 200 <= status < 300:
            fault = (ended, self.target, status, bytes(body[:200]))
            (self.journal.unread if self.kind == "read" else self.journal.unwritten).append(fault)
        self.told(status, head, body)

    def broken(self, why):
        self.answer(LOST, b"", str(why).encode(), self.began, time.monotonic())

    def get(self, target):
        return "read", target, load.get(target)

    def write(self, method, target, value, extra=""):
        body = "" if value is None else json.dumps(value)
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{extra}\r\n"
        )
        return "write", target, (head + body).encode()

    def must_see(self, seen, floor, what):
        if seen < floor:
            self.journal.stale.append((self.began, self.target, f"{what}: {seen}, {floor} was acknowledged"))


class Reader(Client):
    """Reads by key, pages, and all that the others write to."""

    def __init__(self, number, *how):
        super().__init__(*how)
        self.turns = itertools.count(number)

    def ask(self):
        turn = next(self.turns)
        target = (f"/items/{turn * 7 % ITEMS + 1}", f"/items?order=id&limit=20&offset={turn % 9 * 20}", "/own")[turn % 3]
        self.floor = {row: state["acknowledged"] for row, state in self.journal.own.items()}
        return self.get(target)

    def told(self, status, head, body):
        if status == 200 and self.target == "/own":
            seen = {row["id"]: row["n"] for row in json.loads(body)}
            for row, floor in self.floor.items():
                self.must_see(seen.get(row, -1), floor, f"own {row}")


class Incrementer(Client):
    """One of several that increment one row: reads it with its tag, and writes what it read plus one, If-Match."""

    def __init__(self, row, *how):
        super().__init__(*how)
        self.row, self.state, self.tag = row, self.journal.counters[row], None

    def ask(self):
        target = f"/counters/{self.row}"
        if self.tag is None:
            self.floor = self.state["acknowledged"]
            return self.get(target)
        return self.write("PATCH", target, {"n": self.n + 1}, f"If-Match: {self.tag}\r\n")

    def told(self, status, head, body):
        if self.kind == "read":
            if status == 200:
                self.n, self.tag = json.loads(body)["n"], header(head, "etag")
                self.must_see(self.n, self.floor, f"counter {self.row}")
                self.next = 0.0
            return
        self.tag = None
        said = outcome(status)
        if said != REFUSED:
            self.state[said] += 1


class Pair:
    """A writer and a reader, each with a connection of its own: what was acknowledged to one is at once asked by the other."""

    def __init__(self, writer, reader):
        self.writer, self.reader, self.turn = writer, reader, writer
        writer.pair = reader.pair = self


class Half(Client):
    def due(self):
        if self.stop[0] or self.pair.turn is self:
            return super().due()
        return time.monotonic() + 0.05

    def told(self, status, head, body):
        self.pair.turn = self.pair.reader if self is self.pair.writer else self.pair.writer
        self.learn(status, body)


class OwnWriter(Half):
    def __init__(self, row, *how):
        super().__init__(*how)
        self.row, self.state, self.n = row, self.journal.own[row], 0

    def ask(self):
        self.n += 1
        return self.write("PATCH", f"/own/{self.row}", {"n": self.n})

    def learn(self, status, body):
        said = outcome(status)
        if said == ACKNOWLEDGED:
            self.state["acknowledged"], self.state["possible"] = self.n, set()
        elif said == UNKNOWN:
            self.state["possible"].add(self.n)


class OwnReader(Half):
    def ask(self):
        self.pace = 0.0
        row = self.pair.writer.row
        self.floor = self.pair.writer.state["acknowledged"]
        return self.get(f"/own/{row}")

    def learn(self, status, body):
        if status == 200:
            self.must_see(json.loads(body)["n"], self.floor, "own")
        elif status == 404:
            self.must_see(-1, self.floor, "own")


class EntryWriter(Half):
    def __init__(self, number, *how):
        super().__init__(*how)
        self.values = (f"{number}-{turn}" for turn in itertools.count())

    def ask(self):
        self.value = next(self.values)
        return self.write("POST", "/entries", {"value": self.value})

    def learn(self, status, body):
        self.journal.entries[self.value] = outcome(status)


class EntryReader(Half):
    def ask(self):
        self.value = self.pair.writer.value
        self.floor = int(self.journal.entries[self.value] == ACKNOWLEDGED)
        return self.get(f"/entries?value=eq.{self.value}")

    def learn(self, status, body):
        if status == 200:
            self.must_see(len(json.loads(body)), self.floor, f"entry {self.value}")


class NoteWriter(Half):
    def __init__(self, number, *how):
        super().__init__(*how)
        self.notes = itertools.count(number * 1_000_000)

    def ask(self):
        self.note = next(self.notes)
        return self.write("POST", "/notes", {"id": self.note})

    def learn(self, status, body):
        self.made = outcome(status) == ACKNOWLEDGED


class NoteAnswerer(Half):
    """Writes that need the row that was just made: to refer to it, or to delete it."""

    def ask(self):
        note = self.pair.writer.note
        if note % 2:
            return self.write("DELETE", f"/notes?id=eq.{note}", None)
        return self.write("POST", "/replies", {"note": note})

    def learn(self, status, body):
        writer = self.pair.writer
        if writer.note % 2:
            # of a note that is made later it says nothing
            self.journal.notes[writer.note] = outcome(status) if writer.made else UNKNOWN
        elif status == 409 and writer.made:
            self.must_see(0, 1, f"note {writer.note}, to refer to")


class Insister(Client):
    """Sends an order again and again, with one Idempotency-Key, until it is acknowledged: it must be there once."""

    def __init__(self, number, *how):
        super().__init__(*how)
        self.values = (f"{number}-{turn}" for turn in itertools.count())
        self.value = next(self.values)

    def ask(self):
        return self.write("POST", "/orders", {"value": self.value}, f"Idempotency-Key: {self.value}\r\n")

    def told(self, status, head, body):
        said = outcome(status)
        # What one attempt may have done, a later one that is refused does not undo.
        if said != REFUSED or self.value not in self.journal.orders:
            self.journal.orders[self.value] = said
        if said == ACKNOWLEDGED:
            self.value = next(self.values)


def header(head, name):
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(": ")
        if key.lower() == name:
            return value
    return None


# Crowds, for drive: pairs alone, without a pause; many that want to write the same rows.
PAIRS = {"pace": 0.0, "readers": 0, "pairs": 4, "incrementers": 0, "insisters": 0}
RIVALS = {"pace": 0.0, "readers": 2, "pairs": 1, "incrementers": 12}


def drive(addresses, stop, pace=0.04, readers=8, pairs=4, incrementers=4, insisters=2):
    """All clients, until stop[0] is set; their journal. With several addresses they take turns, so that the two of a pair
    ask at different ones."""
    journal = Journal()
    how = (journal, stop, pace)
    scripts = [Reader(number, *how) for number in range(readers)]
    scripts += [Incrementer(number // 2 % COUNTERS + 1, *how) for number in range(incrementers)]
    scripts += [Insister(number, *how) for number in range(insisters)]
    for number in range(pairs):
        for pair in (
            Pair(OwnWriter(number % OWN + 1, *how), OwnReader(*how)),
            Pair(EntryWriter(number, *how), EntryReader(*how)),
            Pair(NoteWriter(number, *how), NoteAnswerer(*how)),
        ):
            scripts += [pair.writer, pair.reader]
    for script, address in zip(scripts, itertools.cycle(addresses)):
        script.address = address
    load.drive(addresses[0], scripts)
    return journal
