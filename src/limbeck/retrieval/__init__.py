"""Passages looked up: by their words, by vectors, both at once; spans of them; graphs of triples."""
