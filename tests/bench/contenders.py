# SPDX-License-Identifier: MIT
"""Who is measured: each one knows how it is started, where it answers and how it counts its statements."""

import http.client
import json
import os
import pathlib
import random
import urllib.request

from servers import HERE, ROWS, Fault, Server, find_program, free_port, row_of, rows_of

CONSTANT_KEY = 5000  # the one row the limit answers for every key


def compact(value):
    """JSON as MyREST prints it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Contender:
    """Started for one measurement and stopped after it, so that nobody shares pages or cores with another."""

    name = ""
    title = ""
    first = "/users"  # what is asked until it answers
    database = "mariadb"
    twin = None  # on the other database

    def __init__(self, bench):
        self.bench = bench
        self.folder = bench.folder
        self.server = None
        self.port = free_port()

    def prepare(self):
        """Before anything is started: copies and files."""

    def launch(self):
        """Starts the processes; returns the Server that heads them."""
        raise NotImplementedError

    def start(self):
        self.server = self.launch()
        self.server.wait_until(self.answers)

    def stop(self):
        if self.server:
            self.server.stop()
            self.server = None

    def get(self, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def answers(self):
        try:
            return self.get(self.first)[0] == 200
        except OSError:
            return False

    def expected_row(self, key):
        return row_of(key)

    def verify(self):
        """Every body of the benchmark, compared with the rows that were put in; returns the bytes."""
        bodies = {}
        for table in ("users", "users100", "users1000"):
            bodies[table] = self.check(f"/{table}", rows_of(table))
        for key in [1, ROWS["users10k"], CONSTANT_KEY, *random.sample(range(1, ROWS["users10k"]), 20)]:
            body = self.check(f"/users10k/{key}", self.expected_row(key))
            if key == CONSTANT_KEY:
                bodies["users10k"] = body
        return bodies

    def check(self, path, expected):
        status, headers, body = self.get(path)
        if status != 200:
            raise Fault(f"{self.name}: GET {path} answers {status}: {body[:300]!r}\n{self.server.last_words()}")
        if not headers.get("Content-Type", "").startswith("application/json"):
            raise Fault(f"{self.name}: GET {path} is of type {headers.get('Content-Type')}")
        try:
            found = json.loads(body)
        except ValueError as error:
            raise Fault(f"{self.name}: GET {path} is not JSON ({error}): {body[:300]!r}") from None
        if found != expected:
            raise Fault(f"{self.name}: GET {path} answers wrong rows: {body[:300]!r}")
        return body

    def counters(self):
        """(requests, statements) so far by the contender's own count; None where it keeps none."""
        return None


class MyREST(Contender):
    name = "myrest"
    title = "MyREST"
    tables = ",".join(ROWS)
    merge = "on"
    more = {}  # of its environment

    def prepare(self):
        self.admin = free_port()
        self.port = self.bench.ports["MYREST_PORT"]
        self.program = self.folder.copy(self.bench.options.myrest)

    def launch(self):
        return Server(
            self.folder,
            self.name,
            [self.program],
            {
                "DATABASE_URL": self.bench.databases[self.database].url(),
                "MYREST_LISTEN": f"unix:{self.folder.path}/myrest.sock?mode=0600",
                "MYREST_ADMIN_LISTEN": f"127.0.0.1:{self.admin}",
                "MYREST_TABLES": self.tables,
                "MYREST_MERGE": self.merge,
                "WEB_CONCURRENCY": str(self.bench.options.workers),
                **self.more,
            },
        )

    def counters(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=10) as response:
            lines = response.read().decode().splitlines()
        found = dict(line.split(" ")[:2] for line in lines if line and not line.startswith("#"))
        try:
            return float(found["myrest_requests_total"]), float(found["myrest_statements_total"])
        except KeyError as error:
            raise Fault(f"{self.name}: /metrics has no {error}") from None


class Before(MyREST):
    """Another build of it, which options.before names."""

    name = "before"
    title = "MyREST, the build before"

    def prepare(self):
        super().prepare()
        self.program = self.folder.copy(self.bench.options.before, self.name)


class MyRESTAlone(MyREST):
    name = "unmerged"
    title = "MyREST, MYREST_MERGE=off"
    merge = "off"


class OnMySQL(MyREST):
    name = "mysql"
    title = "MyREST on MySQL"
    database = "mysql"
    twin = "myrest"


class OnMySQLAlone(OnMySQL):
    name = "mysql-unmerged"
    title = "on MySQL, MERGE=off"
    merge = "off"
    twin = "unmerged"


class OnPostgreSQL(MyREST):
    name = "postgresql"
    title = "MyREST on PostgreSQL"
    database = "postgresql"
    twin = "myrest"


class OnPostgreSQLAlone(OnPostgreSQL):
    name = "postgresql-unmerged"
    title = "on PostgreSQL, MERGE=off"
    merge = "off"
    twin = "unmerged"


class Limit(Contender):
    name = "limit"
    title = "the limit (no database)"
    database = None

    def prepare(self):
        self.port = self.bench.ports["LIMIT_PORT"]
        self.program = self.folder.copy(self.bench.options.limit)
        for table in ("users", "users100", "users1000"):
            self.folder.write(f"bodies/{table}", compact(rows_of(table)))
        self.folder.write("bodies/users10k", compact(row_of(CONSTANT_KEY)))

    def expected_row(self, key):
        return row_of(CONSTANT_KEY)

    def launch(self):
        socket = self.folder.path / "limit.sock"
        return Server(
            self.folder, self.name, [self.program, socket, self.folder.path / "bodies", os.cpu_count()]
        )


class PHP(Contender):
    name = "php"
    title = "PHP-FPM, mysqli, persistent"
    script = "users.php"

    def prepare(self):
        self.port = self.bench.ports["PHP_PORT"]
        self.folder.copy(HERE / self.script)
        self.configuration = self.folder.fill(
            "php-fpm.conf.in", "php-fpm.conf", {"CHILDREN": self.bench.options.php_children}
        )

    def launch(self):
        return Server(
            self.folder,
            self.name,
            [find_program("php-fpm8.2", "php-fpm8.4", "php-fpm8.3", "php-fpm"), "-y", self.configuration],
        )


class Flask(Contender):
    name = "flask"
    title = "Flask + SQLAlchemy, gunicorn"

    def prepare(self):
        self.direct = self.bench.ports["FLASK_PORT"]
        self.port = self.bench.ports["FLASK_PROXY_PORT"] if self.bench.options.flask_proxy else self.direct
        self.folder.copy(HERE / "flask_app.py")

    def launch(self):
        options = self.bench.options
        command = [
            find_program("gunicorn"),
            f"--bind=127.0.0.1:{self.direct}",
            f"--workers={options.flask_workers}",
            f"--worker-class={options.flask_class}",
            "--backlog=4096",
            "--log-level=warning",
        ]
        if options.flask_class == "gthread":
            command += [f"--threads={options.flask_threads}", "--keep-alive=60"]
        return Server(
            self.folder,
            self.name,
            [*command, "flask_app:app"],
            {"DATABASE_URL": f"mysql+pymysql://bench:bench@localhost/bench?unix_socket={self.bench.databases[self.database].socket}"},
        )


ALL = [MyREST, Before, MyRESTAlone, OnMySQL, OnMySQLAlone, OnPostgreSQL, OnPostgreSQLAlone, Limit, PHP, Flask]


def port_names():
    return ["MYREST_PORT", "LIMIT_PORT", "PHP_PORT", "FLASK_PORT", "FLASK_PROXY_PORT"]


def programs_exist(options, names):
    """The two programs that are built, not installed."""
    for kind in ALL:
        path = options.before if kind is Before else options.myrest if issubclass(kind, MyREST) else options.limit
        if issubclass(kind, (MyREST, Limit)) and kind.name in names and not pathlib.Path(path).is_file():
            raise Fault(f"'{path}' is not there: 'make myrest tests/bench/limit', or leave out {kind.name} by --only")
