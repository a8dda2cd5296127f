# SPDX-License-Identifier: MIT
"""The page for people, in a browser, as nginx/myrest-docs.conf has it served."""
import json
import os
import shutil
from pathlib import Path

import pytest

import servers
from servers import ADMIN, GUEST
from writing import GRANT

PAGE = Path(os.environ.get("MYREST_DOCS_PAGE", servers.SOURCE / "var" / "docs")).resolve()
SCREENSHOT = Path(os.environ.get("MYREST_SCREENSHOT", "page.png")).resolve()


def serve_page(lab, users, prefix="/"):
    assert (PAGE / "index.html").is_file(), f"contrib/docs-page has put nothing into {PAGE}"
    place = lab.folder("docs")
    shutil.copytree(PAGE, place, dirs_exist_ok=True)
    conf = users.web.home / "myrest-docs.conf"
    text = conf.read_text().replace("/usr/local/share/myrest/docs/", f"{place}/")
    conf.write_text(text.replace("return 302 /;", f"return 302 {prefix};"))
    if "\n    include myrest-docs.conf;" not in (users.web.home / "myrest.conf").read_text():
        users.web.change("myrest.conf", "#include myrest-docs.conf;", "include myrest-docs.conf;")
    return f"http://127.0.0.1:{users.web.port}"


@pytest.fixture(scope="module", params=["/", "/api/"])
def seen(request, lab, service, node):
    prefix = request.param
    users = service(*servers.USERS, MYREST_PREFIX=prefix, MYREST_WRITABLE="users", grant=GRANT)
    base = serve_page(lab, users, prefix)
    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing"
    what = node.json("page.mjs", f"{base}/docs/", chromium, SCREENSHOT)
    what["base"], what["prefix"], what["users"] = base, prefix, users
    what["added"] = users.schema.sql("SELECT id, username, email FROM users WHERE id > 2")
    users.schema.sql("DELETE FROM users WHERE id > 2")
    return what


def test_nothing_is_complained_of(seen):
    assert seen["violations"] == []
    assert seen["console"] == []
    assert seen["failed"] == []


def test_nobody_else_is_asked(seen):
    for url in seen["asked"]:
        assert url.startswith((seen["base"] + "/", "data:", "blob:")), url


def test_it_lists_what_can_be_done(seen):
    assert seen["title"].startswith("MyREST")
    assert [name for name in seen["operations"] if "/users" in name] == [
        "GET /users Rows of users",
        "POST /users Adds rows to users",
        "PATCH /users Changes the rows of users that the filters name",
        "DELETE /users Deletes the rows of users that the filters name",
        "PUT /users Makes one row of users, named by its primary key, this one",
        "GET /users/{key} One row of users",
        "PATCH /users/{key} Changes one row of users",
        "DELETE /users/{key} Deletes one row of users",
        "PUT /users/{key} Makes one row of users this one",
    ]
    names = " ".join(seen["parameters"])
    for name in ("id", "username", "email", "select", "order", "limit", "Prefer"):
        assert name in names


def test_it_asks_for_the_users(seen):
    assert seen["status"].startswith("200")
    assert json.loads(seen["body"]) == [ADMIN, GUEST]
    assert f"{seen['base']}{seen['prefix']}users" in seen["asked"]


def test_it_asks_for_one_user_by_its_key(seen):
    assert seen["key"].startswith("key *") and "integer" in seen["key"], seen["key"]
    assert seen["oneStatus"].startswith("200"), seen["oneBody"]
    assert json.loads(seen["oneBody"]) == GUEST
    assert f"{seen['base']}{seen['prefix']}users/2" in seen["asked"]


def test_it_offers_a_row_that_can_be_added(seen):
    """Without an id, which is the database's to make."""
    assert json.loads(seen["example"]) == {"username": "text", "email": "text"}
    assert seen["addedStatus"].startswith("201")
    [(key, username, email)] = seen["added"]
    assert key > 2 and (username, email) == ("text", "text")


def test_there_is_a_picture_of_it(seen):
    assert SCREENSHOT.stat().st_size > 10000


def test_its_policy_allows_this_server_alone(seen):
    response = seen["users"].get("/docs/")
    assert response.status == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';") and "unsafe" not in policy and "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert b"<script>" not in response.body and b"style=" not in response.body


def test_the_folder_is_found_without_its_slash(seen):
    response = seen["users"].get("/docs")
    assert (response.status, response.headers["location"]) == (301, "/docs/")


def test_the_rest_is_the_service_as_before(seen):
    assert seen["users"].json(f"{seen['prefix']}users") == [ADMIN, GUEST]
