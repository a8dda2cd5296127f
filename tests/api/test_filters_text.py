# SPDX-License-Identifier: MIT
"""Filters of texts: like, ilike, regular expressions, collations, full-text search."""
import pytest

from differences import here
from filter_tables import COLLATIONS, KINDS, TEXTS, ids, like, q, quoted
from filter_tables import data  # noqa: F401 (fixtures)
from web import error_of


# --- texts

PATTERNS = ["abc", "abc*", "*bc", "a_c", r"a\_c", "a%c", r"a\%c", r"a\*c", r"a\\c", "*", "", "_", "__", "*'*", "O'N*",
            "ABC*", "*(x)", "日*", "😀", r"\a\b\c", "* ", "a.b", "%,%"]  # fmt: skip


@pytest.mark.parametrize("column", COLLATIONS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_like_is_exact_in_every_collation(data, column, pattern):
    expected = [at for at, text in TEXTS if text is not None and like(pattern, text, True)]
    assert ids(data, f"/texts?{column}=like.{q(pattern)}&order=id") == expected
    unlike = [at for at, text in TEXTS if text is not None and not like(pattern, text, True)]
    assert ids(data, f"/texts?{column}=not.like.{q(pattern)}&order=id") == unlike


@pytest.mark.parametrize("column", COLLATIONS)
def test_ilike_sees_no_case_and_no_accents(data, column):
    assert ids(data, f"/texts?{column}=ilike.abc&order=id") == here("filters.ilike", [1, 2, 3])
    assert ids(data, f"/texts?{column}=ilike.{q('ÁBC*')}&order=id") == here("filters.ilike_accents", [1, 2, 3, 4, 15])
    assert ids(data, f"/texts?{column}=ilike.{q('o’*')}") == []
    assert ids(data, f"/texts?{column}=ilike.o'n*") == [12]
    assert ids(data, f"/texts?{column}=ilike.{q('😁')}") == []
    assert 11 not in ids(data, f"/texts?{column}=not.ilike.abc")
    assert ids(data, f"/texts?{column}=ilike(any).{{{q('xab*')},{q('😀')}}}&order=id") == [5, 13]
    assert ids(data, f"/texts?{column}=like(all).{{a*,*c,*b*}}&order=id") == [1]


@pytest.mark.parametrize("column", COLLATIONS)
def test_match_is_a_regular_expression(data, column):
    assert ids(data, f"/texts?{column}=match.{q('^a.c$')}&order=id") == [1, 6, 7, 8, 9]
    assert ids(data, f"/texts?{column}=imatch.{q('^A.C$')}&order=id") == [1, 2, 6, 7, 8, 9]
    assert ids(data, f"/texts?{column}=match.{q(r'^a' + chr(92) + '.b$')}") == [16]
    assert ids(data, f"/texts?{column}=match.{q('^.$')}&order=id") == [13]
    assert ids(data, f"/texts?{column}=match.{q(chr(39))}") == [12]
    assert ids(data, f"/texts?{column}=match(any).{{^x,{q('語$')}}}&order=id") == [5, 14]


@pytest.mark.parametrize("pattern", ["(", "[", "a{2,1}", "*", "\\"])
def test_a_regular_expression_that_is_none_is_400(data, pattern):
    error_of(data.get(f"/texts?bin=match.{q(pattern)}"), 400, "2201B")


def test_eq_and_order_follow_the_collation(data):
    assert ids(data, "/texts?bin=eq.abc&order=id") == here("filters.padded", [1, 15])  # which pads with spaces
    assert ids(data, "/texts?general=eq.abc&order=id") == here("filters.case_blind", [1, 2, 3, 15])
    assert ids(data, "/texts?bin=gt.abc&bin=lt.b&order=id") == here("filters.behind_abc", [4])


@pytest.mark.parametrize(
    "text", [text for _, text in TEXTS if text] + ["');DROP TABLE texts;--", '"', "\\", "\\'", "a\nb"]
)
def test_every_text_can_be_asked_for(data, text):
    """At the top, in a list, in a tree, in an array: each in its own quoting."""
    quoted_text = quoted(text)
    padding = here("filters.padding", " ")
    expected = [at for at, given in TEXTS if given is not None and given.rstrip(padding) == text.rstrip(padding)]
    for condition in (
        f"bin=eq.{q(text)}",
        f"bin=in.(nothing,{q(quoted_text)})",
        f"or=(bin.eq.{q(quoted_text)},id.eq.77)",
        f"bin=eq(any).{{nothing,{q(quoted_text)}}}",
        f"and=(bin.in.({q(quoted_text)}),or(bin.eq(any).{{{q(quoted_text)}}},id.is.null))",
    ):
        assert ids(data, f"/texts?{condition}&order=id") == expected, condition


def test_texts_that_the_character_set_lacks(data):
    euro, smile = q("€"), q("😀")
    for text in (euro, smile, q("日")):
        assert ids(data, f"/k_latin?v=eq.{text}") == []
        assert sorted(ids(data, f"/k_latin?v=neq.{text}")) == [1, 2, 3, 4]
        assert ids(data, f"/k_latin?v=in.(a,{text})") == [1]
        assert ids(data, f"/k_latin?v=like.{text}*") == []
        if here("filters.enum_takes_texts", True):
            assert ids(data, f"/k_enum?v=eq.{text}") == []
        else:
            error_of(data.get(f"/k_enum?v=eq.{text}"), 400, "22P02")
    place = KINDS["latin"][1].split(" ").index("'é'") + 1
    assert ids(data, f"/k_latin?v=eq.{q('é')}") == [place]
    assert ids(data, f"/k_latin?v=like.{q('é')}*") == [place]
    assert ids(data, "/k_latin?v=ilike.E") == here("filters.ilike_e", [3])


# --- full-text search


@pytest.mark.parametrize(
    "search,expected",
    [
        ("fts.quick", [1, 3, 5]),
        ("fts.quick & !dog", [1, 5]),
        ("fts.(lazy | bear) & !sleeps", [5]),
        ("fts.qui:*", [1, 3, 5]),
        ("fts.quick <-> brown", [1]),
        ("plfts.the quick fox", [1, 5]),
        ("plfts.fox +quick -(", [1, 5]),
        ("phfts.brown fox", [1]),
        ('wfts."brown bear" or lazy', [2, 5]),
        ("wfts.quick -fox", [3]),
        ("plfts.größe", [6]),
        ("plfts.", []),
        ("not.plfts.quick", [2, 6]),
        ("not.wfts.dog", [1, 5, 6]),
    ],
)
def test_full_text_search(data, search, expected):
    assert sorted(ids(data, f"/words?w={q(search)}")) == expected


@pytest.mark.parametrize("form", ["fts", "plfts", "phfts", "wfts"])
@pytest.mark.parametrize(
    "text", ["a'b", '"', "+-*()<>~@", "((", "a & b", "-a", "@1", "'a b'", "a:*", "é*", "\\", "a\nb"]
)
def test_no_search_is_an_error_of_the_server(data, form, text):
    assert data.get(f"/words?w={form}.{q(text)}").status in (200, 400)
    assert data.get(f"/words?not.or=(w.{form}.{q(quoted(text))},id.eq.1)").status in (200, 400)


def test_a_column_without_an_index_is_not_searched(data):
    for part in here("filters.unsearchable", ("plain=fts.x", "id=plfts.1", "w=fts(english).x")):
        error = error_of(data.get(f"/words?{part}"), 400, "42883")
        assert part.split("=")[0] in error["message"]
