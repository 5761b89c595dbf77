"""Who lives there: the rhythm of the day, vitals, and habits of measuring."""
