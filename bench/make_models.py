"""Networks for the sweeps and the comparison, made from a seed: nothing to download, the same on every machine.

    bench/make_models --out build/bench-models     # a wide perceptron, LeNet-5, and ResNet-18 and VGG-16 for images of
                                                   # 32 x 32 pixels, with rows and two lists for bench/run

The weights are random (He's variance, so that activations keep their size): a prover's cost does not depend on them.
Needs the packages of bench/requirements.txt; the scripts that import it see to that.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from common import ROOT

ROWS = 20


class Network:
    """A graph under construction, one node after the other."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.weights, self.last = [], [], 0, "input"

    def constant(self, name, shape, fan_in):
        values = self.random.normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)
        self.weights += values.size
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def node(self, op, *constants, **attributes):
        out = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, [self.last, *constants], [out], out, **attributes))
        self.last = out

    def matmul(self, inputs, outputs):
        """Of inputs with several rows, which Gemm does not have."""
        index = len(self.nodes)
        self.node("MatMul", self.constant(f"weight_{index}", (inputs, outputs), inputs))
        self.node("Add", self.constant(f"bias_{index}", (outputs,), inputs))

    def gemm(self, inputs, outputs):
        index = len(self.nodes)
        weight = self.constant(f"weight_{index}", (outputs, inputs), inputs)
        bias = self.constant(f"bias_{index}", (outputs,), inputs)
        self.node("Gemm", weight, bias, transB=1)

    def conv(self, inputs, outputs, kernel, stride=1, pad=0):
        index = len(self.nodes)
        fan_in = inputs * kernel * kernel
        weight = self.constant(f"weight_{index}", (outputs, inputs, kernel, kernel), fan_in)
        bias = self.constant(f"bias_{index}", (outputs,), fan_in)
        self.node("Conv", weight, bias, kernel_shape=[kernel, kernel], strides=[stride] * 2, pads=[pad] * 4,
                  dilations=[1, 1], group=1)

    def residual(self, inputs, outputs, stride):
        """Two convolutions, and what they read added to what they say; the batch normalisations are folded."""
        start = self.last
        self.conv(inputs, outputs, 3, stride, pad=1)
        self.node("Relu")
        self.conv(outputs, outputs, 3, pad=1)
        path, self.last = self.last, start
        if stride != 1:
            self.conv(inputs, outputs, 1, stride)
        shortcut, self.last = self.last, path
        self.node("Add", shortcut)
        self.node("Relu")

    def model(self, input_shape, output_shape):
        self.nodes[-1].output[0] = "output"
        graph = helper.make_graph(
            self.nodes, "benchmark", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, *input_shape])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, *output_shape])], self.constants)
        out = helper.make_model(graph, producer_name="veil-bench", opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(out)
        return out


def mlp_input(widths, rows=1):
    return [widths[0]] if rows == 1 else [rows, widths[0]]


def mlp(widths, seed=1, rows=1):
    """A perceptron; with several rows, of an input [1, rows, widths[0]], all proven together."""
    network = Network(seed)
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        if layer:
            network.node("Relu")
        (network.gemm if rows == 1 else network.matmul)(inputs, outputs)
    return network.model(mlp_input(widths, rows), [widths[-1]] if rows == 1 else [rows, widths[-1]])


def lenet(seed=1):
    """LeNet-5 with ReLU and average pooling: 28 x 28 -> 6 -> 16 -> 120 -> 84 -> 10."""
    network = Network(seed)
    for inputs, outputs in ((1, 6), (6, 16)):
        network.conv(inputs, outputs, 5)
        network.node("Relu")
        network.node("AveragePool", kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4)
    network.node("Flatten")
    for inputs, outputs in ((256, 120), (120, 84)):
        network.gemm(inputs, outputs)
        network.node("Relu")
    network.gemm(84, 10)
    return network.model([1, 28, 28], [10])


def vgg16(seed=1):
    """VGG-16 for 32 x 32 pixels: 13 convolutions of 3 x 3, five poolings, 512 -> 512 -> 10."""
    network, channels = Network(seed), 3
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            network.conv(channels, width, 3, pad=1)
            network.node("Relu")
            channels = width
        network.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4)
    network.node("Flatten")
    network.gemm(512, 512)
    network.node("Relu")
    network.gemm(512, 10)
    return network.model([3, 32, 32], [10])


def resnet18(seed=1):
    """ResNet-18 for 32 x 32 pixels: a convolution, eight residual blocks, the mean of each channel, 512 -> 10."""
    network, channels = Network(seed), 64
    network.conv(3, channels, 3, pad=1)
    network.node("Relu")
    for width in (64, 128, 256, 512):
        network.residual(channels, width, 1 if width == channels else 2)
        network.residual(width, width, 1)
        channels = width
    network.node("GlobalAveragePool")
    network.node("Flatten")
    network.gemm(512, 10)
    return network.model([3, 32, 32], [10])


def rows(shape, seed=2, count=ROWS):
    return np.random.default_rng(seed).uniform(0, 1, (count, *shape)).astype(np.float32)


def save(folder, name, model, input_shape, count=ROWS):
    """(path of the model, path of its rows)"""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / f"{name}.onnx")
    np.save(folder / f"{name}.npy", rows(input_shape, count=count))
    return folder / f"{name}.onnx", folder / f"{name}.npy"


def case(name, model, data, *options):
    """A model as bench/run lists it."""
    return {"name": name, "model": str(model), "calibration": str(data), "rows": str(data),
            "options": ["--bits", "16", *options]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build/bench-models")
    folder = parser.parse_args().out.resolve()
    widths = [784, 1024, 1024, 10]
    cases = [case("MLP " + "-".join(map(str, widths)), *save(folder, "wide", mlp(widths), widths[:1]))]
    convolutional = [case("LeNet-5", *save(folder, "lenet", lenet(), [1, 28, 28])),
                     case("ResNet-18", *save(folder, "resnet18", resnet18(), [3, 32, 32], 4), "--without-model"),
                     case("VGG-16", *save(folder, "vgg16", vgg16(), [3, 32, 32], 4), "--without-model")]
    (folder / "convolutional.json").write_text(json.dumps(convolutional, indent=1) + "\n")
    (folder / "models.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
