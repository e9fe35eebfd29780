"""Fitted models as ONNX bytes. The converters are packages of their own, asked for only when they are needed."""

from __future__ import annotations

import importlib
import os
import pathlib
import sys
import tempfile
from typing import Any, Optional

from veil.errors import InputError, MissingExtra, VeilError

_EXTRA = {"skl2onnx": "sklearn", "onnxmltools": "boosting", "torch": "torch", "tf2onnx": "keras"}


def _converter(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtra(f"A {what} model is converted by {name}, which is not installed; install it by "
                           f"pip install 'veil[{_EXTRA[name]}]'.") from None


def _module_of(model: object) -> Optional[str]:
    """The package of its class, or of a class above it."""
    known = ("sklearn", "xgboost", "lightgbm", "torch", "keras", "tensorflow")
    for each in type(model).__mro__:
        package = each.__module__.split(".")[0]
        if package in known:
            return package
    return None


def _sample(rows: Any) -> Any:
    import numpy
    return numpy.asarray(rows.to_numpy() if hasattr(rows, "to_numpy") else rows, dtype=numpy.float32)


def _from_sklearn(model: Any, rows: Any) -> Any:
    skl2onnx = _converter("skl2onnx", "scikit-learn")
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    options = {id(last): {"zipmap": False}} if hasattr(last, "predict_proba") else None
    return skl2onnx.to_onnx(model, _sample(rows)[:1], options=options, target_opset={"": 17, "ai.onnx.ml": 3})


def _from_boosting(model: Any, rows: Any, package: str) -> Any:
    tools = _converter("onnxmltools", package)
    types = importlib.import_module("onnxmltools.convert.common.data_types")
    inputs = [("input", types.FloatTensorType([None, _sample(rows).shape[1]]))]
    convert = tools.convert_xgboost if package == "xgboost" else tools.convert_lightgbm
    more = {} if package == "xgboost" else {"zipmap": False}
    return convert(model, initial_types=inputs, target_opset=15, **more)


def _from_torch(model: Any, rows: Any) -> bytes:
    torch = _converter("torch", "PyTorch")
    sample = torch.from_numpy(_sample(rows)[:1])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(model.eval(), (sample,), path, opset_version=17, dynamo=False)
        return pathlib.Path(path).read_bytes()


def _from_keras(model: Any, rows: Any) -> Any:
    keras = sys.modules.get("keras")  # since the model is one of its
    if keras is not None and getattr(keras, "backend", None) and keras.backend.backend() == "torch":
        return _from_torch(model, rows)  # such a model is one of PyTorch, too
    tf2onnx = _converter("tf2onnx", "Keras")
    tensorflow = importlib.import_module("tensorflow")
    signature = [tensorflow.TensorSpec([1, *_sample(rows).shape[1:]], tensorflow.float32, name="input")]
    run = tensorflow.function(lambda rows: model(rows, training=False))  # names of Keras 3's outputs are not known to it
    return tf2onnx.convert.from_function(run, input_signature=signature, opset=17)[0]


def _converted(model: Any, rows: Any, package: str) -> Any:
    """What a converter raises, of any kind and length, is a sentence: it could not."""
    try:
        if package == "sklearn":
            return _from_sklearn(model, rows)
        if package in ("xgboost", "lightgbm"):
            return _from_boosting(model, rows, package)
        return _from_torch(model, rows) if package == "torch" else _from_keras(model, rows)
    except (VeilError, MemoryError):
        raise
    except Exception as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"This {type(model).__qualname__} could not be converted to ONNX (is it fitted, and do the "
                         f"converter's and the library's versions fit?): {said[:300]}") from None


def class_names(model: Any) -> list[str]:
    """The names of a fitted classifier's classes in the order of its scores; none where they are numbers."""
    names = list(getattr(model, "classes_", ())) if _module_of(model) in ("sklearn", "xgboost", "lightgbm") else []
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else []


def onnx_bytes(model: Any, rows: Any) -> bytes:
    """ONNX bytes of a path, of bytes, of a ModelProto, or of a fitted model; `rows` are like those to come."""
    if isinstance(model, (str, os.PathLike)):
        try:
            return pathlib.Path(model).read_bytes()
        except OSError as error:
            raise InputError(f"The model file cannot be read: {error.strerror}: {os.fspath(model)!r}.") from None
    if isinstance(model, (bytes, bytearray, memoryview)):
        return bytes(model)
    package = _module_of(model)
    if package is not None:
        model = _converted(model, rows, package)
    if isinstance(model, bytes):
        return model
    if hasattr(model, "SerializeToString"):
        return bytes(model.SerializeToString())
    raise InputError(f"A model of type {type(model).__qualname__} is none of: a path or the bytes of an ONNX file, an "
                     "ONNX model, or a fitted model of scikit-learn, XGBoost, LightGBM, PyTorch or Keras.")
