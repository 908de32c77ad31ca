"""Pictures of lesson 02, mean absolute error."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from figures.base import BLUE, GREEN, GREY, ORANGE, PURPLE, new, show


def promises(y_true: Sequence[float], y_pred: Sequence[float]) -> None:
    """Show each order on a line of minutes: promised (circle), delivered (square) and the gap."""
    figure, (axes,) = new(7, 2.8)
    facts = []
    for row, (truth, guess) in enumerate(zip(y_true, y_pred, strict=True)):
        gap = f"{abs(truth - guess):g} min {'late' if truth > guess else 'early'}"
        facts.append(f"promised {guess:g}, delivered after {truth:g}, {gap}")
        axes.plot([truth, guess], [row, row], color=GREY, linewidth=5, alpha=0.35)
        axes.plot(guess, row, "o", color=ORANGE, markersize=9, markerfacecolor="white")
        axes.plot(truth, row, "s", color=BLUE, markersize=9)
        axes.text((truth + guess) / 2, row - 0.22, gap, ha="center", color=GREY)
        for value, name, color in ((guess, "promised", ORANGE), (truth, "delivered", BLUE)):
            first = value == min(truth, guess)
            place = {"x": value - 0.8, "ha": "right"} if first else {"x": value + 0.8, "ha": "left"}
            axes.text(y=row, s=f"{name} {value:g}", va="center", color=color, **place)
    axes.set(xlabel="minutes after the order", xlim=(10, 52), ylim=(len(facts) - 0.5, -0.6))
    axes.set_yticks(range(len(facts)), [f"order {row + 1}" for row in range(len(facts))])
    show(figure, "Orders on a line of minutes: " + "; ".join(facts) + ".")


def _walk_along(axes: Axes, steps: Sequence[float], height: float, fall: float, color: str) -> None:
    """Draw `steps` as arrows one after the other, each `fall` lower than the one before."""
    ends = np.cumsum([0, *steps])
    for i, step in enumerate(steps):
        here = height - fall * i
        style = {"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (ends[i + 1], here), (ends[i], here), arrowprops=style)
        label = f"{step:{'+' if fall else ''}g}".replace("-", "−")
        box = {"facecolor": plt.rcParams["axes.facecolor"], "edgecolor": "none", "pad": 0.5}
        middle = ends[i : i + 2].mean()
        axes.text(middle, here + 0.1, label, ha="center", color=color, bbox=box)


def odometer(residuals: Sequence[float]) -> None:
    """Walk the residuals with their signs, then their sizes, then that length in equal parts."""
    figure, (axes,) = new(7, 3.4)
    n, total, end = len(residuals), sum(map(abs, residuals)), sum(residuals)
    _walk_along(axes, residuals, 0, 0.45, BLUE)
    _walk_along(axes, [abs(residual) for residual in residuals], -2, 0, ORANGE)
    _walk_along(axes, [total / n] * n, -3, 0, GREEN)
    words = [f"ends at {end:g}", f"ends at {total:g}", f"{total / n:g} each"]
    heights = [0.45 * (1 - n), -2, -3]
    for word, height, color in zip(words, heights, (BLUE, ORANGE, GREEN), strict=True):
        start = max(end, total if height < heights[0] else 0)
        axes.text(start + 0.5, height, word, va="center", color=color, weight="bold")
    axes.axvline(0, color=GREY, linewidth=1, linestyle=":")
    axes.set(xlabel="minutes from the start", xlim=(-total / 3, total * 1.3), ylim=(-3.4, 0.6))
    axes.set_xticks(range(-3, int(total) + 1, 3))
    axes.set_yticks([-0.45, -2, -3], ["with signs", "sizes only", f"cut into {n}"])
    facts = f"reach {total:g}, which makes {n} equal parts of {total / n:g}"
    show(figure, f"Residuals walked with signs end at {end:g}; sizes laid end to end {facts}.")


def all_pairs(y_true: Sequence[float], y_pred: Sequence[float]) -> None:
    """Show the table that shapes (n,) and (n, 1) make of |truth - guess|; outline real pairs."""
    truth, guess = np.ravel(y_true), np.ravel(y_pred)
    table, n = np.abs(truth - guess[:, None]), len(truth)
    own, every = np.diag(table).mean(), table.mean()
    figure, (axes,) = new(7.4, 3.2)
    for (row, column), size in np.ndenumerate(table):
        color, face, width = (BLUE, "#d6e6f5", 3) if row == column else (GREY, "white", 0.6)
        corner = (column - 0.46, row - 0.44)
        axes.add_patch(plt.Rectangle(corner, 0.92, 0.88, lw=width, fc=face, ec=color))
        axes.text(column, row, f"{size:g}", ha="center", va="center", size=14, color=color)
    note = {"va": "center", "weight": "bold"}
    words = f"thick border: each order\nwith its own promise,\nmean {own:.1f}"
    axes.text(n - 0.35, 0.25, words, color=BLUE, **note)
    words = f"whole table: each order\nwith every promise,\nmean {every:.1f}"
    axes.text(n - 0.35, n - 1.25, words, color=GREY, **note)
    axes.set(xlim=(-0.5, n + 1.7), ylim=(n - 0.5, -0.5))
    axes.set_xticks(range(n), [f"delivered {value:g}" for value in truth])
    axes.set_yticks(range(n), [f"promised {value:g}" for value in guess])
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    facts = f"The diagonal holds the real pairs, mean {own:.1f}; the whole has mean {every:.1f}"
    show(figure, f"A table of {n} by {n} absolute differences. {facts}.")


def one_late_order(y_true: Sequence[float], y_pred: Sequence[float], late: float) -> None:
    """Make the last order `late` minutes late: all residuals, and how often MAE and MSE grow."""
    residuals = np.subtract(y_true, y_pred).astype(float)
    figure, (left, right) = new(8.5, 3.6, columns=2)
    order, changed = np.arange(1, len(residuals) + 1), np.append(residuals[:-1], late)
    left.axhline(0, color=GREY, linewidth=1)
    left.vlines(order, 0, changed, color=GREY, linewidth=1.5)
    left.plot(order[:-1], residuals[:-1], "o", color=BLUE)
    left.plot(order[-1], late, "D", color=ORANGE, markersize=9)
    left.text(order[-1] - 0.4, max(late, 7) + 3, f"{late:g} min late", ha="right", color=ORANGE)
    left.set(title="minutes late (below 0: early)", xlabel="order", ylim=(-10, 100), xticks=order)
    facts = _loss_growth(right, residuals, late)
    show(figure, f"The last of {len(order)} orders comes {late:g} minutes late: {facts}.")


def _loss_growth(axes: Axes, residuals: np.ndarray, late: float) -> str:
    """Draw how many times MAE, MSE and its root grow with the last residual; say it for `late`."""
    minutes, facts = np.append(np.linspace(0, 95, 96), late), []
    looks = {
        "MSE": (2, PURPLE, "--", "s", (3, 50)),
        "root of it": (2, ORANGE, ":", "D", (97, 8)),
        "MAE": (1, BLUE, "-", "o", (97, 1)),
    }
    for name, (power, color, style, marker, place) in looks.items():
        sizes = np.abs(residuals) ** power
        times = (sizes[:-1].sum() + minutes**power) / sizes.sum()
        times = np.sqrt(times) if name == "root of it" else times
        axes.plot(minutes[:-1], times[:-1], color=color, linestyle=style)
        axes.plot(late, times[-1], marker, color=color, markersize=8)
        axes.text(*place, f"{name} × {times[-1]:.1f}", color=color)
        facts.append(f"the {name} is {times[-1]:.1f} times what it was")
    axes.set(title="how many times its value at 2 minutes", xlim=(-3, 150), ylim=(0, 100))
    axes.set(xlabel="minutes late, last order", ylabel="times", xticks=range(0, 81, 20))
    return f"{', '.join(facts[:-1])} and {facts[-1]}"


def absolute_and_slope() -> None:
    """Show |residual| and its slope: minus one, plus one, and none at zero."""
    figure, (left, right) = new(8.5, 3.2, columns=2)
    left.plot([-10, 0, 10], [10, 0, 10], color=BLUE)
    for start in (1, 7):
        left.plot([start, start + 2, start + 2], [start, start, start + 2], "--", color=ORANGE)
        left.text(start + 2.3, start + 0.4, "2 more,\n2 up", color=ORANGE, size=10)
    left.set(title="size of the error", xlabel="minutes late (below 0: early)", xlim=(-10.5, 13))
    left.set(ylabel="minutes", ylim=(0, None))
    right.axhline(0, color=GREY, linewidth=1)
    for side, word, lift in ((-1, "early: always −1", -0.3), (1, "late: always +1", 0.16)):
        right.plot([0, 10 * side], [side, side], color=BLUE)
        right.plot(0, side, "o", color=BLUE, markerfacecolor="white", markersize=8)
        right.text(5 * side, side + lift, word, color=BLUE, ha="center")
    right.text(0.5, -0.3, "at 0: a kink, no slope", color=GREY)
    right.set(title="its slope", ylabel="minutes per minute")
    right.set(xlabel="minutes late (below 0: early)", ylim=(-1.6, 1.6))
    words = "is minus 1 left of zero and plus 1 right of it, however far away; at zero it jumps"
    show(figure, f"The absolute error is a V with its tip at zero. Its slope {words}.")
