# SPDX-License-Identifier: MIT
"""A key that the path and the body both name: it is one value in whatever words, and never another row's."""
from urllib.parse import quote

import pytest

import mysql
import postgresql
from writing import GRANT, REPRESENTATION, Tables, done, refused, shown, statements_of

# What each type calls one value: the first of them as the database shows it, and what is another.
WORDS = {
    "INT": (["7", "07", "+7", '"7"'], "8"),
    "BIGINT": (["9007199254740993", '"009007199254740993"'], "9007199254740992"),
    "DECIMAL(10,2)": (["1.50", "1.5", "15e-1", "01.500", '"1.5"'], "1.05"),
    "DECIMAL(20,0)": (["12345678901234567890", "12345678901234567890.0"], "1234567890123456789"),
    "DOUBLE": (["0.5", "5e-1", "0.50", '"0.5"'], "0.05"),
    "FLOAT": (["0.1", "1e-1", "0.100000001"], "0.10001"),
    "BOOL": (["true", "1", '"true"'], "false"),
    "DATE": (["2024-01-02", "2024-01-02T00:00:00Z", "2024-01-02T00:00"], "2024-01-03"),
    "DATETIME(3)": (["2024-01-02T03:04:05.5", "2024-01-02 03:04:05.500", "2024-01-02T03:04:05.50Z"], "2024-01-02T03:04:05.05"),
    "TIMESTAMP(3)": (["2024-01-02T03:04:05.5+00:00", "2024-01-02 03:04:05.500", "2024-01-02T05:04:05.50+02:00"], "2024-01-02T03:04:05.5+02:00"),
    "TIME(3)": (["03:04:00", "03:04", "03:04:00.000"], "03:40:00"),
    "VARBINARY(8)": (["AAE=", "AAE"], "AAEA"),
    "UUID": (["123e4567-e89b-42d3-a456-426655440000", "123E4567-E89B-42D3-A456-426655440000", "123e4567e89b42d3a456426655440000"],
             "123e4567-e89b-42d3-a456-426655440001"),
    "INET6": (["fe80::1", "FE80::0001", "fe80:0:0:0:0:0:0:1"], "fe80::10"),
}  # fmt: skip
if mysql.HERE:
    del WORDS["UUID"], WORDS["INET6"]  # it has none
if postgresql.HERE:
    del WORDS["INET6"]  # only the server reads an inet
NAMES = {kind: f"k{at}" for at, kind in enumerate(WORDS)}
TABLES = {name: (f"CREATE TABLE {name} (k {kind} NOT NULL PRIMARY KEY, n INT)", "") for kind, name in NAMES.items()}
TABLES["pairs"] = ("CREATE TABLE pairs (a DECIMAL(10,2), b DATETIME(3), n INT, PRIMARY KEY (a, b))", "")


@pytest.fixture(scope="module")
def tables(service):
    exposed = ",".join(TABLES)
    return Tables(service(*statements_of(TABLES), grant=GRANT, tables=exposed, MYREST_WRITABLE=exposed), TABLES)


@pytest.fixture
def w(tables):
    tables.renew()
    return tables


def json_of(word):
    """As a body has it."""
    bare = word[:1] in ('"', "-") or word[:1].isdigit() and all(byte in "0123456789.e-" for byte in word) and word.count("-") < 2
    return word if word in ("true", "false") or bare and not (word[:1] == "0" and word[1:2].isdigit()) else f'"{word}"'


def text_of(word):
    """As a path or a filter has it."""
    return quote(word.strip('"'), safe="")


@pytest.mark.parametrize("kind", WORDS)
def test_a_put_of_one_key_in_two_words(w, kind):
    table, (words, other) = NAMES[kind], WORDS[kind]
    for n, path in enumerate(words):
        for m, body in enumerate(words):
            for target in (f"/{table}/{text_of(path)}", f"/{table}?k=eq.{text_of(path)}"):
                sent = f'{{"k":{json_of(body)},"n":{n * 10 + m}}}'.encode()
                answer = w.put(target, sent, prefer=REPRESENTATION)
                assert answer.status in (200, 201), (target, sent, answer)
                assert w.value(f"SELECT count(*) FROM {table}") == 1 and w.value(f"SELECT n FROM {table}") == n * 10 + m
        refused(w.put(f"/{table}/{text_of(path)}", f'{{"k":{json_of(other)},"n":99}}'.encode()), 400, "PGRST115", "k")
        done(w.put(f"/{table}/{text_of(path)}", {"n": 50 + n}), 204)
        assert w.value(f"SELECT n FROM {table}") == 50 + n and w.value(f"SELECT count(*) FROM {table}") == 1
        assert w.json(f"/{table}/{text_of(path)}")["n"] == 50 + n
        assert w.json(f"/{table}?k=in.({text_of(path)},{text_of(other)})&select=n") == [{"n": 50 + n}]


@pytest.mark.parametrize("kind", WORDS)
def test_a_location_names_the_row(w, kind):
    table, (words, other) = NAMES[kind], WORDS[kind]
    for word in words:
        w.renew()
        done(w.post(f"/{table}", f'{{"k":{json_of(other)},"n":1}}'.encode()), 201)
        made = w.post(f"/{table}", f'{{"k":{json_of(word)},"n":2}}'.encode(), prefer="return=headers-only")
        assert made.status == 201, made
        assert [row["n"] for row in w.json(made.headers["location"])] == [2]
        assert w.put(made.headers["location"], f'{{"k":{json_of(word)},"n":3}}'.encode()).status == 204
        moved = w.patch(f"/{table}/{text_of(other)}", f'{{"k":{json_of(word)}}}'.encode())
        refused(moved, 409, "23505")
        assert [n for (n,) in w.rows(f"SELECT n FROM {table}")] == [1, 3]
        done(w.delete(f"/{table}/{text_of(word)}"), 204)
        [row] = shown(w.patch(f"/{table}?k=eq.{text_of(other)}", f'{{"k":{json_of(word)}}}'.encode(), prefer=REPRESENTATION))
        assert row["n"] == 1 and w.json(f"/{table}/{text_of(words[0])}") == row


@pytest.mark.skipif(postgresql.HERE, reason="a database has one character set")
@pytest.mark.parametrize("declared, letters", [
    ("cp1251 COLLATE cp1251_bin", "ёеЁЕжЖ"), ("cp1251", "ёеж"), ("koi8r", "ёеж"), ("latin2", "äaczčžz"), ("latin1", "Žz€e"),
])
def test_a_key_is_no_other_in_another_character_set(service, declared, letters):
    """Of characters that utf8mb4 calls equal and the column's own collation does not."""
    letters = sorted(set(letters))
    rows = ", ".join(f"('{letter}', {n})" for n, letter in enumerate(letters))
    made = f"CREATE TABLE words (k VARCHAR(9) CHARACTER SET {declared} PRIMARY KEY, n INT)"
    w = Tables(service(made, f"INSERT INTO words VALUES {rows}", grant=GRANT, tables="words", MYREST_WRITABLE="words"), {})
    for n, letter in enumerate(letters):
        key, others = quote(letter), [(other,) for other in range(len(letters)) if other != n]
        assert w.json(f"/words/{key}") == {"k": letter, "n": n} and w.json(f"/words?k=in.({key},☃)&select=n") == [{"n": n}]
        done(w.put(f"/words/{key}", {"k": letter, "n": n}), 204)
        done(w.patch(f"/words/{key}", {"n": n}), 204)
        done(w.delete(f"/words?k=in.({key})"), 204)
        assert w.rows("SELECT n FROM words") == others
        refused(w.get(f"/words/{key}"), 404)
        done(w.put(f"/words/{key}", {"n": n}), 201)
        done(w.delete(f"/words/{key}"), 204)
        assert w.rows("SELECT n FROM words") == others
        done(w.post("/words", {"k": letter, "n": n}), 201)
    for value in ("☃", "日"):  # which the set lacks
        assert w.json(f"/words?k=eq.{quote(value)}") == [] and len(w.json(f"/words?k=not.eq.{quote(value)}")) == len(letters)
        assert w.json(f"/words?k=isdistinct.{quote(value)}&select=n&order=n") == [{"n": n} for n in range(len(letters))]
        refused(w.delete(f"/words/{quote(value)}"), 404)
        refused(w.put(f"/words/{quote(value)}", {"n": 1}), 422)


def test_the_parts_of_a_key_in_two_words(w):
    target = "/pairs?a=eq.1.5&b=eq.2024-01-02T03:04:05"
    assert w.put(target, {"a": "1.500", "b": "2024-01-02 03:04:05.000Z", "n": 1}).status == 201
    assert w.put(target, {"a": 1.5, "b": "2024-01-02T03:04:05.0", "n": 2}).status == 204
    for part, value in (("a", 1.51), ("b", "2024-01-02T03:04:05.001"), ("a", None), ("b", None)):
        body = {"a": 1.5, "b": "2024-01-02T03:04:05", "n": 3, part: value}
        assert f"'{part}'" in str(refused(w.put(target, body), 400))
    assert f"'b'" in str(refused(w.put(target, {"a": 1.5, "n": 3}), 400, "PGRST115"))
    assert w.value("SELECT n FROM pairs") == 2
