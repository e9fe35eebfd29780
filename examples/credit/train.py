#!/usr/bin/env python3
"""Trains the credit model of this folder and writes it as credit.onnx, with the files that the demo uses.

    python3 -m venv .venv && .venv/bin/pip install -r examples/credit/requirements.txt
    .venv/bin/python examples/credit/train.py

Reads training.csv and applicants_labelled.csv (see README.md for where they come from). Writes credit.onnx,
calibration.csv (rows of the training data, without the answer) and applicants.csv (the held-out rows, without it).
The model takes an applicant's raw figures: the normalisation is its first two operators.
"""

import csv
import pathlib
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.neural_network import MLPClassifier

FOLDER = pathlib.Path(__file__).resolve().parent
ANSWER = "repaid"
HIDDEN = (64, 32)
SEED = 7
CALIBRATION_ROWS = 600


def read_table(path):
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], np.array(rows[1:], dtype=np.float64)


def split_answer(header, table):
    at = header.index(ANSWER)
    columns = [i for i in range(len(header)) if i != at]
    return [header[i] for i in columns], table[:, columns], table[:, at].astype(int)


def write_features(path, names, features):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([f"{value:.0f}" for value in row] for row in features)


def train(features, answers):
    mean = features.mean(axis=0)
    deviation = features.std(axis=0)
    model = MLPClassifier(HIDDEN, alpha=1.0, learning_rate_init=1e-3, max_iter=60, random_state=SEED)
    warnings.simplefilter("ignore", ConvergenceWarning)  # 60 passes are enough
    model.fit((features - mean) / deviation, answers)
    return mean, deviation, model


def onnx_model(mean, deviation, model):
    def constant(name, array):
        return numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name)

    constants = [constant("mean", mean), constant("deviation", deviation)]
    nodes = [
        helper.make_node("Sub", ["applicant", "mean"], ["centred"], "centre"),
        helper.make_node("Div", ["centred", "deviation"], ["normal"], "normalise"),
    ]
    last = "normal"
    for i, (weight, bias) in enumerate(zip(model.coefs_, model.intercepts_), start=1):
        constants += [constant(f"weight_{i}", weight.T), constant(f"bias_{i}", bias)]
        nodes.append(
            helper.make_node("Gemm", [last, f"weight_{i}", f"bias_{i}"], [f"sum_{i}"], f"layer_{i}", transB=1)
        )
        last = f"sum_{i}"
        if i < len(model.coefs_):
            nodes.append(helper.make_node("Relu", [last], [f"hidden_{i}"], f"relu_{i}"))
            last = f"hidden_{i}"
    nodes.append(helper.make_node("Sigmoid", [last], ["score"], "sigmoid"))
    graph = helper.make_graph(
        nodes,
        "credit",
        [helper.make_tensor_value_info("applicant", TensorProto.FLOAT, ["batch", len(mean)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch", 1])],
        constants,
    )
    result = helper.make_model(
        graph, producer_name="veil-example", opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    onnx.checker.check_model(result)
    return result


def scores(model, mean, deviation, features):
    return model.predict_proba((features - mean) / deviation)[:, 1]


def main():
    names, features, answers = split_answer(*read_table(FOLDER / "training.csv"))
    held_names, held_features, held_answers = split_answer(*read_table(FOLDER / "applicants_labelled.csv"))
    assert names == held_names
    mean, deviation, model = train(features, answers)
    onnx.save(onnx_model(mean, deviation, model), FOLDER / "credit.onnx")
    write_features(FOLDER / "calibration.csv", names, features[:CALIBRATION_ROWS])
    write_features(FOLDER / "applicants.csv", names, held_features)

    held_scores = scores(model, mean, deviation, held_features)
    print(f"{len(features)} training rows, {len(held_features)} applicants held out")
    print(f"accuracy at 0.5: {accuracy_score(held_answers, held_scores >= 0.5):.3f}  "
          f"area under the curve: {roc_auc_score(held_answers, held_scores):.3f}")
    approved = held_scores >= 0.75
    print(f"score >= 0.75 approves {approved.sum()} of {len(approved)}; of those {held_answers[approved].mean():.1%} "
          f"repaid, of the others {held_answers[~approved].mean():.1%}")


if __name__ == "__main__":
    main()
