"""What is run: a model, its inputs, and the output it should give, from the test material or from onnxruntime."""

import dataclasses
import functools
import json
import pathlib
import re
import typing

import numpy
import onnx

import parameters

NETWORK_GROUPS = ("ezkl", "layer_zoo", "models")
GROUPS = ("nodes", *NETWORK_GROUPS)
NODE_TESTS = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "node"
QUANTISED = {"QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul"}


@dataclasses.dataclass
class Case:
    """One output of one model."""

    group: str
    name: str
    operator: str  # what a table sorts it under: the operator of a node test, a network's name
    output: str
    load: typing.Callable  # -> Loaded; called where the case runs, so that not all models are in memory
    operators: tuple = ()  # all that the model holds

    @property
    def identity(self):
        return f"{self.group}/{self.name}#{self.output}"


@dataclasses.dataclass
class Loaded:
    model: onnx.ModelProto
    inputs: dict  # name: array
    expected: numpy.ndarray
    reference: str  # where `expected` is from


class MaterialError(Exception):
    """The material is not what it should be; the text is a sentence."""


def operators_of(model):
    """Names as the program prints them; subgraphs and functions of the model included."""
    names = set()

    def visit(nodes):
        for node in nodes:
            names.add(node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}:{node.op_type}")
            for attribute in node.attribute:
                for graph in [attribute.g, *attribute.graphs]:
                    visit(graph.node)

    visit(model.graph.node)
    for function in model.functions:
        visit(function.node)
    return tuple(sorted(names))


def free_inputs(model):
    """The inputs that somebody has to give: in old files initialisers are listed among the inputs too."""
    constants = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in constants]


def tensor_outputs(model):
    return [value.name for value in model.graph.output]


# ---- node tests ----


def read_tensor(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return onnx.numpy_helper.to_array(tensor)


def load_node_test(folder, output_index):
    model = onnx.load(folder / "model.onnx")
    data = folder / "test_data_set_0"
    inputs = {value.name: read_tensor(data / f"input_{index}.pb") for index, value in enumerate(model.graph.input)
              if (data / f"input_{index}.pb").exists()}
    return Loaded(model, inputs, read_tensor(data / f"output_{output_index}.pb"), "stored")


def node_cases(material):
    if not NODE_TESTS.is_dir():
        raise MaterialError(f"onnx {onnx.__version__} has no node tests in its wheel; install onnx==1.22.0")
    for test in json.loads((material / "onnx_node" / "tests.json").read_text()):
        folder = NODE_TESTS / test["name"]
        if not folder.is_dir():
            raise MaterialError(f"onnx {onnx.__version__} has no node test {test['name']}; install onnx==1.22.0")
        model = onnx.load(folder / "model.onnx")
        for index, output in enumerate(tensor_outputs(model)):
            if (folder / "test_data_set_0" / f"output_{index}.pb").exists():
                yield Case("nodes", test["name"], test["op"], output,
                           functools.partial(load_node_test, folder, index), operators_of(model))


# ---- networks ----


def plain(name):
    """Names in the stored references are spelled for file systems: ':' and '/' became underscores."""
    return re.sub(r"[^A-Za-z0-9]", "", name)


def stored_reference(folder, model):
    """(inputs, outputs) of ort_io.npz or ref_io.npz by their names in the model."""
    for name in ("ort_io.npz", "ref_io.npz"):
        if not (folder / name).exists():
            continue
        with numpy.load(folder / name) as arrays:
            by_name = {key.split("__", 1)[0] + "/" + plain(key.split("__", 1)[1]): arrays[key] for key in arrays}
        inputs = {value.name: by_name[f"in/{plain(value.name)}"] for value in free_inputs(model)
                  if f"in/{plain(value.name)}" in by_name}
        outputs = {output: by_name[f"out/{plain(output)}"] for output in tensor_outputs(model)
                   if f"out/{plain(output)}" in by_name}
        return inputs, outputs, name
    return {}, {}, None


def declared_shape(value):
    """Axes of any length count as 1."""
    return [dim.dim_value if dim.dim_value > 0 else 1 for dim in value.type.tensor_type.shape.dim]


def data_type(value):
    return onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)


def inputs_of_json(path, model):
    """EZKL's form: one flat list an input."""
    lists = json.loads(path.read_text())["input_data"]
    return {value.name: numpy.array(numbers, numpy.float64).astype(data_type(value)).reshape(declared_shape(value))
            for value, numbers in zip(free_inputs(model), lists)}


def made_up_inputs(model):
    """Numbers in [0, 1), always the same."""
    generator = numpy.random.default_rng(1)
    return {value.name: generator.random(declared_shape(value)).astype(data_type(value))
            for value in free_inputs(model)}


def flat_numbers(result):
    """A list of maps (ZipMap) as the numbers of its maps, side by side."""
    if isinstance(result, list):
        result = [list(entry.values()) if isinstance(entry, dict) else entry for entry in result]
    return numpy.asarray(result)


def run_onnxruntime(model, inputs, output):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return flat_numbers(session.run([output], inputs)[0])


def load_network(path, output):
    model = onnx.load(path)
    inputs, outputs, reference = stored_reference(path.parent, model)
    if len(inputs) != len(free_inputs(model)):
        given = path.parent / "input.json"
        inputs, outputs = (inputs_of_json(given, model) if given.exists() else made_up_inputs(model)), {}
    if output in outputs:
        return Loaded(model, inputs, outputs[output], reference)
    return Loaded(model, inputs, run_onnxruntime(model, inputs, output), "onnxruntime")


def network_cases(material, group):
    for folder in sorted(path for path in (material / group).iterdir() if path.is_dir()):
        for path in sorted(folder.glob("*.onnx")):
            model = onnx.load(path)
            for output in tensor_outputs(model):
                yield Case(group, folder.name, folder.name, output, functools.partial(load_network, path, output),
                           operators_of(model))


def all_cases(material, groups):
    for group in groups:
        yield from node_cases(material) if group == "nodes" else network_cases(material, group)


# ---- the command line's view of a case ----


def free_lengths(model, inputs):
    """NAME=LENGTH for every axis that the model leaves open, as the inputs at hand have it."""
    lengths = {}
    for value in free_inputs(model):
        dims = value.type.tensor_type.shape.dim
        array = inputs.get(value.name)
        if array is None or array.ndim != len(dims):
            continue
        for axis, dim in enumerate(dims):
            if dim.dim_value > 0:
                continue
            key = dim.dim_param or f"{value.name}:{axis}"
            if lengths.get(key, array.shape[axis]) != array.shape[axis]:
                key = f"{value.name}:{axis}"
            lengths[key] = array.shape[axis]
    return [f"{name}={length}" for name, length in lengths.items()]


def with_constants(loaded, level):
    """The case with some of its inputs as constants of the model, and their names; nothing where that is none.

    Parameters may be all that there is; data may not, or the case would show nothing.
    """
    names = parameters.constant_inputs(loaded.model, level) & set(loaded.inputs)
    if not names or (level != "parameters" and names >= set(loaded.inputs)):
        return None, []
    model = onnx.ModelProto()
    model.CopyFrom(loaded.model)
    kept = [value for value in model.graph.input if value.name not in names]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    model.graph.initializer.extend(onnx.numpy_helper.from_array(loaded.inputs[name], name) for name in sorted(names))
    inputs = {name: array for name, array in loaded.inputs.items() if name not in names}
    return dataclasses.replace(loaded, model=model, inputs=inputs), sorted(names)
