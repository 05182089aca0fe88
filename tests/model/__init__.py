"""The public nouns."""
