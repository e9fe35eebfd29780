#!/usr/bin/env python3
"""Trains the four models of this folder on the data of examples/credit, and writes them as ONNX.

    python3 -m venv venv && venv/bin/pip install -r examples/trees/requirements.txt
    venv/bin/python examples/trees/train.py
"""

import csv
import pathlib

import numpy as np
import onnxruntime
from lightgbm import LGBMClassifier
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent / "credit"


def read(name):
    with open(DATA / name, newline="") as file:
        rows = list(csv.reader(file))[1:]
    table = np.array(rows, dtype=np.float32)
    return table[:, :-1], table[:, -1].astype(np.int64)


def scikit_learn(model, x):
    return to_onnx(model, x[:1], options={"zipmap": False})


def lightgbm(model, x):
    return convert_lightgbm(model, initial_types=inputs(x), zipmap=False)


def xgboost(model, x):
    return convert_xgboost(model, initial_types=inputs(x))


def inputs(x):
    return [("input", FloatTensorType([None, x.shape[1]]))]


MODELS = {
    "xgboost": (XGBClassifier(n_estimators=100, max_depth=6, learning_rate=0.1, random_state=0, n_jobs=1), xgboost),
    "lightgbm": (LGBMClassifier(n_estimators=100, max_depth=6, num_leaves=24, learning_rate=0.05, random_state=0, n_jobs=1,
                                deterministic=True, verbose=-1), lightgbm),
    "forest": (RandomForestClassifier(n_estimators=50, max_depth=6, random_state=0), scikit_learn),
    "logistic": (make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), scikit_learn),
}


def main():
    x, y = read("training.csv")
    held_out, answers = read("applicants_labelled.csv")
    for name, (model, convert) in MODELS.items():
        model.fit(x, y)
        onnx_model = convert(model, x)
        path = HERE / f"{name}.onnx"
        path.write_bytes(onnx_model.SerializeToString())
        session = onnxruntime.InferenceSession(str(path))
        label = session.run(None, {session.get_inputs()[0].name: held_out})[0]
        print(f"{name}: {path.stat().st_size / 1024:.0f} KB, accuracy {np.mean(label == answers):.1%} on held-out applicants")


if __name__ == "__main__":
    main()
