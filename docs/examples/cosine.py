"""A task of one's own: the cosine of the angle between two vectors."""

import numpy as np

from autograder.tasks import Program, Task, edge

# Steps in Python and NumPy's words (without np.), then what can go wrong in them, one row each:
# a name, a sentence for the student, and what is written in place of the steps.
COSINE = Program(
    "u, v",
    """
    dot = u @ v
    lengths = linalg.norm(u) * linalg.norm(v)
    cosine = dot / lengths
    answer = cosine
    """,
    """
    no-division: Yours is the dot product: long vectors get large values. | cosine = dot
    squared-lengths: You divide by squared lengths; a root is missing. | lengths = (u @ u) * (v @ v)
    one-length: You divide by the length of one vector only. | lengths = linalg.norm(u)
    takes-the-size: Yours has no sign: opposite vectors look alike. | answer = abs(cosine)
    a-distance: Yours is 1 minus what was asked. | answer = 1 - cosine
    """,
)
TASK = Task(
    name="cosine_similarity",
    reference=lambda u, v: float(np.dot(u, v) / (np.linalg.norm(u) * np.linalg.norm(v))),
    style="either",  # or "loop" (students get lists), or "numpy" (no loop over the numbers)
    example=(np.array([3.0, 4.0]), np.array([4.0, 3.0])),
    edges=(
        # students can read this one; each is also asked another one, which `vary` draws
        edge("opposite", "takes-the-size", np.array([1.0, 2.0]), np.array([-1.0, -2.0]),
             vary=lambda rng: (u := rng.normal(size=3), -2 * u)),
    ),
    draw=lambda rng, n: (rng.normal(size=n), rng.normal(size=n)),
    program=COSINE,
    hints=(
        "When do two vectors point the same way, whatever their lengths?",
        "The dot product grows with both lengths. How do you take them out?",
        "`np.linalg.norm` is the length of a vector.",
    ),
)  # fmt: skip
