"""Who is told how far work is: a function of the caller's, or a bar where tqdm is installed and somebody looks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Optional, Union

from veil.errors import InputError

Told = Callable[[str, float], object]
Progress = Union[None, bool, Told]


def _someone_looks() -> bool:
    """A terminal or a notebook, whose kernel has no terminal."""
    shell = sys.modules.get("IPython")
    if shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell":
        return True
    return sys.stderr is not None and sys.stderr.isatty()


def _bar(progress: Progress) -> Any:
    """tqdm's class of bars, or nothing. True asks for a bar also where nobody seems to look."""
    if progress is False or (progress is None and not _someone_looks()):
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm


@contextlib.contextmanager
def told(progress: Progress) -> Iterator[Optional[Told]]:
    """What the core calls with a stage and how much is done; nothing where nobody is to be told."""
    if callable(progress):
        yield progress
        return
    if progress is not None and not isinstance(progress, bool):
        raise InputError("The progress must be a function of the stage and how much is done, or True or False.")
    bar_class = _bar(progress)
    if bar_class is None:
        yield None
        return
    form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}"
    with bar_class(total=1.0, bar_format=form, leave=False, delay=0.5) as bar:  # work of half a second needs none
        def tell(stage: str, done: float) -> None:
            bar.set_description_str(stage, refresh=False)
            bar.update(max(0.0, done - bar.n))
        yield tell
