#!/usr/bin/env python3
"""Models that somebody broke, by accident or on purpose: each must be set up or refused by a sentence.

    tests/compat/malformed.py --veil build/release/veil --material ../shared/testdata --out FOLDER [--count 300]
                              [--seed 0] [--jobs 2] [--limit SECONDS] [--memory GIB]

A model is an ONNX node test, a small network or a random Loop or Scan (one in eight) with one to three of the changes
below, drawn by the seed: lengths no memory holds, attributes of another size or type, names that are not there, cycles,
data outside the model's folder, cut files. Any other end than setup's exit codes 0 and 2 is a failure: a signal, a
hang, no sentence, or memory beyond the limit, which ends in a signal or in the sentence that says so.
"""

import argparse
import concurrent.futures
import pathlib
import re
import shutil
import sys
import tempfile

import numpy
from onnx import AttributeProto, TensorProto

import cases
import random_graphs
from program import run_program
from trial import is_sentence, last_words, signal_name, write_rows

LOOPS = 24
MOST_BYTES = 300_000  # of a model: its bytes are not what is tried
LENGTHS = (0, 1, -1, 2, 7, 1 << 16, (1 << 31) - 1, 1 << 31, 1 << 40, (1 << 63) - 1, -(1 << 63))
NUMBERS = (0.0, -0.0, 1e-40, 1e38, -1e38, float("inf"), float("-inf"), float("nan"))
NAMES = ("", "nothing", "../x", "a\nb", "\xff" * 300)
OPERATORS = ("Add", "Conv", "Concat", "Gather", "If", "Loop", "LSTM", "MaxPool", "Nothing", "Pad", "Range", "Reshape",
             "Resize", "Scan", "ScatterND", "Slice", "Softmax", "Split", "Tile", "TopK", "Transpose",
             "TreeEnsembleClassifier")


def pick(random, choices):
    return choices[int(random.integers(len(choices)))]


def all_nodes(graph):
    """Those of branches and bodies, too."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from all_nodes(attribute.g)


def any_node(model, random):
    nodes = list(all_nodes(model.graph))
    return pick(random, nodes) if nodes else None


def change_attribute(model, random):
    node = any_node(model, random)
    if node is None or not node.attribute:
        return
    attribute = pick(random, node.attribute)
    if attribute.type == AttributeProto.INT:
        attribute.i = pick(random, LENGTHS)
    elif attribute.type == AttributeProto.FLOAT:
        attribute.f = pick(random, NUMBERS)
    elif attribute.type == AttributeProto.INTS and attribute.ints:
        attribute.ints[int(random.integers(len(attribute.ints)))] = pick(random, LENGTHS)
    elif attribute.type == AttributeProto.FLOATS and attribute.floats:
        attribute.floats[int(random.integers(len(attribute.floats)))] = pick(random, NUMBERS)
    else:
        attribute.s = pick(random, NAMES).encode()


def resize_attribute(model, random):
    node = any_node(model, random)
    lists = [each for each in node.attribute if each.ints or each.floats] if node is not None else []
    if not lists:
        return
    attribute = pick(random, lists)
    values = attribute.ints if attribute.ints else attribute.floats
    if random.random() < 0.5:
        values.pop()
    else:
        values.extend([1] * int(pick(random, (1, 7, 100_000))))


def change_attribute_type(model, random):
    node = any_node(model, random)
    if node is not None and node.attribute:
        pick(random, node.attribute).type = int(random.integers(0, 15))


def remove_attribute(model, random):
    node = any_node(model, random)
    if node is not None and node.attribute:
        del node.attribute[int(random.integers(len(node.attribute)))]


def add_attribute(model, random):
    node = any_node(model, random)
    if node is not None:
        name = pick(random, ("axis", "axes", "group", "pads", "strides", "dilations", "perm", "to", "keepdims", "value"))
        node.attribute.append(AttributeProto(name=name, type=AttributeProto.INTS, ints=[pick(random, LENGTHS)] * 2))


def change_operator(model, random):
    node = any_node(model, random)
    if node is not None:
        node.op_type = pick(random, OPERATORS)
        node.domain = pick(random, ("", "", "ai.onnx.ml", "nobody"))


def change_name(model, random):
    node = any_node(model, random)
    names = pick(random, (node.input, node.output)) if node is not None else []
    if names:
        names[int(random.integers(len(names)))] = pick(random, NAMES)


def make_cycle(model, random):
    node = any_node(model, random)
    outputs = [name for each in model.graph.node for name in each.output]
    if node is not None and node.input and outputs:
        node.input[int(random.integers(len(node.input)))] = pick(random, outputs)


def twice_the_same_output(model, random):
    node = any_node(model, random)
    if node is not None:
        model.graph.node.append(node)


def remove_node(model, random):
    if model.graph.node:
        del model.graph.node[int(random.integers(len(model.graph.node)))]


def change_inputs_of_node(model, random):
    node = any_node(model, random)
    if node is None:
        return
    if node.input and random.random() < 0.5:
        node.input.pop()
    else:
        node.input.extend([node.input[0] if node.input else "nothing"] * int(pick(random, (1, 3, 20_000))))


def change_declared_shape(model, random):
    values = [*model.graph.input, *model.graph.output]
    if not values:
        return
    dims = pick(random, values).type.tensor_type.shape.dim
    if dims and random.random() < 0.7:
        pick(random, dims).dim_value = pick(random, LENGTHS)
    elif dims and random.random() < 0.5:
        dims.pop()
    else:
        dims.extend([dims[0]] * int(pick(random, (1, 6, 60))) if dims else [])


def change_declared_type(model, random):
    values = [*model.graph.input, *model.graph.output]
    if values:
        pick(random, values).type.tensor_type.elem_type = int(random.integers(0, 24))


def change_constant(model, random):
    tensors = list(model.graph.initializer)
    tensors += [each.t for node in model.graph.node for each in node.attribute if each.type == AttributeProto.TENSOR]
    if not tensors:
        return
    tensor = pick(random, tensors)
    change = int(random.integers(6))
    if change == 0 and tensor.dims:
        tensor.dims[int(random.integers(len(tensor.dims)))] = pick(random, LENGTHS)
    elif change == 1:
        tensor.dims.extend([1] * int(pick(random, (1, 9, 1000))))
    elif change == 2:
        tensor.data_type = int(random.integers(0, 24))
    elif change == 3:
        tensor.raw_data = tensor.raw_data[:-1] if tensor.raw_data else b"\x01\x02\x03"
    elif change == 4 and tensor.raw_data:
        tensor.raw_data = random.bytes(len(tensor.raw_data))
    else:
        move_outside(tensor, random)


def move_outside(tensor, random):
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    place = pick(random, ("/etc/passwd", "../../../../etc/passwd", "model.onnx", "nothing.bin", "", ".", "/dev/zero"))
    for key, value in (("location", place), ("offset", str(pick(random, LENGTHS))), ("length", str(pick(random, LENGTHS)))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value


def remove_constant(model, random):
    if model.graph.initializer:
        del model.graph.initializer[int(random.integers(len(model.graph.initializer)))]


def change_opset(model, random):
    if model.opset_import:
        pick(random, model.opset_import).version = pick(random, (0, 1, 6, 7, 13, 22, 1000, -1))
    if random.random() < 0.2:
        del model.opset_import[:]


def drop_graph_parts(model, random):
    part = pick(random, (model.graph.input, model.graph.output))
    if part:
        del part[int(random.integers(len(part)))]


CHANGES = (change_attribute, change_attribute, resize_attribute, change_attribute_type, remove_attribute, add_attribute,
           change_operator, change_name, make_cycle, twice_the_same_output, remove_node, change_inputs_of_node,
           change_declared_shape, change_declared_shape, change_declared_type, change_constant, change_constant,
           remove_constant, change_opset, drop_graph_parts)


def cut_or_flip(data, random):
    """The file itself: cut, or some bytes changed."""
    if random.random() < 0.3:
        return data[:int(random.integers(len(data) + 1))]
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 5))):
        if changed:
            changed[int(random.integers(len(changed)))] = int(random.integers(256))
    return bytes(changed)


def broken_model(model, random):
    """The bytes, and the names of what was changed."""
    names = []
    for _ in range(int(random.integers(1, 4))):
        change = pick(random, CHANGES)
        change(model, random)
        names.append(change.__name__)
    data = model.SerializeToString()
    if random.random() < 0.1:
        data = cut_or_flip(data, random)
        names.append("cut_or_flip")
    return data, names


def ended_well(run):
    """Nothing, or what was wrong."""
    if run.hung:
        return "hang"
    if run.code < 0:
        return signal_name(run.code) + last_words(run)
    if run.code not in (0, 2):
        return f"exit code {run.code}" + last_words(run)
    if run.code == 2:
        sentence = (run.json() or {}).get("error")
        if not is_sentence(sentence):
            return f"exit code 2 without a sentence: {sentence!r}"
        if "memory" in sentence:
            return f"out of memory: {sentence}"
    return None


def try_one(case, seed, options):
    """(refused?, failure or nothing)"""
    random = numpy.random.default_rng([seed, *case.identity.encode()])
    loaded = case.load()
    data, names = broken_model(loaded.model, random)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="veil-malformed-"))
    try:
        (folder / "model.onnx").write_bytes(data)
        write_rows(folder / "rows.npz", loaded.inputs)
        words = [options.veil.resolve(), "setup", folder / "model.onnx", "--calibrate", folder / "rows.npz", "--out",
                 folder / "key", "--json", "--threads", 1]
        run = run_program(words, folder, options.limit, int(options.memory * 2**30))
        failure = ended_well(run)
        if failure is None:
            return run.code == 2, None
        kept = options.out / f"{seed}-{re.sub(r'[^A-Za-z0-9_.-]', '_', case.identity)}"
        shutil.copytree(folder, kept, dirs_exist_ok=True)
        return False, f"{kept.name} ({', '.join(names)}): {failure}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--veil", type=pathlib.Path, required=True, help="the program")
    parser.add_argument("--material", type=pathlib.Path, required=True, help="the folder of the test material")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="a folder for what failed")
    parser.add_argument("--count", type=int, default=300, help="models (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="the first (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default: 2)")
    parser.add_argument("--limit", type=float, default=30, metavar="SECONDS", help="of a model (default: 30)")
    parser.add_argument("--memory", type=float, default=2, metavar="GIB", help="of a model (default: 2)")
    return parser.parse_args()


def small_cases(material):
    """Those whose models are small, each once."""
    chosen = {}
    for case in cases.all_cases(material, cases.GROUPS):
        chosen.setdefault(f"{case.group}/{case.name}", case)
    for case in chosen.values():
        try:
            if case.load().model.ByteSize() <= MOST_BYTES:
                yield case
        except (cases.MaterialError, OSError, ValueError):
            continue


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(options.seed)
    chosen = list(small_cases(options.material))
    loops = [random_graphs.random_case("rounds", seed) for seed in range(LOOPS)]
    tries = [(pick(random, loops if i % 8 == 7 else chosen), options.seed + i, options) for i in range(options.count)]
    refused, failures = 0, []
    with concurrent.futures.ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        for was_refused, failure in pool.map(lambda each: try_one(*each), tries):
            refused += was_refused
            if failure:
                failures.append(failure)
                print(failure, file=sys.stderr)
    print(f"{len(tries)} broken models: {refused} refused, {len(tries) - refused - len(failures)} set up, "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
