# SPDX-License-Identifier: MIT
"""No change of another client is undone: tags that clients count with."""
import collections
import gzip
import json
import random
import time

from write_killing import CLIENTS, NAMES, Killing, ask, outcome, settled, together
from write_killing import killed, w, writable  # noqa: F401 (fixtures)

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
