"""Objects of libraries that a test makes and hands to an answer (networks, loaders, models): copies that keep in step.

They go over once, as pickles: from us to the student's process, never back. The parameters of torch's networks are in
hand on both sides (live.py); what else an answer may change of them, and the weights of Keras, is told as plain data,
here called facts. A copy of any other object must stay as it came. agent/source.py sends the text of this module into
the student's kernel.
"""

import pickle
import sys
from typing import Any

OTHERS = {"keras", "numpy", "scipy", "sklearn"}  # libraries whose objects are good for pickling


def moves(value: Any) -> bool:
    """Whether it is an object that goes over as a copy."""
    return type(value).__module__.partition(".")[0] in OTHERS or is_of_torch(value)


def is_of_torch(value: Any) -> bool:
    """Whether it is a network, a data set, a loader, an optimiser or a schedule."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    data = (torch.utils.data.Dataset, torch.utils.data.DataLoader, torch.utils.data.Sampler)
    trained = (torch.nn.Module, torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler)
    return issubclass(type(value), data + trained)


def structure(thing: Any) -> list:
    """What a copy is made of: where this changes on one side, the copy is none any more."""
    if is_keras(thing):
        return [(type(layer).__qualname__, layer.name) for layer in thing.layers]
    if not is_of_torch(thing):
        return [hash(pickle.dumps(thing))]
    torch = sys.modules["torch"]
    if isinstance(thing, torch.nn.Module):
        modules = [(name, type(one).__qualname__) for name, one in thing.named_modules()]
        return [modules, [(name, id(one)) for name, one in [*thing.named_parameters(), *thing.named_buffers()]]]
    if isinstance(thing, torch.optim.Optimizer):
        return [[id(one) for one in group["params"]] for group in thing.param_groups]
    return []


def facts(thing: Any) -> list:
    """Modes of a network's modules, settings of an optimiser's groups, numbers of a schedule, weights of Keras."""
    if is_keras(thing):
        return thing.get_weights()
    torch = sys.modules.get("torch")
    if torch is None:
        return []
    if isinstance(thing, torch.nn.Module):
        return [one.training for one in thing.modules()]
    if isinstance(thing, torch.optim.Optimizer):
        return [_plain(group) for group in thing.param_groups]
    if isinstance(thing, torch.optim.lr_scheduler.LRScheduler):
        return [_plain(vars(thing))]
    return []


def set_facts(thing: Any, told: list) -> None:
    """Make them true of the copy on this side."""
    if is_keras(thing):
        if [one.tolist() for one in thing.get_weights()] != [one.tolist() for one in told]:
            thing.set_weights(told)
        return
    if not told:
        return
    torch = sys.modules["torch"]
    if isinstance(thing, torch.nn.Module):
        for one, training in zip(thing.modules(), told, strict=True):
            one.training = training is True
        return
    kept = getattr(thing, "param_groups", None) or [vars(thing)]
    for mine, new in zip(kept, told, strict=False):
        mine.update({name: value for name, value in _plain(new).items() if name in _plain(mine)})


def is_keras(thing: Any) -> bool:
    """Whether it is a model of Keras."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(thing, keras.Model)


def _plain(settings: dict) -> dict:
    """The numbers, and the lists and tuples of numbers."""
    numbers = (int, float, bool, type(None))
    return {
        name: value
        for name, value in settings.items()
        if isinstance(value, numbers)
        or (type(value) in (list, tuple) and all(isinstance(one, numbers) for one in value))
    }
