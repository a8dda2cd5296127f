# SPDX-License-Identifier: MIT
"""Servers for the tests. One database server per run, one schema, pool and nginx per test file that asks for them."""
from types import SimpleNamespace

import pytest

# Modules that tests share and that assert: their asserts tell as much as those of the tests themselves.
pytest.register_assert_rewrite(
    "badinput", "filter_tables", "injection_oracle", "lanes", "postgresql_connecting", "postgresql_own", "rights", "session_spoiled",
    "typed", "upserts", "value_kinds", "value_ways", "write_faults", "write_killing", "write_tables",
)  # fmt: skip

import differences  # noqa: E402
import mysql  # noqa: E402
import postgresql  # noqa: E402
import servers  # noqa: E402
from files import ORDER  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than a minute, or is much like another one")


def pytest_collection_modifyitems(items):
    def place(item):
        name = item.path.stem.removeprefix("test_")
        return ORDER.index(name) if name in ORDER else len(ORDER)  # tests/docs/check wants each of ours in the list

    for server in (mysql, postgresql):  # files that are named by themselves as well
        if not server.HERE:
            items[:] = [item for item in items if not item.path.name.startswith(f"test_{server.__name__}")]
    items.sort(key=place)
    differences.leave_out(items)


@pytest.fixture(scope="session")
def lab():
    lab = servers.Lab()
    yield lab
    lab.remove()


@pytest.fixture(scope="session")
def database(lab):
    database = servers.Database(lab)
    yield database
    database.kill()


@pytest.fixture
def start_pool(lab):
    """Starts pools that end with the test."""
    pools = []

    def start(url, *arguments, **settings):
        pools.append(servers.Pool(lab, url, *arguments, **settings))
        return pools[-1]

    yield start
    _close_all(pools)


@pytest.fixture
def start_nginx(lab):
    """Starts nginxes that end with the test."""
    started = []

    def start(*arguments, **settings):
        started.append(servers.Nginx(lab, *arguments, **settings))
        return started[-1]

    yield start
    for nginx in started:
        nginx.stop()


def _close_all(pools):
    faults = []
    for pool in pools:
        try:
            pool.close()
        except AssertionError as fault:
            faults.append(str(fault))
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def service(lab, database):
    """make(*statements, tables=...): a schema, a pool over it and an nginx before it, for a whole test file."""
    pools, fronts = [], []

    def make(*statements, grant="SELECT, SHOW VIEW", whole=False, **settings):
        schema = database.schema(*statements, grant=grant, whole=whole)
        pool = servers.Pool(lab, schema.url(), **settings)
        pools.append(pool)
        front = servers.Nginx(lab, pool)
        fronts.append(front)
        return SimpleNamespace(schema=schema, pool=pool, web=front, get=front.get, head=front.head, json=front.json)

    yield make
    for front in fronts:
        front.stop()
    _close_all(pools)


@pytest.fixture(scope="module")
def users(service):
    """The original's table, behind the real nginx."""
    return service(*servers.USERS)
