"""The documentation says what is so: its examples run, and the gallery does."""

import os
import pathlib
import sys

import pytest

import snippets

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("VEIL_PROGRAM", ROOT / "build" / "release" / "veil")).resolve()
PAGES = sorted([*(ROOT / "docs" / "tutorial").glob("*.md"), *(ROOT / "docs" / "howto").glob("*.md")])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder with the examples, where `veil` is the program."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "veil").symlink_to(PROGRAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_pages():
    assert len(PAGES) == 16


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_the_examples_of_a_page_run(page, folder):
    path = os.pathsep.join([str(folder / "bin"), os.path.dirname(sys.executable), os.environ["PATH"]])
    snippets.run_page(page, path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_blocks_are_run_or_say_why_not(page):
    found = snippets.blocks(page)
    assert found
    for block in found:
        assert block.language in snippets.RUN or block.language in snippets.ONLY_SHOWN or block.reason, (
            f"{page}:{block.line}: a block of {block.language or 'no language'}")
    shown = [block for block in found if block.reason and block.language in snippets.RUN]
    assert len(shown) <= 2, f"{page}: most examples are to be run"


def test_a_wrong_example_would_fail(folder):
    for text in ("```python\nassert 1 == 2\n```\n", "```sh\nveil verify nowhere.veil nothing\n```\n"):
        page = folder / "page.md"
        page.write_text(text)
        with pytest.raises(AssertionError):
            snippets.run_page(page, os.pathsep.join([str(folder / "bin"), os.environ["PATH"]]))


@pytest.mark.filterwarnings("ignore")
def test_the_gallery_runs(folder):
    jupytext = pytest.importorskip("jupytext")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    notebook = jupytext.read(ROOT / "examples" / "gallery.py")
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3",
                                     resources={"metadata": {"path": str(folder)}})
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output.output_type == "error"]
    kinds = [kind for output in shown for kind in output.get("data", {})]
    assert kinds.count("image/png") >= 3 and kinds.count("text/html") >= 3
