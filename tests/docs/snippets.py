"""Runnable examples of a page: fenced blocks of Python and shell, in order."""

import contextlib
import io
import os
import re
import subprocess

SHOWN = re.compile(r"<!-- shown only: (.+) -->")
RUN = {"python", "sh"}
ONLY_SHOWN = {"text", "c", "json", "mermaid"}


class Block:
    def __init__(self, language, text, line, reason):
        self.language, self.text, self.line, self.reason = language, text, line, reason


def blocks(page):
    """All fenced blocks of a page."""
    out, fence, reason = [], None, None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if fence is not None:
            if line == "```":
                out.append(Block(fence[0], "\n".join(fence[2]) + "\n", fence[1], reason))
                fence = reason = None
            else:
                fence[2].append(line)
        elif line.startswith("```"):
            fence = (line[3:].strip(), number + 1, [])
        elif line.strip():
            marked = SHOWN.fullmatch(line.strip())
            reason = marked.group(1) if marked else None
    assert fence is None, f"{page}: a block is not closed"
    return out


def run_shell(block, page, path):
    done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", block.text], capture_output=True, text=True,
                          env={**os.environ, "PATH": path}, timeout=300)
    assert done.returncode == 0, f"{page}:{block.line}\n{done.stdout}{done.stderr}"


def run_python(block, page, names):
    code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, names)  # the text of this repository


def run_page(page, path):
    """The blocks of a page, one after the other, in the current folder; Python's share their names."""
    names = {"__name__": "__main__"}
    for block in blocks(page):
        if block.reason is None and block.language == "python":
            run_python(block, page, names)
        elif block.reason is None and block.language == "sh":
            run_shell(block, page, path)
