import pytest

from stack import Stack


@pytest.fixture(scope="module")
def stack():
    made = Stack()
    try:
        yield made
    finally:
        made.close()
