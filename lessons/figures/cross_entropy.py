"""Pictures of lesson 08, categorical cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from figures.base import BLUE, GREEN, GREY, ORANGE, PURPLE, new, show

PAPER = {"facecolor": plt.rcParams["axes.facecolor"], "edgecolor": "none", "pad": 1}
"""Box behind a label that lies on a line or a hatch."""


def _softmax(scores: np.ndarray) -> np.ndarray:
    """Return the shares of a vector of scores."""
    powers = np.exp(scores - np.max(scores))
    return powers / np.sum(powers)


def _bars(axes: Axes, heights: Mapping[str, float], marked: str = "", form: str = ".3f") -> None:
    """Draw labeled bars on `axes`; the one called `marked` is hatched and orange."""
    for place, (name, height) in enumerate(heights.items()):
        color, hatch = (ORANGE, "//") if name == marked else (BLUE, None)
        axes.bar(place, height, color=(color, 0.2), edgecolor=color, hatch=hatch, width=0.7)
        text = f"{height:{form}}".replace("-", "−")
        above = {"va": "bottom" if height >= 0 else "top", "color": color, "ha": "center"}
        axes.annotate(
            text,
            (place, height),
            (0, 3 if height >= 0 else -3),
            textcoords="offset points",
            **above,
        )
    axes.set_xticks(range(len(heights)), list(heights))
    axes.margins(y=0.15)


def scores_to_shares(scores: Mapping[str, float]) -> None:
    """Draw the way from scores over powers of e to shares, one panel for each step."""
    values = np.array(list(scores.values()), dtype=float)
    powers = np.exp(values)
    shares = powers / np.sum(powers)
    figure, (first, second, third) = new(8.4, 3.2, 3)
    _bars(first, scores, form="g")
    first.axhline(0, color=GREY, linewidth=1)
    _bars(second, dict(zip(scores, powers, strict=True)))
    _bars(third, dict(zip(scores, shares, strict=True)))
    first.set_title("1. Scores")
    second.set_title(f"2. e to the score, sum {np.sum(powers):.3f}")
    third.set_title("3. Divided by that sum")
    facts = ", ".join(
        f"{name} {score:g} becomes {share:.3f}"
        for (name, score), share in zip(scores.items(), shares, strict=True)
    )
    show(figure, f"Three steps of softmax: scores, powers of e, shares that sum to 1. {facts}.")


def shares_by_temperature(scores: Mapping[str, float], temperature: float) -> None:
    """Draw the shares of scores divided by a temperature, and the shares over all temperatures."""
    values = np.array(list(scores.values()), dtype=float)
    shares = _softmax(values / temperature)
    figure, (now, over) = new(8.4, 3.5, 2)
    _bars(now, dict(zip(scores, shares, strict=True)))
    now.set(ylim=(0, 1.1), ylabel="share")
    now.set_title(f"Temperature {temperature:.1f}")
    grid = np.geomspace(0.1, 10, 200)
    curves = np.array([_softmax(values / step) for step in grid])
    looks = zip(scores, curves.T, ("-", "--", ":"), (BLUE, ORANGE, GREEN), strict=True)
    for (name, curve, line, color), share in zip(looks, shares, strict=True):
        over.plot(grid, curve, line, color=color)
        over.plot(temperature, share, "o", color=color, markersize=7)
        place, shift = (
            (2, -0.1) if name == min(scores, key=lambda key: scores[key]) else (1.4, 0.06)
        )
        height = np.interp(place, grid, curve) + shift
        over.text(place, height, name, color=color, bbox=PAPER)
    over.axvline(temperature, color=GREY, linestyle="-.", linewidth=1)
    over.set(xscale="log", ylim=(-0.05, 1.1), xlabel="temperature (log scale)")
    over.set_title("Cold: the winner takes all; hot: all alike")
    over.set_xticks((0.1, 1, 10), ("0.1", "1", "10"))
    facts = ", ".join(f"{name} {share:.3f}" for name, share in zip(scores, shares, strict=True))
    show(figure, f"Shares at temperature {temperature:g}: {facts}. Right: cold, one takes all.")


def stacked_rows(tables: Mapping[str, np.ndarray], names: Sequence[str]) -> None:
    """Draw each row of each table as one long bar of its numbers; only length 1 is right."""
    figure, panels = new(8.4, 3, len(tables))
    longest = max(np.max(np.sum(table, axis=1)) for table in tables.values())
    looks = list(zip((BLUE, ORANGE, GREEN), (None, "//", ".."), strict=True))
    facts = []
    for axes, (title, table) in zip(panels, tables.items(), strict=True):
        for row, shares in enumerate(table):
            for name, share, end, (color, hatch) in zip(
                names, shares, np.cumsum(shares), looks, strict=True
            ):
                fill = {"color": (color, 0.2), "edgecolor": color, "hatch": hatch}
                axes.barh(row, share, 0.6, end - share, **fill)
                if share > 0.2:
                    axes.text(end - share / 2, row, name, ha="center", va="center", bbox=PAPER)
            axes.text(longest + 0.06, row, f"{end:.3f}", va="center")
        axes.axvline(1, color=GREY, linestyle="--", linewidth=1.5)
        axes.set_yticks(range(len(table)), [f"item {row + 1}" for row in range(len(table))])
        axes.set(xlim=(0, longest + 0.4), xticks=(0, 0.5, 1), title=title, xlabel="row sum")
        axes.invert_yaxis()
        facts.append(f"{title}: " + ", ".join(f"{total:.3f}" for total in np.sum(table, axis=1)))
    show(figure, "Row sums, which should all be 1. " + "; ".join(facts) + ".")


def truth_in_shares(names: Sequence[str], labels: Sequence[int], y_pred: np.ndarray) -> None:
    """Draw each item's shares as bars; the true class is hatched, its surprise is the title."""
    figure, panels = new(8.4, 3.2, len(labels))
    facts = []
    for number, (axes, label, shares) in enumerate(zip(panels, labels, y_pred, strict=True), 1):
        _bars(axes, dict(zip(names, shares, strict=True)), marked=names[label], form="g")
        cost = -np.log(shares[label])
        axes.set(ylim=(0, 1.1), title=f"Item {number}: −log {shares[label]:g} = {cost:.3f}")
        axes.set_xlabel(f"truth: {names[label]} (hatched)", color=ORANGE)
        facts.append(f"item {number} is {names[label]}, share {shares[label]:g}, cost {cost:.3f}")
    panels[0].set_ylabel("predicted share")
    show(figure, "Shares of three items; only the true class counts: " + "; ".join(facts) + ".")


def softmax_again(scores: Mapping[str, float]) -> None:
    """Draw the shares after one softmax and after two, side by side."""
    once = _softmax(np.array(list(scores.values()), dtype=float))
    twice = _softmax(once)
    figure, panels = new(7.8, 3.2, 2)
    best = max(scores, key=lambda name: scores[name])
    facts = []
    for axes, shares, title in zip(panels, (once, twice), ("once", "twice"), strict=True):
        _bars(axes, dict(zip(scores, shares, strict=True)), marked=best)
        axes.set(ylim=(0, 1.15), title=f"Softmax {title}")
        facts.append(f"{title}: " + ", ".join(f"{share:.3f}" for share in shares))
    panels[0].set_ylabel("share")
    show(figure, "Shares after softmax " + "; ".join(facts) + ". The second one flattens them.")


def cost_over_gap(gap: np.ndarray, exact: np.ndarray, clipped: np.ndarray) -> None:
    """Draw two ways to compute the cost of a sample over how far its true score lies behind."""
    figure, (axes,) = new(7.4, 3.6)
    axes.plot(gap, exact, color=BLUE)
    axes.plot(gap, clipped, "--", color=ORANGE)
    flat = clipped[-1]
    axes.text(52, 62, "from the scores", color=BLUE, ha="right")
    axes.text(
        gap[-1], flat - 3, f"softmax, clip, log: {flat:.3f}", color=ORANGE, ha="right", va="top"
    )
    axes.set(xlabel="how many points the true class lies behind", ylabel="cost")
    axes.set_title("Clipped, the cost stops growing, and its slope is zero")
    alt = "The cost from the scores grows along a straight line with the gap; through clipped "
    show(figure, alt + f"shares it becomes flat at {flat:.3f}.")


def entropy_and_extra(truth: np.ndarray, predictions: Mapping[str, np.ndarray]) -> None:
    """Draw the cross-entropy of each prediction as the truth's entropy plus an extra, the KL."""
    figure, (axes,) = new(7.8, 2.8)
    entropy = -np.sum(truth * np.log(truth))
    axes.barh(range(len(predictions)), entropy, 0.6, color=(BLUE, 0.2), edgecolor=BLUE)
    facts = []
    for row, (name, shares) in enumerate(predictions.items()):
        extra = np.sum(truth * np.log(truth / shares))
        axes.barh(row, extra, 0.6, entropy, color=(ORANGE, 0.2), edgecolor=ORANGE, hatch="//")
        axes.text(entropy / 2, row, f"entropy {entropy:.3f}", color=BLUE, ha="center", va="center")
        text = f"+ {extra:.3f} = {entropy + extra:.3f}"
        axes.text(entropy + extra + 0.01, row, text, va="center")
        facts.append(f"{name} {entropy:.3f} + {extra:.3f} = {entropy + extra:.3f}")
    axes.set_yticks(range(len(predictions)), list(predictions))
    axes.set(xlim=(0, 1.45), xlabel="cross-entropy", title="Entropy (plain) + KL (hatched)")
    axes.invert_yaxis()
    show(figure, "Cross-entropy as the truth's entropy plus the KL: " + "; ".join(facts) + ".")


def smoothed_cost(classes: int, alpha: float) -> None:
    """Draw the cost over the share of the true class, for a hard and for a smoothed label.

    The other classes divide the rest evenly.
    """
    share = np.append(np.linspace(0.3, 0.999, 500), 1 - np.geomspace(1e-3, 1e-12, 50))
    hard, other = -np.log(share), -np.log((1 - share) / (classes - 1))
    label = 1 - alpha + alpha / classes
    smooth = label * hard + (1 - label) * other
    figure, (axes,) = new(7.4, 3.6)
    axes.plot(share, hard, color=BLUE)
    axes.plot(share, smooth, "--", color=ORANGE)
    rest = (1 - label) / (classes - 1)
    lowest = -label * np.log(label) - (1 - label) * np.log(rest) if alpha else 0.0
    axes.plot(label, lowest, "D", color=PURPLE, markersize=9, zorder=3)
    arrow, above = {"arrowstyle": "->", "color": PURPLE}, (label - 0.12, lowest + 0.55)
    text = f"lowest at {label:.3f}"
    axes.annotate(text, (label, lowest), above, color=PURPLE, ha="center", arrowprops=arrow)
    axes.text(0.5, 0.45, "hard label", color=BLUE, ha="right")
    axes.text(0.42, np.interp(0.42, share, smooth) + 0.09, "smoothed label", color=ORANGE)
    axes.set(xlim=(0.3, 1.02), ylim=(0, 1.6), xlabel="share given to the true class")
    axes.set(ylabel="cost", title=f"Label smoothing with α = {alpha:.2f}, {classes} classes")
    alt = f"With α = {alpha:g} and {classes} classes the cost is lowest at a share of {label:.3f}, "
    show(figure, alt + f"where it is {lowest:.3f}; with a hard label it falls to 0 at 1.")
