# SPDX-License-Identifier: MIT
"""The servers of tests/api, and what npm has put in place.

Environment, beside that of tests/api/servers.py:
  MYREST_NODE_MODULES   where `npm ci` has put the packages of package-lock.json (default node_modules in this folder)
  MYREST_DOCS_PAGE      what contrib/docs-page has made (default var/docs in the clone)
  MYREST_SCREENSHOT     where the picture of the page goes (default page.png in the current folder)
"""
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).resolve().parent
API = HERE.parent / "api"
sys.path.insert(0, str(API))

import differences  # noqa: E402
import servers  # noqa: E402

_spec = importlib.util.spec_from_file_location("api_fixtures", API / "conftest.py")
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
lab, database, service = _fixtures.lab, _fixtures.database, _fixtures.service


def pytest_collection_modifyitems(items):
    differences.leave_out(items)


MODULES = Path(os.environ.get("MYREST_NODE_MODULES", HERE / "node_modules")).resolve()


@pytest.fixture(scope="session")
def node():
    """node(script, *arguments): runs a script of this folder, or of a package, beside the packages; what it printed."""
    assert (MODULES / "openapi-typescript").is_dir(), f"npm ci has put nothing into {MODULES}"
    folder = Path(tempfile.mkdtemp(prefix="myrest-openapi"))
    (folder / "node_modules").symlink_to(MODULES)
    (folder / "package.json").write_text('{"type":"module"}')
    for script in [*HERE.glob("*.mjs"), *HERE.glob("*.ts")]:
        shutil.copy(script, folder)

    def run(script, *arguments, status=0):
        ran = subprocess.run(
            ["node", script, *map(str, arguments)],
            cwd=folder,
            env=servers.environment(REDOCLY_TELEMETRY="off"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120 * servers.FACTOR,
        )
        assert ran.returncode == status, f"{script}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran.stdout

    yield SimpleNamespace(run=run, folder=folder, json=lambda *arguments: json.loads(run(*arguments)))
    shutil.rmtree(folder, ignore_errors=True)
