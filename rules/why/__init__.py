"""Why, and why not: the engine itself run over a stretch of the past, with every node's answer."""
