# SPDX-License-Identifier: MIT
"""PostgreSQL in MariaDB's place: MYREST_TEST_DATABASE=postgresql. The tests are the same, their tables too: some are data
(table_data.py); what the tests say in MySQL's words is translated (mysql_to_postgresql.py), through a connection that looks
like pymysql's.
"""
import json
import os
import re
import subprocess
import threading
import time
from datetime import timedelta, timezone
from pathlib import Path
from urllib.parse import quote

import psycopg2
import psycopg2.extensions
import pymysql

import servers
import unpacked
from mysql_to_postgresql import Translation
from mysql_words import argument_of
from servers import SECRET, end, free_port, identity, own, start, until
from table_data import InItsWords

ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

# --- the server

# In every database, in a schema that no test looks at: what MySQL has and PostgreSQL has not.
HELPERS = """
CREATE SCHEMA mysql;
GRANT USAGE ON SCHEMA mysql TO PUBLIC;
CREATE EXTENSION dblink SCHEMA mysql;
CREATE FUNCTION mysql.sleep(seconds double precision) RETURNS integer LANGUAGE plpgsql VOLATILE AS
    $$BEGIN PERFORM pg_sleep(seconds); RETURN 0; END$$;
CREATE VIEW mysql.processlist AS SELECT pid AS id, usename AS "user", datname AS db,
    CASE state WHEN 'active' THEN 'Query' ELSE 'Sleep' END AS command,
    CASE wait_event WHEN 'PgSleep' THEN 'User sleep' ELSE wait_event END AS state,
    CASE state WHEN 'active' THEN query END AS info FROM pg_stat_activity WHERE backend_type = 'client backend';
CREATE FUNCTION mysql.fill(name regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE one record; sequence regclass; top bigint;
BEGIN
    FOR one IN SELECT attname FROM pg_attribute WHERE attrelid = name AND attidentity <> '' LOOP
        sequence := pg_get_serial_sequence(name::text, one.attname);
        EXECUTE format('SELECT max(%I) FROM %s', one.attname, name) INTO top;
        IF top IS NOT NULL THEN
            EXECUTE format('SELECT setval(%L, greatest(%L, last_value)) FROM %s', sequence, top, sequence) INTO top;
        END IF;
    END LOOP;
END$$;
CREATE FUNCTION mysql.role(name text, secret text) RETURNS void LANGUAGE plpgsql AS $$BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN EXECUTE format('CREATE ROLE %I', name); END IF;
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', name, secret);
END$$;
"""


class Database:
    """A private PostgreSQL. Its data outlives stop() and start(), its port and its socket stay the same."""

    KIND = "PostgreSQL"
    OPTIONS = {
        "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB",
        "max_connections": "400", "listen_addresses": "127.0.0.1", "timezone": "UTC", "log_timezone": "UTC",
        "log_line_prefix": "%m\t%u\t%d\t%p\t", "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "256MB",
        "password_encryption": "scram-sha-256",
    }  # fmt: skip

    def __init__(self, lab, follows=None, **options):
        """options: of the server, beside ours. follows: another one, whose standby it is."""
        self.home = lab.folder("db")
        self.options = {**self.OPTIONS, **options}
        self.data = self.home / "data"
        self.log = self.home / "log"
        self.port = free_port()
        self.socket = self.home / f".s.PGSQL.{self.port}"
        self.process = None
        self.names = 0
        # general_log: where the log of the server was when it began, and the file that gets its statements; it is never
        # ended, since nobody looks at what comes then
        self.logged = self.logged_file = self.counting = None
        self.logging = False
        self.binaries = unpacked.postgresql_programs()
        if follows:
            self.follow(follows)
            return
        made = subprocess.run(
            [self.binaries / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8",
             "--locale=C.UTF-8"],
            cwd="/", capture_output=True, text=True, env=ENVIRONMENT, **identity(),
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        (self.data / "pg_hba.conf").write_text(
            "local all,replication postgres trust\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        self.start()
        for name in ("template1", "postgres"):
            with self.connect(name) as connection, connection.cursor() as cursor:
                cursor.plainly(HELPERS)
        self.sql(f"CREATE USER rest@'%' IDENTIFIED BY {pymysql.converters.escape_string(SECRET)!r}")

    def start(self):
        options = {**self.options, "port": self.port, "unix_socket_directories": self.home}
        self.process = start(
            [self.binaries / "postgres", "-D", self.data, *(f"--{name}={value}" for name, value in options.items())],
            self.log,
            ENVIRONMENT,
        )
        until(self.answers, 30, why=lambda: f"PostgreSQL does not answer:\n{self.log.read_text()[-3000:]}")

    def follow(self, primary):
        made = subprocess.run(
            [self.binaries / "pg_basebackup", "-D", self.data, "-h", primary.home, "-p", str(primary.port), "-U", "postgres",
             "-R", "--no-sync", "-c", "fast"],
            cwd="/", capture_output=True, text=True, env=ENVIRONMENT, **identity(),
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        self.start()

    def standby(self, lab):
        """Another server, which follows this one."""
        return Database(lab, self, **self.options)

    def answers(self):
        assert self.process.poll() is None, f"PostgreSQL ended:\n{self.log.read_text()[-3000:]}"
        try:
            self.connect().close()
            return True
        except pymysql.Error:
            return False

    def stop(self):
        """As MariaDB ends: it ends the connections, and what they do."""
        end(self.process, how=2, seconds=60)

    def kill(self):
        """With its children: one that is left keeps the port, and the data's lock."""
        below = servers.children(self.process.pid)
        self.process.kill()
        self.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 20, why="a child of PostgreSQL lives on")

    def connect(self, schema=None, user="root", password=None, **_):
        return Connection(self, schema or "postgres", "postgres" if user == "root" else user, password)

    def offers_tls(self):
        return False

    def sql(self, *statements, schema=None):
        """Runs statements as root; the rows of the last one."""
        with self.connect(schema) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if statements else ()

    def schema(self, *statements, grant="SELECT, SHOW VIEW", whole=False):
        """A new empty database the pool's account may read. Rights are by table here, of those to come as well."""
        self.names += 1
        name = f"s{self.names}"
        self.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4", f"GRANT {grant} ON {name}.* TO rest@'%'")
        schema = Schema(self, name)
        schema.sql(*statements)
        return schema

    def configure(self, name, value):
        """Sets what holds for all sessions, and waits until it does. None: as it is by default."""
        how = f"SET {name} = '{value}'" if value is not None else f"RESET {name}"
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.plainly(f"ALTER SYSTEM {how}")
            cursor.plainly("SELECT pg_reload_conf()")

        def holds():
            with Connection(self, "postgres", "postgres", None, options=None) as connection, connection.cursor() as cursor:
                cursor.plainly(f"SHOW {name}")
                now = cursor.fetchone()[0]
                cursor.plainly(f"SELECT boot_val FROM pg_settings WHERE name = '{name}'")
                return now in (value, cursor.fetchone()[0] if value is None else value)

        until(holds, 5, why=f"{name} is not {value}")
        time.sleep(0.1)  # the other sessions are told at the same time

    # general_log

    def log_begins(self):
        if not self.logging:
            self.configure("log_statement", "all")
            self.logging = True
        self.logged = self.log.stat().st_size

    def log_ends(self):
        if self.logged is not None and self.logged_file:
            with open(self.logged_file, "a", encoding="utf-8") as file:
                for process, each in self.statements(self.logged):
                    file.write(f"{process} Query\t{each}\n")

    def counted(self):
        """The statements since they were first counted."""
        if self.counting is None:
            self.log_begins()
            self.counting = self.logged
        return [each for _, each in self.statements(self.counting)]

    def statements(self, since, user="rest"):
        """(process, statement) that an account has run since the log had so many bytes."""
        with open(self.log, "rb") as file:
            file.seek(since)
            text = file.read().decode("utf-8", "replace")
        found = []
        for line in re.split(r"\n(?=\d{4}-\d\d-\d\d )", text):
            form = rf"[^\t]*\t{user}\t[^\t]*\t(\d+)\tLOG:  (?:statement|execute [^:]*): (.*)"
            part = re.match(form, line.rstrip("\n"), re.S)
            if part:
                found.append((part[1], part[2].replace("\n\t", "\n")))
        return found


class Schema(servers.Schema):
    def url(self, tcp=False, user="rest", password=SECRET):
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        if tcp:
            return f"postgresql://{who}@127.0.0.1:{self.database.port}/{self.name}"
        folder = quote(str(self.database.home), safe="/")
        return f"postgresql://{who}@/{self.name}?host={folder}&port={self.database.port}"


# --- a connection that looks like pymysql's

ERRORS = {  # what the tests look for, by SQLSTATE
    "55P03": (pymysql.err.OperationalError, 1205),
    "40P01": (pymysql.err.OperationalError, 1213),
    "57014": (pymysql.err.OperationalError, 1317),
    "23505": (pymysql.err.IntegrityError, 1062),
    "42P01": (pymysql.err.ProgrammingError, 1146),
}


def clock(text, _):
    """TIME as pymysql has it."""
    if text is None:
        return None
    hours, minutes, seconds = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))


def bits(text, _):
    return None if text is None else int(text, 2).to_bytes((len(text) + 7) // 8, "big")


def in_utc(text, cursor):
    """TIMESTAMP as pymysql has it: without a zone."""
    value = psycopg2.extensions.PYDATETIMETZ(text, cursor)
    return value if value is None else value.astimezone(timezone.utc).replace(tzinfo=None)


def plain_bytes(text, cursor):
    value = psycopg2.BINARY(text, cursor)
    return None if value is None else bytes(value)


CASTERS = [
    psycopg2.extensions.new_type((114, 3802), "text of json", lambda text, _: text),
    psycopg2.extensions.new_type((17,), "bytes", plain_bytes),
    psycopg2.extensions.new_type((1083,), "clock", clock),
    psycopg2.extensions.new_type((1560, 1562), "bits", bits),
    psycopg2.extensions.new_type((1184,), "in utc", in_utc),
]


# What holds for everybody else does not for who looks after it.
APART = "-c default_transaction_read_only=off -c log_statement=none -c lock_timeout=0"


class Connection:
    def __init__(self, database, name, user, password, options=APART):
        self.database, self.name, self.user = database, name, user
        try:
            self.real = psycopg2.connect(
                host=str(database.home), port=database.port, dbname=name, user=user, password=password,
                client_encoding="UTF8", options=options if user == "postgres" else None, connect_timeout=10,
            )  # fmt: skip
        except psycopg2.Error as why:
            raise pymysql.err.OperationalError(2003, str(why)) from None
        self.real.autocommit = True
        for caster in CASTERS:
            psycopg2.extensions.register_type(caster, self.real)
        self.lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.real.close()

    def cursor(self, *_):
        return Cursor(self)

    def begin(self):
        self.cursor().plainly("BEGIN")

    def commit(self):
        self.cursor().plainly("COMMIT") if self.real.autocommit else self.real.commit()

    def rollback(self):
        self.cursor().plainly("ROLLBACK") if self.real.autocommit else self.real.rollback()

    def autocommit(self, yes):
        """What is not committed by itself begins with the next statement."""
        self.real.autocommit = yes

    def thread_id(self):
        return self.real.get_backend_pid()

    def types(self, table):
        """name -> type of the columns of a table"""
        with self.real.cursor() as cursor:
            cursor.execute(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                ('"' + table.replace('"', '""') + '"',),
            )
            return dict(cursor.fetchall())

    def key(self, table):
        with self.real.cursor() as cursor:
            cursor.execute(
                "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]"
                " WHERE indrelid = %s::regclass AND indisprimary",
                ('"' + table.replace('"', '""') + '"',),
            )
            return cursor.fetchone()[0]

    def survivors(self):
        """The tables that keep what is written in a transaction that is undone."""
        with self.real.cursor() as cursor:
            cursor.execute(
                f"SET mysql.host = 'host={self.database.home} port={self.database.port} user=postgres'; ALTER DATABASE"
                f" {self.name} SET mysql.host = 'host={self.database.home} port={self.database.port} user=postgres'"
            )
            cursor.execute("SELECT relname FROM pg_class WHERE obj_description(oid, 'pg_class') = 'survives'")
            return {row[0] for row in cursor.fetchall()}


class Cursor:
    def __init__(self, connection):
        self.connection, self.real, self.rows, self.at = connection, connection.real.cursor(), None, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.real.close()

    def close(self):
        self.real.close()

    def plainly(self, statement, arguments=None):
        """A statement of PostgreSQL's."""
        self.rows, self.at = None, 0
        try:
            self.real.execute(statement, arguments)
        except psycopg2.Error as why:
            kind, number = ERRORS.get(why.pgcode, (pymysql.err.ProgrammingError, 1064))
            if why.pgcode is None or self.connection.real.closed:
                kind, number = pymysql.err.OperationalError, 2013
            raise kind(number, f"{why.pgcode} {why} in {statement[:2000]}") from None
        return self.real.rowcount

    def execute(self, statement, arguments=None):
        if isinstance(statement, InItsWords):
            return self.plainly(statement, arguments)
        special = self.special(statement)
        if special is not None:
            self.rows, self.at = tuple(special), 0
            return len(self.rows)
        made = Translation(statement, self.connection.types, self.connection.key, self.connection.survivors)
        if made.database is not None and made.database != self.connection.name:
            with self.connection.database.connect(made.database) as other, other.cursor() as cursor:
                for each in made.statements:
                    cursor.plainly(each)
            self.rows = ()
            return 0
        if arguments is not None and not isinstance(arguments, (tuple, list, dict)):
            arguments = (arguments,)
        if arguments is not None and made.kinds:
            arguments = tuple(argument_of(value, kind) for value, kind in zip(arguments, made.kinds, strict=True))
        count = 0
        for each in made.statements:
            count = self.plainly(each, arguments)
        if made.fill:
            real, self.real = self.real, self.connection.real.cursor()
            self.plainly('SELECT mysql.fill(%s)', ('"' + made.fill.replace('"', '""') + '"',))
            self.real.close()
            self.real = real
        return count

    def executemany(self, statement, rows):
        for row in rows:
            self.execute(statement, row)

    def explain(self, statement):
        """As MySQL's EXPLAIN has it: the index (its column, or PRIMARY), how it is used, 'filesort' if all is sorted."""
        self.plainly("SET enable_seqscan = off")
        self.plainly(f"EXPLAIN (FORMAT JSON) {statement}")
        plan, found, extra = json.loads(self.fetchone()[0])[0]["Plan"], [], ""
        left = [plan]
        while left:
            node = left.pop()
            left += node.get("Plans", [])
            if node.get("Index Name"):
                found.append(node["Index Name"])
            if node["Node Type"] == "Sort":
                extra = "filesort"
        assert len(set(found)) <= 1, plan
        if not found:
            return None, "index", extra
        if found[0].endswith("_pkey"):
            return "PRIMARY", "index", extra
        self.plainly("SELECT pg_get_indexdef(%s::regclass)", (found[0],))  # ... USING btree (name)
        return re.findall(r"\((\w+)\)", self.fetchone()[0])[-1], "index", extra

    def special(self, statement):
        """What is no SQL in PostgreSQL: the rows of it, or None."""
        database, text = self.connection.database, " ".join(statement.split())
        if re.match(r"SET (SESSION )?(sql_mode|SQL_MODE|character_set|NAMES)|SET NAMES|FLUSH ", text, re.I):
            return []
        if zone := re.match(r"SET time_zone = '([-+]\d\d:\d\d)'", text):
            self.plainly(f"SET TIME ZONE INTERVAL '{zone[1]}' HOUR TO MINUTE")
            return []
        if text.startswith("SET @"):
            return []
        if text.startswith("SET GLOBAL general_log_file"):
            database.logged_file = Path(re.search(r"'(.*)'", text)[1])
            return []
        if text == "SET GLOBAL log_output = 'TABLE'":
            database.logged_file = None
            return []
        if text == "SET GLOBAL general_log = 1":
            database.log_begins()
            return []
        if text == "SET GLOBAL general_log = 0":
            database.log_ends()
            return []
        if what := re.fullmatch(r"SHOW GLOBAL STATUS LIKE '(Questions|Com_begin)'", text):
            begins = re.compile(r"BEGIN|START TRANSACTION" if what[1] == "Com_begin" else "", re.I)
            return [(what[1], sum(1 for each in database.counted() if begins.match(each)))]
        if text == "TRUNCATE mysql.general_log":
            database.logged = database.log.stat().st_size
            return []
        if "FROM mysql.general_log" in text:
            return [("Query", each) for _, each in database.statements(database.logged)]
        if only := re.fullmatch(r"SET GLOBAL read_only = ([01])", text):
            database.configure("default_transaction_read_only", "on" if only[1] == "1" else "off")
            return []
        if wait := re.fullmatch(r"SET GLOBAL innodb_lock_wait_timeout = (\d+)", text):
            database.configure("lock_timeout", "1s" if wait[1] == "1" else None)
            return []
        if text == "SHOW GLOBAL VARIABLES LIKE 'innodb_lock_wait_timeout'":
            return [("innodb_lock_wait_timeout", "50")]
        return None

    # what pymysql's has

    @property
    def description(self):
        return self.real.description

    @property
    def rowcount(self):
        return self.real.rowcount

    def _all(self):
        if self.rows is None:
            self.rows = tuple(self.real.fetchall()) if self.real.description else ()
        return self.rows

    def fetchall(self):
        rows = self._all()[self.at :]
        self.at = len(self._all())
        return rows

    def fetchone(self):
        rows = self._all()
        self.at += 1
        return rows[self.at - 1] if self.at <= len(rows) else None
