"""The student's side: run a notebook's cells with IPython, answer questions about its functions."""

from __future__ import annotations

import base64
import io
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from . import wire
from .ask import ask
from .caps import MAX_CELL_OUTPUTS, MAX_OUTPUT

INSTALLERS = ("pip", "conda", "mamba", "micromamba", "uv")
PLOT = "import matplotlib.pyplot as plt\nplt.plot([0, 1])\nplt.show()"

outputs: list[dict[str, Any]] = []
"""What the running cell has put out so far, in nbformat's form."""


def put(output: dict[str, Any]) -> None:
    """Add one output unless the cell has put out too much already."""
    size = sum(len(str(earlier)) for earlier in outputs[-50:]) + len(str(output))
    if len(outputs) < MAX_CELL_OUTPUTS and size < 4 * MAX_OUTPUT:
        outputs.append(output)


class Stream(io.TextIOBase):
    """A stdout or stderr that writes into the cell's outputs."""

    def __init__(self, name: str) -> None:
        self.name, self.left = name, MAX_OUTPUT

    def writable(self) -> bool:
        """Streams are written to."""
        return True

    def write(self, text: str) -> int:
        """Join `text` to the output before it when that is of the same stream."""
        kept, self.left = text[: self.left], max(0, self.left - len(text))
        if outputs and outputs[-1].get("name") == self.name:
            outputs[-1]["text"] += kept
        elif kept:
            put({"output_type": "stream", "name": self.name, "text": kept})
        return len(text)


class Hook(DisplayHook):  # type: ignore[misc]
    """What a cell's last line shows."""

    def write_output_prompt(self) -> None:
        """Write nothing: the notebook draws its own."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Keep the value as a result of the cell."""
        put({"output_type": "execute_result", "data": plain(format_dict), "metadata": {}})


class Publisher(DisplayPublisher):  # type: ignore[misc]
    """What a cell displays: tables, pictures."""

    def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
        """Keep the displayed data."""
        put({"output_type": "display_data", "data": plain(data), "metadata": {}})


def plain(data: dict[str, Any]) -> dict[str, str]:
    """Return a display's data as text: PNG pictures in base64, as notebooks keep them."""
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        for kind, value in data.items()
    }


class Shell(InteractiveShell):  # type: ignore[misc]
    """IPython without a terminal: everything that it shows becomes data."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        name = getattr(etype, "__name__", "Error")
        put({"output_type": "error", "ename": name, "evalue": str(evalue), "traceback": list(stb)})

    def system(self, cmd: str) -> None:
        """Go on without a program: a line such as `!pip install x` must not cost what is below."""
        print(f"{cmd[:100]}: skipped, no program can be started while a notebook is graded")

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """Return nothing, as from a program that says nothing."""
        self.system(cmd)
        return [] if split else ""

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Draw into the notebook, whatever was asked for: nobody is there to use a window."""
        return super().enable_matplotlib("inline")

    def enable_gui(self, gui: str | None = None) -> None:
        """Open no window: %matplotlib inline asks for none."""

    def init_display_formatter(self) -> None:
        """Offer every representation that a notebook can show."""
        super().init_display_formatter()
        self.display_formatter.active_types = self.display_formatter.format_types


def shell() -> Shell:
    """Return an IPython shell with its first traceback, which is slow, behind it."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Context"
    Shell.displayhook_class, Shell.display_pub_class = Hook, Publisher
    made: Shell = Shell.instance(config=config)
    for name in INSTALLERS:  # IPython's own look for the program before they start it
        made.register_magic_function(partial(skipped, made, name), "line", name)
    made.db = {}  # what %cd and others keep would lie outside of a student's folder
    warm(made, "1 / 0")
    return made


def skipped(made: Shell, name: str, line: str) -> None:
    """Install nothing."""
    made.system(f"%{name} {line}")


def warm(made: Shell, code: str) -> None:
    """Run what is slow the first time, and forget all but that."""
    made.run_cell(code)
    made.reset()
    outputs.clear()


def serve(connection: socket.socket, made: Shell) -> None:
    """Answer requests until the other side hangs up: one request, one reply, in lock-step."""
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    while True:
        try:
            request = wire.receive(connection, trusting=True)
        except EOFError:
            return
        reply = {"id": request["id"], **answer(made, request)}
        try:
            frame = wire.encode(reply)
        except wire.WireError as problem:
            frame = wire.encode(
                {"id": request["id"], "error": "ValueError", "message": str(problem)}
            )
        connection.sendall(frame)


def alone(program: str, name: str, questions: list[tuple[Any, ...]], **_: Any) -> list[Any]:
    """Run a program in a namespace of its own and ask one of its functions; [] where it fails.

    It finds no module of the student's own: none was read, and libraries try some names by
    themselves (pandas: numexpr).
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    own = sys.path.pop()
    try:
        exec(compile(program, "<alone>", "exec"), names)
        return [ask(names[name], arguments, {}) for arguments in questions]
    except Exception:
        return []
    finally:
        sys.path.append(own)


def answer(made: Shell, request: dict[str, Any]) -> dict[str, Any]:
    """Return the reply to one request: run a cell, write a file, call a function, give a value."""
    match request["do"]:
        case "run":
            outputs.clear()
            sys.stdout.left = sys.stderr.left = MAX_OUTPUT  # type: ignore[union-attr]
            formatter = made.display_formatter
            formatter.active_types = formatter.format_types if request["shown"] else ["text/plain"]
            made.run_cell(request["code"], store_history=True)
            return {"outputs": list(outputs)}
        case "write":
            path = Path(request["name"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(request["data"].tobytes())
            return {}
        case "call":
            function = made.user_ns.get(request["name"])
            if not callable(function):
                return {"error": "NameError", "message": f"name '{request['name']}' is not defined"}
            return ask(function, request["args"], request["keywords"])
        case "alone":
            return {"answers": alone(**request)}
        case "get":
            value = made.user_ns.get(request["name"])
            kind = "function" if callable(value) else "data"
            found = request["name"] in made.user_ns
            return {
                "kind": kind if found else "missing",
                "value": None if callable(value) else value,
            }
    return {"error": "ValueError", "message": "unknown request"}
