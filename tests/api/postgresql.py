# SPDX-License-Identifier: MIT
"""Where the tests are run over PostgreSQL (MYREST_TEST_DATABASE=postgresql, postgresql_server.py): DIFFERENT names every
place where the two databases really differ. All the rest is expected to be the same.
"""
import re

from differences import SERVER, Difference, Instead, Left, here

HERE = SERVER == "postgresql"

# What clients, or those who make the tables, see of it.
COLLATION = Difference(
    "texts", "compared and ordered as their collation says; the usual ones forgive case, accents and spaces at the end",
    "compared exactly, and ordered as the collation of the column or the database says",
)  # fmt: skip
ILIKE = Difference(
    "`ilike` `match` `imatch`", "`ilike` forgives case and accents; regular expressions are the server's",
    "`ilike` forgives case; regular expressions are PostgreSQL's own",
)  # fmt: skip
LIKE_INDEX = Difference(
    "`like.abc*`", "an index of the column serves", "an index serves that was made for it (`text_pattern_ops`), or with the collation C"
)
NULLS = Difference(
    "an index and an order with NULL", "`nullsfirst` going up and `nullslast` going down are the index's own order", "the other two are"
)
FULLTEXT = Difference(
    "`fts` and its kin", "need a FULLTEXT index of the column, and know no language",
    "search every text, and a `tsvector`, in a language: `fts(english)`; where none is said it is that of the column's GIN index"
    " (`to_tsvector('english', column)`), or the server's `default_text_search_config`",
)  # fmt: skip
CONTAINS = Difference(
    "`cs` `cd`", 'in JSON, `{"a":[1,2]}` contains `{"a":1}`',
    'in JSON, `[1,2]` contains `1`, but `{"a":[1,2]}` does not contain `{"a":1}`; arrays have both, and `ov`',
)  # fmt: skip
JSON = Difference(
    "JSON", "as it was written, but names without escapes; its numbers are compared as doubles, but integers of more than 15 digits digit by digit",
    "`json` is as it was written, `jsonb` has its keys in its own order; its numbers are compared digit by digit",
)  # fmt: skip
CHARACTERS = Difference(
    "characters", "U+0000 is one as any other; bytes that are none are shown as U+FFFD",
    "no text has U+0000, nor has a text in JSON (422, 22P05); no text has bytes that are none",
)  # fmt: skip
BOOLEAN = Difference("truth values", "a `TINYINT(1)` may be 2, and is then shown as a number", "a `boolean` is true or false")
BITS = Difference("`BIT(n)`", "a number; of one bit true or false", "a text of 0 and 1, n long")
INTEGERS = Difference(
    "integers", "also of one and three bytes, and unsigned",
    "`smallint`, `integer`, `bigint`; what is larger is `numeric`, by which keys are looked up one by one",
)  # fmt: skip
DIGITS = Difference(
    "digits", "a DOUBLE has as many as it needs, an average four more than its column",
    "a `double precision` has 17 now and then where 15 would do, and 15 in a cast to a number without fraction; a `real` from a"
    " million on is written with an exponent; an average has up to 20",
)  # fmt: skip
TIME = Difference("TIME", "-838:59:59 to 838:59:59", "a time of a day; `interval` is the type for more, and is shown as a text")
FRACTION = Difference("fractions of seconds", "as many digits as the column has", "without zeros at the end")
ENUM = Difference(
    "ENUM", "compared as texts; a filter may have any text",
    "compared in the order of its declaration; a value that is none of it is a 400 in filters, too",
)  # fmt: skip
BYTES = Difference("bytes", "`BINARY(n)` is filled up with zeros; columns have a length", "`bytea` is what was written, of any length")
GEOMETRY = Difference("geometry", "base64 of the server's own form", "the extension PostGIS is not known; its values are texts")
OTHERS = Difference(
    "YEAR, SET, TINYTEXT, ZEROFILL, character sets of columns, dates with zeros", "are there",
    "are not there; other types, which hold more, stand for them",
)  # fmt: skip
CASTS = Difference(
    "casts", "NULL where a value is none of the type",
    "refused where it is none: `::json` of a text (it cannot be asked before PostgreSQL 16), `::date` of a day that no calendar"
    " has, `::text` of bytes that are no text",
)  # fmt: skip
IDS = Difference(
    "the next id", "larger than all that were written",
    "as the sequence counts: an id that a client has written does not move it (`setval` does), and is met again (409)",
)  # fmt: skip
DUPLICATES = Difference(
    "the details of a duplicate", "MySQL has the value where the key is one column, MariaDB has none", "have the values of the key, if clients may read them"
)
RANGES = Difference("`ov` `sl` `sr` `nxr` `nxl` `adj`", "are not there", "compare ranges, arrays and their kin")
KEYLESS = Difference(
    "`return=representation` of a PATCH without a primary key", "400: the rows cannot be found again", "the rows, as the database gives them back"
)
LOCKS = Difference("a row whose key is there, and locked", "who inserts it waits for the lock", "who inserts it is told at once (409)")
MEMORY = Difference("memory", "a worker has some 5 MB", "some MB more: libpq brings the libraries of TLS and Kerberos along")

# What test_postgresql_*.py have tests of, and no other file.
ALSO = (
    Difference(
        "a row that is twice in the body of an upsert", "the last one wins; `return=representation` has both, each as it left the row",
        "409, 21000",
    ),  # fmt: skip
    Difference(
        "a row of a POST that an `AFTER` trigger changes again", "no trigger can change a row of its own table",
        "`return=representation` has it as it was inserted; of a PATCH or PUT by the primary key it has what the trigger made of it",
    ),  # fmt: skip
    Difference(
        "errors", "the log has the server's numbers, and so have the `details` of a 5xx",
        "the log has its states, and so has the answer (`code`) when a value cannot be computed (422), a view, rule, trigger or function does"
        " not work (500), or the server lacks memory, disk or another server (503); a trigger's `RAISE` is a 400 with its words and state",
    ),  # fmt: skip
    Difference(
        "types without operators", "none but geometries, which have no order",
        "`xml`, `point` and others cannot be compared or ordered, each as PostgreSQL has it (400, 42883)",
    ),  # fmt: skip
)

# What nobody sees but these tests.
SQL = "each database has its own SQL, and its own words in the log"
OWN = "what MySQL alone has, and no client sees"

# What these names and entries mean: differences.py.
DIFFERENT = {
    "fraction": Instead(lambda text: re.sub(r"(:\d\d)(?:\.0+|(\.\d*?)0+)(?!\d)", r"\1\2", text), FRACTION),
    "ids_go_on": Instead(False, IDS),
    "write_errors.duplicate": Instead(("=(zq9code)", "=(71, 72)"), DUPLICATES),
    "write_values.edges": Instead(
        {
            "BOOL": ["true", "false"],
            "BIT(8)": ['"00000000"', '"11111111"'],
            "BIT(64)": [f'"{"0" * 64}"', f'"{"1" * 64}"'],
            "TIME(6)": ['"23:59:59.999999"', '"00:00:00.000000"', '"00:00:00.000001"'],
            "TIME": ['"23:59:59"', '"00:00:00"'],
        },
        (BOOLEAN, BITS, TIME),
    ),
    "locks::test_a_lock_that_is_never_freed_is_503_with_retry_after[[]POST*": Left(LOCKS),
    "idempotency::test_a_table_of_keys_that_does_not_find_them_again": Left(OWN),
    "injection.golden": Instead("read.postgresql.txt", SQL),
    "injection.quote": Instead('"', SQL),
    "injection.comment": Instead("--", SQL),
    "injection.before_minus": Instead("[=<>(, ]", SQL),
    # the semicolon is that before LOCK TABLE; behind anything else no statement has one
    "injection.signs": Instead(r";|::|->|#>>|@@|@>|<@|&&|&<|&>|<<|>>|-\|-|~\*|~|-(?=\()", SQL),
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
    "pool.denied": Instead("authentication failed", SQL),
    "write.bits": Instead("1001", BITS),
    "write.time": Instead("12:34:56.789", TIME),
    "write.more_forms": Instead([("bits", '"1111"', '"1111"')], (BOOLEAN, BITS)),
    "write_types::test_a_place_comes_back_as_it_went_in": Left(GEOMETRY),
    "write_errors.held": Instead(
        ("story=*", 'd="NaN"', 'd="Infinity"', "raw=*AAEC*", "blob_=*", "tiny=*", "tiny_u=*", "i_u=*", "big_u=*", "ts=*2038-*", "ts=*1969-*", "y=1900", "y=2156", "marks=*", "latin=*"),
        OTHERS,
    ),
    "write_errors.codes": Instead(
        {form: ((400, 422), ("22P02", "22008", "22003", "22001")) for form in ("flag=128", "bits=16", "one=2", "clock=*839:*")},
        (BOOLEAN, BITS, TIME),
    ),
    "write_errors.number": Instead("23505", SQL),
    "write_errors.beyond": Instead(("small", 40000), INTEGERS),
    "refused_bulk::test_a_row_that_differs_only_by_collation_is_a_duplicate": Left(COLLATION),
    "stream.memory": Instead(24, MEMORY),
    "values.more_digits": Instead(2, DIGITS),
    "values.truths": Instead((0, 1), BOOLEAN),
    "values.bits": Instead(lambda size: lambda value: f"{value:0{size}b}", BITS),
    "values.filled": Instead(0, BYTES),
    "values.never_in_a_text": Instead("\0", CHARACTERS),
    "types.never_in_a_text": Instead("\0", CHARACTERS),
    "types.fractions": Instead(["2024-01-02T03:04:05.6789", "1000-01-01T00:00:00"], FRACTION),
    "types.no_fraction": Instead("1970-01-01T00:00:01+00:00", FRACTION),
    "types.half_a_second": Instead("2024-01-01T00:00:00.5", FRACTION),
    "types.time": Instead("12:34:50", TIME),
    "types.short_time": Instead("01:00:00.5", TIME),
    "types.short_time_answered": Instead("01:00:00.5", TIME),
    "types.no_member": Instead([], ENUM),
    "types.three_bits": Instead("101", BITS),
    "types_numbers::test_zerofill_is_a_number_without_zeros": Left(OTHERS),
    "types_numbers::test_bool_is_true_and_false_and_other_values_stay_numbers": Left(BOOLEAN),
    "types_numbers::test_bool_takes_true_false_and_numbers_in_eq": Left(BOOLEAN),
    "types_moments::test_zero_dates_are_as_the_database_has_them": Left(OTHERS),
    "types_moments::test_times_reach_838_hours_both_ways": Left(TIME),
    "types_numbers::test_bit_n_is_a_number": Left(BITS),
    "types_texts::test_binary_n_is_padded_as_the_database_has_it": Left(BYTES),
    "types_texts::test_geometry_is_base64[[]*": Left(GEOMETRY),
    "types::test_json_that_*": Left(JSON),
    "types_texts::test_what_is_not_utf8_in_the_database_is_answered_as_the_replacement_character": Left(CHARACTERS),
    "formats.two": Instead(("true", "0101", "0000"), (BOOLEAN, BITS)),
    "merge.key": Instead("BIGINT", INTEGERS),
    "merge.top": Instead(2**63 - 1, INTEGERS),
    "names.folded": Instead("Admin", COLLATION),
    "names.mean": Instead("11.5000000000000000", DIGITS),
    "pages::test_a_late_page_enters_its_index_at_the_right_place": Left(OWN),
    "description::*": Left("the catalogue tells every column's type: no table has to be asked"),
    "tls.modes": Instead(["disable", "prefer", "require", "verify-ca", "verify-full"], SQL),
    "tls.words": Instead("SSL|certificate", SQL),
    "tls::test_the_systems_authorities_serve_*": Left("verify-full needs sslrootcert: doc/postgresql.md has it beside the option"),
    "values.longest_time": Instead(86399999999, TIME),
    "values.shortest_time": Instead(0, TIME),
    "values.loose": Instead(True, COLLATION),
    "query.ada": Instead([], COLLATION),
    "filters.unit_types": Instead(('ALTER TABLE things ALTER json TYPE jsonb, ALTER json_not_null TYPE jsonb',), SQL),
    "filters.bits_as_numbers": Instead([("b::int", [None] * 4), ("b::unsigned", [None] * 4)], BITS),
    "filters.no_bits": Instead("2", BITS),
    "filters.no_integer": Instead("x", INTEGERS),
    "filters.floats_as_texts": Instead(["1.234567e+06", "1.6777216e+07", "0.1"], DIGITS),
    "filters.golden": Instead("read.postgresql.txt", SQL),
    "filters.bits": Instead("0000000000 0000000001 1000000000 1111111111", BITS),
    "filters.bits_as_text": Instead("0101", BITS),
    "filters.bits_as_int": Instead(None, BITS),
    "indices::test_filters_use_the_index[[]*=like.*[*]*": Left(LIKE_INDEX),
    "indices::test_orders_use_the_index[[]order=maybe.nullsfirst*": Left(NULLS),
    "indices::test_orders_use_the_index[[]order=maybe.desc.nullslast*": Left(NULLS),
    "select::test_casts[[]place::text*": Left(GEOMETRY),
    "select::test_casts[[]t::json*": Left(CASTS),
    "filters.double_as_integer": Instead([9223372036854780000, None, None, 18446744073709500000], DIGITS),
    "filters.ends_of_doubles": Instead(
        [("int", [2**63 - 1024, None, -(2**63), 2**53 - 1]),
         ("unsigned", [9223372036854770000, 9223372036854780000, None, 9007199254740990])],
        DIGITS,
    ),  # fmt: skip
    "filters.latin": Instead("'a' 'b' 'z' 'é'", COLLATION),
    "filters.enum": Instead("ENUM('a','b','c','d')", ENUM),
    "filters.enum_takes_texts": Instead(False, ENUM),
    "filters.no_year": Instead("x", OTHERS),
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
    "filters.kind_of_use": Instead("index", SQL),
    "openapi.span": Instead("23:59:59.001", TIME),
    "openapi.keyless_changed": Instead(200, KEYLESS),
    "clients.json_only": Instead("applies to JSON, arrays, ranges and similar types only", CONTAINS),
    "clients.no_ranges": Instead("applies to ranges, arrays and similar types only", RANGES),
    "clients.behind_beta": Instead([5], COLLATION),
    "clients.text": Instead("naïve 😀 \\ ' \" \n", CHARACTERS),
    "clients.known: textSearch: a language": Instead([1, 3, 5], FULLTEXT),
    "clients.known: textSearch: a column without a FULLTEXT index": Instead([1], FULLTEXT),
    "filters.times": Instead("'00:00:00' '00:00:00.5' '12:00:00' '23:59:59.999'", TIME),
}


def fraction(text):
    """A moment with all digits of its fraction, as MySQL has it, as the database that is here has it."""
    return here("fraction", str)(text)


def documented():
    """The documentation's table: every difference that an entry has for its reason."""
    seen = [one for entry in DIFFERENT.values() for one in (entry.reason if isinstance(entry.reason, tuple) else (entry.reason,))]
    named = [value for value in globals().values() if isinstance(value, Difference)]
    assert all(one in seen for one in named), "a difference that no test has met"
    return ["| | MySQL, MariaDB | PostgreSQL |", "|---|---|---|", *("| " + " | ".join(one.row) + " |" for one in (*named, *ALSO))]


if __name__ == "__main__":
    print("\n".join(documented()))
