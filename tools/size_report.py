#!/usr/bin/env python3
"""Prints how long files and functions of src/ and apps/ are, with the longest of each. A guide; never fails.

    tools/size_report.py [--longest N]

A function is a brace at the end of a declaration at the level of a namespace or class; its length is the lines from
its first to its last. It reads code formatted by clang-format and may miss an oddity.
"""

import argparse
import pathlib
import re
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOT_FUNCTION = re.compile(r"^\s*(?:namespace|class|struct|enum|union|extern|if|for|while|switch|else|do|try|return|case)\b")


def indent_of(line):
    return len(line) - len(line.lstrip())


def functions_of(lines):
    """(first line, length) of each function of more than one line."""
    for at, line in enumerate(lines):
        if not line.rstrip().endswith("{") or NOT_FUNCTION.match(line):
            continue
        first = at
        while first > 0 and indent_of(lines[first]) > 4:  # a declaration broken over several lines
            first -= 1
        head = lines[first]
        if indent_of(head) > 2 or NOT_FUNCTION.match(head) or "(" not in head or "=" in head.split("(")[0]:
            continue
        closing = " " * indent_of(head) + "}"
        for end in range(at + 1, len(lines)):
            if lines[end].rstrip() == closing:
                yield first, end - first + 1
                break


def share_at_most(values, limit):
    return 100 * sum(value <= limit for value in values) / max(1, len(values))


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main():
    parser = argparse.ArgumentParser(description="How long files and functions are.")
    parser.add_argument("--longest", type=int, default=5)
    longest = parser.parse_args().longest
    files, functions = [], []
    for folder in ("src", "apps"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".h", ".cc") or path.stem.endswith(("_test", "_bench", "_fuzz")):
                continue
            lines = path.read_text().splitlines()
            name = str(path.relative_to(ROOT))
            files.append((len(lines), name))
            functions += [(length, f"{name}:{first + 1}") for first, length in functions_of(lines)]
    for title, items, limits in (("files", files, (120, 500)), ("functions", functions, (40, 80))):
        sizes = [size for size, _ in items]
        if not sizes:
            continue
        print(f"{len(sizes)} {title}, {sum(sizes)} lines: median {statistics.median(sizes):.0f}, "
              f"95% up to {quantile(sizes, 0.95)}, longest {max(sizes)}; "
              + ", ".join(f"{share_at_most(sizes, limit):.1f}% up to {limit}" for limit in limits))
        for size, name in sorted(items, reverse=True)[:longest]:
            print(f"  {size:5}  {name}")


if __name__ == "__main__":
    main()
