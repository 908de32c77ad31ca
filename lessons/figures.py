"""All plotting that the lessons share: a lesson's cell reads `figures.residuals(y_true, y_pred)`.

Every function draws one picture and shows it with a text alternative. Pictures keep a light
background of their own, so that they are legible in a dark notebook too, and no two things are
told apart by colour alone: markers, line styles and labels differ as well.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
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
    """Draw how many times MAE and MSE grow with the last residual; say it for `late`."""
    minutes, facts = np.append(np.linspace(0, 95, 96), late), []
    looks = {"MSE": (2, PURPLE, "--", "s", (64, 50)), "MAE": (1, BLUE, "-", "o", (94, 8))}
    for name, (power, color, style, marker, place) in looks.items():
        sizes = np.abs(residuals) ** power
        times = (sizes[:-1].sum() + minutes**power) / sizes.sum()
        axes.plot(minutes[:-1], times[:-1], color=color, linestyle=style)
        axes.plot(late, times[-1], marker, color=color, markersize=8)
        axes.text(*place, f"{name} × {times[-1]:.1f}", ha="right", color=color)
        facts.append(f"the {name} is {times[-1]:.1f} times what it was")
    axes.set(title="how many times its first value", ylim=(0, 100))
    axes.set_xlabel("minutes late, last order")
    return " and ".join(facts)


def absolute_and_slope() -> None:
    """Show |residual| and its slope: minus one, plus one, and none at zero."""
    figure, (left, right) = new(8.5, 3.2, columns=2)
    left.plot([-10, 0, 10], [10, 0, 10], color=BLUE)
    for start in (1, 7):
        left.plot([start, start + 2, start + 2], [start, start, start + 2], "--", color=ORANGE)
        left.text(start + 2.3, start + 0.4, "2 more,\n2 up", color=ORANGE, size=10)
    left.set(title="size of the error", xlabel="minutes late (below 0: early)", xlim=(-10.5, 13))
    right.axhline(0, color=GREY, linewidth=1)
    for side, word, lift in ((-1, "early: always −1", -0.3), (1, "late: always +1", 0.16)):
        right.plot([0, 10 * side], [side, side], color=BLUE)
        right.plot(0, side, "o", color=BLUE, markerfacecolor="white", markersize=8)
        right.text(5 * side, side + lift, word, color=BLUE, ha="center")
    right.text(0.5, -0.3, "at 0: a kink, no slope", color=GREY)
    right.set(title="its slope", xlabel="minutes late (below 0: early)", ylim=(-1.6, 1.6))
    words = "is minus 1 left of zero and plus 1 right of it, however far away; at zero it jumps"
    show(figure, f"The absolute error is a V with its tip at zero. Its slope {words}.")


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
    for axis, values, color in ((stairs, accuracy, PURPLE), (valley, cost, GREEN)):
        axis.plot(weights, values[:-1], color=color)
        axis.plot(w, values[-1], "D", color=ORANGE, markersize=9)
        axis.set(xlabel="weight w", xticks=range(4, 15, 2))
    stairs.set(title=f"Accuracy: {accuracy[-1]:.1f}", ylim=(0, 1.1))
    valley.set(title=f"Cost: {cost[-1]:.1f}", ylim=(0, 840))
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
        axis.plot([best, best], [-0.15 * top, low], color=color, linestyle=":")
        axis.plot(best, low, marker, color=color, markersize=9)
        axis.plot(samples, np.full(len(samples), -0.08 * top), "|", color=BLUE, markersize=14)
        axis.set(title=f"{name}: lowest at {best:.1f}, the {rule}", ylabel=name)
        axis.set(xlim=(0, 43), ylim=(-0.15 * top, 1.03 * top))
        axis.set_yticks([tick for tick in axis.get_yticks() if 0 <= tick <= top])
        axis.set(xlabel="constant prediction, minutes (ticks: the waits)")
        facts.append(f"the {name} curve is lowest at {best:.1f}, the {rule}")
    listed = ", ".join(f"{value:g}" for value in values)
    show(figure, f"For the waits {listed}: {', and '.join(facts)}.")


def training_round() -> None:
    """Draw the round of training: forward pass, error, adjust, and back."""
    figure, [axis] = new(7, 1.9)
    boxes = ["1  Forward pass\npredict with w", "2  Error\nscore it: the cost", "3  Adjust\nmove w"]
    frame = {"boxstyle": "round,pad=0.6", "facecolor": "white", "edgecolor": BLUE, "linewidth": 1.5}
    for x, text in zip((1, 4, 7), boxes, strict=True):
        axis.text(x, 1, text, ha="center", va="center", bbox=frame)
    arrow = {"arrowstyle": "-|>", "color": GREY, "linewidth": 1.5}
    for start, end in ((2.05, 2.85), (5.15, 6.25)):
        axis.annotate("", (end, 1), (start, 1), arrowprops=arrow)
    back = arrow | {"connectionstyle": "arc3,rad=0.15"}
    axis.annotate("", (1, 1.5), (7, 1.5), arrowprops=back)
    axis.text(4, 2.25, "again, with the new weight", ha="center", color=GREY)
    axis.set(xlim=(-0.3, 8.3), ylim=(0.5, 2.5))
    axis.axis("off")
    show(
        figure,
        "Three boxes in a ring: forward pass (predict with w), error (score it: the cost), "
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
    line.set(xlim=(0, 3.5), ylim=(-1, 19), xlabel="kilometers", xticks=range(4))
    line.set(ylabel="minutes", yticks=range(0, 20, 4))
    line.set_title(f"Line: minutes = {weight:g} × km")
    valley.plot(weights, costs, color=GREY)
    valley.plot(tangent, cost + slope * (tangent - weight), "--", color=PURPLE)
    valley.plot(weight, cost, "D", color=PURPLE, markersize=9)
    valley.set(xlim=(-0.2, 6.2), ylim=(-3, 46), xlabel="weight w", ylabel="MSE")
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
