# SPDX-License-Identifier: MIT
"""The real servers: the database, nginx and the pool, all unprivileged, on free ports, stopped by pid.

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
import collections
import grp
import os
import pwd
import random
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pymysql

import fcgi
import mysql
import postgresql
import unpacked
import web

FACTOR = float(os.environ.get("MYREST_TIME_FACTOR", "1"))
STRICT = os.environ.get("MYREST_STRICT") == "1"
WRAPPER = shlex.split(os.environ.get("MYREST_WRAPPER", ""))
SOURCE = Path(__file__).resolve().parents[2]
SECRET = "s3cr&t:p@ss/w%rd"
SETPRIV = shutil.which("setpriv")  # by its path: the server's environment may have another PATH
# What the leak checker of a build with sanitizers says of a thread that ends while it looks.
LEAK_CHECKER = re.compile(r"==\d+==Unable to get registers from thread \d+\.$")
COMPLAINTS = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:|ERROR SUMMARY: [1-9]")


def identity():
    """Arguments for Popen that make root somebody else; nothing for everybody else."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(os.environ.get("MYREST_TEST_USER", "nobody"))
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def as_somebody(command, groups=()):
    """The command line that runs a program as identity() says, and ends it with this process.

    A program does it, not a function that Python calls after a fork: that would want a real fork, which copies the page
    tables of the whole test run for each of the thousands of servers.
    """
    who, begin = identity(), [SETPRIV, "--pdeathsig=TERM"]
    if who:
        also = ",".join(str(grp.getgrnam(name).gr_gid) for name in groups)
        begin += [f"--reuid={who['user']}", f"--regid={who['group']}", f"--groups={also}" if also else "--clear-groups"]
    return [*begin, "--", *map(str, command)]


def own(path):
    who = identity()
    if who:
        os.chown(path, who["user"], who["group"])
    return path


def start(command, log=None, env=None, groups=(), **how):
    """Starts a server as an unprivileged user; it ends when this process does."""
    output = open(log, "ab") if log else subprocess.DEVNULL
    how.setdefault("stdin", subprocess.DEVNULL)
    how.setdefault("stdout", output)
    how.setdefault("stderr", output)
    try:
        return subprocess.Popen(as_somebody(command, groups), env=env, cwd="/", **how)
    finally:
        if log:
            output.close()


def end(process, how=signal.SIGTERM, seconds=20.0):
    """Stops one process that start() started; its exit code. KILL when it does not leave in time."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        return process.wait(seconds * FACTOR)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"{process.args} did not leave {seconds * FACTOR:g} s after signal {how}") from None


def until(what, seconds=10.0, step=0.01, why="it never became true"):
    """Calls what until it gives a true value, and returns that."""
    deadline = time.monotonic() + seconds * FACTOR
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * FACTOR:g} s: {why() if callable(why) else why}")
        time.sleep(step)


_promised = collections.deque(maxlen=64)  # the names of the ports that were given away last, until somebody listens


def free_port(host="127.0.0.1"):
    """A port outside the range of outgoing connections, free a moment ago, and promised to no other run of the tests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(1000):
        port = random.SystemRandom().randint(20000, 31999)
        promise = socket.socket(socket.AF_UNIX)
        with socket.socket(family) as probe:
            try:
                probe.bind((host, port))
                promise.bind(f"\0myrest-test-port-{port}")
            except OSError:
                promise.close()
                continue
        _promised.append(promise)
        return port
    raise AssertionError("no free port")


class Lab:
    """A short-named folder for one run of the tests."""

    def __init__(self):
        self.path = Path(own(tempfile.mkdtemp(prefix="mr", dir="/tmp")))
        self.path.chmod(0o755)
        self.count = 0

    def folder(self, name):
        self.count += 1
        path = self.path / f"{name}{self.count}"
        path.mkdir()
        return own(path)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


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
USERS = (
    "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, username VARCHAR(80) UNIQUE NOT NULL,"
    " email VARCHAR(120) UNIQUE NOT NULL)",
    "INSERT INTO users VALUES (1, 'admin', 'admin@example.com'), (2, 'guest', 'guest@example.com')",
)
ADMIN = {"id": 1, "username": "admin", "email": "admin@example.com"}
GUEST = {"id": 2, "username": "guest", "email": "guest@example.com"}


def program(faulty=False):
    """Where the program is, or one with a fault (True, or the name of another); a missing one fails the test that needs it."""
    if isinstance(faulty, str):
        place = program(faulty=True).parent / faulty
        assert place.is_file(), f"no program at {place}"
        return place
    name = "myrest-joins-running" if faulty else "myrest"
    given = os.environ.get("MYREST_FAULTY_BIN" if faulty else "MYREST_BIN")
    places = [Path(given)] if given else [Path.cwd() / name, SOURCE / "build" / name]
    if faulty and not given:
        places = [program().parent / "tests" / "faults" / name]
    for place in places:
        if place.is_file():
            return place.resolve()
    raise AssertionError(f"no program at {' or '.join(map(str, places))}")


_copies = {}


def reachable(lab, faulty=False):
    """A copy of the program where an unprivileged user can run it."""
    original = program(faulty)
    if original not in _copies:
        _copies[original] = lab.folder("bin") / original.name
        shutil.copy2(original, _copies[original])
        _copies[original].chmod(0o755)
    return _copies[original]


def instrumented(faulty=False):
    """Memory and latency say nothing under a sanitizer or valgrind."""
    return bool(WRAPPER) or b"__asan_init" in program(faulty).read_bytes()


def environment(**settings):
    """A clean environment: nothing of the caller's MYREST_* reaches the program."""
    keep = ("PATH", "HOME", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "GCOV_PREFIX", "LLVM_PROFILE_FILE")
    env = {name: os.environ[name] for name in keep if name in os.environ}
    env.update({name: str(value) for name, value in settings.items() if value is not None})
    return env


def run(lab, *arguments, seconds=20, **settings):
    """Runs the program to its end as the unprivileged user."""
    return subprocess.run(
        as_somebody([*WRAPPER, reachable(lab), *arguments]),
        env=environment(**settings),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds * FACTOR,
    )


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry))
    return sorted(found)


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def memory(pid, field="VmHWM"):
    """A field of /proc/PID/status in KiB."""
    return int(re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M).group(1))


class Pool:
    """The program, run as an operator would; .web is the admin listener, .fcgi() a connection to the socket."""

    def __init__(
        self,
        lab,
        url,
        tables="users",
        workers=2,
        listen=None,
        launcher=None,
        faulty=False,
        groups=(),
        stderr=None,
        admin=True,
        ready=True,
        **settings,
    ):
        self.home = lab.folder("p")
        self.path = self.home / "s"
        self.address = str(self.path)
        self.log_path = self.home / "log"
        self.admin_port = free_port() if admin else None
        self.deaths_expected = self.complaints_expected = False
        values = {
            "DATABASE_URL": url,
            "WEB_CONCURRENCY": workers,
            "MYREST_TABLES": tables,
            "MYREST_LISTEN": listen or f"unix:{self.path}?mode=0666",
            # Many a test has statements that are slow on purpose, on all workers, and waits behind them. Those of these two
            # have what is set where nothing is (test_overload.py, test_goodput.py, test_lanes.py).
            "MYREST_QUEUE_MS": 0,
            "MYREST_SLOW_WORKERS": 256,
        }
        if self.admin_port:
            values["MYREST_ADMIN_LISTEN"] = f"127.0.0.1:{self.admin_port}"
        values.update(settings)
        self.binary = reachable(lab, faulty)
        self.command = [*WRAPPER, self.binary]
        self.settings = values
        self.stderr, self.groups, self.launcher = stderr, groups, launcher or (lambda pool, command: command)
        self.process = None
        self.web = web.Web(self.admin_port) if admin else None
        self.start(ready)

    def start(self, ready=True):
        how = {"stderr": self.stderr} if self.stderr is not None else {}
        self.process = start(
            self.launcher(self, self.command), self.log_path, environment(**self.settings), self.groups, **how
        )
        if ready:
            try:
                until(self.is_ready, 10, step=0.005, why=lambda: f"not ready:\n{self.text()[-3000:]}")
            except BaseException:
                self.process.kill()
                self.process.wait()
                raise

    def is_ready(self):
        """Every worker has its connection."""
        assert self.process.poll() is None, f"the pool ended ({self.process.returncode}):\n{self.text()[-3000:]}"
        try:
            if self.web:
                workers = self.settings.get("WEB_CONCURRENCY")
                return self.web.get("/ready").status == 200 and (
                    workers is None or self.metric("myrest_workers_ready") >= int(workers)
                )
            with self.fcgi() as connection:
                return connection.request(target="/nothing-here").ended
        except (OSError, AssertionError):
            assert self.process.poll() is None, f"the pool ended:\n{self.text()[-3000:]}"
            return False

    def listens(self):
        """Whether the socket takes connections; it is there a moment before it does."""
        try:
            self.fcgi().close()
        except OSError:
            return False
        return True

    def text(self):
        return self.log_path.read_text("utf-8", "replace")

    def log(self, event=None):
        """The events logged until now, as objects."""
        events = []
        for line in self.text().splitlines():
            if line.startswith("{"):
                events.append(web.parse(line.encode()))
        return [entry for entry in events if event in (None, entry.get("event"))]

    def metrics(self):
        response = self.web.get("/metrics")
        assert response.status == 200, response
        values = {}
        for line in response.body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values

    def metric(self, name):
        """The sum of one metric over its labels."""
        found = [value for key, value in self.metrics().items() if key.partition("{")[0] == name]
        assert found, f"no metric {name}"
        return sum(found)

    def counted(self, requests):
        """The metrics, once so many requests are counted: a request is counted a moment after it is answered."""
        name = "myrest_requests_total"
        return until(lambda: self.metric(name) >= requests and self.metrics(), 3, why=lambda: self.metric(name))

    def supervisor(self):
        """The pid of the supervisor, also under a launcher that forks."""
        seen = [self.process.pid]
        while seen:
            pid = seen.pop()
            if WRAPPER or command_line(pid).startswith("myrest: supervisor"):
                return pid
            seen += children(pid)
        return self.process.pid

    def workers(self):
        below = children(self.supervisor())
        named = [pid for pid in below if command_line(pid).startswith("myrest: worker")]
        return named or [pid for pid in below if not command_line(pid).startswith("myrest:")][-self.count() :]

    def count(self):
        return int(self.settings["WEB_CONCURRENCY"])

    def fcgi(self, timeout=10.0):
        return fcgi.Connection(self.address, timeout * FACTOR)

    def ask(self, target="/users", method="GET", timeout=10.0, **how):
        """One request on a connection of its own, straight to the socket."""
        with self.fcgi(timeout) as connection:
            answer = connection.request(method, target, keep=False, **how)
        assert answer.ended and answer.cut is None, f"{method} {target!r}: {answer}"
        return answer

    def signal(self, which):
        os.kill(self.supervisor(), which)

    def stop(self, seconds=None):
        """TERM, and the pool leaves with 0, in time, nobody left behind, nothing but JSON in its log."""
        family = children(self.supervisor())
        code = end(self.process, seconds=seconds or float(self.settings.get("MYREST_DRAIN_TIMEOUT", 25)) + 5)
        self.check_log()
        assert code == 0, f"exit {code}:\n{self.text()[-3000:]}"
        left = [pid for pid in family if command_line(pid).startswith("myrest:")]
        assert not left, f"left behind: {left}"

    def close(self):
        """For fixtures: stop(), when the test has not ended the pool itself."""
        if self.process.poll() is None:
            self.stop()
        else:
            self.check_log()

    def check_log(self):
        text = self.text()
        assert not COMPLAINTS.search(text), text[-6000:]
        for secret in (SECRET, quote(SECRET, safe="")):
            assert secret not in text, "a secret in the log"
        if not WRAPPER and self.launcher.__name__ == "<lambda>" and self.stderr is None:
            for line in text.splitlines():
                if LEAK_CHECKER.match(line):
                    continue
                assert line.startswith("{"), f"not JSON in the log: {line!r}"
                web.parse(line.encode())
        if not self.deaths_expected:
            events = [entry.get("event") for entry in self.log()]
            before = events[: events.index("stop")] if "stop" in events else events
            if "reload" not in before:
                assert "worker-exit" not in before, f"a worker died:\n{text[-3000:]}"


class Nginx(web.Web):
    """nginx before one pool, with the configuration we ship in nginx/; only addresses are changed in it."""

    def __init__(self, lab, pool, keepalive=64, kept=True):
        super().__init__(free_port(), timeout=20.0 * FACTOR)
        self.home = lab.folder("n")
        address = pool.address
        if isinstance(address, tuple):
            server = f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
        else:
            server = f"unix:{address}"
        for piece in (SOURCE / "nginx").iterdir():
            text = piece.read_text().replace("unix:/run/myrest/myrest.sock", server)
            text = re.sub(r"^( *listen) 127\.0\.0\.1:80\b", rf"\1 127.0.0.1:{self.port}", text, flags=re.M)
            if kept:
                text = text.replace("keepalive 64;", f"keepalive {keepalive};")
            else:
                text = text.replace("keepalive 64;", "").replace("fastcgi_keep_conn on;", "fastcgi_keep_conn off;")
            (self.home / piece.name).write_text(text)
        self.access = self.home / "access"
        (self.home / "conf").write_text(
            f"""
worker_processes 2;
daemon off;
pid {self.home}/pid;
error_log {self.home}/error info;
events {{ worker_connections 2048; }}
http {{
    log_format tried '$request_id|$status|$upstream_status|$request_method|$request_uri';
    access_log {self.access} tried;
    client_body_temp_path {self.home}/b; fastcgi_temp_path {self.home}/f; proxy_temp_path {self.home}/p;
    uwsgi_temp_path {self.home}/u; scgi_temp_path {self.home}/s;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    include myrest.conf;
}}
"""
        )
        self.start()

    def start(self):
        self.process = start(
            ["/usr/sbin/nginx", "-p", self.home, "-c", self.home / "conf", "-e", self.home / "error"], self.home / "out"
        )
        until(self.listening, 10, why=lambda: (self.home / "error").read_text())

    def change(self, name, old, new):
        """Starts again with another text in one of the files."""
        text = (self.home / name).read_text()
        assert old in text, f"{name} lacks {old!r}"
        (self.home / name).write_text(text.replace(old, new))
        self.stop()
        self.start()

    def listening(self):
        assert self.process.poll() is None, (self.home / "out").read_text() + (self.home / "error").read_text()
        try:
            socket.create_connection((self.host, self.port), 1).close()
            return True
        except OSError:
            return False

    def tried(self):
        """The access log: (id, status, upstream statuses, method, target) of every request."""
        rows = []
        for line in self.access.read_text().splitlines():
            ident, status, upstream, method, target = line.split("|", 4)
            rows.append((ident, int(status), upstream.split(", "), method, target))
        return rows

    def errors(self):
        return (self.home / "error").read_text()

    def stop(self):
        end(self.process, signal.SIGQUIT if self.process.poll() is None else signal.SIGTERM, 10)


def socket_mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# They need what stands above.
if postgresql.HERE:
    from postgresql_server import Database  # noqa: E402,F811
elif mysql.HERE:
    from mysql_server import Database  # noqa: E402,F811
elif unpacked.ROOT:
    from mariadb_server import Database  # noqa: E402,F811
