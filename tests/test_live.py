"""Tensors of an answer's network: what a test changes in them is changed in the network, and the other way round."""

import pytest
import torch
from torch import nn

from course_admin.grading.proxies import live
from course_admin.grading.proxies.errors import Stopped
from course_admin.grading.proxies.training import COPY
from course_admin.grading.wire import decode, encode
from loopback import linked

NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)
        self.register_buffer("calls", torch.zeros(1))
    def forward(self, x):
        self.calls += 1
        return self.fc(x)
net = Net()
def train(net, x):
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    net(x).sum().backward()
    optimiser.step()
    return 1.0
"""
X = torch.ones(3, 2)


def answers() -> tuple:
    """The link, the stand-in of `net`, and the net itself."""
    link, names = linked(NET)
    return link, link.request("get", "net"), names["net"]


@pytest.mark.parametrize(
    "change",
    {
        "fill_": lambda p: p.fill_(2),
        "data": lambda p: p.data.fill_(2),
        "new data": lambda p: setattr(p, "data", torch.full_like(p, 2)),
        "init": lambda p: nn.init.constant_(p, 2),
        "slice": lambda p: p.__setitem__(slice(None), 2),
        "copy_": lambda p: p.copy_(torch.full_like(p, 2)),
    }.items(),
    ids=lambda one: one[0],
)
def test_a_changed_parameter_is_the_networks_own(change):
    _, net, real = answers()
    with torch.no_grad():
        change[1](net.fc.weight)
        change[1](net.fc.bias)
    assert torch.equal(net(X), torch.full((3, 1), 6.0))
    assert torch.equal(real.fc.weight, torch.full((1, 2), 2.0)) and isinstance(real.fc.weight, nn.Parameter)


def test_a_parameter_that_is_set_or_added_to_stays_the_same_one():
    _, net, real = answers()
    kept = real.fc.weight
    with torch.no_grad():
        net.fc.weight += 1 - net.fc.weight
    assert net(X).shape == (3, 1)  # what was changed goes over with the next request
    assert torch.allclose(kept, torch.ones(1, 2)) and real.fc.weight is kept
    net.fc.bias = nn.Parameter(torch.tensor([5.0]))
    assert abs(net(X)[0, 0].item() - 7) < 1e-5 and net.fc.bias.requires_grad


def test_it_is_the_same_tensor_each_time_and_follows_the_network():
    link, net, _ = answers()
    weight, before = net.fc.weight, net.fc.weight.detach().clone()
    assert weight is net.fc.weight and next(iter(net.parameters())) is weight
    assert dict(net.named_parameters())["fc.weight"] is weight and net.calls.item() == 0
    calls = net.calls
    link.request("get", "train")(net, X)
    assert torch.allclose(weight, before - 0.3) and torch.equal(weight.grad, torch.full((1, 2), 3.0))
    assert calls.item() == 1


def by_hand(parameters: list) -> None:
    for one in parameters:
        one.data -= 0.1 * one.grad
        one.grad = None


def by_torch(parameters: list) -> None:
    optimiser = torch.optim.SGD(parameters, lr=0.1)
    optimiser.step()
    optimiser.zero_grad()


@pytest.mark.parametrize("step", [by_hand, by_torch])
def test_a_training_in_the_test_gives_what_it_gives_in_one_process(step):
    _, net, real = answers()
    twin = nn.Linear(2, 1)
    twin.load_state_dict(real.fc.state_dict())
    x, y = torch.randn(8, 2, generator=torch.Generator().manual_seed(0)), torch.ones(8, 1)
    for network in (net, twin):
        for _ in range(5):
            parameters = list(network.parameters())
            loss = (network(x) - y).square().mean() + 0.1 * sum(one.square().sum() for one in parameters)
            loss.backward()
            step(parameters)
    assert torch.allclose(net(x), twin(x), atol=1e-6)
    assert torch.allclose(real.fc.weight, twin.weight, atol=1e-6) and torch.allclose(real.fc.bias, twin.bias, atol=1e-6)


def test_an_optimiser_with_a_state_of_its_own_trains_from_here():
    _, net, real = answers()
    optimiser = torch.optim.Adam(list(net.parameters()), lr=0.1)
    before = real.fc.weight.detach().clone()
    for _ in range(3):
        optimiser.zero_grad()
        net(X).sum().backward()
        optimiser.step()
    assert net.training
    assert torch.allclose(real.fc.weight, before - 0.3, atol=1e-5)


def test_what_is_frozen_here_is_frozen_there():
    _, net, real = answers()
    for one in net.parameters():
        one.requires_grad = False
    assert not net(X).requires_grad and not real.fc.weight.requires_grad


def test_large_tensors_are_copies_and_marked_as_such():
    link, names = linked("import torch\nnet = torch.nn.Linear(1000, 1000)")
    weight = link.request("get", "net").weight
    assert hasattr(weight, COPY) and link.live.number_of(weight) is None and torch.equal(weight, names["net"].weight)


def test_only_so_much_is_in_hand(monkeypatch):
    monkeypatch.setattr(live, "MOST_BYTES", 10)
    link, net, _ = answers()
    weight, bias = net.fc.weight, net.fc.bias
    assert link.live.number_of(weight) and link.live.number_of(bias) is None


def test_what_the_test_has_let_go_is_forgotten():
    link, net, _ = answers()
    for _ in range(3):
        assert net.fc.weight.shape == (1, 2)
        net(X)
    assert not link.live.tensors


@pytest.mark.parametrize("told", [[((), "1")], [((7,), 1)], [((), 1)], [(1, 2, 3)], ["x"]])
def test_nonsense_about_tensors_in_hand_ends_the_test(told):
    link, _ = linked("class A:\n    x = 5\na = A()")
    proxy, honest = link.request("get", "a"), link.send

    def lying(request: bytes) -> bytes:
        answer = decode(honest(request), link.resolve)
        return encode((*answer[:-2], told, []), link.stand_in)

    link.send = lying
    with pytest.raises(Stopped):
        proxy.x  # noqa: B018


def test_tensors_of_the_test_are_not_told_to_be_the_answers():
    # given a process that says its second parameter is the first one, which the test has in hand
    link, net, _ = answers()
    weight, honest = net.fc.weight, link.send
    number = next(iter(link.live.tensors))

    def lying(request: bytes) -> bytes:
        answer = decode(honest(request), link.resolve)
        return encode((*answer[:-2], [(path, number) for path, _ in answer[-2]], []), link.stand_in)

    fc = net.fc
    link.send = lying
    # then it has one tensor for both, whose type stays what it was: its own loss
    assert fc.bias is weight and isinstance(weight, nn.Parameter)


@pytest.mark.parametrize("told", [[(99, torch.ones(2))], [(1, 2, 3)], 7, None])
def test_nonsense_about_what_has_changed_ends_the_test(told):
    link, net, _ = answers()
    weight, honest = net.fc.weight, link.send

    def lying(request: bytes) -> bytes:
        verb = decode(request, lambda handle: handle)[1]
        return encode(("ok", told, "", None, [], [], [], [], [])) if verb == "refresh" else honest(request)

    link.send = lying
    with pytest.raises(Stopped):
        net(X)
    assert weight.shape == (1, 2)
