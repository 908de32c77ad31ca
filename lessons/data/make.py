"""Make the three small data sets of the lessons, all synthetic: no real views, policies or houses.

    python lessons/data/make.py

views.csv      60 videos of one channel: `followers` in thousands when a video came out, `views` in
               thousands after a month. Views grow with followers; three videos went viral.
insurance.csv  200 people: `age` in years, `affordability` (1 when the policy costs less than a
               tenth of the income, else 0), `bought` (1 or 0).
houses.csv     60 houses in no order: `area` in square meters, `price` in thousand dollars.
"""

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent


def views(rng: np.random.Generator) -> np.ndarray:
    """Return followers and views, shape (60, 2)."""
    followers = np.linspace(10, 80, 60) + rng.normal(0, 3, 60)
    seen = 2 + 0.5 * followers * rng.lognormal(0, 0.2, 60)
    seen[[11, 34, 52]] *= [18, 25, 12]
    return np.column_stack([followers, seen]).round(1)


def insurance(rng: np.random.Generator) -> np.ndarray:
    """Return age, affordability and whether the policy was bought, shape (200, 3)."""
    age = rng.integers(18, 66, 200)
    affordability = rng.integers(0, 2, 200)
    logit = 0.12 * (age - 42) + 1.6 * (affordability - 0.5)
    bought = rng.random(200) < 1 / (1 + np.exp(-logit))
    return np.column_stack([age, affordability, bought])


def houses(rng: np.random.Generator) -> np.ndarray:
    """Return area and price, shape (60, 2)."""
    area = rng.uniform(45, 220, 60).round()
    return np.column_stack([area, np.maximum(20 + 2.4 * area + rng.normal(0, 38, 60), 90)])


def main() -> None:
    """Write the files."""
    rng = np.random.default_rng(2026)
    save = {"delimiter": ",", "comments": ""}
    table = views(rng)
    np.savetxt(FOLDER / "views.csv", table, fmt="%.1f", header="followers,views", **save)
    header = "age,affordability,bought"
    np.savetxt(FOLDER / "insurance.csv", insurance(rng), fmt="%d", header=header, **save)
    np.savetxt(FOLDER / "houses.csv", houses(rng), fmt="%.0f", header="area,price", **save)


if __name__ == "__main__":
    main()
