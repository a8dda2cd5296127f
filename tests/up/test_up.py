# SPDX-License-Identifier: MIT
"""contrib/up for real, from a clone where no other user can go and whose path is longer than a socket's name.

Environment: MYREST_BIN, the program (default ./myrest, then build/myrest); it is not built again. MYREST_TEST_MYSQLD, a
MySQL or the folder of one (contrib/servers); without it contrib/up is not tried with MySQL.
"""
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
USERS = [
    {"id": 1, "username": "admin", "email": "admin@example.com"},
    {"id": 2, "username": "guest", "email": "guest@example.com"},
]
SECONDS = 60
KINDS = ["postgresql", *(["mysql"] if os.environ.get("MYREST_TEST_MYSQLD") else [])]
SHUTDOWN = {"postgresql": "database system is shut down", "mysql": "mysqld: Shutdown complete"}


def program():
    given = os.environ.get("MYREST_BIN")
    for place in [Path(given)] if given else [Path("myrest"), SOURCE / "build" / "myrest"]:
        if place.is_file():
            return place.resolve()
    raise AssertionError("no program: set MYREST_BIN")


def free_ports():
    """Two that follow each other, outside the range of outgoing connections."""
    while True:
        port = random.SystemRandom().randint(20000, 31998)
        try:
            with socket.socket() as one, socket.socket() as two:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
                return port
        except OSError:
            continue


def get(port, path):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


def until(what, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.05)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_free(port):
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            again.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def children(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(line) for line in found.split()]


class Up:
    """One contrib/up, with its log."""

    def __init__(self, clone, log, *arguments, state=None, port=None, **settings):
        self.port = port or free_ports()
        self.state = clone / (state or "var")
        self.log = log
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "ASAN_OPTIONS", "MYREST_TEST_MYSQLD") if name in os.environ}
        env = {**keep, "PORT": str(self.port), "MYREST_BIN": "./myrest", "WEB_CONCURRENCY": "2", **settings}
        if state:
            env["STATE"] = state
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                ["contrib/up", *arguments], cwd=clone, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def said(self):
        return self.log.read_text(errors="replace")

    def ready(self):
        found = until(lambda: re.search(r"^ready (\S+)$", self.said(), re.M) or self.process.poll() is not None)
        assert self.process.poll() is None and found, self.said()
        return found.group(1)

    def processes(self):
        """The servers; what they have started themselves is NAME/PID there."""
        lines = (self.state / "processes").read_text().splitlines()
        return {line.split()[0]: int(line.split()[1]) for line in lines if "/" not in line}

    def folder(self):
        return Path((self.state / "folder").read_text().strip())

    def ends(self, how=None):
        """Its exit status, after the signal given."""
        if how:
            self.process.send_signal(how)
        return self.process.wait(SECONDS)


@pytest.fixture(scope="module")
def clone():
    """Of what contrib/up needs, below a folder that is closed to everybody else."""
    closed = Path(tempfile.mkdtemp(prefix="myrest-closed.", dir="/var/tmp"))  # of mode 0700
    clone = closed / "a folder" / ("long-" * 30) / ("name-" * 30) / ("here-" * 30)
    clone.mkdir(parents=True)
    for name in ("contrib", "nginx"):
        shutil.copytree(SOURCE / name, clone / name)
    shutil.copy2(program(), clone / "myrest")
    yield clone
    shutil.rmtree(closed)


@pytest.fixture
def up(clone, tmp_path):
    started = []

    def start(*arguments, **settings):
        started.append(Up(clone, tmp_path / f"up-{len(started)}.log", *arguments, **settings))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(SECONDS)
    shutil.rmtree(clone / "var", ignore_errors=True)
    for other in clone.glob("other*"):
        shutil.rmtree(other)


def test_it_says_ready_when_the_two_users_are_answered(up):
    one = up()
    assert one.ready() == f"http://127.0.0.1:{one.port}/users"
    status, body = get(one.port, "/users")
    assert status == 200 and json.loads(body) == USERS
    assert get(one.port + 1, "/live")[0] == 200
    assert get(one.port + 1, "/ready")[0] == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lower itself")
def test_nothing_runs_as_root(up):
    one = up()
    one.ready()
    owners = {name: os.stat(f"/proc/{pid}").st_uid for name, pid in one.processes().items()}
    assert set(owners) == {"database", "pool", "nginx"} and 0 not in owners.values(), owners
    assert len(set(owners.values())) == 3


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_it_started(up, how):
    one = up()
    one.ready()
    processes, folder = one.processes(), one.folder()
    workers = children(processes["pool"])
    assert one.ends(how) == 0, one.said()
    left = [pid for pid in [*processes.values(), *workers] if alive(pid)]
    assert not left and workers
    assert not folder.exists()
    assert "mariadbd: Shutdown complete" in one.said()
    assert is_free(one.port)


def test_a_second_start_finds_its_data_again(up):
    one = up()
    one.ready()
    sql = "INSERT INTO users VALUES (3, 'third', 'third@example.com')"
    subprocess.run(["mariadb", f"--socket={one.folder()}/database/socket", "myrest", "-e", sql], check=True)
    assert one.ends(signal.SIGTERM) == 0
    again = up()
    again.ready()
    assert [user["username"] for user in json.loads(get(again.port, "/users")[1])] == ["admin", "guest", "third"]


def test_two_run_side_by_side(up):
    one, two = up(), up(state="other")
    one.ready(), two.ready()
    assert one.ends(signal.SIGTERM) == 0
    assert get(two.port, "/users")[0] == 200


def test_a_folder_in_use_is_refused(up):
    one = up()
    one.ready()
    two = up()
    assert two.ends() == 1 and "another contrib/up" in two.said()
    assert get(one.port, "/users")[0] == 200


@pytest.mark.parametrize("offset", [0, 1])
def test_a_port_that_is_taken_is_said_before_anything_starts(up, clone, offset):
    port = free_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + offset))
        other.listen()
        one = up(port=port, state="other")
        assert one.ends() == 1
    assert f"port {port + offset} " in one.said() and "taken" in one.said()
    assert not (clone / "other").exists()


def test_after_a_kill_the_next_start_tidies_up(up):
    one = up()
    one.ready()
    processes, folder = one.processes(), one.folder()
    one.process.kill()
    one.process.wait()
    two = up()
    two.ready()
    assert not [name for name, pid in processes.items() if alive(pid)]
    assert not folder.exists()
    assert json.loads(get(two.port, "/users")[1]) == USERS


@pytest.mark.parametrize("name", ["database", "pool", "nginx"])
def test_when_one_dies_the_others_are_stopped(up, name):
    one = up()
    one.ready()
    processes = one.processes()
    workers = {child: children(processes[child]) for child in ("pool", "nginx")}
    os.kill(processes[name], signal.SIGKILL)
    assert one.ends() == 1
    assert f"{name} has ended by itself" in one.said()
    assert not [name for name, pid in processes.items() if alive(pid)]
    assert all(workers.values())
    assert not [pid for pids in workers.values() for pid in pids if alive(pid)], one.said()
    assert is_free(one.port)


def test_the_workers_that_a_killed_nginx_leaves_behind_are_stopped_and_nobody_else(up):
    one = up()
    one.ready()
    nginx = one.processes()["nginx"]
    workers = children(nginx)
    # Nobody of ours, though it came to life at the same time and looks the same.
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        os.kill(nginx, signal.SIGKILL)
        assert one.ends() == 1
        assert alive(stranger.pid)
        stranger.kill()
    left = re.search(r"nginx has left processes behind, they are stopped: (.*)", one.said())
    assert left and sorted(map(int, left.group(1).split())) == sorted(workers)
    assert not [pid for pid in workers if alive(pid)]


def test_a_client_that_takes_its_answer_slowly_does_not_keep_nginx(up):
    one = up()
    one.ready()
    workers = children(one.processes()["nginx"])
    with socket.create_connection(("127.0.0.1", one.port)) as client:
        client.sendall(b"GET /users HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        assert one.ends(signal.SIGTERM) == 0
    assert not [pid for pid in workers if alive(pid)], one.said()


def test_after_a_kill_of_nginx_and_of_up_the_next_start_tidies_up(up):
    one = up()
    one.ready()
    nginx = one.processes()["nginx"]
    workers = children(nginx)
    one.process.send_signal(signal.SIGSTOP)
    os.kill(nginx, signal.SIGKILL)
    one.process.kill()
    one.process.wait()
    assert all(map(alive, workers))
    two = up(port=one.port)
    two.ready()
    assert not [pid for pid in workers if alive(pid)]
    assert json.loads(get(two.port, "/users")[1]) == USERS


def test_a_stop_in_the_middle_of_the_start_is_a_stop(up):
    for moment in (0.1, 0.3, 0.5, 0.8, 1.2):
        one = up()
        time.sleep(moment)
        one.ends(signal.SIGTERM)
        assert "killed" not in one.said(), one.said()
    up().ready()


def test_the_programs_settings_are_honoured(up):
    one = up(MYREST_PREFIX="/api", MYREST_TABLES="users(id,username)", MYREST_ACCESS_LOG="on", WEB_CONCURRENCY="3")
    assert one.ready() == f"http://127.0.0.1:{one.port}/api/users"
    short = [{"id": 1, "username": "admin"}, {"id": 2, "username": "guest"}]
    assert json.loads(get(one.port, "/api/users")[1]) == short
    assert b'"workers":3' in get(one.port + 1, "/ready")[1]
    assert until(lambda: '"event":"access"' in one.said(), 5)
    tcp = free_ports()
    two = up(state="other", MYREST_LISTEN=f"127.0.0.1:{tcp}", MYREST_ADMIN_LISTEN="")
    two.ready()
    socket.create_connection(("127.0.0.1", tcp)).close()
    with pytest.raises(OSError):
        get(two.port + 1, "/live")


def test_a_fault_of_configuration_is_shown_and_ends_it(up):
    one = up(MYREST_MAX_ROWS="many")
    assert one.ends() == 1
    assert "MYREST_MAX_ROWS" in one.said() and "pool has ended" in one.said()


@pytest.mark.parametrize("name", ["database", "pool", "nginx"])
def test_one_that_ends_before_it_is_looked_at_has_ended(up, tmp_path, name):
    """It is gone, or a zombie, when its start time is read, as on a machine that has no time for us."""
    (tmp_path / "late.sh").write_text(f"trap '[[ $BASH_COMMAND != \"remember {name}\" ]] || {{ kill -KILL $!; sleep 1; }}' DEBUG\n")
    one = up(BASH_ENV=str(tmp_path / "late.sh"))
    assert one.ends() == 1, one.said()
    assert f"{name} has ended by itself (status 137)" in one.said()
    assert not (one.state / "processes").exists()


def test_a_line_of_an_earlier_start_without_a_start_time_keeps_nobody(up, clone):
    with subprocess.Popen(["true"]) as gone:
        pass
    (clone / "var").mkdir()
    (clone / "var" / "processes").write_text(f"pool {gone.pid} \n")
    one = up()
    one.ready()
    assert "pool of an earlier start" not in one.said()


def test_a_database_of_ones_own_is_used(up):
    one = up()
    one.ready()
    mine = f"{one.folder()}/database/socket"
    sql = "CREATE USER mine@localhost IDENTIFIED BY 'p@ss'; GRANT SELECT ON myrest.* TO mine@localhost"
    subprocess.run(["mariadb", f"--socket={mine}", "-e", sql], check=True)
    url = f"mysql://mine:p%40ss@localhost/myrest?socket={mine}"
    two = up(state="other", DATABASE_URL=url)
    two.ready()
    assert set(two.processes()) == {"pool", "nginx"}
    assert json.loads(get(two.port, "/users")[1]) == USERS
    assert not (two.state / "database").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_of_database_serves_the_same_and_keeps_its_data(up, kind):
    one = up(kind, MYREST_WRITABLE="users")
    assert one.ready() == f"http://127.0.0.1:{one.port}/users"
    assert json.loads(get(one.port, "/users")[1]) == USERS
    processes, folder = one.processes(), one.folder()
    assert set(processes) == {"database", "pool", "nginx"}
    server = Path(f"/proc/{processes['database']}/cmdline").read_text().replace("\0", " ")
    assert {"postgresql": "/postgres -D", "mysql": "/mysqld --no-defaults"}[kind] in server
    if os.geteuid() == 0:
        assert 0 not in {os.stat(f"/proc/{pid}").st_uid for pid in processes.values()}
    client = http.client.HTTPConnection("127.0.0.1", one.port, timeout=10)
    third = {"username": "third", "email": "third@example.com"}
    client.request("POST", "/users", json.dumps(third), {"Content-Type": "application/json"})
    assert client.getresponse().status == 201, one.said()
    client.close()
    assert one.ends(signal.SIGTERM) == 0
    assert SHUTDOWN[kind] in one.said() and "killed" not in one.said()
    assert not [pid for pid in processes.values() if alive(pid)] and not folder.exists()
    again = up(kind)
    again.ready()
    assert json.loads(get(again.port, "/users")[1]) == [*USERS, {"id": 3, **third}]
    assert (again.state / kind).is_dir() and not (again.state / "database").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_the_client_that_it_names_reaches_the_database(up, kind):
    one = up(kind)
    one.ready()
    named = re.search(r"^up: database: (.*)$", one.said(), re.M).group(1).split()
    how = "-Atc" if kind == "postgresql" else "-Ne"
    ran = subprocess.run([*named, how, "SELECT COUNT(*) FROM users"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "2\n"), ran.stderr


def test_after_a_kill_a_postgresql_is_tidied_up(up):
    one = up("postgresql")
    one.ready()
    processes = one.processes()
    one.process.kill()
    one.process.wait()
    two = up("postgresql")
    two.ready()
    assert not [name for name, pid in processes.items() if alive(pid)]
    assert json.loads(get(two.port, "/users")[1]) == USERS


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_all_that_happens(up, clone, option):
    one = up(option)
    assert one.ends() == 0
    for word in ("mariadb", "mysql", "postgresql", "PORT", "STATE", "DATABASE_URL"):
        assert re.search(rf"^  {word} ", one.said(), re.M), one.said()
    assert not (clone / "var").exists()


@pytest.mark.parametrize("arguments", [["oracle"], ["--nosuch"], ["mysql", "postgresql"], [""]])
def test_an_argument_that_it_does_not_know_is_refused(up, clone, arguments):
    one = up(*arguments)
    assert one.ends() == 1
    assert "--help" in one.said() and not (clone / "var").exists()


def test_a_kind_and_a_database_of_ones_own_exclude_each_other(up, clone):
    one = up("postgresql", DATABASE_URL="postgresql://me@localhost/mine")
    assert one.ends() == 1
    assert "DATABASE_URL" in one.said() and not (clone / "var").exists()


@pytest.mark.parametrize(
    "arguments, name, value, words",
    [
        ([], "MYREST_BIN", "/nope", "/nope is not there"),
        ([], "MYREST_BIN", "no/such", "no/such is not there"),
        ([], "MYREST_BIN", "contrib", "is not a program"),
        ([], "MYREST_BIN", "contrib/common.sh", "is not a program"),
        (["mysql"], "MYREST_TEST_MYSQLD", "/nope", "/nope is not there"),
        (["mysql"], "MYREST_TEST_MYSQLD", "contrib", "is neither a mysqld nor a folder"),
        (["mysql"], "MYREST_TEST_MYSQLD", "contrib/common.sh", "is neither a mysqld nor a folder"),
    ],
)
def test_a_program_that_is_none_is_named_before_anything_starts(up, clone, arguments, name, value, words):
    one = up(*arguments, **{name: value})
    assert one.ends() == 1
    assert re.fullmatch(f"up: {name}: .*{words}.*\n", one.said()), one.said()
    assert not (clone / "var").exists()


def test_the_tests_name_a_mysqld_that_is_not_there(clone):
    env = {"PATH": os.environ["PATH"], "MYREST_TEST_MYSQLD": "/nope"}
    ran = subprocess.run(["contrib/check"], cwd=clone, capture_output=True, text=True, timeout=SECONDS, env=env)
    assert (ran.returncode, ran.stderr) == (1, "check: MYREST_TEST_MYSQLD: /nope is not there\n")
    assert not (clone / "var").exists()


@pytest.mark.parametrize("script", ["contrib/up", "contrib/check"])
def test_a_clone_that_is_configured_itself_is_told_the_way_out(clone, script):
    configured = clone / "config.status"
    configured.touch()
    try:
        ran = subprocess.run([script], cwd=clone, capture_output=True, text=True, timeout=SECONDS, env={"PATH": os.environ["PATH"]})
    finally:
        configured.unlink()
    assert ran.returncode == 1 and "'make distclean'" in ran.stderr and "README" in ran.stderr, ran.stderr
    assert not (clone / "var").exists()


# Debian's programs, but for those that would install: what they would do to the machine is done to a copy of /etc.
INSTALLING = """
set -eu
for place in /etc /usr/sbin /var/lib/systemd; do
    mkdir -p "$1$place"
    cp -a "$place/." "$1$place"
    mount --bind "$1$place" "$place"
done
# As on a machine that never had them: the helper does not enable again what somebody has disabled.
rm -rf /var/lib/systemd/deb-systemd-helper-enabled
rm -f /etc/systemd/system/*.wants/nginx.service /etc/systemd/system/*.wants/postgresql.service
export DPKG_MAINTSCRIPT_PACKAGE=test
deb-systemd-helper enable postgresql.service
unset DPKG_MAINTSCRIPT_PACKAGE
PATH=$1/bin:$PATH
. contrib/common.sh
need_packages nginx
find /etc/systemd/system -name nginx.service -o -name postgresql.service
ls -d /etc/rc2.d/?01nginx
"""

# apt-get says what it finds in Debian's settings when it installs PostgreSQL's packages, and may fail then.
INSTALLING_POSTGRESQL = """
set -eu
mkdir "$1/etc"
cp -a /etc/. "$1/etc"
mount --bind "$1/etc" /etc
settings=/etc/postgresql-common/createcluster.conf
mkdir -p "${settings%/*}"
printf '%s\n' '# how it is' '#create_main_cluster = true' 'start_conf = auto' >"$settings"
before=$(md5sum "$settings"; stat -c %a "$settings")
PATH=$1/bin:$PATH
. contrib/common.sh
status=0
(need_postgresql) || status=$?
[[ $(md5sum "$settings"; stat -c %a "$settings") == "$before" ]] || { cat "$settings" >&2; exit 99; }
ls "${settings%/*}"
exit $status
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have an /etc of its own")
def test_a_service_that_is_installed_does_not_start_at_the_next_boot(clone, tmp_path):
    (tmp_path / "bin").mkdir()
    for name, text in {"dpkg-query": "exit 1", "apt-get": "DPKG_MAINTSCRIPT_PACKAGE=nginx deb-systemd-helper enable nginx.service"}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    ran = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "bash", "-c", INSTALLING, "up", tmp_path],
        cwd=clone, capture_output=True, text=True, timeout=SECONDS,
    )
    assert ran.returncode == 0, ran.stderr
    assert "nginx.service is left disabled" in ran.stderr
    # What was enabled before is none of ours.
    assert ran.stdout.split() == ["/etc/systemd/system/multi-user.target.wants/postgresql.service", "/etc/rc2.d/K01nginx"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have an /etc of its own")
@pytest.mark.parametrize("status", [0, 1])
def test_how_debian_makes_clusters_is_as_before_once_postgresql_is_installed(clone, tmp_path, status):
    (tmp_path / "bin").mkdir()
    told = 'case $* in *" postgresql "*) grep create_main /etc/postgresql-common/createcluster.conf >&3; exit %d ;; esac' % status
    for name, text in {"dpkg-query": "exit 1", "apt-get": told}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    with open(tmp_path / "told", "w+", encoding="utf-8") as file:
        ran = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "bash", "-c", f"exec 3>>'{file.name}'\n{INSTALLING_POSTGRESQL}", "up", tmp_path],
            cwd=clone, capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        assert ran.returncode == status, ran.stderr
        assert file.read() == "create_main_cluster = false\n"
    assert "createcluster.conf.myrest" not in ran.stdout, ran.stdout
