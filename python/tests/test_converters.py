"""Models of other libraries, where these are installed."""
import numpy
import pytest

import veil

pytestmark = pytest.mark.converters


@pytest.fixture(scope="module")
def data(rows):
    X = numpy.asarray(rows, dtype=numpy.float32)[:, :8]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X, (X[:, 2] + 0.3 * X[:, 0] > 0).astype(int)


def proves_like_the_float_model(model, X, expected, within=0.02):
    m = veil.setup(model, X, bits=16, progress=False)
    verdict = m.verifier.verify(m.prove(X[0], context="converted"), context="converted")
    assert verdict
    shown = numpy.asarray(verdict.statement.outputs[0]["values"], dtype=float).ravel()
    assert numpy.allclose(shown, numpy.asarray(expected, dtype=float).ravel(), atol=within)
    assert m.evaluate(X[:50]).agreement > 0.95


def test_xgboost(data):
    X, y = data
    xgboost, _ = pytest.importorskip("xgboost"), pytest.importorskip("onnxmltools")
    model = xgboost.XGBClassifier(n_estimators=10, max_depth=3).fit(X, y)
    proves_like_the_float_model(model, X, model.predict_proba(X[:1]))


def test_lightgbm(data):
    X, y = data
    lightgbm, _ = pytest.importorskip("lightgbm"), pytest.importorskip("onnxmltools")
    model = lightgbm.LGBMClassifier(n_estimators=10, max_depth=3, verbose=-1).fit(X, y)
    proves_like_the_float_model(model, X, model.predict_proba(X[:1]))


def test_torch(data):
    X, _ = data
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2), torch.nn.Sigmoid())
    with torch.no_grad():
        expected = model(torch.from_numpy(X[:1])).numpy()
    proves_like_the_float_model(model, X, expected)


def test_keras(data):
    X, _ = data
    pytest.importorskip("keras")
    keras = pytest.importorskip("keras")
    try:
        keras.utils.set_random_seed(1)
    except ImportError as missing:
        pytest.skip(str(missing))
    layers = [keras.layers.Input((8,)), keras.layers.Dense(16, activation="relu"),
              keras.layers.Dense(2, activation="sigmoid")]
    model = keras.Sequential(layers)
    proves_like_the_float_model(model, X, model.predict(X[:1], verbose=0))


def test_a_scikit_learn_pipeline(data):
    X, y = data
    pytest.importorskip("skl2onnx")
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=50, random_state=1)).fit(X, y)
    proves_like_the_float_model(model, X, model.predict_proba(X[:1]))


def test_padded_trees_show_the_same_of_a_small_and_a_large_model(data):
    X, y = data
    xgboost, _ = pytest.importorskip("xgboost"), pytest.importorskip("onnxmltools")
    models = [xgboost.XGBClassifier(n_estimators=n, max_depth=d, random_state=n).fit(X, y) for n, d in ((7, 2), (12, 4))]
    plain, padded = ([veil.setup(model, X, bits=16, claim="probabilities[1] >= 0.5", progress=False, **more)
                      for model in models] for more in ({}, {"pad_trees": 16, "pad_leaves": 16}))
    assert plain[0].graph != plain[1].graph and padded[0].graph == padded[1].graph
    assert len(padded[0].verifier_key) == len(padded[1].verifier_key)
    for model, m in zip(models, padded):
        sure = X[model.predict_proba(X)[:, 1].argmax()]
        assert m.verifier.verify(m.prove(sure)) and m.evaluate(X[:50]).agreement == 1.0
    with pytest.raises(veil.InputError, match="has 12 trees, more than 8"):
        veil.setup(models[1], X, pad_trees=8, progress=False)


def test_a_claim_names_classes_as_the_classifier_does(data):
    X, y = data
    pytest.importorskip("skl2onnx")
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    names = numpy.array(["bad", "good"])[y]
    for classifier in (LogisticRegression(), MLPClassifier((4,), max_iter=30, random_state=1)):
        classifier.fit(X, names)
        good = X[classifier.predict(X) == "good"]
        m = veil.setup(classifier, X, claim='argmax == "good"', progress=False)
        assert m.verifier.verify(m.prove(good[0]))
        with pytest.raises(veil.FalseClaim):
            m.prove(X[classifier.predict(X) == "bad"][0])
        with pytest.raises(veil.InputError, match="no class is called 'goood'"):
            veil.setup(classifier, X, claim='argmax == "goood"', progress=False)
        named, nameless = (veil.setup(classifier, X, claim=claim, progress=False)
                           for claim in ('argmax == "good"', "argmax == 1"))
        assert b"good" in named.verifier_key and b"good" not in nameless.verifier_key


def test_what_a_converter_cannot_convert_is_one_sentence(data):
    pytest.importorskip("skl2onnx")
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, _ = data
    with pytest.raises(veil.InputError, match="This LogisticRegression could not be converted") as refused:
        veil.setup(linear_model.LogisticRegression(), X)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 600
