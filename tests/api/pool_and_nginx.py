# SPDX-License-Identifier: MIT
"""The program, run as an operator would, and nginx before it."""
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

import fcgi
import web
from processes import FACTOR, as_somebody, children, command_line, end, free_port, start, until

WRAPPER = shlex.split(os.environ.get("MYREST_WRAPPER", ""))
SOURCE = Path(__file__).resolve().parents[2]
SECRET = "s3cr&t:p@ss/w%rd"

# What the leak checker of a build with sanitizers says of a thread that ends while it looks.
LEAK_CHECKER = re.compile(r"==\d+==Unable to get registers from thread \d+\.$")
COMPLAINTS = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:|ERROR SUMMARY: [1-9]")


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
