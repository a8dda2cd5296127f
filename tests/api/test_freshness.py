# SPDX-License-Identifier: MIT
"""A read that begins after a commit was acknowledged sees it, every time, though most reads share a statement.

Writers change counters by plain SQL and publish, after each acknowledged commit, what they wrote. A reader notes what
is published before it sends its request; an answer with a smaller number is stale.
"""
import os
import random
import re
import time

import pytest

import load
import servers

ROWS, WRITERS, READING, CLIENTS = 16, 2, 2, 32
READS = int(100_000 / servers.FACTOR)
DONE = ROWS
VALUE = re.compile(rb'"value":(\d+)')

STATEMENTS = (
    "CREATE TABLE counters (id INT PRIMARY KEY, value BIGINT UNSIGNED NOT NULL)",
    f"INSERT INTO counters SELECT seq, 0 FROM seq_1_to_{ROWS}",
    # reads the rows, and then takes its time: what joins it while it runs gets old rows
    "CREATE VIEW dwelling AS SELECT id, value, SLEEP(0.0005) AS pause FROM counters",
)


def write(schema, published, mine, stop_at):
    """Commits increments of our rows, one statement each, until it is over."""
    connection = schema.connect()
    value = {row: 0 for row in mine}
    commits = 0
    with connection.cursor() as cursor:
        while not published[DONE] and time.monotonic() < stop_at:
            for row in mine:
                value[row] += 1
                cursor.execute("UPDATE counters SET value = %s WHERE id = %s", (value[row], row + 1))
                published[row] = value[row]
                commits += 1
                time.sleep(0.0003)
    return commits


class Reader(load.Script):
    def __init__(self, published, dice, stop_at, lists):
        self.published, self.dice, self.stop_at, self.lists = published, dice, stop_at, lists
        self.count = self.stale = 0
        self.example = None
        self.list = load.get(f"/{lists}?order=id")
        self.keys = [load.get(f"/counters/{row + 1}") for row in range(ROWS)]

    def request(self):
        if self.published[DONE] or time.monotonic() > self.stop_at:
            return None
        if self.dice.random() < 0.5:
            self.row = None
            data = self.list
            self.floor = self.published[:ROWS]
        else:
            self.row = row = self.dice.randrange(ROWS)
            data = self.keys[row]
            self.floor = self.published[row]
        return data

    def answer(self, status, head, body, began, ended):
        assert status == 200, (status, body[:200])
        found = VALUE.findall(body)
        if self.row is None:
            assert len(found) == ROWS, body[:300]
            for value, floor in zip(found, self.floor):
                if int(value) < floor:
                    self.tell(began, ended, self.floor, found)
                    break
        else:
            assert len(found) == 1, body[:300]
            if int(found[0]) < self.floor:
                self.tell(began, ended, self.floor, found)
        self.count += 1

    def tell(self, *example):
        self.stale += 1
        self.example = self.example or example


def read(address, published, number, stop_at, lists, goal):
    dice = random.Random(number)
    left = [goal]

    class Counted(Reader):
        def request(self):
            left[0] -= 1
            return super().request() if left[0] >= 0 else None

    scripts = [Counted(published, dice, stop_at, lists) for _ in range(CLIENTS)]
    load.drive(address, scripts)
    return (
        sum(script.count for script in scripts),
        sum(script.stale for script in scripts),
        next((script.example for script in scripts if script.example), None),
    )


def freshness(database, start_pool, start_nginx, reads, lists="counters", seconds=90, faulty=False):
    """Reads, stale reads, the share of merged reads, commits."""
    schema = database.schema(*STATEMENTS)
    pool = start_pool(schema.url(), "counters,dwelling", faulty=faulty)
    front = start_nginx(pool)
    published = load.shared(ROWS + 1)
    stop_at = time.monotonic() + seconds * servers.FACTOR
    before = pool.metrics()
    began = time.monotonic()
    writers = [
        load.InProcess(write, schema, published, list(range(number, ROWS, WRITERS)), stop_at + 5)
        for number in range(WRITERS)
    ]
    readers = [
        load.InProcess(read, ("127.0.0.1", front.port), published, number, stop_at, lists, -(-reads // READING))
        for number in range(READING)
    ]
    results = [reader.result(seconds * servers.FACTOR + 30) for reader in readers]
    took = time.monotonic() - began
    published[DONE] = 1
    commits = sum(writer.result(30) for writer in writers)
    after = pool.counted(before["myrest_requests_total"] + sum(result[0] for result in results))
    count, stale = sum(result[0] for result in results), sum(result[1] for result in results)
    asked = after["myrest_requests_total"] - before["myrest_requests_total"]
    merged = after["myrest_requests_merged_total"] - before["myrest_requests_merged_total"]
    statements = after["myrest_statements_total"] - before["myrest_statements_total"]
    print(
        f"{count} reads ({count / took:.0f}/s), {commits} commits, {merged / asked:.0%} merged, "
        f"{statements / asked:.2f} statements per read, {stale} stale; {os.cpu_count()} processors"
    )
    assert asked == count
    example = next((result[2] for result in results if result[2]), None)
    return count, stale, merged / asked, commits, example


def test_every_read_is_fresh_though_most_share_a_statement(database, start_pool, start_nginx):
    count, stale, merged, commits, example = freshness(database, start_pool, start_nginx, READS)
    assert not stale, f"{stale} of {count} reads were stale, such as {example}"
    assert count >= READS and commits > READS / 100
    assert merged >= 0.5, f"only {merged:.0%} of the reads were merged"


def test_every_read_is_fresh_while_statements_take_their_time(database, start_pool, start_nginx):
    count, stale, merged, _, example = freshness(database, start_pool, start_nginx, READS // 8, "dwelling")
    assert not stale, f"{stale} of {count} reads were stale, such as {example}"
    assert count >= READS // 8 and merged >= 0.5


@pytest.mark.parametrize("lists", ["counters", "dwelling"])
def test_a_build_that_joins_running_statements_fails_this_check(database, start_pool, start_nginx, lists):
    _, stale, _, _, _ = freshness(database, start_pool, start_nginx, READS // 4, lists, faulty=True)
    assert stale > 0, "the check does not see stale reads"
