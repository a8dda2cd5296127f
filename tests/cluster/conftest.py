# SPDX-License-Identifier: MIT
"""One cluster for all tests; each leaves it whole. The other servers are those of tests/api."""
import importlib.util
import sys
from pathlib import Path

import pytest

API = Path(__file__).resolve().parents[1] / "api"
sys.path.insert(0, str(API))

import galera  # noqa: E402

_spec = importlib.util.spec_from_file_location("api_fixtures", API / "conftest.py")
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
lab = _fixtures.lab


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: not in the short run of contrib/check")
    config.addinivalue_line("markers", "namespaces: needs root")


@pytest.fixture(scope="session")
def cluster(lab):
    cluster = galera.Cluster(lab)
    yield cluster
    cluster.remove()
