"""What goes wrong with devices and networks: one fault a file, seeded, composable.

A fault is laid over columns. Its draws are named by the row that they concern, so that a fault does
the same to a row whether an hour or a month is generated at once.
"""
