#!/usr/bin/env python3
"""The mutation test of every operator and form: each committed number of a real trace is changed, and each change must
break a constraint.

    tests/compat/mutations.py --program build/release/mutate_run --material ../shared/testdata [--filter REGEX]
                              [--jobs 2] [--limit SECONDS] [--most ELEMENTS]

The models are the ONNX node tests and the small networks of tests/compat/run.py, as they are or, where that is refused,
with parameters turned into constants as there. What is refused counts as refused here too: run.py says why.
"""

import argparse
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import cases
from parameters import LEVELS
from trial import write_rows


def forms(case):
    """The model as it is, and with more and more constants."""
    loaded = case.load()
    yield loaded
    for level in LEVELS[1:LEVELS.index("parameters") + 1]:
        changed, _ = cases.with_constants(loaded, level)
        if changed is not None:
            yield changed


def run_form(loaded, case, options, folder):
    """(exit code, what it printed); nothing for the code where the time was up."""
    (folder / "model.onnx").write_bytes(loaded.model.SerializeToString())
    write_rows(folder / "rows.npz", loaded.inputs)
    words = [options.program.resolve(), folder / "model.onnx", case.output, folder / "rows.npz"]
    words += cases.free_lengths(loaded.model, loaded.inputs)
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, timeout=options.limit, check=False)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout.decode(errors="replace").strip()


def try_case(case, options):
    """(outcome, text)"""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="veil-mutations-"))
    try:
        code, text = 2, ""
        for loaded in forms(case):
            if sum(array.size for array in loaded.inputs.values()) > options.most:
                return "large", ""
            code, text = run_form(loaded, case, options, folder)
            if code != 2:
                break
        return {0: "caught", 1: "survived", 2: "refused", None: "late"}.get(code, "crash"), text
    except (cases.MaterialError, OSError, ValueError) as error:
        return "broken", str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, required=True, help="mutate_run")
    parser.add_argument("--material", type=pathlib.Path, required=True, help="the folder of the test material")
    parser.add_argument("--filter", type=re.compile, default=re.compile(""), metavar="REGEX", help="GROUP/NAME#OUTPUT")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default: 2)")
    parser.add_argument("--limit", type=float, default=30, metavar="SECONDS", help="of a model (default: 30)")
    parser.add_argument("--most", type=int, default=2000, metavar="ELEMENTS", help="of its inputs (default: 2000)")
    return parser.parse_args()


def main():
    options = arguments()
    chosen = [case for case in cases.all_cases(options.material, ("nodes", "ezkl", "layer_zoo"))
              if options.filter.search(case.identity)]
    counts, tried = {}, 0
    with concurrent.futures.ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        for case, (outcome, text) in zip(chosen, pool.map(lambda case: try_case(case, options), chosen)):
            counts[outcome] = counts.get(outcome, 0) + 1
            tried += int(text) if outcome == "caught" else 0
            if outcome in ("survived", "crash", "broken", "late"):
                print(f"{outcome:9s} {case.identity}: {' | '.join(text.splitlines()[:6])}", file=sys.stderr)
    print(f"{len(chosen)} cases, {tried} changes: " + ", ".join(f"{n} {name}" for name, n in sorted(counts.items())))
    return 1 if {"survived", "crash", "broken"} & counts.keys() or not counts.get("caught") else 0


if __name__ == "__main__":
    sys.exit(main())
