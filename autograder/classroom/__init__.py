"""Submissions in, a gradebook out: the only part of this package that knows nbgrader."""

import os
import sys
from pathlib import Path

# nbgrader finds alembic, which makes a new gradebook, through PATH alone.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# jsonschema imports this one if it can, for formats that no notebook uses; that takes 1.8 s.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
