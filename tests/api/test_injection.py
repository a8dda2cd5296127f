# SPDX-License-Identifier: MIT
"""No text of a client ever becomes SQL: the server's general log says which statements the pool sent.

Every statement is cut into tokens, where string literals become S, numbers N and names in quotes stay what they are.
It is sound when its words, and each two neighbours in it, are among those of tests/golden/read.txt and of requests with
harmless values, its names are those of exposed tables and columns, its parentheses close, and it is one statement without
a comment. And it has the shape of one of those that harmless values give in the same place of the same request.
"""
import re
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, quote_from_bytes

import pymysql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import servers
from differences import here
from servers import execute_as_it_is

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / here("injection.golden", "read.txt")
OBJECT = "application/vnd.pgrst.object+json"


def session_check():
    """The statement that asks a server whether its session is still as it was set up: a text that never changes."""
    header = (Path(__file__).resolve().parents[2] / "app" / "mysql" / "mysql_server.h").read_text("utf-8")
    literals = re.search(r"#define MYSQL_SERVER_SESSION_CHECK((?:.*\\\n)+.*)", header)[1]
    return "".join(re.findall(r'"(.*)"', literals))


SESSION_CHECK = session_check()

# --- the oracle

QUOTE = here("injection.quote", "`")
TOKEN = re.compile(
    r"(?P<space>\s+)"
    rf"|(?P<comment>--|{here('injection.comment', '#')}|/\*)"
    r"|(?P<string>[xX]?'(?:[^']|'')*')"
    rf"|(?P<name>{QUOTE}(?:[^{QUOTE}]|{QUOTE}{QUOTE})*{QUOTE})"
    rf"|(?P<number>(?:(?<={here('injection.before_minus', '[=<>(,]')})-)?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.]))"
    r"|(?P<word>[A-Za-z_]\w*)"
    rf"|(?P<sign>{here('injection.signs', '<=>')}|<>|<=|>=|[=<>+(),*.]|-(?={QUOTE}))",
    re.S,
)


class Flaw(AssertionError):
    pass


def tokens(statement):
    """(kind, text) of every token; where NO_BACKSLASH_ESCAPES is in force, a backslash in a literal is one."""
    at, found = 0, []
    while at < len(statement):
        match = TOKEN.match(statement, at)
        if not match:
            raise Flaw(f"{statement[at : at + 30]!r} is no token of the dialect in {statement!r}")
        if match.lastgroup == "comment":
            raise Flaw(f"a comment in {statement!r}")
        if match.lastgroup != "space":
            found.append((match.lastgroup, match.group()))
        at = match.end()
    return found


def kind(token):
    """What a token is for its neighbours."""
    group, text = token
    return {"string": "S", "number": "N", "name": "`"}.get(group) or text.upper()


def collapse(text):
    """A list of any length is one shape: x,x,x and x OR x OR x are x."""
    while True:
        shorter = re.sub(r"(?<=[( ])(\S(?:.{0,600}?\S)??) (?:,|OR|AND) \1(?= [,)OA])", r"\1", text)
        if shorter == text:
            return text
        text = shorter


class Oracle:
    def __init__(self, names):
        self.names = names
        self.words, self.pairs, self.whole = set(), set(), set()
        for line in GOLDEN.read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                self.learn(line.partition(" => ")[2])
        assert len(self.pairs) > 100

    def learn(self, statement):
        found = tokens(statement)
        kinds = ["<", *map(kind, found), ">"]
        self.pairs.update(zip(kinds, kinds[1:]))
        self.words.update(text.upper() for group, text in found if group == "word")
        if kinds[1] not in ("SELECT", "EXPLAIN"):
            self.whole.add(statement)

    def check(self, statement):
        """Raises Flaw when the statement is none that the dialect can make; gives its shape."""
        found = tokens(statement)
        for group, text in found:
            if group == "name" and text not in self.names:
                raise Flaw(f"the name {text} in {statement!r}")
            if group == "word" and text.upper() not in self.words:
                raise Flaw(f"the word {text!r} in {statement!r}")
        kinds = ["<", *map(kind, found), ">"]
        if kinds[1] not in ("SELECT", "EXPLAIN") and statement not in self.whole:
            raise Flaw(f"no read: {statement!r}")
        for pair in zip(kinds, kinds[1:]):
            if pair not in self.pairs:
                raise Flaw(f"{' '.join(pair)!r} in {statement!r}")
        depth = 0
        for each in kinds:
            depth += (each == "(") - (each == ")")
            if depth < 0:
                break
        if depth != 0:
            raise Flaw(f"parentheses in {statement!r}")
        if kinds.count("SELECT") > 1 or kinds.count("LIMIT") > 1 or kinds.count("FROM") > 1 + kinds.count("TRAILING") + kinds.count("DISTINCT"):
            raise Flaw(f"two statements in {statement!r}")
        return collapse(" ".join(text if group == "name" else kind((group, text)) for group, text in found))


class Log:
    """mysql.general_log: the statements of the account rest, of every connection, in their order."""

    def __init__(self, database):
        self.connection, self.taken = database.connect(), 0

    def begin(self):
        for statement in ("SET GLOBAL general_log = 0", "SET GLOBAL log_output = 'TABLE'",
                          "TRUNCATE mysql.general_log", "SET GLOBAL general_log = 1"):  # fmt: skip
            self.run(statement)

    def run(self, statement):
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def take(self):
        """What was logged since the last time, but for the question about the session."""
        rows = self.run(
            "SELECT command_type, argument FROM mysql.general_log WHERE user_host LIKE '%[rest]%'"
            " AND command_type NOT IN ('Connect', 'Quit', 'Ping', 'Reset connection', 'Init DB')"
        )
        self.run("TRUNCATE mysql.general_log")
        taken = [row[1].decode("utf-8", "replace") if isinstance(row[1], bytes) else row[1] for row in rows]
        taken = [statement for statement in taken if statement != SESSION_CHECK]
        self.taken += len(taken)
        return taken


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


def ask_nginx(target, place, text):
    """The same through nginx, which refuses some of it by itself."""
    method, path, headers = place.request(text)
    began = time.monotonic()
    headers = {name: value.decode("latin-1") for name, value in headers.items()}
    response = target.web.get(path, method=method.decode("latin-1"), headers=headers)
    check_answer(place, text, response.status, time.monotonic() - began)


def check_answer(place, text, status, seconds):
    assert status is not None and 200 <= status < 500, f"{status} for {text!r} in {place}"
    assert seconds < 4 * servers.FACTOR, f"{seconds:.1f} s for {text!r} in {place}"


def learn(target, place):
    for text in place.harmless:
        ask(target, place, text.encode())
    for statement in target.log.take():
        target.oracle.learn(statement)
        place.shapes.add(target.oracle.check(statement))


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
