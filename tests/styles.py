"""Answers and tests as courses write them about networks and models: name -> (right answer, wrong one, test)."""

GIVEN_TORCH = """\
import copy, math
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader, TensorDataset
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""

TORCH = {
    "count": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden, bias=False)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
net = Net()
assert sum(p.numel() for p in net.parameters() if p.requires_grad) == 4*8+8+8*3+3
""",
    ),
    "names": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.out(self.drop(F.relu(self.fc1(x))))
""",
        """\
assert [n for n, _ in Net().named_parameters()] == ['fc1.weight','fc1.bias','fc2.weight','fc2.bias']
""",
    ),
    "children": (
        """\
class CNN(nn.Module):
    def __init__(self, in_ch=1, classes=10):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(in_ch, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(4 * 7 * 7, classes)
    def forward(self, x):
        return self.head(self.features(x).flatten(1))
""",
        """\
class CNN(nn.Module):
    def __init__(self, in_ch=1, classes=10):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(in_ch, 4, 3, padding=1), nn.BatchNorm2d(4),
                                      nn.Sigmoid(), nn.MaxPool2d(2))
        self.head = nn.Linear(4 * 7 * 7, classes)
    def forward(self, x):
        return self.head(self.features(x).flatten(1))
""",
        """\
m = CNN()
layers = [type(l) for l in m.features]
assert layers == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d]
assert m.features[0].out_channels == 4 and m.features[0].padding == (1, 1)
""",
    ),
    "modules": (
        """\
class CNN(nn.Module):
    def __init__(self, in_ch=1, classes=10):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(in_ch, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(4 * 7 * 7, classes)
    def forward(self, x):
        return self.head(self.features(x).flatten(1))
""",
        """\
class CNN(nn.Module):
    def __init__(self, in_ch=1, classes=10):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(in_ch, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(4 * 7 * 7, classes)
    def forward(self, x):
        return self.head(self.features(x).flatten(1))
""",
        """\
assert any(isinstance(m, nn.BatchNorm2d) for m in CNN().modules())
assert len([m for m in CNN().modules() if isinstance(m, nn.Conv2d)]) == 1
""",
    ),
    "train eval": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))
""",
        """\
net = Net(64)
x = torch.ones(2, 4)
net.train()
assert net.training
assert not torch.equal(net(x), net(x))
net.eval()
assert torch.equal(net(x), net(x)) and not net.training
""",
    ),
    "criterion": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 2)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
torch.manual_seed(0)
net = Net().to(device)
x, y = torch.randn(6, 4).to(device), torch.randint(0, 3, (6,)).to(device)
criterion = nn.CrossEntropyLoss()
loss = criterion(net(x), y)
loss.backward()
assert net.fc1.weight.grad is not None and torch.isfinite(loss)
assert net.fc2.weight.grad.abs().sum() > 0
""",
    ),
    "adam loop": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x))).detach().requires_grad_()
""",
        """\
torch.manual_seed(1)
net = Net().eval()
opt = torch.optim.Adam(net.parameters(), lr=0.05)
x = torch.randn(32, 4); y = (x[:, 0] > 0).long()
first = None
for _ in range(40):
    opt.zero_grad()
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    opt.step()
    first = first or loss.item()
assert loss.item() < first * 0.6
""",
    ),
    "state dict": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))
""",
        """\
a, b = Net().eval(), Net().eval()
b.load_state_dict(a.state_dict())
x = torch.randn(3, 4)
assert torch.allclose(a(x), b(x))
w = a.state_dict()
ref = F.relu(x @ w['fc1.weight'].T + w['fc1.bias']) @ w['fc2.weight'].T + w['fc2.bias']
assert torch.allclose(a(x), ref, atol=1e-6)
""",
    ),
    "set weights": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))
""",
        """\
net = Net(2).eval()
with torch.no_grad():
    net.fc1.weight.fill_(1.0)
    net.fc1.bias.zero_()
    net.fc2.weight.fill_(2.0)
    net.fc2.bias.zero_()
assert torch.allclose(net(torch.ones(1, 4)), torch.full((1, 3), 16.0))
""",
    ),
    "data fill": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))
""",
        """\
net = Net(2).eval()
net.fc1.weight.data.fill_(1.0)
net.fc1.bias.data.zero_()
net.fc2.weight.data = torch.full((3, 2), 2.0)
net.fc2.bias.data[:] = 0
assert torch.allclose(net(torch.ones(1, 4)), torch.full((1, 3), 16.0))
""",
    ),
    "init": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))
""",
        """\
net = Net(2).eval()
nn.init.constant_(net.fc1.weight, 1.0); nn.init.zeros_(net.fc1.bias)
nn.init.constant_(net.fc2.weight, 2.0); nn.init.zeros_(net.fc2.bias)
assert torch.allclose(net(torch.ones(1, 4)), torch.full((1, 3), 16.0))
""",
    ),
    "apply init": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))
""",
        """\
def init(m):
    if isinstance(m, nn.Linear):
        nn.init.ones_(m.weight); nn.init.zeros_(m.bias)
net = Net(2).eval()
net.apply(init)
assert torch.allclose(net(torch.ones(1, 4)), torch.full((1, 3), 8.0))
""",
    ),
    "deepcopy": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(0 * F.relu(self.fc1(x))))
""",
        """\
net = Net().eval(); before = copy.deepcopy(net.state_dict())
x = torch.randn(2, 4)
assert not torch.equal(net(x), net.fc2.bias.expand(2, 3))
assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
""",
    ),
    "deepcopy net": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))
""",
        """\
net = Net().eval(); other = copy.deepcopy(net)
x = torch.randn(2, 4)
assert torch.equal(net(x), other(x))
assert (F.relu(net.fc1(x)) >= 0).all() and torch.allclose(net(x), net.fc2(F.relu(net.fc1(x))))
""",
    ),
    "dataset": (
        """\
class Pairs(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __len__(self):
        return len(self.x)
    def __getitem__(self, i):
        return self.x[i], self.y[i]
""",
        """\
class Pairs(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __len__(self):
        return len(self.x) - 1
    def __getitem__(self, i):
        return self.x[i], self.y[i]
""",
        """\
d = Pairs(torch.arange(10.).view(10, 1), torch.arange(10))
assert len(d) == 10
x, y = d[3]
assert x.item() == 3 and y == 3
loader = DataLoader(d, batch_size=4, shuffle=False)
batches = list(loader)
assert [len(b[0]) for b in batches] == [4, 4, 2]
assert isinstance(d, Dataset)
""",
    ),
    "train fn": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
def train(model, loader, optimizer, criterion, device, epochs=1):
    model.train()
    losses = []
    for _ in range(epochs):
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
def train(model, loader, optimizer, criterion, device, epochs=1):
    return [criterion(model(x), y).item() for _ in range(epochs) for x, y in loader]
""",
        """\
torch.manual_seed(0)
x = torch.randn(64, 4); y = (x.sum(1) > 0).long()
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
model = Net().to(device)
before = [p.clone() for p in model.parameters()]
losses = train(model, loader, torch.optim.SGD(model.parameters(), lr=0.1), nn.CrossEntropyLoss(), device, epochs=5)
assert len(losses) == 20
assert not all(torch.equal(a, b) for a, b in zip(before, model.parameters()))
""",
    ),
    "train ref net": (
        """\
def train(model, loader, optimizer, criterion, device):
    model.train()
    total = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
    return total / len(loader.dataset)
""",
        """\
def train(model, loader, optimizer, criterion, device):
    return 1.0
""",
        """\
torch.manual_seed(0)
x = torch.randn(64, 4); y = (x.sum(1) > 0).long()
loader = DataLoader(TensorDataset(x, y), batch_size=16)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).to(device)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
first = train(model, loader, opt, nn.CrossEntropyLoss(), device)
for _ in range(10):
    last = train(model, loader, opt, nn.CrossEntropyLoss(), device)
assert last < first
""",
    ),
    "evaluate": (
        """\
@torch.no_grad()
def evaluate(model, loader, device):
    model.eval()
    right = total = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        right += (model(x).argmax(1) == y).sum().item()
        total += len(y)
    return right / total
""",
        """\
@torch.no_grad()
def evaluate(model, loader, device):
    right = total = 0
    for x, y in loader:
        right += (model(x).argmax(1) == y).sum().item()
        total += 1
    return right / total
""",
        """\
class Fixed(nn.Module):
    def forward(self, x):
        return torch.stack([-x[:, 0], x[:, 0]], 1)
x = torch.tensor([[1.], [-1.], [2.], [3.]]); y = torch.tensor([1, 0, 0, 1])
acc = evaluate(Fixed().to(device), DataLoader(TensorDataset(x, y), batch_size=3), device)
assert acc == 0.75
""",
    ),
    "hook": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))
""",
        """\
net = Net().eval(); seen = {}
net.fc2.register_forward_hook(lambda m, i, o: seen.update(out=o, inp=i[0]))
x = torch.randn(2, 4)
out = net(x)
assert torch.equal(seen['out'], out) and (seen['inp'] >= 0).all()
""",
    ),
    "autograd fn": (
        """\
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g
""",
        """\
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return x * g
""",
        """\
x = torch.randn(5, dtype=torch.double, requires_grad=True)
assert torch.autograd.gradcheck(Square.apply, (x,))
""",
    ),
    "grad of fn": (
        """\
def loss(w, x, y):
    return ((x @ w - y) ** 2).mean()
""",
        """\
def loss(w, x, y):
    return ((x @ w.detach() - y) ** 2).mean()
""",
        """\
w = torch.zeros(3, requires_grad=True)
x, y = torch.eye(3), torch.ones(3)
l = loss(w, x, y)
l.backward()
assert torch.allclose(w.grad, torch.full((3,), -2/3))
""",
    ),
    "autograd.grad": (
        """\
def f(x):
    return (x ** 3).sum()
""",
        """\
def f(x):
    return (x ** 2).sum()
""",
        """\
x = torch.tensor([1., 2.], requires_grad=True)
(g,) = torch.autograd.grad(f(x), x)
assert torch.allclose(g, torch.tensor([3., 12.]))
""",
    ),
    "loss module": (
        """\
class Contrastive(nn.Module):
    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin
    def forward(self, a, b, same):
        d = F.pairwise_distance(a, b)
        return (same * d**2 + (1 - same) * F.relu(self.margin - d)**2).mean()
""",
        """\
class Contrastive(nn.Module):
    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin
    def forward(self, a, b, same):
        d = F.pairwise_distance(a, b)
        return (same * d**2 + (1 - same) * (self.margin - d)**2).mean()
""",
        """\
crit = Contrastive(margin=1.0)
a = torch.tensor([[0., 0.], [0., 0.]], requires_grad=True); b = torch.tensor([[3., 4.], [3., 4.]])
l = crit(a, b, torch.tensor([1., 0.]))
assert abs(l.item() - 12.5) < 1e-3
l.backward()
assert a.grad is not None and a.grad[1].abs().sum() == 0 and crit.margin == 1.0
""",
    ),
    "sequential": (
        """\
def make(sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
""",
        """\
def make(sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers)
""",
        """\
m = make([4, 8, 3])
assert isinstance(m, nn.Sequential) and len(m) == 3
assert isinstance(m[0], nn.Linear) and m[0].in_features == 4 and isinstance(m[-1], nn.Linear)
assert str(m[1]) == 'ReLU()'
assert m(torch.zeros(2, 4)).shape == (2, 3)
""",
    ),
    "freeze": (
        """\
def freeze(m):
    for p in m.parameters():
        p.requires_grad = False
    m[-1] = nn.Linear(8, 5)
    return m
""",
        """\
def freeze(m):
    m[-1] = nn.Linear(8, 5)
    return m
""",
        """\
m = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
m = freeze(m)
assert [p.requires_grad for p in m.parameters()] == [False, False, True, True]
assert m(torch.zeros(1, 4)).shape == torch.Size([1, 5])
""",
    ),
    "scheduler": (
        """\
def make_opt(model):
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return opt, torch.optim.lr_scheduler.StepLR(opt, 2, 0.5)
""",
        """\
def make_opt(model):
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    return opt, torch.optim.lr_scheduler.StepLR(opt, 2, 0.5)
""",
        """\
opt, sched = make_opt(nn.Linear(2, 2))
assert isinstance(opt, torch.optim.SGD) and opt.param_groups[0]['momentum'] == 0.9
lrs = []
for _ in range(4):
    lrs.append(opt.param_groups[0]['lr']); opt.step(); sched.step()
assert lrs == [0.1, 0.1, 0.05, 0.05]
""",
    ),
    "testing": (
        """\
def softmax(x):
    e = torch.exp(x - x.max(-1, keepdim=True).values)
    return e / e.sum(-1, keepdim=True)
""",
        """\
def softmax(x):
    e = torch.exp(x)
    return e / e.sum()
""",
        """\
x = torch.randn(3, 5)
torch.testing.assert_close(softmax(x), F.softmax(x, dim=-1))
torch.testing.assert_close(softmax(x * 1000), torch.softmax(x * 1000, -1))
""",
    ),
    "np in": (
        """\
def norm(x):
    return (x - x.mean(0)) / x.std(0, unbiased=False)
""",
        """\
def norm(x):
    return (x - x.mean()) / x.std()
""",
        """\
x = np.random.randn(6, 2).astype('float32')
out = norm(torch.from_numpy(x)).numpy()
np.testing.assert_allclose(out, (x - x.mean(0)) / x.std(0), rtol=1e-4, atol=1e-5)
assert out.dtype == np.float32
""",
    ),
    "save load": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))
""",
        """\
net = Net().eval()
torch.save(net.state_dict(), 'net.pt')
other = Net().eval()
other.load_state_dict(torch.load('net.pt', weights_only=True))
x = torch.randn(2, 4)
assert torch.equal(net(x), other(x))
assert torch.allclose(net(x), net.fc2(F.relu(net.fc1(x))))
""",
    ),
    "pair of nets": (
        """\
class Siamese(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
    def forward(self, a, b):
        return F.pairwise_distance(self.base(a), self.base(b))
""",
        """\
class Siamese(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.other = copy.deepcopy(base)
    def forward(self, a, b):
        return F.pairwise_distance(self.base(a), self.other(b))
""",
        """\
base = nn.Linear(3, 2)
m = Siamese(base)
assert sum(p.numel() for p in m.parameters()) == 8
d = m(torch.ones(2, 3), torch.zeros(2, 3))
d.sum().backward()
assert d.shape == (2,) and m.base.weight.grad is not None
""",
    ),
    "triplet lib": (
        """\
def triplet(a, p, n, margin):
    return F.relu((a - p).norm(dim=1) - (a - n).norm(dim=1) + margin).mean()
""",
        """\
def triplet(a, p, n, margin):
    return ((a - p).norm(dim=1) - (a - n).norm(dim=1) + margin).mean()
""",
        """\
torch.manual_seed(0)
a, p, n = (torch.randn(9, 4) for _ in range(3))
ref = nn.TripletMarginLoss(margin=0.5)
assert torch.allclose(triplet(a, p, n, 0.5), ref(a, p, n), atol=1e-5)
""",
    ),
    "dtype arg": (
        """\
def make(n, dtype, device):
    return torch.arange(n, dtype=dtype, device=device)
""",
        """\
def make(n, dtype, device):
    return torch.arange(n)
""",
        """\
t = make(3, torch.float16, device)
assert t.dtype == torch.float16 and t.device.type == device.type
for d in (torch.int32, torch.float64):
    assert make(2, d, 'cpu').dtype is d
""",
    ),
    "transforms": (
        """\
def augment(x, generator=None):
    flip = torch.rand(len(x), generator=generator) < 0.5
    return torch.where(flip[:, None, None, None], x.flip(-1), x)
""",
        """\
def augment(x, generator=None):
    return x
""",
        """\
x = torch.arange(8.).view(2, 1, 2, 2)
outs = {tuple(augment(x, torch.Generator().manual_seed(s))[0].flatten().tolist()) for s in range(20)}
assert outs == {(0., 1., 2., 3.), (1., 0., 3., 2.)}
a = augment(x, torch.Generator().manual_seed(1)); b = augment(x, torch.Generator().manual_seed(1))
assert torch.equal(a, b)
""",
    ),
    "einsum closure": (
        """\
def attention(q, k, v):
    w = torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), -1)
    return w @ v, w
""",
        """\
def attention(q, k, v):
    w = torch.softmax(q @ k.transpose(-2, -1), -1)
    return w @ v, w
""",
        """\
q, k, v = (torch.randn(2, 5, 4) for _ in range(3))
out, w = attention(q, k, v)
assert torch.allclose(out, F.scaled_dot_product_attention(q, k, v), atol=1e-5)
assert torch.allclose(w.sum(-1), torch.ones(2, 5))
""",
    ),
    "parameters list": (
        """\
class Lin(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(i, o))
        self.register_buffer('steps', torch.zeros(1))
    def forward(self, x):
        self.steps += 1
        return x @ self.w
""",
        """\
class Lin(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.w = torch.zeros(i, o)
        self.steps = torch.zeros(1)
    def forward(self, x):
        self.steps += 1
        return x @ self.w
""",
        """\
m = Lin(2, 3)
assert isinstance(m.w, nn.Parameter) and len(list(m.parameters())) == 1
m(torch.ones(1, 2)); m(torch.ones(1, 2))
assert m.steps.item() == 2 and 'steps' in m.state_dict() and len(list(m.buffers())) == 1
""",
    ),
    "clip": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
def step(net, opt, x, y):
    opt.zero_grad()
    F.cross_entropy(net(x), y).backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.01)
    opt.step()
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
def step(net, opt, x, y):
    opt.zero_grad()
    F.cross_entropy(net(x), y).backward()
    opt.step()
""",
        """\
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=1.0)
before = torch.cat([p.detach().flatten() for p in net.parameters()]).clone()
step(net, opt, torch.randn(8, 4) * 100, torch.zeros(8, dtype=torch.long))
after = nn.utils.parameters_to_vector(net.parameters()).detach()
assert 0 < (after - before).norm() <= 0.0101
""",
    ),
    "zero grad": (
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))
""",
        """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)).detach())
""",
        """\
net = Net().eval()
net(torch.ones(1, 4)).sum().backward()
assert net.fc1.weight.grad is not None
net.zero_grad()
assert all(p.grad is None or p.grad.abs().sum() == 0 for p in net.parameters())
assert net.fc1.bias.is_leaf and net.fc1.weight.requires_grad
""",
    ),
}

GIVEN_LIBRARIES = """\
import copy, math, random
import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from scipy import sparse, stats, signal
from sklearn.linear_model import LogisticRegression, LinearRegression
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.neighbors import KNeighborsClassifier
"""

LIBRARIES = {
    "ax title": (
        """\
def draw(x):
    fig, ax = plt.subplots()
    ax.plot(x, label='a')
    ax.set_title('T')
    ax.set_xlabel('x')
    return ax
""",
        """\
def draw(x):
    fig, ax = plt.subplots()
    return ax
""",
        """\
ax = draw([1, 2, 3])
assert ax.get_title() == 'T' and ax.get_xlabel() == 'x'
assert len(ax.lines) == 1
np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 2, 3])
plt.close('all')
""",
    ),
    "gcf": (
        """\
def draw(x):
    plt.figure()
    plt.plot(x)
    plt.title('T')
""",
        """\
def draw(x):
    plt.figure()
    plt.plot(x)
""",
        """\
draw([1, 2])
ax = plt.gca()
assert ax.get_title() == 'T'
assert len(ax.get_lines()) == 1
plt.close('all')
""",
    ),
    "gcf var": (
        """\
plt.figure()
plt.bar([1, 2], [3, 4])
plt.ylabel('n')
ax1 = plt.gca()
""",
        """\
plt.figure()
ax1 = plt.gca()
""",
        """\
assert ax1.get_ylabel() == 'n'
assert [p.get_height() for p in ax1.patches] == [3, 4]
""",
    ),
    "fig ret": (
        """\
def draw():
    fig, axes = plt.subplots(1, 2, figsize=(6, 3))
    axes[0].hist([1, 2, 2])
    return fig
""",
        """\
def draw():
    fig, axes = plt.subplots(1, 1, figsize=(6, 3))
    return fig
""",
        """\
fig = draw()
assert isinstance(fig, plt.Figure)
assert len(fig.axes) == 2 and tuple(fig.get_size_inches()) == (6, 3)
""",
    ),
    "estimator out": (
        """\
def fit(X, y):
    return LogisticRegression().fit(X, y)
""",
        """\
def fit(X, y):
    return LogisticRegression(max_iter=1, C=1e-9).fit(X, 1 - y)
""",
        """\
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 2)); y = (X[:, 0] > 0).astype(int)
clf = fit(X, y)
assert isinstance(clf, LogisticRegression)
assert clf.score(X, y) > 0.9 and clf.coef_.shape == (1, 2)
assert (clf.predict(X) == y).mean() > 0.9
""",
    ),
    "estimator in": (
        """\
def cv(model, X, y, k=3):
    idx = np.arange(len(X))
    out = []
    for i in range(k):
        test = idx % k == i
        model.fit(X[~test], y[~test])
        out.append(model.score(X[test], y[test]))
    return np.array(out)
""",
        """\
def cv(model, X, y, k=3):
    model.fit(X, y)
    return np.array([model.score(X, y)] * k) * 0
""",
        """\
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 2)); y = (X[:, 0] > 0).astype(int)
s = cv(KNeighborsClassifier(3), X, y)
assert s.shape == (3,) and s.min() > 0.8
m = make_pipeline(StandardScaler(), LogisticRegression())
assert cv(m, X, y, 4).mean() > 0.85
""",
    ),
    "fitted in": (
        """\
def accuracy(model, X, y):
    return (model.predict(X) == y).mean()
""",
        """\
def accuracy(model, X, y):
    return 1.0
""",
        """\
X = np.array([[0.], [1.], [2.], [3.]]); y = np.array([0, 0, 1, 1])
m = LogisticRegression().fit(X, y)
assert accuracy(m, X, np.array([0, 0, 1, 0])) == 0.75
""",
    ),
    "own estimator": (
        """\
class Mean(BaseEstimator, ClassifierMixin):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.stack([X[y == c].mean(0) for c in self.classes_])
        return self
    def predict(self, X):
        d = ((X[:, None] - self.means_) ** 2).sum(-1)
        return self.classes_[d.argmin(1)]
""",
        """\
class Mean(BaseEstimator, ClassifierMixin):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self
    def predict(self, X):
        return np.zeros(len(X), int)
""",
        """\
rng = np.random.default_rng(0)
X = np.r_[rng.normal(size=(30, 2)), rng.normal(size=(30, 2)) + 4]; y = np.repeat([0, 1], 30)
m = Mean().fit(X, y)
assert m.score(X, y) > 0.95
assert isinstance(m, BaseEstimator)
np.testing.assert_allclose(m.means_[0], X[:30].mean(0))
""",
    ),
    "sparse": (
        """\
def adj(n):
    return sparse.diags([np.ones(n - 1), np.ones(n - 1)], [-1, 1]).tocsr()
""",
        """\
def adj(n):
    return sparse.eye(n).tocsr()
""",
        """\
A = adj(4)
assert sparse.issparse(A) and A.shape == (4, 4)
assert A.toarray().sum() == 6 and A.nnz == 6
np.testing.assert_array_equal(A.toarray(), A.T.toarray())
""",
    ),
    "sparse in": (
        """\
def degree(A):
    return np.asarray(A.sum(1)).ravel()
""",
        """\
def degree(A):
    return np.ones(A.shape[0])
""",
        """\
A = sparse.csr_matrix(np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]]))
np.testing.assert_array_equal(degree(A), [2, 1, 1])
""",
    ),
    "frozen dist": (
        """\
def pval(x, dist):
    return 1 - dist.cdf(x)
""",
        """\
def pval(x, dist):
    return dist.cdf(x)
""",
        """\
assert abs(pval(1.0, stats.norm()) - 0.158655) < 1e-4
""",
    ),
    "masked": (
        """\
def clean(x):
    return np.ma.masked_invalid(x)
""",
        """\
def clean(x):
    return np.ma.masked_invalid(np.zeros(3))
""",
        """\
m = clean(np.array([1., np.nan, 3.]))
assert m.mean() == 2 and m.mask.tolist() == [False, True, False]
""",
    ),
    "poly": (
        """\
def fit(x, y):
    return np.poly1d(np.polyfit(x, y, 1))
""",
        """\
def fit(x, y):
    return np.poly1d([1, 1])
""",
        """\
p = fit([0, 1, 2], [1, 3, 5])
assert abs(p(3) - 7) < 1e-9 and p.order == 1
""",
    ),
    "closure state": (
        """\
def counter():
    n = 0
    def inc():
        nonlocal n
        n += 1
        return n
    return inc
""",
        """\
def counter():
    return lambda: 1
""",
        """\
a, b = counter(), counter()
assert [a(), a(), b(), a()] == [1, 2, 1, 3]
""",
    ),
    "sorted key": (
        """\
def by_len(words):
    return sorted(words, key=len)
key = lambda w: (len(w), w)
""",
        """\
def by_len(words):
    return words
key = lambda w: w
""",
        """\
assert by_len(['ccc', 'a', 'bb']) == ['a', 'bb', 'ccc']
assert sorted(['b', 'aa', 'a'], key=key) == ['a', 'b', 'aa']
assert max(['b', 'aa'], key=key) == 'aa'
assert list(map(key, ['x'])) == [(1, 'x')]
""",
    ),
    "np vectorize": (
        """\
def f(x):
    return x * x
""",
        """\
def f(x):
    return x
""",
        """\
assert np.vectorize(f)(np.array([1, 2])).tolist() == [1, 4]
assert np.apply_along_axis(f, 0, np.eye(2)).sum() == 2
from scipy.optimize import minimize_scalar, brentq
from scipy.integrate import quad
assert abs(quad(f, 0, 1)[0] - 1/3) < 1e-6
assert abs(minimize_scalar(f).x) < 1e-5
""",
    ),
    "lru": (
        """\
from functools import lru_cache
@lru_cache(None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
""",
        """\
def fib(n):
    return n
""",
        """\
fib.cache_clear()
assert fib(30) == 832040 and fib.cache_info().misses == 31
""",
    ),
    "context": (
        """\
from contextlib import contextmanager
@contextmanager
def tag(log, name):
    log.append('<' + name)
    try:
        yield name
    finally:
        log.append('>' + name)
""",
        """\
from contextlib import contextmanager
@contextmanager
def tag(log, name):
    yield name
""",
        """\
log = []
with tag(log, 'b') as t:
    assert t == 'b'
    log.append('x')
assert log == ['<b', 'x', '>b']
""",
    ),
    "tmp write": (
        """\
def save(path, x):
    np.save(path, x)
""",
        """\
def save(path, x):
    pass
""",
        """\
import tempfile, os
with tempfile.TemporaryDirectory() as d:
    save(os.path.join(d, 'a.npy'), np.arange(3))
    assert np.load(os.path.join(d, 'a.npy')).tolist() == [0, 1, 2]
""",
    ),
}

GIVEN_KERAS = """\
import numpy as np
import course_utils.tensorflow_quiet
import keras, tensorflow as tf
from keras import layers
"""

KERAS = {
    "keras build": (
        """\
def make(units):
    return keras.Sequential([keras.Input((4,)), layers.Dense(units, activation='relu'), layers.Dense(2)])
""",
        """\
def make(units):
    return keras.Sequential([keras.Input((4,)), layers.Dense(2)])
""",
        """\
m = make(8)
assert m.count_params() == 4*8+8+16+2
assert len(m.layers) == 2 and m.layers[0].units == 8 and m.layers[0].activation.__name__ == 'relu'
assert m.output_shape == (None, 2)
assert isinstance(m, keras.Model) and isinstance(m.layers[0], layers.Dense)
assert m.predict(np.zeros((3, 4)), verbose=0).shape == (3, 2)
""",
    ),
    "keras weights": (
        """\
def make():
    return keras.Sequential([keras.Input((2,)), layers.Dense(1)])
""",
        """\
def make():
    return keras.Sequential([keras.Input((2,)), layers.Dense(1, activation='sigmoid')])
""",
        """\
m = make()
m.set_weights([np.array([[1.], [2.]]), np.array([3.])])
assert abs(float(m(np.array([[1., 1.]]))[0, 0]) - 6) < 1e-6
w = m.get_weights()
assert w[0].shape == (2, 1)
assert abs(m.predict(np.ones((1, 2)), verbose=0)[0, 0] - 6) < 1e-6
""",
    ),
    "keras in": (
        """\
def train(model, x, y):
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss='mse')
    return model.fit(x, y, epochs=2, verbose=0).history
""",
        """\
def train(model, x, y):
    return {'loss': [1]}
""",
        """\
m = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
w = m.get_weights()[0].copy()
x = np.random.default_rng(0).normal(size=(64, 2)); y = x.sum(1, keepdims=True)
h = train(m, x, y)
assert len(h['loss']) == 2
assert not np.array_equal(w, m.get_weights()[0])
""",
    ),
}
