# SPDX-License-Identifier: MIT
"""What the parts of contrib/check do. parts.py has the table of them.

A part is a function of the Setup, or one that such a call as build("gcc") makes. It runs in a process of its own, whose output
is its log, and fails when a command does.
"""
import fcntl
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runner import Failure, Unavailable

SOURCE = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"  # Debian's, for which the packages are; another one may come first in PATH


@dataclass(frozen=True)
class Setup:
    """What the parts are told of this run."""

    state: Path  # for builds, logs and what is fetched
    servers: Path  # for what contrib/servers unpacks
    mysqld: str  # the caller's own MySQL, if any
    everything: bool  # --all
    run: str  # a name that no other run has


def run(*command, cwd=SOURCE, **variables):
    """Runs a command, with these variables besides ours, and fails with it."""
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    subprocess.run(list(map(str, command)), cwd=cwd, env=environment, check=True)


def output_of(*command, **how):
    return subprocess.run(list(map(str, command)), text=True, stdout=subprocess.PIPE, check=True, **how).stdout


# --- Builds

FAULTY = ["joins-running", "no-traits", "tries-all"]  # with faults made on purpose (Makefile.am)


def configure(folder, *arguments):
    folder.mkdir(parents=True, exist_ok=True)
    # configure refuses a source folder with a space in its name, but not one that it finds relative to its own.
    run(f"{os.path.relpath(SOURCE, folder)}/configure", "-q", *arguments, cwd=folder)


def configure_once(folder, *arguments):
    if not (folder / "Makefile").is_file():
        configure(folder, *arguments)


def build(name, *arguments):
    """The program in a folder of that name, with those with faults on purpose."""

    def command(setup):
        folder = setup.state / name
        configure_once(folder, "--enable-werror", *arguments)
        run("make", "-s", "-j2", "myrest", *(f"tests/faults/myrest-{fault}" for fault in FAULTY), cwd=folder)

    return command


def check_units(folder):
    made = subprocess.run(["make", "-s", "-j2", "check"], cwd=folder)
    if made.returncode:
        print((folder / "test-suite.log").read_text(errors="replace"))
    logs = [path.read_text(errors="replace") for path in sorted(folder.glob("tests/unit/*.log"))]
    counted = [line for log in logs for line in re.findall(r"^\[ +(?:PASSED|FAILED) +\] [0-9]+ test.*", log, re.MULTILINE)]
    print(*counted, sep="\n")
    made.check_returncode()
    if not counted:
        raise Failure("no unit test was run")


def unit(name):
    return lambda setup: check_units(setup.state / name)


def without_postgresql(setup):
    """Where there is no libpq to build with, and no libseccomp either."""
    folder = setup.state / "without"
    folder.mkdir(parents=True, exist_ok=True)
    pkg_config = folder / "pkg-config"
    pkg_config.write_text('#!/bin/sh\ncase "$*" in *libpq* | *libseccomp*) exit 1 ;; esac\nexec pkg-config "$@"\n')
    pkg_config.chmod(0o755)
    without = ["--without-postgresql", "--without-seccomp"]
    configure_once(folder, "--enable-werror", *without, f"PKG_CONFIG={pkg_config}", "CFLAGS=-O0 -g0")
    run("make", "-s", "-j2", "myrest", cwd=folder)
    check_units(folder)
    environment = {**os.environ, "DATABASE_URL": "postgresql://u:p@h/d"}
    said = subprocess.run(["./myrest", "check"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    print(said.stderr, end="")
    if said.returncode != 78:
        raise Failure(f"myrest check ends with {said.returncode} instead of 78")
    if "myrest: DATABASE_URL: this build has no PostgreSQL: expected mysql://" not in said.stderr.splitlines():
        raise Failure("myrest check does not say that it has no PostgreSQL")


def distcheck(setup):
    """And whether all that git tracks is in the tarball."""
    folder = setup.state / "gcc"
    for old in folder.glob("myrest-*.tar.*"):
        old.unlink()
    run("make", "-s", "-j2", "distcheck", "DISTCHECK_CONFIGURE_FLAGS=", cwd=folder)
    is_clone = ["git", "rev-parse", "--is-inside-work-tree"]
    if not shutil.which("git") or subprocess.run(is_clone, cwd=SOURCE, capture_output=True).returncode:
        return
    tracked = set(output_of("git", "ls-files", cwd=SOURCE).splitlines()) - {".gitignore"}
    (tarball,) = folder.glob("myrest-*.tar.*")
    with tarfile.open(tarball) as tar:
        missing = tracked - {name.partition("/")[2] for name in tar.getnames()}
    if missing:
        raise Failure(f"not in the tarball: {' '.join(sorted(missing))}")


def install(setup):
    """All of it comes to its place, and the units suit systemd."""
    folder, root = setup.state / "install", setup.state / "installed"
    shutil.rmtree(root, ignore_errors=True)
    configure(folder, "--prefix=/usr", "--with-systemdsystemunitdir=/lib/systemd/system")
    run("make", "-s", "-j2", "install", f"DESTDIR={root}", cwd=folder)
    units, share = root / "lib/systemd/system", root / "usr/share/doc/myrest"
    nginx = [f"myrest{name}" for name in (".conf", "-upstream.conf", "-location.conf", "-errors.conf", "-docs.conf", "_params")]
    for path in (
        root / "usr/bin/myrest",
        *(root / "usr/share/man" / name for name in ("man5/myrest.env.5", "man7/myrest-query.7", "man8/myrest.8")),
        *(units / name for name in ("myrest.service", "myrest.socket")),
        *(share / "examples" / name for name in ("myrest.env", "production.env")),
        *(share / "examples/nginx" / name for name in nginx),
    ):
        if not path.is_file() or not path.stat().st_size:
            raise Failure(f"{path} is not installed")
    if "ExecStart=/usr/bin/myrest" not in (units / "myrest.service").read_text().splitlines():
        raise Failure("myrest.service does not start the program that is installed")
    # In a tree of its own systemd-analyze would look for all of systemd; there is no program and no manual page here.
    for name in ("myrest.service", "myrest.socket"):
        text = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", (units / name).read_text(), flags=re.MULTILINE)
        (units / name).write_text(re.sub(r"^Documentation=man:.*\n", "", text, flags=re.MULTILINE))
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": units}
    verified = subprocess.run(["systemd-analyze", "verify", "./myrest.service", "./myrest.socket"], **both)
    if verified.stdout:
        raise Failure(verified.stdout)
    safe = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", "./myrest.service"], **both)
    if safe.returncode:
        raise Failure(safe.stdout)


# --- What is no program

def shell(_):
    scripts = output_of("grep", "-rlE", "^#!/bin/(ba)?sh", "contrib", "tests", ".ci", "autogen.sh", cwd=SOURCE).splitlines()
    run("shellcheck", "-x", "contrib/common.sh", *scripts)


def docs(setup):
    """And that the program is built in floors."""
    run(SOURCE / "tests/docs/check", setup.state / "gcc/myrest")
    run(SOURCE / "tests/docs/floors", setup.state / "gcc/libmyrest.a")


def manual(setup):
    """The pages, one of which the program writes."""
    folder = setup.state / "gcc"
    run("make", "-s", "man/myrest.env.5", cwd=folder)
    for page in (folder / "man/myrest.env.5", SOURCE / "man/myrest-query.7", SOURCE / "man/myrest.8"):
        run("mandoc", "-T", "lint", "-W", "warning", page)
        shown = subprocess.run(["man", "--warnings", "-l", page], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if shown.stderr:
            raise Failure(shown.stderr)


def nginx_example(_):
    """The example as it is installed, and the one that contrib/up and the tests use."""
    with tempfile.TemporaryDirectory(prefix="myrest-nginx.", dir="/tmp") as name:
        folder, main = Path(name), Path(name, "nginx.conf")

        def test():
            run("nginx", "-t", "-e", "stderr", "-c", main)

        run(SOURCE / "contrib/nginx-config", folder, "127.0.0.1:18080", "unix:/tmp/none.sock", "/api")
        test()
        for path in (SOURCE / "nginx").iterdir():
            shutil.copy(path, folder)
        example = folder / "myrest.conf"
        text = example.read_text().replace("127.0.0.1:80;", "127.0.0.1:18080;")
        example.write_text(text)
        # Once as it is, once with all that it offers in comments.
        main.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{ access_log off; include myrest.conf; }}\n")
        test()
        lines = [
            line if re.search("ssl|server_name api", line) else re.sub(r"^( *)#([a-z}]| {4,}[a-z])", r"\1\2", line)
            for line in text.splitlines(keepends=True)
        ]
        text = "".join(line for line in lines if "listen [::1]" not in line)
        example.write_text(text.replace("/etc/nginx/", f"{folder}/"))
        (folder / "myrest.htpasswd").touch()
        test()


def pytest(*arguments, **variables):
    run(PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *arguments, **variables)


def tests_of_the_runner(_):
    pytest("tests/run")


def fuzz(setup):
    """The inputs that are known and a second of new ones for each program; with --all a minute of them, from where the last
    such run ended."""
    folder = setup.state / "fuzz"
    if not setup.everything:
        for corpus in folder.glob("*.corpus"):
            shutil.rmtree(corpus)
    run(SOURCE / "tests/fuzz/run", 60 if setup.everything else 1, FUZZ_DIR=folder, FUZZ_JOBS=2)


# --- Servers of other kinds and releases

RELEASES = ["mariadb-10.5", "mariadb-11.8", "postgresql-13", "postgresql-17"]  # which --all alone fetches


def fetch(setup, server):
    """The folder of a server that is not installed, as contrib/servers names it."""
    if server == "mysql" and setup.mysqld:
        return setup.mysqld
    try:
        return output_of(SOURCE / "contrib/servers", server, setup.servers).strip()
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{server} cannot be had") from error  # which is no failure of ours


def fetch_servers(setup):
    for server in ["mysql", *(RELEASES if setup.everything else [])]:
        print(fetch(setup, server))


def settings_of(setup, server):
    """The variables that bring the tests to a server: "mariadb" and "postgresql" are the machine's own."""
    if server == "mariadb":
        return {}
    if server == "postgresql":
        return {"MYREST_TEST_DATABASE": "postgresql"}
    root = fetch(setup, server)
    settings = {"MYREST_TEST_MYSQLD": root}
    if server.startswith("postgresql-"):
        settings = {"MYREST_TEST_DATABASE": "postgresql", "MYREST_TEST_POSTGRESQL": root}
    version = [PYTHON, "unpacked.py", "--version"]
    print("with", output_of(*version, cwd=SOURCE / "tests/api", env={**os.environ, **settings}).strip())
    return settings


# --- Tests behind the real nginx and database

def run_api(setup, build_name, factor, server, *arguments, **variables):
    """pytest with the program of that build. The times that the tests wait are multiplied by the factor."""
    folder = setup.state / build_name
    slow = [] if setup.everything else ["-m", "not slow"]
    pytest(
        "--durations=10", *slow, *arguments, **settings_of(setup, server), **variables,
        MYREST_BIN=folder / "myrest", MYREST_FAULTY_BIN=folder / "tests/faults/myrest-joins-running", MYREST_TIME_FACTOR=factor,
    )  # fmt: skip


def paths_of(names):
    return [SOURCE / f"tests/api/test_{name}.py" for name in names]


def api(build_name, factor, files, short=None, over="mariadb"):
    """These test files, NAME for tests/api/test_NAME.py; the short run may have others."""

    def command(setup):
        names = files if setup.everything or short is None else short
        run_api(setup, build_name, factor, over, *paths_of(names))

    return command


def valgrind(factor, files):
    how = "valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99"
    return lambda setup: run_api(setup, "gcc", factor, "mariadb", *paths_of(files), MYREST_WRAPPER=how)


def portable(files):
    """What is done for a server that can do the least."""
    but = [
        "test_a_new_row_without_a_primary_key",
        "test_a_key_that_the_database_makes",
        "test_a_location_is_of_the_key_that_the_database_made",
    ]
    which = [*paths_of(files), "-k", " and ".join(f"not {name}" for name in but)]
    program = "gcc/tests/faults/myrest-no-traits"
    return lambda setup: pytest(*which, MYREST_BIN=setup.state / program, MYREST_TIME_FACTOR=1)


def up(setup):
    """With MySQL, too, unless it could not be had."""
    mysqld = setup.mysqld or (setup.servers / "mysql" if (setup.servers / "mysql").is_dir() else "")
    if not mysqld:
        print("without MySQL, which could not be had")
    pytest("tests/up", MYREST_BIN=setup.state / "gcc/myrest", **({"MYREST_TEST_MYSQLD": mysqld} if mysqld else {}))


def need_modules(setup, name):
    """The variables that name the packages of tests/NAME. They and npm's cache lie beside the builds: the next run needs no
    network. Parts that use the same ones, which may run side by side, find them as the first of them has put them there."""
    folder = setup.state / name
    folder.mkdir(parents=True, exist_ok=True)
    complete = folder / "complete"
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.is_file() or complete.read_text() != setup.run:
            complete.unlink(missing_ok=True)
            install_modules(name, folder)
            complete.write_text(setup.run)
    return {"MYREST_NODE_MODULES": folder / "node_modules", "MYREST_DOCS_PAGE": folder / "page"}


def install_modules(name, folder):
    for file in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCE / "tests" / name / file, folder)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    run("npm", "ci", *quiet, "--prefer-offline", "--cache", folder / "cache", cwd=folder)
    if name == "openapi":
        cache = {"npm_config_cache": folder / "cache", "npm_config_prefer_offline": "true"}
        run(SOURCE / "contrib/docs-page", folder / "page", cwd=folder, **cache)


def clients(factor, over="mariadb"):
    return lambda setup: run_api(setup, "gcc", factor, over, SOURCE / "tests/clients", **need_modules(setup, "clients"))


def openapi(factor, screenshot, over="mariadb"):
    return lambda setup: run_api(
        setup, "gcc", factor, over, SOURCE / "tests/openapi",
        **need_modules(setup, "openapi"), MYREST_SCREENSHOT=setup.state / "log" / screenshot,
    )  # fmt: skip


def cluster(setup):
    """In the short run without what only root can do."""
    only = [] if setup.everything or os.geteuid() == 0 else ["-m", "not slow and not namespaces"]
    run_api(setup, "gcc", 1, "mariadb", *only, SOURCE / "tests/cluster")


def chaos(database):
    """The service is broken on purpose, under load, in the build that has the sanitizers. The short run makes the same blows
    each time; with --all each run makes others, and its log says by which seed they can be had again."""

    def command(setup):
        how = ["--seconds", 240] if setup.everything else ["--seconds", 60, "--seed", 3014]
        settings = {"MYREST_TEST_MYSQLD": fetch(setup, "mysql")} if database == "mysql" else {}
        settings |= {"MYREST_BIN": setup.state / "asan/myrest", "MYREST_TIME_FACTOR": 3}
        run("tests/chaos/run", "--database", database, *how, **settings)

    return command


def chaos_and_its_tests(setup):
    pytest("tests/chaos")
    chaos("mariadb")(setup)
