# SPDX-License-Identifier: MIT
"""Processes of the tests: unprivileged, on free ports, in folders of their own, ended by pid."""
import collections
import grp
import os
import pwd
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path

FACTOR = float(os.environ.get("MYREST_TIME_FACTOR", "1"))

SETPRIV = shutil.which("setpriv")  # by its path: the server's environment may have another PATH


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


def socket_mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)
