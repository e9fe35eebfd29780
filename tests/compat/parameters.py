"""Which inputs of a model are constants wherever the operator is really used.

Node tests hand everything over as an input, the shape of a Reshape and the scale of a quantisation included. A circuit
has fixed shapes, so such a test is also run with these inputs as constants of the model; the report says so.
"""

_REDUCTIONS = ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
               "ReduceProd", "ReduceSum", "ReduceSumSquare")
# Positions of the inputs that fix shapes, axes, bounds, or how numbers are stored.
PARAMETERS = {
    **{name: (1,) for name in _REDUCTIONS},
    "CenterCropPad": (1,), "Clip": (1, 2), "ConstantOfShape": (0,), "ConvInteger": (2, 3), "CumSum": (1,),
    "DequantizeLinear": (1, 2), "Dropout": (1, 2), "Expand": (1,), "GRU": (4,), "LSTM": (4,), "Loop": (0, 1),
    "MatMulInteger": (2, 3), "OneHot": (1, 2), "Pad": (1, 2, 3), "QLinearConv": (1, 2, 4, 5, 6, 7),
    "QLinearMatMul": (1, 2, 4, 5, 6, 7), "QuantizeLinear": (1, 2), "RNN": (4,), "Range": (0, 1, 2), "Reshape": (1,),
    "Resize": (1, 2, 3), "ReverseSequence": (1,), "Slice": (1, 2, 3, 4), "Split": (1,), "Squeeze": (1,), "Tile": (1,),
    "TopK": (1,), "Trilu": (1,), "Unsqueeze": (1,), "Upsample": (1,),
}
# Their outputs depend on an input's shape, not on its numbers.
_SHAPE_ONLY = {"Shape", "Size"}
LEVELS = ("none", "parameters", "weights")


def _sources(name, producers, found, seen):
    """The names without a producer from which `name` is computed."""
    if name in seen:
        return
    seen.add(name)
    if name not in producers:
        found.add(name)
    elif producers[name].op_type not in _SHAPE_ONLY:
        for each in producers[name].input:
            _sources(each, producers, found, seen)


def parameter_inputs(model):
    nodes = model.graph.node
    producers = {output: node for node in nodes for output in node.output}
    found, seen = set(), set()
    for node in nodes:
        for position in PARAMETERS.get(node.op_type, ()):
            if position < len(node.input) and node.input[position]:
                _sources(node.input[position], producers, found, seen)
    return found


def constant_inputs(model, level):
    """Names of the inputs that `level` turns into constants: 'parameters', or 'weights': all inputs but one."""
    if level == "none":
        return set()
    fixed = parameter_inputs(model)
    if level == "parameters":
        return fixed
    names = [value.name for value in model.graph.input]
    first = next((name for name in names if name not in fixed), None)
    return {name for name in names if name != first}
