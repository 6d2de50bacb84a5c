"""Write the bundled rotation study anew: its rules stay, its units, will and mission come from ``ukraine-2026``."""

from __future__ import annotations

from pathlib import Path

import forcesim as fs
from forcesim import rotation

STUDY = Path(__file__).parent.parent / "src" / "forcesim" / "studies" / "europe-in-ukraine.yaml"
NAME = "europe-in-ukraine"


def main() -> None:
    """Write it."""
    made = rotation.from_scenario(fs.load("ukraine-2026"), asked=30_000, start="2027-01", study=NAME)
    rotation.save(rotation.Rotation.of({**made.to_dict(), "name": NAME}), STUDY)


if __name__ == "__main__":
    main()
