"""The processes: one file each; :mod:`forcesim.processes.catalogue` finds them."""
