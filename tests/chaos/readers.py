# SPDX-License-Identifier: MIT
"""Clients that read, in every way there is, and judge what they see by what the oracle knows."""
import re
import time

import tables
from oracle import STALE, WRONG
from tables import CSV, NDJSON, OBJECT
from wire import Client
from writers import Runner

PAGE = 20
PAGES = 8   # that a reader follows at most
TAGS = 200  # that it remembers


class Reader(Runner):
    PAUSE = 0.006

    def __init__(self, *how, **more):
        super().__init__(*how, **more)
        self.tags = {}  # target -> (ETag, key, what was seen of it)

    def turn(self):
        self.dice.choice(
            (self.one, self.one, self.one, self.one_filtered, self.one_filtered, self.one_selected, self.some, self.some,
             self.window, self.window, self.pages, self.head, self.if_changed, self.if_changed, self.a_set, self.a_set, self.sets,
             self.posted, self.ordered, self.options, self.document)
        )()  # fmt: skip

    def pick(self, first, count=1):
        """Keys of a kind; those that are there and the newer ones more often."""
        return self.oracle.pick(self.dice, first, count, self.dice.choice((0, 40, 40, 100)), self.dice.random() < 0.8)

    def judge(self, floors, names, found, where):
        """found: name -> rows, of an answer that has to show all of these names."""
        for name in names:
            self.oracle.saw(floors, name, found.pop(name, []), where)
        if found:
            self.oracle.fault(WRONG, f"{where}: not asked for: {list(found.items())[:3]}")

    # one row

    def one(self):
        for name in self.pick("c"):
            floors, target = self.oracle.floors([name]), f"/cells/{name[1:]}"
            answer = self.client.ask("GET of one", "GET", target, expect=(200, 404))
            if answer is not None and self.is_here(answer):
                rows = tables.rows_of(answer, "application/json") if answer.status == 200 else []
                self.judge(floors, [name], tables.grouped("cells", rows), f"GET {target}")

    def is_here(self, answer):
        """Whether an answer says something of rows: a 404 may be one of the table."""
        if answer.status == 404 and answer.code != "PGRST116":
            self.oracle.fault(WRONG, f"a 404 that is none of a row: {answer.body[:200]!r}")
            return False
        return answer.good

    def one_filtered(self):
        kind = self.dice.choice(("application/json", CSV, NDJSON, OBJECT))
        table = self.dice.choice(("cells", "cells", "cells_view"))
        for name in self.pick("c"):
            floors, target = self.oracle.floors([name]), f"/{table}?id=eq.{name[1:]}"
            expect = (200, 406) if kind == OBJECT else (200,)  # 406: not exactly one
            answer = self.client.ask(f"GET, {kind.rpartition('/')[2]}", "GET", target, headers={"Accept": kind}, expect=expect)
            if answer is not None and answer.good:
                rows = tables.rows_of(answer, kind) if answer.status == 200 else []
                self.judge(floors, [name], tables.grouped(table, rows), f"GET {target} as {kind}")

    def one_selected(self):
        for name in self.pick("c"):
            floors, target = self.oracle.floors([name]), f"/cells?select=n,id&id=eq.{name[1:]}"
            answer = self.client.ask("GET with select", "GET", target)
            if answer is not None and answer.good:
                self.judge(floors, [name], tables.grouped("cells", answer.json()), f"GET {target}")

    # lists

    def some(self):
        names = self.pick("c", 5)
        if names:
            floors = self.oracle.floors(names)
            target = f"/{self.dice.choice(('cells', 'cells_view'))}?id=in.({','.join(name[1:] for name in names)})"
            answer = self.client.ask("GET of some", "GET", target, headers={"Prefer": self.dice.choice(("", "count=exact"))})
            if answer is not None and answer.good:
                self.judge(floors, names, tables.grouped("cells", answer.json()), f"GET {target}")

    def window(self):
        """A part of all rows, by limit and offset or by Range, with a count or without."""
        floors = self.oracle.floors(first="c")
        offset = self.dice.randrange(0, 100)
        prefer = self.dice.choice(("", "count=exact"))
        if self.dice.random() < 0.5:
            target, headers = f"/cells?order=id&limit={PAGE}&offset={offset}", {}
        else:
            target, headers = "/cells?order=id", {"Range": f"{offset}-{offset + PAGE - 1}", "Range-Unit": "items"}
        answer = self.client.ask("GET of a window", "GET", target, headers={**headers, "Prefer": prefer}, expect=(200, 206, 416))
        if answer is None or not answer.good or answer.status == 416:
            return
        rows = answer.json()
        self.part(floors, rows, f"GET {target} {headers}", PAGE)
        self.counted(answer, rows, offset, prefer)

    def counted(self, answer, rows, offset, prefer):
        match = re.fullmatch(r"(?:(\d+)-(\d+)|\*)/(\d+|\*)", answer.headers.get("content-range", ""))
        total = match and match[3]
        right = match and (match[1] is None) == (not rows)
        if right and rows:
            right = (int(match[1]), int(match[2])) == (offset, offset + len(rows) - 1)
        if not right or (prefer and (total == "*" or (rows and int(total) < offset + len(rows)))):
            self.wrong(answer, f"Content-Range of {len(rows)} rows from {offset} on")

    def part(self, floors, rows, where, most, after=None):
        """Rows in the order of their ids: none is missing between the first (after) and the last that is shown."""
        ids = [row["id"] for row in rows]
        if ids != sorted(set(ids)) or len(ids) > most or (after is not None and ids and ids[0] <= after):
            self.oracle.fault(WRONG, f"{where}: not in order: {ids}")
            return
        found = tables.grouped("cells", rows)
        for name, seen in found.items():
            self.oracle.saw(floors, name, seen, where)
        if ids:
            first = ids[0] if after is None else after + 1
            for name in floors.of:
                if first <= int(name[1:]) <= ids[-1] and name not in found and self.oracle.surely_there(floors, name):
                    self.oracle.fault(STALE, f"{where}: {name} is not there between {first} and {ids[-1]}")

    def pages(self):
        """From row to row, by the links that the answers give."""
        target, after = f"/cells?order=id&limit={PAGE}", None
        for _ in range(PAGES):
            floors = self.oracle.floors(first="c")
            answer = self.client.ask("GET of the next page", "GET", target)
            if answer is None or not answer.good:
                return
            rows = answer.json()
            self.part(floors, rows, f"GET {target}", PAGE, after)
            link = re.search(r'<([^>]*)>; rel="next"', answer.headers.get("link", ""))
            if not link or not rows:
                return
            target, after = re.sub(r"^https?://[^/]*", "", link[1]), rows[-1]["id"]

    # without a body

    def head(self):
        for name in self.pick("c"):
            floors, target = self.oracle.floors([name]), f"/cells?id=eq.{name[1:]}"
            answer = self.client.ask("HEAD", "HEAD", target, headers={"Prefer": "count=exact"})
            if answer is not None and answer.good and answer.headers.get("content-range") == "*/0":
                self.oracle.saw(floors, name, [], f"HEAD {target}")
            elif answer is not None and answer.good and answer.headers.get("content-range") != "0-0/1":
                self.wrong(answer, f"HEAD {target}")

    def if_changed(self):
        """Asks again for what it has seen, with its ETag: a 304 shows what was seen then."""
        known = [name for name in self.tags if not self.oracle.keys[name].absent]
        again = known and self.dice.random() < 0.8
        name = self.dice.choice(known) if again else next(iter(self.pick(self.dice.choice("cs"))), None)
        if name is None:
            return
        tag, seen = self.tags.get(name, ('"none"', None))
        table = "cells" if name[0] == "c" else "sets"
        target = f"/cells/{name[1:]}" if name[0] == "c" else f"/sets?grp=eq.{name[1:]}&order=id"
        floors = self.oracle.floors([name])
        answer = self.client.ask("GET If-None-Match", "GET", target, headers={"If-None-Match": tag},
                                 expect=(200, 304, 404) if table == "cells" else (200, 304))  # fmt: skip
        if answer is None or not answer.good:
            return
        where = f"GET {target} with If-None-Match: {tag}"
        if answer.status == 404:
            if self.is_here(answer):
                self.oracle.saw(floors, name, [], where)
            return
        if answer.status == 304:
            if seen is None:
                self.wrong(answer, where)
            else:
                self.oracle.saw(floors, name, seen, f"{where}, 304")
            return
        rows = tables.grouped(table, tables.rows_of(answer, "application/json"))
        now = rows.get(name, [])
        self.judge(floors, [name], rows, where)
        if answer.headers.get("etag") == tag:
            self.wrong(answer, f"{where}: it is the one that was asked with, of {seen}")
        if len(self.tags) > TAGS:
            self.tags.clear()
        self.tags[name] = (answer.headers.get("etag"), now)

    # what is written together

    def a_set(self):
        for name in self.pick("s"):
            kind = self.dice.choice(("application/json", CSV, NDJSON))
            floors, target = self.oracle.floors([name]), f"/sets?grp=eq.{name[1:]}"
            answer = self.client.ask("GET of a set", "GET", target, headers={"Accept": kind})
            if answer is not None and answer.good:
                self.judge(floors, [name], tables.grouped("sets", tables.rows_of(answer, kind)), f"GET {target}")

    def sets(self):
        names = self.pick("s", 3)
        if names:
            floors = self.oracle.floors(names)
            target = f"/sets?or=({','.join(f'grp.eq.{name[1:]}' for name in names)})"
            answer = self.client.ask("GET of sets", "GET", target)
            if answer is not None and answer.good:
                self.judge(floors, names, tables.grouped("sets", answer.json()), f"GET {target}")

    def posted(self):
        self.tokens("e", "entries")

    def ordered(self):
        self.tokens("o", "orders")

    def tokens(self, first, table):
        for name in self.pick(first):
            floors, target = self.oracle.floors([name]), f"/{table}?token=eq.{name}"
            answer = self.client.ask("GET by a token", "GET", target)
            if answer is not None and answer.good:
                self.judge(floors, [name], tables.grouped(table, answer.json()), f"GET {target}")

    # what needs no rows

    def options(self):
        answer = self.client.ask("OPTIONS", "OPTIONS", "/cells", expect=(200, 204))
        if answer is not None and answer.good and "PATCH" not in answer.headers.get("allow", ""):
            self.wrong(answer, "OPTIONS /cells")

    def document(self):
        if self.dice.random() < 0.1:
            self.client.ask("GET of the document", "GET", "/")


class Streamer(Runner):
    """Answers that are sent while they are made: whole, or cut so that it can be told."""

    PAUSE = 0.3

    def turn(self):
        floors = self.oracle.floors(["wide"])
        if self.dice.random() < 0.5:
            kind = self.dice.choice(("application/json", CSV, NDJSON))
            answer = self.client.ask("GET of a stream", "GET", "/wide?order=id", headers={"Accept": kind}, streamed=True)
            if answer is not None and answer.good:
                found = tables.grouped("wide", tables.rows_of(answer, kind))
                self.oracle.saw(floors, "wide", found.get("wide", []), f"GET /wide as {kind}")
        else:
            answer = self.client.ask("GET of a stream", "GET", "/large?order=id", streamed=True)
            if answer is not None and answer.good:
                rows = answer.json()
                if [row["id"] for row in rows] != list(range(1, tables.LARGE + 1)):
                    self.oracle.fault(WRONG, f"GET /large: {len(rows)} rows")


class Probe(Runner):
    """Who watches: the admin listener, all the time."""

    PAUSE = 0.1

    def __init__(self, world, number):
        super().__init__(world, number)
        self.client = Client(Port(world), kept=False)

    def turn(self):
        self.client.ask("admin /live", "GET", "/live")
        answer = self.client.ask("admin /ready", "GET", "/ready", expect=(200, 503))
        metrics = self.client.ask("admin /metrics", "GET", "/metrics")
        ready = 0
        if metrics is not None and metrics.good:
            match = re.search(rb"^myrest_workers_ready (\d+)", metrics.body, re.M)
            if not match:
                self.wrong(metrics, "/metrics")
            else:
                ready = int(match[1])
        self.world.readings.append((time.monotonic(), answer is not None and answer.status == 200, ready))


class Port:
    """The world, as the client of the admin listener sees it: its answers are no answers of the service."""

    def __init__(self, world):
        self.port, self.journal = world.pool.admin_port, world.admin

    @staticmethod
    def nginx_touched():
        return False
