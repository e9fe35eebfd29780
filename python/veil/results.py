"""What Veil tells: statements, verdicts, reports, evaluations."""

from __future__ import annotations

import copy
import html
import json
from typing import Any, Optional, TypedDict

from veil import pictures


class Input(TypedDict):
    """An input of a model, or an output that proofs reveal: public facts, none of its values."""

    name: str
    elements: int
    labels: list[str]


class Output(TypedDict):
    """An output that a proof reveals. `values` are `integers` times two to `scale_log2` (one scale, or one each)."""

    name: str
    unit: str
    values: list[float]
    integers: list[int]
    scale_log2: list[int]
    labels: list[str]


class Closeness(TypedDict):
    """How far integers are from floats on rows of data. Errors are in the output's unit; `agreement` is of 1."""

    rows: int
    max_abs_error: float
    mean_abs_error: float
    agreement: float
    saturated_values: int


class StepCost(TypedDict):
    """What a step of the model costs a proof; `estimated_share` is of 1."""

    step: str
    source: Optional[str]
    committed: int
    lookups: int
    estimated_share: float


class Cost(TypedDict):
    """The size of a model's proofs."""

    rows: int
    columns: int
    slots: int
    tensors: int
    identities: int
    lookups: int
    tables: int
    proof_bytes: int
    prover_bytes: int
    verifier_bytes: int


class _Facts:
    """A JSON object whose entries are attributes too."""

    _facts: dict[str, Any]

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._facts[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self._facts)}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._facts]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Facts) and type(self) is type(other) and self._facts == other._facts

    __hash__ = None  # type: ignore[assignment]  # what is compared by its content, and may be changed

    def __getstate__(self) -> dict[str, Any]:
        return self._facts

    def __setstate__(self, facts: dict[str, Any]) -> None:
        self._facts = facts

    def to_dict(self) -> dict[str, Any]:
        """A copy of everything, as the program writes it with `--json`."""
        return copy.deepcopy(self._facts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={_short(value)}' for name, value in self._facts.items())})"


def _short(value: object, most: int = 60) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else repr(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def _table(rows: list[tuple[str, str]]) -> str:
    """Of texts, not of HTML."""
    left = "style='text-align:left'"
    lines = (f"<tr><th {left}>{html.escape(name)}</th><td {left}>{html.escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{''.join(lines)}</table>"


def _names(inputs: list[Input]) -> str:
    return ", ".join(f"{each['name']} ({each['elements']} values)" for each in inputs) or "none"


def _number(value: Optional[float]) -> str:
    return "unknown" if value is None else f"{value:.4g}"


class Statement(_Facts):
    """What an accepted proof shows, and what it never does. All of it is public."""

    model_id: str
    """64 hex digits that name the model"""
    model: str
    """hidden or public: the weights"""
    trust: str
    """pinned where the verifier was told the model's id, else given"""
    claim: Optional[str]
    """what holds for the output, with its integer form; None where the output is revealed"""
    context: str
    """what the proof is bound to"""
    outputs: list[Output]
    """revealed outputs; empty where there is a claim"""
    inputs: list[Input]
    """names and sizes of the inputs; never their values"""
    hidden: list[str]
    """what the proof tells nothing about"""

    def _repr_html_(self) -> str:
        rows = [("model", f"{self.model_id} ({self.model} weights, {self.trust})")]
        if self.claim is not None:
            rows.append(("claim", self.claim))
        for each in self.outputs:
            rows.append((f"output {each['name']}", f"{_short(each['values'], 200)} {each['unit']}"))
        rows += [("context", self.context or "none"), ("input", _names(self.inputs)),
                 ("stays hidden", ", ".join(self.hidden))]
        return _table(rows)


class Report(_Facts):
    """What setup did with the model: report.json. The owner's, since its figures come from weights and data."""

    format: str
    model_id: str
    """64 hex digits that name the model"""
    circuit_digest: str
    """64 hex digits that name the circuit"""
    bits: int
    """8, 12 or 16: the width of the integers"""
    a_proof_makes_public: dict[str, Any]
    """model (hidden or public), claim, revealed_outputs, inputs, hidden"""
    softmax_left_out: bool
    """whether a last softmax was dropped, since the claim does not need it"""
    thresholds_not_told_apart: list[dict[str, Any]]
    """of trees: thresholds that the integers do not tell apart"""
    float_against_integer: Closeness
    """of the calibration rows"""
    operators: list[dict[str, Any]]
    """steps of the model, in order"""
    tensors: list[dict[str, Any]]
    """values: integer_range, calibrated_range and errors in the unit of the value"""
    weights: list[dict[str, Any]]
    """names, sizes and bits of the weights, not the weights"""
    predicted_cost: Cost
    """the size of a proof"""
    cost_by_step: list[StepCost]
    """what each step of the model costs"""

    def _repr_html_(self) -> str:
        public, close, cost = self.a_proof_makes_public, self.float_against_integer, self.predicted_cost
        rows = [("model", f"{self.model_id} ({public['model']} weights)"), ("bits", str(self.bits)),
                ("a proof shows", public["claim"] or "output " + _names(public["revealed_outputs"])),
                ("stays hidden", ", ".join(public["hidden"])),
                ("integers against floats", f"largest error {_number(close['max_abs_error'])}, agreement "
                                            f"{100 * close['agreement']:.2f}% of {close['rows']} rows"),
                ("a proof", f"{cost['proof_bytes']:,} bytes")]
        return (_table(rows) + pictures.cost_bars(self._facts.get("cost_by_step", []))
                + pictures.bars(self._relative_errors(), "largest error of each value, as a part of its largest", "{:.2e}"))

    def _relative_errors(self) -> list[tuple[str, float]]:
        out = []
        for each in self.tensors:
            largest = max(map(abs, each["calibrated_range"]), default=0.0)
            if each["max_abs_error"] is not None and largest > 0:
                out.append((each["name"], each["max_abs_error"] / largest))
        return out


class Evaluation(_Facts):
    """The float model against its integers on rows of data. The owner's: it holds outputs."""

    rows: int
    """how many rows were compared"""
    max_abs_error: float
    """the largest difference of an output, in its unit"""
    mean_abs_error: float
    """the mean difference of the outputs, in their unit"""
    agreement: float
    """the share of rows, of 1, where both decide the same"""
    bits: int
    """8, 12 or 16: the width of the integers"""
    float_outputs: list[float]
    """outputs of the float model, row after row"""
    integer_outputs: list[float]
    """outputs of the integers, in the same unit and order"""

    def __repr__(self) -> str:
        return (f"Evaluation(rows={self.rows}, max_abs_error={self.max_abs_error:.4g}, "
                f"agreement={self.agreement:.4g}, bits={self.bits})")

    def _repr_html_(self) -> str:
        rows = [("rows", str(self.rows)), ("bits", str(self.bits)), ("largest error", _number(self.max_abs_error)),
                ("mean error", _number(self.mean_abs_error)), ("same decision", f"{100 * self.agreement:.2f}%")]
        floats, integers = _flat(self.float_outputs), _flat(self.integer_outputs)
        if not floats or len(floats) != len(integers):
            return _table(rows)
        errors = [integer - real for real, integer in zip(floats, integers)]
        return (_table(rows) + pictures.scatter(floats, integers, "integers against floats", diagonal=True)
                + pictures.scatter(floats, errors, "error against floats"))


def _flat(values: Any) -> list[float]:
    return [each for value in values for each in _flat(value)] if isinstance(values, list) else [values]


class Verdict:
    """Whether a proof was accepted: true in a condition."""

    __slots__ = ("accepted", "reason", "statement")

    accepted: bool
    """whether every check passed"""
    reason: str
    """the check that failed and what it means; empty where none did"""
    statement: Optional[Statement]
    """what was shown; None where the proof was rejected"""

    def __init__(self, accepted: bool, reason: str, statement: Optional[Statement]) -> None:
        self.accepted, self.reason, self.statement = accepted, reason, statement

    def __bool__(self) -> bool:
        return self.accepted

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, Verdict) and self.accepted == other.accepted and self.reason == other.reason
                and self.statement == other.statement)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Verdict(accepted, {self.statement!r})" if self.accepted else f"Verdict(rejected: {self.reason})"

    def _repr_html_(self) -> str:
        if self.statement is None:
            return f"<b style='color:#b91c1c'>rejected</b> {html.escape(self.reason)}"
        return "<b style='color:#15803d'>accepted</b>" + self.statement._repr_html_()
