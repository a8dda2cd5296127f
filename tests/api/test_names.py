# SPDX-License-Identifier: MIT
"""Tables, views, columns and keys of any name and any shape; what is not named does not exist."""
import json
from urllib.parse import quote

import pytest

from differences import here
from web import error_of
from servers import ADMIN, GUEST, USERS

ODD = [
    "two words",
    'say "hi"',
    "back`tick",
    "o'neil",
    "a,b",
    "(paren)",
    "größe",
    "日本",
    "a/b",
    "50%",
    "a.b",
    "semi;colon",
    "select",
    "users(id)",
    "a?b",
    "a#b",
    "a&b=c",
    "back\\slash",
    "+plus",
    "*",
    "-",
    "UPPER",
    "trailing.",
]


def named(name):
    """A name as MYREST_TABLES takes it."""
    return '"' + name.replace('"', '""') + '"'


def backticked(name):
    return "`" + name.replace("`", "``") + "`"


@pytest.fixture(scope="module")
def odd(service):
    statements = []
    for name in ODD:
        statements += [
            f"CREATE TABLE {backticked(name)} (id INT PRIMARY KEY, {backticked('col ' + name)} VARCHAR(50))",
            f"INSERT INTO {backticked(name)} VALUES (1, 'one'), (2, 'two')",
        ]
    return service(*statements, tables=",".join(map(named, ODD)))


@pytest.mark.parametrize("name", ODD)
def test_a_table_of_any_name_is_answered(odd, name):
    column = f"col {name}"
    target = "/" + quote(name, safe="")
    assert odd.json(target + "?order=id") == [{"id": 1, column: "one"}, {"id": 2, column: "two"}]
    assert odd.json(target + "/2") == {"id": 2, column: "two"}


@pytest.mark.parametrize("name", [name for name in ODD if not set(name) & set(',.():"*-\\')])
def test_a_column_of_any_name_can_be_selected_ordered_and_filtered(odd, name):
    column = f"col {name}"
    target, field = "/" + quote(name, safe=""), quote(column, safe="")
    assert odd.json(f"{target}?select={field}&order={field}.desc") == [{column: "two"}, {column: "one"}]
    assert odd.json(f"{target}?{field}=eq.two&select=id") == [{"id": 2}]


@pytest.mark.parametrize("name", ["a,b", "(paren)", "a.b", "users(id)", "-", "*"])
def test_a_column_with_signs_of_the_dialect_is_written_in_quotes(odd, name):
    column = f"col {name}"
    target, field = "/" + quote(name, safe=""), quote(f'"{column}"', safe="")
    assert odd.json(f"{target}?select={field}&order={field}.desc") == [{column: "two"}, {column: "one"}]


def test_a_slash_in_a_name_is_not_a_slash_in_the_path(odd):
    error_of(odd.get("/a/b"), 404)
    assert odd.get("/a%2Fb").status == 200
    assert odd.get("/a%2fb/1").status == 200


KEYS = [
    "plain",
    "two words",
    "a/b",
    "a%2Fb",
    "é",
    "日本",
    "😀",
    "'",
    '"',
    "`",
    "\\",
    "%",
    "+",
    "a+b",
    ".",
    "../folded",
    "a/./b",
    "a/..b/c.",
    "a.b",
    "eq.1",
    "?",
    "#",
    "&",
    "=",
    ";",
    "*",
    "(",
    "null",
    "1",
    "01",
    "-1",
    "--",
    "\t",
]


@pytest.fixture(scope="module")
def keyed(service):
    made = service(
        "CREATE TABLE words (word VARCHAR(40) COLLATE utf8mb4_bin PRIMARY KEY, n INT)",
        "CREATE TABLE folded (word VARCHAR(40) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT)",
        "INSERT INTO folded VALUES ('Admin', 1)",
        "CREATE TABLE pairs (a INT, b INT, v INT, PRIMARY KEY (a, b))",
        "INSERT INTO pairs VALUES (1, 1, 11), (1, 2, 12)",
        "CREATE TABLE keyless (a INT, b VARCHAR(9))",
        "INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL)",
        "CREATE TABLE days (day DATE PRIMARY KEY, n INT)",
        "INSERT INTO days VALUES ('2024-01-02', 1)",
        "CREATE TABLE prices (price DECIMAL(8,2) PRIMARY KEY)",
        "INSERT INTO prices VALUES (1.50), (-2)",
        "CREATE TABLE hashes (hash BINARY(4) PRIMARY KEY, n INT)",
        "INSERT INTO hashes VALUES (x'00ff10fe', 1)",
        "CREATE TABLE sorts (sort ENUM('a','b') PRIMARY KEY)",
        "INSERT INTO sorts VALUES ('a')",
        "CREATE VIEW old AS SELECT a, b, v * 2 AS double_v FROM pairs",
        "CREATE VIEW totals AS SELECT a, COUNT(*) AS many, SUM(v) AS total, AVG(v) AS mean, MAX(b) > 1 AS more,"
        " GROUP_CONCAT(b ORDER BY b) AS list FROM pairs GROUP BY a",
        tables="words,folded,pairs,keyless,days,prices,hashes,sorts,old,totals",
    )
    with made.schema.connect() as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO words VALUES (%s, %s)", [(word, at) for at, word in enumerate(KEYS)])
    return made


@pytest.mark.parametrize("at,word", list(enumerate(KEYS)))
def test_a_text_key_is_taken_as_it_is(keyed, at, word):
    path = "/words/" + quote(word, safe="").replace(".", "%2E")
    if {".", ".."} & set(word.split("/")):  # a web server takes these away, and what is before them
        error_of(keyed.get(path), 400, "PGRST100")
        assert keyed.json(f"/words?word=eq.{quote(word, safe='')}") == [{"word": word, "n": at}]
    else:
        assert keyed.json(path) == {"word": word, "n": at}


def test_a_text_key_is_found_as_the_collation_does(keyed):
    assert keyed.json(f"/folded/{here('names.folded', 'aDMIN')}") == {"word": "Admin", "n": 1}
    error_of(keyed.get("/words/PLAIN"), 404, "PGRST116")


def test_a_missing_text_key_is_404(keyed):
    error_of(keyed.get("/words/nobody"), 404, "PGRST116")
    error_of(keyed.get("/words/" + "x" * 3000), 404, "PGRST116")


def test_keys_of_other_types(keyed):
    assert keyed.json("/days/2024-01-02") == {"day": "2024-01-02", "n": 1}
    assert keyed.json("/prices/1.50") == keyed.json("/prices/1.5") == {"price": 1.5}
    assert keyed.json("/prices/-2") == {"price": -2}
    assert keyed.json("/sorts/a") == {"sort": "a"}
    error_of(keyed.get("/days/2024-01-03"), 404, "PGRST116")
    error_of(keyed.get("/days/someday"), 400, ("22P02", "22007"))
    error_of(keyed.get("/prices/cheap"), 400, "22P02")


def test_a_table_with_two_key_columns_has_rows_but_no_key_path(keyed):
    assert keyed.json("/pairs?order=a,b") == [{"a": 1, "b": 1, "v": 11}, {"a": 1, "b": 2, "v": 12}]
    assert keyed.json("/pairs?a=eq.1&b=eq.2") == [{"a": 1, "b": 2, "v": 12}]
    error_of(keyed.get("/pairs/1"), 404)


def test_a_table_without_a_key_has_rows_but_no_key_path(keyed):
    rows = keyed.json("/keyless?order=a")
    assert rows == [{"a": 1, "b": "x"}, {"a": 1, "b": "x"}, {"a": None, "b": None}]
    error_of(keyed.get("/keyless/1"), 404)


def test_a_view_is_read_like_a_table(keyed):
    assert keyed.json("/old?order=b.desc&select=b,double_v") == [{"b": 2, "double_v": 24}, {"b": 1, "double_v": 22}]
    error_of(keyed.get("/old/1"), 404)


def test_a_view_of_expressions_has_their_types(keyed):
    row = keyed.json("/totals", exact=True)[0]
    assert (row["a"], row["many"], row["list"]) == (1, 2, "1,2")
    assert (str(row["total"]), str(row["mean"])) == ("23", here("names.mean", "11.5000"))
    assert row["more"] in (1, True)


# what is not named does not exist


@pytest.fixture(scope="module")
def narrow(service):
    return service(
        *USERS,
        "CREATE TABLE secrets (id INT PRIMARY KEY, word VARCHAR(9))",
        "INSERT INTO secrets VALUES (1, 'xyzzy')",
        'CREATE TABLE `odd "name", here` (id INT PRIMARY KEY, `a, b` INT, `c "d"` INT, hidden INT)',
        'INSERT INTO `odd "name", here` VALUES (1, 2, 3, 4)',
        tables='users(id,username), "odd ""name"", here"("id", "a, b", "c ""d"""  )',
    )


def test_a_table_that_is_not_named_is_404_as_if_it_did_not_exist(narrow):
    hidden, absent = narrow.get("/secrets"), narrow.get("/nothing")
    error_of(hidden, 404, "PGRST205")
    assert hidden.body.replace(b"secrets", b"nothing") == absent.body
    for target in ("/mysql.user", "/mysql%2Euser", "/information_schema.tables", "/secrets/1", "/users%60"):
        assert narrow.get(target).status == 404


def test_a_column_that_is_not_named_is_nowhere(narrow):
    rows = [{"id": 1, "username": "admin"}, {"id": 2, "username": "guest"}]
    assert narrow.json("/users?order=id") == rows
    assert narrow.json("/users?select=*&order=id") == rows
    assert narrow.json("/users/1") == rows[0]


@pytest.mark.parametrize(
    "query", ["select={}", "order={}", "{}=eq.admin@example.com", "select=id,{}", "select={}&id=eq.1"]
)
def test_a_hidden_column_is_refused_like_one_nobody_has(narrow, query):
    hidden, absent = narrow.get("/users?" + query.format("email")), narrow.get("/users?" + query.format("emoil"))
    error_of(hidden, 400, "42703")
    assert hidden.body.replace(b"email", b"emoil") == absent.body


def test_the_hidden_column_is_never_hinted_at(narrow):
    for target in ("/users?select=emai", "/users?emails=eq.1", "/users?select=emial", "/secret", "/users?order=EMAIL"):
        body = narrow.get(target).body.decode()
        assert "email\"" not in body and "secrets" not in body, body


def test_quoted_names_with_columns(narrow):
    assert narrow.json("/odd%20%22name%22%2C%20here") == [{"id": 1, "a, b": 2, 'c "d"': 3}]


def test_the_database_of_another_name_is_out_of_reach(narrow):
    assert narrow.get(f"/{narrow.schema.name}.users").status == 404


# the prefix


@pytest.mark.parametrize("prefix", ["/api", "/api/", "/a/b/c"])
def test_the_service_lives_under_a_prefix(database, users, start_pool, prefix):
    pool = start_pool(users.schema.url(), MYREST_PREFIX=prefix)
    base = prefix.rstrip("/")
    assert json.loads(pool.ask(f"{base}/users").body) == [ADMIN, GUEST]
    assert json.loads(pool.ask(f"{base}/users/1").body) == ADMIN
    for target in ("/users", f"{base}x/users", f"{base}users", "/x/users", f"{base}/{base}/users"):
        error_of(pool.ask(target), 404)
