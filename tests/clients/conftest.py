# SPDX-License-Identifier: MIT
"""Of the tests here, too, some say nothing of the database that is there."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "api"))

import differences  # noqa: E402


def pytest_collection_modifyitems(items):
    differences.leave_out(items)
