# SPDX-License-Identifier: MIT
"""Connections gather where there is room, so that requests meet; and they spread where one worker is not enough."""
import json
import os
import signal
import threading
import time
from pathlib import Path

import fcgi
import servers

CLIENTS, SECONDS = 16, 2.0


class Client(threading.Thread):
    """Asks one thing after the other on one kept connection, with a pause after each answer."""

    def __init__(self, pool, target, seconds, pause=0.0):
        super().__init__()
        self.connection, self.target, self.ends = pool.fcgi(), target, time.monotonic() + seconds
        self.pause = pause
        self.count, self.fault = 0, None
        self.start()

    def run(self):
        asked = fcgi.encode("GET", self.target)
        while time.monotonic() < self.ends:
            self.connection.send(asked)
            answer = self.connection.read()
            if answer.status != 200 or answer.cut:
                self.fault = repr(answer)
                return
            self.count += 1
            if self.pause:
                time.sleep(self.pause)


def load(pool, target, seconds=SECONDS):
    """The clients, each on its connection, which stay open."""
    clients = [Client(pool, target(number), seconds) for number in range(CLIENTS)]
    for client in clients:
        client.join((seconds + 10) * servers.FACTOR)
    assert not any(client.fault for client in clients), [client.fault for client in clients]
    return clients


def sockets(pid):
    """How many connections the process holds to whom it serves: sockets with an accepted one's path."""
    mine = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            mine.add(os.readlink(entry))
        except FileNotFoundError:
            pass
    return len([name for name in mine if name.startswith("socket:")])


def close(clients):
    for client in clients:
        client.connection.close()


def test_requests_that_can_share_meet_in_one_worker(users, start_pool):
    pool = start_pool(users.schema.url(), workers=4)
    before = {pid: sockets(pid) for pid in pool.workers()}
    # A load that one worker keeps up with on a small machine that others use too: connections gather where there is room.
    clients = [Client(pool, f"/users/{number % 2 + 1}", 30, pause=0.02) for number in range(CLIENTS)]

    def held():
        return sorted(sockets(pid) - before[pid] for pid in pool.workers())

    if not servers.instrumented():  # which makes a worker so slow that it is strained
        # and stay there: not for a moment alone
        servers.until(
            lambda: all(time.sleep(0.2) or held()[-1] >= 0.8 * CLIENTS for _ in range(5)), 20, why=lambda: f"connections held: {held()}"
        )
    for client in clients:
        client.ends = 0
        client.join(10 * servers.FACTOR)
    assert not any(client.fault for client in clients), [client.fault for client in clients]
    assert sum(held()) == CLIENTS
    close(clients)


def test_requests_that_cannot_share_use_all_workers(database, start_pool):
    schema = database.schema(
        *servers.USERS, "CREATE VIEW brief AS SELECT u.*, SLEEP(0.0015) AS pause FROM users u WHERE u.id = 1"
    )
    answered = {}
    for workers in (1, 4):
        pool = start_pool(schema.url(), "users,brief", workers=workers)
        # Another limit for each: no two statements are alike, and none is as long as to be handed over for its length.
        clients = load(pool, lambda number: f"/brief?limit={number + 1}")
        answered[workers] = sum(client.count for client in clients)
        close(clients)
        pool.stop()
    print(f"answered by 1 and by 4 workers: {answered}")
    assert answered[4] >= 2 * answered[1], answered


def test_a_worker_that_does_not_move_keeps_nobody_waiting(users, start_pool):
    pool = start_pool(users.schema.url(), workers=3)
    close(load(pool, lambda number: "/users", 0.5))
    stopped = min(pool.workers())
    os.kill(stopped, signal.SIGSTOP)
    try:
        for _ in range(30):
            began = time.monotonic()
            assert pool.ask("/users").status == 200
            assert time.monotonic() - began < 0.5 * servers.FACTOR
    finally:
        os.kill(stopped, signal.SIGCONT)


def test_a_request_in_pieces_goes_to_an_idle_worker_too(database, start_pool):
    schema = database.schema(*servers.USERS, "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(1.5) AS pause")
    pool = start_pool(schema.url(), "users,slow", workers=2)
    asked = fcgi.encode("GET", "/users/1")
    pieces = [pool.fcgi() for _ in range(8)]
    with pool.fcgi() as busy:
        for connection in pieces:
            connection.send(asked[:50])
        time.sleep(0.2)
        busy.send(fcgi.encode("GET", "/slow"))
        time.sleep(0.2)
        began = time.monotonic()
        for connection in pieces:
            connection.send(asked[50:])
        for connection in pieces:
            assert connection.read().status == 200
            connection.close()
        assert time.monotonic() - began < 0.6 * servers.FACTOR
        assert busy.read().status == 200


WRITE = json.dumps({"email": "new@example.com"}).encode()
WRITES = {"headers": {"Content-Type": "application/json"}, "extra": {"CONTENT_TYPE": "application/json"}, "body": WRITE}


def test_writes_wait_where_every_worker_finds_them(database, start_pool):
    schema = database.schema(*servers.USERS, grant="SELECT, UPDATE")
    pool = start_pool(schema.url(), workers=3, MYREST_WRITABLE="users")
    writes = [fcgi.encode("PATCH", "/users/1", keep=False, **WRITES)] * 32
    for _ in range(30):
        writers = []
        for write in writes:  # each on a connection of its own, as nginx has it
            writers.append(pool.fcgi())
            writers[-1].send(write)
        for writer in writers:
            assert writer.read().status == 204
            writer.close()
    handed = pool.metric("myrest_handovers_total")
    print(f"{handed:.0f} of {30 * len(writes)} were handed over")
    assert handed <= 0.1 * 30 * len(writes)


def test_who_has_written_is_heard_again_while_a_statement_runs(database, start_pool):
    schema = database.schema(
        *servers.USERS, "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.6) AS pause", grant="SELECT, UPDATE"
    )
    pool = start_pool(schema.url(), "users,slow", workers=2, MYREST_WRITABLE="users")
    for _ in range(5):
        writers = []
        # The last one comes while a worker writes, and is what it runs next.
        for request in [fcgi.encode("PATCH", "/users/1", **WRITES)] * 8 + [fcgi.encode("GET", "/slow")]:
            writers.append(pool.fcgi())
            writers[-1].send(request)
        busy = writers.pop()
        for writer in writers:
            assert writer.read().status == 204
        began = time.monotonic()
        for writer in writers:  # their connections stay, and are heard
            writer.send(fcgi.encode("GET", "/users/1"))
        for writer in writers:
            assert writer.read().status == 200
            writer.close()
        assert time.monotonic() - began < 0.4 * servers.FACTOR
        assert busy.read(timeout=5 * servers.FACTOR).status == 200
        busy.close()


def test_who_has_written_and_asks_later_is_heard_by_the_worker_that_waits(database, start_pool):
    schema = database.schema(*servers.USERS, grant="SELECT, UPDATE")
    pool = start_pool(schema.url(), workers=2, MYREST_WRITABLE="users")
    with pool.fcgi() as writer:
        for pause in (0, 0.05, 0.3, 0):
            assert writer.request("PATCH", "/users/1", **WRITES).status == 204
            time.sleep(pause)
            assert writer.request("GET", "/users/2", timeout=2 * servers.FACTOR).status == 200
