"""What stands in the student's process for functions, iterators and objects of ours: using them asks our side.

What they may be asked is decided there (../proxies/lending.py).
"""

from typing import Any

from course_admin.grading.agent.tasks import Task


class Stub:
    """Stands for something of ours under a number, as long as the test runs."""

    def __init__(self, agent: Any, number: int, name: str):
        vars(self).update(_agent=agent, _number=number, __name__=name)

    def _ask(self, *arguments: Any, **named: Any) -> Any:
        task = getattr(Task.current, "task", None)
        if task is None or self._number not in self._agent.stubs:
            raise RuntimeError("this was lent for the time of a test, and the test is over")
        return task.ask(self._number, arguments, named)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict) -> Any:
        return self.__copy__()

    def __reduce__(self) -> Any:
        raise TypeError("what a test has lent cannot be pickled")


class FunctionStub(Stub):
    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._ask(*arguments, **named)


class ObjectStub(Stub):
    """Has the public attributes of an object of ours; `object_stub` adds the operators that its class has."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("get", name)

    def __copy__(self) -> Any:
        return self._ask("copy", "a copy")

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("set", name, value)


def object_stub(agent: Any, number: int, name: str, operators: list[str]) -> ObjectStub:
    methods = {f"__{one}__": _asking(one) for one in operators}
    return type(name, (ObjectStub,), methods)(agent, number, name)


def _asking(name: str) -> Any:
    return lambda self, *arguments, **named: self._ask("op", name, *arguments, **named)


def items_of(stub: FunctionStub) -> Any:
    """An iterator of ours, item by item."""
    while item := stub():
        yield item[0]
