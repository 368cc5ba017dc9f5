"""Reduces Atlassian's OpenAPI description of the Jira Cloud REST API to what the tests need: see README.md.

usage: reduce.py <description.json> > jira-openapi.json
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROUTES = HERE / "../../src/jira_sim/api/routes.rs"
# Keywords that only people read.
PROSE = {"description", "summary", "example", "examples", "externalDocs", "security", "tags", "title"}
# Schemas that the tests apply where the description leaves a type open; see exchange.rs.
ALWAYS = re.findall(r'(?:named\(|", )"([A-Z]\w+)"\)', (HERE / "exchange.rs").read_text() + (HERE / "mod.rs").read_text())


def served():
    """Yields method and path pattern of each operation that the simulator serves."""
    for methods, path in re.findall(r'\(((?:"[A-Z]+"(?: \| )?)+), \[(.*)\]\) =>', ROUTES.read_text()):
        parts = ["{[^/]+}" if part == "_" else part.strip('"') for part in path.split(", ")]
        for method in re.findall(r"[A-Z]+", methods):
            yield method.lower(), "/rest/api/3/" + "/".join(parts)


def without_prose(node, names=False):
    """Drops prose and vendor extensions; `names`: the keys are names of properties or schemas, not keywords."""
    if isinstance(node, list):
        return [without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if names or not (key in PROSE or key.startswith("x-"))}
    return {key: without_prose(value, key == "properties" and not names) for key, value in kept.items()}


def references(node):
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(node)))


def main():
    whole = json.load(open(sys.argv[1]))
    paths = {}
    for method, pattern in served():
        for path in filter(re.compile(pattern).fullmatch, whole["paths"]):
            if method in whole["paths"][path]:
                paths.setdefault(path, {})[method] = without_prose(whole["paths"][path][method])
    schemas, open_names = {}, references(paths) | set(ALWAYS)
    while open_names:
        name = open_names.pop()
        schemas[name] = without_prose(whole["components"]["schemas"][name])
        open_names |= references(schemas[name]) - schemas.keys()
    info = {key: whole["info"][key] for key in ("title", "version", "license", "contact")}
    info["x-changes"] = "Reduced to some operations and their schemas, without prose and examples."
    reduced = {"openapi": whole["openapi"], "info": info, "paths": paths, "components": {"schemas": schemas}}
    json.dump(reduced, sys.stdout, separators=(",", ":"), sort_keys=True)
    sys.stdout.write("\n")


main()
