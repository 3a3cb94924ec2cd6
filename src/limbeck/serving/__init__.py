"""A model as an OpenAI-compatible endpoint: what ``limbeck serve`` runs."""
