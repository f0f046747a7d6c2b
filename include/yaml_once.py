"""YAML of people: a key that stands twice is refused, with its lines, where the usual loader keeps the last one."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and lines.setdefault(key.value, line) != line:
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"the key {key.value!r} stands twice, in lines {lines[key.value]} and {line}",
                    # Without the line itself, which may hold a secret.
                    yaml.Mark(key.start_mark.name, 0, key.start_mark.line, key.start_mark.column, None, 0),
                )
        return super().construct_mapping(node, deep)


def load_yaml(text: str) -> Any:
    """What a YAML text says. Raises yaml.YAMLError, also for a key that stands twice."""
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
