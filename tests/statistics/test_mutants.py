"""Laws and the summary changed on purpose: most of a sample of changes makes a test fail.

A change that no test can see stands with its reason in ``UNSEEN`` of the script, and does not count.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "mutate.py"


@pytest.mark.slow
@pytest.mark.parametrize(("sample", "parts"), [("10", []), ("24", ["summary"])], ids=["laws", "summary"])
def test_nine_in_ten_changes_are_found(sample: str, parts: list[str]) -> None:
    """A change of a law takes 15 seconds, so that few are tried here; ``tools/mutate.py --sample 50`` tries more."""
    call = [sys.executable, SCRIPT, "--sample", sample, *parts]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    killed, of = (int(part) for part in re.findall(r"(\d+) of (\d+) killed", done.stdout)[0])
    assert killed >= 0.9 * of, "\n".join(line for line in done.stdout.splitlines() if "survived" in line)
