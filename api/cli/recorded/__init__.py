"""Playing recorded homes through the real broker (`homecare replay`)."""
