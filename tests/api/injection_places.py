# SPDX-License-Identifier: MIT
"""Where a client's text goes, which text is harmless there and which is an attack; and the service that is asked."""
import time
from types import SimpleNamespace
from urllib.parse import quote_from_bytes

import pytest

import servers
from differences import here
from injection_oracle import QUOTE, Log, Oracle

OBJECT = "application/vnd.pgrst.object+json"


# --- where text goes, and which text is harmless there


def split(text):
    return text.split()


NUMBERS = split("1 -5 0 1.5 -0.25 1e3 99999999999999999999 1e30")
MOMENTS = split("2024-01-02 2024-01-02T03:04:05 2024-01-02T03:04:05.678+02:00 12:34:56 -01:02:03.5 0000-00-00 2024-01-02T03:04:05.1234567"
                " 12:34:56.1234567 -01:02:03.1234567")  # fmt: skip
WORDS = ["abc", "", "é", "日本", "😀", "a b", "€", "'", "0"]
COLUMNS = {
    # name: type, harmless values
    "id": ("INT PRIMARY KEY", NUMBERS),
    "n": ("INT", NUMBERS),
    "u": ("BIGINT UNSIGNED", NUMBERS),
    "d": ("DECIMAL(12,3)", NUMBERS),
    "f": ("FLOAT", NUMBERS),
    "g": ("DOUBLE", NUMBERS),
    "y": ("YEAR", [*NUMBERS, "2024"]),
    "b": ("BOOL", [*NUMBERS, "true", "false"]),
    "bit1": ("BIT(1)", [*NUMBERS, "true", "false"]),
    "bits": ("BIT(9)", NUMBERS),
    "s": ("VARCHAR(80) COLLATE utf8mb4_general_ci", WORDS),
    "bin": ("TEXT COLLATE utf8mb4_bin", WORDS),
    "latin": ("VARCHAR(80) CHARACTER SET latin1", WORDS),
    "e": ("ENUM('a','b b','it''s')", [*WORDS, "a"]),
    "z": ("SET('a','b')", [*WORDS, "a", "a,b"]),
    "day": ("DATE", MOMENTS),
    "clock": ("TIME(3)", MOMENTS),
    "at": ("DATETIME(3)", MOMENTS),
    "stamp": ("TIMESTAMP NULL", MOMENTS),
    "doc": ("JSON", ["1", "-1.5", '"a"', "true", "null", "{}", "[1]", '{"a":[1]}', "x"]),
    "raw": ("VARBINARY(40)", ["", "AAE=", "QUI=", "x"]),
    "uuid": ("UUID", ["00000000-0000-0000-0000-000000000001", "x"]),
    "ip": ("INET6", ["::1", "x"]),
    "place": ("POINT", ["", "AAE=", "x"]),
    "w": ("VARCHAR(200), FULLTEXT (w)", [*WORDS, "cat", "cat dog", "the", "-cat"]),
}
PATTERNS = ["abc", "abc*", "*abc", "a_c", "a%c", "", "*", "é*", "日*", "€", "€*", "'", "'*", "😀*", "\\_", "\\_*", " ", "a b",
            "abc\\*", "0", "1*", "\\\\*", "x" * 60 + "*", "{}*", "\u00a0*"]  # fmt: skip
COMPARE = ("eq", "neq", "gt", "gte", "lt", "lte", "isdistinct", "not.eq", "not.isdistinct")
MATCH = ("like", "ilike", "not.like", "match", "imatch")
SEARCH = ("fts", "plfts", "phfts", "wfts", "not.plfts")
CONTAIN = ("cs", "cd", "not.cs", "ov", "sl", "adj")


class Place:
    """Where one text goes. free: what stands there has a structure of its own, of which the shape may depend."""

    def __init__(self, target, harmless, method="GET", headers=None, free=False, quoted=False):
        self.target, self.harmless, self.method, self.headers = target, harmless, method, headers or {}
        self.free, self.quoted = free, quoted
        self.shapes = set()

    def __repr__(self):
        return f"{self.method} {self.target} {self.headers or ''}".strip()

    def request(self, text, raw=False):
        """method, target, headers with the text (bytes) in its place."""
        if self.quoted:
            text = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        target = self.target.encode().replace(b"{}", text if raw else quote_from_bytes(text, safe="").encode())
        headers = {name: value.encode().replace(b"{}", text) for name, value in self.headers.items()}
        return self.method.encode().replace(b"{}", text), target, headers


def columns_places():
    """Every operator with every type of column: as it is, in a list, in a tree, in an array."""
    for name, (_, good) in COLUMNS.items():
        for operator in (*COMPARE, *MATCH, *SEARCH, *CONTAIN, "is", "not.is"):
            harmless = {True: PATTERNS, False: good}[operator in MATCH]
            if operator.endswith("is"):
                harmless = ["null", "not_null", "true", "false", "unknown"]
            if operator in SEARCH:
                harmless = [*good, "cat & dog", '"cat dog"', "!a", "cat or dog"]
            yield Place(f"/t?select=id&{name}={operator}.{{}}", harmless)
        listed = [*[value for value in good if not set(value) & set(',{}()"')], "NULL"]
        yield Place(f"/t?select=id&{name}=in.({{}})", ["", *listed, ",".join(listed[:2])], free=True)
        yield Place(f'/t?select=id&{name}=not.in.("{{}}",1)', good, quoted=True, free=True)
        yield Place(f"/t?select=id&or=({name}.eq.\"{{}}\",id.eq.1)", good, quoted=True)
        yield Place(f'/t?select=id&{name}=eq(any).{{"{{}}"}}', good, quoted=True)
        yield Place(f"/t?select=id&{name}=gt(all).{{{{}}}}", [*listed, "NULL,NULL"], free=True)
        yield Place(f'/t?select=id&{name}=like(any).{{"{{}}"}}', PATTERNS, quoted=True)
        yield Place(f"/t?select=id&{name}={{}}", ["eq.1", "is.null"], free=True)
        yield Place(f"/t?select={name}::{{}}&limit=1", ["text", "int"], free=True)
        yield Place(f"/t?select={name}->>{{}}&limit=1", ["a", "0"], free=True)


def other_places():
    plain = ["1", "abc", ""]
    yield Place("/{}", ["t", "by_text", "nothing"], free=True)
    yield Place("/t{}", ["", "/1"], free=True)
    yield Place("/t/{}", [*NUMBERS, "abc", ""])
    yield Place("/by_text/{}", WORDS)
    yield Place("/by_text/{}?select=n", WORDS)
    yield Place("/by_day/{}", MOMENTS)
    yield Place("/by_bytes/{}", ["AAE=", "x", ""])
    yield Place("/by_text?secret=eq.{}", plain)
    yield Place("/t?select={}", ["id", "*", "id,n"], free=True)
    yield Place("/t?select={}:id&limit=1", ["a", "é"])
    yield Place('/t?select="{}":id&limit=1', ["a", "é"], quoted=True)
    yield Place("/t?select=id::{}&limit=1", ["text", "int"], free=True)
    yield Place("/t?select=doc->{}&limit=1", ["a", "é", "0", "-1"], free=True)
    yield Place('/t?select=doc->"{}"&limit=1', ["a", "0"], quoted=True)
    yield Place('/t?select=doc->"{}"->>0::int&limit=1', ["a", "0"], quoted=True)
    yield Place("/t?select=id&order={}", ["id", "n.desc", "id,n"], free=True)
    yield Place("/t?select=id&order=id.{}", ["asc", "desc", "nullsfirst"], free=True)
    yield Place('/t?select=id&order=doc->"{}".desc', ["a", "0"], quoted=True)
    yield Place('/t?select=id&order="{}"', ["id", "x"], quoted=True, free=True)
    yield Place("/t?select=id&{}=eq.1", ["id", "n", "x"], free=True)
    yield Place("/t?select=id&{}", ["id=eq.1", "limit=1", "x"], free=True)
    yield Place("/t?select=id&id={}.1", ["eq", "gt", "in"], free=True)
    yield Place("/t?select=id&id=eq({}).{{1,2}}", ["any", "all"], free=True)
    yield Place("/t?select=id&w=fts({}).cat", ["english", ""], free=True)
    yield Place("/t?select=id&id=not.{}", ["eq.1", "is.null"], free=True)
    for operator in COMPARE:
        yield Place(f"/t?select=id&doc->>a={operator}.{{}}", WORDS)
        yield Place(f"/t?select=id&doc->a={operator}.{{}}", ["1", "-1.5", "99999999999999999999", '"a"', "true", "false", "null", "[1]", "x"])
        yield Place(f'/t?select=id&doc->a={operator}."{{}}"', ["a", "1", ""], quoted=True)
        yield Place(f'/t?select=id&doc->"{{}}"={operator}.1', ["a", "1"], quoted=True)
        yield Place(f'/t?select=id&doc->>"{{}}"={operator}.a', ["a", "1"], quoted=True)
    for operator in MATCH:
        yield Place(f"/t?select=id&doc->>a={operator}.{{}}", PATTERNS)
    yield Place("/t?select=id&doc->>{}=eq.a", ["a", "1", "-1"], free=True)
    yield Place('/t?select=id&doc->a=cs."{}"', ["1", '"a"', "x"], quoted=True)
    yield Place("/t?select=id&or=({})", ["id.eq.1", "id.eq.1,n.is.null", "and(id.eq.1)"], free=True)
    yield Place("/t?select=id&and=({})", ["id.eq.1", "id.eq.1,n.is.null"], free=True)
    yield Place("/t?select=id&not.or={}", ["(id.eq.1)", "x"], free=True)
    yield Place("/t?select=id&or=(s.eq.{},id.eq.1)", ["a", "é"], free=True)
    yield Place('/t?select=id&and=(s.in.("{}",x),not.or(bin.like(all).{{"{}"}},id.is.null))', PATTERNS, quoted=True, free=True)
    yield Place("/t?select=id&limit={}", ["1", "0", "", "99999999999999999999", "-1"])
    yield Place("/t?select=id&offset={}", ["1", "0", "", "99999999999999999999", "-1"])
    yield Place("/t?select=id&columns={}", plain)
    yield Place("/t?select=id&on_conflict={}", plain)
    for name, values in {
        "Range": ["0-1", "1-", "items=0-1", "5-1", "x"],
        "Range-Unit": ["items", "bytes"],
        "Prefer": ["count=exact", "count=planned", "count=estimated", "handling=strict", "x=y", "return=representation"],
        "Accept": ["text/csv", "application/json", OBJECT, "*/*", "x"],
        "If-None-Match": ['"x"', "*", "x"],
        "MyREST-Merged": ["?", "1"],
        "X-Forwarded-Proto": ["https"],
        "X-Forwarded-Host": ["example.com"],
        "X-Forwarded-For": ["::1"],
        "X-Forwarded-Prefix": ["/api"],
        "X-Request-Id": ["1"],
        "Accept-Profile": ["public"],
        "Content-Type": ["application/json"],
    }.items():
        yield Place("/t?select=id&order=id&limit=2", [*values, ""], headers={name: "{}"})
    yield Place("/t?select=id&order=id&limit=2", ["0-1", "x"], headers={"Range": "{}", "Range-Unit": "items"})
    yield Place("/t?select=id&id=gt.0", ["exact", "planned", "x"], headers={"Prefer": "count={}"})
    yield Place("/t?select=id&s=eq.{}", WORDS, headers={"Prefer": "count=exact"})
    yield Place("/t?select=id&s=like.{}", PATTERNS, headers={"Prefer": "count=planned"})
    yield Place("/t?select=id&or=(s.eq.\"{}\")", WORDS, headers={"Prefer": "count=estimated"}, quoted=True)
    yield Place("/t?select=id&bin=eq.{}", WORDS, headers={"Accept": "text/csv"})
    yield Place("/t?select=id&bin=eq.{}", WORDS, headers={"Accept": OBJECT})
    yield Place("/t/1?s=eq.{}", WORDS, headers={"If-None-Match": '"{}"'})
    yield Place("/t?select=id", ["GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS"], method="{}")
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        yield Place("/t?id=eq.{}", plain, method=method)


MATRIX, OTHERS = list(columns_places()), list(other_places())

ATTACKS = [
    b"'", b'"', b"`", b"\\", b"\\'", b"''", b"'''", b"%", b"' OR '1'='1", b"' OR 1=1 -- ", b"1 OR 1=1", b"1) OR (1=1",
    b"') OR ('1'='1", b"' OR 1=1#", b"\\' OR 1=1 -- ", b"1;DROP TABLE t", b"';DROP TABLE t;-- ", b"1; SELECT SLEEP(5)",
    b"' UNION SELECT 1 -- ", b"1 UNION SELECT password FROM mysql.user", b"') UNION SELECT 1,2 -- ", b"/*", b"*/", b"/*!50000 1*/",
    b"-- ", b"#", b"' AND SLEEP(5) AND '", b"sleep(5)", b"1 AND SLEEP(5)", b"@@version", b"@a:=1", b"`id` OR `id`", b"id` = `id",
    b"` FROM mysql.user -- ", b"_latin1'a", b"_utf8mb4 0x27", b"N'a'", b"x'27'", b"0x27", b"b'1'", b"CHAR(39)", b"a'||'b",
    b"' 'b", b"\0", b"a\0' OR 1=1", b"\x1a", b"\n' OR\n1=1", b"\r\n", b"%00", b"%27 OR 1=1", b"%2527", b"\xc0\xa7 OR 1=1", b"\xe0\x80\xa7",
    b"\xbf' OR 1=1 -- ", b"\xbf\\' OR 1=1", b"\xff'", b"\xed\xa0\x80'", b"\xf0\x9f\x98'", "ʼ OR 1=1".encode(), "＇ OR ＇1".encode(),
    "‘’“”".encode(), "\ufeff'".encode(), "´' OR 1".encode(), b"9" * 400, b"-" + b"9" * 70, b"1e9999", b"-1e-9999", b"." * 50,
    b"18446744073709551616", b"nan", b"inf", b"1e1e1", b"--1", b"1--1", b"1-- 1", b"NULL", b"null) OR (1", b"DEFAULT(id)", b"$.a' OR '1",
    b'$."a" OR 1', b"a->b", b"a\"->'b", b"*", b"id.desc,(SELECT 1)", b"id.eq.1),or(n.eq.1", b"{1,2}", b"(1,2)", b"1,(SELECT 1)",
    b"text' OR '1", b"CHAR CHARACTER SET latin1", b"int) FROM mysql.user -- ", b"benchmark(1000000,md5(1))", b"load_file('/etc/passwd')",
    b"' INTO OUTFILE '/tmp/x", b"' PROCEDURE ANALYSE() -- ", b"' LIMIT 1,1 -- ", b"' ESCAPE '' OR '", b"\\\\' OR 1=1 -- ", b"%\\' OR 1",
    b"$$", b"$a$ OR 1=1 $a$", b"E'\\' OR 1=1 --", b"U&'\\0027", b"a'::text OR '1'='1", b"pg_sleep(5)", b"' || pg_sleep(5) || '", b"';COMMIT;--", b"$1", b"') @@ (",
    b"' IN BOOLEAN MODE) OR 1=1 -- ", b"+'a' IN", b"^(a+)+$", b"[[:<:]]'", b"((", b"'{\"a\":\"'\"}'", b'{"a":"\'"}', b'["\\u0027"]', b'"\\u0027"',
    b"\\u0027 OR 1=1", b"AAE=' OR 1", b"2024-01-02' OR 1", b"2024-01-02T00:00:00Z'--", b"12:00:00'", b"00000000-0000-0000-0000-00000000000'",
]  # fmt: skip


# --- the servers


@pytest.fixture(scope="module")
def target(lab):
    """A database of its own, whose general log is a table, and the pool before it."""
    database = servers.Database(lab)
    pool = front = None
    try:
        log = Log(database)
        log.begin()
        schema = database.schema(
            f"CREATE TABLE t ({', '.join(f'{name} {kind}' for name, (kind, _) in COLUMNS.items())})",
            "INSERT INTO t (id, n, s, bin, latin, e, z, day, doc, w) VALUES (1, 5, 'abc', 'abc', 'abc', 'a', 'a,b', '2024-01-02',"
            " '{\"a\": 1, \"b\": [\"x\"]}', 'the cat'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            "CREATE TABLE by_text (k VARCHAR(80) PRIMARY KEY, n INT, secret VARCHAR(80))",
            "CREATE TABLE by_day (k DATE PRIMARY KEY, n INT)",
            "CREATE TABLE by_bytes (k VARBINARY(40) PRIMARY KEY, n INT)",
            "CREATE TABLE hidden (id INT PRIMARY KEY)",
        )
        pool = servers.Pool(lab, schema.url(), tables="t,by_text(k,n),by_day,by_bytes", workers=1)
        front = servers.Nginx(lab, pool)
        setting, safe = here("injection.setting", ("sql_mode=", "NO_BACKSLASH_ESCAPES"))
        modes = [statement for statement in log.take() if setting in statement]
        assert modes and all(safe in statement for statement in modes), modes
        names = {f"{QUOTE}{name}{QUOTE}" for name in ("t", "by_text", "by_day", "by_bytes", "k", *here("injection.names", ()), *COLUMNS)}
        made = SimpleNamespace(schema=schema, pool=pool, web=front, log=log, oracle=Oracle(names), connection=None)
        for place in OTHERS + MATRIX:
            learn(made, place)
        yield made
        assert schema.sql("SELECT COUNT(*) FROM t") == ((2,),)
    finally:
        if front:
            front.stop()
        try:
            if pool:
                pool.close()
        finally:
            database.kill()


def ask(target, place, text, raw=False):
    """The status of one request straight to the pool, where no nginx is in the way of odd bytes."""
    method, path, headers = place.request(text, raw)
    began = time.monotonic()
    answer = None
    if target.connection is not None:
        try:
            answer = target.connection.request(method, path, headers=headers)
        except ConnectionError:
            pass
    if answer is None or answer.cut and not answer.out:  # it was closed while it was idle
        target.connection = target.pool.fcgi()
        answer = target.connection.request(method, path, headers=headers)
    check_answer(place, text, answer.status if answer.ended and not answer.cut else 599, time.monotonic() - began)
    return answer


def check_answer(place, text, status, seconds):
    assert status is not None and 200 <= status < 500, f"{status} for {text!r} in {place}"
    assert seconds < 4 * servers.FACTOR, f"{seconds:.1f} s for {text!r} in {place}"


def learn(target, place):
    for text in place.harmless:
        ask(target, place, text.encode())
    for statement in target.log.take():
        target.oracle.learn(statement)
        place.shapes.add(target.oracle.check(statement))
