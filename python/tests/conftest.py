import pathlib

import numpy
import pytest

import veil

ROOT = pathlib.Path(__file__).resolve().parents[2]
CREDIT = ROOT / "examples" / "credit"


@pytest.fixture(scope="session")
def rows():
    pandas = pytest.importorskip("pandas")
    return pandas.read_csv(CREDIT / "calibration.csv")


@pytest.fixture(scope="session")
def model(rows):
    return veil.setup(CREDIT / "credit.onnx", rows)


@pytest.fixture(scope="session")
def claimed(rows):
    return veil.setup(CREDIT / "credit.onnx", rows, claim="score >= 0.5")


@pytest.fixture(scope="session")
def row(rows):
    return numpy.asarray(rows)[0]
