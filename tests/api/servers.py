# SPDX-License-Identifier: MIT
"""The real servers: the database, nginx and the pool (pool_and_nginx.py), all unprivileged, on free ports, stopped by pid.

Environment:
  MYREST_TEST_DATABASE  mysql (the default: the installed MariaDB) or postgresql (postgresql_server.py)
  MYREST_TEST_MYSQLD  another server for mysql: a program, or a folder with one that is not installed (unpacked.py); a
                      real MySQL (mysql_server.py) or another MariaDB
  MYREST_TEST_POSTGRESQL  a folder with a PostgreSQL that is not installed (unpacked.py)
  MYREST_BIN          the program (default ./myrest, then build/myrest beside tests/)
  MYREST_FAULTY_BIN   the build that wrongly lets requests join running statements
                      (default: tests/faults/myrest-joins-running beside MYREST_BIN)
  MYREST_WRAPPER      put before the program's command line, such as "valgrind --quiet --error-exitcode=99"
  MYREST_TIME_FACTOR  all time limits are multiplied by it (default 1)
  MYREST_STRICT       1: the strict latencies, for a quiet machine
  MYREST_TEST_USER    who the servers run as when the tests run as root (default nobody)
"""
import os
import re
import shutil
import subprocess
from urllib.parse import quote

import pymysql

import mysql
import postgresql
import unpacked
from pool_and_nginx import (  # noqa: F401 (for those who import servers alone)
    COMPLAINTS, LEAK_CHECKER, SECRET, SOURCE, WRAPPER, Nginx, Pool, environment, instrumented, program, reachable, run,
)  # fmt: skip
from processes import (  # noqa: F401
    FACTOR, SETPRIV, Lab, as_somebody, children, command_line, end, free_port, identity, memory, own, socket_mode, start, until,
)  # fmt: skip
from table_data import Column, Table

STRICT = os.environ.get("MYREST_STRICT") == "1"


class Database:
    """A private MariaDB. Its data outlives stop() and start(), its port and its socket stay the same."""

    KIND = "MariaDB"
    OPTIONS = [
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-log-file-size=8M",
        "--innodb-buffer-pool-size=64M",
        "--max-connections=400",
        "--innodb-flush-method=nosync",
        "--bind-address=127.0.0.1",
        "--max-allowed-packet=64M",
    ]

    def __init__(self, lab):
        self.home = lab.folder("db")
        # a server that starts removes the temporary tables of all others that share its folder for them
        (self.home / "tmp").mkdir()
        self.options = [*self.OPTIONS, *self.where(), f"--tmpdir={own(self.home / 'tmp')}"]
        self.data = self.home / "data"
        self.socket = self.home / "sock"
        self.log = self.home / "log"
        self.port = free_port()
        self.process = None
        self.names = 0
        self.make()
        self.start()
        self.sql(f"CREATE USER rest@'%' IDENTIFIED BY {pymysql.converters.escape_string(SECRET)!r}")

    @staticmethod
    def where():
        """What tells a server that is not installed where its files are."""
        if not unpacked.ROOT:
            return ()
        share = next(unpacked.ROOT.glob("usr/share/*/english/errmsg.sys")).parents[1]
        return f"--basedir={unpacked.ROOT}/usr", f"--lc-messages-dir={share}", f"--plugin-dir={unpacked.ROOT}/usr/lib/mysql/plugin"

    def make(self):
        """The data of a new server."""
        made = subprocess.run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={self.data}",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
                *self.options,
            ],
            cwd="/",
            capture_output=True,
            text=True,
            **identity(),
        )
        assert made.returncode == 0, made.stdout + made.stderr

    def program(self):
        return unpacked.command(unpacked.MYSQLD or shutil.which("mariadbd") or "/usr/sbin/mariadbd", unpacked.ROOT)

    def start(self):
        self.process = start(
            [
                *self.program(),
                "--no-defaults",
                f"--datadir={self.data}",
                f"--socket={self.socket}",
                f"--port={self.port}",
                f"--pid-file={self.home}/pid",
                *self.options,
            ],
            self.log,
        )
        until(self.answers, 30, why=lambda: f"{self.KIND} does not answer:\n{self.log.read_text()[-3000:]}")

    def answers(self):
        assert self.process.poll() is None, f"{self.KIND} ended:\n{self.log.read_text()[-3000:]}"
        try:
            self.connect().close()
            return True
        except pymysql.Error:
            return False

    def stop(self):
        end(self.process, seconds=60)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def connect(self, schema=None, **how):
        how.setdefault("user", "root")
        return pymysql.connect(unix_socket=str(self.socket), database=schema, charset="utf8mb4", autocommit=True, **how)

    def sql(self, *statements, schema=None):
        """Runs statements as root; the rows of the last one."""
        with self.connect(schema) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if statements else ()

    def offers_tls(self):
        """Without anything having been configured."""
        return self.sql("SELECT @@have_ssl")[0][0] == "YES"

    def schema(self, *statements, grant="SELECT, SHOW VIEW", whole=False):
        """A new schema. The pool's account has these rights on each table and view that is made there by Schema.sql(),
        EXECUTE on functions, and no others: with `whole` on the schema as a whole, which a test has a reason for."""
        self.names += 1
        schema = Schema(self, f"s{self.names}", None if whole or grant == "USAGE" else grant)
        self.sql(f"CREATE DATABASE {schema.name} CHARACTER SET utf8mb4")
        if whole:
            self.sql(f"GRANT {grant} ON {schema.name}.* TO rest@'%'")
        schema.sql(*statements)
        return schema


def ids_go_on(schema, table):
    """The next id that the database makes is larger than those that were written, as in MySQL it always is."""
    if postgresql.here("ids_go_on", True) is False:
        with schema.connect() as connection, connection.cursor() as cursor:
            cursor.plainly("SELECT mysql.fill(%s)", (table,))


def execute_as_it_is(cursor, statement):
    """A statement in the words of the database that is there, which others are translated into."""
    return cursor.plainly(statement) if postgresql.HERE else cursor.execute(statement)


class Schema:
    MAKES = re.compile(r"\s*(CREATE\b.*\b(TABLE|VIEW|FUNCTION)|RENAME|ALTER\b.*\bRENAME)\b", re.S | re.I)

    def __init__(self, database, name, grant=None):
        self.database, self.name, self.rights, self.granted = database, name, grant, set()

    def sql(self, *statements):
        rows = self.database.sql(*statements, schema=self.name)
        if any(self.MAKES.match(statement) for statement in statements):
            self.grant()
        return rows

    def grant(self):
        """Rights on the tables and views that are new, and on the functions, without which a view that calls one has no
        columns for the account. The servers keep them by name: a table that is made anew has them."""
        if not self.rights:
            return
        found = self.sql(
            f"SELECT '{self.rights} ON', table_name FROM information_schema.tables"
            f" WHERE table_schema = '{self.name}' UNION ALL SELECT 'EXECUTE ON FUNCTION', routine_name FROM information_schema.routines"
            f" WHERE routine_schema = '{self.name}' AND routine_type = 'FUNCTION'"
        )
        new = set(found) - self.granted
        self.sql(*(f"GRANT {what} {self.name}.`{name.replace('`', '``')}` TO rest@'%'" for what, name in sorted(new)))
        self.granted |= new

    def connect(self, **how):
        return self.database.connect(self.name, **how)

    def url(self, tcp=False, user="rest", password=SECRET):
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        if tcp:
            return f"mysql://{who}@127.0.0.1:{self.database.port}/{self.name}"
        return f"mysql://{who}@localhost/{self.name}?socket={quote(str(self.database.socket), safe='/')}"

    def pool_connections(self):
        """The ids of the pool's connections to this schema."""
        return [
            row[0]
            for row in self.sql(
                "SELECT id FROM information_schema.processlist " f"WHERE user = 'rest' AND db = '{self.name}'"
            )
        ]

    def kill_pool_connections(self):
        """Those that are there; one may end by itself meanwhile."""
        for connection in self.pool_connections():
            try:
                self.sql(f"KILL {connection}")
            except pymysql.err.OperationalError as why:
                if why.args[0] != NO_SUCH_THREAD:
                    raise


NO_SUCH_THREAD = 1094  # MySQL's number
USERS_TABLE = Table(
    "users",
    Column("id", "integer", counted=True), Column("username", "words", 80, required=True, unique=True),
    Column("email", "words", 120, required=True, unique=True),
    key=["id"], rows=[(1, "admin", "admin@example.com"), (2, "guest", "guest@example.com")],
)  # fmt: skip
USERS = USERS_TABLE.whole()
ADMIN = {"id": 1, "username": "admin", "email": "admin@example.com"}
GUEST = {"id": 2, "username": "guest", "email": "guest@example.com"}


# They need what stands above.
if postgresql.HERE:
    from postgresql_server import Database  # noqa: E402,F811
elif mysql.HERE:
    from mysql_server import Database  # noqa: E402,F811
elif unpacked.ROOT:
    from mariadb_server import Database  # noqa: E402,F811
