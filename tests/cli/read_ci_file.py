# SPDX-License-Identifier: BSL-1.0
"""read_ci_file.py FILE: prints the lines that a workflow file gives to a shell, in their order. YAML is
parsed as GitHub and GitLab do; a Jenkinsfile's shell steps stand between three quotes."""
import re
import sys

import yaml


def scripts(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("run", "script", "before_script"):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from scripts(value)
    elif isinstance(node, list):
        for each in node:
            yield from scripts(each)


with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
if sys.argv[1].endswith(".yml"):
    found = list(scripts(yaml.safe_load(text)))
else:
    found = re.findall(r"'''(.*?)'''", text, re.S)
for script in found:
    for line in script.splitlines():
        if line.strip():
            print(line.strip())
