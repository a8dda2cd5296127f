# SPDX-License-Identifier: MIT
"""Clients that write: each has rows of its own, and tells the oracle what it sends and what it was answered."""
import json
import socket
import threading
import time

import tables
from oracle import ACKNOWLEDGED, REFUSED, UNKNOWN, WRONG
from wire import Client

CELLS, SETS = 8, 3  # that a writer has at most; it deletes some and makes others
REPRESENTATION = "return=representation"


def outcome(answer):
    """What a client may take from the answer. README: 'Locks and deadlocks are tried three times, then the answer is 503,
    and nothing was written. A 502 ... and a 504 ...: the write may have been made or not.' A 4xx is refused; a 500 says
    nothing of that."""
    if answer is None:
        return UNKNOWN
    if 200 <= answer.status < 300:
        return ACKNOWLEDGED
    return REFUSED if 400 <= answer.status < 500 or answer.status == 503 else UNKNOWN


def total(answer):
    """How many rows were changed, of an answer to Prefer: count=exact."""
    count = answer.headers.get("content-range", "").rpartition("/")[2]
    return int(count) if count.isdigit() else None


class Runner(threading.Thread):
    """One client: turns until the end, with a pause between them."""

    PAUSE = 0.01

    def __init__(self, world, number, kept=True):
        super().__init__(name=f"{type(self).__name__} {number}", daemon=True)
        self.world, self.oracle, self.number = world, world.oracle, number
        self.dice = world.dice(self.name)
        self.client = Client(world, kept)
        self.fault = None

    def run(self):
        try:
            while not self.world.stopping:
                if self.world.pausing:
                    self.client.close()
                    self.idle = True
                    time.sleep(0.02)
                    continue
                self.idle = False
                self.turn()
                time.sleep(self.PAUSE * self.dice.uniform(0.2, 2))
        except Exception as fault:  # an answer that nobody expected: the run shows it
            self.fault = fault
            raise
        finally:
            self.idle = True
            self.client.close()

    idle = False

    def wrong(self, answer, text):
        self.oracle.fault(WRONG, f"{text}: {answer.status} {answer.headers} {answer.body[:200]!r}")


class Writer(Runner):
    """Cells and sets: made, changed and removed in all ways."""

    def __init__(self, *how, **more):
        super().__init__(*how, **more)
        self.cells, self.sets, self.many = [], [], True

    def turn(self):
        self.cells = [cell for cell in self.cells if not cell.abandoned]
        self.sets = [one for one in self.sets if not one.abandoned]
        if self.dice.random() < 0.3:
            self.turn_of_sets()
        elif len(self.cells) < CELLS and self.dice.random() < 0.5:
            self.dice.choice((self.post, self.post, self.post_many, self.post_csv, self.put_new))(self.new_cells())
        elif self.cells:
            cell = self.dice.choice(self.cells)
            if cell.absent:
                self.dice.choice((self.post_many, self.put_new, self.upsert))([cell])
            else:
                self.dice.choice(
                    (self.patch, self.patch, self.patch_filtered, self.patch_shown, self.put, self.upsert, self.patch_late,
                     self.patch_late, self.patch_if_match, self.delete, self.refused_if_match, self.refused_duplicate,
                     self.refused_value, self.ignored, self.refused_list)
                )([cell])  # fmt: skip

    # what a row is

    def new_cells(self):
        made = [self.oracle.key(f"c{self.world.new_id()}") for _ in range(self.dice.choice((1, 1, 2, 3)))]
        self.cells += made
        return made

    @staticmethod
    def id_of(key):
        return int(key.name[1:])

    def row(self, key, version):
        return {"id": self.id_of(key), "n": version, "body": key.text(version)}

    def set_rows(self, key, version):
        grp = self.id_of(key)
        return [
            {"id": tables.key_of_set_row(grp, place), "grp": grp, "n": version, "body": key.text(version)}
            for place in range(tables.SET)
        ]

    def write(self, kind, keys, method, target, body=None, headers=None, expect=(201,), absent=False, late=False):
        """One request for the next version of each of the keys; its answer, and these versions. body: what is made of them."""
        versions = [self.oracle.begin(key, absent) for key in keys]
        answer = self.client.ask(kind, method, target, body and body(versions), headers, expect)
        said = outcome(answer)
        for key, version in zip(keys, versions):
            self.oracle.end(key, version, said, late)
        if answer is not None and said == ACKNOWLEDGED and not answer.good:
            self.wrong(answer, f"{method} {target}: expected {expect}")
        return answer, versions

    def shown(self, answer, keys, versions, table="cells"):
        """The representation is what was written."""
        if answer is None or not answer.good:
            return
        found = tables.grouped(table, tables.rows_of(answer, answer.headers["content-type"].split(";")[0]))
        expected = {key.name: [(version, key.text(version))] * key.rows for key, version in zip(keys, versions)}
        if found != expected:
            self.wrong(answer, f"the representation is not {expected}")

    # POST, PUT, PATCH, DELETE of cells

    def post(self, keys):
        key, prefer = keys[0], self.dice.choice(("return=minimal", "return=headers-only", REPRESENTATION))
        answer, versions = self.write("POST", [key], "POST", "/cells", lambda v: self.row(key, v[0]), {"Prefer": prefer})
        if prefer == REPRESENTATION:
            self.shown(answer, [key], versions)

    def post_many(self, keys):
        body = lambda versions: [self.row(key, version) for key, version in zip(keys, versions)]  # noqa: E731
        answer, versions = self.write("POST of many", keys, "POST", "/cells", body, {"Prefer": REPRESENTATION})
        self.shown(answer, keys, versions)

    def post_csv(self, keys):
        body = lambda versions: tables.to_csv([self.row(key, version) for key, version in zip(keys, versions)])  # noqa: E731
        self.write("POST of CSV", keys, "POST", "/cells", body)

    def put_new(self, keys):
        key = keys[0]
        self.write("PUT", [key], "PUT", f"/cells/{self.id_of(key)}", lambda v: self.row(key, v[0]))

    def put(self, keys):
        key = keys[0]
        self.write("PUT", keys, "PUT", f"/cells?id=eq.{self.id_of(key)}", lambda v: self.row(key, v[0]), expect=(204,))

    def changed(self, key):
        return lambda versions: {"n": versions[0], "body": key.text(versions[0])}

    def patch(self, keys):
        self.write("PATCH", keys, "PATCH", f"/cells/{self.id_of(keys[0])}", self.changed(keys[0]), expect=(204,))

    def patch_filtered(self, keys):
        self.write("PATCH", keys, "PATCH", f"/cells?id=eq.{self.id_of(keys[0])}", self.changed(keys[0]),
                   {"Prefer": "count=exact, handling=strict, max-affected=1"}, (204,))  # fmt: skip

    def patch_shown(self, keys):
        kind = self.dice.choice(("application/json", tables.CSV, tables.OBJECT, tables.NDJSON))
        headers = {"Prefer": REPRESENTATION, "Accept": kind}
        target = f"/cells?id=eq.{self.id_of(keys[0])}"
        answer, versions = self.write("PATCH", keys, "PATCH", target, self.changed(keys[0]), headers, (200,))
        self.shown(answer, keys, versions)

    def patch_late(self, keys):
        """The form that is harmless whenever it comes: it changes what is older."""
        key = keys[0]
        version = key.newest + 1
        answer, _ = self.write("PATCH if older", keys, "PATCH", f"/cells?id=eq.{self.id_of(key)}&n=lt.{version}", self.changed(key),
                               {"Prefer": "count=exact"}, (204,), late=True)  # fmt: skip
        if answer is not None and answer.good and total(answer) != 1:
            self.wrong(answer, f"PATCH of {key.name}, which is there and older, has found nothing")

    def upsert(self, keys):
        body = lambda versions: [self.row(key, version) for key, version in zip(keys, versions)]  # noqa: E731
        self.write("upsert", keys, "POST", "/cells", body, {"Prefer": "resolution=merge-duplicates"})

    def delete(self, keys):
        key, how = keys[0], self.dice.random()
        target = f"/cells/{self.id_of(key)}" if how < 0.5 else f"/cells?id=eq.{self.id_of(key)}"
        self.write("DELETE", keys, "DELETE", target, expect=(204,), absent=True)

    # conditions

    def tag(self, key):
        answer = self.client.ask("GET", "GET", f"/cells/{self.id_of(key)}")
        return answer.headers["etag"] if answer is not None and answer.good else None

    def patch_if_match(self, keys):
        """Nobody else writes the row, so the condition holds, unless its columns are others by now."""
        key = keys[0]
        tag = self.tag(key)
        if tag and not key.late:
            self.write("PATCH If-Match", keys, "PATCH", f"/cells/{self.id_of(key)}", self.changed(key), {"If-Match": tag}, (204,))

    def refused_if_match(self, keys):
        key = keys[0]
        tag = self.tag(key)
        if tag and not key.late:
            answer, _ = self.write("PATCH", keys, "PATCH", f"/cells/{self.id_of(key)}", self.changed(key), expect=(204,))
            if answer is not None and answer.good:
                self.refused([key], "PATCH", f"/cells/{self.id_of(key)}", self.changed(key), {"If-Match": tag}, (412,))

    # what has to be refused

    def refused(self, keys, method, target, body, headers, expect):
        answer, _ = self.write("refused", keys, method, target, body, headers, expect)
        if answer is not None and 200 <= answer.status < 300:
            self.wrong(answer, f"{method} {target} must be {expect}")

    def refused_duplicate(self, keys):
        self.refused(keys, "POST", "/cells", lambda v: self.row(keys[0], v[0]), {}, (409,))

    def refused_value(self, keys):
        body = lambda v: {"n": v[0], "body": "x" * 200}  # noqa: E731
        self.refused(keys, "PATCH", f"/cells/{self.id_of(keys[0])}", body, {}, (422,))

    def refused_list(self, keys):
        """All or nothing: of new rows before one that is there already."""
        new = [self.oracle.key(f"c{self.world.new_id()}") for _ in range(2)]
        body = lambda versions: [self.row(key, version) for key, version in zip([*new, *keys], versions)]  # noqa: E731
        self.refused([*new, *keys], "POST", "/cells", body, {}, (409,))

    def ignored(self, keys):
        """A row that is there stays as it is."""
        key = keys[0]
        version = self.oracle.begin(key)
        prefer = {"Prefer": "resolution=ignore-duplicates"}
        answer = self.client.ask("ignore duplicates", "POST", "/cells", [self.row(key, version)], prefer)
        # However it ends, it must not be there.
        self.oracle.end(key, version, REFUSED)
        if answer is not None and answer.status == 201:
            self.wrong(answer, f"{key.name} was there, and is a new row")

    # sets: rows that are written together

    def turn_of_sets(self):
        if len(self.sets) < SETS and (not self.sets or self.dice.random() < 0.4):
            key = self.oracle.key(f"s{self.world.new_id()}", rows=tables.SET)
            self.sets.append(key)
            self.dice.choice((self.post_set, self.post_set_csv))(key)
            return
        key = self.dice.choice(self.sets)
        if key.absent:
            self.dice.choice((self.post_set, self.post_set_csv, self.upsert_set))(key)
        else:
            self.dice.choice(
                (self.patch_set, self.patch_set, self.patch_set_shown, self.upsert_set, self.delete_set, self.refused_set)
            )(key)

    def all_of(self, key):
        return lambda versions: self.set_rows(key, versions[0])

    def post_set(self, key):
        self.write("POST of a set", [key], "POST", "/sets", self.all_of(key))

    def post_set_csv(self, key):
        self.write("POST of a set", [key], "POST", "/sets", lambda versions: tables.to_csv(self.set_rows(key, versions[0])))

    def upsert_set(self, key):
        self.write("upsert of a set", [key], "POST", "/sets", self.all_of(key), {"Prefer": "resolution=merge-duplicates"})

    def patch_set(self, key):
        answer, _ = self.write("PATCH of a set", [key], "PATCH", f"/sets?grp=eq.{self.id_of(key)}", self.changed(key),
                               {"Prefer": "count=exact"}, (204,))  # fmt: skip
        if answer is not None and answer.good and total(answer) != tables.SET:
            self.wrong(answer, f"PATCH of {key.name}, which is there")

    def patch_set_shown(self, key):
        answer, versions = self.write("PATCH of a set", [key], "PATCH", f"/sets?grp=eq.{self.id_of(key)}", self.changed(key),
                                      {"Prefer": REPRESENTATION}, (200,))  # fmt: skip
        self.shown(answer, [key], versions, "sets")

    def delete_set(self, key):
        self.write("DELETE of a set", [key], "DELETE", f"/sets?grp=eq.{self.id_of(key)}", expect=(204,), absent=True)

    def refused_set(self, key):
        """A change whose last rows collide with others' keys is undone as a whole."""
        new = self.oracle.key(f"s{self.world.new_id()}", rows=tables.SET)
        body = lambda versions: [*self.set_rows(new, versions[0]), *self.set_rows(key, versions[1])]  # noqa: E731
        self.refused([new, key], "POST", "/sets", body, {}, (409,))


class Poster(Runner):
    """New rows without keys of their own: POST without an Idempotency-Key is sent once, whatever comes of it."""

    def __init__(self, *how, **more):
        super().__init__(*how, **more)
        self.count = 0

    def turn(self):
        self.count += 1
        rows = self.dice.choice((1, 1, 3))
        key = self.oracle.key(f"e{self.number}-{self.count}", rows=rows)
        version = self.oracle.begin(key)
        body = [{"token": key.name, "n": version, "body": key.text(version)} for _ in range(rows)]
        if self.dice.random() < 0.1:
            self.hang_up(body)
            self.oracle.end(key, version, UNKNOWN)
            return
        prefer = self.dice.choice(("return=minimal", REPRESENTATION))
        answer = self.client.ask("POST of new rows", "POST", "/entries", body, {"Prefer": prefer}, (201,))
        self.oracle.end(key, version, outcome(answer))
        if answer is not None and answer.good and prefer == REPRESENTATION:
            found = tables.grouped("entries", answer.json())
            if found != {key.name: [(version, key.text(version))] * rows}:
                self.wrong(answer, f"the representation is not that of {key.name}")

    def hang_up(self, body):
        """Sent whole, and nobody waits for the answer."""
        data = json.dumps(body).encode()
        try:
            with socket.create_connection(("127.0.0.1", self.world.port), 5) as connection:
                connection.sendall(
                    b"POST /entries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%b" % (len(data), data)
                )
                if self.dice.random() < 0.5:
                    time.sleep(self.dice.uniform(0, 0.02))
        except OSError:
            pass


class Insister(Runner):
    """Sends an order again and again, with one Idempotency-Key, until it is acknowledged; it is there once then."""

    PAUSE = 0.03

    def __init__(self, *how, **more):
        super().__init__(*how, **more)
        self.count, self.key, self.first = 0, None, None

    def turn(self):
        if self.key is None:
            self.count += 1
            self.key = self.oracle.key(f"o{self.number}-{self.count}")
            self.version = self.oracle.begin(self.key)
            self.tries, self.first = 0, None
        body = [{"token": self.key.name, "n": self.version, "body": self.key.text(self.version)}]
        headers = {"Idempotency-Key": self.key.name, "Prefer": REPRESENTATION}
        answer = self.client.ask("POST with a key", "POST", "/orders", body, headers, (201,))
        self.tries += 1
        if answer is None or not answer.good:
            # What one attempt may have done, a later one that is refused does not undo: nothing is known until it is done.
            if answer is not None and 200 <= answer.status < 500 and answer.code not in ("PGRST205",):
                self.wrong(answer, f"attempt {self.tries} with the key {self.key.name}")
            return
        row = answer.json()[0]
        if self.first is None:
            self.oracle.end(self.key, self.version, ACKNOWLEDGED)
            self.first = row
            if row["token"] != self.key.name or row["body"] != self.key.text(self.version):
                self.wrong(answer, f"the answer to {self.key.name}")
            if self.dice.random() < 0.5:
                return  # and asks once more
        elif row != self.first or answer.headers.get("idempotency-replayed") != "true":
            self.wrong(answer, f"the answer to {self.key.name} is not again {self.first}")
        self.key = None


class Widener(Runner):
    """Changes all rows of `wide` in one statement; those who read them see all of them changed, or none."""

    PAUSE = 1.0

    def turn(self):
        key = self.oracle.keys["wide"]
        version = self.oracle.begin(key)
        body = {"n": version, "body": key.text(version)}
        answer = self.client.ask("PATCH of many rows", "PATCH", f"/wide?n=lt.{version}", body, {"Prefer": "count=exact"}, (204,))
        self.oracle.end(key, version, outcome(answer), late=True)
        if answer is not None and answer.good and total(answer) != tables.WIDE:
            self.wrong(answer, "PATCH of all of wide")
