# SPDX-License-Identifier: MIT
"""The document of a running service: valid, true of what the service answers, and complete enough to drive it."""
import base64
import datetime
import json
import re
from types import SimpleNamespace
from urllib.parse import quote

import jsonschema
import pytest

import servers
from differences import here

EVERYTHING = (
    "CREATE TABLE things (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY COMMENT 'the \"number\", it''s <b>one</b>',"
    " tiny TINYINT, small SMALLINT UNSIGNED, medium MEDIUMINT, big BIGINT, ubig BIGINT UNSIGNED,"
    " truth BOOL NOT NULL DEFAULT TRUE, year YEAR, price DECIMAL(8,2) NOT NULL DEFAULT 1.50, wide DECIMAL(65,30),"
    " single FLOAT, `double` DOUBLE, bit BIT(1), bits BIT(12), fixed CHAR(3),"
    " name VARCHAR(40) NOT NULL DEFAULT 'it''s \\\\', words TEXT, state ENUM('new','it''s','b\\\\s') DEFAULT 'it''s',"
    " tags SET('p','q''q','r'), day DATE, span TIME(3), at DATETIME(6), stamp TIMESTAMP NULL, doc JSON, raw BINARY(4),"
    " blob_ BLOB, place POINT, uid UUID, address INET6, twice INT AS (tiny * 2), FULLTEXT (words))"
    " COMMENT 'one of each type'",
    "INSERT INTO things (id, tiny, small, medium, big, ubig, truth, year, price, wide, single, `double`, bit, bits, fixed,"
    " name, words, state, tags, day, span, at, stamp, doc, raw, blob_, place, uid, address) VALUES"
    " (1, -63, 65535, -8388608, -9223372036854775808, 18446744073709551615, TRUE, 2155, 999999.99, 1.5, 1.1, 1e300,"
    " b'1', b'111111111111', 'abc', 'n', 'quick brown', 'it''s', 'p,q''q', '2024-02-29',"
    f" '{here('openapi.span', '-838:59:59.001')}',"
    " '2024-01-02 03:04:05.678901', '2024-01-02 03:04:05', '{\"a\":[1,null]}', x'00ff10fe', 'x', POINT(1, 2),"
    " '123e4567-e89b-12d3-a456-426655440000', '::1')",
    "INSERT INTO things (id, truth, price, name) VALUES (2, 7, -1, 'é')",
    "CREATE TABLE pairs (a INT, b VARCHAR(9), thing INT UNSIGNED, PRIMARY KEY (a, b),"
    " FOREIGN KEY (thing) REFERENCES things (id))",
    "INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', NULL)",
    "CREATE TABLE `odd, \"name\" {x}/` (`a b` VARCHAR(20) PRIMARY KEY, `order` INT, `select` INT, `c\"d,e.f` INT,"
    " `a->b` INT, `κόσμος` VARCHAR(20), hidden INT)",
    "INSERT INTO `odd, \"name\" {x}/` VALUES ('a/b c', 1, 2, 3, 4, 'y', 5)",
    "CREATE TABLE Error (day DATE PRIMARY KEY, n INT)",
    "INSERT INTO Error VALUES ('2024-01-02', 1)",
    "CREATE TABLE keyless (a INT, b VARCHAR(9))",
    "INSERT INTO keyless VALUES (1, 'x'), (NULL, NULL)",
    "CREATE VIEW sums AS SELECT a, COUNT(*) AS many FROM pairs GROUP BY a",
    "CREATE TABLE private (secret INT)",
)
TABLES = (
    'things,pairs,"odd, ""name"" {x}/"("a b",order,select,"c""d,e.f",a->b,κόσμος),Error,keyless,sums'
)
WRITING = "things,pairs,Error,keyless"
SERVED = {
    "users": (servers.USERS, {}),
    "users, writable": (servers.USERS, {"MYREST_WRITABLE": "users"}),
    "everything": (EVERYTHING, {"tables": TABLES, "MYREST_PREFIX": "/api"}),
    "everything, writable": (EVERYTHING, {"tables": TABLES, "MYREST_WRITABLE": WRITING, "MYREST_ALLOW_ROLLBACK": "on"}),
}


class Document:
    """What a service says of itself."""

    def __init__(self, made, settings):
        self.made, self.settings = made, settings
        self.prefix = settings.get("MYREST_PREFIX", "")
        self.response = made.get(self.prefix + "/")
        self.json = self.response.json()
        self.resolver = jsonschema.RefResolver.from_schema(self.json)

    def at(self, value):
        """What the reference leads to."""
        while isinstance(value, dict) and set(value) == {"$ref"}:
            value = self.resolver.resolve(value["$ref"])[1]
        return value

    def operations(self, *methods):
        for path, item in self.json["paths"].items():
            for method in methods:
                if method in item and path != "/":
                    shared = item.get("parameters", [])
                    parameters = [self.at(each) for each in [*shared, *item[method].get("parameters", [])]]
                    yield SimpleNamespace(path=path, method=method, says=item[method], parameters=parameters)

    def properties(self, schema):
        """Those of an object's schema that a client may write, and the names that it must."""
        schema = self.at(schema)
        known, required = dict(schema.get("properties", {})), set(schema.get("required", ()))
        for part in schema.get("allOf", ()):
            more, needed = self.properties(part)
            known.update(more)
            required |= needed
        return {name: self.at(each) for name, each in known.items() if not each.get("readOnly")}, required

    def check(self, operation, response, bodyless=False):
        """The answer is one that the operation's description has."""
        answers = operation.says["responses"]
        assert str(response.status) in answers, f"{operation.method} {operation.path}: {response}"
        answer = self.at(answers[str(response.status)])
        if response.status < 400:
            told = {"content-range", "etag", "link", "location", "preference-applied"} & set(response.headers)
            assert told <= {name.lower() for name in answer.get("headers", {})}, f"{operation.method} {operation.path}: {told}"
        if bodyless or response.status in (204, 304) or response.body == b"":
            return
        media = response.headers["content-type"].split(";")[0]
        assert media in answer["content"], f"{media} is not described"
        schema = answer["content"][media]["schema"]
        checker = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        checker.validate(response.body.decode() if media in ("text/csv", "application/x-ndjson") else response.json())
        for name, header in answer.get("headers", {}).items():
            value = response.headers.get(name.lower())
            schema = self.at(header)["schema"]
            if value is not None:
                jsonschema.validate(int(value) if schema["type"] == "integer" else value, schema)

    def target(self, path, key=None, **query):
        path = self.prefix + path.replace("{key}", quote(str(key), safe=""))
        pairs = [f"{quote(name, safe='')}={quote(str(value), safe='')}" for name, value in query.items()]
        return path + ("?" + "&".join(pairs) if pairs else "")


@pytest.fixture(scope="module")
def documents(service):
    made = {}

    def get(name):
        if name not in made:
            statements, settings = SERVED[name]
            grant = "SELECT, INSERT, UPDATE, DELETE, SHOW VIEW"
            made[name] = Document(service(*statements, grant=grant, **settings), settings)
        return made[name]

    return get


@pytest.fixture(params=SERVED)
def document(request, documents):
    return documents(request.param)


@pytest.fixture(params=[name for name in SERVED if "writable" in name])
def writable(request, documents):
    return documents(request.param)


def text_of(value):
    """A value of an answer as a filter or a path has it."""
    return value if isinstance(value, str) else json.dumps(value)


# --- What it is


def test_it_is_valid(document, node):
    (node.folder / "document.json").write_bytes(document.response.body)
    assert node.json("validate.mjs", "document.json") == []


def test_generated_types_compile(document, node):
    (node.folder / "document.json").write_bytes(document.response.body)
    node.run("node_modules/openapi-typescript/bin/cli.js", "document.json", "-o", "document.ts")
    node.run("node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2022", "document.ts")


def test_its_schemas_are_schemas(document):
    for schema in document.json["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_command_prints_the_same(document, lab):
    settings = dict(document.settings)
    settings["MYREST_TABLES"] = settings.pop("tables", "users")
    ran = servers.run(lab, "openapi", DATABASE_URL=document.made.schema.url(), **settings)
    assert (ran.returncode, ran.stderr) == (0, "")
    printed = json.loads(ran.stdout)
    assert printed.pop("servers") == [{"url": document.prefix or "/"}]
    assert printed == {name: value for name, value in document.json.items() if name != "servers"}


def test_the_command_says_what_is_missing(lab, documents):
    url = documents("users").made.schema.url()
    ran = servers.run(lab, "openapi", DATABASE_URL=url, MYREST_TABLES="users,nosuch")
    assert ran.returncode == 69 and "nosuch" in ran.stderr
    assert "/users" in json.loads(ran.stdout)["paths"]
    ran = servers.run(lab, "openapi", DATABASE_URL="mysql://u@127.0.0.1:1/d")
    assert (ran.returncode, ran.stdout) == (69, "")


def test_what_is_not_served_is_not_named(documents):
    text = json.dumps(documents("everything").json)
    assert "hidden" not in text and "secret" not in text and "private" not in text


# --- How it is answered


def test_it_names_the_origin_that_the_client_sees(documents):
    document = documents("everything")
    assert document.json["servers"] == [{"url": "http://localhost/api"}]


def test_it_has_a_tag(document):
    tag = document.response.headers["etag"]
    assert re.fullmatch('"[0-9a-f]{32}"', tag)
    target = document.prefix + "/"
    again = document.made.get(target, headers={"If-None-Match": tag})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    other = document.made.get(target, headers={"Accept": "application/openapi+json"})
    assert other.headers["content-type"].startswith("application/openapi+json")
    assert other.body == document.response.body and other.headers["etag"] != tag


def test_head_options_and_other_methods(document):
    target = document.prefix + "/"
    head = document.made.head(target)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(document.response.body))
    options = document.made.get(target, method="OPTIONS")
    assert (options.status, options.headers["allow"]) == (200, "OPTIONS, GET, HEAD")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused = document.made.get(target, method=method)
        assert (refused.status, refused.headers["allow"]) == (405, "OPTIONS, GET, HEAD")
    assert document.made.get(target, headers={"Accept": "text/csv"}).status == 406


def test_it_follows_the_tables(service):
    made = service("CREATE TABLE users (id INT PRIMARY KEY)", "INSERT INTO users VALUES (1)", workers=1)
    before = made.get("/")
    made.schema.sql("ALTER TABLE users RENAME COLUMN id TO number")
    assert made.json("/users") == [{"number": 1}]
    after = made.get("/", headers={"If-None-Match": before.headers["etag"]})
    assert after.status == 200 and "number" in json.dumps(after.json()["components"]["schemas"])


# --- Reading, as it says


def test_every_list_is_as_it_says(document):
    for operation in document.operations("get"):
        if "{key}" in operation.path:
            continue
        content = document.at(operation.says["responses"]["200"])["content"]
        plain = document.made.get(document.target(operation.path))
        assert plain.status == 200 and plain.json(), plain
        document.check(operation, plain)
        for media in content:
            asked = document.made.get(document.target(operation.path, limit=1), headers={"Accept": media})
            assert asked.status == 200 and asked.headers["content-type"].split(";")[0] == media
            document.check(operation, asked)
        for query, headers, status in (
            ({"limit": 1}, {"Prefer": "count=exact"}, (200, 206)),
            ({}, {"Range": "0-0", "Range-Unit": "items"}, (200,)),
            ({}, {"If-None-Match": plain.headers["etag"]}, (304,)),
            ({}, {"MyREST-Merged": "?"}, (200,)),
            ({"offset": 99}, {"Prefer": "count=exact"}, (416,)),
            ({"limit": -1}, {}, (400,)),
            ({}, {"Accept": "image/png"}, (406,)),
        ):
            asked = document.made.get(document.target(operation.path, **query), headers=headers)
            assert asked.status in status, asked
            document.check(operation, asked)


def test_every_filter_has_the_operators_that_it_names(document):
    for operation in document.operations("get"):
        filters = [each for each in operation.parameters if "`operator.value`" in each.get("description", "")]
        if "{key}" in operation.path:
            assert not filters
            continue
        row = document.made.get(document.target(operation.path)).json()[0]
        assert len(filters) == len(row)
        for each, (name, value) in zip(filters, row.items()):
            value = text_of(value)
            listed = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            for word in re.search("with one of: (.*)[.]$", each["description"])[1].split():
                given = {"in": f"({listed})", "is": "null", "like": "*", "ilike": "*", "match": ".", "imatch": ".",
                         "fts": "brown"}  # fmt: skip
                asked = document.made.get(
                    document.target(operation.path, **{each["name"]: f"{word}.{given.get(word, value)}"})
                )
                assert asked.status == 200, f"{name} {word}: {asked}"
                document.check(operation, asked)


def test_every_parameter_of_a_list_is_understood(document):
    for operation in document.operations("get"):
        if "{key}" in operation.path:
            continue
        row = document.made.get(document.target(operation.path)).json()[0]
        column = '"' + list(row)[0].replace('"', '\\"') + '"'
        condition = f"({column}.not.is.null)"
        values = {"select": column, "order": f"{column}.desc", "limit": 1, "offset": 0, "and": condition,
                  "or": condition, "not.and": condition, "not.or": condition}  # fmt: skip
        for each in operation.parameters:
            if each["in"] == "query" and each["name"] in values:
                asked = document.made.get(document.target(operation.path, **{each["name"]: values[each["name"]]}))
                assert asked.status == 200, f"{each['name']}: {asked}"
                document.check(operation, asked)
        link = document.made.get(document.target(operation.path, limit=1)).headers.get("link")
        if link:
            following = document.made.get(re.match("<http://localhost([^>]*)>", link)[1])
            assert following.status == 200
            document.check(operation, following)


def test_every_object_is_as_it_says(document):
    for operation in document.operations("get"):
        if "{key}" not in operation.path:
            continue
        key = next(each for each in operation.parameters if each["in"] == "path")
        for row in document.made.get(document.target(operation.path.replace("/{key}", ""))).json():
            value = row[key["description"]]
            jsonschema.validate(value, key["schema"])
            for headers in ({}, {"Accept": "application/vnd.pgrst.object+json"}, {"Accept": "text/csv"}):
                asked = document.made.get(document.target(operation.path, text_of(value)), headers=headers)
                assert asked.status == 200
                document.check(operation, asked)
        missing = document.made.get(document.target(operation.path, "2000-01-01"))
        assert missing.status in (400, 404)
        document.check(operation, missing)


# --- Writing, as it says. Tables are known by the schemas alone.


def value_for(schema, number):
    """A value that the schema allows, another one for another number."""
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    schema = {**schema, **schema.get("anyOf", [{}])[-1]}
    if "enum" in schema:
        return schema["enum"][number % len(schema["enum"])]
    if kind == "boolean":
        return number % 2 == 1
    if kind == "integer":
        return max(schema.get("minimum", 0), min(schema.get("maximum", number), 100 + number))
    if kind == "number":
        return 10 + number
    if kind == "object":
        return {"made": [number, None]}
    if schema.get("contentEncoding") == "base64":
        return base64.b64encode(bytes([number] * min(4, schema.get("maxLength", 8) // 4 * 3))).decode()
    made = {
        "date": str(datetime.date(2024, 1, 1) + datetime.timedelta(number)),
        "date-time": f"2024-03-04T05:06:{number % 60:02}+00:00",
        "date-time-local": f"2024-03-04T05:06:{number % 60:02}",
        "uuid": f"123e4567-e89b-12d3-a456-{number:012}",
    }.get(schema.get("format"))
    if made is None:
        made = f"12:00:{number % 60:02}" if "pattern" in schema else f"t{number}"
    return made[: schema.get("maxLength", 1000)]


def unwritable(schema):
    """Whose values the schema cannot tell apart from others: geometries, sets, addresses."""
    said = schema.get("description", "")
    is_text = schema.get("type") in ("string", ["string", "null"])
    return "geometry" in said or "Any of these" in said or (is_text and len(set(schema) - {"type", "default"}) == 0)


def body_for(document, schema, number):
    """An object, from its schema alone."""
    properties, required = document.properties(schema)
    body = {name: value_for(each, number) for name, each in properties.items() if not unwritable(each)}
    for name, each in properties.items():
        if "Foreign Key" in each.get("description", "") and name not in required:
            body[name] = None
        elif "Numbered by the database" in each.get("description", ""):
            del body[name]
    assert required <= set(body)
    jsonschema.Draft202012Validator(schema, resolver=document.resolver).validate(body)
    return body


def send(document, operation, target, body=None, media="application/json", **headers):
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if data is not None:
        names["Content-Type"] = media
    response = document.made.get(target, method=operation.method.upper(), headers=names, body=data)
    document.check(operation, response)
    return response


def schema_of_body(operation):
    schema = operation.says["requestBody"]["content"]["application/json"]["schema"]
    return schema["oneOf"][0] if "oneOf" in schema else schema


def has_key(document, path):
    """Whether the rows of the table can be found again."""
    return any(each.path == path for each in document.operations("put"))


# What is said to who wants to be shown the new rows of a table without a key.
KEYLESS = here("openapi.keyless", 201)
KEYLESS_CHANGED = here("openapi.keyless_changed", 400)


def test_rows_are_added_as_it_says(writable):
    operations = list(writable.operations("post"))
    assert operations
    for operation in operations:
        schema, target = schema_of_body(operation), writable.target(operation.path)
        status = 201 if has_key(writable, operation.path) else KEYLESS
        made = send(writable, operation, target, body_for(writable, schema, 11), Prefer="return=representation")
        assert made.status == status and (status != 201 or len(made.json()) == 1)
        assert send(writable, operation, target, body_for(writable, schema, 12)).status == 201
        several = [body_for(writable, schema, number) for number in (13, 14)]
        made = send(writable, operation, target, several, Prefer="return=representation")
        assert made.status == status and (status != 201 or len(made.json()) == 2)
        head = send(writable, operation, target, body_for(writable, schema, 15), Prefer="return=headers-only,count=exact")
        assert head.status == 201 and head.body == b"" and head.headers["content-range"] == "*/1"
        prefer = next(each for each in operation.parameters if each["name"] == "Prefer")
        assert "count=exact" in prefer["description"]
        if made.status == 201 and has_key(writable, operation.path):
            one = send(writable, operation, target, body_for(writable, schema, 18), Prefer="return=representation")
            said = writable.at(operation.says["responses"]["201"]["headers"]["Location"])["description"]
            assert "location" in one.headers and "return=representation" in said
        body = {name: value for name, value in body_for(writable, schema, 16).items() if isinstance(value, (str, int))}
        lines = ",".join(body) + "\n" + ",".join(json.dumps(value).replace("\\", "") for value in body.values()) + "\n"
        assert send(writable, operation, target, lines, media="text/csv").status == 201
        assert send(writable, operation, target, "{").status == 400
        assert send(writable, operation, target, body_for(writable, schema, 17), media="image/png").status == 415


def added(document, path, number):
    """A row of the table, new, by a POST."""
    operation = next(each for each in document.operations("post") if each.path == path)
    body = body_for(document, schema_of_body(operation), number)
    if not has_key(document, path) and KEYLESS != 201:
        assert send(document, operation, document.target(path), body).status == 201
        return document.made.get(document.target(path, **filters_of(document, path, body))).json()[0]
    made = send(document, operation, document.target(path), body, Prefer="return=representation")
    assert made.status == 201, (path, body, made)
    return made.json()[0]


def filters_of(document, path, row):
    """Filters that name the row: its primary key, or all that can be compared."""
    get = next(each for each in document.operations("get") if each.path == path)
    schema = document.at(get.says["responses"]["200"]["content"]["application/json"]["schema"]["items"])
    marked = [name for name, each in schema["properties"].items() if "<pk/>" in each.get("description", "")]
    return {name: f"eq.{text_of(row[name])}" for name in marked or row if row[name] is not None}


def test_rows_are_changed_as_it_says(writable):
    operations = list(writable.operations("patch"))
    assert operations
    for number, operation in enumerate(operations, 21):
        path = operation.path.replace("/{key}", "")
        row = added(writable, path, number)
        names = filters_of(writable, path, row)
        body = {name: value for name, value in body_for(writable, schema_of_body(operation), number + 10).items()
                if name not in names} or dict(list(row.items())[-1:])  # fmt: skip
        if "{key}" in operation.path:
            key = row[next(iter(names))]
            target = writable.target(operation.path, text_of(key))
            tag = writable.made.get(target).headers["etag"]
            assert send(writable, operation, target, body, If_Match='"another"').status == 412
            assert send(writable, operation, target, body, If_Match=tag).status in (200, 204)
        else:
            target = writable.target(path, **names)
        assert send(writable, operation, target, body).status in (200, 204)
        status = 200 if has_key(writable, path) else KEYLESS_CHANGED
        assert send(writable, operation, target, body, Prefer="return=representation").status == status


def test_rows_are_put_as_it_says(writable):
    operations = list(writable.operations("put"))
    assert operations
    for number, operation in enumerate(operations, 41):
        path = operation.path.replace("/{key}", "")
        row = added(writable, path, number)
        names = filters_of(writable, path, row)
        body = {**body_for(writable, schema_of_body(operation), number), **{name: row[name] for name in names}}
        if "{key}" in operation.path:
            target = writable.target(operation.path, text_of(row[next(iter(names))]))
        else:
            target = writable.target(path, **names)
        assert send(writable, operation, target, body).status in (200, 201, 204)
        made = send(writable, operation, target, body, Prefer="return=representation")
        assert made.status in (200, 201)
        rows = made.json() if isinstance(made.json(), list) else [made.json()]
        properties, _ = writable.properties(schema_of_body(operation))
        plain = [name for name in body if not {"format", "pattern", "contentEncoding"} & set(properties.get(name, {}))]
        assert [{name: row[name] for name in plain} for row in rows] == [{name: body[name] for name in plain}]


def test_rows_are_deleted_as_it_says(writable):
    operations = list(writable.operations("delete"))
    assert operations
    for number, operation in enumerate(operations, 61):
        path = operation.path.replace("/{key}", "")
        row = added(writable, path, number)
        names = filters_of(writable, path, row)
        if "{key}" in operation.path:
            target = writable.target(operation.path, text_of(row[next(iter(names))]))
        else:
            target = writable.target(path, **names)
        assert send(writable, operation, target, Prefer="return=representation").status == 200
        if "{key}" in operation.path:
            assert send(writable, operation, target).status == 404


def test_examples_are_what_can_be_sent(writable):
    """A page for people offers them, and whoever sends one as it is gets a row of plain values, and no key of bounds."""
    for operation in writable.operations("post", "patch", "put"):
        path, schema = operation.path.replace("/{key}", ""), schema_of_body(operation)
        example = operation.says["requestBody"]["content"]["application/json"]["example"]
        properties, required = writable.properties(schema)
        assert example.keys() <= properties.keys()
        jsonschema.Draft202012Validator(schema, resolver=writable.resolver).validate(example)
        target = writable.target(path)
        if operation.method == "post":
            assert required <= example.keys()
            assert not any("Numbered by the database" in properties[name].get("description", "") for name in example)
        else:
            row = added(writable, path, 70) if operation.method == "patch" else example
            names = filters_of(writable, path, row)
            assert row is example or not has_key(writable, path) or not names.keys() & example.keys()
            if "{key}" in operation.path:
                target = writable.target(operation.path, next(iter(names.values())).removeprefix("eq."))
            else:
                target = writable.target(path, **names)
        assert send(writable, operation, target, example).status in (200, 201, 204)
        writable.made.schema.sql(f"DELETE FROM {path[1:]}" + (" WHERE id > 2" if path == "/things" else ""))
