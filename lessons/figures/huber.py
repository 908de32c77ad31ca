"""Pictures of lesson 04, Huber and friends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from figures.base import BLUE, GREY, ORANGE, PURPLE, new, show

Loss = Callable[[float], float]
"""From the residual of one sample to its loss."""


def _huber(residual: np.ndarray, delta: float) -> np.ndarray:
    """Return the Huber loss of each residual."""
    size = np.abs(residual)
    return np.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta))


def video_views(followers: np.ndarray, views: np.ndarray, **weights: float) -> None:
    """Draw the videos, all of them and without the viral ones, and a line for each weight."""
    viral = views > 100
    figure, panels = new(9, 3.8, columns=2)
    for axes, high in zip(panels, (720, 90), strict=True):
        axes.plot(followers[~viral], views[~viral], "o", color=BLUE, markersize=4)
        axes.set(xlim=(0, 100), ylim=(0, high), xlabel="followers, in thousands")
        _model_lines(axes, weights, high)
    for x, y in zip(followers[viral], views[viral], strict=True):
        panels[0].plot(x, y, "D", color=ORANGE, markersize=8)
        panels[0].text(x + 2.5, y, f"{y:g}", color=ORANGE, va="center")
    panels[0].set(ylabel="views, in thousands", title="All videos, the viral ones as diamonds")
    panels[1].set(title="The ordinary ones alone, enlarged")
    alt = f"{len(views)} videos: views grow with followers, and {viral.sum()} viral ones lie far "
    alt += f"above the others, at {', '.join(f'{v:g}' for v in views[viral])} thousand views."
    for name, weight in weights.items():
        above = np.sum(views[~viral] < weight * followers[~viral])
        alt += f" The line of {name}, weight {weight:.3f}, lies above {above} of the others."
    show(figure, alt)


def _model_lines(axes: Axes, weights: dict[str, float], high: float) -> None:
    """Draw the line views = weight × followers for each weight, with its name where it ends."""
    looks = zip(weights.items(), ("--", "-"), (ORANGE, PURPLE), strict=False)
    for (name, weight), style, color in looks:
        axes.plot([0, 83], [0, 83 * weight], style, color=color)
        lift = 0 if high < 200 else 18 * np.sign(weight - 0.7)
        axes.text(85, 83 * weight + lift, name, color=color, va="center")


def area_under_pull(residual: float, delta: float) -> None:
    """Draw the limited pull up to `residual`; the area under it, in two parts, is the loss."""
    figure, (axes,) = new(7.4, 4.2)
    parts = 0.5 * delta**2, delta * (residual - delta)
    axes.fill([0, delta, delta], [0, 0, delta], fc=(BLUE, 0.15), ec=BLUE, hatch="//", lw=0)
    rest, look = residual - delta, {"fc": (PURPLE, 0.12), "ec": PURPLE, "hatch": "..", "lw": 0}
    axes.bar(delta, delta, rest, align="edge", **look)
    axes.plot([0, delta, residual], [0, delta, delta], color=BLUE, linewidth=3)
    axes.plot([delta, residual, residual], [delta, residual, 0], ":", color=GREY)
    label = {"backgroundcolor": "#fbfaf7", "ha": "center", "va": "center"}
    words = f"½ · {delta:g} · {delta:g}\n= {parts[0]:g}"
    axes.text(delta * 0.68, delta * 0.3, words, color=BLUE, **label)
    words = f"{delta:g} · ({residual:g} − {delta:g}) = {parts[1]:g}"
    axes.text((delta + residual) / 2, delta / 2, words, color=PURPLE, **label)
    forgiven = 0.5 * residual**2 - sum(parts)
    axes.text(residual - 0.2, delta * 1.3, f"forgiven: {forgiven:g}", color=GREY, ha="right")
    axes.text(delta / 2 - 0.25, delta / 2 + 0.15, "pull = residual", color=BLUE, ha="right")
    axes.text(delta * 0.97, delta * 1.08, f"the limit δ = {delta:g}", color=BLUE, ha="right")
    axes.set(xlim=(0, residual * 1.03), ylim=(0, residual * 1.03), ylabel="pull")
    axes.set(xlabel="size of the residual, in thousand views", title="Loss = area under the pull")
    alt = f"Up to {residual:g} the area is a triangle of {parts[0]:g} and a rectangle of "
    alt += f"{parts[1]:g}, together {sum(parts):g}; without a limit, {sum(parts) + forgiven:g}."
    show(figure, f"The pull grows with the residual up to δ = {delta:g} and stays there. {alt}")


def huber_and_pull(delta: float) -> None:
    """Draw the Huber loss between half the square and δ times the size, and its slope."""
    residual, ends = np.linspace(-8, 8, 641), np.array([-delta, delta])
    figure, (loss, pull) = new(9, 3.6, columns=2)
    loss.plot(residual, 0.5 * residual**2, "--", color=ORANGE)
    loss.plot(residual, delta * np.abs(residual), ":", color=PURPLE)
    pull.plot(residual, residual, "--", color=ORANGE)
    limited = np.clip(residual, -delta, delta)
    solid = (loss, _huber(residual, delta), _huber(ends, delta)), (pull, limited, ends)
    for axes, curve, dots in solid:
        axes.plot(residual, curve, color=BLUE, linewidth=3)
        axes.plot(ends, dots, "o", color=BLUE, markersize=8)
        axes.set(xlabel="residual r", xticks=range(-8, 9, 4))
    names = (ORANGE, "dashed: ½r²"), (PURPLE, "dotted: δ|r|"), (BLUE, "solid: Huber")
    for row, (color, name) in enumerate(names):
        loss.text(0, 23.5 - 2.4 * row, name, color=color, ha="center")
    pull.text(-7.6, 6.6, "dashed: slope of ½r²", color=ORANGE)
    pull.text(-7.6, 5.2, "solid: slope of Huber", color=BLUE)
    loss.set(ylim=(0, 26), title=f"Loss of one sample, δ = {delta:g}")
    pull.set(ylim=(-8, 8), title="Its slope: how hard the sample pulls")
    alt = (
        f"With δ = {delta:g} the Huber loss follows half the square up to a size of {delta:g} and "
    )
    alt += "goes on as a straight line, parallel to δ times the size. Its slope follows the "
    show(figure, alt + f"residual, then stays at {delta:g}.")


def huber_shapes(losses: dict[str, Loss], delta: float) -> None:
    """Draw each loss in a panel of its own, with dots at the two seams and at zero."""
    figure, panels = new(min(10, 1.5 + 2.1 * len(losses)), 3.3, columns=len(losses))
    spots, facts = np.array([-delta, 0, delta]), []
    for axes, (name, loss) in zip(panels, losses.items(), strict=True):
        for low, style in ((-3 * delta, "--"), (-delta, "-"), (delta, "--")):
            part = np.linspace(low, low + 2 * delta, 101)[1:-1]
            axes.plot(part, [loss(r) for r in part], style, color=BLUE if style == "-" else PURPLE)
        axes.plot(spots, [loss(r) for r in spots], "o", color=BLUE, markersize=6)
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set_xticks(spots, [f"−{delta:g}", "0", f"{delta:g}"])
        axes.set(title=name, xlabel="residual")
        zero, inner, beyond = (float(loss(r)) for r in (0, delta, delta + 1e-9))
        step = f"a step from {inner:g} to {beyond:.3g}" if abs(beyond - inner) > 1e-6 else "no step"
        ends = ", ".join(f"{float(loss(r)):g} at {r:g}" for r in (-3 * delta, 3 * delta))
        facts.append(f"{name}: {zero:g} at 0, {step} at {delta:g}, {ends}".replace("-", "−"))
    lowest = min(axes.get_ylim()[0] for axes in panels)
    highest = max(axes.get_ylim()[1] for axes in panels)
    for axes in panels:
        axes.set_ylim(lowest, highest)
        axes.tick_params(labelleft=axes is panels[0])
    show(figure, "Shapes of a loss. " + "; ".join(facts) + ".")


def capped_fit(followers: np.ndarray, views: np.ndarray, delta: float) -> None:
    """Draw the line fitted with Huber and whom it limits, and the fitted weight over every δ."""
    weights, deltas = np.arange(450, 1001) / 1000, np.geomspace(0.1, 1000, 61)
    table = views - weights[:, None] * followers
    best = [weights[_huber(table, d).mean(axis=1).argmin()] for d in (*deltas, delta)]
    figure, (line, curve) = new(9, 3.8, columns=2)
    count = _limited(line, followers, views, best[-1], delta)
    curve.plot(deltas, best[:-1], color=BLUE)
    curve.plot(delta, best[-1], "D", color=PURPLE, markersize=9)
    curve.set(xscale="log", xlabel="δ, in thousand views", ylabel="fitted weight")
    curve.text(0.12, best[0] + 0.02, f"MAE's answer: {best[0]:.2f}", color=GREY)
    curve.text(350, best[-2], f"MSE's answer: {best[-2]:.2f}", color=GREY, ha="right", va="center")
    curve.set(xticks=[0.1, 1, 10, 100, 1000], xticklabels=["0.1", "1", "10", "100", "1000"])
    curve.set(ylim=(0.5, 1), title=f"Weight {best[-1]:.3f}")
    alt = f"With δ = {delta:g} the fitted weight is {best[-1]:.3f} and {count} videos are limited. "
    show(figure, alt + f"Over all δ the weight climbs from {best[0]:.2f} to {best[-2]:.2f}.")


def _limited(
    axes: Axes, followers: np.ndarray, views: np.ndarray, weight: float, delta: float
) -> int:
    """Draw the line, a band of δ around it and the videos outside as crosses; return how many."""
    limited, x = np.abs(views - weight * followers) > delta, np.array([0, 85])
    axes.fill_between(x, weight * x - delta, weight * x + delta, color=GREY, alpha=0.15)
    axes.plot(x, weight * x, color=PURPLE)
    axes.plot(followers[~limited], views[~limited], "o", color=BLUE, markersize=5)
    axes.plot(followers[limited], views[limited], "x", color=ORANGE, markersize=7)
    notes = ("cross: pull limited to δ", ORANGE), ("dot: pull = residual", BLUE)
    for row, (note, color) in enumerate((*notes, ("band: up to δ from the line", GREY))):
        axes.text(3, 80 - 6 * row, note, color=color)
    axes.text(82, 80, "↑ the viral ones", color=ORANGE, ha="right")
    axes.set(xlim=(0, 85), ylim=(0, 86), xlabel="followers, in thousands")
    axes.set_title(f"δ = {delta:g}: {limited.sum()} of {len(views)} limited")
    axes.set_ylabel("views, in thousands")
    return int(limited.sum())


def influence_curves() -> None:
    """Draw the slope of five losses over the residual, one panel each, Huber's δ being 1."""
    r = np.linspace(-4, 4, 801)
    half = np.where(r == 0, np.nan, np.sign(r))
    curves = {"½ squared": r, "absolute": half, "Huber": np.clip(r, -1, 1)}
    curves |= {"pseudo-Huber": r / np.sqrt(1 + r**2), "log-cosh": np.tanh(r)}
    figure, panels = new(10, 2.9, columns=len(curves))
    for axes, (name, slope) in zip(panels, curves.items(), strict=True):
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.plot(r, np.clip(r, -1, 1), ":", color=GREY)
        axes.plot(r, slope, color=ORANGE if name == "½ squared" else BLUE)
        axes.set(title=name, xlim=(-4, 4), ylim=(-2.2, 2.2), xlabel="residual")
        axes.set(xticks=(-4, -1, 1, 4), yticks=(-1, 0, 1))
    panels[0].set_ylabel("slope")
    panels[0].annotate("no limit", (2, 2), (-3.6, 1.5), color=ORANGE)
    panels[1].annotate("jumps", (0, 0.2), (0.6, -0.55), color=BLUE)
    at = np.array([1.0, 4.0])
    pseudo, cosh = at / np.sqrt(1 + at**2), np.tanh(at)
    alt = "Slopes over the residual: half the square grows without limit; the absolute error jumps "
    alt += "from −1 to 1; Huber is straight up to 1, then stays. Pseudo-Huber and log-cosh bend "
    alt += f"smoothly to 1: {pseudo[0]:.2f} and {cosh[0]:.2f} at residual 1, "
    alt += f"{pseudo[1]:.2f} and {cosh[1]:.3f} at 4."
    show(figure, alt)
