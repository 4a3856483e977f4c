#!/usr/bin/env python3
"""Holds reports against a JSON Schema: validate_report.py SCHEMA REPORT...

Silent and 0 where all is well; 3 and a line for each violation otherwise.
"""
import json
import sys

import jsonschema


def without_repeated_keys(pairs):
    keys = [key for key, _ in pairs]
    repeated = {key for key in keys if keys.count(key) > 1}
    if repeated:
        raise ValueError(f"repeated keys: {sorted(repeated)}")
    return dict(pairs)


def main(schema_path, *report_paths):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failed = False
    for path in report_paths:
        with open(path, encoding="utf-8") as file:
            try:
                report = json.load(file, object_pairs_hook=without_repeated_keys)
            except ValueError as error:
                print(f"{path}: {error}")
                failed = True
                continue
        for error in validator.iter_errors(report):
            place = "/".join(str(part) for part in error.absolute_path)
            print(f"{path}: {place}: {error.message}")
            failed = True
    return 3 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
