# SPDX-License-Identifier: MIT
"""What the tests of the pool share."""
import pytest

SLOW = (
    "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.5) AS pause",
    "CREATE VIEW slower AS SELECT 1 AS id, SLEEP(8) AS pause",
)


@pytest.fixture
def pool(users, start_pool):
    return start_pool(users.schema.url())
