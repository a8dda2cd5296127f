# SPDX-License-Identifier: MIT
"""What is done to the service, on purpose. Each blow is a generator: it does something, yields the seconds that this lasts,
and puts all of it right again, so that several can be under way at once in one thread (which has to live as long as the
servers that it starts: they end with it)."""
import contextlib
import os
import signal
import socket
import struct
import threading
import time

import psycopg2
import pymysql

import servers
import tables
from schedule import Kind
from world import WATCHDOG, WORKERS

TRIES = 12  # of a change of the schema, which others are in the way of
AGAIN = 0.5


# --- the pool


def kill_a_worker(world, dice, hold):
    """One after another, as long as it lasts; when it ends all are back, or the recovery is too slow."""
    until = time.monotonic() + hold
    while time.monotonic() < until:
        there = world.pool.workers()
        if there:
            world.kill(dice.choice(there))
        yield 0.4


def kill_all_workers(world, dice, hold):
    for pid in world.pool.workers():
        world.kill(pid)
    yield hold


def stop_a_worker(world, dice, hold):
    there = world.pool.workers()
    pid = dice.choice(there) if there else None
    if pid:
        world.kill(pid, signal.SIGSTOP)
        yield hold
        world.kill(pid, signal.SIGCONT)


def reload(world, dice, hold):
    world.pool.process.send_signal(signal.SIGHUP)
    yield hold


def reload_at_once(world, dice, hold):
    """Some in a row: before the new generation is ready."""
    for _ in range(3):
        world.pool.process.send_signal(signal.SIGHUP)
        yield hold / 3


def restart(world, dice, hold):
    """As systemd does it, which keeps the socket: TERM, and a start when all have left."""
    world.down += 1
    world.pool.process.send_signal(dice.choice((signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)))
    limit = time.monotonic() + 40 * servers.FACTOR
    while world.pool.process.poll() is None and time.monotonic() < limit:
        yield 0.05
    if world.pool.process.poll() is None:
        world.faults.append("the pool does not leave after TERM")
        world.pool.process.kill()
    code = world.pool.process.wait()
    if code:
        world.faults.append(f"the pool left with {code} after TERM")
    world.pool.start(ready=False)
    world.down -= 1
    yield hold


def kill_the_supervisor(world, dice, hold):
    """And a start, as systemd does it after RestartSec; its workers have got TERM by their kernel meanwhile."""
    world.down += 1
    world.adopt(servers.children(world.pool.process.pid))
    world.pool.process.kill()
    world.pool.process.wait()
    yield hold
    world.pool.start(ready=False)
    world.down -= 1


def kill_the_admin(world, dice, hold):
    for pid in world.admins():
        world.kill(pid)
    yield hold


# --- nginx


def kill_an_nginx_worker(world, dice, hold):
    there = servers.children(world.nginx.process.pid)
    if there:
        os.kill(dice.choice(there), signal.SIGKILL)
    yield hold


def reload_nginx(world, dice, hold):
    world.nginx.process.send_signal(signal.SIGHUP)
    yield hold


# --- the database


def kill_the_database(world, dice, hold):
    world.oracle.crashed()
    world.database.kill()
    yield hold
    world.database.start()


def restart_the_database(world, dice, hold):
    world.database.leave()
    limit = time.monotonic() + 60 * servers.FACTOR
    while not world.database.left():
        yield 0.05
        assert time.monotonic() < limit, "the database does not end"
    yield hold
    world.database.start()


def stop_the_database(world, dice, hold):
    world.database.pause()
    yield hold
    world.database.go_on()


def kill_a_connection(world, dice, hold):
    until = time.monotonic() + hold
    while time.monotonic() < until:
        world.database.connection_end(dice)
        yield 0.3


def kill_all_connections(world, dice, hold):
    world.database.connections_end()
    yield hold


def reset_the_network(world, dice, hold):
    for _ in range(2):
        world.database.proxy.tell("reset")
        yield hold / 2


def stall_the_network(world, dice, hold):
    world.database.proxy.tell("stall")
    yield hold
    world.database.proxy.tell("go")


def stall_and_reset_the_network(world, dice, hold):
    """What was on its way is lost, after a while in which nobody was told."""
    world.database.proxy.tell("stall")
    yield hold
    world.database.proxy.tell("reset")
    world.database.proxy.tell("go")


def refuse_connections(world, dice, hold):
    world.database.proxy.tell("refuse")
    world.database.connections_end()
    yield hold
    world.database.proxy.tell("go")


def fill_the_connections(world, dice, hold):
    """Others take all that the server has; what the pool loses then it does not get again."""
    taken, own = [], world.database.schema.connect()
    try:
        for _ in range(100):
            if not (one := world.database.fill()):
                break
            taken.append(one)
        yield hold / 3
        world.database.limit(own, True)
        world.database.connection_end(dice, own)
        yield hold / 3
        for _ in range(WORKERS):
            world.database.connection_end(dice, own)
        yield hold / 3
    finally:
        world.database.limit(own, False)
        for one in [*taken, own]:
            with contextlib.suppress(pymysql.Error, OSError):
                one.close()


def read_only(world, dice, hold):
    world.database.read_only(True)
    yield hold
    world.database.read_only(False)


def lose_a_node(how):
    def lose(world, dice, hold):
        node = world.database.node(dice)
        world.oracle.crashed()
        node.lose(how)
        yield hold
        node.come_back()
        world.database.whole()

    return lose


# --- the schema


def changed(world, change, *arguments):
    """Until it is done: long statements and transactions of others are in its way for a while."""
    for attempt in range(TRIES):
        try:
            change(*arguments)
            return
        except (pymysql.Error, psycopg2.Error) as fault:
            if attempt == TRIES - 1:
                world.faults.append(f"the schema cannot be changed: {arguments}: {fault}")
        yield AGAIN


def a_column(world, dice, hold):
    table = dice.choice(("cells", "sets", "entries"))
    place = f"more{dice.randrange(10**6)}"
    yield from changed(world, world.database.change, f"ALTER TABLE {table} ADD COLUMN {place} INT")
    yield hold / 3
    if dice.random() < 0.5:
        world.pool.process.send_signal(signal.SIGHUP)
    yield hold * 2 / 3
    yield from changed(world, world.database.change, f"ALTER TABLE {table} DROP COLUMN {place}")


def a_type(world, dice, hold):
    table = dice.choice(("sets", "entries"))
    yield from changed(world, world.database.retype, table, "n", "INT")
    yield hold
    yield from changed(world, world.database.retype, table, "n", "BIGINT")


def a_table_away(world, dice, hold):
    table = dice.choice(("sets", "entries"))
    yield from changed(world, world.database.rename, table, f"{table}_away")
    yield hold
    yield from changed(world, world.database.rename, f"{table}_away", table)


def a_view(world, dice, hold):
    text = "cells_view AS SELECT id, n, body FROM cells"
    yield from changed(world, world.database.replace_view, f"{text} WHERE n > -5")
    yield hold
    yield from changed(world, world.database.replace_view, text)


def an_index(world, dice, hold):
    table = dice.choice(("cells", "entries", "wide"))
    name = f"more{dice.randrange(10**6)}"
    yield from changed(world, world.database.add_index, table, name, "n")
    yield hold
    yield from changed(world, world.database.drop_index, table, name)


def hold_rows(world, dice, hold):
    """A transaction that somebody has forgotten."""
    try:
        other = world.database.hold(f"SELECT id FROM {dice.choice(('cells', 'sets', 'wide'))} FOR UPDATE")
    except (pymysql.Error, psycopg2.Error):
        yield hold
        return
    try:
        yield hold
    finally:
        with contextlib.suppress(pymysql.Error, OSError):
            other.rollback()
        with contextlib.suppress(pymysql.Error, OSError):
            other.close()


# --- too much at once


def connect(world, target):
    connection = socket.create_connection(("127.0.0.1", world.port), 5)
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def slow_requests(world, dice, hold):
    """More of them than there are workers; they are answered, or refused."""
    until, threads = time.monotonic() + hold, []

    def ask():
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", world.port), 5) as connection:
                connection.settimeout(60)
                connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                while connection.recv(65536):
                    pass

    for _ in range(WORKERS * 4):
        threads.append(threading.Thread(target=ask, daemon=True))
        threads[-1].start()
    yield hold
    yield 2 * tables.PAUSE  # what is asked last has its turn
    for thread in threads:
        thread.join(0.1)


def streams_that_nobody_reads(world, dice, hold):
    """Their clients stop to read, and then hang up in the middle."""
    there = []
    for number in range(24):
        with contextlib.suppress(OSError):
            there.append(connect(world, f"/large?order=id&limit={tables.LARGE}&offset={number % 3}"))
            if number % 2:
                there[-1].recv(dice.choice((1, 1000, 50000)))
    yield hold
    for connection in there:
        if dice.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def clients_that_hang_up(world, dice, hold):
    until = time.monotonic() + hold
    while time.monotonic() < until:
        for _ in range(20):
            target = dice.choice(("/slow", "/cells?order=id", "/wide", "/large", "/sets?order=id"))
            with contextlib.suppress(OSError):
                connect(world, target).close()
        yield 0.1


POOL, NGINX, DATABASE, LOAD = "pool", "nginx", "database", "load"
ALL = (
    (kill_a_worker, Kind("worker killed", POOL, 1.0, 2.5, alone=True)),
    (kill_a_worker, Kind("worker killed besides", POOL, 0.5, 1.5)),
    (kill_all_workers, Kind("all workers killed", POOL, 0.2, 0.5)),
    (stop_a_worker, Kind("worker stopped, goes on", POOL, 0.3, WATCHDOG - 2.0)),
    (stop_a_worker, Kind("worker stopped, watchdog", POOL, WATCHDOG + 2.5, WATCHDOG + 3.0)),
    (reload, Kind("pool reload", POOL, 0.5, 1.0)),
    (reload_at_once, Kind("pool reload, three at once", POOL, 0.1, 1.0)),
    (restart, Kind("pool restart", POOL, 0.3, 0.5)),
    (kill_the_supervisor, Kind("supervisor killed", POOL, 0.2, 1.2)),
    (kill_the_admin, Kind("admin killed", POOL, 0.2, 0.3)),
    (kill_an_nginx_worker, Kind("nginx worker killed", NGINX, 0.1, 0.3)),
    (reload_nginx, Kind("nginx reload", NGINX, 0.3, 0.5)),
    (kill_a_connection, Kind("connections killed", DATABASE, 0.5, 2.0)),
    (kill_all_connections, Kind("all connections killed", DATABASE, 0.1, 0.3)),
    (a_column, Kind("column added and dropped", DATABASE, 1.0, 3.0)),
    (an_index, Kind("index added and dropped", DATABASE, 0.5, 1.0)),
    (a_view, Kind("view replaced", DATABASE, 0.5, 1.0)),
    (a_type, Kind("type changed", DATABASE, 0.5, 1.0)),
    (hold_rows, Kind("rows locked", DATABASE, 1.0, 2.5)),
    (hold_rows, Kind("rows locked for long", DATABASE, 7.0, 8.0)),
    (slow_requests, Kind("slow requests", LOAD, 1.5, 3.0)),
    (streams_that_nobody_reads, Kind("streams unread", LOAD, 1.0, 3.0)),
    (clients_that_hang_up, Kind("clients hang up", LOAD, 0.5, 1.5)),
)
SINGLE = (
    (kill_the_database, Kind("database killed", DATABASE, 0.3, 2.0)),
    (restart_the_database, Kind("database restart", DATABASE, 0.1, 1.0)),
    (stop_the_database, Kind("database stopped", DATABASE, 1.0, 4.0)),
    (reset_the_network, Kind("network reset", DATABASE, 0.2, 1.0)),
    (stall_the_network, Kind("network stalled", DATABASE, 1.0, 4.0)),
    (stall_and_reset_the_network, Kind("network stalled and reset", DATABASE, 0.5, 4.0)),
    (refuse_connections, Kind("connections refused", DATABASE, 0.5, 2.0)),
    (fill_the_connections, Kind("connections full", DATABASE, 1.0, 3.0)),
    (read_only, Kind("database read-only", DATABASE, 0.5, 1.5)),
    (a_table_away, Kind("table renamed away", DATABASE, 0.3, 1.5)),
)
CLUSTER = tuple(
    (lose_a_node(how), Kind(f"node {how}", DATABASE, 2.0, 4.0))
    for how in ("stopped", "killed", "paused", "cut off", "unplugged", "isolated")
) + ((lose_a_node("divided"), Kind("nodes divided", DATABASE, 1.0, 1.5)),)


# The network of the nodes is only root's (tests/cluster/network.py).
WITHOUT_ROOT = ("node stopped", "node killed", "node paused")


def of(database):
    """name -> (blow, kind), of what can be done to this database."""
    cluster = [one for one in CLUSTER if os.geteuid() == 0 or one[1].name in WITHOUT_ROOT]
    return {kind.name: (blow, kind) for blow, kind in (*ALL, *(cluster if database == "galera" else SINGLE))}


class Runner:
    """Carries out a plan: every blow at its moment, or as soon as the one before it to the same part is over."""

    def __init__(self, world, planned, tell):
        self.world, self.tell = world, tell
        self.planned, self.under_way = sorted(planned, key=lambda one: one.at), []
        self.known, self.busy = of(world.name), set()  # the parts that a blow has

    def step(self):
        """What is due; whether all is over."""
        now = time.monotonic()
        for one in [one for one in self.planned if self.world.began + one.at <= now]:
            part = self.known[one.name][1].part
            if part in self.busy:  # what came before has taken longer than was planned
                continue
            self.planned.remove(one)
            self.busy.add(part)
            place = len(self.world.blows)
            self.world.blows.append((one.name, time.monotonic(), None))
            blow = self.known[one.name][0](self.world, self.world.dice("blow", one.seed), one.hold)
            self.tell(f"{one.at:7.2f} s  {one.name}, {one.hold:.1f} s")
            self.under_way.append([now, place, blow])
            self._go_on(self.under_way[-1])
        for one in list(self.under_way):
            if one[0] <= time.monotonic():
                self._go_on(one)
        return not self.planned and not self.under_way

    def _go_on(self, one):
        name, began, _ = self.world.blows[one[1]]
        try:
            one[0] = time.monotonic() + next(one[2])
            return
        except StopIteration:
            pass
        except Exception as fault:
            self.world.faults.append(f"the blow {name!r} itself failed: {type(fault).__name__}: {fault}")
        self.under_way.remove(one)
        self.busy.discard(self.known[name][1].part)
        self.world.blows[one[1]] = (name, began, time.monotonic())

    def finish(self):
        """Puts all right again, when the run is ended before its time."""
        for one in list(self.under_way):
            one[2].close()


