"""Rollouts: how a step's traces come about while a student trains."""
