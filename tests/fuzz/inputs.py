#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Inputs of the fuzz programs as lines of text, which a diff can show.

inputs.py line FILE...             each file as a line
inputs.py expand FILE FOLDER       each line of FILE becomes a file in FOLDER
inputs.py keep FILE FOLDER BYTES   what is in FOLDER becomes the lines of FILE behind '# Kept from fuzzing:', the
                                   shortest first, up to BYTES; what stands before it is by hand and stays

An input is a line: printable ASCII as it is, but \\\\ for a backslash; \\n, \\r, \\t and \\xHH for other bytes. Lines that begin
with # are comments (an input's own # is \\x23 there, and a space at its end \\x20), and empty lines are none.
"""
import pathlib
import re
import sys

NAMED = {b'\\': b'\\\\', b'\n': b'\\n', b'\r': b'\\r', b'\t': b'\\t'}
MEANT = {b'\\': b'\\', b'n': b'\n', b'r': b'\r', b't': b'\t'}
KEPT = '# Kept from fuzzing:'


def as_line(data):
    line = re.sub(rb'[^ -\[\]-~]', lambda m: NAMED.get(m[0]) or b'\\x%02x' % m[0][0], data)
    line = rb'\x23' + line[1:] if line.startswith(b'#') else line
    return (line[:-1] + rb'\x20' if line.endswith(b' ') else line).decode()


def as_bytes(line):
    def meant(match):
        if match[1] in MEANT:
            return MEANT[match[1]]
        if not match[1].startswith(b'x'):
            raise SystemExit(f'no such escape: {line}')
        return bytes([int(match[1][1:], 16)])
    return re.sub(rb'\\(x[0-9a-f]{2}|.?)', meant, line.encode())


def read(file):
    return file.read_text().splitlines() if file.exists() else []


def expand(file, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(read(file)):
        if line and not line.startswith('#'):
            (folder / f'{number:04}').write_bytes(as_bytes(line))


def keep(file, folder, most):
    lines = read(file)
    if KEPT in lines:
        lines = lines[:lines.index(KEPT)]
    known = set(lines)
    found = sorted((as_line(path.read_bytes()) for path in folder.iterdir()), key=lambda line: (len(line), line))
    kept = [KEPT]
    left = most - sum(len(line) + 1 for line in lines)
    for line in found:
        left -= len(line) + 1
        if line and line not in known and left >= 0:
            kept.append(line)
            known.add(line)
    file.write_text('\n'.join(lines + kept) + '\n')


def main():
    command, *arguments = sys.argv[1:]
    paths = [pathlib.Path(argument) for argument in arguments]
    if command == 'line':
        for path in paths:
            print(as_line(path.read_bytes()))
    elif command == 'expand':
        expand(paths[0], paths[1])
    else:
        keep(paths[0], paths[1], int(arguments[2]))


if __name__ == '__main__':
    main()
