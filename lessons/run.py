"""Execute the lessons top to bottom and keep them in the form in which they are committed.

    python lessons/run.py                    every lesson
    python lessons/run.py 03_mse.ipynb       one
    python lessons/run.py --check            execute, compare with what is committed, write nothing

A cell tagged `timing` is run but its committed output is kept: seconds differ between machines.
A cell tagged `slider` keeps no output: widgets need a kernel, and the picture before it stays.
One tagged `review` keeps a line of text: without its styles all answers would show.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

LESSONS = Path(__file__).parent
LANGUAGE = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

# Two kernels that start at the same time may choose the same network port, and one waits forever.
HOME = tempfile.TemporaryDirectory(prefix="lessons-")
SOCKETS = {"transport": "ipc", "ip": f"{HOME.name}/kernel"} if os.name == "posix" else {}


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags", []))


def execute(notebook: NotebookNode) -> NotebookNode:
    """Return an executed copy of `notebook`; a cell that raises stops the run."""
    executed = copy.deepcopy(notebook)
    client = NotebookClient(
        executed,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(LESSONS)}},
        config=Config(KernelManager=SOCKETS),
    )
    # Its stand-in for a browser answers widgets on the very socket on which it waits for the cell,
    # and then sometimes sleeps on until the timeout. What a slider draws comes as plain output.
    client.widget_registry.clear()
    client.execute()
    return executed


def normal_form(executed: NotebookNode, committed: NotebookNode) -> NotebookNode:
    """Return `executed` without what differs from run to run: counts, times, widgets, timings."""
    before = {cell.id: cell for cell in committed.cells}
    executed.metadata = nbformat.from_dict(LANGUAGE)
    for cell in executed.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        if "slider" in tags(cell):
            errors = [output for output in cell.outputs if output.output_type == "error"]
            if errors:  # ipywidgets shows it, and does not raise it
                raise RuntimeError(f"slider {cell.id}: {errors[0].ename}: {errors[0].evalue}")
            cell.outputs = []
        if "review" in tags(cell):
            for output in cell.outputs:
                output.data.pop("text/html", None)
        if "timing" in tags(cell) and before[cell.id].outputs:
            cell.outputs = before[cell.id].outputs
        cell.outputs = merged(cell.outputs)
    return executed


def merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: where the kernel cuts them is chance."""
    joined: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "execute_result":
            output.execution_count = None
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def differences(notebook: NotebookNode, committed: NotebookNode) -> list[str]:
    """Say which cells' outputs differ in what they say.

    The bytes of a picture, and a library's own HTML and scripts, change from version to version;
    a picture's text alternative, with the numbers in it, does not.
    """

    def says(cell: NotebookNode) -> list[object]:
        return [
            (
                output.output_type,
                output.get("text", output.get("evalue")),
                output.get("data", {}).get("text/plain"),
                sorted(output.get("data", {})),
            )
            for output in cell.get("outputs", [])
        ]

    return [
        f"cell {now.id}: the committed output is not what the cell gives"
        for now, then in zip(notebook.cells, committed.cells, strict=True)
        if says(now) != says(then)
    ]


def main() -> int:
    """Run the command line described at the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="file names; all lessons when none is given")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    options = parser.parse_args()
    failed = False
    for name in options.lessons or sorted(path.name for path in LESSONS.glob("*.ipynb")):
        path = LESSONS / Path(name).name
        committed = nbformat.read(path, as_version=4)
        notebook = normal_form(execute(committed), committed)
        if options.check:
            found = differences(notebook, committed)
            failed = failed or bool(found)
            print(f"{path.name}: {'; '.join(found) or 'equal'}", flush=True)
        else:
            nbformat.write(notebook, path)
            print(f"{path.name}: executed", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
