# SPDX-License-Identifier: MIT
"""select, order, limit, offset, eq: what is asked for is what comes back."""
import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings, strategies

import postgresql
from differences import here
from web import error_of

PEOPLE = (
    "CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(40) NULL, age INT NULL, score DECIMAL(6,2) NOT NULL,"
    " born DATE NULL, happy BOOL NULL, INDEX (score))",
    "INSERT INTO people VALUES (1, 'Ada', 36, 1.50, '1815-12-10', TRUE), (2, NULL, 20, -3, NULL, FALSE),"
    " (3, 'Bob', NULL, 2.25, '2000-01-01', NULL), (4, 'eve', 20, 0, '1999-12-31', TRUE),"
    " (5, 'Ada', NULL, 10, NULL, FALSE)",
    "CREATE TABLE texts (id INT PRIMARY KEY AUTO_INCREMENT, t VARCHAR(200) COLLATE utf8mb4_bin)",
    "CREATE TABLE numbers (id INT PRIMARY KEY)",
    "INSERT INTO numbers SELECT seq FROM seq_1_to_2500",
)


@pytest.fixture(scope="module")
def people(service):
    return service(*PEOPLE, tables="people,texts,numbers")


def ids(rows):
    return [row["id"] for row in rows]


def test_select_gives_the_named_columns_in_their_order(people):
    row = people.json("/people?select=age,id&id=eq.1")[0]
    assert list(row.items()) == [("age", 36), ("id", 1)]


def test_select_star_is_every_column(people):
    assert people.json("/people?select=*&order=id") == people.json("/people?order=id")


def test_select_of_a_column_nobody_has_is_400(people):
    error = error_of(people.get("/people?select=id,nosuch"), 400, "42703")
    assert "nosuch" in error["message"]


@pytest.mark.parametrize(
    "order,expected",
    [
        ("id", [1, 2, 3, 4, 5]),
        ("id.asc", [1, 2, 3, 4, 5]),
        ("id.desc", [5, 4, 3, 2, 1]),
        ("score", [2, 4, 1, 3, 5]),
        ("score.desc", [5, 3, 1, 4, 2]),
        ("age,id", [2, 4, 1, 3, 5]),
        ("age.asc,id.desc", [4, 2, 1, 5, 3]),
        ("age.desc,id", [3, 5, 1, 2, 4]),
        ("age.nullsfirst,id", [3, 5, 2, 4, 1]),
        ("age.nullslast,id", [2, 4, 1, 3, 5]),
        ("age.asc.nullsfirst,id", [3, 5, 2, 4, 1]),
        ("age.asc.nullslast,id", [2, 4, 1, 3, 5]),
        ("age.desc.nullsfirst,id", [3, 5, 1, 2, 4]),
        ("age.desc.nullslast,id", [1, 2, 4, 3, 5]),
        ("name,id", [1, 5, 3, 4, 2]),
        ("name.desc,id.desc", [2, 4, 3, 5, 1]),
        ("happy,id", [2, 5, 1, 4, 3]),
        ("born.desc.nullslast,id", [3, 4, 1, 2, 5]),
    ],
)
def test_order(people, order, expected):
    assert ids(people.json(f"/people?order={order}")) == expected


def test_order_by_a_column_that_is_not_selected(people):
    assert people.json("/people?select=name&order=score.desc&limit=1") == [{"name": "Ada"}]


@pytest.mark.parametrize(
    "window,expected,content_range",
    [
        ("limit=2", [1, 2], "0-1/*"),
        ("limit=2&offset=1", [2, 3], "1-2/*"),
        ("offset=3", [4, 5], "3-4/*"),
        ("offset=0", [1, 2, 3, 4, 5], "0-4/*"),
        ("limit=100", [1, 2, 3, 4, 5], "0-4/*"),
        ("limit=0", [], "*/*"),
        ("offset=5", [], "*/*"),
        ("offset=4000000000", [], "*/*"),
        ("limit=9223372036854775807&offset=4", [5], "4-4/*"),
    ],
)
def test_window(people, window, expected, content_range):
    response = people.get(f"/people?order=id&{window}")
    assert response.status == 200, response
    assert ids(response.json()) == expected
    assert response.headers["content-range"] == content_range


@pytest.mark.parametrize(
    "part",
    [
        "limit=-1",
        "offset=-1",
        "limit=x",
        "offset=1.5",
        "limit=",
        "limit=1%20OR%201",
        "limit=99999999999999999999999999",
    ],
)
def test_a_window_that_is_no_number_is_refused(people, part):
    response = people.get(f"/people?{part}")
    error_of(response, response.status if response.status in (400, 416) else 400, ("PGRST100", "PGRST103"))


@pytest.mark.parametrize(
    "condition,expected",
    [
        ("id=eq.3", [3]),
        ("id=eq.77", []),
        ("name=eq.Ada", [1, 5]),
        ("name=eq.ada", here("query.ada", [1, 5])),
        ("name=eq.", []),
        ("name=eq.null", []),
        ("age=eq.20", [2, 4]),
        ("age=eq.20&name=eq.eve", [4]),
        ("age=eq.20&age=eq.36", []),
        ("score=eq.2.25", [3]),
        ("score=eq.2.250", [3]),
        ("score=eq.-3", [2]),
        ("score=eq.0", [4]),
        ("born=eq.1815-12-10", [1]),
        ("happy=eq.true", [1, 4]),
        ("happy=eq.false", [2, 5]),
    ],
)
def test_eq(people, condition, expected):
    assert ids(people.json(f"/people?{condition}&order=id")) == expected


def test_all_parts_together(people):
    response = people.get("/people?select=id,name&age=eq.20&order=id.desc&limit=1&offset=1")
    assert response.json() == [{"id": 2, "name": None}]
    assert response.headers["content-range"] == "1-1/*"


def test_a_percent_sign_that_encodes_nothing_stands_for_itself(people):
    """As people write patterns by hand, and as forms are read."""
    assert ids(people.json("/people?name=like.%d%&order=id")) == ids(people.json("/people?name=like.*d*&order=id")) != []
    assert people.json("/people?name=eq.%zz") == people.json("/people?name=eq.%25zz") == []
    link = people.get("/people?name=like.%d%&order=id&limit=1").headers["link"]
    assert "name=like.%25d%25&" in link
    assert ids(people.json(link[1:link.index(">")])) == ids(people.json("/people?name=like.*d*&order=id"))[1:]


def test_percent_encoded_parts_are_the_same(people):
    assert ids(people.json("/people?order=%69%64%2Edesc")) == [5, 4, 3, 2, 1]
    assert ids(people.json("/people?%6Eame=eq%2EAda&order=id")) == [1, 5]


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "a b",
        "a+b",
        "100%",
        "a&b=c",
        "o'neil",
        '"quoted"',
        "back\\slash",
        "a,b",
        "(x)",
        "eq.eq.",
        "not.eq.1",
        "*",
        "%",
        "_",
        "é",
        "日本語",
        "😀",
        "\n",
        "\t",
        "--",
        "/*",
        ";",
        "`",
        "\x7f",
        "#",
        "?",
        "null",
        "true",
        "\u2028",
    ],
)
def test_eq_takes_every_text_as_it_is(people, value):
    with people.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM texts")
        cursor.execute("INSERT INTO texts (t) VALUES (%s), ('another')", (value,))
    assert [row["t"] for row in people.json(f"/texts?t=eq.{quote(value, safe='')}")] == [value]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.text(strategies.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=50))
def test_any_text_comes_back_as_it_was_written(people, value):
    with people.schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM texts")
        cursor.execute("INSERT INTO texts (t) VALUES (%s)", (value,))
    assert [row["t"] for row in people.json("/texts")] == [value]
    assert [row["t"] for row in people.json(f"/texts?t=eq.{quote(value, safe='')}")] in (
        [value],
    ) or value != value.rstrip()


def test_no_answer_is_longer_than_max_rows(people):
    response = people.get("/numbers?order=id")
    assert len(response.json()) == 1000
    assert response.headers["content-range"] == "0-999/*"


def test_a_limit_above_max_rows_is_capped(people):
    assert len(people.json("/numbers?limit=2400")) == 1000


def test_pages_by_offset_reach_every_row(people):
    found = []
    for offset in range(0, 3000, 500):
        found += ids(people.json(f"/numbers?order=id&limit=500&offset={offset}"))
    assert found == list(range(1, 2501))


def test_max_rows_can_be_set(people, start_pool):
    pool = start_pool(people.schema.url(), "numbers", MYREST_MAX_ROWS=7)
    answer = pool.ask("/numbers?order=id")
    assert [row["id"] for row in json.loads(answer.body)] == list(range(1, 8))
    assert answer.headers["content-range"] == "0-6/*"


def test_an_array_is_counted_from_its_end_or_the_server_cannot(service):
    """Whether it can is asked of the server itself: a path that it does not understand gives NULL."""
    lists = service(
        "CREATE TABLE lists (id INT PRIMARY KEY, list JSON)", "INSERT INTO lists VALUES (1, '[1,2,3]')", tables="lists"
    )
    able = postgresql.HERE or lists.schema.sql("SELECT JSON_EXTRACT('[1,2]', '$[last]')")[0][0] is not None
    for at, value in ((-1, 3), (-2, 2), (-3, 1), (-4, None)):
        answer = lists.get(f"/lists?select=v:list->{at}")
        if able:
            assert json.loads(answer.body) == [{"v": value}]
        else:
            error = error_of(answer, 400, "42883")
            assert "from the end of an array" in error["message"]
    assert lists.json("/lists?select=v:list->1") == [{"v": 2}]


def test_a_name_in_json_that_begins_with_a_dash_is_found_or_the_server_cannot(service):
    """It would give NULL, and is.null would find, change and delete every row."""
    dashes = service(
        "CREATE TABLE dashes (id INT PRIMARY KEY, doc JSON)",
        """INSERT INTO dashes VALUES (1, '{"-a": 1, "a-": 2, "b": {"-": 3}}')""",
        tables="dashes", grant="SELECT, SHOW VIEW, DELETE", MYREST_WRITABLE="dashes",
    )  # fmt: skip
    able = postgresql.HERE or dashes.schema.sql("""SELECT JSON_EXTRACT('{"-":1}', '$."-"')""")[0][0] is not None
    for path, value in (("-a", 1), ('"-a"', 1), ('b->"-"', 3), ("b->-", 3)):
        answer = dashes.get(f"/dashes?select=v:doc->{quote(path, safe='')}")
        deleted = dashes.get(f"/dashes?doc->{quote(path, safe='')}=is.null", method="DELETE")
        if able:
            assert json.loads(answer.body) == [{"v": value}]
            assert deleted.status == 204
        else:
            assert "begin with '-'" in error_of(answer, 400, "42883")["message"]
            error_of(deleted, 400, "42883")
        assert dashes.get(f"/dashes?order=doc->{quote(path, safe='')}").status == (200 if able else 400)
    assert dashes.json('/dashes?select=v:doc->"a-"') == [{"v": 2}]
