"""Run the benchmarks and print one table: ``python -m benchmarks`` (``--smoke`` for one short round each)."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Run pytest-benchmark over this folder and print ratios, the work done and its time."""
    smoke = "--smoke" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "benchmarks.json"
        command = [
            sys.executable, "-m", "pytest", "-q", str(Path(__file__).parent), "--override-ini=addopts=",
            f"--benchmark-json={saved}", "--benchmark-columns=median", "-p", "no:cacheprovider",
        ]  # fmt: skip
        if smoke:
            command += [
                "--benchmark-min-rounds=1",
                "--benchmark-max-time=0.1",
                "--benchmark-warmup=off",
                "-m",
                "not slow",
            ]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            print(done.stdout)
            return done.returncode
        rows = json.loads(saved.read_text(encoding="utf-8"))["benchmarks"]
    print(f"{platform.machine()}, Python {platform.python_version()}; medians, one run\n")
    for group in dict.fromkeys(row["group"] for row in rows):
        print(group or "other")
        for row in (row for row in rows if row["group"] == group):
            facts = "  ".join(f"{key} {_short(value)}" for key, value in row["extra_info"].items())
            print(f"  {row['name'].removeprefix('test_'):48} {row['stats']['median'] * 1e3:10.2f} ms  {facts}")
        print()
    print(f"{len(rows)} passed, 0 failed")
    return 0


def _short(value: object) -> str:
    return f"{value:,.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
