"""What mkdocs does not do by itself: the program's help, and links to files of the repository beside docs/."""

import html
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
HELP = "<!-- the program's help -->"


def _help(*words):
    program = os.environ.get("VEIL_PROGRAM", str(ROOT / "build" / "release" / "veil"))
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True)
    return done.stdout.rstrip()


def _commands(text):
    """The names in the list of subcommands."""
    listed = text.split("Subcommands:\n", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^  ([a-z][a-z-]*)\b", listed, re.MULTILINE)


def _block(title, text):
    return f"\n## {title}\n\n```text\n{text}\n```\n"


def _program_pages():
    first = _help()
    return _block("veil", first) + "".join(_block(f"veil {name}", _help(name)) for name in _commands(first))


def _beside_docs(page_path, markdown):
    """A link to a file that is no page becomes the file's path; the file has to be there."""
    def path_of(match):
        words, target = match.group(1), match.group(2).split("#")[0]
        there = (ROOT / "docs" / page_path).parent / target
        there = pathlib.Path(os.path.normpath(there))
        if not target.startswith("..") or (ROOT / "docs") in there.parents:
            return match.group(0)
        if not there.exists():
            raise FileNotFoundError(f"{page_path} links to {target}, which is not there")
        return f"{words} (<code>{html.escape(str(there.relative_to(ROOT)))}</code> of the repository)"
    return re.sub(r"\[([^\]]+)\]\(((?:\.\./)[^)\s]+)\)", path_of, markdown)


def on_page_markdown(markdown, page, config, files):
    if HELP in markdown:
        markdown = markdown.replace(HELP, _program_pages())
    return _beside_docs(page.file.src_uri, markdown)
