# SPDX-License-Identifier: MIT
"""A real MySQL in MariaDB's place: MYREST_TEST_MYSQLD names it. What the tests say in words that MariaDB alone has is said
in MySQL's own by the connections that they get.
"""
import re
import subprocess
import time

import pymysql

import servers
from servers import identity
from table_data import InItsWords

# In what makes or changes a table: types and the like that MySQL has not, and what has room for the same.
TABLE_WORDS = (
    (r"\bUUID\b(?!\()", "CHAR(36)"),
    (r"\bINET[46]\b(?!\()", "VARCHAR(45)"),
    (r"\butf8mb4_nopad_bin\b", "utf8mb4_0900_bin"),
    (r"\blatin1_nopad_bin\b", "latin1_bin"),
    (r"\bENGINE=Aria\b", "ENGINE=MyISAM"),
    (r" generated INT", " `generated` INT"),  # a word of MySQL's
)
NO_CHARACTER = 3854  # utf8mb3, which the list of the processes is, lacks one
# The tables of the engine SEQUENCE; nobody has to make them.
SEQUENCE = re.compile(r"\bseq_(\d+)_to_(\d+)\b(?! AS\b)")


def translated(statement):
    """The statements that do in MySQL what the one given does in MariaDB."""
    statement = SEQUENCE.sub(
        lambda match: f"(SELECT n AS seq FROM numbers.numbers WHERE n BETWEEN {match[1]} AND {match[2]}) AS {match[0]}", statement
    )
    if re.match(r"\s*(CREATE|ALTER)\b.*\bTABLE\b", statement, re.S):
        for word, instead in TABLE_WORDS:
            statement = re.sub(word, instead, statement)
    statement = statement.replace(" PERSISTENT FOR ALL", "")
    replaced = re.match(r"CREATE OR REPLACE USER (\S+)", statement)
    if replaced:
        return [f"DROP USER IF EXISTS {replaced[1]}", statement.replace("OR REPLACE ", "", 1)]
    replaced = re.match(r"CREATE OR REPLACE TABLE (\S+)", statement)
    if replaced:
        return [f"DROP TABLE IF EXISTS {replaced[1]}", statement.replace("OR REPLACE ", "", 1)]
    return [statement]


class Cursor(pymysql.cursors.Cursor):
    def execute(self, query, args=None):
        if not isinstance(query, str) or isinstance(query, InItsWords):  # a part of executemany(), or nothing to translate
            return super().execute(query, args)
        for match in SEQUENCE.finditer(query):
            self.connection.count_to(int(match[2]))
        ended = re.fullmatch(r"KILL USER (\w+)", query)
        if ended:
            super().execute("SELECT id FROM information_schema.processlist WHERE user = %s", (ended[1],))
            for (connection,) in self.fetchall():
                super().execute(f"KILL {connection}")
            return 0
        for statement in translated(query):
            count = self.sent(statement, args)
        return count

    def sent(self, statement, args):
        """The list of the processes can be had when no statement that runs has a character beyond U+FFFF."""
        deadline = time.monotonic() + 20 * servers.FACTOR
        while True:
            try:
                return super().execute(statement, args)
            except pymysql.err.OperationalError as fault:
                listing = fault.args[0] == NO_CHARACTER and "information_schema.processlist" in statement
                if not listing or time.monotonic() > deadline:
                    raise
            time.sleep(0.01)

    def executemany(self, query, args):
        (statement,) = translated(query)
        return super().executemany(statement, args)


class Connection(pymysql.connections.Connection):
    """One whose database has a table of as many numbers as somebody has asked for."""

    def __init__(self, owner, **how):
        self.owner = owner
        super().__init__(cursorclass=Cursor, **how)

    def count_to(self, number):
        self.owner.count_to(number)


class Database(servers.Database):
    """A private MySQL. It makes certificates of its own and offers TLS, as one does that nobody has configured."""

    KIND = "MySQL"
    OPTIONS = [
        *(option for option in servers.Database.OPTIONS if not option.startswith("--innodb-log-file-size")),
        "--innodb-redo-log-capacity=16M",
        "--mysqlx=OFF",
        "--skip-log-bin",  # with it only some may make functions
        "--secure-file-priv=",  # it would want a folder of the system's
        "--explain-format=TRADITIONAL",
        "--performance-schema=OFF",  # half of its memory
    ]

    made = None  # the data of a new one, which takes some seconds to make
    counted = 0

    def make(self):
        if not Database.made or not Database.made.is_dir():
            Database.made = self.home / "made"
            how = ("--initialize-insecure", "--auto-generate-certs=OFF")  # each makes its own when it starts, or none
            self.run(*self.program(), "--no-defaults", f"--datadir={Database.made}", *self.options, *how)
        self.run("cp", "-a", "--reflink=auto", Database.made, self.data)

    def run(self, *command):
        ended = subprocess.run(list(map(str, command)), cwd="/", capture_output=True, text=True, **identity())
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def connect(self, schema=None, **how):
        how.setdefault("user", "root")
        return Connection(self, unix_socket=str(self.socket), database=schema, charset="utf8mb4", autocommit=True, **how)

    def offers_tls(self):
        return True

    def without_tls(self, lab):
        """Another one, which offers none."""
        return WithoutTls(lab)

    def count_to(self, number):
        """There is a table of the numbers from 0 to this one."""
        if number < self.counted:
            return
        with pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE IF NOT EXISTS numbers")
            cursor.execute("CREATE TABLE IF NOT EXISTS numbers.numbers (n INT PRIMARY KEY)")
            cursor.execute("GRANT SELECT ON numbers.numbers TO rest@'%'")
            cursor.execute(f"SET cte_max_recursion_depth={number + 2}")
            cursor.execute(
                "INSERT INTO numbers.numbers WITH RECURSIVE numbered AS (SELECT %s AS n UNION ALL"
                " SELECT n + 1 FROM numbered WHERE n < %s) SELECT n FROM numbered",
                (self.counted, number),
            )
        self.counted = number + 1


class WithoutTls(Database):
    """Over TCP it takes a password all the same: one that it has seen before, through its socket."""

    OPTIONS = [*Database.OPTIONS, "--auto-generate-certs=OFF"]

    def __init__(self, lab):
        super().__init__(lab)
        self.connect(user="rest", password=servers.SECRET).close()
