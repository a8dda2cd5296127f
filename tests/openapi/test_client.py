# SPDX-License-Identifier: MIT
"""A client whose types are generated from the document."""
import json

import pytest

import servers
from writing import GRANT

TSC = "node_modules/typescript/bin/tsc"
GENERATE = "node_modules/openapi-typescript/bin/cli.js"
STRICT = ("--strict", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext",
          "--lib", "es2022,dom,dom.iterable", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes")  # fmt: skip


@pytest.fixture(scope="module")
def users(service):
    orders = "CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, total DECIMAL(8,2) NOT NULL, state VARCHAR(9) NOT NULL DEFAULT 'new')"
    return service(*servers.USERS, orders, tables="users,orders", MYREST_WRITABLE="orders", grant=GRANT)


@pytest.fixture(scope="module")
def generated(node, users):
    (node.folder / "users.json").write_bytes(users.get("/").body)
    node.run(GENERATE, "users.json", "-o", "schema.d.ts", "--default-non-nullable=false")
    return node


def test_it_compiles_strictly(generated):
    generated.run(TSC, "--noEmit", *STRICT, "client.ts")


def test_it_works(generated, users):
    generated.run(TSC, *STRICT, "client.ts")
    said = json.loads(generated.run("client.js", f"http://127.0.0.1:{users.web.port}"))
    assert said == {
        "names": ["admin", "guest"],
        "guest": [{"id": 2}],
        "email": "admin@example.com",
        "code": "PGRST116",
        "status": 206,
        "range": "0-0/2",
        "added": 201,
        "state": "new",
        "isText": "string",
    }
