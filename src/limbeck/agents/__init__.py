"""Models that act: what they write read as actions, the tools that carry these out, and the loop of both."""
