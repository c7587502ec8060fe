# SPDX-License-Identifier: BSL-1.0
"""read_csv.py FILE COLUMN: prints a column of a CSV file as a JSON list. Fails where a row does not
have the columns of the header."""
import csv
import json
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = list(csv.reader(file, strict=True))
assert all(len(row) == len(rows[0]) for row in rows), [len(row) for row in rows]
column = rows[0].index(sys.argv[2])
print(json.dumps([row[column] for row in rows[1:]]))
