"""What happens to a person, staged into a home's day, and the truth of it."""
