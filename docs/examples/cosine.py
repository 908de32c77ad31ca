"""A task of one's own: the cosine of the angle between two vectors."""

import numpy as np

from autograder.tasks import Pipeline, Task, edge, wrong

COSINE = Task(
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
    pipeline=Pipeline(
        # each stage gets what the one before returns; a tuple is spread over its arguments
        stages={
            "multiply": lambda u, v: (u, v, np.dot(u, v)),
            "lengths": lambda u, v, dot: (dot, np.linalg.norm(u) * np.linalg.norm(v)),
            "divide": lambda dot, lengths: dot / lengths,
            "after": lambda cosine: cosine,
        },
        mistakes=(
            wrong("no-division", "Yours is the dot product: long vectors get large values.",
                  divide=lambda dot, lengths: dot),
            wrong("squared-lengths", "You divide by squared lengths; a root is missing.",
                  lengths=lambda u, v, dot: (dot, np.dot(u, u) * np.dot(v, v))),
            wrong("one-length", "You divide by the length of one vector only.",
                  lengths=lambda u, v, dot: (dot, np.linalg.norm(u))),
            wrong("takes-the-size", "Yours has no sign: opposite vectors look alike.", after=abs),
            wrong("a-distance", "Yours is 1 minus what was asked.", after=lambda c: 1 - c),
        ),
    ),
    hints=(
        "When do two vectors point the same way, whatever their lengths?",
        "The dot product grows with both lengths. How do you take them out?",
        "`np.linalg.norm` is the length of a vector.",
    ),
)  # fmt: skip
