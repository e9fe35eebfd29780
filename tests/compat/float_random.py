#!/usr/bin/env python3
"""Random small graphs in float: what the graph module computes (the test program graph_run) against onnxruntime.

    tests/compat/float_random.py build/release/tests/graph_run [--only convolve,pool] [--seed 0] [--count 100]

Kinds are those of random_graphs.py, for which no proof is made here, and the ones below, which draw attributes that
fewer models have. A graph is its kind and its seed. Exit code 1 where a result differs or the program crashes; what it
refuses though onnxruntime takes it is listed."""

import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy

import cases
import random_graphs

RELATIVE, ABSOLUTE = 1e-4, 1e-5  # sums of floats in another order
MOST_TRIES = 50


def padding(make, kernel, dilations):
    """Less than a window on either side, as onnxruntime wants it for pools."""
    axes = len(kernel)
    automatic = make.one_of("NOTSET", "NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    if automatic != "NOTSET":
        return {"auto_pad": automatic}
    reach = [(length - 1) * dilation for length, dilation in zip(kernel, dilations)]
    return {"pads": [make.number(0, reach[side % axes]) for side in range(2 * axes)]} if make.chance() else {}


def window(make, axes, longest_kernel, shortened=True):
    kernel = [make.number(1, longest_kernel) for _ in range(axes)]
    attributes = {"kernel_shape": kernel}
    if make.chance():
        attributes["strides"] = [make.number(1, 4) for _ in range(axes)]
    dilations = [1] * axes
    if make.chance():
        attributes["dilations"] = dilations = [make.number(1, 3) for _ in range(axes)]
    attributes.update(padding(make, kernel, dilations))
    if attributes.get("auto_pad", "").startswith("SAME") and shortened:
        # Where the stride is longer than the kernel, onnxruntime pads by less than nothing.
        attributes["strides"] = [make.number(1, length) for length in kernel]
    return attributes


def bias(make, filters):
    return [make.either(make.reals([filters]))] if make.chance() else []


def convolve(make):
    axes, group = make.number(1, 3), make.one_of(1, 1, 2, 3)
    channels, filters = group * make.number(1, 4), group * make.number(1, 9)
    size = [make.number(1, (40, 30, 12)[axes - 1]) for _ in range(axes)]
    attributes = window(make, axes, 4)
    kernel = attributes["kernel_shape"]
    if make.chance():
        del attributes["kernel_shape"]
    inputs = [make.input(make.reals([make.number(1, 3), channels, *size])),
              make.either(make.reals([filters, channels // group, *kernel]))]
    return make.node("Conv", inputs + bias(make, filters), group=group, **attributes)


def convolve_transposed(make):
    axes, group = make.number(1, 3), make.one_of(1, 1, 2, 3)
    channels, filters = group * make.number(1, 4), make.number(1, 5)
    size = [make.number(1, (30, 12, 6)[axes - 1]) for _ in range(axes)]
    attributes = window(make, axes, 4, shortened=False)
    strides, dilations = (attributes.get(name, [1] * axes) for name in ("strides", "dilations"))
    if make.number(0, 2) == 0:
        extra = [make.number(0, max(stride, dilation) - 1) for stride, dilation in zip(strides, dilations)]
        attributes["output_padding"] = extra
    if make.number(0, 2) == 0:
        attributes["output_shape"] = [length * stride + make.number(0, 1) for length, stride in zip(size, strides)]
    inputs = [make.input(make.reals([make.number(1, 2), channels, *size])),
              make.either(make.reals([channels, filters, *attributes["kernel_shape"]]))]
    return make.node("ConvTranspose", inputs + bias(make, filters * group), group=group, **attributes)


def pool(make):
    axes = make.number(1, 3)
    size = [make.number(1, 12) for _ in range(axes)]
    value = make.input(make.reals([make.number(1, 3), make.number(1, 3), *size]))
    operator = make.one_of("MaxPool", "AveragePool")
    attributes = window(make, axes, 4)
    if attributes.get("auto_pad", "").startswith("SAME"):
        attributes.pop("dilations", None)  # onnxruntime pads as if there were none
    if make.chance():
        attributes["ceil_mode"] = make.number(0, 1)
    if operator == "AveragePool":
        if make.opset < 19:
            attributes.pop("dilations", None)
        if make.chance():
            attributes["count_include_pad"] = make.number(0, 1)
    elif make.chance():
        attributes["storage_order"] = make.number(0, 1)
    return make.node(operator, [value], **attributes)


def indices(make, shape, length):
    return make.random.integers(-length, length, shape)


def elements(make):
    shape = make.shape(make.number(1, 4), 5)
    axis = make.number(0, len(shape) - 1)
    picked = [make.number(1, length) for length in shape]
    at = indices(make, picked, shape[axis])
    value = make.input(make.grid(shape))
    given = axis if make.chance() else axis - len(shape)
    if make.chance():
        return make.node("GatherElements", [value, make.either(at)], axis=given)
    reductions = ["none", "add", "mul"] + (["min", "max"] if make.opset >= 18 else [])
    reduction = make.one_of(*reductions) if make.opset >= 16 else "none"
    if reduction == "none":  # the order of writes is nobody's promise
        at = numpy.broadcast_to(make.number(-shape[axis], shape[axis] - 1), [1 if i == axis else length for i, length in
                                                                            enumerate(picked)]).astype(numpy.int64)
        picked = list(at.shape)
    attributes = {} if make.opset < 16 else {"reduction": reduction}
    return make.node("ScatterElements", [value, make.constant(at), make.input(make.grid(picked))], axis=given,
                     **attributes)


def places(make):
    shape = make.shape(make.number(1, 4), 4)
    depth, outer = make.number(1, len(shape)), make.shape(make.number(0, 2), 3)
    at = numpy.stack([indices(make, outer, length) for length in shape[:depth]], axis=-1)
    updates = make.input(make.grid([*outer, *shape[depth:]]))
    reduction = make.one_of("add", "mul", "min", "max") if make.opset >= 18 else "none"
    if reduction == "none" and outer:
        at, updates = at[(slice(0, 1),) * len(outer)], make.input(make.grid([1] * len(outer) + shape[depth:]))
    attributes = {"reduction": reduction} if make.opset >= 18 else {}
    return make.node("ScatterND", [make.input(make.grid(shape)), make.constant(at), updates], **attributes)


def border(make):
    shape = [make.number(2, 5) for _ in range(make.number(1, 4))]
    mode = make.one_of("constant", "reflect", "edge", *(["wrap"] if make.opset >= 19 else []))
    pads = [make.number(-1 if mode == "constant" else 0, min(length - 1, 3)) for length in shape * 2]
    inputs = [make.input(make.grid(shape)), make.whole_numbers(pads)]
    if mode == "constant" and make.chance():
        inputs.append(make.constant(numpy.float32(0.75)))
    return make.node("Pad", inputs, mode=mode)


def running(make):
    shape = make.shape(make.number(1, 4), 5)
    axis = make.constant(numpy.int64(make.number(-len(shape), len(shape) - 1)))
    return make.node("CumSum", [make.input(make.grid(shape)), axis], exclusive=make.number(0, 1),
                     reverse=make.number(0, 1))


def top(make):
    """Many equal numbers."""
    shape = make.shape(make.number(1, 3), 9)
    value = make.input(make.random.integers(-2, 3, shape).astype(numpy.float32))
    axis = make.number(-len(shape), len(shape) - 1)
    if make.chance():
        return make.node(make.one_of("ArgMax", "ArgMin"), [value], axis=axis, keepdims=make.number(0, 1),
                         select_last_index=make.number(0, 1))
    count = make.whole_numbers([make.number(1, shape[axis])])
    return make.node("TopK", [value, count], outputs=2, axis=axis, largest=make.number(0, 1))[make.number(0, 1)]


def quotients(make):
    shape = make.shape(make.number(1, 3), 5)
    kind = make.one_of(numpy.int32, numpy.int64)
    first = make.random.integers(-20, 21, shape).astype(kind)
    second = make.random.integers(1, 9, shape).astype(kind) * make.one_of(kind(1), kind(-1))
    inputs = [make.input(first), make.either(second)]
    operator = make.one_of("Div", "Mod", "Mod", "Mul")
    return make.node(operator, inputs, **({"fmod": make.number(0, 1)} if operator == "Mod" else {}))


def one_hot(make):
    shape, depth = make.shape(make.number(1, 3), 4), make.number(1, 5)
    at = make.input(make.random.integers(-depth - 1, depth + 2, shape))
    values = make.either(numpy.array([-1, 2], dtype=numpy.float32))
    return make.node("OneHot", [at, make.constant(numpy.int64(depth)), values],
                     axis=make.number(-len(shape) - 1, len(shape)))


KINDS = {**random_graphs.KINDS, **{function.__name__: function for function in (
    convolve, convolve_transposed, pool, elements, places, border, running, top, quotients, one_hot)}}


def draw(kind, seed):
    """The first graph of this seed that onnxruntime can run, with its inputs and its result."""
    for number in range(MOST_TRIES):
        make = random_graphs.Maker([list(KINDS).index(kind), seed, number])
        try:
            output = KINDS[kind](make)
            model = make.model(output)
            result = cases.run_onnxruntime(model, make.inputs, output)
        except Exception:  # attributes that do not fit raise several kinds
            continue
        if random_graphs.usable(result):
            return model, make.inputs, output, result
    raise RuntimeError(f"no graph of the kind {kind} could be drawn from seed {seed}")


def compute(program, model, inputs, output, folder):
    """The result, or nothing and a sentence."""
    path, packed = folder / "model.onnx", folder / "inputs.npz"
    path.write_bytes(model.SerializeToString())
    numpy.savez(packed, **inputs, unused=numpy.zeros(1, numpy.float32))
    done = subprocess.run([program, path, output, packed], capture_output=True, text=True, timeout=120)
    if done.returncode < 0:
        raise RuntimeError(f"ended by signal {-done.returncode}: {done.stderr.strip()}")
    if done.returncode != 0:
        return None, done.stderr.strip()
    head, *numbers = done.stdout.split("\n")
    shape = [int(length) for length in head.split()[1:]]
    return numpy.array([float(number) for number in numbers if number]).reshape(shape), ""


def trial(program, kind, seed):
    model, inputs, output, wanted = draw(kind, seed)
    with tempfile.TemporaryDirectory() as folder:
        got, sentence = compute(program, model, inputs, output, pathlib.Path(folder))
    if got is None:
        return "refused", sentence
    if got.shape != wanted.shape:
        return "differs", f"shape {got.shape}, not {wanted.shape}"
    close = numpy.isclose(got, wanted.astype(float), RELATIVE, ABSOLUTE)
    if close.all():
        return "same", ""
    place = tuple(numpy.argwhere(~close)[0])
    return "differs", f"at {place}: {got[place]}, not {wanted[place]} ({(~close).sum()} of {close.size})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--only", default=",".join(KINDS), metavar="KIND,...", help=", ".join(KINDS))
    parser.add_argument("--seed", type=int, default=0, help="the first (default: 0)")
    parser.add_argument("--count", type=int, default=100, help="graphs of each kind (default: 100)")
    options = parser.parse_args()
    totals = collections.Counter()
    for kind in options.only.split(","):
        counts = collections.Counter()
        for seed in range(options.seed, options.seed + options.count):
            try:
                outcome, sentence = trial(options.program, kind, seed)
            except RuntimeError as error:
                outcome, sentence = "failed", str(error)
            counts[outcome] += 1
            if outcome != "same":
                print(f"{kind} --seed {seed}: {outcome}: {sentence[:200]}", flush=True)
        print(f"{kind}: {dict(counts)}", flush=True)
        totals += counts
    print(f"all: {dict(totals)}")
    return 1 if totals["differs"] or totals["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
