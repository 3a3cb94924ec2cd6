"""Limbeck distils reasoning: a strong teacher's right and wrong traces become a small student that
reasons."""

__version__ = "0.1.0"
