# SPDX-License-Identifier: MIT
"""No text of a client ever becomes SQL: the server's general log says which statements the pool sent.

Every statement is cut into tokens, where string literals become S, numbers N and names in quotes stay what they are.
It is sound when its words, and each two neighbours in it, are among those of tests/golden/read.txt and of requests with
harmless values, its names are those of exposed tables and columns, its parentheses close, and it is one statement without
a comment. And it has the shape of one of those that harmless values give in the same place of the same request.
"""
import re
import time

import pymysql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import servers
from differences import here
from injection_oracle import Flaw
from injection_places import ATTACKS, COLUMNS, MATRIX, OTHERS, WORDS, Place, ask, check_answer, learn
from injection_places import target  # noqa: F401 (fixtures)
from servers import execute_as_it_is


# --- the servers


def ask_nginx(target, place, text):
    """The same through nginx, which refuses some of it by itself."""
    method, path, headers = place.request(text)
    began = time.monotonic()
    headers = {name: value.decode("latin-1") for name, value in headers.items()}
    response = target.web.get(path, method=method.decode("latin-1"), headers=headers)
    check_answer(place, text, response.status, time.monotonic() - began)


def judge(target, place, texts, strict=True):
    """Every statement since the last time is sound, and of a shape that the place has."""
    for statement in target.log.take():
        try:
            shape = target.oracle.check(statement)
            if strict and shape not in place.shapes and statement not in target.oracle.whole:
                raise Flaw(f"{shape!r} is no shape that harmless values have there, of {statement!r}; known: {sorted(place.shapes)}")
        except Flaw as flaw:
            raise AssertionError(f"{flaw}\nin {place}, after one of {texts!r}") from None


# --- the oracle's own test

INJECTED = [
    "SELECT `id` FROM `t` WHERE `s`='' OR '1'='1' LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `n`=1 OR 1=1 LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `s`='a' LIMIT 1000 -- ' LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `s`='a' /* ' */ LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `s`='a' # \n LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `n`=1 AND SLEEP(0) LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `n`=@@version LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `n`=1 UNION SELECT 1 LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `n`=(SELECT 1) LIMIT 1000",
    "SELECT `k` FROM `by_text` WHERE `secret`='a' LIMIT 1000",
    "SELECT `id` FROM `hidden` LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `s`=_latin1'a' LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `s`='a' 'b' LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `s`=\"a\" LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `s`='a' LIMIT 1000 INTO @a",
    "SELECT id FROM `t` LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `n`=0x27 LIMIT 1000",
    "SELECT `id` FROM `t` WHERE `n`=1--1 LIMIT 1000",
    "DO 1",
    "SET @a = 1",
]


@pytest.mark.parametrize("statement", here("injection.injected", INJECTED))
def test_the_oracle_sees_an_injected_statement(target, statement):
    """It really runs, as the account of the pool, and is found in the log."""
    place = Place("/t?select=id&s=eq.{}", WORDS)
    learn(target, place)
    with target.schema.connect(user="rest", password=servers.SECRET) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
        target.log.take()
        try:
            execute_as_it_is(cursor, statement)
        except pymysql.Error as error:
            raise AssertionError(f"{statement}: {error}") from None
    with pytest.raises(AssertionError, match="in GET /t"):
        judge(target, place, [])


def test_the_oracle_sees_another_shape(target):
    """A statement that the dialect has, in a place where it does not belong."""
    place = Place("/t?select=id&s=eq.{}", WORDS)
    learn(target, place)
    assert len(place.shapes) == 1
    ask(target, Place("/t?select=id&s=eq.{}&or=(n.is.null)", []), b"a")
    with pytest.raises(AssertionError, match="no shape"):
        judge(target, place, [])
    ask(target, place, b"' OR '1'='1")
    judge(target, place, [])


def test_harmless_values_were_learned(target):
    known = [place for place in MATRIX + OTHERS if place.shapes]
    assert len(known) > len(MATRIX + OTHERS) / 2
    for name in COLUMNS:
        assert any(place.shapes for place in MATRIX if f"&{name}=" in place.target), name


# --- the usual strings


def test_the_usual_strings_in_every_place(target):
    target.log.take()
    for place in OTHERS:
        for text in ATTACKS:
            ask(target, place, text)
        judge(target, place, ATTACKS, strict=not place.free)
        for text in ATTACKS:
            if place.target.count("{}"):
                ask(target, place, text, raw=True)
        judge(target, place, ATTACKS, strict=False)


def test_the_usual_strings_through_nginx(target):
    target.log.take()
    for place in OTHERS:
        for text in ATTACKS[:: 1 if place.headers or "{}" in place.method else 3]:
            inside = place.headers or "{}" in place.method
            if inside and set(text) & set(b"\r\n\0"):
                continue  # that would be another request
            if "{}" in place.method and set(text) & set(b" "):
                continue
            ask_nginx(target, place, text)
        judge(target, place, ATTACKS, strict=not place.free)


def test_the_usual_strings_with_every_operator_and_type(target):
    target.log.take()
    for number, place in enumerate(MATRIX):
        texts = ATTACKS[number % 13 :: 13]
        for text in texts:
            ask(target, place, text)
        judge(target, place, texts, strict=not place.free)


# --- whatever else

PIECES = st.one_of(
    st.sampled_from(ATTACKS),
    st.sampled_from([b"'", b'"', b"\\", b"`", b"(", b")", b"{", b"}", b",", b".", b":", b"->", b"->>", b"::", b"*", b"%", b"_", b"-",
                     b"--", b"/*", b"*/", b"#", b";", b" ", b"\n", b"\0", b"=", b"&", b"@", b"$", b"[", b"]", b"0", b"1", b"e", b"x'",
                     b" OR ", b" AND ", b"NULL", b"null", b"SELECT", b"UNION", b"SLEEP(5)", b"id", b"t", b"eq.", b"not.", b"in.(",
                     b"or(", b"and(", b"like.", b"\xff", b"\xc0\xa7", b"\xe2\x80\x99", b"\xf0\x9f\x98\x80"]),
    st.text(max_size=4).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=3),
)  # fmt: skip
# where a text is taken as it is, so that most of what is written there reaches the database
TEXTUAL = [
    place
    for place in MATRIX + OTHERS
    if not place.free and not place.headers and re.search(r"[&(?](s|bin|latin|w|e|doc->>?\"?\w*\"?)[=.]|by_text/", place.target)
]
FUZZ = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(TEXTUAL), st.sampled_from(TEXTUAL), st.sampled_from(OTHERS), st.sampled_from(MATRIX)),
        st.lists(PIECES, min_size=1, max_size=6).map(b"".join),
        st.integers(0, 3).map(lambda n: n == 3),
    ),
    min_size=4,
    max_size=12,
)


def test_whatever_is_written(target):
    before = target.log.taken

    @settings(
        max_examples=500,
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(FUZZ)
    def property(requests):
        target.log.take()  # what a failure left there is not this example's
        for place, text, raw in requests:
            ask(target, place, text, raw)
            judge(target, place, [text], strict=not place.free and not raw)

    property()
    assert target.log.taken - before > 1000, "hardly anything reached the database"
