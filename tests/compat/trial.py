"""One case through setup, prove and verify, and what came of it."""

import dataclasses
import io
import pathlib
import re
import shutil
import signal
import tempfile
import zipfile

import numpy

from cases import QUANTISED, MaterialError, free_lengths, with_constants
from compare import ABSOLUTE_BOUND, RELATIVE_BOUND, compare
from parameters import LEVELS
from program import Clock, run_program

OUTCOMES = ("proven", "refused", "imprecise", "wrong", "crash", "hang", "broken")  # from best to worst
FAILURES = ("wrong", "crash", "hang", "broken")  # broken: this harness or its material is at fault
DONE, REJECTED, BAD_INPUT = 0, 1, 2


@dataclasses.dataclass
class Settings:
    veil: pathlib.Path
    program: str = ""  # its SHA-256
    bits: str = "16"
    seconds: float = 120
    memory_bytes: int = 6 << 30
    threads: int = 1
    constants: str = "parameters"  # the last of LEVELS that is tried
    relative: float = RELATIVE_BOUND
    absolute: float = ABSOLUTE_BOUND
    keep: pathlib.Path | None = None  # a folder for the files of every case


@dataclasses.dataclass
class Trial:
    """A line of the report."""

    identity: str
    group: str
    name: str
    operator: str
    output: str
    operators: tuple
    outcome: str = "broken"
    stage: str = ""  # where it ended: load, setup, prove, verify, compare
    reason: str = ""
    constants: list = dataclasses.field(default_factory=list)  # inputs turned into constants of the model
    constants_level: str = "none"
    refused_as_given: str = ""  # the sentence for the model as it is, where constants helped
    reference: str = ""
    element_type: str = ""
    elements: int = 0
    error: float | None = None
    bound: float | None = None
    largest: float | None = None
    proof_bytes: int | None = None
    model_id: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int | None = None
    commands: dict = dataclasses.field(default_factory=dict)  # wall and CPU seconds, peak memory of each


class _End(Exception):
    """The trial is over."""

    def __init__(self, outcome, stage, reason):
        super().__init__(reason)
        self.outcome, self.stage, self.reason = outcome, stage, reason


def plain_array(array):
    """In a type that data files may have."""
    return array.astype(numpy.float32) if array.dtype.kind == "f" and array.dtype.itemsize < 4 else array


def write_rows(path, inputs):
    """One row. Written entry by entry: numpy.savez reserves some names."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in inputs.items():
            data = io.BytesIO()
            row = numpy.ascontiguousarray(plain_array(array)).reshape(1, *array.shape)
            numpy.lib.format.write_array(data, row)
            archive.writestr(f"{name}.npy", data.getvalue())


def signal_name(code):
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def last_words(run):
    lines = [line for line in run.errors.decode(errors="replace").splitlines() if line.strip()]
    return f": {lines[-1][:300]}" if lines else ""


def is_sentence(text):
    """Says something, and says it whole."""
    return isinstance(text, str) and len(text.split()) >= 3 and text.rstrip()[-1:] in (".", "?", "!")


def check_ended_well(stage, run, limit):
    """Raises _End unless the program ended by itself, with a documented exit code and one JSON object."""
    if run.hung:
        raise _End("hang", stage, f"not done after {limit:g} s")
    if run.code < 0:
        raise _End("crash", stage, signal_name(run.code) + last_words(run))
    if run.code not in (DONE, REJECTED, BAD_INPUT):
        raise _End("crash", stage, f"exit code {run.code}" + last_words(run))
    said = run.json()
    if run.code == BAD_INPUT:
        sentence = (said or {}).get("error")
        if not is_sentence(sentence):
            raise _End("crash", stage, f"exit code 2 without a sentence: {sentence!r}" + last_words(run))
        raise _End("refused", stage, sentence)
    if said is None:
        raise _End("crash", stage, f"exit code {run.code}, and no JSON object" + last_words(run))
    if run.code == REJECTED:
        raise _End("wrong", stage, f"an honest {stage} was rejected: {said.get('reason')}")
    return said


class Runner:
    """The commands of one trial, in one folder, under one limit."""

    def __init__(self, settings, trial, folder):
        self.settings, self.trial, self.folder = settings, trial, folder
        self.clock = Clock(settings.seconds)

    def command(self, stage, *words):
        before = self.clock.spent()
        words = [self.settings.veil, stage, *words, "--json", "--threads", self.settings.threads]
        run = run_program(words, self.folder, self.clock.left(), self.settings.memory_bytes)
        said = run.json() or {}
        self.note(stage, self.clock.spent() - before, run.cpu_s, said.get("peak_rss_bytes") or run.peak_bytes)
        return check_ended_well(stage, run, self.settings.seconds)

    def note(self, stage, wall_s, cpu_s, peak_bytes):
        self.trial.commands[stage] = {"wall_s": round(wall_s, 4), "cpu_s": round(cpu_s, 4), "peak_bytes": peak_bytes}
        self.trial.cpu_s += cpu_s
        if peak_bytes is not None:
            self.trial.peak_bytes = max(self.trial.peak_bytes or 0, peak_bytes)

    def setup(self, loaded):
        model, rows = self.folder / "model.onnx", self.folder / "rows.npz"
        model.write_bytes(loaded.model.SerializeToString())
        write_rows(rows, loaded.inputs)
        words = [model, "--calibrate", rows, "--bits", self.settings.bits, "--out", self.folder / "key"]
        words += ["--output", self.trial.output]
        for length in free_lengths(loaded.model, loaded.inputs):
            words += ["--dim", length]
        return self.command("setup", *words)

    def setup_with_constants(self, loaded):
        """Tries the model as it is; where that is refused, again with more and more of its inputs as constants."""
        try:
            return self.setup(loaded)
        except _End as end:
            if end.outcome != "refused":
                raise
            first = end
        levels = LEVELS[1:LEVELS.index(self.settings.constants) + 1]
        for level in levels:
            changed, names = with_constants(loaded, level)
            if changed is None or names == self.trial.constants:
                continue
            self.trial.constants, self.trial.constants_level = names, level
            self.trial.refused_as_given = first.reason
            try:
                return self.setup(changed)
            except _End as end:
                if end.outcome != "refused":
                    raise
                last = end
        raise last if self.trial.constants else first

    def revealed(self, loaded):
        said = self.setup_with_constants(loaded)
        self.trial.model_id = said.get("model_id", "")
        key, proof = self.folder / "key", self.folder / "proof"
        proven = self.command("prove", key / "prover.veil", "--input", self.folder / "rows.npz", "--row", 0,
                              "--context", self.trial.identity, "--out", proof)
        self.trial.proof_bytes = proven.get("proof_bytes")
        return self.command("verify", key / "verifier.veil", proof, "--context", self.trial.identity, "--model-id",
                            self.trial.model_id)


def values_of(verdict):
    """The revealed numbers of an accepted proof."""
    statement = verdict.get("statement")
    if verdict.get("accepted") is not True or not isinstance(statement, dict):
        raise _End("crash", "verify", "exit code 0, but the JSON object says nothing of an accepted proof")
    outputs = statement.get("outputs") or []
    if len(outputs) != 1:
        raise _End("wrong", "verify", f"the proof reveals {len(outputs)} outputs, not the one that was asked for")
    return outputs[0]["values"]


def judge(trial, settings, loaded, values):
    result = compare(values, loaded.expected, settings.relative, settings.absolute,
                     rounded=bool(QUANTISED & set(trial.operators)))
    trial.elements, trial.error, trial.bound, trial.largest = (result.elements, result.error, result.bound,
                                                               result.largest)
    raise _End(result.outcome, "compare", result.reason)


def attempt(case, settings, trial, folder):
    try:
        loaded = case.load()
    except (MaterialError, OSError, ValueError) as error:
        raise _End("broken", "load", f"{type(error).__name__}: {error}") from error
    trial.reference, trial.element_type = loaded.reference, str(loaded.expected.dtype)
    trial.elements = int(loaded.expected.size)
    runner = Runner(settings, trial, folder)
    try:
        judge(trial, settings, loaded, values_of(runner.revealed(loaded)))
    finally:
        trial.wall_s = runner.clock.spent()


def folder_of(case, settings):
    if settings.keep is None:
        return pathlib.Path(tempfile.mkdtemp(prefix="veil-compat-"))
    folder = settings.keep / re.sub(r"[^A-Za-z0-9_.-]", "_", case.identity)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def try_case(case, settings):
    """Never raises: whatever goes wrong is an outcome."""
    trial = Trial(case.identity, case.group, case.name, case.operator, case.output, tuple(case.operators))
    folder = folder_of(case, settings)
    try:
        attempt(case, settings, trial, folder)
    except _End as end:
        trial.outcome, trial.stage = end.outcome, end.stage
        trial.reason = end.reason.replace(f"{folder}/", "")  # the folder's name is another one each time
    except Exception as error:  # pylint: disable=broad-except
        trial.outcome, trial.stage, trial.reason = "broken", trial.stage, f"{type(error).__name__}: {error}"
    finally:
        if settings.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return trial
