# SPDX-License-Identifier: MIT
"""The tests' SQL, which is MySQL's, in PostgreSQL's words.

It knows what these tests say and no more: a statement that it does not know goes through with its quotes and literals
changed, and PostgreSQL tells. What a name in it means is asked of `types`, a function from a table's name to its columns
(name -> type as format_type() has it, in their order).
"""
import re
import struct

import unpacked

# A new database is a copy of files, not of pages through the log.
QUICKLY = " STRATEGY file_copy" if unpacked.postgresql_release() >= 15 else ""  # before, it always was

TOKEN = re.compile(
    r"""(?P<space>(?:\s|--\ [^\n]*\n)+)
    |(?P<hex>[xX]'[0-9a-fA-F]*')
    |(?P<bits>[bB]'[01]*')
    |(?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<name>`(?:[^`]|``)*`)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w))
    |(?P<word>@{0,2}\w+)
    |(?P<mark>%s)
    |(?P<sign><=>|<>|!=|<=|>=|\|\||&&|::|.)""",
    re.X | re.S,
)
ESCAPES = {"0": "\0", "'": "'", '"': '"', "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "\\": "\\"}


class Token:
    __slots__ = ("kind", "text", "value")

    def __init__(self, kind, text, value=None):
        self.kind, self.text, self.value = kind, text, value

    def __repr__(self):
        return self.text

    def word(self):
        return self.text.upper() if self.kind == "word" else ""


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def name_of(token):
    """What the token names; words without quotes keep their case, as MySQL's do."""
    return token.text[1:-1].replace("``", "`") if token.kind == "name" else token.text


def string_of(text):
    """The value of a MySQL string literal, with the escapes of its default mode."""
    mark = text[0]
    return re.sub(
        rf"\\(.)|{mark}{mark}",
        lambda found: mark if found[1] is None else ESCAPES.get(found[1], ("\\" if found[1] in "%_" else "") + found[1]),
        text[1:-1],
        flags=re.S,
    )


def tokens_of(statement):
    """Without what stands between them; literals know their value."""
    tokens = []
    for found in TOKEN.finditer(statement):
        kind, text = found.lastgroup, found.group()
        if kind == "space":
            continue
        value = None
        if kind == "string":
            value = string_of(text)
        elif kind == "hex":
            value = bytes.fromhex(text[2:-1])
        elif kind == "bits":
            value = int(text[2:-1] or "0", 2)
        tokens.append(Token(kind, text, value))
    return [token for token in tokens if token.word() not in ("_BINARY", "_UTF8MB4", "_LATIN1")]


# Words that PostgreSQL keeps for itself, and the tests have as names.
RESERVED = {"user", "binary", "placing", "analyse", "offset", "only", "array", "both", "leading", "trailing"}


def printed(token):
    if token.kind == "name":
        return quoted(name_of(token))
    if token.kind == "string":
        return literal(token.value)
    if token.kind == "hex":
        return f"'\\x{token.value.hex()}'::bytea"
    if token.kind == "bits":
        return f"{token.value}"
    if token.kind == "word":
        text = token.text
        if text in RESERVED or (not text.isupper() and not text.islower() and text.isidentifier()):
            return quoted(text)
        return text
    return {"&&": "AND", "<=>": "IS NOT DISTINCT FROM"}.get(token.text, token.text)


def split(tokens, sign=","):
    """The parts between the signs that stand outside of all parentheses."""
    parts, depth = [[]], 0
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text == "(") - (token.text == ")")
            if token.text == sign and depth == 0:
                parts.append([])
                continue
        parts[-1].append(token)
    return [part for part in parts if part] if parts != [[]] else []


def closing(tokens, at):
    """The place of the parenthesis that closes the one at `at`."""
    depth = 0
    for place in range(at, len(tokens)):
        if tokens[place].kind == "sign":
            depth += (tokens[place].text == "(") - (tokens[place].text == ")")
            if depth == 0:
                return place
    raise AssertionError(f"no end of {tokens[at:]}")


# --- expressions


def call(name, arguments):
    """A function's call in PostgreSQL's words; None when it is the same there."""
    texts = [expression(argument) for argument in arguments]
    if name == "IF":
        return f"CASE WHEN {truth(arguments[0])} THEN {texts[1]} ELSE {texts[2]} END"
    if name == "ELT":
        return f"(ARRAY[{','.join(texts[1:])}])[{texts[0]}]"
    if name == "UUID":
        return "gen_random_uuid()::text"
    if name == "LENGTH":
        return f"octet_length({texts[0]})"
    if name == "HEX":
        return f"upper(encode({texts[0]}, 'hex'))"
    if name == "FROM_UNIXTIME":
        return f"to_timestamp({texts[0]})"
    if name == "CONNECTION_ID":
        return "pg_backend_pid()"
    if name == "SLEEP":
        return f"mysql.sleep({texts[0]})"
    if name == "CHAR":
        return f"chr(({expression(arguments[0][:-2])})::int)"
    if name == "POINT":
        return f"'\\x{struct.pack('<IBIdd', 0, 1, 1, *(float(text) for text in texts)).hex()}'::bytea"
    if name == "GROUP_CONCAT":
        return "string_agg({}::text, ',' {})".format(*expression(arguments[0]).split(" ", 1))
    return None


def truth(tokens):
    """A condition: MySQL takes a number for one."""
    text = expression(tokens)
    signs, words = ("=", "<", ">", "<=", ">=", "<>", "!="), ("IS", "IN", "LIKE")
    compares = any(token.text in signs or token.word() in words for token in tokens)
    return text if compares else f"({text}) <> 0"


def expression(tokens):
    """Any part of a statement."""
    out, at = [], 0
    while at < len(tokens):
        token, after = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else None
        word = token.word()
        sequence = re.fullmatch(r"seq_(\d+)_to_(\d+)", token.text)
        if sequence:
            out.append(f"(SELECT generate_series({sequence[1]}, {sequence[2]}) AS seq) AS {token.text}")
        elif word == "INFORMATION_SCHEMA" and after is not None and after.text == ".":
            out.append("mysql")
        elif word == "INTERVAL":
            out.append(f"{expression(tokens[at + 1:at + 2])} * INTERVAL '1 {tokens[at + 2].text}'")
            at += 2
        elif token.kind == "string" and after is not None and after.text == "+":
            out.append(f"{printed(token)}::timestamp")
        elif token.text == "/":
            out.append("* 1.0 /")
        elif word in ("DIV", "RAND"):
            out.append({"DIV": "/", "RAND": "random"}[word])
        elif word == "REGEXP":
            out.append("~")
        elif word == "CURRENT_TIMESTAMP" and after is not None and after.text == "(" and tokens[at + 2].text == ")":
            out.append(word)
            at += 2
        elif word in ("COLLATE",):
            at += 1
        elif word == "LOCK" and " ".join(str(token) for token in tokens[at:at + 4]).upper() == "LOCK IN SHARE MODE":
            out.append("FOR SHARE")
            at += 3
        elif word and after is not None and after.text == "(":
            end = closing(tokens, at + 1)
            inner = tokens[at + 2 : end]
            changed = call(word, split(inner))
            out.append(changed if changed is not None else f"{printed(token)}({expression(inner)})")
            at = end
        else:
            out.append(printed(token))
        at += 1
    text = " ".join(out)
    return re.sub(r' ?(::|\.) ?(?=[\w"*])', r"\1", text) if "." in text or "::" in text else text


# --- types

WHOLE = {
    "TINYINT": ("smallint", "smallint"), "SMALLINT": ("smallint", "integer"), "MEDIUMINT": ("integer", "integer"),
    "INT": ("integer", "bigint"), "INTEGER": ("integer", "bigint"), "BIGINT": ("bigint", "numeric(20,0)"),
}  # fmt: skip
PLAIN = {
    "DOUBLE": "double precision", "FLOAT": "real", "YEAR": "smallint", "DATE": "date", "JSON": "json", "UUID": "uuid",
    "INET6": "inet", "INET4": "inet", "BOOL": "boolean", "BOOLEAN": "boolean", "SET": "text",
    **dict.fromkeys(("TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"), "text"),
    **dict.fromkeys(("TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY"), "bytea"),
    **dict.fromkeys(("GEOMETRY", "POINT", "POLYGON"), "bytea"),
}  # fmt: skip


def type_of(word, arguments, modifiers):
    """PostgreSQL's type for one of MySQL's."""
    unsigned = "UNSIGNED" in modifiers or "ZEROFILL" in modifiers
    if word == "TINYINT" and arguments == ["1"]:
        return "boolean"
    if word in WHOLE:
        return WHOLE[word][unsigned]
    if word == "BIT":
        return "boolean" if arguments in ([], ["1"]) else f"bit({arguments[0]})"
    if word in ("DECIMAL", "NUMERIC"):
        return f"numeric({','.join(arguments or ['10', '0'])})"
    if word in ("CHAR", "VARCHAR"):
        size = (arguments or ["1"])[0]
        return f"{word.lower()}({size})" if size != "0" else "varchar(1)"
    if word in ("TIME", "DATETIME", "TIMESTAMP"):
        kind = {"TIME": "time", "DATETIME": "timestamp", "TIMESTAMP": "timestamptz"}[word]
        return f"{kind}({(arguments or ['0'])[0]})"
    if word in PLAIN:
        return PLAIN[word]
    raise AssertionError(f"no type of PostgreSQL for {word}")


MODIFIERS = {"UNSIGNED", "SIGNED", "ZEROFILL"}


class Type:
    """Reads the type at the beginning of the tokens; .rest is what follows it."""

    def __init__(self, tokens, owner):
        word, at, self.before, inner = tokens[0].word(), 1, [], []
        if len(tokens) > 1 and tokens[1].text == "(":
            end = closing(tokens, 1)
            inner, at = split(tokens[2:end]), end + 1
        modifiers = set()
        while at < len(tokens):
            if tokens[at].word() in MODIFIERS:
                modifiers.add(tokens[at].word())
                at += 1
            elif tokens[at].word() == "CHARACTER" and tokens[at + 1].word() == "SET":
                at += 3
            elif tokens[at].word() in ("COLLATE", "CHARSET"):
                at += 2
            else:
                break
        self.rest = tokens[at:]
        if word == "ENUM":
            self.text = quoted(f"{owner}_enum")
            values = ", ".join(literal(part[0].value) for part in inner)
            self.before = [f"DROP TYPE IF EXISTS {self.text}", f"CREATE TYPE {self.text} AS ENUM ({values})"]
        else:
            self.text = type_of(word, [part[0].text for part in inner if part[0].kind == "number"], modifiers)


class Column:
    """One column of CREATE TABLE or ALTER TABLE."""

    def __init__(self, tokens, table):
        self.name = name_of(tokens[0])
        kind = Type(tokens[1:], f"{table}_{self.name}")
        self.type, self.before, self.after, parts = kind.text, kind.before, [], []
        rest, at = kind.rest, 0
        while at < len(rest):
            word, following = rest[at].word(), rest[at + 1].word() if at + 1 < len(rest) else ""
            if word == "NOT" and following == "NULL":
                parts.append("NOT NULL")
                at += 2
            elif word == "NULL":
                at += 1
            elif word == "AUTO_INCREMENT":
                parts.append("GENERATED BY DEFAULT AS IDENTITY")
                at += 1
            elif word == "PRIMARY":
                parts.append("PRIMARY KEY")
                at += 2
            elif word == "UNIQUE":
                parts.append("UNIQUE")
                at += 2 if following == "KEY" else 1
            elif word == "COMMENT":
                self.after.append(f"COMMENT ON COLUMN {quoted(table)}.{quoted(self.name)} IS {printed(rest[at + 1])}")
                at += 2
            elif word == "DEFAULT":
                end = at + 2
                if rest[at + 1].text == "(":
                    end = closing(rest, at + 1) + 1
                elif rest[at + 1].text == "-":
                    end = at + 3
                elif end < len(rest) and rest[end].text == "(":
                    end = closing(rest, end) + 1
                parts.append(f"DEFAULT {value_of(rest[at + 1:end], self.type)}")
                at = end
            elif word == "ON" and following == "UPDATE":
                end = at + 3
                if end < len(rest) and rest[end].text == "(":
                    end = closing(rest, end) + 1
                self.after += on_update(table, self.name)
                at = end
            elif word in ("AS", "GENERATED"):
                start = next(place for place in range(at, len(rest)) if rest[place].text == "(")
                end = closing(rest, start)
                parts.append(f"GENERATED ALWAYS AS ({generated(rest[start + 1:end])}) STORED")
                at = end + 1
                if at < len(rest) and rest[at].word() in ("VIRTUAL", "STORED", "PERSISTENT"):
                    at += 1
            elif word == "CHECK":
                end = closing(rest, at + 1)
                parts.append(f"CHECK ({expression(rest[at + 2:end])})")
                at = end + 1
            elif word == "CONSTRAINT":
                parts.append(f"CONSTRAINT {quoted(name_of(rest[at + 1]))}")
                at += 2
            elif word == "REFERENCES":
                parts.append(expression(rest[at:]))
                at = len(rest)
            elif word in ("INVISIBLE",):
                at += 1
            else:
                raise AssertionError(f"{rest[at:]} of a column {self.name}")
        self.text = " ".join([quoted(self.name), self.type, *parts])


def generated(tokens):
    """CONCAT is not immutable in PostgreSQL, || is."""
    if tokens[0].word() == "CONCAT":
        return " || ".join(f"({expression(part)})::text" for part in split(tokens[2 : closing(tokens, 1)]))
    return expression(tokens)


def on_update(table, column):
    function = quoted(f"{table}_{column}_on_update")
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        f" IF NEW IS DISTINCT FROM OLD THEN NEW.{quoted(column)} := CURRENT_TIMESTAMP; END IF; RETURN NEW; END$$",
        f"CREATE TRIGGER {function} BEFORE UPDATE ON {quoted(table)} FOR EACH ROW EXECUTE FUNCTION {function}()",
    ]


def columns_of(tokens):
    """The names in a key; MySQL's lengths and orders of them are left out."""
    return [name_of(part[0]) for part in split(tokens)]


class Key:
    """A key or a constraint of CREATE TABLE."""

    def __init__(self, tokens, table):
        self.inside, self.after, at, name = None, [], 0, None
        if tokens[0].word() == "CONSTRAINT":
            name, at = name_of(tokens[1]), 2
        word = tokens[at].word()
        start = next(place for place in range(at, len(tokens)) if tokens[place].text == "(")
        end = closing(tokens, start)
        given = [token for token in tokens[at + 1 : start] if token.word() not in ("KEY", "INDEX")]
        name = name or (name_of(given[0]) if given else None)
        called = f"CONSTRAINT {quoted(name)} " if name else ""
        if word == "CHECK":
            self.inside = f"{called}CHECK ({expression(tokens[start + 1:end])})"
            return
        columns = ", ".join(map(quoted, columns_of(tokens[start + 1 : end])))
        if word == "PRIMARY":
            self.inside = f"PRIMARY KEY ({columns})"
        elif word == "UNIQUE":
            self.inside = f"{called}UNIQUE ({columns})"
        elif word == "FOREIGN":
            self.inside = f"{called}FOREIGN KEY ({columns}) {expression(tokens[end + 1:])}"
        elif word == "FULLTEXT":
            self.after = [f"CREATE INDEX ON {quoted(table)} USING gin (to_tsvector('english', {columns}))"]
        else:
            self.after = [f"CREATE INDEX ON {quoted(table)} ({columns})"]


KEYS = {"PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "CONSTRAINT", "FOREIGN", "CHECK"}


def is_key(tokens):
    """Whether a part of CREATE TABLE is a key; a column may be called so, too."""
    return tokens[0].word() in KEYS and (
        any(token.text == "(" for token in tokens[1:3]) or tokens[1].word() in KEYS or tokens[0].word() == "CONSTRAINT"
        or len(tokens) > 3 and tokens[3].text == "("
    )


def create_table(tokens):
    at = 5 if tokens[2].word() == "IF" else 2
    table = name_of(tokens[at])
    missing = "IF NOT EXISTS " if at == 5 else ""
    if tokens[at + 1].text != "(":
        return [f"CREATE TABLE {missing}{quoted(table)} {expression(tokens[at + 1:])}"]
    end = closing(tokens, at + 1)
    before, inside, after = [], [], []
    for part in split(tokens[at + 2 : end]):
        if is_key(part):
            key = Key(part, table)
            inside += [key.inside] if key.inside else []
            after += key.after
        else:
            column = Column(part, table)
            before += column.before
            inside.append(column.text)
            after += column.after
    options = tokens[end + 1 :]
    for place, token in enumerate(options):
        if token.word() == "COMMENT":
            text = next(other for other in options[place + 1 :] if other.kind == "string")
            after.append(f"COMMENT ON TABLE {quoted(table)} IS {printed(text)}")
        if token.word() == "ARIA":  # what is written there survives a ROLLBACK
            after.append(f"COMMENT ON TABLE {quoted(table)} IS 'survives'")
    return [*before, f"CREATE TABLE {missing}{quoted(table)} ({', '.join(inside)})", *after]


def alter_table(tokens):
    table, statements = name_of(tokens[2]), []
    start = f"ALTER TABLE {quoted(table)}"
    for part in split(tokens[3:]):
        words = [token.word() for token in part]
        if words[0] == "MODIFY":
            column = Column([token for token in part[1:] if token.word() != "COLUMN"], table)
            name = quoted(column.name)
            if column.type == "numeric(20,0)":  # no identity can be of it
                column.type = "bigint"
            how = f" USING {name}::text::{column.type}"
            if column.type == "bytea":
                how = f" USING convert_to({name}::text, 'UTF8')"
                statements.append(f"{start} ALTER COLUMN {name} DROP DEFAULT")
            statements += [*column.before, f"{start} ALTER COLUMN {name} TYPE {column.type}{how}"]
            required = "SET" if "NOT NULL" in column.text or "PRIMARY" in column.text else "DROP"
            if not (required == "DROP" and column.name == "id"):
                statements.append(f"{start} ALTER COLUMN {name} {required} NOT NULL")
        elif words[0] == "ADD" and not is_key(part[1:]):
            column = Column([token for token in part[1:] if token.word() != "COLUMN"], table)
            statements += [*column.before, f"{start} ADD COLUMN {column.text}", *column.after]
        elif words[0] == "ADD":
            key = Key(part[1:], table)
            statements += ([f"{start} ADD {key.inside}"] if key.inside else []) + key.after
        elif words[:2] == ["DROP", "INDEX"]:
            statements.append(f"{start} DROP CONSTRAINT {quoted(f'{table}_{name_of(part[2])}_key')}")
        else:
            statements.append(f"{start} {expression(part)}")
    return statements


# --- triggers and functions


def body_of(tokens, survivors):
    """Statements of a trigger or a function, in PL/pgSQL."""
    out = []
    for part in split(tokens, ";"):
        words = [token.word() for token in part]
        if words[0] == "BEGIN":
            part, words = part[1:], words[1:]
        if words[0] == "DECLARE":
            continue
        if words[0] == "SET":
            for one in split(part[1:]):
                place = next(at for at, token in enumerate(one) if token.text == "=")
                target = expression(one[:place])
                value = expression(one[place + 1 :])
                out.append(f"PERFORM {value}" if target == "ignored" else f"{target} := {value}")
        elif words[0] == "IF":
            place = words.index("THEN")
            out.append(f"IF {expression(part[1:place])} THEN {body_of(part[place + 1:], survivors)[0]}")
        elif words[0] == "SIGNAL":
            text = next((part[at + 2].value for at, word in enumerate(words) if word == "MESSAGE_TEXT"), "signalled")
            out.append(f"RAISE EXCEPTION {literal(text)}")
        elif words[0] == "INSERT" and name_of(part[2]) in survivors:
            inner = expression(part[5:-1])
            out.append(
                f"PERFORM mysql.dblink_exec('dbname=' || current_database() || ' ' || current_setting('mysql.host'),"
                f" 'INSERT INTO {quoted(name_of(part[2]))} VALUES (' || coalesce(({inner})::text, 'NULL') || ')')"
            )
        elif words == ["END", "IF"]:
            out.append("END IF")
        elif words != ["END"]:
            out.append(expression(part))
    return out


def create_trigger(tokens, survivors):
    """CREATE TRIGGER name BEFORE event ON table FOR EACH ROW statement"""
    name, when, table = name_of(tokens[2]), expression(tokens[3:5]), name_of(tokens[6])
    body = tokens[10:]
    if body[-1].word() == "IF":  # one IF: its END IF follows a semicolon already
        pass
    function = quoted(f"{table}_{name}")
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
        f" $body$BEGIN {'; '.join(body_of(body, survivors))}; RETURN {'OLD' if 'DELETE' in when else 'NEW'}; END$body$",
        f"CREATE TRIGGER {quoted(name)} {when} ON {quoted(table)} FOR EACH ROW EXECUTE FUNCTION {function}()",
    ]


def create_function(tokens):
    """CREATE FUNCTION name(parameters) RETURNS type BEGIN ... END"""
    end = closing(tokens, 3)
    parameters = ", ".join(f"{quoted(name_of(part[0]))} {Type(part[1:], '').text}" for part in split(tokens[4:end]))
    kind = Type(tokens[end + 2 :], "")
    body = [token for token in kind.rest]
    while body[0].word() != "BEGIN":
        body = body[1:]
    return [
        f"CREATE FUNCTION {quoted(name_of(tokens[2]))}({parameters}) RETURNS {kind.text} LANGUAGE plpgsql VOLATILE AS"
        f" $body$BEGIN {'; '.join(body_of(body, ()))}; END$body$"
    ]


# --- rows


def value_of(tokens, kind):
    """A value for a column of the type: MySQL makes more of a literal than PostgreSQL does."""
    if len(tokens) == 1:
        token = tokens[0]
        if kind == "boolean" and token.kind in ("number", "bits"):
            return "true" if float(token.value if token.kind == "bits" else token.text) else "false"
        if kind.startswith("bit(") and token.kind in ("number", "bits"):
            number = token.value if token.kind == "bits" else int(token.text)
            return f"B'{number:0{int(kind[4:-1])}b}'"
        if kind == "bytea" and token.kind == "string":
            return f"'\\x{token.value.encode().hex()}'::bytea"
        if token.kind == "hex" and kind != "bytea":
            return literal(token.value.decode("utf-8"))
    return expression(tokens)


def argument_of(value, kind):
    """The same for a Python value."""
    if value is None:
        return None
    if kind == "boolean" and isinstance(value, int):
        return bool(value)
    if kind.startswith("bit(") and isinstance(value, int):
        return f"{value:0{int(kind[4:-1])}b}"
    if kind == "bytea" and isinstance(value, str):
        return value.encode()
    if kind != "bytea" and isinstance(value, bytes):
        return value.decode("utf-8")
    return value


class Insert:
    """INSERT [IGNORE] INTO table [(columns)] VALUES (...), ... | SELECT ... [ON DUPLICATE KEY UPDATE ...]"""

    def __init__(self, tokens, types, key):
        at = next(place for place, token in enumerate(tokens) if token.word() == "INTO") + 1
        self.table = name_of(tokens[at])
        at += 1
        kinds = types(self.table)
        names = list(kinds)
        columns = ""
        if at < len(tokens) and tokens[at].text == "(":
            end = closing(tokens, at)
            names = columns_of(tokens[at + 1 : end])
            columns = f" ({', '.join(map(quoted, names))})"
            at = end + 1
        rest, conflict = tokens[at:], ""
        for place in range(len(rest)):
            if [token.word() for token in rest[place : place + 4]] == ["ON", "DUPLICATE", "KEY", "UPDATE"]:
                conflict = f" ON CONFLICT ({quoted(key(self.table))}) DO UPDATE SET {expression(rest[place + 4:])}"
                rest = rest[:place]
                break
        if any(token.word() == "IGNORE" for token in tokens[:2]):
            conflict = " ON CONFLICT DO NOTHING"
        self.kinds = []  # of the marks, in their order
        if rest and rest[0].word() in ("VALUES", "VALUE"):
            rows = []
            for row in split(rest[1:]):
                values = []
                for name, value in zip(names, split(row[1:-1])):
                    if any(token.kind == "mark" for token in value):
                        self.kinds.append(kinds.get(name, ""))
                    values.append(value_of(value, kinds.get(name, "")))
                assert len(values) == len(split(row[1:-1])), f"more values than columns: {row}"
                rows.append(f"({', '.join(values)})")
            source = f"VALUES {', '.join(rows)}"
        else:
            casts = ", ".join(f"c{number}::{kinds[name]}" for number, name in enumerate(names))
            inner = ", ".join(f"c{number}" for number in range(len(names)))
            source = f"SELECT {casts} FROM ({expression(rest)}) AS chosen({inner})"
            if not columns:
                columns = f" ({', '.join(map(quoted, names))})"
        self.text = f"INSERT INTO {quoted(self.table)}{columns} {source}{conflict}"
        self.explicit = set(names)


class Update:
    """UPDATE table SET column = value, ... WHERE ..."""

    def __init__(self, tokens, types):
        self.table, self.kinds = name_of(tokens[1]), []
        kinds = types(self.table)
        end = next((at for at, token in enumerate(tokens) if token.word() in ("WHERE", "ORDER", "LIMIT")), len(tokens))
        parts = []
        for part in split(tokens[3:end]):
            name = name_of(part[0])
            if any(token.kind == "mark" for token in part):
                self.kinds.append(kinds.get(name, ""))
            parts.append(f"{quoted(name)} = {value_of(part[2:], kinds.get(name, ''))}")
        self.kinds += ["" for token in tokens[end:] if token.kind == "mark"]
        self.text = f"UPDATE {quoted(self.table)} SET {', '.join(parts)} {expression(tokens[end:])}".rstrip()


def delete(tokens):
    """DELETE FROM table [WHERE ...] [ORDER BY ...] [LIMIT n]"""
    if not any(token.word() == "LIMIT" for token in tokens):
        return expression(tokens)
    table = printed(tokens[2])
    return f"DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} {expression(tokens[3:])})"


# --- accounts

RIGHTS = {"SELECT", "INSERT", "UPDATE", "DELETE"}


def account(tokens):
    """name[@'host']: the name, and how many tokens it took."""
    name = tokens[0].value if tokens[0].kind == "string" else name_of(tokens[0]).removesuffix("@")
    taken = 1
    if len(tokens) > 1 and tokens[1].text.startswith("@"):
        taken = 3
    return quoted(name), taken


def user(tokens):
    """CREATE, ALTER or DROP USER"""
    verb = tokens[0].word()
    replace = [token.word() for token in tokens[:3]] == ["CREATE", "OR", "REPLACE"]
    at = next(place for place, token in enumerate(tokens) if token.word() == "USER") + 1
    name, taken = account(tokens[at:])
    rest = tokens[at + taken :]
    words = [token.word() for token in rest]
    if verb == "DROP":
        return [f"DROP OWNED BY {name}", f"DROP ROLE {name}"]
    role = f"ALTER ROLE {name}"
    if words[:2] == ["IDENTIFIED", "BY"]:
        password = printed(rest[2])
        if replace:
            return [f"SELECT mysql.role({literal(name[1:-1])}, {password})"]
        return [f"{verb} ROLE {name} {'LOGIN ' if verb == 'CREATE' else ''}PASSWORD {password}"]
    if words[:2] == ["ACCOUNT", "LOCK"]:
        return [f"{role} NOLOGIN"]
    if words[:2] == ["ACCOUNT", "UNLOCK"]:
        return [f"{role} LOGIN"]
    if words[:2] == ["WITH", "MAX_USER_CONNECTIONS"]:
        return [f"{role} CONNECTION LIMIT {int(rest[2].text) or -1}"]
    raise AssertionError(f"no account's words: {rest}")


def grant(tokens):
    """GRANT or REVOKE, of a whole database or of a table: the database that is meant, and the statements."""
    verb = tokens[0].word()
    on = next(at for at, token in enumerate(tokens) if token.word() == "ON")
    to = next(at for at, token in enumerate(tokens) if token.word() in ("TO", "FROM"))
    rights, all_of_them = [], False
    for part in split(tokens[1:on]):
        word = part[0].word()
        all_of_them = all_of_them or word == "ALL"
        if word in RIGHTS:
            columns = f" ({', '.join(map(quoted, columns_of(part[2:-1])))})" if len(part) > 1 else ""
            rights.append(word + columns)
    what = "ALL" if all_of_them else ", ".join(rights)
    if not what:
        return None, []
    database, table = name_of(tokens[on + 1]), tokens[on + 3]
    word = "TO" if verb == "GRANT" else "FROM"
    name, _ = account(tokens[to + 1 :])
    if table.text != "*":
        return database, [f"{verb} {what} ON {quoted(name_of(table))} {word} {name}"]
    return database, [
        f"{verb} {what} ON ALL TABLES IN SCHEMA public {word} {name}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public {verb} {what} ON TABLES {word} {name}",
    ]


class Translation:
    """What a statement becomes: .statements, the types of its marks in .kinds, .database when it belongs to another one,
    .fill: the table whose AUTO_INCREMENT goes on behind what was written."""

    def __init__(self, statement, types, key, survivors):
        tokens = tokens_of(statement.strip().rstrip(";"))
        words = [token.word() for token in tokens[:6]] + [""] * 6
        self.kinds, self.database, self.fill = [], None, None
        first, second = words[0], words[1]
        if first == "CREATE" and second == "TABLE":
            self.statements = create_table(tokens)
        elif first == "ALTER" and second == "TABLE":
            self.statements = alter_table(tokens)
        elif first == "CREATE" and second == "TRIGGER":
            self.statements = create_trigger(tokens, survivors())
        elif first == "CREATE" and second == "FUNCTION":
            self.statements = create_function(tokens)
        elif first in ("CREATE", "ALTER", "DROP") and "USER" in words[1:4]:
            self.statements = user(tokens)
        elif first in ("GRANT", "REVOKE"):
            self.database, self.statements = grant(tokens)
        elif first == "CREATE" and second == "DATABASE":
            self.statements = [f"CREATE DATABASE {quoted(name_of(tokens[2]))}{QUICKLY}"]
        elif first == "INSERT":
            insert = Insert(tokens, types, key)
            self.statements, self.kinds, self.fill = [insert.text], insert.kinds, insert.table
        elif first == "UPDATE":
            update = Update(tokens, types)
            self.statements, self.kinds = [update.text], update.kinds
        elif first == "DELETE":
            self.statements = [delete(tokens)]
        elif first == "LOCK" and second == "TABLES":
            self.statements = ["BEGIN", f"LOCK TABLE {printed(tokens[2])} IN ACCESS EXCLUSIVE MODE"]
        elif first == "UNLOCK":
            self.statements = ["COMMIT"]
        elif first == "KILL" and second == "USER":
            name, _ = account(tokens[2:])
            self.statements = [f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {literal(name[1:-1])}"]
        elif first == "KILL":
            function = "pg_cancel_backend" if second == "QUERY" else "pg_terminate_backend"
            self.statements = [f"SELECT {function}({tokens[-1].text})"]
        elif first == "ANALYZE":
            self.statements = [f"ANALYZE {printed(tokens[2])}"]
        elif first == "TRUNCATE":
            self.statements = [f"TRUNCATE {expression(tokens[2:] if second == 'TABLE' else tokens[1:])}"]
        else:
            self.statements = [expression(tokens)]
