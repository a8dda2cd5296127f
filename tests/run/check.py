# SPDX-License-Identifier: MIT
"""contrib/check, once Python is there: reads the options, installs what is missing, and runs the parts."""
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from parts import PARTS, choose
from runner import Interrupted, Runner, say
from steps import SOURCE, Setup

# Nothing of the caller's reaches the tests.
OF_THE_CALLER = r"MYREST_|DATABASE_URL|PYTEST_|(WEB_CONCURRENCY|MAKEFLAGS|MFLAGS|DESTDIR|STATE)$"

TEST_PACKAGES = """
    libcmocka-dev clang libclang-rt-14-dev llvm-14 valgrind shellcheck mandoc man-db systemd spawn-fcgi multiwatch
    xz-utils procps openssl mmdebstrap python3 python3-pytest python3-pymysql python3-psycopg2 python3-hypothesis
""".split()

# With the means that contrib/up has as well. LOG PACKAGE...
PREPARE = r"""
set -u
. "$1/contrib/common.sh"
need_packages "${build_packages[@]}" "${web_packages[@]}" "${database_packages[@]}" "${@:3}"
need_postgresql
say "making configure"
make_configure >"$2" 2>&1 || { cat "$2" >&2; die "autogen.sh failed"; }
"""


def die(text):
    say(text)
    sys.exit(1)


def has_node():
    """Whether there are npm and a node that can run the clients' tests, wherever they come from."""
    enough = ["node", "-e", "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)"]
    return shutil.which("npm") and shutil.which("node") and subprocess.run(enough, stderr=subprocess.DEVNULL).returncode == 0


def packages_for(parts):
    wanted = dict.fromkeys(package for part in parts for package in part.packages)
    if wanted and has_node():
        wanted = [package for package in wanted if package not in ("nodejs", "npm")]
    return [*TEST_PACKAGES, *wanted]


def servers_folder(state):
    """Root's tests run their servers as nobody, whom a folder in root's home is closed to."""
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "test", "-x", state / "log"]
    if os.geteuid() == 0 and subprocess.run(nobody).returncode:
        return Path("/var/cache/myrest/servers")
    return state / "servers"


def prepare(log, parts):
    made = subprocess.run(["bash", "-c", PREPARE, "check", SOURCE, log, *packages_for(parts)])
    if made.returncode:
        sys.exit(made.returncode)


def forget_old_builds(state):
    """What an earlier configure was made from may have changed."""
    for folder in (state / name for name in ("gcc", "asan", "clang", "without")):
        made = folder / "config.status"
        if made.exists() and (SOURCE / "configure").stat().st_mtime > made.stat().st_mtime:
            shutil.rmtree(folder)


def main(arguments):
    began = time.monotonic()
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # which ends us without a traceback
    state = Path(os.path.realpath(os.environ.get("STATE") or SOURCE / "var/check"))
    mysqld = os.environ.get("MYREST_TEST_MYSQLD", "")
    for name in [name for name in os.environ if re.match(OF_THE_CALLER, name)]:
        del os.environ[name]
    os.environ["PATH"] += ":/usr/sbin:/sbin"

    names = [argument for argument in arguments if not argument.startswith("-")]
    options = {argument for argument in arguments if argument.startswith("-")}
    for unknown in sorted(options - {"--all", "--list"}):
        die(f"unknown option {unknown}")
    if "--list" in options:
        print(*(part.name for part in PARTS), sep="\n")
        return 0
    for unknown in (name for name in names if name not in {part.name for part in PARTS}):
        die(f"no part is called {unknown} (--list)")
    everything = "--all" in options
    parts = choose(names, everything)

    try:
        (state / "log").mkdir(parents=True, exist_ok=True)
        lock = open(state / "lock", "w", encoding="utf-8")
    except OSError as error:
        die(f"STATE: {error}")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        die(f"STATE: another contrib/check works in {state}")
    prepare(state / "log" / "autogen.log", parts)
    forget_old_builds(state)

    setup = Setup(state, servers_folder(state), mysqld, everything, run=f"{os.getpid()}-{time.time()}")
    runner = Runner(parts, state / "log", setup, factor=6 if everything else 1, may_skip=not everything)
    try:
        runner.run()
    except Interrupted:
        return 1
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    say(f"took {minutes} min {seconds} s; logs in {state / 'log'}")
    skipped = f", {runner.skipped} skipped" if runner.skipped else ""
    print(f"{runner.passed} passed, {runner.failed} failed{skipped}")
    return 0 if runner.failed == 0 and runner.passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
