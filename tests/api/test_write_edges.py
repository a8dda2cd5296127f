# SPDX-License-Identifier: MIT
"""The first and the last value of every type, and JSON as it was sent."""
import json
from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from differences import here
from postgresql import fraction
from value_kinds import base64_of, bounded
from value_ways import numbers, quoted, taken
from value_ways import values  # noqa: F401 (fixtures)
from web import Number
from writing import GRANT, REPRESENTATION, done, send, shown

EDGES = [
    ("TINYINT", ["-128", "127", "0", "-1"]), ("TINYINT UNSIGNED", ["0", "255"]), ("SMALLINT", ["-32768", "32767"]),
    ("SMALLINT UNSIGNED", ["0", "65535"]), ("MEDIUMINT", ["-8388608", "8388607"]), ("MEDIUMINT UNSIGNED", ["0", "16777215"]),
    ("INT", ["-2147483648", "2147483647"]), ("INT UNSIGNED", ["0", "4294967295"]),
    ("BIGINT", ["-9223372036854775808", "9223372036854775807", "9007199254740993", "-9007199254740993"]),
    ("BIGINT UNSIGNED", ["0", "18446744073709551615", "9223372036854775808"]),
    ("DECIMAL(65,0)", ["9" * 65, "-" + "9" * 65, "0"]), ("DECIMAL(65,30)", ["9" * 35 + "." + "9" * 30, "-" + "9" * 35 + "." + "9" * 30, "0." + "0" * 29 + "1"]),
    ("DECIMAL(5,2)", ["999.99", "-999.99", "0.01", "-0.01", "0.00"]), ("DECIMAL(30,30)", ["0." + "9" * 30]),
    ("FLOAT", ["3.4028235e38", "-3.4028235e38", "1.17549435e-38", "1e-45", "0.1", "16777216", "0"]),
    ("DOUBLE", ["1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "0.1", "1e23", "9007199254740993", "0"]),
    ("BOOL", ["true", "false", "127", "-128", "2"]), ("BIT(1)", ["true", "false"]), ("BIT(8)", ["0", "255"]), ("BIT(64)", ["0", "18446744073709551615"]),
    ("YEAR", ["1901", "2155", "0"]), ("DATE", ['"0001-01-01"', '"9999-12-31"', '"2024-02-29"', '"1000-01-01"']),
    ("TIME(6)", ['"838:59:59.999999"', '"-838:59:59.999999"', '"00:00:00.000000"', '"-00:00:00.000001"', '"00:00:00.000001"']),
    ("TIME", ['"838:59:59"', '"-838:59:59"', '"00:00:00"']),
    ("DATETIME(6)", ['"0001-01-01T00:00:00.000000"', '"9999-12-31T23:59:59.999999"', '"2024-01-02T03:04:05.678900"']),
    ("DATETIME", ['"0001-01-01T00:00:00"', '"9999-12-31T23:59:59"']),
    ("TIMESTAMP(6)", ['"1970-01-01T00:00:01.000000+00:00"', '"2038-01-19T03:14:07.999999+00:00"']),
    ("TIMESTAMP", ['"1970-01-01T00:00:01+00:00"', '"2038-01-19T03:14:07+00:00"']),
    ("CHAR(0)", ['""']), ("CHAR(255)", [json.dumps("x" * 255), json.dumps("😀" * 255, ensure_ascii=False), '" leading"', '""']),
    ("VARCHAR(5)", [json.dumps("😀" * 5, ensure_ascii=False), '"     "', '"a    "', '""']),
    ("TINYTEXT", [json.dumps("x" * 255), '"trailing  "']), ("TEXT", [json.dumps("x" * 65535), json.dumps("😀" * 16383, ensure_ascii=False)]),
    ("MEDIUMTEXT", [json.dumps("x" * 200000)]), ("VARBINARY(3)", ['"AAAA"', '""', '"IA=="', '"ICAg"', '"//79"']), ("BINARY(3)", ['"AAAA"', '"ICAg"']),
    ("TINYBLOB", [json.dumps(base64_of(b"\0" * 255))]), ("BLOB", [json.dumps(base64_of(bytes(range(256)) * 255)), '""']),
    ("ENUM('first','','last')", ['"first"', '"last"', '""']), ("SET('a','b','c')", ['""', '"a"', '"a,b,c"', '"c"']),
    ("JSON", ["null", "true", "0", '""', "[]", "{}", '"x"', "1e400", "123456789012345678901234567890", "0.10", '{"a":{"b":[1,2,{"c":null}]}}', "[" * 30 + "]" * 30]),
    ("UUID", ['"00000000-0000-0000-0000-000000000000"', '"ffffffff-ffff-ffff-ffff-ffffffffffff"']),
    ("INET6", ['"::"', '"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"', '"::ffff:1.2.3.4"']), ("INET4", ['"0.0.0.0"', '"255.255.255.255"']),
]  # fmt: skip
EDGES = [(kind, here("write_values.edges", {}).get(kind, texts)) for kind, texts in EDGES]


@pytest.fixture(scope="module")
def edges(service):
    made = [f"CREATE TABLE e{at} (id INT PRIMARY KEY AUTO_INCREMENT, value {kind} NULL) CHARACTER SET utf8mb4" for at, (kind, _) in enumerate(EDGES)]
    tables = ",".join(f"e{at}" for at in range(len(EDGES)))
    return service(*made, grant=GRANT, tables=tables, MYREST_WRITABLE=tables)


def same(text, got):
    """The number or text that was sent; FLOAT and DOUBLE may be written in another way."""
    wanted = json.loads(text, parse_float=Number)
    if isinstance(wanted, Number) or isinstance(got, Number):
        return Decimal(str(got)) == Decimal(str(wanted)) or float(got) == float(wanted)
    return type(got) is type(wanted) and got == wanted


@pytest.mark.parametrize("at, text", [(at, text) for at, (_, texts) in enumerate(EDGES) for text in texts],
                         ids=[f"{kind}-{text[:24]}" for kind, texts in EDGES for text in texts])  # fmt: skip
def test_the_edges_of_every_type(edges, at, text):
    kind = EDGES[at][0]
    for method in ("POST", "PATCH", "CSV"):
        body = f'{{"value":{text}}}'.encode()
        if method == "POST":
            response = send(edges.web, "POST", f"/e{at}", body, prefer=REPRESENTATION)
        elif method == "CSV":
            value = json.loads(text, parse_int=str, parse_float=str) if kind != "JSON" else text
            field = quoted({True: "true", False: "false"}[value] if isinstance(value, bool) else value)
            response = send(edges.web, "POST", f"/e{at}", csv=f"value,id\n{field},\n", prefer=REPRESENTATION)
        else:
            number = shown(send(edges.web, "POST", f"/e{at}", {}, prefer=REPRESENTATION), 201)[0]["id"]
            response = send(edges.web, "PATCH", f"/e{at}?id=eq.{number}", body, prefer=REPRESENTATION)
        assert response.status in (200, 201), f"{kind} can hold {text[:60]}: {response}"
        [row] = response.json(exact=True)
        if kind == "JSON":
            assert json.loads(json.dumps(row["value"])) == json.loads(json.dumps(json.loads(text, parse_float=Number))), f"{kind} by {method}: {row}"
        elif kind == "FLOAT":
            assert float(f"{float(row['value']):.6g}") == float(f"{float(text):.6g}"), f"{kind} by {method}: {row}"
        else:
            assert same(fraction(text), row["value"]), f"{kind} by {method}: {row['value']!r} instead of {text}"
        assert edges.get(f"/e{at}/{row['id']}").json(exact=True) == row


def test_json_keeps_the_text_that_was_sent(values):
    for text in ("1.50", "1e2", '{"b":1,"a":2}', "[1,  2]", "123456789012345678901234567890.5", '"\\u00e9"', '{"a":1.0}'):
        [row] = shown(values.post("/t?select=id", b'{"doc":%s}' % text.encode(), prefer=REPRESENTATION), 201)
        kept = values.rows(f"SELECT doc FROM t WHERE id = {row['id']}")[0][0]
        wanted = here("write_values.kept", {}).get(text, text)
        assert json.loads(kept, parse_float=str) == json.loads(wanted, parse_float=str), f"{kept!r} instead of {wanted!r}"


def test_numbers_as_json_writes_them(values):
    @bounded(100)
    @given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**7), max_value=10**7, places=2), st.sampled_from(["{:f}", "{:e}", "{:.4f}", "{:E}"]))
    def property(number, form):
        text = form.format(number)
        assume(not text.startswith("-0"))
        response = values.post("/v?select=money", b'{"id":%d,"money":%s}' % (numbers(values, [1])[0], text.encode()), prefer=REPRESENTATION)
        [row] = taken(response).json(exact=True)
        assert Decimal(str(row["money"])) == number, f"{row} instead of {text}"

    property()


@pytest.mark.parametrize("how", ["POST", "PATCH", "PUT", "csv"])
@pytest.mark.parametrize(
    "document",
    [rb'{"\u043a":1,"a\/b":2,"in":{"\ud83d\ude00":3}}', '{"κ":0,"к":1,"a/b":2,"in":{"😀":3}}'.encode(), rb'{ "\u043a" : 1 , "a\u002fb":2,"in":{"\uD83D\uDE00":3}}'],
)
def test_names_in_json_are_found_however_they_are_written(values, how, document):
    """Python's json and PHP's json_encode write them with escapes."""
    values.renew()
    if how == "csv":
        done(values.post("/t", csv=b'id,doc\n1,"' + document.replace(b'"', b'""') + b'"\n'), 201)
    else:
        body = b'{"id":1,"doc":%s}' % document
        if how == "PATCH":
            done(values.post("/t", {"id": 1}), 201)
        target = {"POST": "/t", "PATCH": "/t?id=eq.1", "PUT": "/t/1"}[how]
        assert values.send(how, target, body, kind="application/json").status in (201, 204)
    paths = quote('x:doc->к,y:doc->"a/b",z:doc->in->>😀', safe="")
    assert values.json(f"/t?select={paths}&id=eq.1") == [{"x": 1, "y": 2, "z": "3"}]
    name = quote("doc->к", safe="")
    assert values.json(f"/t?{name}=eq.1&select=id&order={name}") == [{"id": 1}]
    assert values.json("/t?id=eq.1&select=doc")[0]["doc"] == json.loads(document)
