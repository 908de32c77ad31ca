"""The task of the tour, lesson 00: how late, on average? No exercise asks it."""

import numpy as np

from autograder.tasks import Program, Task, edge

STEPS = Program("took, promised", """
    late = maximum(floats(took) - floats(promised), 0)
    average = mean(late)
""")  # fmt: skip
TASK = Task(
    name="lateness_loop",
    program=STEPS,
    style="loop",
    example=(np.array([35.0, 44.0, 24.0]), np.array([30.0, 45.0, 20.0])),
    edges=(edge("a single order", "single-sample", np.array([12.0]), np.array([10.0])),),
    draw=lambda rng, n: (rng.uniform(10, 50, n), rng.uniform(10, 50, n)),
    hints=(
        "Five minutes late, on time, four minutes late: what would you do with the 5, 0 and 4?",
        "The loop adds up how late each order is. Which step of an average is still to come?",
        "Divide once, after the loop, by `len(took)`.",
    ),
)
