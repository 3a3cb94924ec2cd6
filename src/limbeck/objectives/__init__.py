"""Objectives: what a student minimises, as pure functions of a batch, the policy's log-probabilities and a
signal."""
