# SPDX-License-Identifier: MIT
"""Where the tests are run over PostgreSQL (MYREST_TEST_DATABASE=postgresql, postgresql_server.py): DIFFERENT names every
place where the two databases really differ. All the rest is expected to be the same.
"""
import fnmatch
import os
import re

HERE = os.environ.get("MYREST_TEST_DATABASE", "mysql") == "postgresql"
assert os.environ.get("MYREST_TEST_DATABASE", "mysql") in ("mysql", "postgresql"), "MYREST_TEST_DATABASE"


class Left:
    """A test that says nothing of PostgreSQL."""

    def __init__(self, reason):
        self.reason = reason


class Instead:
    """What is expected of PostgreSQL, or given to it, in place of what the test has for MySQL."""

    def __init__(self, value, reason):
        self.value, self.reason = value, reason


# Name of a test (a pattern as of fnmatch) -> Left, or the name of a value that a test
# asks for by here() -> Instead.
# The reasons, which are the documentation's.
BITS = "bit(n) is a text of 0 and 1, whose length is n"
BOOLEAN = "a boolean is true or false, and no number"
COLLATION = "texts are compared exactly, and ordered, as the collation of the column or the database says: by default no case, accent or space is forgiven"
CONTAINS = "JSON contains JSON of the same shape: [1, 2] contains 1, but {\"a\": [1, 2]} does not contain {\"a\": 1}"
ENUM = "an enum is a type of its own: it is ordered as it was declared, and what is none of its values is refused, in filters as well"
FRACTION = "fractions of seconds end with their last digit that is not 0"
LIKE_INDEX = "an index serves like if it was made for it (text_pattern_ops), or the collation is C"
NULLS = "an index has its NULLs at the end where the order has them when nothing is said"
FULLTEXT = "every text can be searched, with an index or without one, and in a language: fts(english)"
ILIKE = "ilike forgives case, not accents"
NUL = "no text, and no text inside of JSON, has the character NUL"
TIME = "a time is one of a day: 00:00:00 to 23:59:59.999999"
SQL = "each database has its own SQL"
UNSIGNED = "no integer is unsigned, and none is shorter than smallint: what is larger than a bigint is numeric(20,0)"
YEAR = "there is no YEAR: a smallint has it, and takes what a smallint takes"
BYTES = "bytea has no length, and is not filled up"
GEOMETRY = "geometry belongs to PostGIS, which is an extension"

DIFFERENT = {
    "fraction": Instead(lambda text: re.sub(r"(:\d\d)(?:\.0+|(\.\d*?)0+)(?!\d)", r"\1\2", text), FRACTION),
    "ids_go_on": Instead(False, "an id that a client has written is not known to what makes the next one"),
    "write_values.edges": Instead(
        {
            "BOOL": ["true", "false"],
            "BIT(8)": ['"00000000"', '"11111111"'],
            "BIT(64)": [f'"{"0" * 64}"', f'"{"1" * 64}"'],
            "TIME(6)": ['"23:59:59.999999"', '"00:00:00.000000"', '"00:00:00.000001"'],
            "TIME": ['"23:59:59"', '"00:00:00"'],
        },
        f"{BOOLEAN}; {BITS}; {TIME}",
    ),
    "write_errors::test_a_lock_that_is_never_freed_is_503_with_retry_after[[]POST*": Left(
        "who writes a row that is there already is told so at once, whoever holds it"
    ),
    "injection.golden": Instead("read.postgresql.txt", SQL),
    "injection.quote": Instead('"', SQL),
    "injection.comment": Instead("--", SQL),
    "injection.before_minus": Instead("[=<>(, ]", SQL),
    "injection.signs": Instead(r"::|->|#>>|@@|@>|<@|&&|~\*|~|-(?=\()", SQL),
    "injection.setting": Instead(("TimeZone", "standard_conforming_strings=on"), SQL),
    "injection.injected": Instead(
        [
            """SELECT "id" FROM "t" WHERE "s"='' OR '1'='1' LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "n"=1 OR 1=1 LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "s"='a' LIMIT 1000 -- ' LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "s"='a' /* ' */ LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "n"=1 AND pg_sleep(0) IS NULL LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "s"=current_user LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "s"=version() LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "n"=1 UNION SELECT 1 LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "n"=(SELECT 1) LIMIT 1000""",
            """SELECT "k" FROM "by_text" WHERE "secret"='a' LIMIT 1000""",
            """SELECT "id" FROM "hidden" LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "s"=E'a' LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "s"=$$a$$ LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "s"=U&'a' LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "s"='a'::text||'b' LIMIT 1000""",
            """SELECT id FROM "t" LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "n"=1- -1 LIMIT 1000""",
            """SELECT "id" FROM "t" WHERE "n"=1;SELECT 1""",
            """SHOW search_path""",
            """SET work_mem='1MB'""",
        ],
        SQL,
    ),
    "injection.names": Instead(("C",), SQL),
    "pool.denied": Instead("authentication failed", "the server's words in the log are its own"),
    "write.bits": Instead("1001", BITS),
    "write.time": Instead("12:34:56.789", TIME),
    "write.more_forms": Instead([("bits", '"1111"', '"1111"')], f"{BOOLEAN}; {BITS}"),
    "write::test_a_place_comes_back_as_it_went_in": Left(GEOMETRY),
    "write_errors.held": Instead(
        ("story=*", "raw=*AAEC*", "blob_=*", "tiny=*", "tiny_u=*", "i_u=*", "big_u=*", "ts=*2038-*", "ts=*1969-*", "y=1900", "y=2156", "marks=*", "latin=*"),
        "its types hold more: there is no TINYTEXT, no unsigned integer, no SET, no character set of a column",
    ),
    "write_errors.codes": Instead(
        {form: ((400, 422), ("22P02", "22008", "22003", "22001")) for form in ("flag=128", "bits=16", "one=2", "clock=*839:*")},
        "what is no boolean, no text of bits and no time of a day is not of the type",
    ),
    "write_errors.number": Instead("23505", "the server's errors have states and no numbers"),
    "write_errors.beyond": Instead(("small", 40000), UNSIGNED),
    "write_errors::test_a_row_that_differs_only_by_collation_is_a_duplicate": Left(COLLATION),
    "stream.memory": Instead(24, "libpq brings the libraries of TLS and Kerberos along"),
    "values.more_digits": Instead(2, "a double has more digits than it needs, now and then: 17 where 15 would do"),
    "values.truths": Instead((0, 1), BOOLEAN),
    "values.bits": Instead(lambda size: lambda value: f"{value:0{size}b}", BITS),
    "values.filled": Instead(0, BYTES),
    "values.never_in_a_text": Instead("\0", NUL),
    "types.never_in_a_text": Instead("\0", NUL),
    "types.fractions": Instead(["2024-01-02T03:04:05.6789", "1000-01-01T00:00:00"], FRACTION),
    "types.no_fraction": Instead("1970-01-01T00:00:01+00:00", FRACTION),
    "types.half_a_second": Instead("2024-01-01T00:00:00.5", FRACTION),
    "types.time": Instead("12:34:50", TIME),
    "types.short_time": Instead("01:00:00.5", TIME),
    "types.short_time_answered": Instead("01:00:00.5", TIME),
    "types.no_member": Instead([], ENUM),
    "types.three_bits": Instead("101", BITS),
    "types::test_zerofill_is_a_number_without_zeros": Left("there is no ZEROFILL"),
    "types::test_bool_is_true_and_false_and_other_values_stay_numbers": Left(BOOLEAN),
    "types::test_bool_takes_true_false_and_numbers_in_eq": Left(BOOLEAN),
    "types::test_zero_dates_are_as_the_database_has_them": Left("there is no date with zeros"),
    "types::test_times_reach_838_hours_both_ways": Left(TIME),
    "types::test_bit_n_is_a_number": Left(BITS),
    "types::test_binary_n_is_padded_as_the_database_has_it": Left(BYTES),
    "types::test_geometry_is_base64[[]*": Left(GEOMETRY),
    "types::test_json_that_*": Left("json and jsonb have nothing that is not JSON"),
    "types::test_what_is_not_utf8_in_the_database_is_answered_as_the_replacement_character": Left("no text has bytes that are not of its encoding"),
    "formats.two": Instead(("true", "0101", "0000"), BOOLEAN + "; " + BITS),
    "merge.key": Instead("BIGINT", UNSIGNED),
    "merge.top": Instead(2**63 - 1, UNSIGNED),
    "names.folded": Instead("Admin", COLLATION),
    "names.mean": Instead("11.5000000000000000", "an average has more digits"),
    "pages::test_a_late_page_enters_its_index_at_the_right_place": Left("it counts by what MySQL alone counts; test_postgresql.py has the same"),
    "tls.modes": Instead(["disable", "prefer", "require", "verify-ca", "verify-full"], "the words are libpq's"),
    "tls.words": Instead("SSL|certificate", "and so are these"),
    "tls::test_the_systems_authorities_serve_*": Left("verify-full needs sslrootcert"),
    "values.longest_time": Instead(86399999999, TIME),
    "values.shortest_time": Instead(0, TIME),
    "values.loose": Instead(True, COLLATION),
    "query.ada": Instead([], COLLATION),
    "filters.golden": Instead("read.postgresql.txt", SQL),
    "filters.bits": Instead("0000000000 0000000001 1000000000 1111111111", BITS),
    "filters.bits_as_text": Instead("0101", BITS),
    "filters.bits_as_int": Instead(None, BITS),
    "filters.search_by_index": Instead("words=plfts(simple).word17", FULLTEXT),
    "filters::test_filters_use_the_index[[]*=like.*[*]*": Left(LIKE_INDEX),
    "filters::test_orders_use_the_index[[]order=maybe.nullsfirst*": Left(NULLS),
    "filters::test_orders_use_the_index[[]order=maybe.desc.nullslast*": Left(NULLS),
    "filters::test_casts[[]place::text*": Left(GEOMETRY),
    "filters::test_casts[[]t::json*": Left("before PostgreSQL 16 it cannot be asked whether a text is JSON: ::json of one that is not is refused, and not NULL"),
    "filters.double_as_integer": Instead([9223372036854780000, None, None, 18446744073709500000], "a double as a number without fraction has 15 digits"),
    "filters.latin": Instead("'a' 'b' 'z' 'é'", COLLATION),
    "filters.enum": Instead("ENUM('a','b','c','d')", ENUM),
    "filters.enum_takes_texts": Instead(False, ENUM),
    "filters.no_year": Instead("x", YEAR),
    "filters.two_is_true": Instead([1], BOOLEAN),
    "filters.two_as_text": Instead("true", BOOLEAN),
    "filters.two_as_int": Instead(1, BOOLEAN),
    "filters.ilike": Instead([1, 2], ILIKE),
    "filters.ilike_accents": Instead([3], ILIKE),
    "filters.ilike_e": Instead([], ILIKE),
    "filters.padded": Instead([1], COLLATION),
    "filters.padding": Instead("\0", COLLATION),
    "filters.case_blind": Instead([1], COLLATION),
    "filters.behind_abc": Instead([4, 15], COLLATION),
    "filters.unsearchable": Instead(("id=plfts.1",), FULLTEXT),
    "filters.contains": Instead([1], CONTAINS),
    "filters.contains_not": Instead([2, 3, 4, 5, 6, 7, 8, 10, 11, 12], CONTAINS),
    "filters.fraction": Instead("", FRACTION),
    "filters.kind_of_use": Instead("index", "its plans have other words"),
    "filters.times": Instead("'00:00:00' '00:00:00.5' '12:00:00' '23:59:59.999'", TIME),
}


def fraction(text):
    """A moment with all digits of its fraction, as MySQL has it, as the database that is here has it."""
    return here("fraction", str)(text)


def here(name, value):
    """The value of a test, or the one that DIFFERENT has for it on PostgreSQL."""
    return DIFFERENT[name].value if HERE and name in DIFFERENT else value


def left_out(test):
    """Why a test is left out, or None. `test`: its file without test_ and .py, '::', its name."""
    for pattern, entry in DIFFERENT.items():
        if isinstance(entry, Left) and fnmatch.fnmatchcase(test, pattern):
            return entry.reason
    return None
