"""What the tests of scenarios share: tasks are built as where no model is known yet."""

import pytest


def _unknown():
    raise ValueError("no model has been specified")


@pytest.fixture(autouse=True, scope="module")
def _no_model_yet():
    """Inspect remembers the model of the last evaluation in this process, and a task is worded for the one it knows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("allegiance.registry.get_model", _unknown)
        yield
