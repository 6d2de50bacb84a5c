"""Randomness with addresses: every variate is a pure function of seed, process, nation, name, month, path and slot."""
