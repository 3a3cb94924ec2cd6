"""YAML that cannot hurt: no key twice, bounded in size, depth, aliases and numbers, one error for all else.

A recipe may be somebody else's. Aliases of aliases are small in a file and endless once written out, an alias
to what it stands in never ends, and a number of a million digits stops whoever counts to it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

LONGEST = 2**20
"""Characters."""
DEEPEST = 60
"""Lists and mappings within each other."""
MOST = 100_000
"""Values, those behind an alias counted wherever it stands."""
LARGEST = 2**63


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses what cannot be meant. YAML takes the last of two equal keys; here that is an
    error."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.sizes: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
        alias = self.check_event(yaml.AliasEvent)
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.YAMLError(f"lists and mappings are nested more than {DEEPEST} deep (line {line})")
        node: Any = super().compose_node(parent, index)
        self.depth -= 1
        if alias and id(node) not in self.sizes:
            raise yaml.YAMLError(f"an alias stands for what it stands in (line {line})")
        if not alias:
            size = 1 + sum(self.sizes[id(each)] for each in _within(node))
            self.sizes[id(node)] = size
            if size > MOST:
                raise yaml.YAMLError(
                    f"with all aliases written out it is more than {MOST:,} values (line {line})"
                )
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag != "tag:yaml.org,2002:merge" and isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    line = key_node.start_mark.line + 1
                    raise yaml.YAMLError(f"{key_node.value!r} comes twice in one mapping (line {line})")
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: Any) -> int:
        # Read as what it is only where it is short: of a million digits that alone takes minutes.
        number = super().construct_yaml_int(node) if len(node.value) < 100 else LARGEST
        if abs(number) >= LARGEST:
            line = node.start_mark.line + 1
            raise yaml.YAMLError(f"{node.value:.30} is beyond 64 bits (line {line})")
        return int(number)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


def _within(node: Any) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def load(text: str) -> Any:
    """What a text of YAML holds.

    Raises:
        YAMLError: it is none, or more than anybody means.
    """
    if len(text) > LONGEST:
        raise yaml.YAMLError(f"it has {len(text):,} characters, and at most {LONGEST:,} are read")
    try:
        return yaml.load(text, _Loader)  # a SafeLoader
    except (ValueError, OverflowError, RecursionError, TypeError) as error:  # of a date, a key, a number
        raise yaml.YAMLError(str(error)) from error
