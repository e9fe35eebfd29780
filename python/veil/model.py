"""The owner's side: a model is set up once and proves many rows."""

import json
import pathlib
import warnings

from veil import _core, convert
from veil.errors import InputError, SaturationWarning, checked
from veil.results import Comparison, Proof, ProverKey, Report, VerifierKey, write_file
from veil.rows import column_names, named_arrays, one_row, rows_of
from veil.verifier import Verifier, context_bytes

_FILES = ("prover.veil", "verifier.veil", "report.json", "graph.json")


def setup(model, calibration, *, claim=None, hidden=True, bits="auto", tolerance=None, output=None, dims=None,
          classes=None, columns=None, batch=1, progress=None):
    """Sets a model up for proofs.

    model        an ONNX file's path or bytes, an ONNX model, or a fitted model of scikit-learn, XGBoost, LightGBM,
                 PyTorch or Keras (by their converters)
    calibration  rows like those to come: an array, a table, or a dictionary of arrays by input
    claim        what every proof shows, such as "score >= 0.75"; without it a proof reveals the output
    hidden       whether the weights stay secret
    bits         8, 12, 16, or "auto"
    tolerance    how far a revealed output may be off, as a part of its largest number
    output       the model's output to prove, by name
    dims         lengths of open axes: {"tokens": 16}
    classes, columns  names of the output's elements and of the inputs'; a table's columns by default
    batch        how many rows one proof is about; the claim then says all(...), count(...), mean(...) or sum(...)
    progress     called as progress(stage, done) with 0 <= done <= 1
    """
    rows = named_arrays(calibration, "The calibration data")
    choices = [("model", "hidden" if hidden else "public"), ("bits", str(bits))]
    for name, value in (("claim", claim), ("tolerance", tolerance), ("output", output), ("batch", batch)):
        if value is not None:
            choices.append((name, str(value)))
    choices += [("dim", f"{name}={length}") for name, length in (dims or {}).items()]
    choices += [("class", str(name)) for name in classes or ()]
    choices += [("column", str(name)) for name in (column_names(calibration) if columns is None else columns)]
    if progress is not None and not callable(progress):
        raise InputError("The progress must be a function of the stage and how much is done.")
    onnx = convert.onnx_bytes(model, calibration)
    prover, verifier, report, graph = checked(_core.set_up(onnx, rows, choices, progress))
    return Model(prover, verifier, report.decode(), graph.decode())


def load(folder):
    """What `veil setup` or Model.save wrote into a folder."""
    folder = pathlib.Path(folder)
    try:
        parts = [(folder / name).read_bytes() for name in _FILES]
    except OSError as error:
        raise InputError(f"The model cannot be loaded: {error.strerror}: {error.filename!r}.") from None
    return Model(parts[0], parts[1], parts[2].decode(), parts[3].decode())


class Model:
    """A model as its owner has it: it proves rows. Several threads may prove at once."""

    def __init__(self, prover_key, verifier_key, report="{}", graph="{}"):
        self._key, self._verifier_key = ProverKey(prover_key), VerifierKey(verifier_key)
        self._report, self._graph = report, graph
        self._core = checked(_core.open_prover(bytes(self._key)))
        self._verifier = None

    prover_key = property(lambda self: self._key, doc="prover.veil: keep it secret")
    verifier_key = property(lambda self: self._verifier_key, doc="verifier.veil: give it to those who verify")
    report = property(lambda self: Report(json.loads(self._report)), doc="what setup did; the owner's")
    model_id = property(lambda self: self._core.model_id, doc="64 hex digits that name the model; publish them")

    @property
    def batch(self):
        """How many rows a proof is about."""
        return json.loads(self._graph).get("batch", 1)

    @property
    def verifier(self):
        """Checks proofs of this model only."""
        if self._verifier is None:
            self._verifier = Verifier(self._verifier_key, self.model_id)
        return self._verifier

    def prove(self, row, context="", progress=None):
        """A proof about one row; SaturationWarning where it is about values cut to the range seen at setup. FalseClaim where the claim does not hold for it."""
        return self._prove(one_row(row, "The row"), context, progress)

    def _prove(self, row, context, progress=None):
        proof, note = checked(self._core.prove(row, context_bytes(context), progress))
        if note:
            warnings.warn(note.decode(), SaturationWarning, stacklevel=3)
        return Proof(proof)

    def prove_many(self, rows, context=""):
        """A proof for each row (or batch of rows); `context`: one for all, or a list with one for each."""
        parts = rows_of(rows, "The data", self.batch)
        bound = context if isinstance(context, (list, tuple)) else [context] * len(parts)
        if len(bound) != len(parts):
            raise InputError(f"There are {len(parts)} {'rows' if self.batch == 1 else 'batches'} and {len(bound)} things to bind their proofs to.")
        return [self._prove(part, one) for part, one in zip(parts, bound)]

    def evaluate(self, rows):
        """The float model against the integers that are proven, on rows of data."""
        return Comparison(json.loads(checked(self._core.evaluate(named_arrays(rows, "The data")))))

    def save(self, folder):
        """The four files that `veil setup` writes; prover.veil is for the owner's eyes only."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, part in zip(_FILES, (self._key, self._verifier_key, self._report.encode(), self._graph.encode())):
            write_file(folder / name, part, secret=name == "prover.veil")

    def __reduce__(self):
        return Model, (self._key, self._verifier_key, self._report, self._graph)

    def __repr__(self):
        return f"<Model {self.model_id[:12]}..., its weights are not shown>"

    def _repr_html_(self):
        return f"<b>Veil model</b> {self.model_id}" + self.report._repr_html_()
