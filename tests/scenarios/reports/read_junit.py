# SPDX-License-Identifier: BSL-1.0
"""read_junit.py FILE: fails where the counts of a JUnit XML file are not those of its test cases;
prints each case's class, name and what was found, as a JSON list."""
import json
import sys
import xml.etree.ElementTree as tree

root = tree.parse(sys.argv[1]).getroot()


def check(node):
    cases = node.findall(".//testcase")
    for name, found in (("tests", cases),
                        ("failures", [c for c in cases if c.find("failure") is not None]),
                        ("errors", [c for c in cases if c.find("error") is not None]),
                        ("skipped", [c for c in cases if c.find("skipped") is not None])):
        assert int(node.get(name)) == len(found), (node.get("name"), name)


for each in [root, *root.findall("testsuite")]:
    check(each)
print(json.dumps([[case.get("classname"), case.get("name"),
                   [[found.tag, found.get("type")] for found in case]]
                  for case in root.iter("testcase")]))
