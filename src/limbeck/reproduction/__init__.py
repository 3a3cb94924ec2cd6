"""Reproduction: the catalogue of papers and the claims that recipes make."""
