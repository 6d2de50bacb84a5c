"""Hypothesis profiles, and one false-alarm budget for the whole suite.

Statistical checks are bounded by 4 standard errors at a stated n: 6e-5 a check, so 500 checks
raise a false alarm in 3 % of honest changes of stream. Seeds are fixed, so a suite that is green
stays green until a stream or a law changes.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("slow", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
