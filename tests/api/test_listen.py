# SPDX-License-Identifier: MIT
"""Where the pool listens: its own socket, TCP, or what spawn-fcgi and systemd hand it."""
import errno
import fcntl
import grp
import os
import shutil
import signal
import socket
import stat
import sys
import time

import pytest

import fcgi
import servers


def serves(pool):
    return pool.ask("/users/1").status == 200


def test_a_bare_path(users, start_pool, lab):
    path = lab.folder("l") / "sock"
    pool = start_pool(users.schema.url(), listen=str(path), ready=False)
    pool.address = str(path)
    servers.until(pool.is_ready)
    assert serves(pool) and stat.S_ISSOCK(os.stat(path).st_mode)


def test_the_mode_of_the_socket(users, start_pool):
    for mode in (0o600, 0o660, 0o666):
        pool = start_pool(users.schema.url())
        pool.stop()
        pool.settings["MYREST_LISTEN"] = f"unix:{pool.path}?mode={mode:04o}"
        pool.start()
        assert servers.socket_mode(pool.path) == mode


def test_without_a_mode_others_may_not_connect(users, start_pool):
    pool = start_pool(users.schema.url())
    pool.stop()
    pool.settings["MYREST_LISTEN"] = f"unix:{pool.path}"
    pool.start()
    assert servers.socket_mode(pool.path) & 0o002 == 0


def test_the_group_of_the_socket(users, lab, start_pool):
    if os.geteuid() == 0:
        name, groups = "www-data", ("www-data",)
    else:
        name, groups = grp.getgrgid(os.getgid()).gr_name, ()
    path = lab.folder("l") / "sock"
    pool = start_pool(users.schema.url(), listen=f"unix:{path}?mode=0660&group={name}", groups=groups)
    pool.address = str(path)
    assert serves(pool)
    found = os.stat(path)
    assert (grp.getgrgid(found.st_gid).gr_name, stat.S_IMODE(found.st_mode)) == (name, 0o660)


def test_tcp(users, start_pool, start_nginx):
    port = servers.free_port()
    pool = start_pool(users.schema.url(), listen=f"127.0.0.1:{port}")
    pool.address = ("127.0.0.1", port)
    assert serves(pool)
    assert len(start_nginx(pool).json("/users")) == 2


def test_ipv6(users, start_pool, start_nginx):
    port = servers.free_port("::1")
    pool = start_pool(users.schema.url(), listen=f"[::1]:{port}")
    pool.address = ("::1", port)
    assert serves(pool)
    assert len(start_nginx(pool).json("/users")) == 2


def test_a_live_socket_is_never_stolen(users, start_pool):
    first = start_pool(users.schema.url())
    inode = os.stat(first.path).st_ino
    second = start_pool(users.schema.url(), listen=f"unix:{first.path}?mode=0666", ready=False)
    code = second.process.wait(10 * servers.FACTOR)
    assert code != 0 and str(first.path) in second.text()
    assert os.stat(first.path).st_ino == inode and serves(first)


def test_a_live_port_is_never_stolen(users, start_pool):
    port = servers.free_port()
    first = start_pool(users.schema.url(), listen=f"127.0.0.1:{port}")
    first.address = ("127.0.0.1", port)
    second = start_pool(users.schema.url(), listen=f"127.0.0.1:{port}", ready=False)
    assert second.process.wait(10 * servers.FACTOR) != 0
    assert serves(first)


def test_a_stale_socket_is_replaced(users, start_pool, lab):
    path = lab.folder("l") / "sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    servers.own(path)
    pool = start_pool(users.schema.url(), listen=f"unix:{path}?mode=0666")
    pool.address = str(path)
    assert serves(pool)


AT_ONCE = 'read -r _ <"$0"; exec "$@"'


def asks(path):
    with fcgi.Connection(str(path), 10 * servers.FACTOR) as connection:
        return connection.request(target="/users/1")


def release(fifo):
    """Whoever waits for a writer of it; nobody may."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as fault:
        assert fault.errno == errno.ENXIO, fault


def test_of_many_that_start_at_once_on_a_stale_socket_one_lives(users, lab):
    """All wait in the opening of one FIFO, so that they start within a millisecond, but for those that come too late."""

    def one_lives():
        release(fifo)
        return [pool.poll() for pool in pools].count(None) == 1

    if servers.WRAPPER:
        return
    home = lab.folder("l")
    path, fifo = home / "sock", home / "fifo"
    os.mkfifo(fifo)
    servers.own(fifo)
    settings = servers.environment(
        DATABASE_URL=users.schema.url(), WEB_CONCURRENCY=1, MYREST_LISTEN=f"unix:{path}?mode=0666"
    )
    for turn in range(25):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
        servers.own(path)
        logs = [home / f"log-{turn}-{at}" for at in range(8)]
        pools = [
            servers.start(["sh", "-c", AT_ONCE, fifo, servers.reachable(lab)], log, settings) for log in logs
        ]
        try:
            time.sleep(0.05)
            servers.until(one_lives, why="more than one lives, or none")
            servers.until(lambda: asks(path).status == 200, why="it does not serve")
            assert {pool.poll() for pool in pools} == {None, 69}
            for pool, log in zip(pools, logs):
                if pool.poll() is not None:
                    assert f"another process listens on '{path}'" in log.read_text()
            assert [servers.end(pool) for pool in pools].count(0) == 1
            assert not path.exists()
        finally:
            for pool in pools:
                pool.kill()
                pool.wait()


def test_a_stale_socket_whose_folder_cannot_be_locked_is_left(users, start_pool, lab):
    """Somebody holds the lock of the folder: a new socket is made there, a stale one is not replaced."""
    home = lab.folder("l")
    held = os.open(home, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        fresh = start_pool(users.schema.url(), listen=f"unix:{home}/fresh", ready=False)
        fresh.address = str(home / "fresh")
        servers.until(fresh.is_ready)
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(home / "stale"))
        servers.own(home / "stale")
        pool = start_pool(users.schema.url(), listen=f"unix:{home}/stale", ready=False)
        assert pool.process.wait(15 * servers.FACTOR) == 69
        assert "cannot be locked" in pool.text() and serves(fresh)
    finally:
        os.close(held)


def test_after_a_kill_the_next_pool_takes_the_place(users, start_pool):
    pool = start_pool(users.schema.url())
    family = servers.children(pool.supervisor())
    pool.process.kill()
    pool.process.wait()
    servers.until(lambda: not [pid for pid in family if os.path.exists(f"/proc/{pid}")], 10, why="orphans stay")
    pool.start()
    assert serves(pool)


def test_a_file_in_the_place_of_the_socket_is_left_alone(users, start_pool, lab):
    path = lab.folder("l") / "sock"
    path.write_text("precious")
    servers.own(path)
    pool = start_pool(users.schema.url(), listen=f"unix:{path}", ready=False)
    assert pool.process.wait(10 * servers.FACTOR) != 0
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there_ends_with_a_word(users, start_pool, lab):
    pool = start_pool(users.schema.url(), listen=f"unix:{lab.path}/no/such/folder/sock", ready=False)
    assert pool.process.wait(10 * servers.FACTOR) != 0
    assert "no/such/folder" in pool.text()


def by_spawn_fcgi(pool, command):
    return ["spawn-fcgi", "-n", "-s", pool.path, "-M", "0666", "--", *command]


def test_spawn_fcgi_in_the_foreground(users, start_pool, start_nginx):
    assert shutil.which("spawn-fcgi"), "spawn-fcgi is missing"
    pool = start_pool(users.schema.url(), launcher=by_spawn_fcgi, listen="unix:/never/used")
    front = start_nginx(pool)
    for _ in range(20):
        assert len(front.json("/users")) == 2
    os.kill(pool.workers()[0], signal.SIGKILL)
    pool.deaths_expected = True
    for _ in range(20):
        assert len(front.json("/users")) == 2
    pool.stop()


def by_multiwatch(pool, command):
    return [
        "spawn-fcgi",
        "-n",
        "-s",
        pool.path,
        "-M",
        "0666",
        "--",
        shutil.which("multiwatch"),
        "-f",
        "1",
        "--",
        *command,
    ]


def test_multiwatch_under_spawn_fcgi(users, start_pool):
    assert shutil.which("multiwatch"), "multiwatch is missing"
    pool = start_pool(users.schema.url(), launcher=by_multiwatch, listen="unix:/never/used")
    assert serves(pool)
    family = servers.children(pool.process.pid)
    servers.end(pool.process)
    servers.until(lambda: not [pid for pid in family if os.path.exists(f"/proc/{pid}")], 10, why="left behind")
    assert len(pool.log("start")) == 1


def by_socket_activate(pool, command):
    names = ["DATABASE_URL", "WEB_CONCURRENCY", "MYREST_TABLES", "MYREST_LISTEN", "MYREST_ADMIN_LISTEN", "LSAN_OPTIONS"]
    passed = [part for name in names for part in ("-E", name)]
    return [
        shutil.which("systemd-socket-activate") or "/usr/bin/systemd-socket-activate",
        "-l",
        pool.path,
        *passed,
        *command,
    ]


def test_systemd_socket_activation(users, start_pool):
    assert os.path.exists("/usr/bin/systemd-socket-activate"), "systemd-socket-activate is missing"
    pool = start_pool(users.schema.url(), launcher=by_socket_activate, listen="unix:/never/used", ready=False)
    servers.until(pool.path.exists)
    servers.until(lambda: connects(pool))
    assert serves(pool)
    servers.until(pool.is_ready)


def connects(pool):
    try:
        pool.fcgi().close()
        return True
    except OSError:
        return False


GIVE = """
import os, socket, sys
path, descriptor, *command = sys.argv[1:]
given = socket.socket(socket.AF_UNIX)
given.bind(path)
os.chmod(path, 0o666)
given.listen(128)
descriptor = int(descriptor)
if given.fileno() != descriptor:
    os.dup2(given.fileno(), descriptor)
os.set_inheritable(descriptor, True)
if descriptor:
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(command[0], command)
"""


@pytest.mark.parametrize("descriptor", [0, 3])
def test_a_socket_that_is_handed_over(users, start_pool, descriptor):
    def by_hand(pool, command):
        return [
            sys.executable if os.path.exists(sys.executable) else "python3",
            "-c",
            GIVE,
            pool.path,
            descriptor,
            *command,
        ]

    if servers.WRAPPER:
        return
    pool = start_pool(users.schema.url(), launcher=by_hand, listen="unix:/never/used")
    assert serves(pool)
    before = os.stat(pool.path).st_ino
    pool.stop()
    assert os.stat(pool.path).st_ino == before, "a socket that was handed over is not ours to remove"


def test_listen_fds_for_another_process_are_not_ours(users, start_pool):
    pool = start_pool(users.schema.url(), LISTEN_FDS=1, LISTEN_PID=1)
    assert serves(pool)


def test_a_burst_of_connections_finds_room(users):
    connections = [users.pool.fcgi() for _ in range(500)]
    try:
        for connection in connections:
            connection.send(fcgi.encode("GET", "/users/1"))
        assert all(connection.read().status == 200 for connection in connections)
    finally:
        for connection in connections:
            connection.close()


def test_it_is_ready_soon(users, start_pool):
    began = time.monotonic()
    pool = start_pool(users.schema.url(), admin=False)
    assert serves(pool)
    assert time.monotonic() - began < 0.5 * servers.FACTOR


def test_term_before_it_is_ready_is_an_orderly_end(users, start_pool):
    for pause in (0, 0.002, 0.005, 0.01, 0.02, 0.04):
        pool = start_pool(users.schema.url(), ready=False)
        time.sleep(pause)
        code = servers.end(pool.process)
        assert code in (0, -signal.SIGTERM), code
