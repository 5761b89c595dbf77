"""What a rule must show before it may run: it is sound, and its own examples come true."""
