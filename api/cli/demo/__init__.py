"""`homecare demo`: six regions with simulated homes, on one machine, in a minute."""
