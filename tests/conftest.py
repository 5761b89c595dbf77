"""What all tests share: Hypothesis profiles, and sockets that stay closed unless a test asks."""

import os

from hypothesis import HealthCheck, settings

# Machines differ in speed: no deadline by time. CI draws the same cases each run, so that a red
# build is the change's fault; `HYPOTHESIS_PROFILE=wide` hunts for new ones.
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "wide", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "dev")
)
