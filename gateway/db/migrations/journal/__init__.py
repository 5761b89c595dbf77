"""Revisions of journal.db."""
