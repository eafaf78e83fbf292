"""Fixtures of the report's tests."""

import pytest
from tests.report.synthetic_observations import study_rows


@pytest.fixture(scope="session")
def rows():
    return study_rows()
