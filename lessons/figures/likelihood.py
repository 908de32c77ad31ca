"""Pictures of lesson 06, where losses come from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from figures.base import BLUE, GREEN, GREY, ORANGE, PURPLE, new, show


def _minus(number: float, form: str = "g") -> str:
    """Return `number` as text, with a real minus sign."""
    return format(number, form).replace("-", "−")


def _bell(error: np.ndarray, sigma: float) -> np.ndarray:
    """Return the Gaussian density of `error`."""
    return np.exp(-(error**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))


def _tent(error: np.ndarray, scale: float) -> np.ndarray:
    """Return the Laplace density of `error`."""
    return np.exp(-np.abs(error) / scale) / (2 * scale)


def coin_hill(heads: int, tosses: int, p: float) -> None:
    """Draw the likelihood of every chance of heads, and the height at the chance `p`."""
    chances, tails, top = np.linspace(0, 1, 401), tosses - heads, heads / tosses
    hill = chances**heads * (1 - chances) ** tails * 1000
    height, peak = (chance**heads * (1 - chance) ** tails * 1000 for chance in (p, top))
    figure, (axes,) = new(7, 3.6)
    axes.plot(chances, hill, color=BLUE)
    axes.plot([top, top], [0, peak], ":", color=GREY)
    axes.text(top, peak * 1.06, f"top at {top:g}", ha="center", color=GREY)
    axes.plot([p, p], [0, height], "--", color=ORANGE)
    axes.plot(p, height, "D", color=ORANGE, markersize=9)
    axes.set(xlim=(-0.02, 1.02), ylim=(0, peak * 1.2), xlabel="p, the chance of heads")
    axes.set(ylabel="likelihood, in thousandths")
    axes.set_title(f"{heads} heads, {tails} tails. Diamond: p = {p:.2f}, {height:.3f} thousandths")
    alt = f"The likelihood of p is a hill with its top at {top:g}, {peak:.3f} thousandths high. "
    show(figure, alt + f"At p = {p:g} it is {height:.3f}, {height / peak:.2f} times as high.")


def hill_and_valley(heads: int, tosses: int) -> None:
    """Draw the likelihood of every chance of heads beside the mean negative log-likelihood."""
    chances, tails, top = np.linspace(0.01, 0.99, 393), tosses - heads, heads / tosses
    log_hill = heads * np.log(chances) + tails * np.log(1 - chances)
    figure, panels = new(8, 3.6, 2)
    curves = np.exp(log_hill) * 1000, -log_hill / tosses
    best = heads * math.log(top) + tails * math.log(1 - top)
    points = math.exp(best) * 1000, -best / tosses
    names = "Likelihood, in thousandths", "Mean negative log-likelihood"
    for axes, curve, point, name in zip(panels, curves, points, names, strict=True):
        axes.plot(chances, curve, color=BLUE)
        axes.plot(top, point, "D", color=PURPLE, markersize=9)
        axes.axvline(top, color=GREY, linestyle=":", linewidth=1.5)
        axes.set(xlabel="p, the chance of heads", title=name, ylim=(0, None))
    panels[0].set_ylim(0, 1.15 * points[0])
    panels[0].text(top - 0.04, points[0] * 1.03, f"highest: {points[0]:.3f}", ha="right")
    panels[1].text(top - 0.04, points[1] * 0.55, f"lowest: {points[1]:.3f}", ha="right")
    alt = f"Left: the likelihood is a hill with its top at {top:g}. Right: its negative logarithm, "
    show(figure, alt + f"averaged, is a valley, lowest at the same {top:g}, at {points[1]:.3f}.")


def bell_and_bowl(errors: Sequence[float], sigma: float) -> None:
    """Draw the Gaussian density beside its negative logarithm, with some errors on both."""
    marks, error = np.asarray(errors, dtype=float), np.linspace(-7, 7, 281)
    figure, panels = new(8, 3.7, 2)
    names = "Density: the bell", "−log of the density: the bowl"
    heights = _bell(marks, sigma), -np.log(_bell(marks, sigma))
    curves = _bell(error, sigma), -np.log(_bell(error, sigma))
    for axes, curve, height, name in zip(panels, curves, heights, names, strict=True):
        axes.plot(error, curve, color=BLUE)
        axes.vlines(marks, 0, height, color=ORANGE, linestyle="--")
        axes.plot(marks, height, "D", color=ORANGE, markersize=8)
        above = "center" if axes is panels[0] else "top"
        for place, value in zip(marks, height, strict=True):
            side, gap = ("right", -0.5) if place < 0 else ("left", 0.5)
            axes.text(place + gap, value, f"{value:.3f}", ha=side, va=above, color=ORANGE)
        axes.set(xlabel="error in minutes", title=name, ylim=(0, 1.12 * curve.max()))
        axes.set_xticks(range(-6, 7, 2), [_minus(tick) for tick in range(-6, 7, 2)])
    facts = "; ".join(
        f"error {_minus(place)}: density {density:.3f}, −log {bowl:.3f}"
        for place, density, bowl in zip(marks, *heights, strict=True)
    )
    show(figure, f"A bell of width {sigma:g}, and its −log, a parabola. {facts}.")


def two_noises(spread: float) -> None:
    """Draw the Gaussian and the Laplace density of one spread, beside their negative logarithms."""
    error = np.linspace(-5 * spread, 5 * spread, 401)
    noises = _bell(error, spread), _tent(error, spread / math.sqrt(2))
    figure, (density, loss) = new(8, 3.7, 2)
    for curve, color, style in zip(noises, (BLUE, ORANGE), ("-", "--"), strict=True):
        density.plot(error, curve, style, color=color)
        loss.plot(error, -np.log(curve), style, color=color)
    density.text(2.4, 0.17, "Gaussian: round top", color=BLUE)
    density.text(1.2, 0.29, "Laplace: pointed top", color=ORANGE)
    loss.text(0, 11.2, "Gaussian: a bowl", color=BLUE, ha="center")
    loss.text(6.6, 2.6, "Laplace:\na V", color=ORANGE)
    density.set(title="Density", xlabel="error", xlim=(-10, 11))
    loss.set(title="−log of the density", xlabel="error", ylim=(0, None))
    for axes in density, loss:
        axes.set_xticks(range(-10, 11, 5), [_minus(tick) for tick in range(-10, 11, 5)])
    edge = [-math.log(curve[-1]) for curve in noises]
    alt = f"Two densities of spread {spread:g}. Gaussian: round top, −log a parabola, "
    alt += f"{edge[0]:.1f} at an error of {error[-1]:g}. Laplace: pointed top, −log a V, "
    show(figure, alt + f"only {edge[1]:.1f} there.")


def lines_by_noise(
    distance: np.ndarray, minutes: np.ndarray, weights: dict[str, float], outlier: int
) -> None:
    """Draw orders, one of them an outlier, with a line through zero for each assumed noise."""
    figure, (axes,) = new(7.4, 3.8)
    usual = np.arange(len(distance)) != outlier
    axes.plot(distance[usual], minutes[usual], "o", color=GREY, markersize=8)
    axes.plot(distance[outlier], minutes[outlier], "X", color=PURPLE, markersize=11)
    axes.text(distance[outlier] - 0.2, minutes[outlier] - 1, "flat tire", ha="right", color=PURPLE)
    ends = np.array([0, distance.max() + 0.4])
    facts = []
    looks = zip(weights.items(), (BLUE, ORANGE), ("-", "--"), strict=True)
    for (name, weight), color, style in looks:
        axes.plot(ends, weight * ends, style, color=color)
        label = f" {name}:\n w = {weight:.2f}"
        axes.text(ends[1], weight * ends[1], label, color=color, va="center")
        below = (weight * distance > minutes)[usual].sum()
        facts.append(f"{name} noise gives slope {weight:.2f}, {below} usual orders below the line")
    axes.set(xlim=(0, distance.max() + 2), ylim=(0, None), xlabel="kilometers", ylabel="minutes")
    axes.set_xticks(range(0, 9, 2))
    show(figure, f"{usual.sum()} usual orders and one far above them. {'; '.join(facts)}.")


def poisson_chances(rates: Sequence[float]) -> None:
    """Draw the Poisson chance of every count, for some expected counts."""
    figure, (axes,) = new(7.4, 3.5)
    facts = []
    for rate, color, marker in zip(rates, (BLUE, ORANGE, GREEN), ("o", "D", "s"), strict=False):
        chances = [math.exp(-rate) * rate**k / math.factorial(k) for k in range(31)]
        counts = [k for k, chance in enumerate(chances) if chance > 0.002]
        shown = [chances[k] for k in counts]
        axes.vlines(counts, 0, shown, color=color, linewidth=1.5, alpha=0.6)
        axes.plot(counts, shown, marker, color=color, markersize=6)
        top, spread = max(shown), f"{math.sqrt(rate):.1f}"
        label = f"  λ = {rate:g}, spread {spread}"
        axes.text(chances.index(top) + 0.4, top + 0.012, label, color=color)
        facts.append(f"λ = {rate:g} spreads by {spread}, highest {top:.2f}")
    axes.set(xlim=(-0.7, 30.7), ylim=(0, 0.33), xlabel="orders in one hour", ylabel="probability")
    show(figure, f"Poisson chances of the counts from 0 to 30: {'; '.join(facts)}.")


def equal_areas(sigmas: Sequence[float]) -> None:
    """Draw bells of different width, all with an area of one."""
    figure, (axes,) = new(7, 3.6)
    error = np.linspace(-2.5, 2.5, 1001)
    facts = []
    looks = zip(sigmas, (BLUE, ORANGE), ("-", "--"), ("//", "\\\\"), strict=True)
    for sigma, color, style, hatch in looks:
        density = _bell(error, sigma)
        top = float(density.max())
        axes.plot(error, density, style, color=color)
        fill = {"facecolor": (color, 0.1), "edgecolor": (color, 0.5), "hatch": hatch}
        axes.fill_between(error, density, **fill)
        label = f"σ = {sigma:g}: height {top:.2f}, area 1"
        height = top * 0.93 if top > 1 else top + 0.06
        axes.text(0.35 * sigma + 0.1, height, label, color=color)
        facts.append(f"σ = {sigma:g} is {top:.2f} high")
    axes.axhline(1, color=GREY, linewidth=1, linestyle=":")
    axes.text(-2.5, 1.06, "no probability is above 1", color=GREY)
    axes.set_xticks(range(-2, 3), [_minus(tick) for tick in range(-2, 3)])
    axes.set(xlabel="error", ylabel="density", ylim=(0, None))
    show(figure, f"Two bells, both of area 1: {' and '.join(facts)}.")


def price_of_sigma(residual: float) -> None:
    """Draw what a claimed σ costs for one residual: log σ, plus the squared error over 2σ²."""
    sigma, size = np.linspace(0.2, 10, 491), abs(residual)
    vague, missed = np.log(sigma), residual**2 / (2 * sigma**2)
    lowest = math.log(size) + 0.5
    figure, (axes,) = new(7.4, 3.9)
    curves = (vague + missed, "-", BLUE), (vague, "--", ORANGE), (missed, ":", GREEN)
    for curve, style, color in curves:
        axes.plot(sigma, curve, style, color=color)
    axes.plot(size, lowest, "D", color=PURPLE, markersize=9)
    axes.text(10.1, vague[-1] + missed[-1] + 0.25, "sum", color=BLUE, va="center")
    axes.text(10.1, vague[-1] - 0.25, "log σ", color=ORANGE, va="center")
    axes.text(10.1, missed[-1] + 0.1, "r²/(2σ²)", color=GREEN, va="center")
    axes.set(xlim=(0, 11.4), ylim=(-2, 6), xlabel="σ that the model claims", ylabel="loss")
    axes.set_yticks(range(-2, 7, 2), [_minus(tick) for tick in range(-2, 7, 2)])
    axes.set_title(f"Missed by {size:g}: the sum is lowest at σ = {size:g} (diamond)")
    alt = f"For a residual of {size:g} the loss over σ is U-shaped, steep for small σ, lowest at "
    alt += f"σ = {size:g} with {_minus(lowest, '.3f')}, then slowly rising like log σ."
    show(figure, alt)


def spread_bands(
    distance: np.ndarray, minutes: np.ndarray, models: dict[str, tuple[float, float, float]]
) -> None:
    """Draw orders with the band w × km ± 2 (a + b × km), one panel for each model (w, a, b)."""
    figure, panels = new(8, 3.9, len(models))
    facts, ends = [], np.array([distance.min(), distance.max()])
    for axes, (name, (weight, base, growth)) in zip(panels, models.items(), strict=True):
        line, reach = weight * ends, 2 * (base + growth * ends)
        axes.fill_between(ends, line - reach, line + reach, facecolor=(BLUE, 0.15), edgecolor=BLUE)
        axes.plot(ends, line, "--", color=BLUE)
        outside = np.abs(minutes - weight * distance) > 2 * (base + growth * distance)
        axes.plot(distance[~outside], minutes[~outside], "o", color=GREY, markersize=3)
        axes.plot(distance[outside], minutes[outside], "X", color=ORANGE, markersize=8)
        axes.set(xlabel="kilometers", title=f"{name}: {outside.sum()} outside", ylim=(-5, 50))
        axes.set_yticks(range(0, 51, 10))
        where = f"from {distance[outside].min():.1f} to {distance[outside].max():.1f} km"
        facts.append(f"{name}: {outside.sum()} of {len(distance)} orders outside, {where}")
    panels[0].set_ylabel("minutes")
    alt = "Orders over the distance; the farther, the wider they scatter. Bands of two σ. "
    show(figure, alt + "; ".join(facts) + ".")
