"""Decoding: a model made of a model."""
