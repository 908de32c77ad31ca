"""Pictures of lesson 07, log loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from figures.base import BLUE, GREY, ORANGE, PURPLE, new, show


def surprise_curve(events: Mapping[str, float]) -> None:
    """Draw the surprise −log p over the probability p, and where some events lie on it."""
    figure, (axes,) = new(7.4, 3.8)
    p = np.linspace(0.008, 1, 500)
    axes.plot(p, -np.log(p), color=BLUE)
    facts = []
    for (name, chance), marker in zip(events.items(), "soD^vP", strict=False):
        surprise = -np.log(chance) + 0.0
        axes.plot(chance, surprise, marker, color=ORANGE, markersize=9, clip_on=False, zorder=3)
        place, up, side = (chance + 0.03, 0.2, "left") if chance < 0.9 else (1.02, 0.4, "right")
        axes.text(place, surprise + up, f"{name}: {surprise:.3f}", color=ORANGE, ha=side)
        facts.append(f"{name} {surprise:.3f}")
    axes.set(xlim=(0, 1.03), ylim=(0, 5), xlabel="probability p", ylabel="surprise, −log p")
    axes.set_title("The less probable, the more surprising")
    alt = "The surprise −log p falls from very large near p = 0 to zero at p = 1. On it: "
    show(figure, alt + ", ".join(facts) + ".")


def surprise_boxes(games: Mapping[str, Sequence[float]]) -> None:
    """Draw each outcome as a box, as wide as its probability and as high as its surprise.

    A game has two outcomes, or more that are equally probable.
    """
    figure, panels = new(8.4, 3.5, len(games))
    facts = []
    for axes, (name, chances) in zip(panels, games.items(), strict=True):
        p = np.asarray(chances, dtype=float)
        left, surprise = np.cumsum(p) - p, -np.log(p)
        axes.bar(left, surprise, p, align="edge", color=(BLUE, 0.2), edgecolor=BLUE, hatch="//")
        if len(p) == 2:
            for place, height in zip(np.minimum(left + p / 2, 0.86), surprise, strict=True):
                axes.text(place, height + 0.05, f"{height:.3f}", ha="center")
        else:
            axes.text(0.5, surprise[0] + 0.05, f"{surprise[0]:.3f} each", ha="center")
        entropy = np.sum(p * surprise)
        axes.set(xlim=(0, 1), ylim=(0, 2.7), xticks=(0, 0.5, 1), xlabel="probability")
        axes.set_title(f"{name}: {entropy:.3f}")
        heights = ", ".join(f"{height:.3f}" for height in np.unique(surprise))
        facts.append(f"{name} {entropy:.3f} (surprises {heights})")
    panels[0].set_ylabel("surprise")
    alt = "Boxes as wide as the probability and as high as the surprise; their total area is the "
    show(figure, alt + "entropy: " + ", ".join(facts) + ".")


def yes_and_no(p: float) -> None:
    """Draw what the prediction `p` costs if the truth is 1 and if it is 0, each on its curve."""
    figure, (axes,) = new(7.4, 3.8)
    grid = np.linspace(0.008, 0.992, 500)
    costs = -np.log(p), -np.log(1 - p)
    axes.plot(grid, -np.log(grid), color=BLUE)
    axes.plot(grid, -np.log(1 - grid), "--", color=ORANGE)
    axes.vlines(p, 0, max(costs), color=GREY, linestyle=":", linewidth=1.5)
    axes.plot(p, costs[0], "o", color=BLUE, markersize=9, zorder=3)
    axes.plot(p, costs[1], "s", color=ORANGE, markersize=9, zorder=3)
    axes.text(p + 0.02, costs[0] + 0.15, f"{costs[0]:.3f}", color=BLUE)
    axes.text(p - 0.02, costs[1] + 0.15, f"{costs[1]:.3f}", color=ORANGE, ha="right")
    axes.text(0.09, 2.9, "truth 1: −log p", color=BLUE)
    axes.text(0.91, 2.9, "truth 0: −log(1 − p)", color=ORANGE, ha="right")
    axes.set(xlim=(0, 1), ylim=(0, 5), xlabel="predicted probability of a 1", ylabel="cost")
    axes.set_title(f"What a prediction of {p:g} costs")
    alt = "Two mirrored curves: the cost falls with p if the truth is 1 and climbs if it is 0. "
    show(figure, alt + f"At p = {p:g} the costs are {costs[0]:.3f} and {costs[1]:.3f}.")


def cost_on_two_axes() -> None:
    """Draw the cost of a sample whose truth is 1 over the probability and over the logit."""
    figure, (left, right) = new(8.4, 3.7, 2)
    logit = np.linspace(-10, 5, 400)
    chances = np.array([0.1, 0.01, 0.001, 0.0001])
    marked = np.log(chances / (1 - chances))
    for axes, change in (left, lambda z: 1 / (1 + np.exp(-z))), (right, lambda z: z):
        axes.plot(change(logit), np.logaddexp(0, -logit), color=BLUE)
        axes.plot(change(marked), np.logaddexp(0, -marked), "o", color=BLUE, markersize=7)
        axes.set(ylim=(-0.3, 10.3))
    right.plot([-10, 0], [10, 0], "--", color=ORANGE)
    right.text(-5.6, 6.6, "straight line, slope −1", color=ORANGE)
    left.text(0.06, 6.6, "a wall at p = 0")
    left.set(xlabel="probability p of a 1", ylabel="cost when the truth is 1")
    left.set_title("Over p: a logarithm")
    right.set(xlabel="logit z", title="Over z: a straight line, when wrong")
    alt = (
        "The same cost twice, with p = 0.1, 0.01, 0.001 and 0.0001 marked on both. Over the "
        "probability it rises like a wall near zero; over the logit it nears a straight line of "
        "slope −1 on the left, with the marks almost evenly spaced."
    )
    show(figure, alt)


def bought_by_age(
    age: np.ndarray, affordability: np.ndarray, bought: np.ndarray, models: Mapping[str, np.ndarray]
) -> None:
    """Draw who bought, and what each model predicts over age, one panel for each model."""
    figure, panels = new(8.6 if len(models) > 1 else 6.4, 4, len(models))
    facts = []
    for axes, (name, predicted) in zip(panels, models.items(), strict=True):
        for group in 0, 1:
            inside = np.flatnonzero(affordability == group)
            inside = inside[np.argsort(age[inside], kind="stable")]
            one_group(axes, group, age[inside], bought[inside], predicted[inside])
        axes.set(xlabel="age", xlim=(16, 67), yticks=(0, 0.5, 1), ylim=(-0.2, 1.2), title=name)
        facts.append(f"{name} from {predicted.min():.5f} to {predicted.max():.5f}")
    panels[0].set_ylabel("predicted probability of buying")
    alt = "Predicted probability over age, a solid line where the policy is affordable, a dashed "
    alt += "one where it is not; dots and crosses above and below: who bought and who did not. "
    show(figure, alt + "; ".join(facts) + ".")


def one_group(
    axes: Axes, group: int, age: np.ndarray, bought: np.ndarray, predicted: np.ndarray
) -> None:
    """Put the people of one group on `axes`, sorted by age, and the curve predicted for them."""
    looks = ("not affordable", "x", "--", ORANGE), ("affordable", "o", "-", BLUE)
    (label, marker, line, color), shift = looks[group], (0.12, 0.05)[group]
    axes.plot(age, np.where(bought == 1, 1 + shift, -shift), marker, color=color, markersize=4)
    axes.plot(age, predicted, line, color=color)
    height, step, side = ((0.2, 4, "left"), (0.8, -4, "right"))[group]
    place = np.interp(height, predicted, age) + step
    axes.text(place, height, label, color=color, ha=side, va="center")


def constant_answer(rate: float) -> None:
    """Draw the mean cost of always predicting p where a share `rate` of all labels are 1."""
    figure, (axes,) = new(7.4, 3.8)
    p = 1 / (1 + np.exp(-np.linspace(-12, 12, 600)))
    entropy = -rate * np.log(rate) - (1 - rate) * np.log(1 - rate)
    axes.fill_between((0, 1), entropy, color=GREY, alpha=0.12, linewidth=0)
    axes.plot(p, -rate * np.log(p) - (1 - rate) * np.log(1 - p), color=BLUE)
    axes.axhline(entropy, color=PURPLE, linestyle="--", linewidth=1.5)
    axes.plot(rate, entropy, "D", color=PURPLE, markersize=9, zorder=3)
    arrow = {"arrowstyle": "->", "color": PURPLE}
    above = (min(max(rate, 0.2), 0.8), entropy + 0.9)
    text = f"lowest at p = {rate:.3f}"
    axes.annotate(text, (rate, entropy), above, color=PURPLE, ha="center", arrowprops=arrow)
    place, side = (0.985, "right") if rate < 0.5 else (0.015, "left")
    axes.text(place, entropy - 0.04, f"entropy {entropy:.3f}", color=PURPLE, ha=side, va="top")
    axes.set(xlim=(0, 1), ylim=(0, 3), xlabel="the constant p", ylabel="mean cost")
    axes.set_title(f"Always the same answer; the share of ones is {rate:.3f}")
    alt = f"The mean cost of a constant p is a valley, lowest at p = {rate:.3f}, the share of ones."
    show(figure, f"{alt} Its floor, {entropy:.3f}, is the entropy of that share.")
