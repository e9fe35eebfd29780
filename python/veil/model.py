"""The owner's side: a model is set up once and proves many rows."""

from __future__ import annotations

import html
import json
import pathlib
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from veil import _core, convert
from veil.errors import InputError, SaturationWarning, checked
from veil.files import Path, Proof, ProverKey, VerifierKey, write_file
from veil.progress import Progress, Told, told
from veil.results import Evaluation, Report
from veil.rows import by_column, column_names, named_arrays, one_row, rows_of
from veil.verifier import Context, Verifier, context_bytes, contexts_of

_FILES = ("prover.veil", "verifier.veil", "report.json", "graph.json")


def setup(model: Any, calibration: Any, *, claim: Optional[str] = None, hidden: bool = True,
          bits: Union[int, str] = "auto", tolerance: Optional[float] = None, output: Optional[str] = None,
          dims: Optional[Mapping[str, int]] = None, classes: Optional[Iterable[str]] = None,
          columns: Optional[Iterable[str]] = None, batch: int = 1, pad_trees: Optional[int] = None,
          pad_leaves: Optional[int] = None, progress: Progress = None) -> Model:
    """Sets a model up for proofs.

    Args:
        model: an ONNX file's path or bytes, an ONNX model, or a fitted model of scikit-learn, XGBoost, LightGBM,
            PyTorch or Keras (by their converters).
        calibration: rows like those to come, shape (rows, ...the model's input): an array, a table, or a dictionary of
            arrays by input, in the units that the model takes.
        claim: what every proof shows, such as `"score >= 0.75"`, in the unit of the output; without it a proof reveals
            the output.
        hidden: whether the weights stay secret.
        bits: 8, 12, 16, or "auto".
        tolerance: how far a revealed output may be off, as a part of its largest number.
        output: the model's output to prove, by name.
        dims: lengths of open axes: `{"tokens": 16}`.
        classes: names of the output's elements; those of a classifier, `classes_`, by default.
        columns: names of the input's elements; a table's columns by default.
        pad_trees: trees that change nothing are added until an ensemble has so many; their number shows.
        pad_leaves: so many leaves has the largest of them; the size of the largest tree shows, too.
        batch: how many rows one proof is about; the claim then says all(...), count(...), mean(...) or sum(...).
        progress: a function, called as progress(stage, done) with 0 <= done <= 1. Without one there is a bar in a
            terminal or notebook where tqdm is installed; False: never, True: also where nobody seems to look.

    Raises:
        InputError: the model, the rows or an option cannot be used.
        MissingExtra: the converter of such models is not installed.
    """
    rows = named_arrays(calibration, "The calibration data")
    if classes is None and claim is not None and '"' in claim:  # a class by its name
        classes = convert.class_names(model)
    choices = [("model", "hidden" if hidden else "public"), ("bits", str(bits))]
    for name, value in (("claim", claim), ("tolerance", tolerance), ("output", output), ("batch", batch),
                        ("pad-trees", pad_trees), ("pad-leaves", pad_leaves)):
        if value is not None:
            choices.append((name, str(value)))
    choices += [("dim", f"{name}={length}") for name, length in (dims or {}).items()]
    choices += [("class", str(name)) for name in classes or ()]
    choices += [("column", str(name)) for name in (column_names(calibration) if columns is None else columns)]
    with told(progress) as tell:
        onnx = convert.onnx_bytes(model, calibration)
        prover, verifier, report, graph = checked(_core.set_up(onnx, rows, choices, tell))
    return Model(prover, verifier, report.decode(), graph.decode())


def load(folder: Path) -> Model:
    """The model that `veil setup` or `Model.save` wrote into a folder; InputError where a file is missing or broken."""
    folder = pathlib.Path(folder)
    try:
        parts = [(folder / name).read_bytes() for name in _FILES]
    except OSError as error:
        raise InputError(f"The model cannot be loaded: {error.strerror}: {error.filename!r}.") from None
    return Model(parts[0], parts[1], parts[2].decode(), parts[3].decode())


class Model:
    """A model as its owner has it: it proves rows. Several threads may prove at once. Made by `setup` and `load`."""

    def __init__(self, prover_key: bytes, verifier_key: bytes, report: str = "{}", graph: str = "{}") -> None:
        self._key, self._verifier_key = ProverKey(prover_key), VerifierKey(verifier_key)
        self._report, self._graph = report, graph
        self._core = checked(_core.open_prover(bytes(self._key)))
        self._verifier: Optional[Verifier] = None
        described = json.loads(graph)
        self._batch = int(described.get("batch", 1))
        inputs = described.get("inputs", ())
        self._columns: list[str] = list(inputs[0].get("labels") or ()) if len(inputs) == 1 else []

    @property
    def prover_key(self) -> ProverKey:
        """The bytes of prover.veil: keep them secret."""
        return self._key

    @property
    def verifier_key(self) -> VerifierKey:
        """The bytes of verifier.veil: give them to those who verify."""
        return self._verifier_key

    @property
    def report(self) -> Report:
        """What setup did; the owner's."""
        return Report(json.loads(self._report))

    @property
    def graph(self) -> dict[str, Any]:
        """The public description of the integer model, without weights: graph.json."""
        graph: dict[str, Any] = json.loads(self._graph)
        return graph

    @property
    def model_id(self) -> str:
        """64 hex digits that name the model; publish them."""
        return self._core.model_id

    @property
    def batch(self) -> int:
        """How many rows a proof is about."""
        return self._batch

    @property
    def verifier(self) -> Verifier:
        """Checks proofs of this model only."""
        if self._verifier is None:
            self._verifier = Verifier(self._verifier_key, self.model_id)
        return self._verifier

    def prepare(self, proofs: int = 1) -> None:
        """Makes ready what proofs need whatever their rows are, before rows come: one-time pads, used once each.

        A service calls this when it starts and in a thread beside its proofs, which then take that much less time. They
        are in memory only, and neither pickled nor handed to a forked process.

        Args:
            proofs: for how many proofs it shall be ready, those counted that it is ready for; at most 1,024.

        Raises:
            InputError: more than that.
        """
        if proofs < 0:
            raise InputError(f"proofs is {proofs}: it cannot be negative.")
        checked(self._core.prepare(proofs))

    @property
    def prepared(self) -> int:
        """For how many proofs it is ready."""
        return self._core.prepared

    def prove(self, row: Any, context: Context = "", progress: Progress = None) -> Proof:
        """A proof about one row, or about one batch of rows.

        Args:
            row: one row, in the units and the shape of the model's input, with or without a first axis of 1; or a
                dictionary of them by input. Columns with names, of a table, a row of it, or a dictionary of numbers,
                are taken by these where the model was set up with names, in any order. For a batch: so many rows.
            context: what the proof is bound to, text or bytes: whom and what it is for, such as a loan's number.
            progress: as for `setup`.

        Raises:
            FalseClaim: the claim does not hold for the row; the sentence tells the output and is for the owner alone.
            InputError: the row cannot be used.

        Warns:
            SaturationWarning: the proof is about values cut to the range seen at setup.
        """
        with told(progress) as tell:
            return self._prove(one_row(by_column(row, self._columns, "The row"), "The row"), context, tell)

    def _prove(self, row: Any, context: Context, tell: Optional[Told] = None) -> Proof:
        proof, note = checked(self._core.prove(row, context_bytes(context), tell))
        if note:
            warnings.warn(note.decode(), SaturationWarning, stacklevel=3)
        return Proof(proof)

    def prove_many(self, rows: Any, context: Union[Context, list[Context]] = "",
                   progress: Progress = None) -> list[Proof]:
        """A proof for each row (or batch of rows), in order; else as `prove`, whose errors end the whole.

        Args:
            rows: shape (rows, ...the model's input): an array, a table, or a dictionary of arrays by input.
            context: one for all, or a list with one for each proof.
            progress: as for `setup`; told once for each proof.
        """
        parts = rows_of(by_column(rows, self._columns, "The data"), "The data", self.batch)
        bound = contexts_of(context, len(parts), "rows" if self.batch == 1 else "batches")
        out: list[Proof] = []
        with told(progress) as tell:
            for part, one in zip(parts, bound):
                out.append(self._prove(part, one))
                if tell is not None:
                    tell(f"proof {len(out)} of {len(parts)}", len(out) / len(parts))
        return out

    def evaluate(self, rows: Any) -> Evaluation:
        """The float model against the integers that are proven, on rows of data, as for `prove_many`.

        Raises:
            InputError: the rows cannot be used.
        """
        return Evaluation(json.loads(checked(self._core.evaluate(named_arrays(by_column(rows, self._columns, "The data"), "The data")))))

    def save(self, folder: Path) -> None:
        """The four files that `veil setup` writes, each whole or not at all; prover.veil is for the owner's eyes only."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, part in zip(_FILES, (self._key, self._verifier_key, self._report.encode(), self._graph.encode())):
            write_file(folder / name, part, secret=name == "prover.veil")

    def __reduce__(self) -> tuple[type[Model], tuple[bytes, bytes, str, str]]:
        return Model, (self._key, self._verifier_key, self._report, self._graph)

    def __repr__(self) -> str:
        return f"<Model {self.model_id[:12]}..., its weights are not shown>"

    def _repr_html_(self) -> str:
        return "<b>Veil model</b>" + self.report._repr_html_() if self._report != "{}" else html.escape(repr(self))
