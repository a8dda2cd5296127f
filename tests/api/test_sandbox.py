# SPDX-License-Identifier: MIT
"""What a worker gives up before it serves (MYREST_SANDBOX), tried by the workers of tests/faults/myrest-tries-all; and that
with what is left they connect again whatever is renewed underneath: certificates, passwords, files in another's place."""
import ctypes
import os
import re
import shutil
import signal
import sys
import uuid
from pathlib import Path

import pytest

import servers
from certificates import Authority, Protected
from servers import ADMIN, USERS, until
from test_tls import VERIFY_IDENTITY, url
from web import parse

CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapAmb")


def status(pid):
    return dict(re.findall(r"^(\w+):\s+(.*)$", Path(f"/proc/{pid}/status").read_text(), re.M))


def admin_process(pool):
    [pid] = [pid for pid in servers.children(pool.supervisor()) if servers.command_line(pid).startswith("myrest: admin")]
    return pid


@pytest.fixture
def playground(lab):
    """A folder that the workers' user may change, with what they try to change."""
    folder = lab.folder("tries")
    for name in ("there", "removed"):
        (folder / name).write_text("text")
    shutil.copy("/bin/true", folder / "program")
    for name in ("there", "removed", "program"):
        os.chmod(servers.own(folder / name), 0o700)
    servers.own(folder)
    return folder


def tried(pool):
    """By each worker: what it has tried, and how that ended."""
    found = {}
    for entry in pool.log("tried"):
        found.setdefault(entry["pid"], {})[entry["what"]] = entry["outcome"]
    return list(found.values())


def tries_of(start_pool, where, folder, workers=2, **settings):
    pool = start_pool(where, workers=workers, faulty="myrest-tries-all", TRIES_FOLDER=folder, **settings)
    until(lambda: len(tried(pool)) == workers and all("serve TCP" in each for each in tried(pool)), 5)
    return tried(pool)


not_wrapped = pytest.mark.skipif(bool(servers.WRAPPER), reason="what runs the program does without the sandbox, or needs more")
# By its number, which all processors have in common; it answers the version.
landlock = pytest.mark.skipif(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1, reason="this kernel has no Landlock")
# What the search for leaks does as well, in a build for it.
LEAKS = ("make a process", "trace the supervisor", "read the supervisor", "signal the supervisor")


@not_wrapped
def test_workers_have_no_privileges_and_cannot_gain_any(users, start_pool):
    pool = start_pool(users.schema.url())
    for pid in (*pool.workers(), admin_process(pool)):
        of = status(pid)
        assert (of["NoNewPrivs"], of["Seccomp"]) == ("1", "2"), of
        assert {int(of[name], 16) for name in CAPABILITIES} == {0}, of
    assert status(pool.supervisor())["Seccomp"] == status(os.getpid())["Seccomp"]


@landlock
@not_wrapped
def test_a_worker_writes_no_file_reads_no_other_and_executes_nothing(users, start_pool, playground):
    for outcomes in tries_of(start_pool, users.schema.url(), playground):
        possible = {what for what, outcome in outcomes.items() if outcome == "possible"}
        if servers.instrumented():
            possible = {what for what in possible if not what.startswith(LEAKS)}
        assert not possible and len(outcomes) > 30, outcomes
    assert sorted(os.listdir(playground)) == ["program", "removed", "there"]
    assert (playground / "there").read_text() == "text"


@landlock
@not_wrapped
def test_nor_does_it_write_where_it_reads(users, start_pool, playground):
    secret = playground / "there"
    secret.write_text(users.schema.url())
    # the name is relative to where the tests start their servers, /
    for outcomes in tries_of(start_pool, None, playground, DATABASE_URL_FILE=secret.relative_to("/")):
        assert outcomes["read a file"] == "possible"
        assert {outcomes[name] for name in outcomes if re.match("write|append|empty|truncate|create|make|rename|remove|change|execute a", name)
                and not name.startswith("make a process")} <= {"Permission denied", "Operation not permitted"}, outcomes


@not_wrapped
def test_without_the_sandbox_all_of_it_is_possible(users, start_pool, playground):
    """So that the tests above prove something."""
    # one worker, since two would be in each other's way
    [outcomes] = tries_of(start_pool, users.schema.url(), playground, workers=1, MYREST_SANDBOX="off")
    impossible = {what: outcome for what, outcome in outcomes.items() if outcome != "possible"}
    # what else may stand in the way: the system's own settings, and no root
    for name in ("read /etc/shadow", "trace the supervisor", "read the supervisor's memory", "make a ring", "type into the terminal", "use keys",
                 "change an attribute"):
        impossible.pop(name, None)
    assert not impossible, impossible


@not_wrapped
def test_off_is_off(users, start_pool):
    pool = start_pool(users.schema.url(), MYREST_SANDBOX="off")
    for pid in pool.workers():
        assert status(pid)["NoNewPrivs"] == status(os.getpid())["NoNewPrivs"]
        assert status(pid)["Seccomp"] == status(os.getpid())["Seccomp"]


# --- a kernel, or a container, that knows less

# Answers some system calls with an error in all that is started from here. LD, JEQ and RET of the kernel's filters.
WITHOUT = """
import ctypes, os, struct, sys
error, numbers = int(sys.argv[1]), [int(number) for number in sys.argv[2].split(",")]
code = [(0x20, 0, 0, 0)]
for at, number in enumerate(numbers):
    code.append((0x15, len(numbers) - at, 0, number))
code += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050000 | error)]
code = b"".join(struct.pack("HBBI", *each) for each in code)
memory = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(memory))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.argv[3], sys.argv[3:])
"""
LANDLOCK = (444, 445, 446)
SECCOMP = {"x86_64": (317, 157), "aarch64": (277, 167)}.get(os.uname().machine)  # and prctl, by which it is done as well


@not_wrapped
@pytest.mark.parametrize("what, numbers", [("Landlock", LANDLOCK), ("seccomp", SECCOMP)])
def test_what_the_kernel_does_not_know_is_told_once_and_left_out(users, start_pool, what, numbers):
    if numbers is None:
        pytest.skip("the numbers of this processor's system calls are not known here")

    def without(pool, command):
        return [sys.executable, "-c", WITHOUT, "38", ",".join(map(str, numbers)), *command]

    pool = start_pool(users.schema.url(), workers=4, launcher=without)
    assert parse(pool.ask("/users?id=eq.1").body) == [ADMIN]
    pool.signal(signal.SIGHUP)
    until(lambda: pool.metric("myrest_reloads_total") == 1 and len(pool.workers()) == 4, 5)
    [told] = pool.log("sandbox")
    assert what in told["message"] and told["level"] == "warning", told


# --- connecting again


@pytest.fixture(scope="module")
def folder(lab):
    folder = lab.folder("tls")
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder, "authority")


@pytest.fixture(scope="module")
def protected(lab, authority):
    database = Protected(lab, authority, *authority.issue("server", "DNS:localhost,IP:127.0.0.1"))
    database.shop = database.schema(*USERS)
    yield database
    database.kill()


def serves(pool):
    return pool.ask("/users?id=eq.1").status == 200


def test_workers_connect_again_by_name_and_verified(protected, authority, start_pool):
    pool = start_pool(url(protected.shop, "localhost", ssl_mode=VERIFY_IDENTITY, ssl_ca=authority.certificate))
    for _ in range(2):
        protected.shop.kill_pool_connections()
        until(lambda: serves(pool), 5)
    before = set(pool.workers())
    pool.signal(signal.SIGHUP)
    until(lambda: not before & set(pool.workers()) and pool.metric("myrest_workers_ready") == 2, 8)
    protected.shop.kill_pool_connections()
    until(lambda: serves(pool), 5)


@pytest.mark.parametrize("how", ["renamed", "as certbot does", "as Kubernetes does"])
def test_certificates_are_renewed_underneath(lab, protected, authority, folder, start_pool, how):
    """The authority is another one from now on: each connection after that needs the new file."""
    place = lab.folder("trusted")
    place.chmod(0o755)
    new = Authority(folder, f"new-{how.partition(' ')[2] or how}".replace(" ", "-"))
    if how == "renamed":
        named = place / "ca.pem"
        shutil.copy(authority.certificate, named)
    elif how == "as certbot does":
        for name in ("live", "archive"):
            (place / name).mkdir(mode=0o755)
        shutil.copy(authority.certificate, place / "archive" / "ca1.pem")
        named = place / "live" / "ca.pem"
        named.symlink_to("../archive/ca1.pem")
    else:
        (place / "..1").mkdir(mode=0o755)
        shutil.copy(authority.certificate, place / "..1" / "ca.pem")
        (place / "..data").symlink_to("..1")
        named = place / "ca.pem"
        named.symlink_to("..data/ca.pem")
    protected.present(authority.issue("before", "DNS:localhost,IP:127.0.0.1"))
    pool = start_pool(url(protected.shop, "localhost", ssl_mode=VERIFY_IDENTITY, ssl_ca=named))
    before = pool.workers()
    if how == "renamed":
        shutil.copy(new.certificate, place / "ca.new")
        os.rename(place / "ca.new", named)
    elif how == "as certbot does":
        shutil.copy(new.certificate, place / "archive" / "ca2.pem")
        (place / "live" / "new").symlink_to("../archive/ca2.pem")
        os.rename(place / "live" / "new", named)
    else:
        (place / "..2").mkdir(mode=0o755)
        shutil.copy(new.certificate, place / "..2" / "ca.pem")
        (place / "..new").symlink_to("..2")
        os.rename(place / "..new", place / "..data")
        shutil.rmtree(place / "..1")
    protected.present(new.issue("after", "DNS:localhost,IP:127.0.0.1"))
    protected.shop.kill_pool_connections()
    until(lambda: serves(pool), 5)
    assert pool.workers() == before  # no worker had to be renewed


@pytest.fixture
def loose(protected):
    """A file in a folder that others' files are in as well."""
    path = Path(f"/tmp/myrest-{uuid.uuid4().hex}")
    yield path
    path.unlink(missing_ok=True)


def put(path, text):
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    servers.own(new)
    os.rename(new, path)


@landlock
@not_wrapped
def test_a_file_that_is_replaced_in_a_shared_folder_renews_the_workers(users, loose, start_pool):
    """Which may not look at the new one; nothing is lost by it, and it happens before the connection is."""
    put(loose, users.schema.url())
    pool = start_pool(None, DATABASE_URL_FILE=loose)
    before = set(pool.workers())
    put(loose, users.schema.url())
    until(lambda: not before & set(pool.workers()) and pool.metric("myrest_workers_ready") == 2, 15)
    assert len(pool.log("sandbox")) == 1 and len(pool.log("reload")) == 1 and not pool.log("database-url")
    before = set(pool.workers())
    users.schema.kill_pool_connections()
    until(lambda: serves(pool), 5)
    assert set(pool.workers()) == before  # and they can read it


@landlock
@not_wrapped
def test_a_url_that_names_another_authority_renews_the_workers(lab, protected, authority, start_pool, loose):
    """Its file is where nothing was that they could read."""
    named = url(protected.shop, "localhost", ssl_mode=VERIFY_IDENTITY, ssl_ca=authority.certificate)
    protected.present(authority.issue("one", "DNS:localhost,IP:127.0.0.1"))
    place = lab.folder("url") / "url"
    put(place, named)
    pool = start_pool(None, DATABASE_URL_FILE=place)
    before = set(pool.workers())
    elsewhere = lab.folder("elsewhere")
    elsewhere.chmod(0o755)
    new = Authority(elsewhere, "new")
    protected.present(new.issue("two", "DNS:localhost,IP:127.0.0.1"))
    put(place, url(protected.shop, "localhost", ssl_mode=VERIFY_IDENTITY, ssl_ca=new.certificate))
    until(lambda: not before & set(pool.workers()) and pool.metric("myrest_workers_ready") == 2, 15)
    protected.shop.kill_pool_connections()
    until(lambda: serves(pool), 5)
