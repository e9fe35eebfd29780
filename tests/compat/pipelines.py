#!/usr/bin/env python3
"""Which models of scikit-learn, XGBoost and LightGBM are proven as people write and convert them?

    venv/bin/python tests/compat/pipelines.py --veil build/release/veil [--small] [--only REGEX] [--markdown FILE]

fits each model of the list on data that scikit-learn has with it (fixed seeds), converts it with skl2onnx or onnxmltools,
sets it up, proves and verifies a row, and compares onnxruntime, Veil's float run and the integers on all rows. Of each it
says one of: proven; refused, with the sentence; no converter; WRONG, where the float run gives other numbers than
onnxruntime, or other decisions that are no ties. Needs the packages of tests/compat/requirements-trees.txt.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnxruntime
from lightgbm import LGBMClassifier, LGBMRegressor
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn import (calibration, cluster, compose, decomposition, discriminant_analysis, ensemble, gaussian_process,
                     impute, linear_model, multiclass, multioutput, naive_bayes, neighbors, neural_network,
                     preprocessing, svm, tree)
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline
from xgboost import XGBClassifier, XGBRegressor

OPSETS = {"": 17, "ai.onnx.ml": 3}


def missing(x):
    x = x.copy()
    x[np.random.default_rng(3).random(x.shape) < 0.1] = np.nan
    return x


def data_sets():
    two, three, real = load_breast_cancer(), load_iris(), load_diabetes()
    wine = load_wine()
    out = {"two": (two.data[:, :12], two.target), "three": (three.data, three.target), "wine": (wine.data, wine.target),
           "real": (real.data * 20, real.target / 50)}
    out = {name: (x.astype(np.float32), y) for name, (x, y) in out.items()}
    out["gaps"] = (missing(out["two"][0]), out["two"][1])
    whole = np.random.default_rng(0).integers(0, 4, size=(400, 3))
    out["levels"] = (np.hstack([whole, out["two"][0][:400, :3]]).astype(np.float32),
                     (whole[:, 0] + whole[:, 1] % 2 > 2).astype(int))
    out["counts"] = (whole.astype(np.float32), (whole[:, 0] > 1).astype(int))
    return out


def scaled(model):
    return make_pipeline(preprocessing.StandardScaler(), model)


def models():
    """name: (data, model); those of --small end in a star"""
    logistic = lambda **kw: linear_model.LogisticRegression(max_iter=2000, **kw)
    p, e = preprocessing, ensemble
    forest = {"n_estimators": 20, "max_depth": 5, "random_state": 0}
    kinds = [("a", make_pipeline(p.OneHotEncoder(handle_unknown="ignore")), [0, 1, 2]),
             ("b", make_pipeline(impute.SimpleImputer(), p.StandardScaler()), [3, 4, 5])]
    return {
        # linear models and scalers
        "logistic regression*": ("two", scaled(logistic())),
        "logistic regression, three classes*": ("three", scaled(logistic())),
        "min-max scaler, logistic regression": ("two", make_pipeline(p.MinMaxScaler(), logistic())),
        "max-abs scaler, logistic regression": ("two", make_pipeline(p.MaxAbsScaler(), logistic())),
        "robust scaler, logistic regression": ("two", make_pipeline(p.RobustScaler(), logistic())),
        "normalizer, logistic regression": ("three", make_pipeline(p.Normalizer(), logistic())),
        "binarizer, logistic regression": ("two", make_pipeline(p.Binarizer(threshold=14), logistic())),
        "power transformer, logistic regression": ("two", make_pipeline(p.PowerTransformer(), logistic())),
        "quantile bins, logistic regression": ("three", make_pipeline(p.KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf"), logistic())),
        "polynomial features, logistic regression*": ("three", make_pipeline(p.StandardScaler(), p.PolynomialFeatures(2), logistic())),
        "principal components, logistic regression*": ("two", make_pipeline(p.StandardScaler(), decomposition.PCA(4), logistic())),
        "best features, logistic regression": ("two", make_pipeline(SelectKBest(k=5), p.StandardScaler(), logistic())),
        "imputer, scaler, logistic regression*": ("gaps", make_pipeline(impute.SimpleImputer(), p.StandardScaler(), logistic())),
        "imputer of medians, random forest*": ("gaps", make_pipeline(impute.SimpleImputer(strategy="median"), e.RandomForestClassifier(**forest))),
        "columns: one-hot and scaled, logistic regression*": ("levels", make_pipeline(compose.ColumnTransformer(kinds), logistic())),
        "columns: one-hot and scaled, gradient boosting": ("levels", make_pipeline(compose.ColumnTransformer(kinds, sparse_threshold=0), e.GradientBoostingClassifier(random_state=0))),
        "ordinal encoder, random forest": ("counts", make_pipeline(p.OrdinalEncoder(), e.RandomForestClassifier(**forest))),
        "linear regression*": ("real", linear_model.LinearRegression()),
        "ridge": ("real", scaled(linear_model.Ridge())),
        "lasso": ("real", scaled(linear_model.Lasso(alpha=0.05))),
        "elastic net": ("real", scaled(linear_model.ElasticNet(alpha=0.05))),
        "poisson regression": ("real", scaled(linear_model.PoissonRegressor())),
        "gamma regression": ("real", scaled(linear_model.GammaRegressor())),
        "stochastic gradient, classes": ("two", scaled(linear_model.SGDClassifier(loss="log_loss", random_state=0))),
        "perceptron": ("two", scaled(linear_model.Perceptron(random_state=0))),
        "ridge classifier": ("two", scaled(linear_model.RidgeClassifier())),
        "discriminant analysis, linear": ("three", discriminant_analysis.LinearDiscriminantAnalysis()),
        "discriminant analysis, quadratic": ("three", discriminant_analysis.QuadraticDiscriminantAnalysis()),
        # support vectors, neighbours, naive Bayes, Gaussian processes, networks
        "linear support vectors": ("two", scaled(svm.LinearSVC(random_state=0))),
        "support vectors, rbf*": ("two", scaled(svm.SVC())),
        "support vectors, rbf, probabilities": ("two", scaled(svm.SVC(probability=True, random_state=0))),
        "support vectors, three classes": ("three", scaled(svm.SVC())),
        "support vectors, three classes, probabilities": ("three", scaled(svm.SVC(probability=True, random_state=0))),
        "support vectors, polynomial": ("two", scaled(svm.SVC(kernel="poly"))),
        "support vectors, regression": ("real", scaled(svm.SVR())),
        "support vectors, one class": ("two", scaled(svm.OneClassSVM(nu=0.1))),
        "Gaussian naive Bayes*": ("three", naive_bayes.GaussianNB()),
        "Bernoulli naive Bayes": ("counts", naive_bayes.BernoulliNB(binarize=1.5)),
        "multinomial naive Bayes": ("counts", naive_bayes.MultinomialNB()),
        "nearest neighbours, classes": ("three", scaled(neighbors.KNeighborsClassifier(3))),
        "nearest neighbours, regression": ("real", scaled(neighbors.KNeighborsRegressor(3))),
        "Gaussian process, regression": ("real", scaled(gaussian_process.GaussianProcessRegressor(alpha=0.5, random_state=0))),
        "Gaussian process, classes": ("two", scaled(gaussian_process.GaussianProcessClassifier(random_state=0))),
        "k-means": ("three", scaled(cluster.KMeans(3, random_state=0, n_init=3))),
        "network, classes*": ("three", scaled(neural_network.MLPClassifier(hidden_layer_sizes=(32, 16), max_iter=1500, random_state=0))),
        "network, regression": ("real", scaled(neural_network.MLPRegressor(hidden_layer_sizes=(32, 16), max_iter=1500, random_state=0))),
        # trees
        "decision tree*": ("three", tree.DecisionTreeClassifier(max_depth=5, random_state=0)),
        "decision tree, regression": ("real", tree.DecisionTreeRegressor(max_depth=6, random_state=0)),
        "random forest*": ("two", e.RandomForestClassifier(**forest)),
        "random forest, regression": ("real", e.RandomForestRegressor(**forest)),
        "extra trees": ("two", e.ExtraTreesClassifier(**forest)),
        "gradient boosting*": ("two", e.GradientBoostingClassifier(random_state=0)),
        "gradient boosting, three classes": ("three", e.GradientBoostingClassifier(n_estimators=30, random_state=0)),
        "gradient boosting, regression": ("real", e.GradientBoostingRegressor(random_state=0)),
        "histogram boosting": ("two", e.HistGradientBoostingClassifier(max_iter=30, random_state=0)),
        "histogram boosting, missing values": ("gaps", e.HistGradientBoostingClassifier(max_iter=30, random_state=0)),
        "AdaBoost*": ("two", e.AdaBoostClassifier(n_estimators=30, random_state=0)),
        "AdaBoost, deeper trees, three classes": ("three", e.AdaBoostClassifier(tree.DecisionTreeClassifier(max_depth=3), n_estimators=20, random_state=0)),
        "AdaBoost, regression": ("real", e.AdaBoostRegressor(n_estimators=10, random_state=0)),
        "bagging": ("two", e.BaggingClassifier(n_estimators=10, random_state=0)),
        "isolation forest*": ("two", e.IsolationForest(n_estimators=30, random_state=0)),
        "scaler, random forest": ("two", scaled(e.RandomForestClassifier(**forest))),
        # models of models
        "voting, soft": ("two", e.VotingClassifier([("a", scaled(logistic())), ("b", e.RandomForestClassifier(**forest))], voting="soft", flatten_transform=False)),
        "voting, hard": ("two", e.VotingClassifier([("a", scaled(logistic())), ("b", e.RandomForestClassifier(**forest)), ("c", naive_bayes.GaussianNB())], flatten_transform=False)),
        "voting, regression": ("real", e.VotingRegressor([("a", linear_model.Ridge()), ("b", e.RandomForestRegressor(**forest))])),
        "stacking": ("two", e.StackingClassifier([("a", scaled(logistic())), ("b", e.RandomForestClassifier(**forest))])),
        "calibrated, sigmoid*": ("two", calibration.CalibratedClassifierCV(scaled(svm.LinearSVC(random_state=0)), cv=3)),
        "calibrated forest, isotonic": ("two", calibration.CalibratedClassifierCV(e.RandomForestClassifier(**forest), method="isotonic", cv=3)),
        "one against rest": ("three", multiclass.OneVsRestClassifier(logistic())),
        "several outputs": ("real", multioutput.MultiOutputRegressor(linear_model.Ridge())),
        # XGBoost and LightGBM
        "XGBoost*": ("two", XGBClassifier(n_estimators=30, max_depth=4, random_state=0)),
        "XGBoost, three classes": ("three", XGBClassifier(n_estimators=10, max_depth=3, random_state=0)),
        "XGBoost, regression": ("real", XGBRegressor(n_estimators=30, max_depth=4, random_state=0)),
        "XGBoost, Poisson": ("real", XGBRegressor(n_estimators=30, max_depth=4, objective="count:poisson", random_state=0)),
        "XGBoost, Tweedie": ("real", XGBRegressor(n_estimators=30, max_depth=4, objective="reg:tweedie", random_state=0)),
        "XGBoost, dart": ("two", XGBClassifier(n_estimators=20, max_depth=4, booster="dart", random_state=0)),
        "XGBoost, linear booster": ("real", XGBRegressor(n_estimators=30, booster="gblinear", random_state=0)),
        "XGBoost, monotone": ("two", XGBClassifier(n_estimators=20, max_depth=4, monotone_constraints=(1,) * 12, random_state=0)),
        "XGBoost, missing values*": ("gaps", XGBClassifier(n_estimators=30, max_depth=4, random_state=0)),
        "XGBoost, forest": ("two", XGBClassifier(n_estimators=1, num_parallel_tree=20, max_depth=5, subsample=0.8, random_state=0)),
        "LightGBM*": ("two", LGBMClassifier(n_estimators=30, verbose=-1, random_state=0)),
        "LightGBM, three classes": ("three", LGBMClassifier(n_estimators=10, verbose=-1, random_state=0)),
        "LightGBM, regression": ("real", LGBMRegressor(n_estimators=30, verbose=-1, random_state=0)),
        "LightGBM, Poisson": ("real", LGBMRegressor(n_estimators=30, objective="poisson", verbose=-1, random_state=0)),
        "LightGBM, Tweedie": ("real", LGBMRegressor(n_estimators=30, objective="tweedie", verbose=-1, random_state=0)),
        "LightGBM, quantile": ("real", LGBMRegressor(n_estimators=30, objective="quantile", verbose=-1, random_state=0)),
        "LightGBM, categories": ("levels", (LGBMClassifier(n_estimators=20, verbose=-1, random_state=0), {"categorical_feature": [0, 1, 2]})),
        "LightGBM, dart": ("two", LGBMClassifier(n_estimators=20, boosting_type="dart", verbose=-1, random_state=0)),
        "LightGBM, missing values": ("gaps", LGBMClassifier(n_estimators=30, verbose=-1, random_state=0)),
    }


def converted(model, x):
    inputs = [("input", FloatTensorType([None, x.shape[1]]))]
    classifies = hasattr(model, "predict_proba") or hasattr(model, "classes_")
    kind = type(model).__module__.split(".")[0]
    if kind == "xgboost":
        return convert_xgboost(model, initial_types=inputs)
    if kind == "lightgbm":
        return convert_lightgbm(model, initial_types=inputs, **({"zipmap": False} if classifies else {}))
    from trees import whole_numbers_in_attributes
    with whole_numbers_in_attributes():
        return to_onnx(model, x[:1], target_opset=OPSETS, options={id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None)


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def decisions(scores):
    return scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0]


def tried(veil, folder, model, x):
    """what became of it, in words; figures"""
    try:
        onnx_model = converted(model, x)
    except Exception as error:  # whatever a converter raises
        return "no converter", {"sentence": str(error).strip().split("\n")[0][:160]}
    path = folder / "model.onnx"
    path.write_bytes(onnx_model.SerializeToString())
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        named = {output.name: output.type for output in session.get_outputs()}
        wanted = [name for name, kind in named.items() if kind == "tensor(float)"][-1:] or [list(named)[0]]
        truth = np.asarray(session.run(wanted, {session.get_inputs()[0].name: x})[0], dtype=np.float64).reshape(len(x), -1)
    except Exception as error:
        return "no converter", {"sentence": "onnxruntime: " + str(error).strip().split("\n")[0][:160]}
    np.savetxt(folder / "rows.csv", x, delimiter=",", header=",".join(f"f{i}" for i in range(x.shape[1])), comments="", fmt="%.9g")
    code, said = run(veil, "setup", path, "--calibrate", folder / "rows.csv", "--output", wanted[0], "--out", folder / "key")
    if code:
        return "refused", {"sentence": said.removeprefix("veil: ")}
    code, said = run(veil, "evaluate", folder / "key/prover.veil", "--data", folder / "rows.csv", "--outputs", folder / "out.csv")
    if code:
        return "refused", {"sentence": said.removeprefix("veil: ")}
    table = np.loadtxt(folder / "out.csv", delimiter=",", skiprows=1, ndmin=2)
    width = truth.shape[1]
    ours, integers = table[:, 2:2 + width], table[:, 2 + width:2 + 2 * width]
    largest = max(np.abs(truth).max(), 1e-9)
    code, said = run(veil, "prove", folder / "key/prover.veil", "--input", folder / "rows.csv", "--row", "0", "--out", folder / "proof")
    verified = code == 0 and run(veil, "verify", folder / "key/verifier.veil", folder / "proof")[0] == 0
    off = float(np.abs(truth - integers).max() / largest)
    figures = {"float run off by": float(np.abs(truth - ours).max() / largest), "integers off by": off,
               "bytes": (folder / "proof").stat().st_size if verified else 0, "proof": said}
    if named[wanted[0]] != "tensor(float)":
        figures["other decisions"] = int((truth != integers).sum())
    elif width > 1:
        ordered = np.sort(truth, axis=1)
        decided = ordered[:, -1] - ordered[:, -2] > 2 * off * largest
        figures["other decisions"] = int((decisions(truth) != decisions(integers)).sum())
        figures["not ties"] = int(((decisions(truth) != decisions(integers)) & decided).sum())
    if not verified:
        return "WRONG", {**figures, "sentence": "no proof: " + said}
    # onnxruntime's probabilities of support vectors are found by iterating to within 0.005.
    bound = 5e-3 if "SVMClassifier" in str(onnx_model) else 1e-3
    if figures["float run off by"] > bound or figures.get("not ties", 0):
        return "WRONG", {**figures, "sentence": f"float run off by {figures['float run off by']:.1e}"}
    return "proven", figures


def line(name, outcome, figures):
    if outcome != "proven":
        return f"{outcome:12} {name}: {figures.get('sentence', '')}"
    online = re.search(r"\(([^ ]+ ms) online", figures["proof"])
    return (f"{outcome:12} {name}: off by {figures['integers off by']:.1e}, {figures.get('other decisions', 0)} other decisions, "
            f"{figures['bytes'] / 1000:.1f} KB, {online.group(1) if online else '?'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--veil", type=pathlib.Path, required=True)
    parser.add_argument("--small", action="store_true", help="one of each kind")
    parser.add_argument("--only", default="", help="names that this expression finds")
    parser.add_argument("--json", type=pathlib.Path, help="a file for all figures")
    parser.add_argument("--least", type=int, default=0, help="fails where fewer are proven")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    sets, results = data_sets(), {}
    for starred, (data, model) in models().items():
        name = starred.rstrip("*")
        if (arguments.small and name == starred) or not re.search(arguments.only, name):
            continue
        x, y = sets[data]
        model, options = model if isinstance(model, tuple) else (model, {})
        y = np.stack([y, y], axis=1) if name == "several outputs" else y
        model.fit(x, y, **options)
        with tempfile.TemporaryDirectory() as folder:
            outcome, figures = tried(arguments.veil, pathlib.Path(folder), model, x)
        results[name] = {"outcome": outcome, **figures}
        print(line(name, outcome, figures), flush=True)
    counts = {kind: sum(result["outcome"] == kind for result in results.values())
              for kind in ("proven", "refused", "no converter", "WRONG")}
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    sys.exit(1 if counts["WRONG"] or counts["proven"] < arguments.least else 0)


if __name__ == "__main__":
    main()
