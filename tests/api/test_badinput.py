# SPDX-License-Identifier: MIT
"""Requests that are too large, too many or odd in any part get an answer."""
import json
import os
import re
import time
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings, strategies

import fcgi
import servers
from badinput import DEADLINE, GOOD, harmless
from badinput import nobody_died, target  # noqa: F401 (fixtures)
from servers import ADMIN, GUEST, until
from web import error_of


# large things
def test_a_query_string_of_a_megabyte_is_refused(target):
    for size in (8000, 60000, 70000, 500000, 1 << 20, 3 << 20):
        with target.pool.fcgi() as connection:
            try:
                connection.send(fcgi.encode("GET", "/users?username=eq." + "a" * size))
            except ConnectionError:
                pass
            answer = connection.read()
        if size < 70000:
            assert answer.status in (200, 414), (size, answer)
        else:
            assert answer.status in (200, 400, 413, 414) or (size > 1 << 20 and answer.cut), (size, answer)
        if answer.status and answer.status >= 400:
            error_of(answer, answer.status)
    response = target.get("/users?username=eq." + "a" * (1 << 20))
    assert response.status == 414


def test_a_query_of_very_many_parts_is_refused_or_answered_soon(target):
    for query in (
        "&".join(["id=eq.1"] * 20000),
        "select=" + ",".join(["id"] * 20000),
        "order=" + ",".join(["id"] * 20000),
        "&" * 200000,
        "select=" + "(" * 100000,
        "%" * 100000,
        "order=" + "." * 100000,
    ):
        began = time.monotonic()
        answer = harmless(target, fcgi.encode("GET", "/users?" + query))
        assert answer.status in (200, 400, 414), answer
        assert time.monotonic() - began < 3 * servers.FACTOR


def test_a_body_larger_than_allowed_is_413_or_a_close(target):
    with target.pool.fcgi() as connection:
        try:
            connection.send(fcgi.encode("POST", "/users", body=b"x" * (3 << 20)))
        except ConnectionError:
            pass
        answer = connection.read()
        assert answer.status in (405, 413) or answer.cut, answer


def test_a_body_nobody_reads_does_not_become_the_next_request(target):
    with target.pool.fcgi() as connection:
        for size in (1, 1000, 65535, 65536, 300000, 900000):
            answer = connection.request("POST", "/users", body=GOOD * (size // len(GOOD) + 1))
            assert answer.status == 405, answer
            assert json.loads(connection.request(target="/users/1").body) == ADMIN
            answer = connection.request("GET", "/users/2", body=b"z" * size)
            assert answer.status in (200, 400)


def test_very_many_headers(target):
    headers = {f"X-Number-{at}": "v" * 50 for at in range(2000)}
    answer = harmless(target, fcgi.encode("GET", "/users/1", headers=headers))
    assert answer.status in (200, 400, 413, 431), answer


# SQL in every part
ATTACKS = [
    "' OR '1'='1",
    "1 OR 1=1",
    "1; DROP TABLE prey",
    "'; DROP TABLE prey; -- ",
    "1 UNION SELECT 1,2,3",
    "\\' OR SLEEP(3) -- ",
    "1 AND SLEEP(3)",
    "\" OR SLEEP(3) -- ",
    "`",
    "`; DROP TABLE prey; -- ",
    "id`, (SELECT SLEEP(3)), `id",
    "(SELECT SLEEP(3))",
    "id AND SLEEP(3)",
    "1)) OR SLEEP(3) -- ",
    "%bf%27 OR SLEEP(3) -- ",
    "\x00' OR SLEEP(3) -- ",
    "0x31 OR SLEEP(3)",
    "1/**/OR/**/SLEEP(3)",
    "/*! SLEEP(3) */",
    "id DESC, (SELECT SLEEP(3))",
    "@@version",
    "LOAD_FILE('/etc/passwd')",
    "1 INTO OUTFILE '/tmp/myrest-out'",
    "１ OR 1=1",
    "\u2019 OR 1=1",
    "x' AND SLEEP(3) AND 'x'='x",
    "1e0 OR SLEEP(3)",
    "-1 OR SLEEP(3)",
    "\\",
    "\\\\' OR SLEEP(3) -- ",
]
PLACES = [
    "/users?select={}",
    "/users?order={}",
    "/users?limit={}",
    "/users?offset={}",
    "/users?id=eq.{}",
    "/users?username=eq.{}",
    "/users?{}=eq.1",
    "/users?id={}",
    "/users?id={}.1",
    "/users/{}",
    "/{}",
    "/{}/1",
    "/users?select=id,{}",
    "/users?order=id.{}",
    "/users?order=id,{}.desc",
    "/users?username=eq.{}&id=eq.{}",
    "/prey?t=eq.{}",
    "/users?{}",
]


def without_texts(statement, escape):
    """The statement without what stands in quotes: there an attack is only a text. Whether a backslash escapes is a
    setting of the session."""
    text = r"(?:[^'\\]|\\.|'')*" if escape else "(?:[^']|'')*"
    return re.sub(f"'{text}'|`(?:[^`]|``)*`", "''", statement, flags=re.S)


def test_sql_in_every_parameter_stays_a_text(target):
    database = target.schema.database
    log = database.home / "general"
    database.sql(f"SET GLOBAL general_log_file = '{log}'", "SET GLOBAL general_log = 1")
    try:
        for place in PLACES:
            for attack in ATTACKS:
                for text in (quote(attack, safe=""), quote(attack, safe="()*,;:@!$'/") if "/" not in attack else None):
                    if text is None or "{}" not in place:
                        continue
                    began = time.monotonic()
                    answer = target.pool.ask(place.replace("{}", text))
                    took = time.monotonic() - began
                    assert answer.status in (200, 400, 404), (place, attack, answer)
                    assert took < 1 * servers.FACTOR, (place, attack, took)
                    if answer.status == 200:
                        assert json.loads(answer.body) in ([], [ADMIN, GUEST]) or "id=eq" not in place, (
                            place,
                            attack,
                            answer,
                        )
                        if "=eq." in place:
                            assert json.loads(answer.body) == [], (place, attack, answer)
                    else:
                        error_of(answer, answer.status)
        for header in ("Accept", "Prefer", "Range", "X-Forwarded-Host", "Authorization", "Cookie", "If-None-Match"):
            answer = target.pool.ask("/users", headers={header: "' OR SLEEP(3) -- "})
            assert answer.status in (200, 400, 406)
    finally:
        database.sql("SET GLOBAL general_log = 0")
    assert target.schema.sql("SELECT COUNT(*) FROM prey") == ((1,),)
    words = re.compile(r"SLEEP|DROP|UNION|OUTFILE|LOAD_FILE|1=1|'1'='1")
    for line in log.read_text("utf-8", "replace").splitlines():
        if "SET GLOBAL" not in line:
            assert not all(words.search(without_texts(line, escape)) for escape in (True, False)), line
    assert not os.path.exists("/tmp/myrest-out")


# bytes of every kind
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    strategies.binary(max_size=60),
    strategies.sampled_from(
        [
            b"/",
            b"/users/",
            b"/users?",
            b"/users?select=",
            b"/users?order=",
            b"/users?limit=",
            b"/users?id=eq.",
            b"/users?username=",
            b"",
        ]
    ),
)
def test_any_bytes_in_the_target_get_an_answer(target, data, start):
    answer = target.pool.ask(start + data)
    assert answer.status in (200, 400, 404, 405), answer
    if answer.status != 200:
        error_of(answer, answer.status)
    else:
        json.loads(answer.body.decode("utf-8"))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    strategies.text("idusername=eq.,()\"'%&;*:-> nulsort\\+é😀0123456789", max_size=40),
    strategies.sampled_from(
        ["/users?", "/users?select=", "/users?order=", "/users?id=", "/users?or=", "/users?username=eq."]
    ),
)
def test_any_words_of_the_dialect_get_an_answer(target, text, start):
    answer = target.pool.ask(start + quote(text, safe="=&.,()*:-%"))
    assert answer.status in (200, 400, 404), answer


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    strategies.dictionaries(
        strategies.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", max_size=20), strategies.binary(max_size=100), max_size=10
    )
)
def test_any_headers_get_an_answer(target, extra):
    extra = {
        name: value for name, value in extra.items() if name not in ("REQUEST_METHOD", "REQUEST_URI", "CONTENT_LENGTH")
    }
    assert target.pool.ask("/users", extra={f"HTTP_{name}": value for name, value in extra.items()}).status in (
        200,
        400,
        406,
    )


def test_connections_come_and_go(target):
    """Thousands of clients that leave at any moment: no descriptor stays behind."""
    before = {pid: len(os.listdir(f"/proc/{pid}/fd")) for pid in target.pool.workers()}
    for at in range(1500):
        with target.pool.fcgi() as connection:
            connection.send(GOOD[: (at * 37) % (len(GOOD) + 1)])
    time.sleep(0.3)
    until(
        lambda: all(len(os.listdir(f"/proc/{pid}/fd")) <= count + 10 for pid, count in before.items()),
        DEADLINE + 3,
        why=lambda: {pid: len(os.listdir(f"/proc/{pid}/fd")) for pid in before},
    )
