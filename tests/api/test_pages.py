# SPDX-License-Identifier: MIT
"""Link: the next page begins after a row, so that nothing is seen twice or left out, however the table changes."""
import base64
import random
import re
import threading
import time
from urllib.parse import quote, urlsplit

import pytest

import differences
import postgresql
from servers import USERS
from web import error_of

COUNT = 400
TABLES = (
    *USERS,
    "CREATE TABLE items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL, size INT, price DECIMAL(8,2),"
    " weight DOUBLE, at DATETIME(3), day DATE, flag BOOL, raw VARBINARY(20), kind ENUM('b','a') NOT NULL,"
    " KEY (name), KEY (size)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    "CREATE TABLE cells (x INT NOT NULL, y VARCHAR(20) NOT NULL, v INT, PRIMARY KEY (x, y)) CHARACTER SET utf8mb4",
    "INSERT INTO cells SELECT seq DIV 7, CONCAT('y', seq % 7), seq % 5 FROM seq_0_to_139",
    "CREATE VIEW heap AS SELECT id, name FROM items",
    "CREATE TABLE large (id INT PRIMARY KEY, n INT NOT NULL, KEY (n))",
    "INSERT INTO large SELECT seq, seq % 1000 FROM seq_1_to_50000",
)
NAMES = ["", "a", "A", "á", "b c", "quote\"s", "back\\slash", "co,mma", "par(en)s", "per%cent", "a&b=c", "κόσμος", "🎉", "'"]


@pytest.fixture(scope="module")
def shop(service):
    shop = service(*TABLES, tables="users,items(id,name,size,price,weight,at,day,flag,raw,kind),cells,heap,large")
    chance = random.Random(5)

    def maybe(value):
        return value if chance.random() < 0.8 else None

    connection = shop.schema.connect()
    connection.autocommit(True)
    with connection.cursor() as cursor:
        for _ in range(COUNT):
            cursor.execute(
                "INSERT INTO items (name, size, price, weight, at, day, flag, raw, kind)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    chance.choice(NAMES),
                    maybe(chance.randrange(-5, 5)),
                    maybe(f"{chance.randrange(-300, 300) / 100:.2f}"),
                    maybe(chance.choice([0.1, 1 / 3, 1e100, -2.5e-7, 0.0])),
                    maybe(f"2024-0{chance.randrange(1, 9)}-01 00:00:00.{chance.randrange(1000):03}"),
                    maybe(f"2024-01-{chance.randrange(10, 30)}"),
                    maybe(chance.randrange(2)),
                    maybe(bytes(chance.randrange(256) for _ in range(chance.randrange(3)))),
                    chance.choice("ab"),
                ),
            )
    connection.close()
    return shop


def next_of(response):
    """The target of rel="next", as a client at this server asks it."""
    link = response.headers.get("link")
    if link is None:
        return None
    target = re.fullmatch(r'<([^<>"]+)>; rel="next"', link).group(1)
    parts = urlsplit(target)
    assert parts.scheme == "http" and parts.netloc
    return f"{parts.path}?{parts.query}"


def walk(shop, target, most=1000, between=lambda: None, **headers):
    """All rows, page by page, and how many pages there were."""
    rows, pages = [], 0
    while target is not None:
        response = shop.get(target, headers=headers)
        assert response.status == 200, (target, response)
        rows += response.json()
        pages += 1
        assert pages <= most, target
        target = next_of(response)
        between()
    return rows, pages


ORDERS = [
    "id", "id.desc", "name,id", "name", "name.desc", "size", "size.desc", "size.nullsfirst", "size.desc.nullslast",
    "price,name.desc", "weight.desc,id.desc", "at", "day.desc,size", "flag,day", "raw", "size.nullsfirst,price.desc.nullslast,name",
]


@pytest.mark.parametrize("order", ORDERS)
def test_pages_are_the_whole_list_in_its_order(shop, order):
    rows, pages = walk(shop, f"/items?select=id,name&limit=37&order={order}")
    assert pages == -(-COUNT // 37)
    assert len({row["id"] for row in rows}) == len(rows) == COUNT
    assert rows == shop.json(f"/items?select=id,name&order={order}")


@pytest.mark.parametrize("order", ["id,size", "id.desc,size.desc.nullslast", "name,id,at", "size,id,price,day"])
@pytest.mark.parametrize("limit", [1, 7])
def test_a_page_that_ends_with_null_where_null_is_last(shop, order, limit):
    """Nothing stands behind that row among those which are equal to it in what comes first."""
    rows, pages = walk(shop, f"/items?select=id,name&limit={limit}&order={order}")
    assert rows == shop.json(f"/items?select=id,name&order={order}") and pages == -(-COUNT // limit)


def test_without_an_order_it_is_the_primary_key_s(shop):
    rows, _ = walk(shop, "/items?limit=100")
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows) and len(rows) == COUNT
    rows, pages = walk(shop, "/cells?limit=9&select=v")
    assert len(rows) == 140 and pages == 16
    rows, _ = walk(shop, "/cells?limit=9&order=y.desc,x")
    assert [(row["y"], row["x"]) for row in rows] == sorted(
        ((row["y"], row["x"]) for row in rows), key=lambda key: (-int(key[0][1:]), key[1])
    )


def test_filters_stay(shop):
    rows, _ = walk(shop, "/items?size=gte.0&or=(flag.is.true,name.like.a*)&order=id&limit=5&select=id,size,flag,name")
    assert rows == shop.json("/items?size=gte.0&or=(flag.is.true,name.like.a*)&order=id&select=id,size,flag,name")
    assert len(rows) > 20


LONG = [(1, "b"), (2, "x" * 20000 + "c"), (3, "x" * 70000 + "f"), (4, "x" * 20000 + "a"), (5, "x" * 70000 + "e"), (6, "y"),
        (7, "x" * 70000 + "d"), (8, "x" * 5), (9, "x" * 70000 + "f"), (10, "x" * 12000), (11, "z" * 20000), (12, "ü" * 11000)]  # fmt: skip


@pytest.fixture(scope="module")
def essays(service):
    essays = service("CREATE TABLE essays (id INT PRIMARY KEY, body MEDIUMTEXT NOT NULL)", tables="essays")
    with essays.schema.connect() as connection, connection.cursor() as cursor:
        for row in LONG:
            cursor.execute("INSERT INTO essays VALUES (%s, %s)", row)
    return essays


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
@pytest.mark.parametrize("order", ["body", "body.desc", "body,id.desc"])
def test_a_place_that_is_too_long_for_a_link_is_an_offset(essays, order, limit):
    """It would be longer than a header and a request may be, and than what decides on a text's place in the order."""
    rows, pages = walk(essays, f"/essays?select=id&order={order}&limit={limit}")
    assert sorted(row["id"] for row in rows) == [row[0] for row in LONG] and pages == -(-len(LONG) // limit)
    assert rows == essays.json(f"/essays?select=id&order={order}")


# And which characters have the most weights in them, beside those of WEIGHTS.
COLLATIONS = {
    "general_ci": "", "bin": "", "unicode_520_ci": "", "0900_ai_ci": "", "0900_as_cs": "", "uca1400_ai_ci": "", "uca1400_as_cs": "",
    "thai_520_w2": "",
    "la_0900_as_cs": "UJ", "lt_0900_as_cs": "Y", "et_0900_as_cs": "Z", "tr_0900_as_cs": "I", "hu_0900_as_cs": "",
    "vi_0900_as_cs": "Ǽ", "ja_0900_as_cs_ks": "ϗ한㈝ﷻ",
}  # fmt: skip
WEIGHTS = {"a": 6, "ä": 20, "漢": 18, "ﷺ": 48, "😀": 24, "🆩": 24, "ddz": 18}
MORE = {"U": 6, "J": 6, "Y": 6, "Z": 6, "I": 6, "Ǽ": 20, "ϗ": 20, "한": 18, "㈝": 48, "ﷻ": 48}


@pytest.mark.parametrize("collation", COLLATIONS if not postgresql.HERE else ["bin"])
def test_texts_that_are_equal_for_long_stand_on_one_page_each(service, database, collation):
    """As far as a link names a text and somewhat beyond, as far as a server compares texts to sort them, and beyond."""
    texts = []
    for character, weights in {**WEIGHTS, **{character: MORE[character] for character in COLLATIONS[collation]}}.items():
        fits = (1024 - 8) // weights
        for count in (1, fits - 1, fits, fits + 1, 2 * fits, 600, 1200):
            texts += [character * count + tail for tail in ("", "b", "a", "A", "á")]
    random.Random(7).shuffle(texts)
    if not postgresql.HERE and not database.sql(
        f"SELECT 1 FROM information_schema.COLLATIONS WHERE COLLATION_NAME IN ('{collation}', 'utf8mb4_{collation}')"
    ):
        pytest.skip("the server has no such collation")
    words = service(
        f"CREATE TABLE words (id INT PRIMARY KEY, t TEXT COLLATE utf8mb4_{collation} NOT NULL) CHARACTER SET utf8mb4", tables="words"
    )
    with words.schema.connect() as connection, connection.cursor() as cursor:
        for row in enumerate(texts):
            cursor.execute("INSERT INTO words VALUES (%s, %s)", row)
    places = 0
    for limit in (1, 2, 5):
        for order in ("t", "t.desc"):
            link, met = f"/words?select=id&order={order}&limit={limit}", []
            while link:
                answer = words.get(link)
                met += [row["id"] for row in answer.json()]
                link = next_of(answer)
                places += link is not None and "after=" in link and "offset=" not in link
            assert sorted(met) == list(range(len(texts)))
    # MariaDB sorts a TEXT by the first of several levels alone: there the links are by offset
    assert places > 100 or (differences.SERVER == "mariadb" and not collation.endswith("_ai_ci") and places == 0)


# Texts that a server's own order of the character set tells apart, or not, in another way than that of utf8mb4.
SETS = {
    "latin1": "azéÿ€Ž~…ßs", "latin1 COLLATE latin1_bin": "azAZéÉ€Ž", "latin1 COLLATE latin1_german2_ci": "azäößŽ€", "latin2": "azAčČžŽłŁäř",
    "latin7": "a'-ež", "cp1250 COLLATE cp1250_czech_cs": "ahčřž", "cp1251": "azАаЯяЁёЕеЖжєі№", "cp1251 COLLATE cp1251_bin": "АаЁёЕеЖж",
    "koi8r": "АаЁёЕеЖжцюб", "greek": "αάβωςσ", "hebrew": "אבש", "cp1256": "بتا", "tis620": "กขไ", "sjis": "日本アｱあ亜", "cp932": "日本アあ①",
    "ujis": "日本アあ", "gbk": "中文阿一龟丂", "gb2312": "中文阿一", "big5": "中文一龜阿", "euckr": "가한글", "gb18030": "中ı文ij", "ascii": "aAb",
    "ucs2": "aé日€", "utf16": "aé日😀", "utf8mb3": "aé日€",
}  # fmt: skip


@pytest.mark.skipif(postgresql.HERE, reason="a database has one character set")
@pytest.mark.parametrize("declared", SETS)
def test_texts_of_each_character_set(service, database, declared):
    """Those that are equal, and those that come next, are the server's in the column's own collation."""
    name, collation = declared.split()[0], declared.split()[-1]
    if not database.sql(f"SELECT 1 FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME = '{name}'"):
        pytest.skip("the server has no such character set")
    if collation != name and not database.sql(f"SELECT 1 FROM information_schema.COLLATIONS WHERE COLLATION_NAME = '{collation}'"):
        pytest.skip("the server has no such collation")
    texts = [text for character in SETS[declared] for text in (character, character + "a", "a" + character)]
    words = service(f"CREATE TABLE words (id INT PRIMARY KEY, t VARCHAR(9) CHARACTER SET {declared} NOT NULL)", tables="words")
    with words.schema.connect() as connection, connection.cursor() as cursor:
        for row in enumerate(texts * 2):
            cursor.execute("INSERT INTO words VALUES (%s, %s)", row)
        same = dict.fromkeys(texts)
        for text in texts:
            cursor.execute(f"SELECT b.id FROM words a JOIN words b ON a.t = b.t WHERE a.id = {texts.index(text)}")
            same[text] = sorted(row[0] for row in cursor.fetchall())
    for order in ("t", "t.desc"):
        rows, _ = walk(words, f"/words?select=id&order={order}&limit=2", most=2 * len(texts))
        assert [row["id"] for row in rows] == [row["id"] for row in words.json(f"/words?select=id&order={order}")]
    every = set(range(2 * len(texts)))
    for text, ids in same.items():
        quoted = quote(text)
        assert [row["id"] for row in words.json(f"/words?t=eq.{quoted}&select=id&order=id")] == ids
        assert [row["id"] for row in words.json(f"/words?t=in.({quoted},☃)&select=id&order=id")] == ids
        assert [row["id"] for row in words.json(f"/words?t=neq.{quoted}&select=id&order=id")] == sorted(every - set(ids))
        assert [row["id"] for row in words.json(f"/words?t=not.in.({quoted})&select=id&order=id")] == sorted(every - set(ids))
        less, more = ({row["id"] for row in words.json(f"/words?t={sign}.{quoted}&select=id")} for sign in ("lt", "gt"))
        assert less | more | set(ids) == every and not less & more and not (less | more) & set(ids)


@pytest.mark.parametrize("declared", ["VARBINARY(3000)", "BLOB"])
@pytest.mark.parametrize("byte", [0x00, 0x41, 0x80, 0xBF, 0xFF])
def test_bytes_that_are_equal_for_long_stand_on_one_page_each(service, byte, declared):
    """As many of them as a server compares to sort them, some fewer and more; each one is a weight, whatever it is."""
    values = [bytes([byte]) * count + tail for count in (0, 1, 200, 700, *range(1013, 1027), 1400) for tail in (b"", b"b", b"c", b"a")]
    random.Random(7).shuffle(values)
    blobs = service(f"CREATE TABLE blobs (id INT PRIMARY KEY, b {declared} NOT NULL)", tables="blobs")
    with blobs.schema.connect() as connection, connection.cursor() as cursor:
        for row in enumerate(values):
            cursor.execute("INSERT INTO blobs VALUES (%s, %s)", row)
    for limit in (1, 2, 5):
        for order in ("b", "b.desc"):
            link, met, places = f"/blobs?select=id,b&order={order}&limit={limit}", [], 0
            while link:
                answer = blobs.get(link)
                assert answer.status == 200, (link, answer)
                met += answer.json()
                link = next_of(answer)
                named = link is not None and "after=" in link and "offset=" not in link
                places += named
                if link is not None and len(base64.b64decode(met[-1]["b"])) < 1000:
                    assert named
            assert sorted(row["id"] for row in met) == list(range(len(values)))
            assert met == blobs.json(f"/blobs?select=id,b&order={order}") and places > 2


def test_an_order_of_many_texts(service):
    """Each has a sort key of its own, and all of them together are to fit the server's memory for sorting."""
    names, same = [f"t{n}" for n in range(150)], "'x', " * 149
    wide = service(
        f"CREATE TABLE wide (id INT PRIMARY KEY, {', '.join(f'{name} TEXT NOT NULL' for name in names)})",
        *[f"INSERT INTO wide VALUES ({n}, {same}'{n % 3}')" for n in range(30)],
        tables="wide",
    )
    rows, pages = walk(wide, f"/wide?select=id&order={','.join(names)}&limit=7")
    assert [row["id"] for row in rows] == sorted(range(30), key=lambda n: (n % 3, n)) and pages == 5


def test_a_page_after_a_text_that_is_too_long_is_refused(essays):
    """Where it stands in the order the servers that look at its beginning alone cannot tell."""
    answer = essays.get(f"/essays?select=id&order=body&after=(\"{'x' * 5000}\",1)")
    if postgresql.HERE:
        assert answer.status == 200
    else:
        assert "too long" in error_of(answer, 400)["message"]


@pytest.mark.parametrize("length", [1000, 11000, 16000, 29000])
def test_a_query_that_is_too_long_for_a_link_has_none(essays, length):
    ids = ",".join(["77"] * (length // 3))
    answer = essays.get(f"/essays?select=id&order=id&limit=2&id=in.(1,2,3,{ids})", headers={"Prefer": "count=exact"})
    assert answer.status == 206 and answer.json() == [{"id": 1}, {"id": 2}]
    assert answer.headers["content-range"] == "0-1/3"
    link = next_of(answer)
    assert essays.json(link) == [{"id": 3}] if length < 12000 else link is None


@pytest.mark.parametrize("target", ["/heap?limit=50&order=id", "/items?limit=50&order=kind", "/items?limit=50&size=gte.-9"])
def test_where_no_key_serves_it_is_by_offset(shop, target):
    rows, pages = walk(shop, target)
    assert len({row["id"] for row in rows}) == len(rows) >= 300 and pages >= 6
    assert "offset=50" in shop.get(target).headers["link"]


def test_there_is_a_link_only_when_there_is_more(shop):
    assert next_of(shop.get("/users")) is None
    assert next_of(shop.get("/users?limit=2")) is None
    assert next_of(shop.get("/users?limit=1")) == "/users?limit=1&after=(1)"
    assert next_of(shop.get("/users?limit=1&offset=1")) is None
    assert next_of(shop.get("/users?limit=0")) is None
    assert next_of(shop.get("/users/1")) is None
    assert next_of(shop.get("/users?id=eq.1")) is None
    assert next_of(shop.head("/users?limit=1")) == "/users?limit=1&after=(1)"
    assert len(shop.json("/users?limit=1")) == 1


def test_a_range_becomes_a_limit(shop):
    rows, pages = walk(shop, "/items?select=id&order=id", Range="0-99")
    response = shop.get("/items?select=id&order=id", headers={"Range": "10-19"})
    assert next_of(response) == f"/items?select=id&order=id&limit=10&after=({response.json()[-1]['id']})"


def test_the_cap_of_rows_links_on(shop):
    rows, pages = walk(shop, "/large?select=id")
    assert len(rows) == 50000 and pages == 50
    assert [row["id"] for row in rows] == list(range(1, 50001))


def test_csv_and_ndjson_link_as_well(shop):
    for media in ("text/csv", "application/x-ndjson"):
        response = shop.get("/users?limit=1", headers={"Accept": media})
        assert next_of(response) == "/users?limit=1&after=(1)"
        assert response.body.count(b"admin@") == 1 and b"guest" not in response.body


def test_a_link_is_a_link_whatever_the_request_says(shop):
    response = shop.get("/items?select=id,x:name&order=id&limit=1&name=neq.%3E%22,%3Cb%3E")
    assert next_of(response).startswith("/items?select=id,x:name&order=id&limit=1&name=neq.%3E%22,%3Cb%3E&after=(")
    assert error_of(shop.get("/users?after=(x)&limit=1"), 400)["message"]


def test_what_the_link_replaces_is_known_however_it_is_encoded(shop):
    assert next_of(shop.get("/users?%6fffset=0&limit=1&id=gt.0")) == "/users?limit=1&id=gt.0&offset=1"
    assert next_of(shop.get("/large?aft%65r=%28%37)&limit=1")) == "/large?limit=1&after=(8)"
    assert next_of(shop.get("/large?%6Cimit=9", headers={"Range": "0-1"})) == "/large?limit=2&after=(2)"


def test_every_row_is_met_once_while_others_come_and_go(shop):
    stays = {row["id"] for row in shop.json("/items?select=id&order=id")}
    stop = threading.Event()

    def disturb():
        chance = random.Random(9)
        connection = shop.schema.connect()
        connection.autocommit(True)
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute(
                    "INSERT INTO items (name, size, kind) VALUES (%s, %s, 'a')",
                    (chance.choice(NAMES), chance.choice([None, *range(-5, 5)])),
                )
                cursor.execute("DELETE FROM items WHERE id > %s ORDER BY RAND() LIMIT 1", (max(stays),))
        connection.close()

    others = threading.Thread(target=disturb)
    others.start()
    try:
        for order in ("id", "size.desc,name", "name,id.desc"):
            rows, _ = walk(shop, f"/items?select=id&limit=11&order={order}", between=lambda: time.sleep(0.002))
            ids = [row["id"] for row in rows]
            assert len(ids) == len(set(ids)), "a row was met twice"
            assert stays <= set(ids), "a row was left out"
    finally:
        stop.set()
        others.join()
        shop.schema.sql(f"DELETE FROM items WHERE id > {max(stays)}")


def test_a_late_page_enters_its_index_at_the_right_place(shop):
    """As fast at row 49,900 as at row 0: the server reads the rows of the page, not those before it."""

    def handler_reads(where, order):
        connection = shop.schema.connect()
        with connection.cursor() as cursor:
            cursor.execute("FLUSH STATUS")
            cursor.execute(f"SELECT id, n FROM large {where} ORDER BY {order} LIMIT 11")
            cursor.fetchall()
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
            reads = sum(int(value) for _, value in cursor.fetchall())
        connection.close()
        return reads

    assert handler_reads("WHERE id > 49900", "id") < 30
    late = "WHERE (n >= 990 AND (n > 990 OR (n = 990 AND id > 25000)))"
    assert handler_reads(late, "n, id") < 150
    assert handler_reads("", "n, id") < 30


@pytest.mark.parametrize(
    "headers, origin",
    [
        ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example:8443"}, "https://api.example:8443"),
        ({"X-Forwarded-Proto": "http", "X-Forwarded-Host": "[::1]:80"}, "http://[::1]:80"),
        ({}, ""),
        ({"X-Forwarded-Proto": "https"}, ""),
        ({"X-Forwarded-Proto": "javascript", "X-Forwarded-Host": "x"}, ""),
        ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "x>; rel=y"}, ""),
    ],
)
def test_the_link_goes_where_the_client_came_from(database, start_pool, headers, origin):
    schema = database.schema(*USERS)
    pool = start_pool(schema.url(), MYREST_PREFIX="/api/v1")
    answer = pool.ask("/api/v1/users?limit=1", headers=headers)
    assert answer.headers["link"] == f'<{origin}/api/v1/users?limit=1&after=(1)>; rel="next"'
