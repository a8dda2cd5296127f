# SPDX-License-Identifier: MIT
"""The environment is the whole configuration; every mistake is named, at once, and no secret is told."""
import os
import re

import pytest

import servers
from servers import SECRET, run

VARIABLES = [
    "DATABASE_URL",
    "MYREST_LISTEN",
    "MYREST_ADMIN_LISTEN",
    "WEB_CONCURRENCY",
    "MYREST_TABLES",
    "MYREST_PREFIX",
    "MYREST_MAX_ROWS",
    "MYREST_BUFFER_BYTES",
    "MYREST_MERGE",
    "MYREST_SANDBOX",
    "MYREST_LOG_LEVEL",
    "MYREST_ACCESS_LOG",
    "MYREST_DRAIN_TIMEOUT",
    "MYREST_REQUEST_TIMEOUT",
    "MYREST_STATEMENT_TIMEOUT",
    "MYREST_CONNECT_TIMEOUT",
    "MYREST_HEDGE_MS",
    "MYREST_MAX_REQUEST_BYTES",
]
GOOD = "mysql://rest:" + servers.quote(SECRET, safe="") + "@127.0.0.1:3306/shop"

WRONG = {
    "DATABASE_URL": [
        "",
        "nonsense",
        "http://h/db",
        "mysql://",
        "mysql://u:p@/",
        "mysql://u:p@h:99999/db",
        "mysql://u:p@h:x/db",
        "mysql://u:p%zz@h/db",
    ],
    "MYREST_LISTEN": [
        "unix:",
        "127.0.0.1:99999",
        "127.0.0.1:",
        "unix:/tmp/x?mode=9",
        "unix:/tmp/x?what=1",
        "unix:/tmp/x?group=no-such-group-here",
        "unix:/" + "x" * 200,
        "[::1",
    ],
    "MYREST_ADMIN_LISTEN": ["127.0.0.1", "127.0.0.1:0x1", "x:y:z", "127.0.0.1:70000"],
    "WEB_CONCURRENCY": ["0", "-1", "two", "1.5", "999999999", "1 2"],
    "MYREST_TABLES": ["users(", "users(id", "users)", "users(id,)", ",", "users,,orders", '"open', "users(id)x"],
    "MYREST_PREFIX": ["api", "/a?b"],
    "MYREST_MAX_ROWS": ["0", "-5", "many", "99999999999999999999999"],
    "MYREST_BUFFER_BYTES": ["-1", "256k"],
    "MYREST_MERGE": ["maybe", "2"],
    "MYREST_SANDBOX": ["", "yes", "landlock"],
    "MYREST_LOG_LEVEL": ["loud"],
    "MYREST_ACCESS_LOG": ["perhaps"],
    "MYREST_DRAIN_TIMEOUT": ["-1", "soon"],
    "MYREST_REQUEST_TIMEOUT": ["-1", "x"],
    "MYREST_STATEMENT_TIMEOUT": ["-1", "x"],
    "MYREST_CONNECT_TIMEOUT": ["-1", "x"],
    "MYREST_HEDGE_MS": ["-1", "x", "50ms"],
    "MYREST_MAX_REQUEST_BYTES": ["0", "-1", "1M"],
}


@pytest.mark.parametrize("name,value", [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_and_ends_with_78(lab, name, value):
    ended = run(lab, **{"DATABASE_URL": GOOD, "MYREST_LISTEN": f"unix:{lab.path}/never", name: value})
    assert ended.returncode == 78, ended
    assert re.search(rf"\b{name}\b", ended.stderr), ended.stderr
    others = [other for other in VARIABLES if other != name and re.search(rf"\b{other}\b", ended.stderr)]
    assert not others, (others, ended.stderr)


@pytest.mark.parametrize("how", [[], ["check"]])
def test_all_mistakes_are_reported_at_once(lab, how):
    wrong = {name: values[-1] for name, values in WRONG.items()}
    ended = run(lab, *how, **wrong)
    assert ended.returncode == 78
    missing = [name for name in wrong if not re.search(rf"\b{name}\b", ended.stderr)]
    assert not missing, (missing, ended.stderr)


def test_without_a_database_url_it_ends_with_78(lab):
    ended = run(lab, MYREST_LISTEN=f"unix:{lab.path}/never")
    assert ended.returncode == 78 and "DATABASE_URL" in ended.stderr


def test_a_mistake_never_shows_the_password(lab):
    for url in (
        GOOD.replace("mysql:", "mysqk:"),
        GOOD.replace(":3306", ":x"),
        GOOD + "?what=1",
        GOOD.replace("/shop", ""),
        GOOD.replace("@", "@@"),
        "x" + GOOD,
        GOOD.replace("mysql://", ""),
    ):
        for how in ([], ["check"], ["env"]):
            ended = run(lab, *how, DATABASE_URL=url, MYREST_LISTEN=f"unix:{lab.path}/never", MYREST_MAX_ROWS="x")
            said = ended.stdout + ended.stderr
            assert SECRET not in said and servers.quote(SECRET, safe="") not in said and "s3cr" not in said, said


def test_env_lists_every_variable_with_value_and_default(lab):
    ended = run(lab, "env", DATABASE_URL=GOOD, MYREST_MAX_ROWS="4321", MYREST_TABLES="users,orders")
    assert ended.returncode == 0, ended
    for name in VARIABLES:
        assert re.search(rf"\b{name}\b", ended.stdout), name
    assert (
        "4321" in ended.stdout
        and "1000" in ended.stdout
        and "262144" in ended.stdout
        and "users,orders" in ended.stdout
    )
    assert "***" in ended.stdout
    assert "s3cr" not in ended.stdout + ended.stderr


def test_the_documented_environment_holds_every_variable(lab):
    documented = run(lab, "env", "--example").stdout
    listed = set(
        re.findall(r"\b(?:MYREST_[A-Z_]+|DATABASE_URL|WEB_CONCURRENCY)\b", run(lab, "env", DATABASE_URL=GOOD).stdout)
    )
    listed = {name for name in listed if not name.endswith("_FILE")}
    missing = [name for name in listed | set(VARIABLES) if not re.search(rf"\b{name}\b", documented)]
    assert not missing


def test_help_and_version(lab):
    for flag in ("--help", "--version"):
        ended = run(lab, flag)
        assert ended.returncode == 0 and ended.stdout.strip() and not ended.stderr, ended
    assert re.search(r"myrest\W+\d+\.\d+", run(lab, "--version").stdout)
    said = run(lab, "--help").stdout
    for word in ("check", "env", "--version", "DATABASE_URL"):
        assert word in said


@pytest.mark.parametrize("argument", ["nonsense", "--nonsense", "check-more"])
def test_an_unknown_argument_is_refused(lab, argument):
    ended = run(lab, argument, DATABASE_URL=GOOD)
    assert ended.returncode not in (0, 78) and ended.returncode > 0 and ended.stderr.strip(), ended


# NAME_FILE


def file(lab, text):
    path = lab.folder("secret") / "value"
    path.write_bytes(text)
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_value_can_come_from_a_file(lab, users, start_pool, ending):
    path = file(lab, users.schema.url().encode() + ending)
    tables = file(lab, b"users(id)\n")
    pool = start_pool(None, None, DATABASE_URL_FILE=path, MYREST_TABLES_FILE=tables)
    assert pool.ask("/users/1").body.strip() == b'{"id":1}'


def test_the_value_and_its_file_together_are_a_mistake(lab):
    path = file(lab, b"5")
    ended = run(
        lab, DATABASE_URL=GOOD, MYREST_MAX_ROWS="5", MYREST_MAX_ROWS_FILE=path, MYREST_LISTEN=f"unix:{lab.path}/never"
    )
    assert ended.returncode == 78 and "MYREST_MAX_ROWS" in ended.stderr


def test_a_file_that_is_not_there_is_a_mistake(lab):
    ended = run(lab, DATABASE_URL_FILE=lab.path / "nothing", MYREST_LISTEN=f"unix:{lab.path}/never")
    assert ended.returncode == 78 and "DATABASE_URL_FILE" in ended.stderr


def test_a_wrong_value_in_a_file_is_a_mistake_by_name(lab):
    path = file(lab, b"many\n")
    ended = run(lab, DATABASE_URL=GOOD, MYREST_MAX_ROWS_FILE=path, MYREST_LISTEN=f"unix:{lab.path}/never")
    assert ended.returncode == 78 and "MYREST_MAX_ROWS" in ended.stderr


def test_hup_reads_the_files_again(lab, database, start_pool):
    import signal

    first, second = database.schema(*servers.USERS), database.schema(*servers.USERS)
    second.sql("UPDATE users SET username = 'second' WHERE id = 1")
    path = file(lab, first.url().encode())
    pool = start_pool(None, DATABASE_URL_FILE=path)
    assert b"admin" in pool.ask("/users/1?select=username").body
    path.write_text(second.url())
    pool.signal(signal.SIGHUP)
    servers.until(lambda: b"second" in pool.ask("/users/1?select=username").body, 5)


# check


def test_check_is_content_with_a_good_environment(lab, users):
    ended = run(lab, "check", DATABASE_URL=users.schema.url(), MYREST_LISTEN=f"unix:{lab.path}/never")
    assert ended.returncode == 0, ended
    assert not os.path.exists(f"{lab.path}/never")


@pytest.mark.parametrize("tcp", [False, True])
def test_check_reaches_the_database_both_ways(lab, users, tcp):
    assert run(lab, "check", DATABASE_URL=users.schema.url(tcp)).returncode == 0


def test_check_says_69_when_the_database_is_away(lab):
    ended = run(
        lab, "check", DATABASE_URL=f"mysql://rest:{servers.quote(SECRET, safe='')}@127.0.0.1:{servers.free_port()}/shop"
    )
    assert ended.returncode == 69, ended
    assert "s3cr" not in ended.stdout + ended.stderr


def test_check_says_69_when_the_database_refuses_us(lab, users):
    ended = run(lab, "check", DATABASE_URL=users.schema.url(password="wr0ng-password"))
    assert ended.returncode == 69, ended
    assert "wr0ng" not in ended.stdout + ended.stderr


def test_check_says_69_when_a_table_is_missing(lab, users):
    ended = run(lab, "check", DATABASE_URL=users.schema.url(), MYREST_TABLES="users,ghosts")
    assert ended.returncode == 69 and "ghosts" in ended.stdout + ended.stderr, ended


def test_check_says_69_when_a_column_is_missing(lab, users):
    ended = run(lab, "check", DATABASE_URL=users.schema.url(), MYREST_TABLES="users(id,ghost)")
    assert ended.returncode == 69 and "ghost" in ended.stdout + ended.stderr, ended


def test_no_secret_stands_on_a_command_line(users):
    for pid in [users.pool.supervisor(), *servers.children(users.pool.supervisor())]:
        assert "s3cr" not in servers.command_line(pid)


def test_processes_say_what_they_are(users):
    if servers.WRAPPER:
        return
    assert servers.command_line(users.pool.supervisor()).startswith("myrest: supervisor")
    said = sorted(servers.command_line(pid) for pid in servers.children(users.pool.supervisor()))
    assert [text.split()[1].strip(":") for text in said] == ["admin", "worker", "worker"]


def test_the_database_is_reached_by_tcp_too(users, start_pool):
    assert start_pool(users.schema.url(tcp=True)).ask("/users").status == 200


def test_the_program_needs_no_home_no_path_and_no_locale(users, start_pool):
    pool = start_pool(
        users.schema.url(), HOME="/nonexistent", PATH="/nonexistent", LC_ALL="de_DE.UTF-8", TZ="Asia/Kathmandu"
    )
    assert pool.ask("/users").status == 200
