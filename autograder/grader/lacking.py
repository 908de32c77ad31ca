"""What code wanted that is not there where it is graded: the grade stays, somebody should know.

Only what the visible pass raised is looked at, so that nothing hidden can be said by an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NETWORK = re.compile("()"), "asks for the network, which is not there where this is graded"
LACKS = {
    "ModuleNotFoundError": (
        re.compile(r"No module named '(\w{1,60})[.\w]*'"),
        "needs the package {}, which is not installed where this is graded",
    ),
    "EOFError": (
        re.compile(r"EOF when reading a (line)"),
        "asks for input(), which nobody can answer here",
    ),
    "FileNotFoundError": (
        re.compile(r"(?:[^']{1,200}'|)([^'\n]{1,200}?)(?:'| not found\.)"),
        "opens {}, which is not beside the notebook",
    ),
    **dict.fromkeys(("URLError", "gaierror", "ConnectionError"), NETWORK),
}
"""What errors say, by their names, and what is said of them."""
INSTALLS = re.compile(r"[!%](?:.*\W)?(?:pip3?|conda|(?:micro)?mamba|uv|apt|apt-get)\s.*install\b")


def lacking(errors: Iterable[tuple[str, str]], sources: Iterable[str]) -> list[str]:
    """Return a line for each thing that errors, by name and message, or cells say is not there."""
    found = []
    for name, message in errors:
        pattern, says = LACKS.get(name, (None, ""))
        if pattern and (match := pattern.match(message)):
            found.append(says.format(shown(match[1].rstrip("/").rpartition("/")[2])))
    lines = (line.strip()[:200] for source in sources for line in source.splitlines())
    if skipped := next(filter(INSTALLS.match, lines), ""):
        found.append(f"{shown(skipped)}: skipped, nothing can be installed where this is graded")
    return list(dict.fromkeys(found))


def shown(text: str) -> str:
    """Return a student's word as it may be shown in a line, cut short."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:60])
