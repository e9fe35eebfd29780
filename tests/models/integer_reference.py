#!/usr/bin/env python3
"""The integer semantics of docs/semantics.md once more, in plain Python integers, sharing no code with the product.

usage: integer_reference.py FOLDER...
       integer_reference.py --tables FILE

Each FOLDER holds graph.json (the public quantised graph), weights.json ({"tensor": [integers]}), and runs.json: a list of
{"inputs": [[integers] an input], "values": [[integers] a value of the graph], "claim": true | false | null}. Every value
of every run is computed again and must be equal. Prints the number of integers compared; exit 1 at the first difference.
FILE holds a table a line: {"parameters": [integers], "columns": [[key], [base], [slope]]}.
"""
import itertools
import json
import re
import sys
from decimal import Decimal, getcontext
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

getcontext().prec = 80


def round_shift(value, shift):
    return (value + (1 << shift >> 1)) >> shift


def clamp(value, bits, unsigned=0):
    if unsigned:
        return max(0, min((1 << bits) - 1, value))
    return max(-(1 << bits - 1), min((1 << bits - 1) - 1, value))


def clamp_to(value, low, high):
    return max(low, min(high, value))


# ---- tables of smooth functions, in 80 decimal digits instead of 62-bit integers
ONE, HALF = Decimal(1), Decimal(1) / 2


def power(exponent):
    return Decimal(2) ** exponent


def half_up(value):
    return int((value + HALF).to_integral_value(rounding="ROUND_FLOOR"))


def series(first, ratio):
    """first + first * ratio(1) + first * ratio(1) * ratio(2) + ..."""
    total = term = first
    count = 0
    while term and abs(term) > Decimal(10) ** -90:
        count += 1
        term *= ratio(count)
        total += term
    return total


def exp(x):
    return Decimal(0) if x < -300 else min(x, Decimal(300)).exp()


def arctan(x):
    for _ in range(4):  # arctan x = 2 arctan(x / (1 + sqrt(1 + x^2)))
        x = x / (1 + (1 + x * x).sqrt())
    total, term, odd = x, x, 1
    while abs(term) > Decimal(10) ** -90:
        term *= -x * x
        odd += 2
        total += term / odd
    return 16 * total


PI = 4 * arctan(ONE)


def turned(x):
    """x less a multiple of 2 pi"""
    return x - (x / (2 * PI)).to_integral_value() * 2 * PI


def sine(x):
    x = turned(x)
    return series(x, lambda n: -x * x / (2 * n * (2 * n + 1)))


def cosine(x):
    return sine(x + PI / 2)


def erf(x):
    if abs(x) > 14:
        return ONE.copy_sign(x)
    return 2 / PI.sqrt() * (-x * x).exp() * series(x, lambda n: 2 * x * x / (2 * n + 1))


def sigmoid(x):
    return 1 / (1 + exp(-x))


def tanh(x):
    return 1 - 2 / (1 + exp(2 * x))


def softplus(x):
    return x if x > 200 else (1 + exp(x)).ln()


def arcsine(x):
    return PI / 2 * x if abs(x) == 1 else arctan(x / (1 - x * x).sqrt())


def arsinh(x):
    return (abs(x) + (x * x + 1).sqrt()).ln().copy_sign(x)


def to_the(x, a):
    if a == a.to_integral_value():
        return ONE if a == 0 else x ** int(a)
    if x == 0:
        return x
    if 2 * a == (2 * a).to_integral_value():
        return x.sqrt() ** int(2 * a)
    return exp(a * x.ln())


# by number: (x, alpha, gamma) -> f(x)
FUNCTIONS = {
    1: lambda x, a, g: sigmoid(x),
    2: lambda x, a, g: tanh(x),
    3: lambda x, a, g: 1 - exp(-x),
    4: lambda x, a, g: exp(x),
    5: lambda x, a, g: x.ln(),
    6: lambda x, a, g: x.sqrt(),
    7: lambda x, a, g: 1 / x,
    8: lambda x, a, g: 1 / x.sqrt(),
    9: lambda x, a, g: erf(x),
    10: lambda x, a, g: x * (1 + erf(x / Decimal(2).sqrt())) / 2,
    11: lambda x, a, g: x * (1 + tanh((2 / PI).sqrt() * (x + Decimal("0.044715") * x ** 3))) / 2,
    12: lambda x, a, g: x * sigmoid(a * x),
    13: lambda x, a, g: softplus(x),
    14: lambda x, a, g: x / (1 + abs(x)),
    15: lambda x, a, g: x * tanh(softplus(x)),
    16: lambda x, a, g: x if x > 0 else a * (exp(x) - 1),
    17: lambda x, a, g: x if x > 0 else a * (exp(x / a) - 1),
    18: lambda x, a, g: g * (x if x > 0 else a * (exp(x) - 1)),
    19: lambda x, a, g: x * max(0, min(6, x + 3)) / 6,
    20: lambda x, a, g: sine(x),
    21: lambda x, a, g: cosine(x),
    22: lambda x, a, g: sine(x) / cosine(x),
    23: lambda x, a, g: arcsine(x),
    24: lambda x, a, g: PI / 2 - arcsine(x),
    25: lambda x, a, g: arctan(x),
    26: lambda x, a, g: (exp(x) - exp(-x)) / 2,
    27: lambda x, a, g: (exp(x) + exp(-x)) / 2,
    28: lambda x, a, g: arsinh(x),
    29: lambda x, a, g: (x + (x * x - 1).sqrt()).ln(),
    30: lambda x, a, g: ((1 + x) / (1 - x)).ln() / 2,
    31: lambda x, a, g: to_the(x, a),
}


def domain(function, unit, alpha):
    """Least and largest x with a value, and what stands for 0 (None: 0 itself)."""
    whole, negative = alpha == alpha.to_integral_value(), alpha < 0
    if function in (5, 8) or function == 31 and not whole and negative:
        return unit, None, None
    if function == 6 or function == 31 and not whole:
        return Decimal(0), None, None
    if function == 7 or function == 31 and negative:
        return None, None, unit
    if function in (23, 24):
        return -ONE, ONE, None
    if function == 29:
        return ONE, None, None
    if function == 30:
        end = 1 - min(unit, HALF)
        return -end, end, None
    return None, None, None


class Pieces:
    cache = {}

    def __init__(self, function, key_bits, low_bits, input_scale, output_scale, slope_shift, output_bits=0, alpha=0,
                 gamma=0):
        self.low_bits, self.shift = low_bits, slope_shift
        self.first = 0 if function == 3 else -(1 << key_bits - 1)
        self.keys = range(self.first, self.first + (1 << key_bits))
        if output_bits:
            alpha, gamma = alpha * power(-32), gamma * power(-32)
            self.rows = self.bounded(function, input_scale, output_scale, output_bits, alpha, gamma)
        else:
            self.rows = self.unbounded(FUNCTIONS[function], input_scale, output_scale)

    def unbounded(self, f, input_scale, output_scale):
        f, width = (lambda x, f=f: f(x, 0, 0)), power(self.low_bits + input_scale)
        rows = []
        for key in self.keys:
            start, end = f(key * width), f((key + 1) * width)
            if self.low_bits == 0:
                rows.append((half_up(start / power(output_scale)), 0))
                continue
            raised = start + (f(key * width + width / 2) - (start + end) / 2) / 2
            slope = half_up((end - start) / power(output_scale) * power(self.shift - self.low_bits))
            rows.append((half_up(raised / power(output_scale)), max(0, slope)))

        # no piece may end above the next one's start
        for i in range(len(rows) - 1) if self.low_bits else ():
            (base, slope), following = rows[i], rows[i + 1][0]
            while slope and self.value(base, slope, -1) > max(base, following):
                slope -= 1
            rows[i] = (base, slope)
        return rows

    def value(self, base, slope, low):
        return base + round_shift(slope * (low & (1 << self.low_bits) - 1), self.shift)

    def bounded(self, function, input_scale, output_scale, output_bits, alpha, gamma):
        unit = power(input_scale)
        first, last, zero = domain(function, unit, alpha)

        def grid(z):
            x = z * unit
            x = x if first is None else max(x, first)
            x = x if last is None else min(x, last)
            x = zero if x == 0 and zero is not None else x
            return clamp_to(half_up(FUNCTIONS[function](x, alpha, gamma) * power(24 - output_scale)),
                            -1 << output_bits + 23, (1 << output_bits + 23) - (1 << 24))

        size = 1 << self.low_bits
        if size == 1:
            return [(round_shift(grid(key), 24), 0) for key in self.keys]
        points = [grid(half * size // 2) for half in range(2 * self.keys[0], 2 * self.keys[-1] + 3)]
        low, high = round_shift(min(points), 24), round_shift(max(points), 24)
        bases, slopes = [], []
        for start, middle, end in zip(points[::2], points[1::2], points[2::2]):
            bend = 2 * middle - start - end
            raised = start + (bend // 4 if bend > 0 else -(-bend // 4))
            bases.append(clamp_to(round_shift(raised, 24), low, high))
            slopes.append(round_shift(end - start, 24 + self.low_bits - self.shift))
        steps = [b - a for a, b in zip(points, points[1:])]
        least, largest = -128, 127
        if min(steps) >= 0:
            bases, least, largest = list(accumulate(bases, max)), 0, 255
        elif max(steps) <= 0:
            bases = list(accumulate(bases, min))
        # no piece leaves the range, moves by more than a byte, or passes the next one's start
        for i, base in enumerate(bases):
            floor, ceiling = max(low, base + least), min(high, base + largest)
            if i + 1 < len(bases):
                floor = max(floor, min(base, bases[i + 1]))
                ceiling = min(ceiling, max(base, bases[i + 1]))
            slopes[i] = self.slope_within(base, slopes[i], floor, ceiling)
        return list(zip(bases, slopes))

    def slope_within(self, base, slope, floor, ceiling):
        """The slope nearest to the given one at which the piece's last value is within the bounds, by bisection."""
        if floor <= self.value(base, slope, -1) <= ceiling:
            return slope
        good, bad = 0, slope
        while abs(good - bad) > 1:
            middle = good + (bad - good) // 2
            if floor <= self.value(base, middle, -1) <= ceiling:
                good = middle
            else:
                bad = middle
        return good

    def __call__(self, z):
        return self.value(*self.rows[(z >> self.low_bits) - self.first], z)

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
        out.append(clamp(round_shift(total, p["shift"]), graph["bits"], p["relu"]))
    return out


def combination(p, column):
    return sum(c * x for c, x in zip(p["coefficients"], column)) + p["constant"]


def add(graph, node, p, inputs, weights):
    return [clamp(round_shift(combination(p, column), p["shift"]), graph["bits"], p["relu"])
            for column in zip(*inputs)]


def step(graph, node, p, inputs, weights):
    return [int(combination(p, column) < 0) for column in zip(*inputs)]


def threshold(graph, node, p, inputs, weights):
    (selection, addend), n = weights, p["features"]
    rows = [inputs[0][r * n:(r + 1) * n] for r in range(p["rows"])]
    return [int(sum(s * x for s, x in zip(selection[m * n:(m + 1) * n], row)) + z < 0)
            for row in rows for m, z in enumerate(addend)]


def path_threshold(graph, node, p, inputs, weights):
    (selection, addend), (x, here) = weights, inputs
    features, places, comparisons, trees = p["features"], p["places"], p["comparisons"], p["trees"]

    def value(r, n, t):
        total = 0
        for place in range(places):
            m = (place * comparisons + n) * trees + t
            row = sum(selection[m * features + f] * x[r * features + f] for f in range(features))
            total += here[(r * places + place) * trees + t] * (row + addend[m])
        return total
    return [int(value(r, n, t) < 0) for r in range(p["rows"]) for n in range(comparisons) for t in range(trees)]


def maximum(graph, node, p, inputs, weights):
    return [(min if p["minimum"] else max)(pair) for pair in zip(*inputs)]


def divide(graph, node, p, inputs, weights):
    half = 0 if p["floor"] else 1
    return [clamp(((x << p["up_shift"] + 1) + half * y) // (2 * y), graph["bits"]) for x, y in zip(*inputs)]


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
                       p["slope_shift"], p.get("output_bits", 0), p.get("alpha", 0), p.get("gamma", 0))
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
             "concat": concat, "scale": scale, "pair": pair, "softmax": softmax,
             "threshold": threshold, "path_threshold": path_threshold}


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
def are_true(sides, signs):
    return all({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]
               for left, sign, right in zip(sides, signs, sides[1:]))


def number_of(operand, output, unit):
    name = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(?:\[(\d+)\])?\s*", operand)
    if not name:
        return Fraction(operand.strip())
    return (output[-1] if name[1] == "score" else output[int(name[2] or 0)]) * unit


def predicate_is_true(text, output, ranked, unit):
    """Of one row's output."""
    for chain in re.split(r"\band\b", text):
        argmax = re.fullmatch(r"\s*argmax\s*==\s*(\d+)\s*", chain)
        if argmax:
            if ranked.index(max(ranked)) != int(argmax[1]):
                return False
            continue
        parts = re.split(r"(<=|>=|<|>)", chain)
        if not are_true([number_of(operand, output, unit) for operand in parts[::2]], parts[1::2]):
            return False
    return True


def rows_number(word, inside, rows, unit):
    """What a call such as count(score >= 0.5) is, of all rows."""
    if word in ("mean", "sum"):
        total = sum(number_of(inside, row, unit) for row in rows)
        return total / len(rows) if word == "mean" else total
    count = sum(predicate_is_true(inside, row, row, unit) for row in rows)
    return count if word == "count" else count == len(rows)


def claim_of_rows_is_true(text, rows, unit):
    calls = []

    def take(call):
        calls.append(rows_number(call[1], call[2], rows, unit))
        return f"@{len(calls) - 1}"

    for chain in re.split(r"\band\b", re.sub(r"\b(all|count|mean|sum)\s*\(([^()]*)\)", take, text)):
        parts = [part.strip() for part in re.split(r"(<=|>=|<|>)", chain)]
        numbers = [calls[int(part[1:])] if part[0] == "@" else Fraction(part) for part in parts[::2]]
        if numbers == [False] or not are_true(numbers, parts[1::2]):
            return False
    return True


def claim_is_true(graph, values):
    output, unit = values[graph["output"]], Fraction(2) ** graph["values"][graph["output"]]["scale_log2"][0]
    batch = graph.get("batch", 1)
    if batch > 1:
        size = len(output) // batch
        return claim_of_rows_is_true(graph["claim"], [output[i:i + size] for i in range(0, len(output), size)], unit)
    ranked = output
    for node in graph["nodes"]:
        if node["output"] == graph["output"] and node["op"] == "softmax":
            ranked = values[node["inputs"][0]]
    return predicate_is_true(graph["claim"], output, ranked, unit)


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


def check_tables(file):
    compared = 0
    for line in Path(file).read_text().splitlines():
        table = json.loads(line)
        mine = Pieces(*table["parameters"])
        theirs = list(zip(*table["columns"]))
        if [(key, *row) for key, row in zip(mine.keys, mine.rows, strict=True)] != theirs:
            row = next((i for i, key in enumerate(mine.keys) if (key, *mine.rows[i]) != theirs[i]))
            print(f"{table['parameters']}: row {row} is {theirs[row]}, not {mine.rows[row]}")
            return 1
        compared += len(theirs)
    print(f"{compared} rows of tables agree")
    return 0 if compared else 1


def main(folders):
    if folders[0] == "--tables":
        return check_tables(folders[1])
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
