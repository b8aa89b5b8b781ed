"""pytest's settings for the whole repository: an instructor notebook runs under nbval as it ran when it was built."""

import os
from pathlib import Path
from unittest import mock

import pytest
from nbval.plugin import IPyNbCell

import suite_order
from course_admin.outputs import RUN_ENVIRONMENT

ROOT = Path(__file__).parent


def pytest_addoption(parser):
    parser.addoption("--record-seconds", action="store_true", help="write tests/seconds.json: what each file took")


def pytest_configure(config):
    if config.getoption("--record-seconds") and not hasattr(config, "workerinput"):  # workers report to the one above
        config.pluginmanager.register(suite_order.Recorder(str(ROOT)))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Long groups first; within a group the order stays."""
    groups = {item: suite_order.group_of(item.nodeid) for item in items}
    places = suite_order.longest_first(groups.values(), suite_order.read_seconds(ROOT))
    items.sort(key=lambda item: places[groups[item]])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """What stays together on one worker with --dist loadfile."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return suite_order.group_of(nodeid)

    return ByGroup(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """A notebook's kernel starts in the set-up of its first cell and takes its environment from here."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    with mock.patch.dict(os.environ, RUN_ENVIRONMENT):
        return (yield)
