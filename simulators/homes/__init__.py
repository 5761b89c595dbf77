"""What stands in a home: its devices, and what each of them says."""
