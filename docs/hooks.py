"""What mkdocs does not do by itself: the list of decisions, and links to files of the repository beside docs/."""

import html
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def _entries(nav):
    """The dictionaries of a navigation, at any depth."""
    for entry in nav:
        if isinstance(entry, dict):
            yield entry
            for below in entry.values():
                if isinstance(below, list):
                    yield from _entries(below)


def on_config(config):
    """Every decision is in the navigation, in order."""
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    for entry in _entries(config.nav):
        if "Decisions" in entry:
            entry["Decisions"] = ["decisions/README.md", *(f"decisions/{page.name}" for page in pages)]
    return config


def _beside_docs(page_path, markdown):
    """A link to a file that is no page becomes the file's path; the file has to be there."""
    def path_of(match):
        words, target = match.group(1), match.group(2).split("#")[0]
        there = pathlib.Path(os.path.normpath((DOCS / page_path).parent / target))
        if DOCS in there.parents:
            return match.group(0)
        if not there.exists():
            raise FileNotFoundError(f"{page_path} links to {target}, which is not there")
        return f"{words} (<code>{html.escape(str(there.relative_to(ROOT)))}</code> of the repository)"
    return re.sub(r"\[([^\]]+)\]\(((?:\.\./)[^)\s]+)\)", path_of, markdown)


def on_page_markdown(markdown, page, config, files):
    return _beside_docs(page.file.src_uri, markdown)
