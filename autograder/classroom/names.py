"""Names of students and assignments in nbgrader's pages, which forget to escape them."""

from __future__ import annotations

import functools
import re
import sys
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

LIVE_TEX = re.compile(r"\\(?=(href|cssId|class|style|require|mmlToken|bbox|unicode)(?![A-Za-z]))")
"""What MathJax makes links, names and styles of."""


def without_live_tex(text: str) -> str:
    """Break the names of MathJax's live commands, invisibly, so that they are shown as written."""
    return LIVE_TEX.sub("\\\\\N{WORD JOINER}", text)


def tamed(value: Any) -> Any:
    """Return a name that ends no text, attribute or string of a script; other values as they are.

    An apostrophe and an ampersand stay: formgrader's scripts ask for O'Brien by this name.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    value = without_live_tex(value).replace("&#", "&amp;#")
    return Markup(value.translate({ord(letter): f"&#{ord(letter)};" for letter in '<>"\\'}))


def tame_names() -> None:
    """Let formgrader's lists do so with the names of students and assignments, as they forget to.

    To be called while formgrader reads its settings; elsewhere it does nothing.
    """
    formgrader: Any = sys.modules.get("nbgrader.server_extensions.formgrader.formgrader")
    if formgrader:
        formgrader.Environment = functools.partial(Environment, autoescape=True, finalize=tamed)
