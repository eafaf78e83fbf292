"""What the tests of scenarios share: tasks are built as where no model is known yet."""

import pytest


@pytest.fixture(autouse=True)
def _no_model_yet(monkeypatch):
    """Inspect remembers the model of the last evaluation in this process, and a task is worded for the one it knows."""

    def unknown():
        raise ValueError("no model has been specified")

    monkeypatch.setattr("allegiance.registry.get_model", unknown)
