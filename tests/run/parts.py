# SPDX-License-Identifier: MIT
"""The parts of contrib/check: the table of them, in the order in which they begin.

Which test files of tests/api belong to which part is said by their marks (tests/api/files.py).
"""
import sys

from runner import Part
from steps import (
    SOURCE,
    api,
    build,
    chaos,
    chaos_and_its_tests,
    clients,
    cluster,
    distcheck,
    docs,
    fetch_servers,
    fuzz,
    install,
    manual,
    nginx_example,
    openapi,
    portable,
    shell,
    tests_of_the_runner,
    unit,
    up,
    valgrind,
    without_postgresql,
)

sys.path.append(str(SOURCE / "tests" / "api"))
from files import select  # noqa: E402  pylint: disable=wrong-import-position

# What a part needs ...
BUILD, ASAN = ("build",), ("build_asan",)
FETCHED, FETCHED_ASAN = ("servers", "build"), ("servers", "build_asan")
# ... and what it wants installed.
NODE = ("nodejs", "npm")
BROWSER = (*NODE, "chromium", "python3-jsonschema")
GALERA = ("mariadb-server", "galera-4", "rsync", "iproute2")

# What has to be alone over PostgreSQL and MySQL, and what goes over every other release of a server.
ALONE = "timed timed_elsewhere"
CORE = select("core")

# Name, weight, seconds, what it does, the parts that it needs. The longest of those that only need the builds come first. What
# takes longer than its seconds is ended; --all gives six times as many.
PARTS = [
    Part("servers", 2, 300, fetch_servers),
    Part("build", 2, 300, build("gcc")),
    Part("build_asan", 2, 300, build("asan", "--enable-asan", "--enable-ubsan", "CFLAGS=-O1 -g")),
    Part("unit", 2, 120, unit("gcc"), BUILD),
    Part("unit_asan", 2, 240, unit("asan"), ASAN),
    Part("clang", 2, 300, build("clang", "CC=clang")),
    Part("without_postgresql", 2, 180, without_postgresql),
    Part("fuzz", 2, 480, fuzz),
    Part("docs", 2, 30, docs, BUILD),
    Part("nginx", 2, 30, nginx_example),
    Part("install", 2, 120, install),
    Part("manual", 2, 30, manual, BUILD),
    Part("shell", 2, 60, shell),
    Part("runner", 2, 60, tests_of_the_runner),
    Part(
        "api_postgresql", 2, 1200,
        api("gcc", 2, select(but=f"{ALONE} asan_alone"), short=select("core postgresql"), over="postgresql"), BUILD,
    ),
    Part(
        "api", 2, 900,
        api("gcc", 1, select(but="timed patient safety"), short=select("plain measured", but="timed patient safety")), BUILD,
    ),
    Part("api_asan", 2, 1200, api("asan", 3, select(but="compares_times"), short=select(but="compares_times plain")), ASAN),
    Part("api_mysql", 2, 900, api("gcc", 2, select(but=ALONE), short=select("core mysql"), over="mysql"), FETCHED),
    Part("up", 1, 600, up, BUILD, after=("servers",)),
    Part("api_patient", 1, 360, api("gcc", 2, select("patient")), BUILD),
    Part("api_postgresql_asan", 2, 300, api("asan", 3, select("postgresql_asan"), over="postgresql"), ASAN),
    Part("api_safety", 2, 300, api("gcc", 1, select("safety")), BUILD),
    Part("cluster", 2, 300, cluster, BUILD, packages=GALERA),
    Part("openapi", 2, 300, openapi(1, "openapi.png"), BUILD, packages=BROWSER),
    Part("distcheck", 2, 300, distcheck, BUILD),
    Part("chaos", 2, 240, chaos_and_its_tests, ASAN),
    Part("api_valgrind", 2, 600, valgrind(10, select("valgrind")), BUILD),
    Part("api_portable", 2, 120, portable(select("portable")), BUILD),
    Part("clients", 2, 300, clients(1), BUILD, packages=NODE),
    Part("api_timed", 4, 480, api("gcc", 1, select("timed")), BUILD),
    # Those that are run with --all, or when they are named.
    Part("api_postgresql_timed", 4, 900, api("gcc", 1, select(ALONE), over="postgresql"), BUILD, only_all=True),
    Part("api_mysql_timed", 4, 900, api("gcc", 1, select(ALONE), over="mysql"), FETCHED, only_all=True),
    Part("clients_postgresql", 2, 900, clients(2, over="postgresql"), BUILD, only_all=True, packages=NODE),
    Part("clients_mysql", 2, 900, clients(2, over="mysql"), FETCHED, only_all=True, packages=NODE),
    Part(
        "openapi_postgresql", 2, 900,
        openapi(2, "openapi_postgresql.png", over="postgresql"), BUILD, only_all=True, packages=BROWSER,
    ),
    Part("openapi_mysql", 2, 900, openapi(2, "openapi_mysql.png", over="mysql"), FETCHED, only_all=True, packages=BROWSER),
    Part("api_mariadb_10_5", 2, 900, api("gcc", 2, CORE, over="mariadb-10.5"), FETCHED, only_all=True),
    Part("api_mariadb_11_8", 2, 900, api("gcc", 2, CORE, over="mariadb-11.8"), FETCHED, only_all=True),
    Part("api_postgresql_13", 2, 900, api("gcc", 2, CORE, over="postgresql-13"), FETCHED, only_all=True),
    Part("api_postgresql_17", 2, 900, api("gcc", 2, CORE, over="postgresql-17"), FETCHED, only_all=True),
    Part("chaos_galera", 2, 900, chaos("galera"), ASAN, only_all=True, packages=GALERA),
    Part("chaos_mysql", 2, 900, chaos("mysql"), FETCHED_ASAN, only_all=True),
    Part("chaos_postgresql", 2, 900, chaos("postgresql"), ASAN, only_all=True),
]  # fmt: skip


def choose(names, everything):
    """The parts that are run: those named, or all, and with them what they need."""
    if not names:
        return [part for part in PARTS if everything or not part.only_all]
    needed = {other for part in PARTS if part.name in names for other in (*part.needs, *part.after)}
    return [part for part in PARTS if part.name in names or part.name in needed]
