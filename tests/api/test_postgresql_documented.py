# SPDX-License-Identifier: MIT
"""The documentation has the table of differences as it is."""
import postgresql
import servers


def test_the_documentation_has_the_differences():
    """As `tests/api/postgresql.py` prints them."""
    page = (servers.SOURCE / "doc" / "postgresql.md").read_text("utf-8")
    assert "\n".join(["", *postgresql.documented(), ""]) in page
