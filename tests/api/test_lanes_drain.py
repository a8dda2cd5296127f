# SPDX-License-Identifier: MIT
"""What is slow when workers leave: turns are given back, and all of it is run."""
import signal
import threading
import time

import fcgi
from lanes import slow
from servers import until
from writing import GRANT


def test_a_generation_that_leaves_keeps_no_turn(database, start_pool):
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE VIEW slow AS SELECT id, v, SLEEP(0.5) AS pause FROM notes",
        "CREATE VIEW slower AS SELECT id, v, SLEEP(6) AS pause FROM notes",
    )
    pool = start_pool(schema.url(), "slow,slower", workers=2, MYREST_SLOW_WORKERS=0)
    assert pool.ask(slow(0, 1)).status == 200
    with pool.fcgi(20) as old:
        old.send(fcgi.encode("GET", "/slower?id=eq.1"))
        time.sleep(0.2)
        before = set(pool.workers())
        pool.signal(signal.SIGHUP)
        until(lambda: len(set(pool.workers()) - before) == 2 and pool.metric("myrest_workers_ready") >= 2)
        until(lambda: len(set(pool.workers()) & before) == 1)
        assert pool.ask(slow(1, 1)).status == 200
        assert set(pool.workers()) & before, "the older generation has left already"
        assert old.read().status == 200


def test_what_is_slow_and_too_large_to_be_handed_over_is_run_before_its_worker_leaves(database, start_pool):
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE VIEW slow AS SELECT id, v, SLEEP(0.3) AS pause FROM notes",
        "CREATE TABLE texts (id INT PRIMARY KEY AUTO_INCREMENT, v INT, t LONGTEXT)",
        "CREATE TRIGGER texts_late BEFORE INSERT ON texts FOR EACH ROW SET NEW.v = SLEEP(0.3)",
        grant=GRANT,
    )
    pool = start_pool(schema.url(), "slow,texts", workers=2, MYREST_WRITABLE="texts", MYREST_SLOW_WORKERS=0,
                      MYREST_DRAIN_TIMEOUT=6)  # fmt: skip
    post = fcgi.encode("POST", "/texts", {"Content-Type": "application/json"}, b'{"t":"%s"}' % (b"x" * 400000))
    stop = threading.Event()

    def read(number):
        turn = 0
        while not stop.is_set():
            turn += 1
            assert pool.ask(slow(number, turn), timeout=20).status == 200

    def write(connection):
        connection.send(post)

    for _ in range(2):
        with pool.fcgi(20) as connection:
            connection.send(post)
            assert connection.read().status == 201
    assert pool.ask(slow(0, 1)).status == 200
    readers = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in readers:
        thread.start()
    try:
        time.sleep(0.5)
        written = [pool.fcgi(20) for _ in range(6)]
        writers = [threading.Thread(target=write, args=(connection,)) for connection in written]
        for thread in writers:
            thread.start()
        for thread in writers:
            thread.join(20)
        time.sleep(0.1)
        pool.signal(signal.SIGHUP)
        assert [connection.read().status for connection in written] == [201] * 6
    finally:
        stop.set()
        for thread in readers:
            thread.join(60)
    assert not pool.log("drain-timeout")


def test_all_workers_take_part_in_what_is_slow_when_they_drain(database, start_pool):
    schema = database.schema(
        "CREATE TABLE notes (id INT PRIMARY KEY, v INT NOT NULL)",
        "INSERT INTO notes SELECT seq, 0 FROM seq_1_to_500",
        "CREATE VIEW slow AS SELECT id, v, SLEEP(0.5) AS pause FROM notes",
    )
    pool = start_pool(schema.url(), "slow", workers=2, MYREST_SLOW_WORKERS=0, MYREST_DRAIN_TIMEOUT=6)
    assert pool.ask(slow(0, 1)).status == 200
    asked = [pool.fcgi(20) for _ in range(16)]
    for number, connection in enumerate(asked):
        connection.send(fcgi.encode("GET", slow(number, 1)))
    time.sleep(0.2)
    began = time.monotonic()
    pool.signal(signal.SIGTERM)
    assert [connection.read().status for connection in asked] == [200] * len(asked)
    print(f"{time.monotonic() - began:.1f} s")
    assert pool.process.wait(20) == 0
