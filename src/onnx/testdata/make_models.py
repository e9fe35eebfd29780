"""Writes the small models of this folder, as the real exporters write them, with what onnxruntime computes.

    pip install numpy scikit-learn==1.9.1 skl2onnx==1.20.0 onnx==1.22.0 onnxruntime==1.32.0 torch==2.15.0 onnxscript
    python make_models.py

NAME.onnx is the model, NAME.npz one row: in__INPUT and out__OUTPUT. Weights are random or barely trained: only the
form of the files matters. Every model is written by this script; there is no third-party data in it.
"""

import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skl2onnx import to_onnx

HERE = pathlib.Path(__file__).parent
RANDOM = np.random.default_rng(1)
warnings.filterwarnings("ignore")
torch.manual_seed(1)


def row(shape, element_type):
    if "float" in element_type:
        return RANDOM.normal(size=shape).astype(np.float32)
    return RANDOM.integers(0, 5, size=shape).astype(np.int64)


def save(name, model):
    """Stores the model and one row through it."""
    onnx.save(model, HERE / f"{name}.onnx")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds = {}
    for value in session.get_inputs():
        shape = [length if isinstance(length, int) else 1 for length in value.shape]
        feeds[value.name] = row(shape, value.type)
    arrays = {"in__" + key: value for key, value in feeds.items()}
    for value, result in zip(session.get_outputs(), session.run(None, feeds)):
        if isinstance(result, list):  # ZipMap: a list of maps from class to probability
            result = np.array([list(entry.values()) for entry in result], dtype=np.float32)
        if result.dtype.kind in "fiub":
            arrays["out__" + value.name] = result
    np.savez_compressed(HERE / f"{name}.npz", **arrays)
    operators = " ".join(node.op_type for node in model.graph.node)
    print(f"{name}: {(HERE / (name + '.onnx')).stat().st_size} bytes: {operators}")


def sklearn_models():
    x = RANDOM.normal(size=(200, 5)).astype(np.float32)
    two = (x.sum(axis=1) > 0).astype(int)
    three = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    words = np.array(["bad", "fair", "good"])[three]
    raw = {"zipmap": False}

    def mlp(**options):
        return MLPClassifier(hidden_layer_sizes=(6, 4), max_iter=20, random_state=1, **options)

    binary = mlp().fit(x, two)
    save("sklearn_binary", to_onnx(binary, x[:1]))
    save("sklearn_binary_no_zipmap", to_onnx(binary, x[:1], options=raw))
    save("sklearn_multiclass", to_onnx(mlp(activation="tanh").fit(x, three), x[:1]))
    save("sklearn_text_labels", to_onnx(mlp(activation="logistic").fit(x, words), x[:1]))
    regressor = MLPRegressor(hidden_layer_sizes=(6,), max_iter=20, random_state=1).fit(x, x.sum(axis=1))
    save("sklearn_regressor", to_onnx(regressor, x[:1]))
    save("sklearn_scaled", to_onnx(make_pipeline(StandardScaler(), mlp()).fit(3 * x + 1, two), x[:1]))
    save("sklearn_logistic", to_onnx(LogisticRegression().fit(x, two), x[:1]))


class Normalised(torch.nn.Module):
    """Inputs scaled by constants, the usual layers, classes by softmax."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.randn(5))
        self.register_buffer("deviation", torch.rand(5) + 0.5)
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(5, 8), torch.nn.BatchNorm1d(8), torch.nn.LeakyReLU(0.1), torch.nn.Dropout(0.3),
            torch.nn.Linear(8, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3), torch.nn.Softmax(dim=1))

    def forward(self, x):
        return self.layers((x - self.mean) / self.deviation)


class Image(torch.nn.Module):
    """A picture made flat by its own shape, which the exporters write as Shape, Gather, Concat, Reshape."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(16, 6)
        self.second = torch.nn.Linear(6, 2)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        x = torch.clamp(self.first(x), 0, 6)
        return torch.sigmoid(self.second(x).unsqueeze(1)).squeeze(1)


class TwoInputs(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.last = torch.nn.Linear(7, 1, bias=False)

    def forward(self, person, loan):
        return self.last(torch.relu(torch.cat([person, loan * 2], dim=1)))


def torch_models():
    cases = {
        "mlp": (torch.nn.Sequential(torch.nn.Linear(5, 6), torch.nn.ReLU(), torch.nn.Linear(6, 1)), (torch.randn(2, 5),)),
        "normalised": (Normalised(), (torch.randn(2, 5),)),
        "image": (Image(), (torch.randn(2, 1, 4, 4),)),
        "two_inputs": (TwoInputs(), (torch.randn(2, 4), torch.randn(2, 3))),
    }
    for name, (module, example) in cases.items():
        module.eval()
        path = HERE / f"torch_{name}.onnx"
        batch = torch.export.Dim("batch")
        torch.onnx.export(module, example, path, dynamo=True, external_data=False, verbose=False,
                          dynamic_shapes=[{0: batch} for _ in example])
        save(f"torch_{name}", onnx.load(path))
        script_path = HERE / f"torch_{name}_script.onnx"
        names = [f"input_{i}" for i in range(len(example))]
        torch.onnx.export(module, example, script_path, dynamo=False, input_names=names,
                          dynamic_axes={key: {0: "batch"} for key in names})
        save(f"torch_{name}_script", onnx.load(script_path))


if __name__ == "__main__":
    sklearn_models()
    torch_models()
