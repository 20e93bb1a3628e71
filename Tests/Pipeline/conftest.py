import os

import pytest

from stack import Stack


@pytest.fixture(scope="module")
def stack():
    made = Stack()
    try:
        yield made
    finally:
        made.close()


def pytest_collection_modifyitems(config, items):
    """What is marked as slow runs when it is asked for, and is not there otherwise."""
    if not os.environ.get("AALTOHUB_SLOW"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
