"""Recipes become plans, plans become folders of Parquet and checkpoints; what is already there is not made
again."""
