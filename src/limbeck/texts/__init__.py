"""Texts: a trace's text, its steps, and the templates that show parts of it. A library; it imports no
room."""
