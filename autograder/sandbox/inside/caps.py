"""Every cap on what a student may hand in, and on what a student's process may reply, with reasons.

Below these lies all that honest work was seen to need; above them memory and time would be the
student's to choose. They lie here because both sides of the boundary use some of them, and a
student's process sees nothing but this folder. What protects are the trusted side's copies.
"""

# What is handed in, before anything in it is looked at.
MAX_RAW = 100 * 2**20
"""Bytes of a file with all its outputs, which are skipped where they lie, on the disk."""
MAX_SKIPPED = 2**22
"""Texts and brackets that are looked at for that: some seconds."""
MAX_FILE = 20 * 2**20
"""Bytes of a notebook without its outputs; it lies in memory a few times over while it is read."""
MAX_VALUES = 2**19
"""Values and keys in a notebook's JSON; `{}` takes three bytes there and thirty times that here.
A drawing that keeps its data in the notebook has some ten thousands."""
MAX_CELLS = 2_000
"""Cells of a notebook; the longest exercise has 25. Each of code is run twice."""
MAX_WRITTEN = 8 * 2**20
"""Characters in all cells together, pictures included, which Colab writes into the text."""
MAX_PICTURES = 200
"""Pictures attached to its cells: each is checked by itself when the notebook is written."""
MAX_SOURCE = 2**17
"""Characters of code that a submission may have: Python needs minutes to parse some megabytes."""
MAX_NOTES = 20
"""Lines about what was not as handed out; a notebook of doubled cells would fill the report."""
MAX_STAMP = 200
"""Bytes of what nbgrader's exchange adds: a date, a time and a zone; a secret of 128 letters."""

MAX_COMPANIONS = 50
"""Files beside a notebook that it may use; each is one request to its process."""
MAX_BESIDE = 8 * 2**20
"""Bytes of all of them, as of a data file of the course's."""
MAX_LISTED = 1_000
"""Files beside a notebook that are looked at, at all."""

# What is collected from folders and archives.
MAX_FOUND = 100_000
"""Files in one folder or archive: a large class, with all that an LMS packs beside."""
MAX_FOUND_OF = 20_000
"""Of these, in one folder or of one student: who sends more is the only one to lose by it."""
MAX_PACKED = 200
"""Files in a zip that one student handed in."""
MAX_CONTENTS = 8 * 2**20
"""Bytes of an archive's table of contents, all of which lies in memory."""
MAX_PATH = 1000
"""Letters of a path, so that every pattern is quick."""
MAX_FOLDERS = 50
"""Folders inside each other; Python's own walk goes wrong at a thousand."""
MAX_COLLECTED = 2 * 2**30
"""Bytes of all notebooks that are collected at once; all are written to the disk."""
MAX_TOLD = 200
"""Lines about what could not be collected."""
MAX_TOLD_OF = 5
"""Of these, about one student or one file: what one hands in cannot hide what others did."""

# One frame of the wire: a reply, or a cell's outputs.
MAX_BYTES = 16 * 2**20
"""Bytes of a frame; a cell may show some megabytes of pictures."""
MAX_BRACKETS = 2**21
"""Brackets in a header: more than text has, few enough to become lists."""
MAX_NODES = 200_000
"""Values in a frame: the judge takes no more of an answer either."""
MAX_DEPTH = 24
"""Lists in lists; both sides recurse."""
MAX_INT = 2**1024
"""Where a float ends as well; what is larger loses its value, and arithmetic stays quick."""
HUGE_INT = 2**60
"""From here on integers can be chosen so that their hashes are equal: n and n + 2**61 - 1."""
MAX_CHOSEN = 1_000
"""Huge integers and complex numbers in a frame: n of one hash in a set cost n² comparisons.
The answer to a task of 500 samples has at most 500."""
MAX_TUPLES = 5_000
"""Tuples in a frame, for the same reason; 500 samples in pairs are 500."""
MAX_KEYS = 2_000
"""Values in keys that are tuples: such keys are compared when a frame is read. Other keys need no
cap of their own: text has hashes that nobody can foresee, and few other numbers share one."""

# What is kept of a reply.
MAX_ANSWER = 2**18
"""Numbers in one answer; the most that is honest is a square of 500 samples."""
MAX_TEXT = 2_000
"""Characters of a message, and of what a function printed while it was asked."""
MAX_OUTPUT = 2**20
"""Characters of output that one cell may leave in the notebook."""
MAX_CELL_OUTPUTS = 200
"""Outputs of one cell."""
MAX_SHOWN = 2**24
"""Characters of output that a submission may leave in its notebook."""
MAX_OUTPUTS = 2_000
"""Outputs of a notebook: each one is checked, written and drawn by itself."""
MAX_ERRORS = 100
"""Errors of one submission that are looked through for what it lacks."""
MAX_LINES = 100
"""Parts of one traceback; IPython itself leaves out what repeats."""

# What a test cell of the course makes of it.
TEST_BYTES = 2**30
"""By which the trusted process may grow in one: `list(range(f(2)))` is the student's to choose."""

# What only judges.
JUDGE_SECONDS = 10
"""In which a verdict is made, or none; the slowest that was seen took a tenth of a second."""
JUDGE_BYTES = 2**30
"""By which the process that judges may grow."""
