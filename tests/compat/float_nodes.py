#!/usr/bin/env python3
"""Runs the node tests of the onnx package in float: what expansion and folding make of a model, against the stored
outputs. usage: float_nodes.py GRAPH_RUN TESTS.txt [--only SUBSTRING] [--list]

An input that a model takes shapes or axes from must be a constant, so a test that fails with all inputs given at run
time is tried again with its integer inputs, then with all inputs but the first, and last with all of them, as
constants."""

import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnx.backend.test
from onnx import numpy_helper

RELATIVE, ABSOLUTE = 1e-3, 1e-5
DATA = pathlib.Path(onnx.backend.test.__file__).parent / "data" / "node"


def read_tensors(folder, kind, values):
    tensors = []
    for number in range(len(values)):
        tensor = onnx.TensorProto()
        tensor.ParseFromString((folder / "test_data_set_0" / f"{kind}_{number}.pb").read_bytes())
        tensors.append(numpy_helper.to_array(tensor))
    return tensors


def with_constants(model, names, inputs):
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    for name in names:
        changed.graph.initializer.append(numpy_helper.from_array(inputs[name], name))
    kept = [value for value in changed.graph.input if value.name not in names]
    del changed.graph.input[:]
    changed.graph.input.extend(kept)
    return changed


def choices(inputs):
    """The sets of inputs to make constant, in the order in which they are tried."""
    names = list(inputs)
    integers = {name for name in names[1:] if inputs[name].dtype.kind in "iub"}
    sets = [set(), integers, set(names[1:]), set(names)]
    return [chosen for place, chosen in enumerate(sets) if chosen not in sets[:place]]


def run_once(program, model, output, inputs, folder):
    path, npz = folder / "model.onnx", folder / "inputs.npz"
    path.write_bytes(model.SerializeToString())
    arrays = {name: array.astype("<f4") if array.dtype.kind not in "fiub" or array.dtype.itemsize == 2 and
              array.dtype.kind == "f" else array for name, array in inputs.items()}
    numpy.savez(npz, **arrays, unused=numpy.zeros(1, "<f4"))
    done = subprocess.run([program, path, output, npz], capture_output=True, text=True, timeout=120)
    if done.returncode < 0:
        return None, f"ended by signal {-done.returncode}"
    if done.returncode != 0:
        return None, done.stderr.strip()
    head, *numbers = done.stdout.split("\n")
    shape = [int(length) for length in head.split()[1:]]
    return numpy.array([float(number) for number in numbers if number]).reshape(shape), ""


def compare(got, wanted):
    if list(got.shape) != list(wanted.shape):
        return f"shape {list(got.shape)}, not {list(wanted.shape)}"
    close = numpy.isclose(got, wanted.astype(float), RELATIVE, ABSOLUTE, equal_nan=True)
    if close.all():
        return ""
    place = numpy.argwhere(~close)[0]
    return f"at {place}: {got[tuple(place)]}, not {wanted[tuple(place)]} ({(~close).sum()} of {close.size} differ)"


def run_output(program, model, name, wanted, inputs):
    """"match", "differs" or "refused", with the sentence; of the refusals, the first."""
    refusal = ""
    with tempfile.TemporaryDirectory() as folder:
        for chosen in choices(inputs):
            tried = with_constants(model, chosen, inputs)
            got, sentence = run_once(program, tried, name, inputs, pathlib.Path(folder))
            if got is None:
                refusal = refusal or sentence
                continue
            sentence = compare(got, wanted)
            return ("differs", sentence) if sentence else ("match", "")
    return "refused", refusal


def run_test(program, test):
    folder = DATA / test
    model = onnx.load(folder / "model.onnx")
    inputs = dict(zip([value.name for value in model.graph.input], read_tensors(folder, "input", model.graph.input)))
    outputs = read_tensors(folder, "output", model.graph.output)
    results = []
    for value, wanted in zip(model.graph.output, outputs):
        if value.name:
            results.append(run_output(program, model, value.name, wanted, inputs))
    for kind in ("differs", "refused"):
        for result in results:
            if result[0] == kind:
                return result
    return "match", ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("tests")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    counts = collections.Counter()
    for line in pathlib.Path(arguments.tests).read_text().splitlines():
        operator, test = line.split("\t")
        if arguments.only not in test:
            continue
        try:
            result, sentence = run_test(arguments.program, test)
        except Exception as error:  # of this program, or of the test's files
            result, sentence = "error", repr(error)
        counts[result] += 1
        if arguments.list or result != "match":
            print(f"{result}\t{operator}\t{test}\t{sentence[:240]}", flush=True)
    print(", ".join(f"{count} {result}" for result, count in counts.items()))
    return 0 if set(counts) <= {"match", "refused"} else 1


if __name__ == "__main__":
    sys.exit(main())
