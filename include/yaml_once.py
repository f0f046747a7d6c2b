"""YAML of people: a key that stands twice is refused, with its lines, where the usual loader keeps the last one; so is a value that its
tag (`!!float ""`) makes another than it reads."""

from __future__ import annotations

from typing import Any

import yaml


class PlainLoader(yaml.SafeLoader):
    """Values as they read: no tags."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next node. Raises yaml.MarkedYAMLError for one with a tag."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "tag", None) is not None:
            raise yaml.composer.ComposerError(
                None, None, "a tag: write the value without one", _place(event.start_mark)
            )
        return super().compose_node(parent, index)


class _Loader(PlainLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and lines.setdefault(key.value, line) != line:
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"the key {key.value!r} stands twice, in lines {lines[key.value]} and {line}",
                    _place(key.start_mark),
                )
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # 2026-13-06: what looks like a date and is none
            raise yaml.constructor.ConstructorError(
                None, None, str(error), _place(node.start_mark)
            ) from error


def _place(mark: yaml.Mark) -> yaml.Mark:
    """A place without the line itself, which may hold a secret."""
    return yaml.Mark(mark.name, 0, mark.line, mark.column, None, 0)


def load_yaml(text: str) -> Any:
    """What a YAML text says. Raises yaml.YAMLError, also for a key that stands twice, a tag, a value that cannot be, and what is nested
    without end."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except RecursionError:
        raise yaml.YAMLError("nested too deeply") from None
