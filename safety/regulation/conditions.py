"""The little language of a rule's condition: names joined by `and`, `or`, `not` and parentheses, nothing else.

    susar and (fatal or life_threatening) and not exempt

It is parsed by Python's own grammar and never evaluated by it: whatever is not one of these five is refused.
"""

import ast
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches

Values = Mapping[str, bool]
Test = Callable[[Values], bool]

LONGEST = 2_000
"""Characters of one condition; a longer one is a fault, and would only strain the parser."""
DEEPEST = 200
"""Levels of parentheses and named conditions together."""


class InvalidCondition(ValueError):
    """A condition says something that the language does not have, or names what nobody can state."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition ready to be asked.

    `text` as it was written; `names` what it asks for, with named conditions resolved; `form` the same for every way of
    writing the same tree; `test` answers it for the values of all its names.
    """

    text: str
    names: frozenset[str]
    form: str
    test: Test

    def holds(self, values: Values) -> bool:
        """Answer the condition."""
        return self.test(values)


def shortly(name: str) -> str:
    """A name that somebody typed, as a sentence can hold it: on one line, and no longer than names are."""
    return "".join(c if c.isprintable() else "?" for c in name[:64])


def close_matches(name: str, known: AbstractSet[str]) -> str:
    """Say which known names look like this one, as the end of a sentence; else name them all."""
    close = get_close_matches(name, sorted(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else f"use one of: {', '.join(sorted(known))}"


def read_condition(text: str, known: AbstractSet[str], define: Mapping[str, str] | None = None) -> Condition:
    """Read a condition over the known names and the named conditions of `define`.

    Raises:
        InvalidCondition: anything but names, and, or, not and parentheses; an unknown name, with close matches; a named
            condition that needs itself.

    """
    return Reader(known, define or {}).read(text)


class Reader:
    """Reads conditions over one vocabulary."""

    def __init__(self, known: AbstractSet[str], define: Mapping[str, str]) -> None:
        self._known = known
        self._define = define
        self._open: list[str] = []
        self._depth = 0

    def read(self, text: str) -> Condition:
        """Read one condition."""
        if not text.strip():
            raise InvalidCondition("the condition is empty; name a fact")
        if len(text) > LONGEST:
            raise InvalidCondition(
                f"the condition is longer than {LONGEST} characters; name parts of it under [define]"
            )
        try:
            tree = ast.parse(" ".join(text.split()), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
            message = "it cannot be read; join names by and, or, not and parentheses"
            raise InvalidCondition(message) from fault
        names, form, test = self._node(tree.body)
        return Condition(text, names, form, test)

    def _node(self, node: ast.expr) -> tuple[frozenset[str], str, Test]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidCondition(f"the condition goes more than {DEEPEST} levels deep; write it flatter")
        try:
            match node:
                case ast.Name(id=name):
                    return self._name(name)
                case ast.UnaryOp(op=ast.Not(), operand=operand):
                    names, form, test = self._node(operand)
                    return names, f"not({form})", lambda values: not test(values)
                case ast.BoolOp(op=operator, values=parts):
                    return self._joined(operator, parts)
                case _:
                    raise InvalidCondition("only names, and, or, not and parentheses can stand in a condition")
        finally:
            self._depth -= 1

    def _joined(self, operator: ast.boolop, parts: list[ast.expr]) -> tuple[frozenset[str], str, Test]:
        read = [self._node(part) for part in parts]
        names = frozenset().union(*(part[0] for part in read))
        tests = tuple(part[2] for part in read)
        every = isinstance(operator, ast.And)
        form = f"{'and' if every else 'or'}({','.join(sorted(part[1] for part in read))})"
        if every:
            return names, form, lambda values: all(test(values) for test in tests)
        return names, form, lambda values: any(test(values) for test in tests)

    def _name(self, name: str) -> tuple[frozenset[str], str, Test]:
        if name in self._define:
            if name in self._open:
                raise InvalidCondition(f"'{name}' is defined by itself: {' -> '.join([*self._open, name])}")
            self._open.append(name)
            try:
                read = self.read(self._define[name])
            finally:
                self._open.pop()
            return read.names, read.form, read.test
        if name not in self._known:
            raise InvalidCondition(f"unknown fact '{name}'; {close_matches(name, self._known | self._define.keys())}")
        return frozenset({name}), name, lambda values: values[name]
