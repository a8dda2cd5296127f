# SPDX-License-Identifier: MIT
"""Where the tests are run over a real MySQL (MYREST_TEST_MYSQLD, mysql_server.py): DIFFERENT names every place where it
differs from MariaDB. What these names and entries mean: differences.py.
"""
from differences import SERVER, Instead, Left

HERE = SERVER == "mysql"

TIME = "the longest TIME has no fraction"
JSON = "JSON is stored in a form of its own: numbers are integers of 64 bits or doubles, and it is shown with spaces"
CHECKED = "JSON is a type, and none of its values is anything else"
RETURNING = "there is no RETURNING: README.md has what is done without"

DIFFERENT = {
    "clients.doc": Instead('{""lang"": ""de""}', JSON),
    "openapi.keyless": Instead(400, RETURNING),
    "openapi.span": Instead("-838:59:58.999", TIME),
    "types.longest": Instead("-838:59:58.999999", TIME),
    "types.long_in_json": Instead(123456789012345678901234567890.0, JSON),
    "types::test_json_that_is_no_json_never_breaks_the_answer": Left(CHECKED),
    "types::test_json_that_only_the_database_calls_valid_*": Left(CHECKED),
    "write.list": Instead("[1.5,2]", JSON),
    "write::test_no_location_without_a_primary_key_that_all_may_see": Left(RETURNING),
    "write::test_a_key_that_the_database_makes_is_shown": Left(RETURNING),
    "write::test_a_location_is_of_the_key_that_the_database_made": Left(RETURNING),
}
