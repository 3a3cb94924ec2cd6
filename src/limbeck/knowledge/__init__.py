"""Passages, facts and graphs: what is looked up before it is reasoned about."""
