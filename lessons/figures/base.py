"""How a picture of this course begins and ends; the other files of this folder draw in between.

Every function there draws one picture and shows it with a text alternative. Pictures keep a light
background of their own, so that they are legible in a dark notebook too, and no two things are
told apart by colour alone: markers, line styles and labels differ as well.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0b5fa5", "#c8500a", "#00785a", "#8a3c8c", "#5c5c5c"
"""Dark enough for text on the pictures' background (contrast of at least 4.5 to 1)."""

plt.rcParams |= {
    "figure.facecolor": "#fbfaf7",
    "axes.facecolor": "#fbfaf7",
    "savefig.facecolor": "#fbfaf7",
    "figure.dpi": 100,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "lines.linewidth": 2,
}


def new(width: float = 7, height: float = 3.4, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """Return an empty figure in the course's style and its axes, left to right; sizes in inches."""
    figure, axes = plt.subplots(
        1, columns, figsize=(width, height), squeeze=False, layout="constrained"
    )
    return figure, list(axes[0])


def show(figure: Figure, alt: str) -> None:
    """Show `figure` with `alt`, one or two sentences for those who cannot see it, and close it."""
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    plt.close(figure)
    display(
        {"image/png": png.getvalue(), "text/plain": alt},
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )


def slider(draw: Callable[..., None], **parameters: tuple[float, float, float]) -> None:
    """Redraw with `draw` while sliders move; each parameter is (lowest, highest, step).

    Readers on the web have no kernel: a lesson shows the still picture in the cell before.
    """
    from ipywidgets import FloatSlider, interact

    def widget(low: float, high: float, step: float) -> FloatSlider:
        return FloatSlider(min=low, max=high, step=step, value=(low + high) / 2)

    interact(draw, **{name: widget(*limits) for name, limits in parameters.items()})
