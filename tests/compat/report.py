"""What came of all cases, as JSON, as Markdown, and as a page with colours. The same trials give the same order."""

import collections
import dataclasses
import html
import json
import re

import onnx

from compare import WRONG
from trial import FAILURES, OUTCOMES

JSON_NAME, MARKDOWN_NAME, PAGE_NAME = "compat.json", "compat.md", "compat.html"
COLOURS = {"proven": "#c8e6c9", "refused": "#e0e0e0", "imprecise": "#fff3c4", "wrong": "#ffb3b3", "crash": "#ff8a80",
           "hang": "#ffcc80", "broken": "#e1bee7"}
MOST_SLOW = 15


# ---- sentences ----


def kind_of_reason(sentence):
    """The sentence without what differs from model to model: names of nodes, lists of operators, numbers."""
    text = re.sub(r" \(node '[^']*'\)", "", sentence)
    text = re.sub(r"; supported operators: .*", ".", text)
    # "its input 'axes'" is the operator's word for it and stays.
    text = re.sub(r"(?<!its )\b((?:step|input|output|value|array|constant|tensor)s?) '[^']*'", r"\1 '...'", text,
                  flags=re.IGNORECASE)
    text = re.sub(r"'[^']*\.(npz|onnx)'", r"'...\1'", text)
    text = re.sub(r"\((?:\d+(?:, )?,?)*\)", "(...)", text)
    return re.sub(r"(?<![\w.'])-?\d+(\.\d+)?(e[+-]?\d+)?(?!\w)", "N", text)


def operators_named(sentence):
    return re.findall(r"[Oo]perator '([^']+)'", sentence)


def complaint_about(trial):
    """What is wrong with a refusal's sentence, besides the refusal; mostly nothing."""
    if trial.stage in ("prove", "verify"):
        return f"setup took it, {trial.stage} refused"
    named = operators_named(trial.reason)
    if not named:
        return "names no operator"
    if not set(named) & set(trial.operators):
        return "names an operator that the model does not have"
    return ""


def counted_refusals(trials):
    """(sentence, cases with it), most frequent first."""
    groups = collections.defaultdict(list)
    for trial in trials:
        if trial.outcome == "refused":
            groups[kind_of_reason(trial.reason)].append(trial)
    return sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))


def refusals_text(json_path):
    lines = [f"{group['cases']:5d}  {group['sentence']}" for group in json.loads(json_path.read_text())["refusals"]]
    return "\n".join(lines)


# ---- numbers ----


def number(value, form="{:.2g}"):
    return "" if value is None else form.format(value)


def megabytes(size_bytes):
    return "" if size_bytes is None else f"{size_bytes / 2**20:.0f}"


def share(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def says_little(trial):
    """The bound is wider than an error that is wrong in larger numbers."""
    return bool(trial.bound) and trial.bound > WRONG * trial.largest


def tally(trials):
    counts = collections.Counter(trial.outcome for trial in trials)
    return [counts[outcome] for outcome in OUTCOMES]


def worst(trials):
    return max((trial.outcome for trial in trials), key=OUTCOMES.index)


def by(trials, key):
    groups = collections.defaultdict(list)
    for trial in trials:
        groups[key(trial)].append(trial)
    return groups


# ---- tables: a title, a head, rows of texts ----


@dataclasses.dataclass
class Table:
    title: str
    head: list
    rows: list
    colour: int | None = None  # the column that holds an outcome


def groups_table(trials):
    rows = []
    for group, members in [*by(trials, lambda trial: trial.group).items(), ("all", trials)]:
        models = by(members, lambda trial: (trial.group, trial.name)).values()
        proven = [trial for trial in members if trial.outcome == "proven"]
        whole = sum(worst(model) == "proven" for model in models)
        rows.append([group, len(models), whole, len(members), *tally(members),
                     share(len(proven), len(members)), sum(bool(trial.constants) for trial in proven)])
    head = ["group", "models", "proven whole", "cases", *OUTCOMES, "proven", "of these with inputs as constants"]
    return Table("By group", head, rows)


def operators_table(trials):
    """Node tests by their operator; a case is one output."""
    rows = [[operator, len(members), *tally(members)] for operator, members in
            sorted(by([trial for trial in trials if trial.group == "nodes"], lambda trial: trial.operator).items())]
    return Table("Node tests by operator", ["operator", "cases", *OUTCOMES], rows)


def random_table(trials):
    rows = [[operator, len(members), *tally(members)] for operator, members in
            sorted(by([trial for trial in trials if trial.group == "random"], lambda trial: trial.operator).items())]
    return Table("Random graphs by kind", ["kind", "cases", *OUTCOMES], rows)


def networks_table(trials):
    rows = [[trial.identity, trial.outcome, number(trial.error), number(trial.bound), number(trial.proof_bytes, "{:,}"),
             number(trial.wall_s, "{:.2f}"), number(trial.cpu_s, "{:.2f}"), megabytes(trial.peak_bytes),
             kind_of_reason(trial.reason)] for trial in trials if trial.group not in ("nodes", "random")]
    return Table("Networks", ["output", "outcome", "error", "bound", "proof, bytes", "wall, s", "CPU, s", "peak, MiB",
                              "reason"], rows, 1)


def failures_table(trials):
    rows = [[trial.identity, trial.outcome, trial.stage, number(trial.error), number(trial.bound),
             number(trial.largest), trial.reason] for trial in trials if trial.outcome in ("imprecise", *FAILURES)]
    rows.sort(key=lambda row: -OUTCOMES.index(row[1]))
    return Table("Wrong, crashed, hung, imprecise", ["case", "outcome", "at", "error", "bound", "largest expected",
                                                     "reason"], rows, 1)


def refusals_table(trials):
    rows = [[len(members), sentence, members[0].identity] for sentence, members in counted_refusals(trials)]
    return Table("Refusals", ["cases", "sentence", "such as"], rows)


def complaints_table(trials):
    groups = collections.defaultdict(list)
    for trial in trials:
        if trial.outcome == "refused" and complaint_about(trial):
            groups[complaint_about(trial), kind_of_reason(trial.reason)].append(trial.identity)
    rows = [[len(names), complaint, sentence, names[0]] for (complaint, sentence), names in groups.items()]
    return Table("Refusals to look at", ["cases", "sentence", "it says", "such as"],
                 sorted(rows, key=lambda row: (-row[0], row[1:])))


def weak_table(trials):
    """The absolute bound is wide where all that is expected is small."""
    rows = [[trial.identity, number(trial.error), number(trial.bound), number(trial.largest),
             number(trial.error / trial.largest if trial.largest else None, "{:.2%}")]
            for trial in trials if trial.outcome == "proven" and says_little(trial)]
    return Table("Proven, but small beside the absolute bound", ["case", "error", "bound", "largest expected",
                                                                 "error of the largest"], rows)


def constants_table(trials):
    rows = [[trial.identity, trial.outcome, trial.constants_level, ", ".join(trial.constants)]
            for trial in trials if trial.constants and trial.outcome != "refused"]
    return Table("Proven with inputs as constants", ["case", "outcome", "which", "inputs"], rows, 1)


def slowest_table(trials):
    slow = sorted(trials, key=lambda trial: -trial.cpu_s)[:MOST_SLOW]
    rows = [[trial.identity, trial.outcome, number(trial.wall_s, "{:.2f}"), number(trial.cpu_s, "{:.2f}"),
             megabytes(trial.peak_bytes)] for trial in slow]
    return Table("Most CPU time", ["case", "outcome", "wall, s", "CPU, s", "peak, MiB"], rows, 1)


def all_cases_table(trials):
    rows = [[trial.identity, trial.operator, trial.outcome, trial.element_type, trial.elements, number(trial.error),
             number(trial.bound), number(trial.wall_s, "{:.2f}"), megabytes(trial.peak_bytes),
             trial.reason.split("; supported operators:")[0]] for trial in trials]
    return Table("All cases", ["case", "operator", "outcome", "type", "elements", "error", "bound", "wall, s",
                               "peak, MiB", "reason"], rows, 2)


# ---- files ----


def markdown_cell(value):
    return re.sub(r"\s+", " ", str(value)).replace("|", "\\|")


def markdown(table):
    lines = [f"## {table.title}", "", "| " + " | ".join(table.head) + " |", "|" + "---|" * len(table.head)]
    lines += ["| " + " | ".join(map(markdown_cell, row)) + " |" for row in table.rows]
    return "\n".join(lines) + "\n"


def shade(table, column, value):
    """Colour of a cell: an outcome's own, or of a count's outcome where it is not 0."""
    if column == table.colour:
        return COLOURS.get(value, "")
    heading = table.head[column]
    return COLOURS[heading] if heading in COLOURS and isinstance(value, int) and value > 0 else ""


def page_row(table, row):
    cells = []
    for column, value in enumerate(row):
        colour = shade(table, column, value)
        style = f' style="background:{colour}"' if colour else ""
        cells.append(f"<td{style}>{html.escape(str(value))}</td>")
    return "<tr>" + "".join(cells) + "</tr>"


def page_table(table):
    head = "".join(f"<th>{html.escape(heading)}</th>" for heading in table.head)
    return (f"<h2>{html.escape(table.title)}</h2>\n<table><tr>{head}</tr>\n"
            + "\n".join(page_row(table, row) for row in table.rows) + "\n</table>\n")


STYLE = """body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}
td,th{border:1px solid #bbb;padding:2px 6px;text-align:left;vertical-align:top}th{background:#f4f4f4}"""


class Report:
    def __init__(self, title, trials, settings, least):
        self.title, self.trials, self.settings, self.least = title, trials, settings, least
        self.proven = sum(trial.outcome == "proven" for trial in trials)

    def enough(self):
        return 100 * self.proven >= self.least * len(self.trials)

    def exit_code(self):
        return 0 if self.enough() and not any(trial.outcome in FAILURES for trial in self.trials) else 1

    def summary(self):
        counts = ", ".join(f"{count} {outcome}" for outcome, count in zip(OUTCOMES, tally(self.trials)) if count)
        text = f"{len(self.trials)} cases: {counts} ({share(self.proven, len(self.trials))} proven)"
        return text if self.enough() else f"{text}; at least {self.least:g} % were wanted"

    def introduction(self):
        bits, relative, absolute = self.settings.bits, self.settings.relative, self.settings.absolute
        return (f"{self.summary()}. A case is one output of a model through setup, prove and verify at {bits} bits; "
                f"floats may be off by {relative:g} of the largest expected magnitude or {absolute:g}, integers and "
                f"booleans not at all. Program: sha256 {self.settings.program[:16]}; onnx {onnx.__version__}.")

    def tables(self):
        tables = [groups_table(self.trials), failures_table(self.trials), operators_table(self.trials),
                  random_table(self.trials), networks_table(self.trials), refusals_table(self.trials),
                  complaints_table(self.trials), weak_table(self.trials), constants_table(self.trials),
                  slowest_table(self.trials)]
        return [table for table in tables if table.rows]

    def json(self):
        return {"title": self.title, "program_sha256": self.settings.program, "bits": self.settings.bits,
                "least_percent": self.least,
                "counts": dict(zip(OUTCOMES, tally(self.trials))),
                "refusals": [{"cases": len(members), "sentence": sentence,
                              "identities": [trial.identity for trial in members]}
                             for sentence, members in counted_refusals(self.trials)],
                "cases": [dataclasses.asdict(trial) for trial in self.trials]}

    def markdown(self):
        return f"# {self.title}\n\n{self.introduction()}\n\n" + "\n".join(map(markdown, self.tables()))

    def page(self):
        tables = [*self.tables(), all_cases_table(self.trials)]
        return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(self.title)}</title>'
                f"<style>{STYLE}</style></head>\n<body><h1>{html.escape(self.title)}</h1>\n"
                f"<p>{html.escape(self.introduction())}</p>\n" + "".join(map(page_table, tables)) + "</body></html>\n")

    def save(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON_NAME).write_text(json.dumps(self.json(), indent=1, allow_nan=True) + "\n")
        (folder / MARKDOWN_NAME).write_text(self.markdown())
        (folder / PAGE_NAME).write_text(self.page())
