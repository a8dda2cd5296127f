# SPDX-License-Identifier: MIT
"""Runs reading.test.js and writing.test.js, and says of each test in them how it went.

Environment, beside that of tests/api/servers.py:
  MYREST_NODE_MODULES   where `npm ci` has put the packages of package-lock.json (default node_modules in this folder)
"""
import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "api"))

import differences  # noqa: E402
import servers  # noqa: E402

MODULES = Path(os.environ.get("MYREST_NODE_MODULES", HERE / "node_modules")).resolve()


def names(suite):
    return re.findall(r'^test\("([^"]+)"', (HERE / suite).read_text("utf-8"), re.M)


NAMES = {suite: names(suite) for suite in ("reading.test.js", "writing.test.js")}
NAMES["reading.test.js"] += [
    f"without a meaning: {case['name']}" for case in json.loads((HERE / "without_meaning.json").read_text())
]
INSTEAD = differences.instead("clients.")
EACH = [(suite, name) for suite in NAMES for name in NAMES[suite]]

TABLES = (
    "CREATE TABLE books (id INT PRIMARY KEY, title VARCHAR(80) NOT NULL, author VARCHAR(80), price DECIMAL(8,2),"
    " pages INT, in_print BOOL, published DATE, at DATETIME(3), state ENUM('new','used'), doc JSON, tags JSON,"
    " raw BLOB, code VARCHAR(40)) COLLATE utf8mb4_general_ci",
    "INSERT INTO books VALUES"
    " (1, 'Alpha', 'Ada', 10.50, 100, TRUE, '1999-12-31', '2024-01-02 03:04:05.678', 'new',"
    ' \'{"lang":"en","size":{"w":1,"h":2},"loans":[3,4]}\', \'["red","green"]\', \'abc\', \'a,b\'),'
    " (2, 'beta', 'Bob', 9.99, 200, FALSE, '2000-01-01', NULL, 'used',"
    ' \'{"lang":"de"}\', \'["green"]\', NULL, \'(c)\'),'
    " (3, 'Gamma ray', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x\"y.z\\\\'),"
    " (4, 'alphabet', 'Ada', 0.10, 50, TRUE, '2020-02-29', '2020-02-29', 'new',"
    ' \'{"lang":"fr","size":{"w":5,"h":6}}\', \'[]\', \'\', \'say hi\'),'
    " (5, 'Ökonomie', 'Öz', 123456.78, 9007, FALSE, '2024-06-01', NULL, 'used',"
    ' \'{"lang":"de","loans":[]}\', \'["blue","red"]\', NULL, \'it\'\'s 100%\')',
    "CREATE TABLE words (id INT PRIMARY KEY, body VARCHAR(200), FULLTEXT (body))",
    "INSERT INTO words VALUES (1, 'the quick brown fox'), (2, 'a lazy dog sleeps'), (3, 'quick dog'), (4, NULL),"
    " (5, 'brown bear; quick fox')",
    "CREATE TABLE places (id INT PRIMARY KEY, place POINT)",
    "INSERT INTO places VALUES (1, POINT(1, 2))",
    "CREATE TABLE many (id INT PRIMARY KEY, bucket INT, KEY (bucket))",
    # more than MYREST_MAX_ROWS
    "INSERT INTO many SELECT seq, seq % 10 FROM seq_1_to_3000",
    "ANALYZE TABLE many",
    'CREATE TABLE `odd, name` (`a b` INT PRIMARY KEY, `c"d,e.f` VARCHAR(20), `κόσμος` VARCHAR(20))',
    "INSERT INTO `odd, name` VALUES (1, 'x', 'y')",
    "CREATE VIEW sleepy AS SELECT id, SLEEP(2) AS pause FROM books WHERE id = 1",
)
READ = 'books,words,places,many,sleepy,"odd, name"'

WRITTEN = (
    "CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(40) NOT NULL UNIQUE, name VARCHAR(20) NOT NULL,"
    " age INT DEFAULT 18, city VARCHAR(20), CONSTRAINT age_check CHECK (age >= 0))",
    # clients write ids up to this one: only here does it count for a sequence
    "INSERT INTO people VALUES (3, 'c', 'c', 3, 'c')",
    "CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, person INT, sum DECIMAL(8,2),"
    " FOREIGN KEY (person) REFERENCES people (id))",
    "CREATE TABLE cells (x INT, y INT, v VARCHAR(20), PRIMARY KEY (x, y))",
    "CREATE TABLE kinds (id INT PRIMARY KEY AUTO_INCREMENT, i INT, price DECIMAL(8,2), ratio DOUBLE, flag BOOL, day DATE,"
    " at DATETIME(3), stamp TIMESTAMP NULL, kind ENUM('a','b'), doc JSON, raw VARBINARY(20), text VARCHAR(80), nothing INT)",
    "CREATE TABLE fixed (id INT PRIMARY KEY)",
    "INSERT INTO fixed VALUES (1)",
    "CREATE TABLE `odd, name` (`a b` INT PRIMARY KEY, `κόσμος` VARCHAR(20))",
)
WRITABLE = 'people,orders,cells,kinds,"odd, name"'


@pytest.fixture(scope="module")
def urls():
    """Where each suite's service answers."""
    with contextlib.ExitStack() as ends:
        lab = servers.Lab()
        ends.callback(lab.remove)
        database = servers.Database(lab)
        ends.callback(database.kill)

        def serve(statements, tables, grant, **settings):
            pool = servers.Pool(lab, database.schema(*statements, grant=grant).url(), tables=tables, **settings)
            ends.callback(pool.close)
            nginx = servers.Nginx(lab, pool)
            ends.callback(nginx.stop)
            return f"http://127.0.0.1:{nginx.port}"

        yield {
            "reading.test.js": serve(TABLES, READ, "SELECT, SHOW VIEW"),
            "writing.test.js": serve(
                WRITTEN,
                f"{WRITABLE},fixed",
                "SELECT, INSERT, UPDATE, DELETE",
                MYREST_WRITABLE=WRITABLE,
                MYREST_ALLOW_ROLLBACK="on",
            ),
        }


@pytest.fixture(scope="module")
def reports(urls):
    """suite: name: whether it passed, and what was said, of every test that ran; `text` is all of it."""
    assert (MODULES / "@supabase/postgrest-js").is_dir(), f"npm ci has put nothing into {MODULES}"
    return {suite: report(suite, url) for suite, url in urls.items()}


def report(suite, url):
    run = subprocess.run(
        ["node", "--test-reporter=tap", HERE / suite],
        env=servers.environment(MYREST_URL=url, NODE_PATH=MODULES, MYREST_INSTEAD=json.dumps(INSTEAD)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60 * servers.FACTOR,
    )
    text = run.stdout + run.stderr
    tests = {}
    for part in re.split(r"^(?=(?:not )?ok \d+ - )", run.stdout, flags=re.M)[1:]:
        passed, name = re.match(r"(not )?ok \d+ - (.*)", part).groups()
        tests[name] = (passed is None, part)
    return SimpleNamespace(tests=tests, status=run.returncode, text=text)


@pytest.mark.parametrize("suite, name", EACH)
def test_the_client(reports, suite, name):
    assert name in reports[suite].tests, f"it did not run:\n{reports[suite].text}"
    passed, said = reports[suite].tests[name]
    assert passed, said


@pytest.mark.parametrize("suite", NAMES)
def test_all_of_them_ran_and_no_other(reports, suite):
    found = reports[suite]
    assert sorted(found.tests) == sorted(NAMES[suite])
    assert (found.status == 0) == all(passed for passed, _ in found.tests.values()), found.text


def test_every_value_that_is_given_instead_is_asked_for():
    asked = "".join((HERE / suite).read_text("utf-8") for suite in NAMES)
    cases = {f"clients.known: {case['name']}" for case in json.loads((HERE / "without_meaning.json").read_text())}
    assert [name for name in INSTEAD if f'here("{name}",' not in asked and name not in cases] == []


def test_the_lock_file_names_no_download_address():
    text = (HERE / "package-lock.json").read_text()
    assert "resolved" not in text and "http" not in text
    packages = json.loads(text)["packages"]
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
        assert packages[f"node_modules/{name}"]["integrity"]
