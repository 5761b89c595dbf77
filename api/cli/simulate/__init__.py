"""`homecare simulate`: virtual homes from the command line."""
