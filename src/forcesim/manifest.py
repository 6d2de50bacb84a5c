"""What made a result: the scenario in full, seed, options and versions; enough to make it again."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import platform
import re
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self

from forcesim.errors import Fault, ManifestError
from forcesim.files import located, write_text

if TYPE_CHECKING:
    import os

__all__ = ["Manifest", "versions"]

LIBRARIES = ("forcesim", "numpy", "numba", "scipy", "pydantic")


def versions() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    return {"python": platform.python_version(), **{name: _version(name) for name in LIBRARIES}}


@functools.cache
def _version(name: str) -> str:
    """Return the version of a package; looking it up reads files, 2 ms each."""
    try:
        return version(name)
    except PackageNotFoundError:  # run from a tree that is not installed
        return "unknown"


HALVES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which no encoding of Unicode has."""

KINDS: dict[str, tuple[type, str]] = {
    "scenario": (dict, "an object"),
    "policies": (list, "a list"),
    "seed": (int, "a whole number"),
    "paths": (int, "a whole number"),
    "options": (dict, "an object"),
    "versions": (dict, "an object"),
    "digest": (str, "text"),
    "code": (dict, "an object"),
}
"""What each entry of a manifest is in JSON."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is needed to make a result again, and to know that it came out the same.

    Parameters
    ----------
    scenario : dict
        The scenario as plain data, defaults written out, policies applied.
    policies : tuple of str
        Names of the policies applied.
    seed, paths : int
        Of the run.
    options : dict
        What else the caller chose: ``keep``, ``events``.
    versions : dict
        Of forcesim and what it stands on.
    digest : str
        Hash over the result's numbers.
    code : dict
        Identity of the caller's own processes and functions, by path; empty text where there is none.
    """

    scenario: dict[str, Any]
    policies: tuple[str, ...]
    seed: int
    paths: int
    options: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=versions)
    digest: str = ""
    code: dict[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Return a hash over scenario, seed, paths, options and own code (not over versions and numbers)."""
        parts: dict[str, Any] = {
            "scenario": self.scenario,
            "seed": self.seed,
            "paths": self.paths,
            "options": self.options,
        }
        parts |= {"code": self.code} if self.code else {}
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> str:
        """Return the manifest as JSON."""
        text = json.dumps({"forcesim_manifest": 1, **dataclasses.asdict(self)}, indent=1, ensure_ascii=False)
        # half of a character can be written in ASCII only; all others stand as they are read
        return HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", text)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the manifest that a JSON text holds.

        Raises
        ------
        ManifestError
            If the text is no manifest, or of a form that this version does not know.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ManifestError(Fault("manifest", "must be JSON", str(error))) from None
        if not isinstance(data, dict) or data.pop("forcesim_manifest", None) != 1:
            raise ManifestError(Fault("manifest", "must be one that forcesim wrote, form 1"))
        known = {entry.name for entry in dataclasses.fields(cls)}
        faults = [Fault(f"manifest.{key}", "is not a known key") for key in sorted(data.keys() - known)]
        faults += [Fault(f"manifest.{key}", "is missing") for key in sorted(known - {"code"} - data.keys())]
        faults = faults or [
            Fault(f"manifest.{key}", f"must be {KINDS[key][1]}", repr(value)[:60])
            for key, value in data.items()
            if not isinstance(value, KINDS[key][0]) or isinstance(value, bool)
        ]
        if faults:
            raise ManifestError(faults)
        return cls(**{**data, "policies": tuple(str(name) for name in data["policies"])})

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the manifest to a file; an existing one is replaced only when all is written.

        Raises
        ------
        FileError
            If the file cannot be written; an existing one then stays as it was.
        """
        write_text(path, self.to_json())

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Return the manifest that a file holds.

        Raises
        ------
        ManifestError
            If there is no such file, or it holds no manifest.
        """
        file = located(path)
        try:
            return cls.from_json(file.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise ManifestError(
                Fault(str(file), "must be a file that can be read", getattr(error, "strerror", None) or str(error))
            ) from None
