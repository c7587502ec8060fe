# SPDX-License-Identifier: BSL-1.0
"""read_json.py SCHEMA FILE...: what a JSON Schema (draft 7) has against files; nothing if valid."""
import json
import sys

import jsonschema


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


schema = load(sys.argv[1])
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for path in sys.argv[2:]:
    for error in validator.iter_errors(load(path)):
        sys.exit(f"{path}: {error.json_path}: {error.message[:500]}")
