"""Pictures of lesson 03, mean squared error."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from figures.base import BLUE, GREY, ORANGE, PURPLE, new, show


def error_square(axes: Axes, left: float, bottom: float, side: float) -> None:
    """Put one hatched square on `axes`, given by its lower left corner and its side."""
    fill = (ORANGE, 0.2)
    axes.bar(left, side, side, bottom, align="edge", color=fill, edgecolor=ORANGE, hatch="//")


def error_squares(y_true: Sequence[float], y_pred: Sequence[float], unit: str) -> None:
    """Draw each error as a real square: its side is the error, its area the squared error."""
    truth, guess = np.asarray(y_true, dtype=float), np.asarray(y_pred, dtype=float)
    sides = np.abs(truth - guess)
    places = np.arange(len(truth)) * (sides.max() + 3)
    figure, (axes,) = new(7.4, 4.4)
    for place, low, side in zip(places, np.minimum(truth, guess), sides, strict=True):
        error_square(axes, place, low, side)
        area = f"{side:g} × {side:g} = {side**2:g}"
        axes.text(place + side + 0.3, low + side / 2, area, va="center")
    rows = (truth, "o", BLUE, "true"), (guess, "X", ORANGE, "predicted")
    for values, marker, color, name in rows:
        axes.plot(places, values, marker, color=color, markersize=9, zorder=3)
        for place, value in zip(places, values, strict=True):
            axes.text(place - 0.3, value, f"{name} {value:g}", color=color, ha="right", va="center")
    axes.set_xticks(places, [f"order {number}" for number in range(1, len(truth) + 1)])
    low, high = min(truth.min(), guess.min()), max(truth.max(), guess.max())
    axes.set(xlim=(-4.5, places[-1] + sides[-1] + 4), ylim=(low - 1, high + 1), aspect="equal")
    axes.set(ylabel=unit, title="Side = error, area = squared error")
    areas = ", ".join(f"{side**2:g}" for side in sides)
    lengths = ", ".join(f"{side:g}" for side in sides)
    show(figure, f"Squares drawn on the errors: sides {lengths} {unit}, areas {areas}.")


def squares_of_models(models: dict[str, Sequence[float]]) -> None:
    """Draw the errors of several models as squares on one scale, one panel for each model."""
    figure, panels = new(8, 3.3, len(models))
    largest = max(abs(error) for errors in models.values() for error in errors)
    facts = []
    for axes, (name, errors) in zip(panels, models.items(), strict=True):
        sides = np.abs(np.asarray(errors, dtype=float))
        left = np.concatenate([[0.0], np.cumsum(sides + 2)[:-1]])
        for place, side in zip(left, sides, strict=True):
            error_square(axes, place, 0, side)
            axes.text(place + side / 2, -0.3, f"{side:g}", ha="center", va="top")
            axes.text(place + side / 2, side + 0.3, f"{side**2:g}", ha="center", color=ORANGE)
        facts.append(f"{name}: MAE {sides.mean():g}, MSE {np.mean(sides**2):g}")
        axes.set(xlim=(-1, 2 * largest), ylim=(-1.4, largest + 1.4), aspect="equal", yticks=[])
        axes.set(xticks=[], title=facts[-1], xlabel="below: minutes missed; above: squared")
        axes.spines[:].set_visible(False)
        axes.axhline(0, color=GREY, linewidth=1)
    show(figure, "Errors as squares on one scale. " + "; ".join(facts) + ".")


def smooth_at_zero() -> None:
    """Draw the absolute and the squared error beside their slopes, around an error of zero."""
    error = np.linspace(-2, 2, 401)
    figure, (loss, slope) = new(8, 3.6, 2)
    loss.plot(error, error**2, color=BLUE)
    loss.plot(error, np.abs(error), "--", color=ORANGE)
    slope.plot(error, 2 * error, color=BLUE)
    for side in error[error < 0], error[error > 0]:
        slope.plot(side, np.sign(side), "--", color=ORANGE)
    slope.plot([0, 0], [-1, 1], "o", color=ORANGE, markerfacecolor="none")
    panels = (loss, "Loss of one prediction", 2.9, 0.7), (slope, "Slope of that loss", 3.2, -0.75)
    for axes, title, high, low in panels:
        axes.text(1.45, high, "squared", color=BLUE, ha="right")
        axes.text(-1.95, low, "absolute", color=ORANGE)
        axes.set(xlabel="error", title=title)
    slope.annotate("jumps", (0, 0.9), (-1.3, 1.6), color=ORANGE, arrowprops={"arrowstyle": "->"})
    alt = (
        "Left: the absolute error has a corner at zero, the squared error is round there; they "
        "cross at −1 and 1. Right: the slope of the absolute error jumps from −1 to 1, the slope "
        "of the squared error is a straight line through zero."
    )
    show(figure, alt)


def outlier_share(errors: Sequence[float]) -> None:
    """Draw how much of all samples, absolute and squared error the largest error makes up."""
    sizes = np.abs(np.asarray(errors, dtype=float))
    figure, (axes,) = new(7.4, 2.6)
    facts = []
    names = ["orders", "absolute error", "squared error"]
    for power, name in enumerate(names):
        parts = sizes**power
        share = 100 * parts[sizes.argmax()] / parts.sum()
        axes.barh(power, share, color=(ORANGE, 0.2), edgecolor=ORANGE, hatch="//", height=0.6)
        axes.barh(power, 100 - share, left=share, color=(BLUE, 0.2), edgecolor=BLUE, height=0.6)
        label = {"facecolor": plt.rcParams["axes.facecolor"], "edgecolor": "none", "pad": 2}
        axes.text(share / 2, power, f"{share:.1f} %", ha="center", va="center", bbox=label)
        facts.append(f"{share:.1f} % of the {name}")
    axes.set_yticks(range(3), names)
    axes.set(xlim=(0, 100), xlabel="share of the total, in percent")
    axes.set_title("The one late order (hatched) and the nine others (plain)")
    axes.invert_yaxis()
    show(figure, "The one late order makes up " + ", ".join(facts) + ".")


def bowl(distance: Sequence[float], minutes: Sequence[float], weight: float) -> None:
    """Draw the line minutes = weight × distance, and where that weight lies in the MSE's bowl."""
    x, y = np.asarray(distance, dtype=float), np.asarray(minutes, dtype=float)
    weights, tangent = np.linspace(0, 6, 121), weight + np.array([-1.0, 1.0])
    costs = np.mean((y - weights[:, None] * x) ** 2, axis=1)
    cost, slope = np.mean((y - weight * x) ** 2), np.mean(-2 * x * (y - weight * x))
    figure, (line, valley) = new(8, 3.7, 2)
    line.vlines(x, y, weight * x, color=ORANGE, linestyle=":")
    line.plot(x, y, "o", color=BLUE, markersize=8)
    line.plot([0, 3.4], [0, 3.4 * weight], color=PURPLE)
    line.set(xlim=(0, 3.5), ylim=(0, 19), xlabel="kilometers", xticks=range(4))
    line.set(ylabel="minutes", yticks=range(0, 20, 4))
    line.set_title(f"Line: minutes = {weight:g} × km")
    valley.plot(weights, costs, color=GREY)
    valley.plot(tangent, cost + slope * (tangent - weight), "--", color=PURPLE)
    valley.plot(weight, cost, "D", color=PURPLE, markersize=9)
    valley.set(xlim=(-0.2, 6.2), ylim=(0, 46), xlabel="weight w")
    valley.set_ylabel("MSE, square minutes")
    valley.set_title(f"MSE {cost:.2f}, slope {slope:.2f}".replace("-", "−"))
    lowest = weights[costs.argmin()]
    alt = f"The MSE is a bowl over the weight w, lowest at {lowest:g}. "
    alt += f"At w = {weight:g} the MSE is {cost:.2f} and the slope is {slope:.2f}."
    show(figure, alt)


def pixel_grids(images: dict[str, np.ndarray]) -> None:
    """Show small gray images side by side, with the number of each pixel written on it."""
    figure, panels = new(8, 2.4, len(images))
    label = {"facecolor": plt.rcParams["axes.facecolor"], "edgecolor": "none", "pad": 2}
    for axes, (name, image) in zip(panels, images.items(), strict=True):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255)
        for (row, column), value in np.ndenumerate(image):
            axes.text(column, row, f"{value:g}", ha="center", va="center", bbox=label)
        axes.set(xticks=[], yticks=[], title=name)
        axes.spines[:].set_visible(True)
    facts = "; ".join(f"{name}: {image.ravel().tolist()}" for name, image in images.items())
    show(figure, f"Small gray images with the number of each pixel. {facts}.")
