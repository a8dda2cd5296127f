# SPDX-License-Identifier: MIT
"""All that is real in a run: the database, the pool (its socket held as systemd holds it), nginx, and what was done to them."""
import ctypes
import os
import random
import re
import signal
import socket
import time
from pathlib import Path

import databases
import servers
import tables
from oracle import ACKNOWLEDGED, Oracle
from wire import Journal

WORKERS = 4
WATCHDOG = 4           # seconds, MYREST_WATCHDOG
STATEMENT_TIMEOUT = 6  # seconds, MYREST_STATEMENT_TIMEOUT
# Seconds after the end of a blow in which all must work again, and before which nothing that fails is told to be wrong. A
# pool comes back within a second of its database (README); the rest is for what waits meanwhile, and for a busy machine.
RECOVERY = 3.0 + servers.FACTOR
PR_SET_CHILD_SUBREAPER = 36


class Pool(servers.Pool):
    """One whose socket outlives it, as with myrest.socket: it gets it as its standard input, as from spawn-fcgi."""

    def __init__(self, lab, url, **settings):
        place = servers.own(lab.folder("socket")) / "s"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(place))
        os.chmod(place, 0o666)
        self.listener.listen(4096)
        super().__init__(lab, url, **settings)
        self.address = str(place)

    def start(self, ready=True):
        self.process = servers.start(
            self.command, self.log_path, servers.environment(**self.settings), stdin=self.listener.fileno()
        )
        if ready:
            servers.until(self.is_ready, 20, why=self.text)


class World:
    def __init__(self, name, seed, lab):
        # Who loses its supervisor becomes ours, so that we are told how it ends.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.name, self.seed, self.lab = name, seed, lab
        self.oracle, self.journal, self.admin = Oracle(), Journal(), Journal()
        self.blows = []             # (name, began, ended or None) of those that were begun
        self.faults = []            # of the blows and of the processes, as texts
        self.killed, self.orphans = set(), {}
        self.down = 0               # blows that have the supervisor away
        self.stopping = self.pausing = False
        self.database = self.pool = self.nginx = None
        self.ids, self.readings = 0, []
        self.began, self.ended = time.monotonic(), None  # of the blows and the calm after them
        try:
            self._start()
        except BaseException:
            self.remove()
            raise

    def _start(self):
        self.database = databases.make(self.name, self.lab)
        self.version = self.database.version()
        self.pool = Pool(
            self.lab, self.database.url(), tables=",".join(tables.NAMES), workers=WORKERS, MYREST_WRITABLE=tables.WRITABLE,
            MYREST_IDEMPOTENCY_TABLE=tables.IDEMPOTENCY, MYREST_MAX_ROWS=tables.MAX_ROWS, MYREST_WATCHDOG=WATCHDOG,
            MYREST_STATEMENT_TIMEOUT=STATEMENT_TIMEOUT, MYREST_QUEUE_MS=None, MYREST_SLOW_WORKERS=None, MYREST_LOG_LEVEL="info",
        )  # fmt: skip
        self.nginx = servers.Nginx(self.lab, self.pool)
        self.port = self.nginx.port
        wide = self.oracle.key("wide", tables.WIDE, tables.WIDTH)
        self.oracle.end(wide, self.oracle.begin(wide), ACKNOWLEDGED)

    def dice(self, *what):
        return random.Random("/".join(map(str, (self.seed, *what))))

    def new_id(self):
        self.ids += 1
        return self.ids

    # who does what

    def nginx_touched(self):
        """Whether a blow to nginx is under way, or was a moment ago."""
        return self.active("nginx", time.monotonic() - RECOVERY)

    def active(self, prefix, since):
        return any(name.startswith(prefix) and (ended is None or ended >= since) for name, _, ended in list(self.blows))

    def during(self, began, ended, grace=RECOVERY):
        """The names of the blows that may have had to do with what happened in this time."""
        felt = {name for name, start, stop in list(self.blows) if start <= ended and (stop is None or stop + grace >= began)}
        return sorted(felt)

    def felt(self, began, ended):
        """The same for people: what was under way, or else what had been just before."""
        names = self.during(began, ended, 0.3)
        return " + ".join(names) or " + ".join(f"after: {name}" for name in self.during(began, ended)) or "nothing"

    def kill(self, pid, how=signal.SIGKILL):
        """A process of the pool, which is expected to end by it, if it ends."""
        if how in (signal.SIGKILL, signal.SIGSTOP):  # who is stopped for long is killed by the watchdog
            self.killed.add(pid)
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            pass

    def admins(self):
        return [pid for pid in servers.children(self.pool.process.pid) if servers.command_line(pid).startswith("myrest: admin")]

    def adopt(self, family):
        """The children of a supervisor that will be killed."""
        for pid in family:
            self.orphans[pid] = servers.command_line(pid)

    def reap(self):
        """How the adopted ones have ended."""
        for pid in list(self.orphans):
            try:
                gone, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                gone, status = pid, 0  # its supervisor had buried it
            if not gone:
                continue
            name = self.orphans.pop(pid)
            if os.WIFSIGNALED(status) and not (os.WTERMSIG(status) == signal.SIGKILL and pid in self.killed):
                self.faults.append(f"{name} ({pid}) without a supervisor ended by signal {os.WTERMSIG(status)}")
            elif os.WIFEXITED(status) and os.WEXITSTATUS(status):
                self.faults.append(f"{name} ({pid}) without a supervisor ended with status {os.WEXITSTATUS(status)}")

    def look(self):
        """Whether the supervisor and nginx live, unless a blow has them."""
        self.reap()
        if not self.down and self.pool.process.poll() is not None:
            self.faults.append(f"the supervisor ended: {self.pool.process.returncode}")
            self.pool.start(ready=False)
        if self.nginx.process.poll() is not None:
            self.faults.append(f"nginx ended: {self.nginx.process.returncode}")
            self.nginx.start()

    def crashes(self):
        """Who ended by what was not done to it, by the pool's log; and what a sanitizer has said."""
        found = []
        for entry in self.pool.log():
            if entry["event"] in ("worker-exit", "admin-exit"):
                status, how = entry.get("status"), entry.get("signal")
                if status == 0 or (how == signal.SIGKILL and entry["child"] in self.killed):
                    continue
                found.append(f"{entry['event']} of {entry['child']}: {f'signal {how}' if how else f'status {status}'}")
            elif entry["event"] == "worker-killed" and entry["child"] not in self.killed:
                found.append(f"worker {entry['child']} was killed by the watchdog, which nobody had stopped")
        text = self.pool.text()
        complaint = servers.COMPLAINTS.search(text)
        if complaint:
            found.append("a sanitizer: " + text[max(0, complaint.start() - 300) : complaint.start() + 1500])
        for line in text.splitlines():
            if not line.startswith("{") and not servers.LEAK_CHECKER.match(line) and not complaint:
                found.append(f"not of the log: {line[:300]}")
        return found

    # descriptors and memory

    def processes(self):
        """kind -> [(pid, descriptors, private memory in KiB, age in s)] of the pool's processes."""
        supervisor = self.pool.process.pid
        named = {"supervisor": [supervisor], "admin": self.admins(), "worker": self.pool.workers()}
        return {kind: [self._size(pid) for pid in pids] for kind, pids in named.items()}

    @staticmethod
    def _size(pid):
        roll = Path(f"/proc/{pid}/smaps_rollup").read_text()
        private = int(re.search(r"^Private_Dirty:\s+(\d+) kB", roll, re.M).group(1))
        started = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started
        return pid, len(os.listdir(f"/proc/{pid}/fd")), private, age

    def calm_sizes(self):
        """When nobody asks, all workers are ready, and nginx keeps no connection to them."""
        self.nginx.process.send_signal(signal.SIGHUP)
        servers.until(self.pool.is_ready, 20, why="the workers are not ready")
        last = None
        for _ in range(40):
            sizes = self.processes()
            counts = sorted(size[1] for sizes_of in sizes.values() for size in sizes_of)
            if len(sizes["worker"]) == WORKERS and counts == last:
                return sizes
            last = counts
            time.sleep(0.5)
        return sizes

    def remove(self):
        if self.nginx is not None:
            self.nginx.stop()
        if self.pool is not None and self.pool.process.poll() is None:
            self.pool.process.kill()  # its workers leave with it
            self.pool.process.wait()
        if self.database is not None:
            self.database.remove()
