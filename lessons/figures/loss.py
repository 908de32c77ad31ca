"""Pictures of lesson 01, what a loss is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np

from figures.base import BLUE, GREEN, GREY, ORANGE, PURPLE, new, show


def card_residuals(y_true: Sequence[float], y_pred: Sequence[float]) -> None:
    """Draw each truth and its prediction, joined by the signed gap between them."""
    figure, [axis] = new(6, 3.2)
    facts = []
    for number, (truth, guess) in enumerate(zip(y_true, y_pred, strict=True), start=1):
        axis.plot([number, number], [guess, truth], color=GREY, linestyle=":")
        axis.plot(number, truth, "o", color=BLUE, markersize=9)
        axis.plot(number, guess, "s", color=ORANGE, markersize=13, fillstyle="none")
        label = f"residual {truth - guess:+d}" if truth != guess else "residual 0"
        axis.annotate(label, (number, (truth + guess) / 2), (14, -4), textcoords="offset points")
        facts.append(f"round {number}: card {truth}, guess {guess}, {label}")
    axis.annotate("card", (1, y_true[0]), (-46, -4), textcoords="offset points", color=BLUE)
    axis.annotate("guess", (1, y_pred[0]), (-52, -4), textcoords="offset points", color=ORANGE)
    axis.set(xlim=(0.4, len(y_true) + 0.8), ylim=(0, 11), ylabel="number on the card")
    axis.set_xticks(range(1, len(y_true) + 1), [f"round {i + 1}" for i in range(len(y_true))])
    show(figure, f"Cards as dots, guesses as squares, gaps dotted; {'; '.join(facts)}.")


def archers(**landings: Sequence[float]) -> None:
    """Draw where each archer's arrows landed, left or right of the center of a target."""
    figure, axes = new(8, 3.8, columns=len(landings))
    for axis, (name, landed) in zip(axes, landings.items(), strict=True):
        for radius in (3, 6, 9, 12):
            axis.add_patch(plt.Circle((0, 0), radius, fill=False, color="#d0ccc4", linewidth=1.2))
        axis.plot([0, 0], [-12, 12], color=GREY, linewidth=1)
        for row, x in zip(np.linspace(6, -6, len(landed)), landed, strict=True):
            axis.plot([0, x], [row, row], color=ORANGE, linestyle=":")
            axis.plot(x, row, "X", color=BLUE, markersize=10)
            side = (11, "left") if x >= 0 else (-11, "right")
            place = {"textcoords": "offset points", "ha": side[1], "va": "center"}
            axis.annotate(f"{x:+d}" if x else "0", (x, row), (side[0], 0), **place)
        axis.set(aspect="equal", xlim=(-13, 14), ylim=(-12.5, 12.5), title=name.capitalize())
        axis.set(xlabel="landed left (−) or right (+), cm", yticks=[])
        axis.spines["left"].set_visible(False)
    facts = [
        f"{name.capitalize()}'s arrows at {', '.join(f'{x:+d}' if x else '0' for x in landed)}"
        for name, landed in landings.items()
    ]
    show(figure, f"Targets seen from the front, in cm from the center. {'; '.join(facts)}.")


def metric_and_cost(hours: np.ndarray, points: np.ndarray, w: float, passing: float = 50) -> None:
    """Draw the model `w * hours`, and its accuracy and mean squared error as `w` moves."""
    weights = np.linspace(4, 14, 2001)
    guesses = np.append(weights, w)[:, None] * hours
    accuracy = np.mean((guesses >= passing) == (points >= passing), axis=1)
    cost = np.mean((points - guesses) ** 2, axis=1)
    figure, [data, stairs, valley] = new(10, 3.3, columns=3)
    data.plot(hours, points, "o", color=BLUE)
    data.plot([0, 9], [0, 9 * w], color=ORANGE)
    data.axhline(passing, color=GREY, linestyle=":", linewidth=1)
    data.text(9.15, passing, "pass", color=GREY, va="center")
    data.set(title=f"Model: {w:.2f} × hours", xlabel="hours", ylabel="points")
    data.set(xlim=(0, 9), ylim=(0, 110), xticks=range(0, 9, 2))
    steps = np.where(np.diff(accuracy[:-1], append=accuracy[-2]), np.nan, accuracy[:-1])
    for axis, curve, values, color in (
        (stairs, steps, accuracy, PURPLE), (valley, cost[:-1], cost, GREEN)
    ):  # fmt: skip
        axis.plot(weights, curve, color=color)  # the steps have no riser: there is no slope there
        axis.plot(w, values[-1], "D", color=ORANGE, markersize=9)
        axis.set(xlabel="weight w", xticks=range(4, 15, 2))
    stairs.set(title=f"Accuracy: {accuracy[-1]:.1f}", ylim=(0, 1.1), ylabel="accuracy")
    valley.set(title=f"Cost: {cost[-1]:.1f}", ylim=(0, 840), ylabel="cost, square points")
    show(
        figure,
        f"At weight {w:.2f} accuracy is {accuracy[-1]:.1f} and the cost {cost[-1]:.1f}. As the "
        "weight moves, accuracy is a staircase of flat steps; the cost is a smooth valley.",
    )


def best_constants(values: Sequence[float]) -> None:
    """Draw the MSE and the MAE of every constant prediction, and where each is lowest."""
    samples, grid = np.array(values, dtype=float), np.arange(431) / 10
    errors = samples - grid[:, None]
    squares, sizes = np.mean(errors**2, axis=1), np.mean(np.abs(errors), axis=1)
    figure, axes = new(9, 3.6, columns=2)
    curves = ("MSE", squares, "mean", GREEN, "D"), ("MAE", sizes, "median", PURPLE, "o")
    facts = []
    for axis, (name, cost, rule, color, marker) in zip(axes, curves, strict=True):
        best, low, top = grid[cost.argmin()], cost.min(), cost.max()
        axis.plot(grid, cost, color=color)
        axis.plot([best, best], [0, low], color=color, linestyle=":")
        axis.plot(best, low, marker, color=color, markersize=9)
        axis.plot(samples, np.full(len(samples), 0.03 * top), "|", color=BLUE, markersize=14)
        unit = "square minutes" if name == "MSE" else "minutes"
        axis.set(title=f"{name}: lowest at {best:.1f}, the {rule}", ylabel=f"{name}, {unit}")
        axis.set(xlim=(0, 43), ylim=(0, 1.03 * top))
        axis.set(xlabel="constant prediction, minutes (ticks: the waits)")
        facts.append(f"the {name} curve is lowest at {best:.1f}, the {rule}")
    listed = ", ".join(f"{value:g}" for value in values)
    show(figure, f"For the waits {listed}: {', and '.join(facts)}.")


def training_round() -> None:
    """Draw the round of training: forward pass, cost, adjust, and back."""
    figure, [axis] = new(7, 1.9)
    boxes = ["1  Forward pass\npredict with w", "2  Cost\nscore it", "3  Adjust\nmove w"]
    frame = {"boxstyle": "round,pad=0.6", "facecolor": "white", "edgecolor": BLUE, "linewidth": 1.5}
    for x, text in zip((1, 4, 7), boxes, strict=True):
        axis.text(x, 1, text, ha="center", va="center", bbox=frame)
    arrow = {"arrowstyle": "-|>", "color": GREY, "linewidth": 1.5}
    for start, end in ((2.1, 3.25), (4.75, 6.2)):
        axis.annotate("", (end, 1), (start, 1), arrowprops=arrow)
    back = arrow | {"connectionstyle": "arc3,rad=0.15"}
    axis.annotate("", (1, 1.5), (7, 1.5), arrowprops=back)
    axis.text(4, 2.25, "again, with the new weight", ha="center", color=GREY)
    axis.set(xlim=(-0.3, 8.3), ylim=(0.5, 2.5))
    axis.axis("off")
    show(
        figure,
        "Three boxes in a ring: forward pass (predict with w), cost (score it), "
        "adjust (move w), and back to the forward pass with the new weight.",
    )


def by_trial(cost: Callable[[float], float], start: float, tried: Sequence[tuple]) -> None:
    """Draw the weights that were tried on the valley of `cost`, and weight and cost by epoch."""
    weights, kept = np.linspace(0, 16, 321), [cost(start)]
    figure, [valley, path, history] = new(10, 3.4, columns=3)
    valley.plot(weights, [cost(w) for w in weights], color=GREEN)
    valley.plot(start, kept[0], "o", color=BLUE)
    path.plot(0, start, "o", color=BLUE)
    valley.annotate("start", (start, kept[0]), (10, 0), textcoords="offset points")
    for epoch, (w, error) in enumerate(tried, start=1):
        mark, color = ("o", BLUE) if error < kept[-1] else ("x", ORANGE)
        valley.plot(w, error, mark, color=color)
        path.plot(epoch, w, mark, color=color)
        if epoch <= 3:
            valley.annotate(f"{epoch}", (w, error), (-3, 9), textcoords="offset points")
        kept.append(min(error, kept[-1]))
    path.text(4, 3, "dot: kept\ncross: turned down")
    history.plot(range(len(kept)), kept, "o-", color=BLUE)
    valley.set(title="Tries on the cost curve", xlabel="weight w", ylabel="cost")
    path.set(title="Weight tried", xlabel="epoch", ylabel="weight w", ylim=(0, 16))
    history.set(title="Cost of the weight kept", xlabel="epoch", ylabel="cost")
    where = f"{len(tried)} tried weights close in on the bottom of the valley, near {w:.1f}"
    falls = f"falls from {kept[0]:.1f} to {kept[2]:.1f} in 2 epochs and ends at {kept[-1]:.1f}"
    show(figure, f"{where}; the cost of the weight kept {falls}.")
