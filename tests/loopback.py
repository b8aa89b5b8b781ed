"""The agent in this process: tests of the wire and the proxies speak with it through bytes, as with a kernel's."""

from typing import Any

from course_admin.grading.agent.agent import Agent
from course_admin.grading.proxies.link import Link


def linked(source: str) -> tuple[Link, dict[str, Any]]:
    """A Link to an agent in a namespace in which `source` has run, and that namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(source, namespace)
    return Link(Agent(namespace).answer), namespace
