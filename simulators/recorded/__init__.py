"""Data sets of real homes, mapped into homes and columns. Pure: text in, columns out."""
