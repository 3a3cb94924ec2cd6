"""Where things lie, for tests in any folder."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent
REPO = TESTS.parent
SHARED = REPO.parent / "shared" / "data"
"""Real public data beside the checkout; tests that need it skip where it is absent."""
