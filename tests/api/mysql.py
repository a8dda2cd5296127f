# SPDX-License-Identifier: MIT
"""Where the tests are run over a real MySQL (MYREST_TEST_MYSQLD, mysql_server.py): DIFFERENT names every place where it
differs from MariaDB. What these names and entries mean: differences.py.
"""
from differences import SERVER, Instead, Left

HERE = SERVER == "mysql"

LATE = "no time limit ends a statement that writes, and a trigger that sleeps is woken and goes on when it is ended by another connection"
TIME = "the longest TIME has no fraction"
JSON = "JSON is stored in a form of its own: numbers are integers of 64 bits or doubles, and it is shown with spaces"
OTHERS = "there are no UUID, INET4 and INET6: texts stand for them, which any value is one of"
TOLD = "the catalogue tells every column's type: no table has to be asked, so none is refused beside a lock"
CHECKED = "JSON is a type, and none of its values is anything else"
RETURNING = "there is no RETURNING: README.md has what is done without"


def stored(document):
    """A document as it is kept: an integer of more than 64 bits is a double."""
    if isinstance(document, dict):
        return {name: stored(member) for name, member in document.items()}
    if isinstance(document, list):
        return [stored(member) for member in document]
    return float(document) if isinstance(document, int) and not -(2**63) <= document < 2**64 else document


DIFFERENT = {
    "clients.doc": Instead('{""lang"": ""de""}', JSON),
    "openapi.keyless": Instead(400, RETURNING),
    "openapi.span": Instead("-838:59:58.999", TIME),
    "description::test_a_pool_that_starts_beside_a_lock_*": Left(TOLD),
    "description::test_workers_that_are_renewed_*": Left(TOLD),
    "description::test_an_alteration_*": Left(TOLD),
    "description::test_a_view_that_the_account_may_read_later": Left(TOLD),
    "filters.texts": Instead(("uuid", "address"), OTHERS),
    "write_errors.duplicate": Instead(("=(zq9code)", ""), "it says which table's key it is"),
    "write_errors.after_its_time": Instead([(0, 0.0), (5, 30.0)], LATE),
    "write_errors.held": Instead(("u=*", "ip=*"), OTHERS),
    "write_values.edges": Instead(
        {
            "TIME(6)": ['"838:59:59.000000"', '"-838:59:59.000000"', '"838:59:58.999999"', '"00:00:00.000000"', '"-00:00:00.000001"'],
            "JSON": ["null", "true", "0", '""', "[]", "{}", '"x"', "1e300", "1.2345678901234568e29", "18446744073709551615",
                     "-9223372036854775808", "0.1", '{"a":{"b":[1,2,{"c":null}]}}', "[" * 30 + "]" * 30],
        },
        (TIME, JSON),
    ),  # fmt: skip
    "write_values.kept": Instead({"1.50": "1.5", "1e2": "100.0", "123456789012345678901234567890.5": "1.2345678901234568e29"}, JSON),
    "values.longest_time": Instead(((838 * 60 + 59) * 60 + 59) * 1000000, TIME),
    "values.stored": Instead(stored, JSON),
    "types.longest": Instead("-838:59:58.999999", TIME),
    "types.long_in_json": Instead(123456789012345678901234567890.0, JSON),
    "types::test_json_that_is_no_json_never_breaks_the_answer": Left(CHECKED),
    "types::test_json_that_only_the_database_calls_valid_*": Left(CHECKED),
    "write.list": Instead("[1.5,2]", JSON),
    "insert::test_a_new_row_without_a_primary_key_is_shown": Left(RETURNING),
    "defaults::test_a_key_that_the_database_makes_is_shown": Left(RETURNING),
    "defaults::test_a_location_is_of_the_key_that_the_database_made": Left(RETURNING),
}
