"""A rule as a plain sentence: parts that each language puts into its own order."""
