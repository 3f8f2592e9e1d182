"""Write the golden reports anew: `python tests/reports/regenerate.py`, then read the difference."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.reports.goldens import TESTDATA, goldens

if __name__ == "__main__":
    TESTDATA.mkdir(exist_ok=True)
    for name, rendering in goldens():
        (TESTDATA / name).write_text(rendering(), encoding="utf-8", newline="")
