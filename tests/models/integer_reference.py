#!/usr/bin/env python3
"""The integer semantics of docs/semantics.md once more, in plain Python integers, sharing no code with the product.

usage: integer_reference.py FOLDER...

Each FOLDER holds graph.json (the public quantised graph), weights.json ({"tensor": [integers]}), and runs.json: a list of
{"inputs": [[integers] an input], "values": [[integers] a value of the graph], "claim": true | false | null}. Every value
of every run is computed again and must be equal. Prints the number of integers compared; exit 1 at the first difference.
"""
import itertools
import json
import re
import sys
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

getcontext().prec = 80


def round_shift(value, shift):
    return (value + (1 << shift >> 1)) >> shift


def clamp(value, bits):
    return max(-(1 << bits - 1), min((1 << bits - 1) - 1, value))


# ---- tables of smooth functions, in 80 decimal digits instead of 61-bit fixed point
FUNCTIONS = {
    1: lambda x: 1 / (1 + (-x).exp()),
    2: lambda x: (1 - (-2 * x).exp()) / (1 + (-2 * x).exp()),
    3: lambda x: 1 - (-x).exp(),
}


def power(exponent):
    return Decimal(2) ** exponent


def half_up(value):
    return int((value + Decimal(1) / 2).to_integral_value(rounding="ROUND_FLOOR"))


class Pieces:
    cache = {}

    def __init__(self, function, key_bits, low_bits, input_scale, output_scale, slope_shift):
        self.low_bits, self.shift = low_bits, slope_shift
        self.first = 0 if function == 3 else -(1 << key_bits - 1)
        f, width = FUNCTIONS[function], power(low_bits + input_scale)
        self.rows = []
        for key in range(self.first, self.first + (1 << key_bits)):
            start, end = f(key * width), f((key + 1) * width)
            if low_bits == 0:
                self.rows.append((half_up(start / power(output_scale)), 0))
                continue
            raised = start + (f(key * width + width / 2) - (start + end) / 2) / 2
            slope = half_up((end - start) / power(output_scale) * power(slope_shift - low_bits))
            self.rows.append((half_up(raised / power(output_scale)), max(0, slope)))

        # no piece may end above the next one's start
        for i in range(len(self.rows) - 1) if low_bits else ():
            (base, slope), following = self.rows[i], self.rows[i + 1][0]
            while slope and base + round_shift(slope * ((1 << low_bits) - 1), slope_shift) > max(base, following):
                slope -= 1
            self.rows[i] = (base, slope)

    def __call__(self, z):
        base, slope = self.rows[(z >> self.low_bits) - self.first]
        return base + round_shift(slope * (z & (1 << self.low_bits) - 1), self.shift)

    @classmethod
    def get(cls, *parameters):
        if parameters not in cls.cache:
            cls.cache[parameters] = cls(*parameters)
        return cls.cache[parameters]


# ---- operators: (graph, node, parameters, inputs, weights) -> integers
def places(lengths, axes):
    """Every index of the given labels, row-major, as a dictionary."""
    for position in itertools.product(*(range(lengths[label]) for label in axes)):
        yield dict(zip(axes, position))


def flat(lengths, axes, position):
    index = 0
    for label in axes:
        index = index * lengths[label] + position[label]
    return index


def einsum(graph, node, p, inputs, weights):
    lengths, rank = p["lengths"], p["box_rank"]
    weights = list(weights)
    x = inputs[0]
    y = weights.pop(0) if p["has_weight"] else inputs[1] if len(inputs) == 2 else [1]
    bias = weights.pop(0) if p["has_bias"] else None
    out = []
    for box in places(lengths, list(range(rank))):
        total = 0
        for rest in places(lengths, list(range(rank, len(lengths)))):
            at = box | rest
            total += x[flat(lengths, p["x_axes"], at)] * y[flat(lengths, p["y_axes"], at)]
        total <<= p["up_shift"]
        if bias:
            total += bias[flat(lengths, p["bias_axes"], box)] << p["bias_shift"]
        out.append(clamp(round_shift(total, p["shift"]), graph["bits"]))
    return out


def combination(p, column):
    return sum(c * x for c, x in zip(p["coefficients"], column)) + p["constant"]


def add(graph, node, p, inputs, weights):
    return [clamp(round_shift(combination(p, column), p["shift"]), graph["bits"]) for column in zip(*inputs)]


def step(graph, node, p, inputs, weights):
    return [int(combination(p, column) < 0) for column in zip(*inputs)]


def maximum(graph, node, p, inputs, weights):
    return [(min if p["minimum"] else max)(pair) for pair in zip(*inputs)]


def divide(graph, node, p, inputs, weights):
    return [clamp(((x << p["up_shift"] + 1) + y) // (2 * y), graph["bits"]) for x, y in zip(*inputs)]


def constant(graph, node, p, inputs, weights):
    return list(weights[0])


def view(graph, node, p, inputs, weights):
    terms = [p["terms"][i:i + 3] for i in range(0, len(p["terms"]), 3)]
    out = []
    for position in itertools.product(*map(range, p["out_lengths"])):
        at = list(p["offsets"])
        for d, axis, coefficient in terms:
            at[d] += coefficient * position[axis]
        if all(0 <= i < length for i, length in zip(at, p["in_lengths"])):
            index = 0
            for i, length in zip(at, p["in_lengths"]):
                index = index * length + i
            out.append(inputs[0][index])
        else:
            out.append(p["fill"])
    return out


def relu(graph, node, p, inputs, weights):
    return [max(0, x) for x in inputs[0]]


def leaky_relu(graph, node, p, inputs, weights):
    f = p["fraction_bits"]
    return [clamp(round_shift(x * (p["slope"] if x < 0 else 1 << f), p["shift"]), graph["bits"]) for x in inputs[0]]


def clip(graph, node, p, inputs, weights):
    return [min(max(x, p["low"]), p["high"]) for x in inputs[0]]


def function(graph, node, p, inputs, weights):
    table = Pieces.get(p["function"], p["key_bits"], p["low_bits"], p["input_scale_log2"], p["output_scale_log2"],
                       p["slope_shift"])
    return [table(x) for x in inputs[0]]


def concat(graph, node, p, inputs, weights):
    out = []
    for a in range(p["outer"]):
        for x in inputs:
            step = len(x) // p["outer"]
            out += x[a * step:(a + 1) * step]
    return out


def scale(graph, node, p, inputs, weights):
    return list(inputs[0])


def pair(graph, node, p, inputs, weights):
    return [p["one"] - inputs[0][0], inputs[0][0]]


def softmax(graph, node, p, inputs, weights):
    table = Pieces.get(3, p["key_bits"], p["low_bits"], p["input_scale_log2"], -p["exp_bits"], p["slope_shift"])
    last = (1 << p["key_bits"] + p["low_bits"]) - 1
    largest = max(inputs[0])
    exponentials = [(1 << p["exp_bits"]) - table(min(largest - x, last)) for x in inputs[0]]
    total = sum(exponentials)
    # the nearest whole number to 2^P e / S, half up
    return [int((Fraction(e << p["probability_bits"], total) + Fraction(1, 2)) // 1) for e in exponentials]


OPERATORS = {"einsum": einsum, "sum": add, "relu": relu, "maximum": maximum, "step": step, "divide": divide,
             "leaky_relu": leaky_relu, "clip": clip, "function": function, "constant": constant, "view": view,
             "concat": concat, "scale": scale, "pair": pair, "softmax": softmax}


def run(graph, weights, inputs):
    values = [None] * len(graph["values"])
    for entry, integers in zip(graph["inputs"], inputs):
        values[entry["value"]] = integers
    for node in graph["nodes"]:
        mine = [weights[graph["model"][i]["name"]] for i in node["model"]]
        values[node["output"]] = OPERATORS[node["op"]](graph, node, node["parameters"],
                                                       [values[i] for i in node["inputs"]], mine)
    return values


# ---- claims, on exact fractions
def claim_is_true(graph, values):
    output, unit = values[graph["output"]], Fraction(2) ** graph["values"][graph["output"]]["scale_log2"][0]
    ranked = output
    for node in graph["nodes"]:
        if node["output"] == graph["output"] and node["op"] == "softmax":
            ranked = values[node["inputs"][0]]
    for chain in re.split(r"\band\b", graph["claim"]):
        argmax = re.fullmatch(r"\s*argmax\s*==\s*(\d+)\s*", chain)
        if argmax:
            if ranked.index(max(ranked)) != int(argmax[1]):
                return False
            continue
        parts = re.split(r"(<=|>=|<|>)", chain)
        sides = []
        for operand in parts[::2]:
            name = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(?:\[(\d+)\])?\s*", operand)
            if not name:
                sides.append(Fraction(operand.strip()))
            elif name[1] == "score":
                sides.append(output[-1] * unit)
            else:
                sides.append(output[int(name[2] or 0)] * unit)
        for left, sign, right in zip(sides, parts[1::2], sides[1:]):
            if not {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]:
                return False
    return True


def check(folder):
    """The number of integers that agree, or a sentence."""
    graph = json.loads((folder / "graph.json").read_text())
    weights = json.loads((folder / "weights.json").read_text())
    compared = 0
    for number, entry in enumerate(json.loads((folder / "runs.json").read_text())):
        values = run(graph, weights, entry["inputs"])
        for index, (mine, theirs) in enumerate(zip(values, entry["values"], strict=True)):
            if mine != theirs:
                return f"{folder}: run {number}, value {index} ({graph['values'][index]['name']}) differs"
            compared += len(mine)
        if entry["claim"] is not None and entry["claim"] != claim_is_true(graph, values):
            return f"{folder}: run {number}, the claim's truth differs"
    return compared


def main(folders):
    compared = 0
    for folder in folders:
        result = check(Path(folder))
        if isinstance(result, str):
            print(result)
            return 1
        compared += result
    print(f"{compared} integers of {len(folders)} models agree")
    return 0 if compared else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
