# SPDX-License-Identifier: MIT
"""What only PostgreSQL's types can do: JSON, texts, full text."""
import re

import pytest

from postgresql_own import ids, q
from postgresql_own import serve  # noqa: F401 (fixtures)
from web import error_of, parse


# --- what only its types can do: JSON, texts, full text


@pytest.fixture(scope="module")
def words(serve):
    return serve(
        "CREATE TABLE docs (id integer PRIMARY KEY, j json, b jsonb)",
        """INSERT INTO docs VALUES (1, '{"a":1,"b":{"c":"x"}}', '{"a":1,"b":{"c":"x"}}'), (2, '{"a":"1"}', '{"a":"1"}'), (3, '[1,2,3]', '[1,2,3]'),
         (4, NULL, NULL)""",
        "CREATE TABLE texts (id integer PRIMARY KEY, t text, v tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(t, ''))) STORED)",
        "INSERT INTO texts VALUES (1, 'The quick brown foxes'), (2, 'a lazy dog sleeps'), (3, 'Abc'), (4, 'abc'), (5, 'ÁBC'), (6, NULL), (7, 'straße')",
        "CREATE INDEX ON texts USING gin (v)",
        tables="docs,texts",
    )  # fmt: skip


@pytest.mark.parametrize("column", ["j", "b"])
def test_paths_into_json(words, column):
    assert words.json(f"/docs?select=x:{column}->b->>c&id=eq.1") == [{"x": "x"}]
    assert words.json(f"/docs?select=x:{column}->b&id=eq.1") == [{"x": {"c": "x"}}]
    assert words.json(f"/docs?select=x:{column}->1&id=eq.3") == [{"x": 2}]
    assert ids(words, f"/docs?{column}->a=eq.1") == [1]
    assert ids(words, f"/docs?{column}->>a=eq.1&order=id") == [1, 2]
    assert ids(words, f"/docs?{column}->b->>c=like.x*") == [1]


@pytest.mark.parametrize("column", ["j", "b"])
def test_json_contains(words, column):
    wanted = q('{"a":1}')
    assert ids(words, f"/docs?{column}=cs.{wanted}") == [1]
    assert ids(words, f"/docs?{column}=cd.{q('[1,2,3,4]')}") == [3]


def test_parts_of_a_json_are_as_they_were_written(serve):
    """As PostgreSQL's own -> and ->> give them, whatever kind of value a part is; compared they are as those of a jsonb."""
    texts = ('{"list":[1,2,3], "a": {"k":[4,5],"k2":1.50}, "n":1.0, "s":"x\\"y", "z":null, "a\'b":true, "e":[], "d":1, "d":2}', "[[1,2],[3,[4,5]]]", '"text"', "5", "null", "{}")
    values = ", ".join("(%d, '%s', '%s')" % (number, *(text.replace("'", "''"),) * 2) for number, text in enumerate(texts))
    made = serve("CREATE TABLE t (id integer PRIMARY KEY, j json, b jsonb)", f"INSERT INTO t VALUES {values}")
    paths = ["list", "a", "n", "s", "z", "e", "d", "a->k", "a->k2", "a->nothing", "list->0", "list->-1", "list->-3", "list->7", "0", "-1", "-2", "1->1->0", "a'b"]
    for path in paths:
        steps = [step if re.fullmatch("-?[0-9]+", step) else "'" + step.replace("'", "''") + "'" for step in path.split("->")]
        own = "".join("->" + step for step in steps[:-1])
        expected = made.sql(f"SELECT id, j{own}->{steps[-1]} AS json, j{own}->>{steps[-1]} AS text FROM t ORDER BY id")
        answer = made.get(f"/t?select=id,x:j->{q(path)},y:j{'->' if own else ''}{q('->'.join(path.split('->')[:-1]))}->>{q(path.split('->')[-1])}&order=id").json(exact=True)
        for row, (number, json_text, text) in zip(answer, expected, strict=True):
            assert row["id"] == number and row["y"] == text, (path, row, text)
            assert row["x"] == (None if json_text is None else parse(json_text.encode(), True))
        assert f'"x":{expected[0][1] or "null"}' in made.get(f"/t?select=x:j->{q(path)}&id=eq.0").body.decode()
        for word in ("eq.1", "gt.1", 'eq."text"', "eq.null", "neq.true", "isdistinct.1", "in.(1,2)", "cs.[1]", "cd.[1,2,3]", "is.null"):
            assert made.json(f"/t?select=id&j->{q(path)}={q(word)}&order=id") == made.json(f"/t?select=id&b->{q(path)}={q(word)}&order=id"), (path, word)
        assert made.json(f"/t?select=id&order=j->{q(path)},id") == made.json(f"/t?select=id&order=b->{q(path)},id")
    assert made.json("/t?select=x:j->a->>k2::numeric,y:j->n::text&id=eq.0") == [{"x": 1.5, "y": "1.0"}]


def test_texts_are_compared_exactly(words):
    assert ids(words, "/texts?t=eq.abc") == [4]
    assert ids(words, "/texts?t=like.abc*") == [4]
    assert ids(words, "/texts?t=ilike.abc&order=id")[:2] == [3, 4]
    assert ids(words, "/texts?t=in.(abc,Abc)&order=id") == [3, 4]


def test_regular_expressions(words):
    assert ids(words, f"/texts?t=match.{q('^a.c$')}") == [4]
    assert ids(words, f"/texts?t=imatch.{q('^a.c$')}&order=id")[:2] == [3, 4]
    error_of(words.get(f"/texts?t=match.{q('(')}"), 400, "2201B")


def test_full_text_search(words):
    assert ids(words, "/texts?v=fts.fox") == [1]
    assert ids(words, f"/texts?v=fts(english).{q('foxes & quick')}") == [1]
    assert ids(words, "/texts?v=plfts(english).the%20lazy%20dogs") == [2]
    assert ids(words, "/texts?v=phfts(english).brown%20fox") == [1]
    assert ids(words, "/texts?v=wfts(english).dog%20or%20fox&order=id") == [1, 2]
    assert ids(words, "/texts?t=wfts(english).dog%20-lazy") == []
    error_of(words.get(f"/texts?v=fts.{q('a & & b')}"), 400)
    error_of(words.get("/texts?v=fts(nobody).a"), 400)
    assert ids(words, f"/texts?v=fts.{'!' * 32}fox") == [1]
    error_of(words.get(f"/texts?v=fts.{'!' * 33}fox"), 400, "54000")  # the server has an error of its own then


# --- a real standby


def test_a_search_without_a_language_speaks_that_of_the_index(serve):
    made = serve(
        "CREATE TABLE words (id integer PRIMARY KEY, plain text, english varchar(80), none text)",
        "INSERT INTO words SELECT n, 'the cats ' || n, 'the cats ' || n, 'the cats ' || n FROM generate_series(1, 3) AS n",
        "CREATE INDEX ON words USING gin (to_tsvector('simple', plain))", "CREATE INDEX ON words USING gin (to_tsvector('english', english))",
        tables="words",
    )
    for query, count in (
        ("plain=plfts.cat", 0), ("plain=plfts.the cats", 3), ("english=plfts.cat", 3), ("plain=plfts(english).cat", 3),
        ("english=plfts(simple).cat", 0), ("none=plfts(english).cat", 3), ("none=plfts(simple).cat", 0),
    ):
        assert len(made.json(f"/words?{query.replace(' ', '%20')}")) == count, query
    error_of(made.get("/words?plain=plfts(klingon).cat"), 400)
