"""Checkers: what runs, solves or parses on behalf of verifiers. A library; it imports no room."""
