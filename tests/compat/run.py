#!/usr/bin/env python3
"""Compatibility: real models and the operator tests of ONNX through setup, prove and verify, against known outputs.

    tests/compat/run.py --veil build/release/veil --material FOLDER --out FOLDER [--only nodes,ezkl] [--filter REGEX]
                        [--jobs 2] [--limit SECONDS] [--least PERCENT] [--list-refusals] [--keep]

Every output of every model is proven in turn, calibrated on the very row that is proven, and what the verified proof
reveals is compared with the stored output (or with onnxruntime's): integers and booleans exactly, floats within 2^-9 of
the largest or 0.001. A case ends as

    proven     revealed and right
    refused    exit code 2 with a sentence
    imprecise  beyond the bound, by less than 5 % of the largest (an 8-bit result of a quantisation: off by one)
    wrong      further off, or an honest proof rejected
    crash      a signal, an undocumented exit code, no sentence
    hang       not done within --limit
    broken     this harness or its material is at fault

Node tests hand shapes, axes and scales over as inputs. Where the model as given is refused, these become constants of
it and it is tried again (--constants none|parameters|weights); the report keeps both counts.

Writes compat.json, compat.md and compat.html to --out. Exit code 1: a wrong, crash, hang or broken case, or fewer than
--least percent of the cases proven. Needs the packages of tests/compat/requirements.txt.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import sys

try:
    import cases
    import report
    import trial
    from compare import ABSOLUTE_BOUND, RELATIVE_BOUND
    from parameters import LEVELS
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}; python3 -m venv FOLDER && FOLDER/bin/pip install -r tests/compat/requirements.txt")


def groups_of(text):
    groups = text.split(",")
    for group in groups:
        if group not in cases.GROUPS:
            raise argparse.ArgumentTypeError(f"{group!r} is none of {', '.join(cases.GROUPS)}")
    return [group for group in cases.GROUPS if group in groups]


def add_trial_arguments(parser):
    """Those that tests/compat/random_graphs.py takes as well."""
    parser.add_argument("--veil", type=pathlib.Path, required=True, help="the program")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="a folder for the report")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time (default: 2)")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS", help="of a case (default: 120)")
    parser.add_argument("--memory", type=float, default=6, metavar="GIB", help="of a command (default: 6)")
    parser.add_argument("--bits", default="16", help="of the integers (default: 16)")
    parser.add_argument("--relative", type=float, default=RELATIVE_BOUND, help="error allowed, of the largest")
    parser.add_argument("--absolute", type=float, default=ABSOLUTE_BOUND, help="error allowed in any case")
    parser.add_argument("--least", type=float, default=0, metavar="PERCENT", help="cases that must be proven")
    parser.add_argument("--keep", action="store_true", help="keep the files of every case in OUT/cases")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_trial_arguments(parser)
    parser.add_argument("--material", type=pathlib.Path, required=True, help="the folder of the test material")
    parser.add_argument("--only", type=groups_of, default=list(cases.GROUPS), metavar="GROUP,...",
                        help=", ".join(cases.GROUPS))
    parser.add_argument("--filter", type=re.compile, default=None, metavar="REGEX",
                        help="cases whose GROUP/NAME#OUTPUT or whose operator matches")
    parser.add_argument("--constants", choices=LEVELS, default="parameters",
                        help="inputs that may become constants where a model is refused as given")
    parser.add_argument("--list-refusals", action="store_true", help="print the sentences, most frequent first")
    return parser.parse_args()


def program_digest(path):
    if not path.is_file():
        sys.exit(f"There is no program {path}.")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def settings_of(options, constants):
    threads = max((os.cpu_count() or 1) // max(options.jobs, 1), 1)
    return trial.Settings(veil=options.veil.resolve(), program=program_digest(options.veil), bits=options.bits,
                          seconds=options.limit, memory_bytes=int(options.memory * 2**30), threads=threads,
                          constants=constants, relative=options.relative, absolute=options.absolute,
                          keep=options.out.resolve() / "cases" if options.keep else None)


def wanted(case, pattern):
    return pattern is None or pattern.search(case.identity) or pattern.fullmatch(case.operator)


def try_all(chosen, settings, jobs):
    """In the order of the cases, however they end."""
    trials = []
    with concurrent.futures.ThreadPoolExecutor(max(jobs, 1)) as pool:
        for done in pool.map(lambda case: trial.try_case(case, settings), chosen):
            trials.append(done)
            if sys.stderr.isatty():
                print(f"\r\x1b[K{len(trials)}/{len(chosen)}  {done.identity}  {done.outcome}", end="", file=sys.stderr)
            if done.outcome in trial.FAILURES:
                print(f"{done.outcome:9s} {done.identity}: {done.stage}: {done.reason}", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return trials


def run_and_report(chosen, options, settings, title):
    """The exit code."""
    trials = try_all(chosen, settings, options.jobs)
    if program_digest(options.veil) != settings.program:
        print("The program was changed meanwhile: the cases were not all tried with the same one.", file=sys.stderr)
        return 1
    result = report.Report(title, trials, settings, options.least)
    result.save(options.out)
    print(result.summary())
    return result.exit_code()


def main():
    options = arguments()
    try:
        chosen = [case for case in cases.all_cases(options.material, options.only) if wanted(case, options.filter)]
    except (cases.MaterialError, OSError) as error:
        sys.exit(f"The material in {options.material} cannot be used: {error}.")
    if not chosen:
        sys.exit("No case matches.")
    code = run_and_report(chosen, options, settings_of(options, options.constants), "Compatibility")
    if options.list_refusals:
        print(report.refusals_text(options.out / report.JSON_NAME))
    return code


if __name__ == "__main__":
    sys.exit(main())
