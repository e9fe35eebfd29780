#!/usr/bin/env python3
"""Do the integers of real tree models decide as onnxruntime does, on every row of real data?

    venv/bin/python tests/compat/trees.py --veil build/release/veil --material ../shared/testdata

trains XGBoost, LightGBM, a random forest and an isolation forest from fixed seeds on every data set (two thirds of
the rows, of which some calibrate), and compares onnxruntime, Veil's float run and the integers on all rows. `--small` is
one data set and few rows. Needs the packages of tests/compat/requirements-trees.txt.
"""

import argparse
import contextlib
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.ensemble import (HistGradientBoostingClassifier, HistGradientBoostingRegressor, IsolationForest,
                              RandomForestClassifier, RandomForestRegressor)
from xgboost import XGBClassifier, XGBRegressor

# name: (target, columns that are no features)
DATA = {
    "credit_default_taiwan": ("default.payment.next.month", ["ID"]),
    "credit_german": ("default", []),
    "insurance_charges": ("expenses", []),
    "ethereum_fraud": ("FLAG", ["Index", "Unnamed: 0", "Address"]),
}
REGRESSIONS = {"insurance_charges"}


MISSING = 0.1  # of the entries, where a model is to see rows without values


def knock_out(x):
    x = x.copy()
    x[np.random.default_rng(1).random(x.shape) < MISSING] = np.nan
    return x


def load(material, name, rows):
    target, left_out = DATA[name]
    table = pd.read_csv(material / "data" / f"{name}.csv")
    y = table.pop(target)
    table = table.drop(columns=[c for c in left_out if c in table.columns])
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            table[column] = pd.factorize(table[column])[0]
    order = np.random.default_rng(0).permutation(len(table))[:rows]  # files may be sorted by the answer
    x = table.fillna(0).to_numpy(dtype=np.float32)[order]
    if name in REGRESSIONS:
        return x, y.to_numpy(dtype=np.float32)[order]
    return x, pd.factorize(y, sort=True)[0].astype(np.int64)[order]


@contextlib.contextmanager
def whole_numbers_in_attributes():
    """skl2onnx gives lists of bools where onnx wants integers."""
    make_attribute = onnx.helper.make_attribute

    def made(key, value, *rest, **named):
        if isinstance(value, (list, np.ndarray)) and len(value) and all(isinstance(each, (bool, np.bool_, int, np.integer)) for each in value):
            value = [int(each) for each in value]
        return make_attribute(key, value, *rest, **named)

    onnx.helper.make_attribute = made
    try:
        yield
    finally:
        onnx.helper.make_attribute = make_attribute


def models(name, x, y, missing):
    """name and ONNX model; where values are missing, of those that take them"""
    regression = name in REGRESSIONS
    common = {"random_state": 0, "n_jobs": 1}
    inputs = [("input", FloatTensorType([None, x.shape[1]]))]
    boosted = {"n_estimators": 100, "max_depth": 6, **common}
    xgboost = (XGBRegressor if regression else XGBClassifier)(**boosted).fit(x, y)
    yield "xgboost", convert_xgboost(xgboost, initial_types=inputs)
    lightgbm = (LGBMRegressor if regression else LGBMClassifier)(deterministic=True, verbose=-1, **boosted).fit(x, y)
    yield "lightgbm", convert_lightgbm(lightgbm, initial_types=inputs, **({} if regression else {"zipmap": False}))
    if missing:
        histogram = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
        fitted = histogram(max_depth=6, random_state=0).fit(x, y)
        with whole_numbers_in_attributes():
            yield "histogram", to_onnx(fitted, x[:1], options=None if regression else {"zipmap": False})
        return
    forest = (RandomForestRegressor if regression else RandomForestClassifier)(n_estimators=50, max_depth=7, **common)
    yield "random forest", to_onnx(forest.fit(x, y), x[:1], options=None if regression else {"zipmap": False})
    isolation = IsolationForest(n_estimators=50, **common).fit(x)
    yield "isolation forest", to_onnx(isolation, x[:1], target_opset={"": 15, "ai.onnx.ml": 3})


def write_rows(path, x):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"f{i}" for i in range(x.shape[1])])
        writer.writerows([[repr(float(v)) for v in row] for row in x])


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def decisions(scores):
    """The larger class; of one score its sign."""
    return scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] > 0


def compare(veil, folder, model, x, train, regression):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    wanted = names[-1]
    truth = np.asarray(session.run([wanted], {session.get_inputs()[0].name: x})[0], dtype=np.float64).reshape(len(x), -1)
    calibration = train[:: max(1, len(train) // 600)]
    write_rows(folder / "calibration.csv", calibration)
    write_rows(folder / "rows.csv", x)
    setup = [veil, "setup", path, "--calibrate", folder / "calibration.csv", "--bits", "16", "--out", folder / "key",
             "--output", wanted]
    code, said = run(setup)
    if code != 0:
        return {"refused": said}
    code, said = run([veil, "evaluate", folder / "key/prover.veil", "--data", folder / "rows.csv", "--outputs",
                      folder / "outputs.csv"])
    if code != 0:
        return {"refused": said}
    table = np.loadtxt(folder / "outputs.csv", delimiter=",", skiprows=1, ndmin=2)
    width = truth.shape[1]
    ours, integers = table[:, 2:2 + width], table[:, 2 + width:]
    other = [] if regression else np.flatnonzero(decisions(truth) != decisions(integers)).tolist()
    largest = np.abs(truth).max()
    return {
        "rows": len(x), "largest": largest, "float run off by": np.abs(truth - ours).max() / largest,
        "integers off by": np.abs(truth - integers).max() / largest,
        "other decisions": [(row, truth[row].tolist(), integers[row].tolist()) for row in other],
        "in order": '"float_order": true' in (folder / "key/graph.json").read_text().replace(":true", ": true"),
    }


def acceptable(result):
    """Scores agree, and a decision differs only where the float model's own scores are as close as rounding is."""
    if "refused" in result or result["float run off by"] > 1e-5 or result["integers off by"] > 2**-9:
        return False
    error = 2 * result["integers off by"] * result["largest"]
    return all(abs(scores[0] - scores[1] if len(scores) > 1 else scores[0]) <= 2 * error
               for _, scores, _ in result["other decisions"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--veil", required=True)
    parser.add_argument("--material", type=pathlib.Path, required=True)
    parser.add_argument("--data", choices=list(DATA), help="one data set instead of all")
    parser.add_argument("--small", action="store_true", help="one data set, 300 rows")
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file for the figures")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    results, failed = [], 0
    chosen = arguments.data or ("credit_german" if arguments.small else None)
    for name, missing in [(name, missing) for name in ([chosen] if chosen else DATA) for missing in (False, True)]:
        x, y = load(arguments.material, name, 300 if arguments.small else None)
        x = knock_out(x) if missing else x
        count = 2 * len(x) // 3
        for kind, model in models(name, x[:count], y[:count], missing):
            with tempfile.TemporaryDirectory() as folder:
                result = compare(arguments.veil, pathlib.Path(folder), model, x, x[:count], name in REGRESSIONS)
            kind += " (missing values)" if missing else ""
            results.append({"data": name, "model": kind, **result})
            good = acceptable(result)
            failed += not good
            print(f"{'ok   ' if good else 'WRONG'} {name}, {kind}: ", end="")
            if "refused" in result:
                print(result["refused"], flush=True)
                continue
            print(f"{result['rows']} rows, {len(result['other decisions'])} other decisions, integers off by "
                  f"{result['integers off by']:.1e}, float run by {result['float run off by']:.1e}"
                  f"{', floats in order' if result['in order'] else ''}", flush=True)
            for row, scores, integers in result["other decisions"][:5]:
                print(f"        row {row}: {scores} {integers}")
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=1))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
