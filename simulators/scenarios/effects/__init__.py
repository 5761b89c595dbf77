"""What a scenario does to a home's columns: one kind of thing a file, composable, seeded.

An effect is handed the rows of its own home alone. Its draws are named by the scene and the row or
the day that they concern, so an hour generated alone is the hour of the whole month.
"""
