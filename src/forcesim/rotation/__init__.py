"""Rotation."""
from forcesim.rotation.model import Rotation
