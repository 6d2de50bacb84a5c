"""Build the wheel and run the smallest scenario from it, apart from the checkout."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECK = """
import pathlib, sys
import forcesim as fs
assert pathlib.Path(fs.__file__).is_relative_to(sys.argv[1]), fs.__file__
result = fs.simulate(fs.load("seed-figures").without_noise(), paths=1)
assert result.mean("gap", at=0).value == 500_000.0
assert fs.load("ukraine-2025").policies
assert fs.evidence.bundled_cases()
print("the wheel runs:", fs.__version__)
"""


def main() -> int:
    """Return 0 when the wheel holds all that it needs."""
    with tempfile.TemporaryDirectory() as folder:
        wheels, site = Path(folder) / "wheels", Path(folder) / "site"
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "wheel", "--no-deps", "-w", str(wheels), str(ROOT)], check=True)  # noqa: S603
        wheel = next(wheels.glob("forcesim-*.whl"))
        subprocess.run([*pip, "install", "--no-deps", "--target", str(site), str(wheel)], check=True)  # noqa: S603
        program = f"import sys; sys.path.insert(0, {str(site)!r})\n{CHECK}"
        return subprocess.run([sys.executable, "-c", program, str(site)], check=False, cwd=folder).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
