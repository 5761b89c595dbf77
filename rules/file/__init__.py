"""What a person writes, read: YAML with its line numbers, forms, names, and the tree it stands for.

From `marked` (text with lines) by `forms` (keys) and `maker` (words, types, units) to `language`,
which every other room asks. `named` holds expressions under a name, `skeletons` shapes to start
from.
"""
