# SPDX-License-Identifier: MIT
"""The tests' SQL, which is MySQL's, in PostgreSQL's words.

It knows what these tests say and no more: a statement that it does not know goes through with its quotes and literals
changed, and PostgreSQL tells. What a name in it means is asked of `types`, a function from a table's name to its columns
(name -> type as format_type() has it, in their order).
"""
import unpacked
from mysql_tables import Type, alter_table, create_table
from mysql_words import closing, columns_of, expression, literal, name_of, printed, quoted, split, tokens_of, value_of

# A new database is a copy of files, not of pages through the log.
QUICKLY = " STRATEGY file_copy" if unpacked.postgresql_release() >= 15 else ""  # before, it always was


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
