"""The pages for people, one file a group: each holds its routes as `pages`, and being here makes them part of the desk."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from safety.web.declaring import Pages


def groups() -> Iterator[Pages]:
    """Give the routes of every file of this folder, in the order of their names."""
    for found in iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        yield module.pages
