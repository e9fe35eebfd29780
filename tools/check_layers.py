#!/usr/bin/env python3
"""Checks the order of the house: cmake/layers.txt says which folder of src/ may use which.

    tools/check_layers.py               the whole tree; exit 1 and one line for each wrong include
    tools/check_layers.py --self-test   that wrong includes are found, in a made-up tree

Rules
  1. a file of src/<folder> includes folders of a lower level only, or its own;
  2. a check half (x/check) never includes a prove half (x/prove);
  3. a folder of the verifier closure includes the closure only, and uses no exceptions, threads, files, clocks,
     environment or hash maps;
  4. an include of this project has its folder in it ("base/bytes.h");
  5. no two headers define a type of one name: both would be veil::Name, and the linker would mix them up.
Tests, benchmarks and fuzzers may include what they like (rule 4 apart): nothing links against them.
"""

import pathlib
import re
import sys
import tempfile

CLOSURE = {
    "base", "tensor", "hash", "parallel", "field", "curve", "poly", "circuit", "transcript", "checker", "sumcheck/check", "sumcheck",
    "commit", "claim", "einsum/check", "lookup/check", "opening/check", "argument", "verify",
}  # fmt: skip
FORBIDDEN_HEADERS = {
    "chrono", "condition_variable", "ctime", "exception", "filesystem", "fstream", "future", "iostream", "mutex",
    "stdexcept", "thread", "time.h", "unordered_map", "unordered_set",
}  # fmt: skip
FORBIDDEN_WORDS = re.compile(r"\b(throw|try|catch)\b(?=\s*[({\w])|\b(?:std::)?getenv\s*\(|\bfopen\s*\(")
# Files of the closure that do what the closure may not: detection of the processor reads VEIL_CPU before main; the
# maker of the generators is a program of the build; randomness is not used by verifiers.
EXEMPT = {"src/base/cpu.cc", "src/base/random.cc", "src/curve/make_generators.cc"}
DEFINED_TYPE = re.compile(r"^(?:class|struct|enum class) (\w+)(?: final)?(?: : [^;{]+)? \{", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
HALVES = ("check", "prove")


def read_layers(path):
    layers = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            level, folder = line.split()
            layers[folder] = int(level)
    return layers


def unit_of(parts):
    """("einsum", "check", "terms.h") -> "einsum/check";  ("field", "kernels", "a.h") -> "field"."""
    if len(parts) > 2 and parts[1] in HALVES:
        return f"{parts[0]}/{parts[1]}"
    return parts[0]


def is_test(path):
    return path.stem.endswith(("_test", "_bench", "_fuzz")) or path.stem.startswith("test_")


def check_include(layers, unit, target):
    """Why a file of `unit` may not include a file of `target`; None when it may."""
    folder, other = unit.split("/")[0], target.split("/")[0]
    if other not in layers:
        return f"folder '{other}' is not in cmake/layers.txt"
    if unit in CLOSURE and target not in CLOSURE:
        return f"'{unit}' belongs to the verifier, '{target}' does not"
    if unit.endswith("/check") and target.endswith("/prove"):
        return f"'{unit}' is a check half, '{target}' a prove half"
    if folder != other and layers[folder] <= layers[other]:
        return f"'{folder}' is on level {layers[folder]}, '{other}' on level {layers[other]}"
    return None


def check_file(root, layers, path):
    parts = path.relative_to(root / "src").parts
    unit = unit_of(parts)
    text = COMMENT.sub("", path.read_text())
    problems = []
    closure = unit in CLOSURE and not is_test(path) and str(path.relative_to(root)) not in EXEMPT
    for kind, name in INCLUDE.findall(text):
        if kind == "<":
            if closure and name in FORBIDDEN_HEADERS:
                problems.append(f"<{name}> is not for the verifier closure")
            continue
        pieces = pathlib.PurePosixPath(name).parts
        if len(pieces) == 1:
            if not name.endswith(".pb.h"):
                problems.append(f'"{name}" has no folder')
            continue
        why = None if is_test(path) else check_include(layers, unit, unit_of(pieces))
        if why:
            problems.append(f'includes "{name}": {why}')
    if closure:
        for match in FORBIDDEN_WORDS.finditer(STRING.sub('""', text)):
            problems.append(f"'{match.group(0)}' is not for the verifier closure")
    return problems


def check_type_names(root):
    seen, problems = {}, []
    for path in sorted((root / "src").rglob("*.h")):
        text = COMMENT.sub("", path.read_text())
        if is_test(path) or not re.search(r"^namespace veil \{", text, re.MULTILINE):
            continue
        for name in DEFINED_TYPE.findall(text):
            if name in seen:
                problems.append(f"{path.relative_to(root)}: type {name} is also in {seen[name]}")
            seen[name] = path.relative_to(root)
    return problems


def check_tree(root):
    layers = read_layers(root / "cmake" / "layers.txt")
    problems = check_type_names(root)
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        folder = path.relative_to(root / "src").parts[0]
        if folder not in layers:
            problems.append(f"{path.relative_to(root)}: folder '{folder}' is not in cmake/layers.txt")
            continue
        problems += [f"{path.relative_to(root)}: {what}" for what in check_file(root, layers, path)]
    return problems


def self_test():
    good = {
        "src/base/a.h": "",
        "src/field/b.h": '#include "base/a.h"\n#include "field/c.h"\n#include <vector>\n// throw (nothing)\n',
        "src/einsum/check/d.h": '#include "field/b.h"\n',
        "src/einsum/prove/e.h": '#include "einsum/check/d.h"\n#include <thread>\n',
        "src/field/b_test.cc": '#include "verify/f.h"\n#include <fstream>\n',
        "src/data/g.h": "#include <fstream>\n",
    }
    bad = {
        "src/base/a.h": '#include "field/b.h"\n',
        "src/field/b.h": '#include "hash/h.h"\n',
        "src/argument/i.h": '#include "einsum/prove/e.h"\n',
        "src/einsum/check/d.h": '#include "einsum/prove/e.h"\n',
        "src/verify/f.h": '#include "witness/j.h"\n',
        "src/verify/k.cc": '#include "ops/l.h"\n',
        "src/verify/m.cc": "#include <unordered_map>\n",
        "src/verify/n.cc": "void f() { throw 1; }\n",
        "src/verify/o.cc": '#include "f.h"\n',
        "src/nowhere/p.h": "\n",
        "src/data/q.h": '#include "key/r.h"\n',
        "src/prove/s.h": '#include "nowhere/p.h"\n',
    }
    layers = "0 base\n2 hash\n2 field\n8 ops\n7 einsum\n9 argument\n9 witness\n10 verify\n11 prove\n12 data\n13 key\n"

    def problems_of(files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**files, "cmake/layers.txt": layers}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check_tree(root)

    assert problems_of(good) == [], problems_of(good)
    twice = {f"src/{folder}/a.h": "namespace veil {\nstruct Box {\n};\n}\n" for folder in ("base", "ops")}
    assert len(problems_of(twice)) == 1
    for name, text in bad.items():
        assert problems_of({name: text}), f"not found: {name}: {text}"
    print(f"{len(bad)} wrong includes found, {len(good)} right files passed")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    if sys.argv[1:]:
        print(__doc__)
        return 2
    problems = check_tree(pathlib.Path(__file__).resolve().parent.parent)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
