"""Pictures of lesson 05, quantile loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from figures.base import BLUE, GREEN, GREY, ORANGE, PURPLE, new, show


def missing_and_left(
    y_true: Sequence[float], y_pred: Sequence[float], too_few: float, too_many: float
) -> None:
    """Draw each missing bun (circle) and each bun left over (square), counted from the plan."""
    figure, (axes,) = new(7.6, 3)
    facts = []
    for row, (wanted, baked) in enumerate(zip(y_true, y_pred, strict=True)):
        r = wanted - baked
        price, name = (too_few, "missing") if r > 0 else (too_many, "left over")
        color, marker, face = (ORANGE, "o", "none") if r > 0 else (BLUE, "s", BLUE)
        places = np.sign(r) * (np.arange(abs(r)) + 0.5)
        axes.plot(places, np.full(abs(r), row), marker, color=color, markerfacecolor=face)
        words = f"{abs(r)} {name}: {abs(r)} × {price:g} = {abs(r) * price:g} dollars"
        side = {"x": 0.2, "ha": "left"} if r > 0 else {"x": -0.2, "ha": "right"}
        axes.text(y=row - 0.25, s=words, color=color, **side)
        facts.append(f"wanted {wanted}, baked {baked}, {words}")
    axes.axvline(0, color=GREY, linewidth=1)
    mornings = enumerate(zip(y_true, y_pred, strict=True), 1)
    names = [f"morning {i}\nwanted {wanted}\nbaked {baked}" for i, (wanted, baked) in mornings]
    axes.set_yticks(range(len(names)), names)
    axes.set(xlim=(-6.2, 9), ylim=(len(names) - 0.5, -0.6), xticks=range(-6, 9, 2))
    axes.set(xlabel="residual: buns wanted − buns baked")
    show(figure, "Three mornings at the bakery. " + "; ".join(facts) + ".")


def tilted_v(tau: float, residuals: Sequence[float]) -> None:
    """Draw the quantile loss over the residual, with some residuals on it, beside tau = 0.5."""
    figure, (axes,) = new(7.2, 3.8)
    r, own = np.array([-10.0, 0, 10]), np.asarray(residuals, dtype=float)
    axes.plot(r, np.abs(r) / 2, "--", color=GREY)
    axes.plot(r, np.maximum(tau * r, (tau - 1) * r), color=BLUE)
    label = {"facecolor": plt.rcParams["axes.facecolor"], "edgecolor": "none", "pad": 1}
    facts = []
    for value in own:
        loss = max(tau * value, (tau - 1) * value)
        axes.plot([value, value], [0, loss], ":", color=ORANGE)
        axes.plot(value, loss, "o", color=ORANGE, markersize=8, zorder=3)
        axes.text(value, loss + 0.45, f"{loss:g}", color=ORANGE, ha="center", bbox=label)
        facts.append(f"residual {value:g} costs {loss:g}")
    axes.text(-0.3, 8.9, "too many (left over)", color=GREY, ha="right")
    axes.text(-0.3, 8.2, f"each costs 1 − τ = {1 - tau:.2g}", color=BLUE, ha="right")
    axes.text(0.3, 8.9, "too few (missing)", color=GREY)
    axes.text(0.3, 8.2, f"each costs τ = {tau:.2g}", color=BLUE)
    axes.text(10.2, 5, "τ = 0.5", color=GREY, va="center")
    axes.text(10.2, 10 * tau, f"τ = {tau:.2g}", color=BLUE, va="center")
    axes.set(xlim=(-10.2, 12), ylim=(0, 10), xlabel="residual: truth − prediction")
    axes.set(xticks=range(-10, 11, 2), ylabel="loss of one sample")
    arms = f"rises by {tau:.2g} per unit to the right of zero and by {1 - tau:.2g} to the left"
    show(figure, f"A leaning V: the loss at tau = {tau:.2g} {arms}; " + ", ".join(facts) + ".")


def best_plan(wanted: Sequence[float], tau: float) -> None:
    """Draw the quantile loss of every constant plan, and the days on which the best is enough."""
    days, plans = np.asarray(wanted), np.arange(30, 101)
    r = days[:, None] - plans
    losses = np.maximum(tau * r, (tau - 1) * r).mean(axis=0)
    best, least = plans[losses.argmin()], losses.min()
    short = days > best
    figure, (curve, calendar) = new(8.4, 3.6, 2)
    curve.plot(plans, losses, color=BLUE)
    curve.plot(best, least, "D", color=PURPLE, markersize=9)
    curve.text(best, least - 1.2, f"lowest at {best}", color=PURPLE, ha="center", va="top")
    curve.set(xlabel="buns baked every day", ylim=(0, 26), ylabel="mean loss")
    curve.set_title(f"Quantile loss at τ = {tau:.2g}")
    number = np.arange(1, len(days) + 1)
    calendar.plot([0, len(days) + 0.5], [best, best], "--", color=PURPLE)
    calendar.plot(number[~short], days[~short], "o", color=BLUE)
    calendar.plot(number[short], days[short], "X", color=ORANGE, markersize=9)
    calendar.text(len(days) + 0.8, best, f"{best}", color=PURPLE, va="center")
    calendar.set(xlabel="day", ylabel="buns wanted", ylim=(30, 100), xlim=(0, len(days) + 3))
    calendar.set_title(f"● enough on {len(days) - short.sum()} days, ✖ too few on {short.sum()}")
    alt = f"At tau = {tau:.2g} the loss is lowest for {best} buns. They are enough on "
    show(figure, alt + f"{len(days) - short.sum()} of {len(days)} days and too few on the others.")


def one_more_bun(wanted: Sequence[float], too_few: float, too_many: float) -> None:
    """Draw what one more bun earns and what it costs, on an average day, over the buns baked."""
    days, baked = np.asarray(wanted), np.arange(30, 101)
    short = (days[:, None] > baked).mean(axis=0)
    earns, costs = too_few * short, too_many * (1 - short)
    stop = baked[np.argmax(earns <= costs)]
    figure, (axes,) = new(7.4, 3.6)
    axes.step(baked, earns, where="post", color=BLUE)
    axes.step(baked, costs, "--", where="post", color=ORANGE)
    axes.axvline(stop, color=PURPLE, linestyle=":")
    text = "it earns on average\n(too few without it)"
    axes.text(30, 0.65 * too_few, text, color=BLUE, va="top")
    text = "it costs on average\n(left over with it)"
    axes.text(100, too_many + 0.1, text, color=ORANGE, ha="right")
    axes.text(stop + 0.8, 0.85 * too_few, f"stop at {stop}", color=PURPLE)
    axes.set(xlabel="buns baked already", ylabel="dollars", title="One more bun?")
    axes.set_ylim(-0.1, too_few + 0.2)
    alt = "What one more bun earns falls in steps with the buns baked, what it costs rises; "
    show(figure, alt + f"from {stop} buns on it no longer earns more than it costs.")


def _height(line: tuple[float, float], x: np.ndarray | float) -> np.ndarray | float:
    """Return the height at `x` of a line given by its height at zero and its slope."""
    return line[0] + line[1] * x


def quantile_lines(
    x: np.ndarray, y: np.ndarray, lines: Mapping[float, tuple[float, float]]
) -> None:
    """Draw deliveries and lines fitted at several tau; say where neighboring lines cross."""
    figure, (axes,) = new(7.4, 4)
    axes.plot(x, y, "o", color=GREY, markersize=5, alpha=0.6 if len(x) > 50 else 1)
    ends, looks = np.array([1.0, 9.0]), [(BLUE, "-"), (GREEN, "--"), (ORANGE, "-.")]
    facts = []
    for (tau, line), (color, style) in zip(lines.items(), looks, strict=False):
        heights = _height(line, ends)
        axes.plot(ends, heights, style, color=color)
        rank = sorted(_height(other, 9.0) for other in lines.values()).index(heights[1])
        align = "top" if rank == 0 else "bottom" if rank == len(lines) - 1 else "center"
        axes.text(9.1, heights[1], f"τ = {tau:g}", color=color, va=align)
        share = np.mean(y <= _height(line, x) + 1e-9)
        facts.append(f"tau {tau:g} from {heights[0]:.1f} to {heights[1]:.1f} minutes")
        facts[-1] += f", {share:.0%} of the orders at or below it"
    axes.set(xlim=(0.8, 9.9), ylim=(0, None), xlabel="kilometers", ylabel="minutes")
    axes.set_title(f"{len(x)} orders")
    show(figure, f"{len(x)} orders and lines from 1 to 9 km: " + "; ".join(facts) + ".")


def two_bands(
    x: np.ndarray, y: np.ndarray, bands: Mapping[str, Sequence[tuple[float, float]]]
) -> None:
    """Draw each band over new deliveries, and the share it holds near, midway and far."""
    figure, panels = new(8.6, 4.2, len(bands))
    edges, facts = np.linspace(1, 9, 4), []
    for axes, (name, (low, high)) in zip(panels, bands.items(), strict=True):
        held = (_height(low, x) <= y) & (y <= _height(high, x))
        axes.plot(x[held], y[held], "o", color=BLUE, markersize=3, alpha=0.5)
        axes.plot(x[~held], y[~held], "x", color=ORANGE, markersize=5)
        for line in low, high:
            axes.plot(edges, _height(line, edges), color=PURPLE)
        shares = _shares_by_third(axes, x, held, edges)
        axes.set(xlabel="kilometers", ylabel="minutes", ylim=(0, 105), yticks=range(0, 81, 20))
        axes.set_title(f"{name}: holds {held.mean():.1%}")
        facts.append(f"{name}: {held.mean():.1%}; near, midway and far {', '.join(shares)}")
    show(figure, "Share of new orders held by the band. " + ". ".join(facts) + ".")


def _shares_by_third(axes: Axes, x: np.ndarray, held: np.ndarray, edges: np.ndarray) -> list[str]:
    """Write on top of each third of `axes` which share of its orders is held; return the shares."""
    shares = []
    for left, right in pairwise(edges):
        shares.append(f"{held[(x >= left) & (x < right)].mean():.1%}")
        label = {"facecolor": plt.rcParams["axes.facecolor"], "edgecolor": "none", "pad": 2}
        axes.text((left + right) / 2, 97, shares[-1], ha="center", weight="bold", bbox=label)
        axes.axvline(right, color=GREY, linewidth=1, linestyle=":")
    return shares
