"""pytest's settings for the whole repository: an instructor notebook runs under nbval as it ran when it was built."""

import os
from unittest import mock

import pytest
from nbval.plugin import IPyNbCell

from course_admin.outputs import RUN_ENVIRONMENT


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """A notebook's kernel starts in the set-up of its first cell and takes its environment from here."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    with mock.patch.dict(os.environ, RUN_ENVIRONMENT):
        return (yield)
