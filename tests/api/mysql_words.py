# SPDX-License-Identifier: MIT
"""MySQL's SQL in tokens, and its expressions in PostgreSQL's words (mysql_to_postgresql.py)."""
import re
import struct

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


def columns_of(tokens):
    """The names in a key; MySQL's lengths and orders of them are left out."""
    return [name_of(part[0]) for part in split(tokens)]


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
