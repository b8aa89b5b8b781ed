"""torchvision, importable also where its compiled operators do not fit the installed torch.

torchvision from the package registry is built against the CUDA build of torch. Beside a CPU build of torch its
compiled operators (box suppression for detectors) cannot load and `import torchvision` stops with "operator
torchvision::nms does not exist". The course needs none of those operators: models, transforms and data sets are
plain Python. So this module declares the missing names and imports again. Where torchvision imports by itself,
nothing is changed.

Use: `import course_utils.vision` once, before `import torchvision`. Lesson 02 is the first that does.
"""

import importlib
import re

import torch

_MISSING = re.compile(r"operator torchvision::(\w+) does not exist")
_BOX_OPERATOR = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def _import_torchvision():
    declared = set()
    while True:
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            missing = _MISSING.search(str(error))
            if missing is None or missing[1] in declared:
                raise
            declared.add(missing[1])
            torch.library.define(f"torchvision::{missing[1]}", _BOX_OPERATOR)


torchvision = _import_torchvision()
