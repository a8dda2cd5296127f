# SPDX-License-Identifier: MIT
"""The test files of this folder: the order in which they run, and in which parts of contrib/check.

A new test_NAME.py gets a line in FILES and one in Makefile.am. Without a mark it runs over MariaDB, in the short run in the
build with sanitizers alone. tests/run/parts.py says which marks each part takes; this is what they mean:

    core            runs over every server, of whatever kind and release
    postgresql      what PostgreSQL does otherwise: over it in the short run as well
    mysql           what a real MySQL does otherwise: over it in the short run as well
    timed           measures times and has to be alone on the machine
    timed_elsewhere is alone over PostgreSQL and MySQL, but not over MariaDB
    patient         waits most of its time, and its times may be longer
    safety          a part of its own over MariaDB
    plain           takes long and leads through the code that others lead through: the short run leaves it out of the build
                    with sanitizers and takes the plain one
    measured        measures or limits memory: the short run takes both builds
    compares_times  never in the build with sanitizers, whose times are other ones
    postgresql_asan over PostgreSQL it runs with sanitizers
    asan_alone      over PostgreSQL it runs in no other build
    valgrind        runs under valgrind as well
    portable        runs with a program that takes every server for one that can do the least as well
"""

# Simple to hard, so that the first failure tells.
FILES = {
    "users": "core postgresql_asan valgrind",
    "query": "core",
    "filters": "",
    "filters_text": "",
    "filters_json": "",
    "select": "",
    "indices": "",
    "filters_model": "",
    "views": "",
    "keys": "",
    "pages": "",
    "formats": "",
    "headers": "",
    "errors": "core",
    "nginx": "plain",
    "types_numbers": "core",
    "types_moments": "core",
    "types_texts": "core",
    "types": "core",
    "values": "plain",
    "moments": "",
    "names": "core valgrind",
    "odd_tables": "",
    "injection": "plain",
    "postgrest": "",
    "random": "",
    "admin": "",
    "config": "",
    "listen": "plain",
    "log": "",
    "pool": "patient plain timed_elsewhere",
    "pool_connections": "patient plain timed_elsewhere",
    "pool_tables": "patient plain timed_elsewhere",
    "sandbox": "plain",
    "merge": "core timed plain",
    "regroup": "timed compares_times",
    "stream": "core measured postgresql_asan",
    "writable": "core portable",
    "insert": "core portable",
    "defaults": "core portable",
    "write_types": "core portable",
    "bulk": "core portable",
    "bodies": "core portable",
    "update": "core portable",
    "delete": "core portable",
    "put": "core portable",
    "upsert": "core portable",
    "guards": "core portable",
    "if_match": "core portable",
    "write_views": "core portable",
    "rollback": "core portable",
    "idempotency": "core portable",
    "write_values": "plain",
    "write_edges": "plain",
    "upsert_keys": "core portable",
    "upsert_outcome": "core portable",
    "refused": "plain",
    "refused_bulk": "plain",
    "locks": "plain",
    "write_outages": "plain",
    "error_numbers": "",
    "rights": "postgresql",
    "rights_keys": "postgresql",
    "rights_write": "postgresql",
    "check": "postgresql",
    "description": "",
    "tls": "core plain",
    "session": "postgresql",
    "session_triggers": "postgresql",
    "away": "patient plain",
    "hosts": "core patient plain",
    "fastcgi": "",
    "badinput": "",
    "server_faults": "postgresql",
    "isolation": "timed compares_times",
    "starvation": "timed compares_times",
    "lanes": "timed plain",
    "lanes_bursts": "timed plain",
    "lanes_doubts": "timed plain",
    "lanes_drain": "timed plain",
    "kill": "",
    "overload": "",
    "storm": "",
    "goodput": "timed plain",
    "exhaustion": "measured",
    "loss": "timed plain",
    "freshness": "timed compares_times",
    "write_model": "safety plain",
    "write_once": "safety plain",
    "lost_updates": "safety plain",
    "read_after_write": "safety plain",
    "mysql": "mysql",
    "postgresql_documented": "postgresql_asan asan_alone",
    "postgresql_types": "postgresql_asan asan_alone",
    "postgresql_writes": "postgresql_asan asan_alone",
    "postgresql_views": "postgresql_asan asan_alone",
    "postgresql_texts": "postgresql_asan asan_alone",
    "postgresql_errors": "postgresql_asan asan_alone",
    "postgresql_concurrency": "postgresql_asan asan_alone",
    "postgresql_standby": "postgresql_asan asan_alone",
    "postgresql_arrays": "postgresql_asan asan_alone",
    "postgresql_faults": "postgresql_asan asan_alone",
    "postgresql_keyless": "postgresql_asan asan_alone",
    "postgresql_connect": "postgresql",
    "postgresql_hosts": "postgresql",
    "postgresql_silence": "postgresql",
}
ORDER = list(FILES)


def select(marks="", but=""):
    """The names of those that have one of the marks, if any are given, and none of the others: "users" is test_users.py."""
    return [
        name
        for name, own in FILES.items()
        if (not marks or set(marks.split()) & set(own.split())) and not set(but.split()) & set(own.split())
    ]
