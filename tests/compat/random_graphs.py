#!/usr/bin/env python3
"""Random small graphs through onnxruntime and through setup, prove and verify: both must agree.

    tests/compat/random_graphs.py --veil build/release/veil --out FOLDER [--only conv,matmul] [--seed 0] [--count 10]
                                  [--jobs 2] [--limit SECONDS] [--least PERCENT]

Shapes, attributes, weights and inputs are drawn for each kind of graph below. A graph is its kind and its seed: the
case random/conv-17 is `--only conv --seed 17 --count 1`, and --keep leaves its files in FOLDER/cases. Bounds, outcomes,
report and exit code are those of tests/compat/run.py. Where a result hangs on equality (comparisons, ArgMax, Floor),
inputs are multiples of 1/8, which the integers hold exactly.
"""

import argparse
import functools
import sys

import numpy
import onnx
from onnx import helper, numpy_helper

import cases
import run

OPSETS = (13, 17, 20)
MOST_TRIES = 50
FLOAT, INTEGERS = numpy.float32, numpy.int64


class Maker:
    """A graph as it grows, with the numbers of its inputs."""

    def __init__(self, seed_words):
        self.random = numpy.random.default_rng(seed_words)
        self.opset = int(self.random.choice(OPSETS))
        self.nodes, self.constants, self.inputs = [], [], {}

    # -- choices --

    def number(self, low, high):
        return int(self.random.integers(low, high + 1))

    def one_of(self, *choices):
        return choices[self.number(0, len(choices) - 1)]

    def chance(self):
        return self.number(0, 1) == 1

    def shape(self, rank, longest=5):
        return [self.number(1, longest) for _ in range(rank)]

    def reals(self, shape, low=-2.0, high=2.0):
        return self.random.uniform(low, high, shape).astype(FLOAT)

    def grid(self, shape):
        return (self.random.integers(-24, 25, shape) / 8).astype(FLOAT)

    # -- parts of the graph; all return names of values --

    def input(self, array):
        name = f"x{len(self.inputs)}"
        self.inputs[name] = numpy.asarray(array)
        return name

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(numpy.asarray(array), name))
        return name

    def whole_numbers(self, numbers):
        return self.constant(numpy.array(numbers, dtype=INTEGERS))

    def either(self, array):
        """An activation or a constant."""
        return self.input(array) if self.chance() else self.constant(array)

    def node(self, operator, inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, f"{operator}_{len(self.nodes)}", **attributes))
        return names[0] if outputs == 1 else names

    def reduce(self, operator, value, axes, keep):
        """Axes were an attribute first, and later an input."""
        as_input = self.opset >= (13 if operator == "ReduceSum" else 18)
        inputs = [value, self.whole_numbers(axes)] if as_input else [value]
        return self.node(operator, inputs, keepdims=int(keep), **({} if as_input else {"axes": axes}))

    # -- the whole --

    def model(self, output):
        values = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
                  for name, array in self.inputs.items()]
        graph = helper.make_graph(self.nodes, "random", values, [helper.make_empty_tensor_value_info(output)],
                                  self.constants)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("ai.onnx.ml", 3)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        return onnx.shape_inference.infer_shapes(model, strict_mode=True)

    def shape_of(self, value):
        if value in self.inputs:
            return list(self.inputs[value].shape)
        dims = self.model(value).graph.output[0].type.tensor_type.shape.dim
        return [dim.dim_value for dim in dims]


# ---- kinds of graphs: each takes a Maker and returns the output's name ----


def window(make, axes, size, dilations=True):
    """Attributes of a convolution or a pool that fit into `size`."""
    kernel = [make.number(1, min(3, length)) for length in size]
    attributes = {"kernel_shape": kernel, "strides": [make.number(1, 2) for _ in range(axes)]}
    if make.chance():
        attributes["pads"] = [make.number(0, (length - 1) // 2) for length in kernel * 2]
    elif make.chance():
        attributes["auto_pad"] = make.one_of("SAME_UPPER", "SAME_LOWER", "VALID")
    if dilations and make.chance() and "auto_pad" not in attributes:
        attributes["dilations"] = [make.number(1, 2) for _ in range(axes)]
    return attributes


def conv(make):
    axes, group = make.number(1, 3), make.number(1, 2)
    channels, filters = group * make.number(1, 2), group * make.number(1, 2)
    size = [make.number(3, 6) for _ in range(axes)]
    attributes = window(make, axes, size)
    inputs = [make.input(make.reals([make.number(1, 2), channels, *size])),
              make.either(make.reals([filters, channels // group, *attributes["kernel_shape"]]))]
    if make.chance():
        inputs.append(make.either(make.reals([filters])))
    return make.node("Conv", inputs, group=group, **attributes)


def conv_transpose(make):
    axes, group = make.number(1, 2), make.number(1, 2)
    channels, filters = group * make.number(1, 2), make.number(1, 2)
    kernel, strides = [make.number(1, 3) for _ in range(axes)], [make.number(1, 3) for _ in range(axes)]
    attributes = {"kernel_shape": kernel, "strides": strides, "group": group}
    if make.chance():
        attributes["pads"] = [make.number(0, (length - 1) // 2) for length in kernel * 2]
    if make.chance():
        attributes["output_padding"] = [make.number(0, stride - 1) for stride in strides]
    if make.chance():
        attributes["dilations"] = [make.number(1, 2) for _ in range(axes)]
    inputs = [make.input(make.reals([1, channels, *[make.number(2, 4) for _ in range(axes)]])),
              make.constant(make.reals([channels, filters, *kernel]))]
    if make.chance():
        inputs.append(make.constant(make.reals([filters * group])))
    return make.node("ConvTranspose", inputs, **attributes)


def pool(make):
    axes = make.number(1, 3)
    size = [make.number(3, 6) for _ in range(axes)]
    value = make.input(make.reals([1, make.number(1, 3), *size]))
    operator = make.one_of("MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool")
    if operator.startswith("Global"):
        return make.node(operator, [value])
    attributes = window(make, axes, size, dilations=operator == "MaxPool")
    if operator == "AveragePool":
        attributes["count_include_pad"] = make.number(0, 1)
    if make.chance() and "auto_pad" not in attributes:
        attributes["ceil_mode"] = 1
    return make.node(operator, [value], **attributes)


def gemm(make):
    rows, inner, columns = make.shape(3, 6)
    flip_a, flip_b = make.number(0, 1), make.number(0, 1)
    inputs = [make.input(make.reals([inner, rows] if flip_a else [rows, inner])),
              make.either(make.reals([columns, inner] if flip_b else [inner, columns]))]
    if make.chance():
        inputs.append(make.either(make.reals(make.one_of([columns], [rows, columns], [rows, 1], [1]))))
    factors = {"alpha": make.one_of(0.5, -1.25, 3.0), "beta": make.one_of(0.25, 2.0)} if make.chance() else {}
    return make.node("Gemm", inputs, transA=flip_a, transB=flip_b, **factors)


def broadcast_partner(make, shape):
    """A shape that broadcasts with `shape`."""
    partner = [1 if make.number(0, 3) == 0 else length for length in shape]
    return partner[make.number(0, len(partner)):] if make.chance() else partner


def matmul(make):
    batch = make.shape(make.number(0, 2), 3)
    rows, inner, columns = make.shape(3, 6)
    left = make.input(make.reals([*batch, rows, inner] if batch or make.chance() else [inner]))
    right = make.reals([*broadcast_partner(make, batch), inner, columns] if batch or make.chance() else [inner])
    return make.node("MatMul", [left, make.either(right) if make.number(0, 3) == 0 else make.input(right)])


def axes_of(make, rank):
    axes = [axis for axis in range(rank) if make.chance()] or [make.number(0, rank - 1)]
    return [axis - rank if make.number(0, 3) == 0 else axis for axis in axes]


def reduction(make):
    operator = make.one_of("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                           "ReduceSumSquare", "ReduceLogSumExp")
    rank = make.number(1, 4)
    return make.reduce(operator, make.input(make.reals(make.shape(rank, 4))), axes_of(make, rank), make.chance())


def elementwise(make):
    operator = make.one_of("Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Mean", "Sum", "PRelu")
    shape = make.shape(make.number(1, 4), 4)
    first, second = make.reals(shape), make.reals(broadcast_partner(make, shape))
    if operator == "Div":
        second = (numpy.abs(second) + 0.5).astype(FLOAT) * make.one_of(1, -1)
    if operator == "Pow":
        return make.node(operator, [make.input(numpy.abs(first) + FLOAT(0.25)),
                                    make.constant(FLOAT(make.one_of(0.5, 2, 3, -1)))])
    inputs = [make.input(first), make.constant(second) if operator == "PRelu" else make.either(second)]
    if operator not in ("PRelu",) and make.chance():
        inputs.reverse()
    if operator == "Div" and inputs[0] != "x0":
        inputs.reverse()  # never by numbers near 0
    return make.node(operator, inputs)


def comparison(make):
    operator = make.one_of("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal")
    shape = make.shape(make.number(1, 3), 4)
    first, second = make.input(make.grid(shape)), make.either(make.grid(broadcast_partner(make, shape)))
    truth = make.node(operator, [first, second])
    choice = make.number(0, 2)
    if choice == 0:
        return make.node("Not", [truth]) if make.chance() else truth
    if choice == 1:
        other = make.node("Less", [first, make.constant(FLOAT(0.5))])
        return make.node(make.one_of("And", "Or", "Xor"), [truth, other])
    return make.node("Where", [truth, first, make.either(make.grid(shape))])


UNARY = {"Abs": (-2, 2), "Neg": (-2, 2), "Relu": (-2, 2), "LeakyRelu": (-2, 2), "Sigmoid": (-6, 6), "Tanh": (-3, 3),
         "Exp": (-3, 2), "Log": (0.2, 5), "Sqrt": (0.1, 6), "Reciprocal": (0.4, 4), "Erf": (-3, 3), "Sin": (-6, 6),
         "Cos": (-6, 6), "Tan": (-1, 1), "Asin": (-0.9, 0.9), "Acos": (-0.9, 0.9), "Atan": (-4, 4), "Sinh": (-2, 2),
         "Cosh": (-2, 2), "Asinh": (-4, 4), "Acosh": (1.2, 5), "Atanh": (-0.9, 0.9), "Softplus": (-4, 4),
         "Softsign": (-4, 4), "Elu": (-3, 3), "Selu": (-3, 3), "Celu": (-3, 3), "HardSigmoid": (-4, 4),
         "HardSwish": (-5, 5)}


def unary(make):
    known = [name for name in UNARY if name != "HardSwish" or make.opset >= 14]
    operator = make.one_of(*known)
    low, high = UNARY[operator]
    attributes = {"alpha": make.one_of(0.1, 0.3)} if operator in ("LeakyRelu", "Elu", "HardSigmoid") else {}
    return make.node(operator, [make.input(make.reals(make.shape(make.number(1, 4), 4), low, high))], **attributes)


def rounding(make):
    operator = make.one_of("Floor", "Ceil", "Round", "Sign", "Clip")
    value = make.input(make.grid(make.shape(make.number(1, 3), 4)))
    if operator == "Clip":
        return make.node(operator, [value, make.constant(FLOAT(-0.5)), make.constant(FLOAT(1.25))])
    return make.node(operator, [value])


def order(make):
    """Results that hang on which element is the largest."""
    shape = make.shape(make.number(1, 3), 5)
    value, axis = make.input(make.grid(shape)), make.number(0, len(shape) - 1)
    if make.chance():
        return make.node(make.one_of("ArgMax", "ArgMin"), [value], axis=axis, keepdims=make.number(0, 1))
    count = make.whole_numbers([make.number(1, shape[axis])])
    return make.node("TopK", [value, count], outputs=2, axis=axis, largest=make.number(0, 1))[make.number(0, 1)]


def softmax(make):
    shape = make.shape(make.number(1, 3), 5)
    axis = make.number(-len(shape), len(shape) - 1)
    return make.node(make.one_of("Softmax", "LogSoftmax"), [make.input(make.reals(shape))], axis=axis)


def slice_of(make, value, shape):
    axis = make.number(0, len(shape) - 1)
    start, step = make.number(0, shape[axis] - 1), make.one_of(1, 1, 2, -1)
    end = make.number(start + 1, shape[axis]) if step > 0 else -100
    return make.node("Slice", [value, *map(make.whole_numbers, ([start], [end], [axis], [step]))])


def pad_of(make, value, shape):
    pads = [make.number(0, 1 if length > 1 else 0) for length in shape * 2]
    mode = make.one_of("constant", "reflect", "edge")
    inputs = [value, make.whole_numbers(pads)] + ([make.constant(FLOAT(0.75))] if mode == "constant" else [])
    return make.node("Pad", inputs, mode=mode)


def concat_of(make, value, shape):
    axis = make.number(0, len(shape) - 1)
    other = [*shape[:axis], make.number(1, 2), *shape[axis + 1:]]
    parts = [value, make.either(make.reals(other))]
    return make.node("Concat", parts if make.chance() else parts[::-1], axis=axis)


def transpose_of(make, value, shape):
    return make.node("Transpose", [value], perm=[int(axis) for axis in make.random.permutation(len(shape))])


def reshape_of(make, value, shape):
    cut = make.number(0, len(shape))
    sizes = [int(numpy.prod(shape[:cut])), int(numpy.prod(shape[cut:]))]
    return make.node("Reshape", [value, make.whole_numbers(make.one_of([-1], sizes, [1, *sizes]))])


def gather_of(make, value, shape):
    axis = make.number(0, len(shape) - 1)
    indices = [make.number(-shape[axis], shape[axis] - 1) for _ in range(make.number(1, 3))]
    return make.node("Gather", [value, make.whole_numbers(indices)], axis=axis)


def tile_of(make, value, shape):
    return make.node("Tile", [value, make.whole_numbers([make.number(1, 2) for _ in shape])])


def split_of(make, value, shape):
    axis = make.number(0, len(shape) - 1)
    if shape[axis] < 2:
        return transpose_of(make, value, shape)
    first = make.number(1, shape[axis] - 1)
    parts = make.node("Split", [value, make.whole_numbers([first, shape[axis] - first])], outputs=2, axis=axis)
    return make.one_of(*parts)


def expand_of(make, value, shape):
    return make.node("Expand", [value, make.whole_numbers([make.number(1, 2), *shape])])


def layout(make):
    """A chain that moves, repeats, cuts and joins, with a little arithmetic in between."""
    value = make.input(make.reals(make.shape(make.number(1, 4), 4)))
    steps = (slice_of, pad_of, concat_of, transpose_of, reshape_of, gather_of, tile_of, split_of, expand_of)
    for _ in range(make.number(2, 5)):
        shape = make.shape_of(value)
        if len(shape) > 5 or numpy.prod(shape) > 400:
            break
        value = make.one_of(*steps)(make, value, shape)
        if make.number(0, 4) == 0:
            value = make.node("Relu", [value])
    return value


def network(make):
    """Convolution, activation, pool, matrix: the usual order."""
    channels, size, filters = make.number(1, 3), make.number(6, 9), make.number(2, 4)
    value = make.input(make.reals([1, channels, size, size]))
    value = make.node("Conv", [value, make.constant(make.reals([filters, channels, 3, 3], -0.5, 0.5)),
                               make.constant(make.reals([filters]))], pads=[1, 1, 1, 1])
    value = make.node(make.one_of("Relu", "Tanh", "Sigmoid", "LeakyRelu"), [value])
    value = make.node(make.one_of("MaxPool", "AveragePool"), [value], kernel_shape=[2, 2], strides=[2, 2])
    value = make.node("Flatten", [value])
    width = make.shape_of(value)[1]
    value = make.node("Gemm", [value, make.constant(make.reals([width, 4], -0.4, 0.4))])
    return make.node("Softmax", [value], axis=1) if make.chance() else value


def attention(make):
    """Softmax between two products of activations."""
    length, width = make.number(2, 5), make.number(2, 4)
    value = make.input(make.reals([length, width], -1, 1))
    query, key, content = (make.node("MatMul", [value, make.constant(make.reals([width, width], -1, 1))])
                           for _ in range(3))
    scores = make.node("MatMul", [query, make.node("Transpose", [key], perm=[1, 0])])
    scores = make.node("Div", [scores, make.constant(FLOAT(width ** 0.5))])
    return make.node("MatMul", [make.node("Softmax", [scores], axis=-1), content])


def integers(make):
    operator = make.one_of("Add", "Sub", "Mul", "Max", "Min", "ReduceSum", "Abs", "Neg")
    shape = make.shape(make.number(1, 3), 4)
    first = make.input(make.random.integers(-20, 21, shape))
    if operator == "ReduceSum":
        return make.reduce(operator, first, axes_of(make, len(shape)), make.chance())
    if operator in ("Abs", "Neg"):
        return make.node(operator, [first])
    return make.node(operator, [first, make.either(make.random.integers(-20, 21, broadcast_partner(make, shape)))])


def places(make):
    """Moves to and from places that the data choose, from either end and several times the same."""
    shape = make.shape(make.number(1, 3), longest=6)
    axis, data = make.number(0, len(shape) - 1), make.input(make.grid(shape))
    shape_of_places = [length if d == axis else make.number(1, length) for d, length in enumerate(shape)]
    shape_of_places[axis] = make.number(1, 6)
    whole = make.random.integers(-shape[axis], shape[axis], shape_of_places)
    if make.chance():
        return make.node("GatherElements", [data, make.input(whole)], axis=axis)
    if make.chance():
        depth = make.number(1, len(shape))
        lead = make.shape(make.number(1, 2))
        whole = numpy.stack([make.random.integers(-length, length, lead) for length in shape[:depth]], axis=-1)
        if make.chance():
            return make.node("GatherND", [data, make.input(whole)])
        updates = make.input(make.grid(lead + shape[depth:]))
        return make.node("ScatterND", [data, make.either(whole), updates], **reduction_of(make))
    updates = make.input(make.grid(shape_of_places))
    return make.node("ScatterElements", [data, make.either(whole), updates], axis=axis, **reduction_of(make))


def reduction_of(make):
    return {"reduction": make.one_of("none", "add", "mul", "min", "max")} if make.opset >= 18 else {}


def quotients(make):
    """Of whole numbers, and powers of them; remainders of both kinds."""
    shape = make.shape(make.number(1, 3))
    other = broadcast_partner(make, shape)
    kind = make.one_of(numpy.int32, INTEGERS)
    numbers = make.random.integers(-200, 201, shape).astype(kind)
    divisors = (2 * make.random.integers(-20, 20, other) + 1).astype(kind)
    operator = make.one_of("Div", "Mod", "Pow")
    if operator == "Div":
        return make.node("Div", [make.input(numbers), make.either(divisors)])
    if operator == "Pow":
        bases = make.random.integers(-5, 6, shape).astype(kind)
        return make.node("Pow", [make.input(bases), make.input(make.random.integers(0, 6, other).astype(kind))])
    if make.chance():
        halves = make.random.integers(1, 9, other) / make.one_of(2, -4)
        return make.node("Mod", [make.input(make.grid(shape)), make.either(halves.astype(FLOAT))], fmod=1)
    return make.node("Mod", [make.input(numbers), make.either(divisors)], fmod=make.number(0, 1))


def support_vectors(make):
    """A support vector machine of any kernel."""
    features, classes = make.number(1, 5), make.number(2, 4)
    value = make.input(make.reals([make.number(1, 3), features]))
    kernel = make.one_of("LINEAR", "POLY", "RBF", "SIGMOID")
    attributes = {"kernel_type": kernel, "domain": "ai.onnx.ml",
                  "kernel_params": [make.number(1, 8) / 16, make.number(0, 8) / 8, float(make.number(1, 3))]}
    if make.chance():
        count = make.number(1, 6)
        return make.node("SVMRegressor", [value], coefficients=make.reals([count]).tolist(), n_supports=count,
                         rho=make.reals([1]).tolist(), one_class=make.number(0, 1),
                         support_vectors=make.reals([count * features]).tolist(), **attributes)
    per_class = [make.number(1, 3) for _ in range(classes)]
    total, pairs = sum(per_class), classes * (classes - 1) // 2
    if classes == 2 and make.chance():
        attributes |= {"prob_a": [-make.number(1, 16) / 8], "prob_b": make.reals([1]).tolist()}
    outputs = make.node("SVMClassifier", [value], 2, classlabels_ints=[3 * i + 1 for i in range(classes)],
                        coefficients=make.reals([(classes - 1) * total]).tolist(), rho=make.reals([pairs]).tolist(),
                        vectors_per_class=per_class, support_vectors=make.reals([total * features]).tolist(),
                        **attributes)
    return make.one_of(*outputs)


def encoders(make):
    """Numbers that stand for categories."""
    shape = [make.number(1, 3), make.number(1, 3)]
    codes = make.random.integers(-2, 6, shape)
    keys = make.random.permutation(8)[:make.number(1, 6)] - 2
    if make.chance():
        value = make.input(codes if make.chance() else codes.astype(FLOAT))
        return make.node("OneHotEncoder", [value], cats_int64s=keys.tolist(), zeros=1, domain="ai.onnx.ml")
    real_keys, real_values = make.chance(), make.chance()
    attributes = {"keys_floats" if real_keys else "keys_int64s": (keys.astype(FLOAT) if real_keys else keys).tolist()}
    values = make.reals([len(keys)]) if real_values else make.random.integers(-9, 10, len(keys))
    attributes["values_floats" if real_values else "values_int64s"] = values.tolist()
    attributes["default_float" if real_values else "default_int64"] = 0.5 if real_values else 7
    value = make.input(codes.astype(FLOAT) if real_keys else codes)
    return make.node("LabelEncoder", [value], domain="ai.onnx.ml", **attributes)


def rounds(make):
    """A Loop of a known number of rounds, or one that ends by the data, or a Scan."""
    shape = make.shape(2)
    steps = make.constant(make.reals(shape, -1.0, 1.0))
    type_of = helper.np_dtype_to_tensor_dtype(numpy.dtype(FLOAT))
    value_of = functools.partial(helper.make_tensor_value_info, elem_type=type_of)
    flag_of = functools.partial(helper.make_tensor_value_info, elem_type=onnx.TensorProto.BOOL, shape=[])
    add = make.one_of("Add", "Sub", "Mul")
    if make.chance():
        axes = [make.number(0, 1)]
        rest = [shape[1 - axes[0]]]
        body = helper.make_graph([helper.make_node(add, ["state", "place"], ["next"]),
                                  helper.make_node("Tanh", ["next"], ["seen"])], "body",
                                 [value_of("state", shape=rest), value_of("place", shape=rest)],
                                 [value_of("next", shape=rest), value_of("seen", shape=rest)])
        outputs = make.node("Scan", [make.input(make.reals(rest)), make.input(make.reals(shape))], 2, body=body,
                            num_scan_inputs=1, scan_input_axes=axes, scan_input_directions=[make.number(0, 1)],
                            scan_output_axes=[make.number(-2, 1)], scan_output_directions=[make.number(0, 1)])
        return make.one_of(*outputs)
    by_data = make.chance()
    nodes = [helper.make_node(add, ["state", steps], ["next"])]
    if by_data:  # on as long as every number is small
        nodes += [helper.make_node("Abs", ["next"], ["size"]),
                  helper.make_node("Less", ["size", make.constant(FLOAT(1.7))], ["small"]),
                  helper.make_node("Cast", ["small"], ["ones"], to=onnx.TensorProto.FLOAT),
                  helper.make_node("ReduceMin", ["ones"], ["all"], keepdims=0),
                  helper.make_node("Cast", ["all"], ["on"], to=onnx.TensorProto.BOOL)]
    else:
        nodes += [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Neg", ["next"], ["seen"])]
    kept = [flag_of("on"), value_of("next", shape=shape)] + ([] if by_data else [value_of("seen", shape=shape)])
    round_of = helper.make_tensor_value_info("round", onnx.TensorProto.INT64, [])
    body = helper.make_graph(nodes, "body", [round_of, flag_of("go"), value_of("state", shape=shape)], kept)
    start = make.input(make.reals(shape))
    outputs = make.node("Loop", [make.constant(INTEGERS(make.number(1, 4))), "", start], len(kept) - 1, body=body)
    return outputs if by_data else make.one_of(*outputs)


KINDS = {function.__name__: function for function in (
    conv, conv_transpose, pool, gemm, matmul, reduction, elementwise, comparison, unary, rounding, order, softmax,
    layout, network, attention, integers, support_vectors, encoders, places, quotients, rounds)}


# ---- cases ----


def usable(result):
    return result.size > 0 and (result.dtype.kind != "f" or bool(numpy.isfinite(result).all()))


@functools.lru_cache(maxsize=64)
def draw(kind, seed):
    """The first graph of this seed that onnxruntime can run: some combinations of attributes are not possible."""
    for number in range(MOST_TRIES):
        make = Maker([list(KINDS).index(kind), seed, number])
        output = KINDS[kind](make)
        try:
            model = make.model(output)
            result = cases.run_onnxruntime(model, make.inputs, output)
        except Exception:  # onnxruntime and shape inference raise several kinds
            continue
        if usable(result):
            return cases.Loaded(model, make.inputs, result, "onnxruntime")
    raise cases.MaterialError(f"no graph of the kind {kind} could be drawn from seed {seed}")


def random_case(kind, seed):
    loaded = draw(kind, seed)
    return cases.Case("random", f"{kind}-{seed}", kind, loaded.model.graph.output[0].name,
                      functools.partial(draw, kind, seed), cases.operators_of(loaded.model))


def kinds_of(text):
    for kind in text.split(","):
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"{kind!r} is none of {', '.join(KINDS)}")
    return text.split(",")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    run.add_trial_arguments(parser)
    parser.add_argument("--only", type=kinds_of, default=list(KINDS), metavar="KIND,...", help=", ".join(KINDS))
    parser.add_argument("--seed", type=int, default=0, help="the first (default: 0)")
    parser.add_argument("--count", type=int, default=10, help="graphs of each kind (default: 10)")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.count)
    print(f"kinds {','.join(options.only)}; seeds {seeds.start} to {seeds.stop - 1}")
    chosen = [random_case(kind, seed) for kind in options.only for seed in seeds]
    return run.run_and_report(chosen, options, run.settings_of(options, "none"), "Random graphs")


if __name__ == "__main__":
    sys.exit(main())
