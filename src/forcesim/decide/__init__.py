"""Deciding between policies on simulated futures."""
