"""Test accuracy of the digits' ResNet-18 over several seeds, on whatever digits MNIST_DIR names.

    MNIST_DIR=FOLDER python benchmarks/resnet18_accuracy.py --width 16 --epochs 6 --seeds 3

The training is that of lesson 06: SGD with momentum, learning rate from 0.05 to 0 along half a cosine.
"""

import argparse
import time

import numpy as np
import torch

from course_utils.data import load_digits
from course_utils.device import place, settings
from course_utils.resnet import digits_resnet18
from course_utils.training import evaluate, fit


def accuracy(seed: int, width: int, epochs: int, train: tuple, test: tuple, chosen) -> float:
    net = place(digits_resnet18(seed, width), chosen)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    fit(net, optimiser, train, None, epochs, 64, seed, chosen, after_epoch=lambda *_: schedule.step())
    return evaluate(net, *test, chosen)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage; the paper has 64")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    for name, value in vars(arguments).items():
        if value < 1:
            parser.error(f"--{name} {value}: it must be at least 1")
    chosen, digits = settings(), load_digits()
    print(chosen)
    train = torch.tensor(digits.x_train)[:, None], torch.tensor(digits.y_train)
    test = torch.tensor(digits.x_test)[:, None], torch.tensor(digits.y_test)
    found = []
    for seed in range(arguments.seeds):
        start = time.process_time()
        found.append(accuracy(seed, arguments.width, arguments.epochs, train, test, chosen))
        print(f"seed {seed}: {found[-1]:.4f} ({time.process_time() - start:.0f} s of processor time)", flush=True)
    spread = f" ± {np.std(found, ddof=1):.4f}" if len(found) > 1 else ""
    print(f"width {arguments.width}, {arguments.epochs} epochs: {np.mean(found):.4f}{spread}")


if __name__ == "__main__":
    main()
