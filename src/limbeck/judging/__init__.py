"""Judging: asking a model for verdicts and reading what it says. A library; it imports no room."""
