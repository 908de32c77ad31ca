"""A task of one's own in steps alone: what can go wrong in them is found by itself."""

import numpy as np

from autograder.tasks import Program, Task, edge

STEPS = Program("y_true, y_pred", """
    e = y_true - y_pred
    share = abs(e) / abs(y_true)
    average = mean(share)
    percentage = 100 * average
""")  # fmt: skip
TASK = Task(
    name="mape",
    program=STEPS,
    example=(np.array([2.0, 4.0, 5.0]), np.array([1.0, 5.0, 5.0])),
    edges=(edge("a negative truth", "truth-below-0", np.array([-2.0]), np.array([-1.0])),),
    draw=lambda rng, n: (rng.choice([-1, 1], n) * rng.uniform(1, 9, n), rng.normal(0, 5, n)),
    hints=("How far off is one sample, in percent of its truth?", "`np.abs`", "The mean is last."),
)
