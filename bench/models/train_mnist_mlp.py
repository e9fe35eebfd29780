#!/usr/bin/env python3
"""Trains the digit classifier of the benchmarks (784-128-64-10, ReLU) and writes mnist_mlp.onnx, mnist_rows.npy.

    python bench/models/train_mnist_mlp.py --images t10k-images-idx3-ubyte --labels t10k-labels-idx1-ubyte

The two files are MNIST in the idx format (LeCun, Cortes, Burges; CC BY-SA 3.0). The first four fifths of the images
train, the others test; 20 of those become mnist_rows.npy (float32, 20 x 784, 0..1) and mnist_labels.npy.
"""

import argparse
import pathlib
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

FOLDER = pathlib.Path(__file__).resolve().parent
HIDDEN = (128, 64)
SAMPLE_ROWS = 20


def read_idx(path):
    data = pathlib.Path(path).read_bytes()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)


def onnx_model(model):
    constants, nodes, last = [], [], "image"
    for i, (weight, bias) in enumerate(zip(model.coefs_, model.intercepts_), start=1):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(weight.T, dtype=np.float32), f"weight_{i}"))
        constants.append(numpy_helper.from_array(bias.astype(np.float32), f"bias_{i}"))
        out = "logits" if i == len(model.coefs_) else f"sum_{i}"
        nodes.append(helper.make_node("Gemm", [last, f"weight_{i}", f"bias_{i}"], [out], f"layer_{i}", transB=1))
        if out != "logits":
            nodes.append(helper.make_node("Relu", [out], [f"hidden_{i}"], f"relu_{i}"))
        last = f"hidden_{i}"
    graph = helper.make_graph(
        nodes,
        "mnist_mlp",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 784])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        constants,
    )
    result = helper.make_model(
        graph, producer_name="veil-bench", opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    onnx.checker.check_model(result)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", required=True)
    parser.add_argument("--labels", required=True)
    arguments = parser.parse_args()
    images = read_idx(arguments.images).reshape(-1, 784).astype(np.float32) / 255
    labels = read_idx(arguments.labels).astype(int)
    split = len(images) * 4 // 5
    model = MLPClassifier(HIDDEN, alpha=1e-2, max_iter=100, random_state=3)
    warnings.simplefilter("ignore", ConvergenceWarning)
    model.fit(images[:split], labels[:split])
    print(f"{split} images train; accuracy on the other {len(images) - split}: "
          f"{model.score(images[split:], labels[split:]):.3f}")
    onnx.save(onnx_model(model), FOLDER / "mnist_mlp.onnx")
    np.save(FOLDER / "mnist_rows.npy", images[split : split + SAMPLE_ROWS])
    np.save(FOLDER / "mnist_labels.npy", labels[split : split + SAMPLE_ROWS])


if __name__ == "__main__":
    main()
