"""Answers: read out of a text, brought to one spelling, compared. A library; it imports no room."""
