# SPDX-License-Identifier: MIT
"""The database under test, and all in which MariaDB, MySQL, PostgreSQL and a Galera cluster differ here.

Each has: version(), url(), sql(*statements) as root in MySQL's words, hold() (a transaction of its own), kill(),
pause(), go_on(), leave(), start(), connections_end(), and what changes the schema.
"""
import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pymysql

import servers
import tables
from servers import SECRET

HERE = Path(__file__).resolve().parent
GRANT = "SELECT, INSERT, UPDATE, DELETE, SHOW VIEW"
CONNECTIONS = 40  # max_connections
FEWEST = 10       # that it can be set to
# Servers of the tests lose the last second when they are killed: these must not lose what they have acknowledged. The
# machine itself does not fail, so that nothing has to reach the disk.
DURABLE = ("--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=1", f"--max-connections={CONNECTIONS}")
DURABLE_POSTGRESQL = {"synchronous_commit": "on", "full_page_writes": "on", "max_connections": str(CONNECTIONS)}
DDL_WAITS = 2  # seconds that a change of the schema waits for a table at most


def statements_of(name):
    """Of a file of conf/, without its comments."""
    text = re.sub("--.*", "", (servers.SOURCE / "conf" / name).read_text())
    return [statement.strip() for statement in text.split(";") if statement.strip()]


class Proxy:
    """proxy.py, before a server."""

    def __init__(self, to):
        self.port = servers.free_port()
        self.process = subprocess.Popen(
            servers.as_somebody([sys.executable, HERE / "proxy.py", self.port, to]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
        )  # fmt: skip
        assert self.process.stdout.readline() == "go\n"

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == word + "\n"

    def end(self):
        self.process.stdin.close()
        servers.end(self.process)


class Single:
    """One server, to which the pool connects by the proxy."""

    cluster = False

    def __init__(self, lab):
        self.server = self.make(lab)
        self.schema = self.server.schema(*tables.TABLES, grant=GRANT)
        self.make_idempotency()
        self.server.sql(f"CREATE USER other@'%' IDENTIFIED BY {pymysql.converters.escape_string(SECRET)!r}")
        self.proxy = Proxy(self.server.port)

    def make(self, lab):
        class Durable(servers.Database):
            OPTIONS = [*servers.Database.OPTIONS, *DURABLE]

        return Durable(lab)

    def make_idempotency(self):
        self.schema.sql(statements_of("idempotency.sql")[0])

    def url(self):
        return self.schema.url(tcp=True).replace(f":{self.server.port}/", f":{self.proxy.port}/")

    def version(self):
        return f"{self.server.KIND} {self.server.sql('SELECT VERSION()')[0][0].split()[0]}"

    def sql(self, *statements):
        return self.schema.sql(*statements)

    def copies(self, table):
        """(where, all rows of the table there, as answers have them)"""
        return [("", self.rows(table, self.sql))]

    @staticmethod
    def rows(table, sql):
        names = {"cells": "id, n, body", "sets": "id, grp, n, body", "wide": "id, n, body"}.get(table, "id, token, n, body")
        columns = names.split(", ")
        return [dict(zip(columns, row)) for row in sql(f"SELECT {names} FROM {table} ORDER BY id")]

    def change(self, statement):
        """A change of the schema, which waits for nobody for long."""
        with self.schema.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SET SESSION lock_wait_timeout = {DDL_WAITS}")
            cursor.execute(statement)

    def rename(self, table, to):
        self.change(f"RENAME TABLE {table} TO {to}")

    def retype(self, table, column, kind):
        self.change(f"ALTER TABLE {table} MODIFY {column} {kind} NOT NULL")

    def replace_view(self, text):
        self.change(f"CREATE OR REPLACE VIEW {text}")

    def add_index(self, table, name, column):
        self.change(f"CREATE INDEX {name} ON {table} ({column})")

    def drop_index(self, table, name):
        self.change(f"DROP INDEX {name} ON {table}")

    def hold(self, *statements):
        """A transaction that has done this, and goes on; rollback() or close() ends it."""
        connection = self.schema.connect()
        connection.begin()
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return connection

    def read_only(self, yes):
        self.server.sql(f"SET GLOBAL read_only = {int(yes)}")

    def connections_end(self):
        self.schema.kill_pool_connections()

    def connection_end(self, dice, connection=None):
        """One of the pool's, by a connection that is there already or a new one."""
        with contextlib.ExitStack() as opened:
            cursor = opened.enter_context((connection or opened.enter_context(self.schema.connect())).cursor())
            cursor.execute("SELECT id FROM information_schema.processlist WHERE user = 'rest'")
            there = [row[0] for row in cursor.fetchall()]
            if there:
                with contextlib.suppress(pymysql.Error):  # one may end by itself meanwhile
                    cursor.execute(f"KILL {dice.choice(there)}")

    def fill(self):
        """One more connection of another account, or None where there is room for none."""
        try:
            return self.server.connect(self.schema.name, user="other", password=SECRET)
        except pymysql.Error:
            return None

    def limit(self, connection, yes):
        """Whether those that are lost now cannot be had again, though others leave."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET GLOBAL max_connections = {FEWEST if yes else CONNECTIONS}")

    # the process

    def family(self):
        return [self.server.process.pid]

    def pause(self):
        self._tell(signal.SIGSTOP)

    def go_on(self):
        self._tell(signal.SIGCONT)

    def _tell(self, what):
        for pid in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)

    def kill(self):
        self.server.kill()

    def leave(self):
        """It is told to end as it does when all is well, which takes it a while."""
        self.server.process.terminate()

    def left(self):
        return self.server.process.poll() is not None

    def start(self):
        self.server.start()

    def remove(self):
        self.proxy.end()
        self.kill()


class PostgreSQL(Single):
    def make(self, lab):
        return servers.Database(lab, **DURABLE_POSTGRESQL)

    def make_idempotency(self):
        with self.schema.connect() as connection, connection.cursor() as cursor:
            for statement in statements_of("idempotency.postgresql.sql"):
                cursor.plainly(statement)

    def version(self):
        return self.server.sql("SELECT VERSION()")[0][0].split(" (")[0]

    def change(self, statement):
        with self.schema.connect() as connection, connection.cursor() as cursor:
            cursor.plainly(f"SET lock_timeout = '{DDL_WAITS}s'")
            cursor.plainly(statement)

    def rename(self, table, to):
        self.change(f"ALTER TABLE {table} RENAME TO {to}")

    def retype(self, table, column, kind):
        self.change(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")

    def drop_index(self, table, name):
        self.change(f"DROP INDEX {name}")

    def limit(self, connection, yes):
        with connection.cursor() as cursor:
            cursor.plainly(f"ALTER ROLE rest CONNECTION LIMIT {0 if yes else -1}")

    def leave(self):
        self.server.process.send_signal(signal.SIGINT)  # it ends the connections, as the others do

    def kill(self):
        """With its children, who are ours then (world.py): one that is left keeps the port, and the data's lock."""
        left = servers.children(self.server.process.pid)
        self.server.process.kill()
        self.server.process.wait()

        def gone(pid):
            try:
                return os.waitpid(pid, os.WNOHANG)[0] == pid
            except ChildProcessError:
                return not Path(f"/proc/{pid}").exists()

        for pid in left:
            servers.until(lambda: gone(pid), 20, why="a child of PostgreSQL lives on")

    def family(self):
        """The postmaster first: it makes no new ones then."""
        return [self.server.process.pid, *servers.children(self.server.process.pid)]


class Galera:
    """Three nodes, all of which the pool knows. One at a time is lost."""

    cluster = True
    proxy = None

    def __init__(self, lab):
        import galera

        self.nodes = galera.Cluster(lab)
        self.sql(*tables.TABLES, *statements_of("idempotency.sql"))
        self.nodes.agree()

    def url(self):
        return self.nodes.url()

    def there(self):
        return next(node for node in self.nodes.nodes if node.lost is None)

    def version(self):
        found = self.sql("SELECT VERSION(), @@wsrep_provider_options LIKE '%'")[0][0]
        return f"Galera cluster of {len(self.nodes.nodes)} nodes, MariaDB {found}"

    def sql(self, *statements):
        return self.there().sql("SET SESSION wsrep_sync_wait = 7", *statements, database="app")

    def copies(self, table):
        """Of each node."""
        sync = "SET SESSION wsrep_sync_wait = 7"
        return [
            (f" of node {node.number + 1}", Single.rows(table, lambda query: node.sql(sync, query, database="app")))
            for node in self.nodes.nodes
        ]

    change, rename, retype = Single.change, Single.rename, Single.retype
    replace_view, add_index, drop_index, hold = Single.replace_view, Single.add_index, Single.drop_index, Single.hold

    @property
    def schema(self):
        return self

    def connect(self):
        return self.there().connect(database="app")

    def node(self, dice):
        return dice.choice([node for node in self.nodes.nodes if node.lost is None])

    def connections_end(self):
        for node in self.nodes.nodes:
            for (number,) in node.sql("SELECT id FROM information_schema.processlist WHERE user = 'rest'"):
                self._end(node, number)

    def connection_end(self, dice, connection=None):
        node = self.node(dice)
        there = node.sql("SELECT id FROM information_schema.processlist WHERE user = 'rest'")
        if there:
            self._end(node, dice.choice(there)[0])

    @staticmethod
    def _end(node, number):
        try:
            node.sql(f"KILL {number}")
        except pymysql.err.OperationalError as why:
            if why.args[0] != servers.NO_SUCH_THREAD:
                raise

    def whole(self):
        self.nodes.whole()

    def remove(self):
        self.nodes.remove()


def make(name, lab):
    return {"mariadb": Single, "mysql": Single, "postgresql": PostgreSQL, "galera": Galera}[name](lab)


