"""Laws that are changed on purpose: most of a sample of changes makes a test of the process fail."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "mutate.py"


@pytest.mark.slow
def test_nine_in_ten_changes_of_a_law_are_found() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--sample", "50"], capture_output=True, text=True, check=True)
    killed, of = (int(part) for part in re.findall(r"(\d+) of (\d+) killed", done.stdout)[0])
    assert killed >= 0.9 * of, "\n".join(line for line in done.stdout.splitlines() if "survived" in line)
