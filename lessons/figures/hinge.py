"""Pictures of lesson 09, hinge loss."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from figures.base import BLUE, GREEN, GREY, ORANGE, PURPLE, new, show

Line = tuple[np.ndarray, float]
"""Weights and bias of a line: its scores are X @ weights + bias."""

PAPER = {"facecolor": plt.rcParams["axes.facecolor"], "edgecolor": "none", "pad": 1}
"""Box behind a label that lies on a line or a hatch."""


def hinge_points(y_true: Sequence[float], scores: Sequence[float]) -> None:
    """Draw the hinge loss over the margin, with each sample as a point on it."""
    margins = np.asarray(y_true, dtype=float) * np.asarray(scores, dtype=float)
    axis, losses = np.array([-2, 1, 3.2]), np.maximum(0, 1 - margins)
    figure, (axes,) = new(7.4, 3.6)
    axes.axvspan(0, 1, facecolor=(ORANGE, 0.12), edgecolor=(ORANGE, 0.4), hatch="//", linewidth=0)
    axes.plot(axis, np.maximum(0, 1 - axis), color=BLUE, linewidth=2.5)
    axes.plot(margins, losses, "D", color=PURPLE, markersize=9)
    for number, (margin, loss) in enumerate(zip(margins, losses, strict=True), 1):
        text = f"mail {number}\npays {loss:g}"
        where = {"xytext": (9, 7), "textcoords": "offset points", "bbox": PAPER}
        axes.annotate(text, (margin, loss), color=PURPLE, **where)
    for place, name in (-1, "wrong"), (0.5, "right, but\ntoo close"), (2.1, "right, and clearly"):
        axes.text(place, 3.3, name, ha="center", va="center", bbox=PAPER)
    axes.set(xlim=(-2, 3.2), ylim=(-0.1, 3.7), xticks=range(-2, 4), yticks=range(4))
    axes.set(xlabel="margin = label × score", ylabel="hinge loss")
    pairs = [f"margin {m:g} pays {x:g}" for m, x in zip(margins, losses, strict=True)]
    alt = "The hinge loss over the margin falls in a straight line until it is 0 at margin 1, and "
    show(figure, alt + "stays 0 from there. Three samples: " + "; ".join(pairs) + ".")


def hinge_slope() -> None:
    """Draw the hinge loss of a sample with label +1 beside its slope, over the score."""
    score = np.array([-2, 1, 3])
    figure, (loss, slope) = new(8, 3.4, 2)
    loss.plot(score, np.maximum(0, 1 - score), color=BLUE)
    for tilt in (0.25, 0.5, 0.75):
        loss.plot([0, 2], [tilt, -tilt], ":", color=ORANGE)
    loss.plot(1, 0, "o", color=BLUE, markerfacecolor="none", markersize=9)
    text, arrow = "dotted: lines that touch\nthe corner from below", {"arrowstyle": "->"}
    loss.annotate(text, (0.3, 0.36), (0.15, 1.9), color=ORANGE, arrowprops=arrow)
    slope.plot([-2, 1], [-1, -1], color=BLUE)
    slope.plot([1, 3], [0, 0], color=BLUE)
    slope.plot([1, 1], [-1, 0], ":", color=ORANGE)
    slope.text(1.1, -0.55, "any slope from\n−1 to 0 is allowed", color=ORANGE)
    loss.set(xlabel="score", title="Hinge loss, label +1", ylim=(-0.8, 3.2), yticks=range(4))
    slope.set(xlabel="score", title="Its slope", ylim=(-1.3, 0.5), yticks=[-1, 0])
    alt = (
        "Left: the loss for label +1 falls to 0 at score 1 and stays there; dotted lines touch the "
        "corner from below. Right: the slope is −1 up to score 1 and 0 beyond; at 1 it jumps."
    )
    show(figure, alt)


def draw_street(
    axes: Axes, X: np.ndarray, y: np.ndarray, line: Line, size: float = 7
) -> tuple[float, int]:
    """Draw houses and the street of `line`; return its width and how many houses touch it."""
    east, north = np.meshgrid(np.linspace(-3.6, 4, 200), np.linspace(-3, 3, 200))
    (w, b), score = line, line[0][0] * east + line[0][1] * north + line[1]
    axes.contourf(east, north, score, [-1, 1], colors=[(GREY, 0.15)])
    dashes = ["dashed", "solid", "dashed"]
    axes.contour(east, north, score, [-1, 0, 1], colors=GREY, linestyles=dashes, linewidths=1.5)
    touching = y * (X @ w + b) < 1.01
    axes.plot(*X[y > 0].T, "^", color=BLUE, markersize=size)
    axes.plot(*X[y < 0].T, "o", color=ORANGE, markersize=size)
    axes.plot(*X[touching].T, "s", color=PURPLE, markerfacecolor="none", markersize=2 * size)
    axes.set(xlim=(-3.6, 4), ylim=(-3, 3), aspect="equal", xlabel="east")
    return 2 / float(np.linalg.norm(w)), int(np.sum(touching))


def streets(X: np.ndarray, y: np.ndarray, lines: dict[str, Line]) -> None:
    """Draw one or several streets between the same two villages, one panel for each."""
    single = len(lines) == 1
    figure, panels = new(5.4, 4.4) if single else new(9, 3, len(lines))
    facts = []
    for axes, (name, line) in zip(panels, lines.items(), strict=True):
        width, touching = draw_street(axes, X, y, line, 7 if single else 5)
        axes.set_title(f"{name}: width {width:.2f}")
        facts.append(f"{name}: width {width:.2f}, {touching} houses inside or at the curbs")
    panels[0].set_ylabel("north")
    if single:
        panels[0].text(3.9, 2.65, "Hilltop ▲ +1", color=BLUE, ha="right")
        panels[0].text(-3.5, -2.85, "Riverside ● −1", color=ORANGE)
    show(figure, "Triangles and circles with a street between them. " + "; ".join(facts) + ".")


def crossed_out(X: np.ndarray, y: np.ndarray, line: Line, moves: Sequence[float]) -> None:
    """Write beside each house how far the line moves when that house is crossed out."""
    figure, (axes,) = new(7, 5)
    draw_street(axes, X, y, line)
    for place, side, move in zip(X, y, moves, strict=True):
        moved = move >= 0.01
        style = {"color": PURPLE, "bbox": PAPER} if moved else {"color": GREY}
        text, offset = (f"{move:.2f}", (0, 18)) if moved else ("0", (9 * side, 0))
        where = {"xytext": offset, "textcoords": "offset points", "ha": "center", "va": "center"}
        axes.annotate(text, place, **where, **style)
    axes.set(ylabel="north", title="How far (w₁, w₂, b) moves without this house (0: below 0.01)")
    some = [f"{move:.2f}" for move in moves if move >= 0.01]
    alt = f"Only {len(some)} of {len(moves)} houses move the line when they are crossed out, by "
    show(figure, alt + ", ".join(some) + "; all others by 0.00.")


def margin_losses() -> None:
    """Draw five losses over the margin: 0-1, hinge and log at the left, hinge's family right."""
    m = np.linspace(-2, 3, 501)
    zero_one, hinge, log = np.where(m <= 0, 1, 0), np.maximum(0, 1 - m), np.logaddexp(0, -m)
    figure, (rivals, family) = new(8.6, 3.8, 2)
    for side in m <= 0, m > 0:
        rivals.plot(m[side], zero_one[side], ":", color=GREY)
    rivals.plot(m, log, "--", color=ORANGE)
    family.plot(m, hinge**2, "-.", color=GREEN)
    family.plot(m, np.maximum(0, -m), ":", color=PURPLE)
    for axes in rivals, family:
        axes.plot(m, hinge, color=BLUE)
        axes.set(ylim=(-0.1, 4), xlabel="margin", xticks=range(-2, 4), yticks=range(5))
    rivals.text(-1.1, 2.3, "hinge", color=BLUE)
    rivals.text(1.15, 0.42, "log loss", color=ORANGE)
    rivals.text(-1.95, 1.08, "0-1 loss", color=GREY)
    family.text(-0.7, 3.1, "squared hinge", color=GREEN)
    family.text(-1.95, 3.1, "hinge", color=BLUE)
    family.text(-1.95, 0.45, "perceptron", color=PURPLE)
    rivals.set_title("Three ways to judge a margin")
    family.set_title("Hinge and its relatives")
    alt = "0-1 loss steps from 1 to 0 at margin 0; hinge falls straight to 0 at margin 1; log loss "
    alt += "nears 0 and never gets there. The squared hinge is steeper for wrong answers and round "
    show(figure, alt + "at 1; the perceptron loss is the hinge moved to 0.")
