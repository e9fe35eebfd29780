"""What Veil gives back: keys, proofs, statements, verdicts, reports."""

import html
import json
import os
import pathlib
import tempfile


def write_file(path, content, secret=False):
    """All of the file or nothing of it; a secret one is the owner's to read alone."""
    path = pathlib.Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # readable by its owner alone
    try:
        with open(handle, "wb") as file:
            file.write(content)
        if not secret:
            os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


class _File(bytes):
    """Bytes with a short repr, of a file of the program's."""

    __slots__ = ()
    _what = "File"
    _secret = False

    def __repr__(self):
        return f"<{self._what} of {len(self):,} bytes>"

    __str__ = __repr__

    def save(self, path):
        """Writes the file that the program reads."""
        write_file(path, self, self._secret)

    @classmethod
    def load(cls, path):
        return cls(pathlib.Path(path).read_bytes())


class ProverKey(_File):
    """prover.veil. Secret where the model is hidden: it holds the weights."""

    __slots__ = ()
    _what = "secret prover's key"
    _secret = True


class VerifierKey(_File):
    """verifier.veil: for everybody."""

    __slots__ = ()
    _what = "verifier's key"


class Proof(_File):
    """A proof: for everybody who may know its statement."""

    __slots__ = ()
    _what = "proof"


class _Facts:
    """A JSON object whose entries are attributes too."""

    def __init__(self, facts):
        self._facts = facts

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._facts[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self._facts)}") from None

    def __dir__(self):
        return [*super().__dir__(), *self._facts]

    def __eq__(self, other):
        return type(self) is type(other) and self._facts == other._facts

    def __getstate__(self):
        return self._facts

    def __setstate__(self, facts):
        self._facts = facts

    def to_dict(self):
        return json.loads(json.dumps(self._facts))

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={_short(value)}' for name, value in self._facts.items())})"

    def _repr_html_(self):
        rows = "".join(f"<tr><th style='text-align:left'>{html.escape(name.replace('_', ' '))}</th>"
                       f"<td style='text-align:left'>{html.escape(_short(value, 200))}</td></tr>"
                       for name, value in self._facts.items())
        return f"<table>{rows}</table>"


def _short(value, most=60):
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else repr(value)
    return text if len(text) <= most else text[: most - 3] + "..."


class Statement(_Facts):
    """What an accepted proof shows, and what it never does."""


class Report(_Facts):
    """What setup did with the model: report.json. The owner's, since its figures come from weights and data."""


class Comparison(_Facts):
    """The float model against its integers on rows of data. The owner's."""

    def _repr_html_(self):
        return _scatter(self._facts) + super()._repr_html_()


def _scatter(facts):
    """Float against integer outputs, as SVG."""
    floats, integers = _flat(facts.get("float_outputs", [])), _flat(facts.get("integer_outputs", []))
    if not floats or len(floats) != len(integers):
        return ""
    low, high = min(floats + integers), max(floats + integers)
    span = (high - low) or 1.0
    dots = "".join(f"<circle cx='{10 + 200 * (x - low) / span:.1f}' cy='{210 - 200 * (y - low) / span:.1f}' r='2'/>"
                   for x, y in list(zip(floats, integers))[:2000])
    return ("<svg width='220' height='220' role='img' aria-label='float against integer outputs' fill='#2563eb'>"
            "<line x1='10' y1='210' x2='210' y2='10' stroke='#999'/>" + dots + "</svg>")


def _flat(values):
    return [each for value in values for each in _flat(value)] if isinstance(values, list) else [values]


class Verdict:
    """Whether a proof was accepted: true in a condition. `reason` names the check that failed."""

    __slots__ = ("accepted", "reason", "statement")

    def __init__(self, accepted, reason, statement):
        self.accepted, self.reason, self.statement = accepted, reason, statement

    def __bool__(self):
        return self.accepted

    def __eq__(self, other):
        return (type(self) is type(other) and self.accepted == other.accepted and self.reason == other.reason
                and self.statement == other.statement)

    def __repr__(self):
        return f"Verdict(accepted, {self.statement!r})" if self.accepted else f"Verdict(rejected: {self.reason})"

    def _repr_html_(self):
        if not self.accepted:
            return f"<b style='color:#b91c1c'>rejected</b> {html.escape(self.reason)}"
        return "<b style='color:#15803d'>accepted</b>" + self.statement._repr_html_()
