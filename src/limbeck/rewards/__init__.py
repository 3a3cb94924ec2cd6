"""Rewards: what rollouts are rewarded with."""
