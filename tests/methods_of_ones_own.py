"""A folder of small methods, as a user has one, for tests of how methods are found, read and run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline import registry

DIGITS = '''
from limbeck.records import Data, Problem, Trace

def digits(*, n: int = 3) -> Data:
    """Digits that are echoed."""
    problems = [Problem(id=str(i), question=str(i), answer=str(i)) for i in range(n)]
    return Data(problems, [Trace(id=str(i), problem_id=str(i), answer=str(i)) for i in range(n)])
'''


class House:
    """Where the methods lie, and the recipes that use them are run."""

    def __init__(self, root: Path) -> None:
        self.root, self.methods = root, root / "house"
        self.write("problems/digits.py", DIGITS)

    def write(self, path: str, text: str) -> Path:
        """Write a method's file, or a helper."""
        file = self.methods / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        registry._methods.cache_clear()
        registry._renamed.cache_clear()
        return file

    def curation(
        self, name: str, signature: str = "", body: str = "    return data", above: str = ""
    ) -> None:
        """A curation method with that signature behind ``data: Data``."""
        text = f"{above}\nfrom limbeck.records import Data\n\ndef {name}(data: Data{signature}) -> Data:\n"
        self.write(f"curation/{name}.py", f'{text}    """Something."""\n{body}\n')

    def plan(self, stages: dict[str, Any], **more: Any) -> planning.Plan:
        """The plan of a recipe whose first stage is ``digits``."""
        raw = {"stages": {"digits": {"use": "problems/digits"}, **stages}, **more}
        return planning.make(recipes.build("own", self.root / "own.yaml", raw), self.root / "out")

    def plan_of(self, use: str, **settings: Any) -> planning.Step:
        """The step of a stage ``x`` that reads ``digits``."""
        return self.plan({"x": {"use": use, "from": "digits", **settings}}).steps["x"]
