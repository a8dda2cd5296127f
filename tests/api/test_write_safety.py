# SPDX-License-Identifier: MIT
"""No write is lost, doubled or halved: not by KILLed workers, not by other clients, not by shared statements."""
import collections
import gzip
import json
import os
import random
import signal
import socket
import threading
import time
import traceback
from types import SimpleNamespace

import pymysql
import pytest

import load
import servers
from servers import until
from test_write import IDEMPOTENCY
from writing import GRANT, REPRESENTATION, Tables, encode, send, statements_of

CLIENTS, RANGE = 8, 5000
TABLES = {
    "items": (
        "CREATE TABLE items (id INT PRIMARY KEY, owner INT NOT NULL, n INT DEFAULT 5, word VARCHAR(20), code VARCHAR(20) UNIQUE,"
        " CHECK (n >= 0), KEY (owner))",
        "",
    ),
    "counters": ("CREATE TABLE counters (id INT PRIMARY KEY, n INT NOT NULL, twin INT NOT NULL, pad VARCHAR(200) NOT NULL)",
                 "SELECT seq, 0, 0, REPEAT('pad ', 40) FROM seq_1_to_8"),
    "marks": ("CREATE TABLE marks (id INT PRIMARY KEY AUTO_INCREMENT, mark VARCHAR(40) NOT NULL, part INT DEFAULT 0, KEY (mark))", ""),
}  # fmt: skip
NAMES = ",".join(TABLES)


@pytest.fixture(scope="module")
def writable(service):
    """A pool that nobody kills."""
    made = service(*statements_of(TABLES), grant=GRANT, tables=NAMES, workers=4, MYREST_WRITABLE=NAMES)
    return Tables(made, TABLES)


@pytest.fixture
def w(writable):
    writable.renew()
    return writable


@pytest.fixture
def killed(w, start_pool, start_nginx):
    """One whose workers are killed by killing()."""
    pool = start_pool(w.schema.url(), NAMES, workers=4, MYREST_WRITABLE=NAMES)
    pool.deaths_expected = True
    front = start_nginx(pool)
    return Tables(SimpleNamespace(schema=w.schema, pool=pool, web=front, get=front.get, json=front.json), TABLES)


class Killing:
    """Kills one worker every 100 ms while it is entered."""

    def __init__(self, pool, every=0.1):
        self.pool, self.every, self.count, self.stop = pool, every, 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        dice = random.Random(3)
        while not self.stop.wait(self.every):
            workers = self.pool.workers()
            if workers:
                try:
                    os.kill(dice.choice(workers), signal.SIGKILL)
                    self.count += 1
                except ProcessLookupError:
                    pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        until(lambda: len(self.pool.workers()) == self.pool.count(), 10)


LOST = 0  # in place of a status: the connection broke


def ask(web, method, target, body=None, **how):
    """(status, response): what it says, or LOST."""
    try:
        response = send(web, method, target, body, timeout=30 * servers.FACTOR, **how)
    except (OSError, AssertionError):
        return LOST, None
    if response.cut:
        return LOST, response
    return response.status, response


def outcome(status):
    """done, refused or unknown. 503 says that it was not done; anything else is a fault of the service."""
    if 200 <= status < 300:
        return "done"
    if 400 <= status < 500 or status == 503:
        return "refused"
    if status in (LOST, 502, 504):
        return "unknown"
    raise AssertionError(f"an answer that no write should get: {status}")


def settled(schema):
    """Waits until what ran for a worker that is gone has ended: each connection there is now has rested or left."""
    time.sleep(0.05)
    left = set(schema.pool_connections())

    def all_rested():
        resting = {
            row[0]: row[1]
            for row in schema.sql(
                f"SELECT id, command FROM information_schema.processlist WHERE user = 'rest' AND db = '{schema.name}'"
            )
        }
        left.intersection_update(number for number, command in resting.items() if command != "Sleep")
        return not left

    until(all_rested, 20, why="a statement of a killed worker does not end")


def together(count, function, *arguments):
    """Runs function(number, ...) in so many threads; what each returned."""
    results, faults = [None] * count, []

    def one(number):
        try:
            results[number] = function(number, *arguments)
        except BaseException:
            faults.append(traceback.format_exc())

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]
    return results


# --- a model


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


# --- nothing is written twice


def post_marks(number, web, until_when, results, **how):
    """POSTs of 1 or 3 rows with a mark of their own; (mark, rows, what came)."""
    turn = 0
    while time.monotonic() < until_when:
        turn += 1
        mark, count = f"{number}-{turn}", 1 if turn % 2 else 3
        body = [{"mark": mark, "part": part} for part in range(count)]
        status, _ = ask(web, "POST", "/marks", body if count > 1 else body[0], **how)
        results.append((mark, count, outcome(status)))


def counted(schema):
    return dict(schema.sql("SELECT mark, COUNT(*) FROM marks GROUP BY mark"))


def test_a_write_is_never_repeated_while_workers_are_killed(killed):
    results, stop = [], time.monotonic() + 10
    with Killing(killed.pool) as killing:
        together(16, post_marks, killed.web, stop, results)
    settled(killed.schema)
    there = counted(killed.schema)
    tally = collections.Counter(what for _, _, what in results)
    print(killing.count, "kills", tally)
    assert killing.count > 30 and tally["done"] > 200
    for mark, count, what in results:
        found = there.get(mark, 0)
        allowed = {"done": (count,), "refused": (0,), "unknown": (0, count)}[what]
        assert found in allowed, f"{mark} of {count} rows was {what} and is there {found} times"
    again = [(method, upstream) for _, _, upstream, method, _ in killed.web.tried() if method == "POST" and len(upstream) > 1]
    assert not again, f"nginx has repeated a write: {again[:3]}"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_nginx_asks_once_for_a_write_that_is_lost(killed, method):
    """Whatever its method: the web server must not ask again when a worker dies with a write in its hands."""
    stop = time.monotonic() + 3

    def client(number):
        while time.monotonic() < stop:
            body = {"n": 1, "twin": 1, "pad": ""} if method != "DELETE" else None
            ask(killed.web, method, f"/counters/{number}" if method != "POST" else "/marks", body if method != "POST" else {"mark": "m"})

    with Killing(killed.pool, 0.05):
        together(8, client)
    tried = [upstream for _, _, upstream, asked, _ in killed.web.tried() if asked == method]
    assert len(tried) > 50
    assert [upstream for upstream in tried if len(upstream) > 1] == []


def test_with_a_key_every_write_is_there_exactly_once_while_workers_are_killed(w, start_pool, start_nginx):
    """The client repeats what it does not know the outcome of, with the same Idempotency-Key."""
    assert IDEMPOTENCY.is_file(), f"{IDEMPOTENCY} is to hold the table's definition"
    text = "\n".join(line for line in IDEMPOTENCY.read_text("utf-8").splitlines() if not line.lstrip().startswith(("--", "#")))
    w.schema.sql(*(part for part in text.split(";") if part.strip()))
    pool = start_pool(w.schema.url(), NAMES, workers=4, MYREST_WRITABLE=NAMES, MYREST_IDEMPOTENCY_TABLE="myrest_idempotency")
    pool.deaths_expected = True
    front = start_nginx(pool)
    stop, marks, replayed = time.monotonic() + 10, [], []

    def client(number):
        turn = 0
        while time.monotonic() < stop:
            turn += 1
            mark, count = f"{number}-{turn}", 1 if turn % 2 else 3
            body = [{"mark": mark, "part": part} for part in range(count)]
            while True:
                status, response = ask(front, "POST", "/marks", body, prefer=REPRESENTATION, Idempotency_Key=mark)
                if outcome(status) == "done":
                    break
                assert status in (LOST, 409, 502, 503, 504), response
                time.sleep(0.005)
            if response.headers.get("idempotency-replayed"):
                replayed.append(mark)
            marks.append((mark, count, [row["id"] for row in response.json()]))

    with Killing(pool) as killing:
        together(8, client)
    there = counted(w.schema)
    print(killing.count, "kills", len(marks), "writes", len(replayed), "answered again")
    assert len(marks) > 100
    for mark, count, ids in marks:
        assert there.get(mark, 0) == count, f"{mark} of {count} rows is there {there.get(mark, 0)} times"
    kept = {row[0] for row in w.schema.sql("SELECT id FROM marks")}
    assert kept == {number for _, _, ids in marks for number in ids}, "an answer named rows that are not there, or others are"
    w.schema.sql("DROP TABLE myrest_idempotency")


# --- lost updates

GZIP = ("        #gzip on;\n        #gzip_types application/json text/csv;\n        #gzip_min_length 1024;\n        #gzip_proxied any;\n",
        "        gzip on;\n        gzip_types application/json text/csv;\n        gzip_min_length 20;\n        gzip_proxied any;\n")  # fmt: skip


def increment(web, target, tags, pause=0.0):
    """GET, add one, PATCH if nobody else did; until it is done. What was met on the way."""
    met = collections.Counter()
    while True:
        status, response = ask(web, "GET", target, Accept_Encoding="gzip")
        if status != 200:
            met[f"GET {status}"] += 1
            continue
        body = response.body
        if response.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        row = json.loads(body)
        assert row["n"] == row["twin"], f"half of a write was read: {row}"
        tag = response.headers["etag"]
        tags[tag[:2]] += 1
        time.sleep(pause)
        status, response = ask(web, "PATCH", target, {"n": row["n"] + 1, "twin": row["twin"] + 1}, If_Match=tag)
        met[status] += 1
        what = outcome(status)
        if what == "done":
            return met
        if what == "unknown":
            met["unknown"] += 1
            return met
        assert status in (412, 503), response


def test_sixteen_clients_count_together_with_weak_tags(w, start_pool, start_nginx):
    front = start_nginx(start_pool(w.schema.url(), NAMES, workers=4, MYREST_WRITABLE=NAMES))
    front.change("myrest.conf", *GZIP)
    tags, times = collections.Counter(), 15

    def client(number):
        return sum((increment(front, "/counters/1", tags) for _ in range(times)), collections.Counter())

    met = sum(together(16, client), collections.Counter())
    print(met, tags)
    assert w.rows("SELECT n, twin FROM counters WHERE id = 1") == [(16 * times, 16 * times)]
    assert met[204] == 16 * times
    assert met[412] > 0, "the clients never met each other"
    assert tags["W/"] > 0 and set(tags) == {"W/"}, f"gzip makes tags weak, that is what is tested here: {tags}"


def test_shared_counters_stay_exact_while_workers_are_killed(killed):
    """Each acknowledged step is in the sum, each refused one is not; an unknown one may be."""
    tags, stop = collections.Counter(), time.monotonic() + 10

    def client(number):
        met = collections.defaultdict(collections.Counter)
        dice = random.Random(number)
        while time.monotonic() < stop:
            which = dice.randrange(1, 4)
            met[which] += increment(killed.web, f"/counters/{which}", tags)
        return met

    with Killing(killed.pool) as killing:
        results = together(CLIENTS, client)
    settled(killed.schema)
    print(killing.count, "kills", sum((counter for met in results for counter in met.values()), collections.Counter()))
    for number, n, twin in killed.rows("SELECT id, n, twin FROM counters"):
        done = sum(met[number][204] for met in results)
        unknown = sum(met[number]["unknown"] for met in results)
        assert n == twin, f"counter {number}: half of a write is there: {n}, {twin}"
        assert done <= n <= done + unknown, f"counter {number}: {n}, where {done} steps were acknowledged and {unknown} unknown"
    assert sum(met[number][204] for met in results for number in (1, 2, 3)) > 100


def test_delete_and_put_with_a_tag_never_undo_another_s_change(w):
    """One client changes, others delete and put back by tag: no acknowledged change is undone by who has not seen it."""
    stop = time.monotonic() + 3
    seen = []

    def client(number):
        done = 0
        while time.monotonic() < stop:
            response = w.get("/counters/1")
            row, tag = response.json(), response.headers["etag"]
            changed = {"n": row["n"] + 1, "twin": row["twin"] + 1, "pad": row["pad"]}
            method = ("PATCH", "PUT")[number % 2]
            status = w.send(method, "/counters/1", changed, If_Match=tag).status
            assert status in (204, 412, 503), status
            done += status == 204
        seen.append(done)

    together(8, client)
    assert w.rows("SELECT n, twin FROM counters WHERE id = 1") == [(sum(seen), sum(seen))]


# --- what was written is read


class Reader(load.Script):
    """Reads what the writers write, so that their own reads share statements with others."""

    TARGETS = ["/counters", "/counters/1", "/counters/2", "/counters?id=eq.3", "/counters?order=id", "/counters/4"]

    def __init__(self, number, end):
        self.number, self.end, self.count, self.failed = number, end, 0, []

    def request(self):
        if time.monotonic() > self.end:
            return None
        self.count += 1
        return load.get(self.TARGETS[(self.number + self.count) % len(self.TARGETS)])

    def answer(self, status, head, body, began, ended):
        if status != 200:
            self.failed.append((status, bytes(body[:200])))


def read_on(address, seconds, clients):
    scripts = [Reader(number, time.monotonic() + seconds) for number in range(clients)]
    load.drive(address, scripts)
    return sum(script.count for script in scripts), [failure for script in scripts for failure in script.failed]


def test_what_was_acknowledged_is_read_by_whoever_asks_afterwards(w):
    """A read that begins after the answer to a write sees it: the writer's own, and everybody else's."""
    seconds = 5
    merged_before = w.pool.metric("myrest_requests_total")
    background = load.InProcess(read_on, ("127.0.0.1", w.web.port), seconds, 24)
    stop = time.monotonic() + seconds
    published = [0] * 9
    checks = collections.Counter()

    def writer(number):
        mine = number + 1
        n = 0
        while time.monotonic() < stop:
            n += 1
            target = f"/counters/{mine}" if n % 2 else f"/counters?id=eq.{mine}"
            response = w.patch(target, {"n": n, "twin": n})
            assert response.status == 204, response
            published[mine] = n
            for read in (f"/counters/{mine}", f"/counters?id=eq.{mine}", "/counters", "/counters?order=id"):
                answer = w.json(read)
                rows = answer if isinstance(answer, list) else [answer]
                [row] = [row for row in rows if row["id"] == mine]
                assert row["n"] == row["twin"] == n, f"{read}: {row['n']}, {row['twin']} was read after {n} had been acknowledged"
                checks["own"] += 1

    def other(number):
        while time.monotonic() < stop:
            before = list(published)
            rows = w.json("/counters")
            for row in rows:
                if row["id"] <= 4:
                    assert row["n"] >= before[row["id"]], f"counter {row['id']}: {row['n']} was read, {before[row['id']]} had been acknowledged"
                    assert row["n"] == row["twin"]
            checks["others"] += 1

    together(6, lambda number: writer(number) if number < 4 else other(number))
    count, failed = background.result(30 * servers.FACTOR)
    print(checks, count, "reads beside")
    assert not failed, failed[:3]
    assert checks["own"] > 100 and checks["others"] > 20
    assert w.pool.metric("myrest_requests_total") > merged_before


def test_a_row_that_was_made_is_found_and_one_that_was_deleted_is_not(w):
    stop = time.monotonic() + 3
    background = load.InProcess(read_on, ("127.0.0.1", w.web.port), 3, 16)

    def client(number):
        turns = 0
        while time.monotonic() < stop:
            turns += 1
            key = 100000 + number * 10000 + turns
            assert w.post("/items", {"id": key, "owner": number, "code": f"c{key}"}).status == 201
            assert w.get(f"/items/{key}").status == 200, "made, and not found"
            assert w.json(f"/items?code=eq.c{key}&select=id") == [{"id": key}]
            assert w.delete(f"/items/{key}").status == 204
            assert w.get(f"/items/{key}").status == 404, "deleted, and found"
            assert w.json(f"/items?code=eq.c{key}") == []
        return turns

    assert sum(together(6, client)) > 20
    background.result(30 * servers.FACTOR)


def test_two_writes_of_one_client_are_in_their_order(w):
    """Requests one after another on one kept connection, over whichever worker has it."""
    with socket.create_connection((w.web.host, w.web.port), 20) as connection:
        file = connection.makefile("rb")
        for n in range(200):
            body = encode({"n": n, "twin": n})
            connection.sendall(b"PATCH /counters/5 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            line = file.readline()
            assert line.startswith(b"HTTP/1.1 204"), line
            while file.readline() not in (b"\r\n", b""):
                pass
    assert w.rows("SELECT n FROM counters WHERE id = 5") == [(199,)]


# --- renewal and ending


def test_hup_under_writes_loses_none_and_repeats_none(w, start_pool, start_nginx):
    pool = start_pool(w.schema.url(), NAMES, workers=2, MYREST_WRITABLE=NAMES)
    front = start_nginx(pool)
    results, stop = [], time.monotonic() + 5
    beside = threading.Thread(target=lambda: [(time.sleep(0.5), pool.signal(signal.SIGHUP)) for _ in range(8)])
    beside.start()
    together(12, post_marks, front, stop, results)
    beside.join()
    there = counted(w.schema)
    assert len(results) > 100
    assert {what for _, _, what in results} == {"done"}, collections.Counter(what for _, _, what in results)
    assert there == {mark: count for mark, count, _ in results}


def test_term_under_writes_leaves_each_whole_or_not_at_all(w, start_pool, start_nginx):
    pool = start_pool(w.schema.url(), NAMES, workers=2, MYREST_WRITABLE=NAMES)
    front = start_nginx(pool)
    results, stop = [], time.monotonic() + 2
    threading.Timer(1, lambda: pool.process.send_signal(signal.SIGTERM)).start()
    together(12, post_marks, front, stop, results)
    assert pool.process.wait(20 * servers.FACTOR) == 0
    there = counted(w.schema)
    for mark, count, what in results:
        allowed = {"done": (count,), "refused": (0,), "unknown": (0, count)}[what]
        assert there.get(mark, 0) in allowed, f"{mark} of {count} rows was {what} and is there {there.get(mark, 0)} times"


def test_killed_database_connections_leave_each_write_whole_or_not_at_all(killed):
    """The connections are killed on the server's side, the workers live."""
    results, stop = [], time.monotonic() + 5
    end = threading.Event()

    def kill():
        dice = random.Random(7)
        while not end.wait(0.1):
            numbers = killed.schema.pool_connections()
            if numbers:
                try:
                    killed.schema.sql(f"KILL {dice.choice(numbers)}")
                except Exception:
                    pass

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        together(8, post_marks, killed.web, stop, results)
    finally:
        end.set()
        killer.join()
    there = counted(killed.schema)
    assert len(results) > 100
    for mark, count, what in results:
        allowed = {"done": (count,), "refused": (0,), "unknown": (0, count)}[what]
        assert there.get(mark, 0) in allowed, f"{mark} of {count} rows was {what} and is there {there.get(mark, 0)} times"
