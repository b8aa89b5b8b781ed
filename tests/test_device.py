"""One place decides device, profile, precision and threads."""

import contextlib

import pytest
import torch

from course_utils.device import Settings, autocast, place, settings

GPU = torch.cuda.is_available()
needs_gpu = pytest.mark.skipif(not GPU, reason="no CUDA device here: the GPU tests of device.py were left out")


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("COURSE_DEVICE", "COURSE_PROFILE", "COURSE_THREADS"):
        monkeypatch.delenv(name, raising=False)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def decided(chosen):
    return chosen.device, chosen.profile, chosen.mixed_precision, chosen.channels_last


def test_without_a_gpu_it_is_the_cpu_and_the_quick_profile(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    chosen = settings()
    assert decided(chosen) == ("cpu", "quick", "off", False)
    assert chosen.quick and "Device: CPU (cpu" in str(chosen) and "Profile: quick." in str(chosen)


def test_with_a_gpu_it_is_the_gpu_and_the_full_profile(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Pretend GPU")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    chosen = settings()
    assert decided(chosen) == ("cuda", "full", "bfloat16", True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert settings().mixed_precision == "off"
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert (settings().device, settings().profile) == ("cpu", "quick")


def test_the_environment_overrules(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    monkeypatch.setenv("COURSE_PROFILE", "full")
    monkeypatch.setenv("COURSE_THREADS", "1")
    chosen = settings()
    assert (chosen.device, chosen.profile, chosen.threads) == ("cpu", "full", 1)
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    "variable, value, cure",
    [
        ("COURSE_DEVICE", "tpu", "write cpu or cuda"),
        ("COURSE_PROFILE", "fast", "write quick or full"),
        ("COURSE_THREADS", "0", "at least 1"),
        ("COURSE_THREADS", "two", "at least 1"),
        ("COURSE_THREADS", "-1", "at least 1"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(monkeypatch, variable, value, cure):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=f"{variable}={value}: .*{cure}"):
        settings()


def test_a_gpu_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    with pytest.raises(ValueError, match="COURSE_DEVICE=cuda, but torch finds no CUDA device here"):
        settings()


def test_on_a_cpu_nothing_is_cast_and_nothing_is_reordered(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    chosen = settings()
    assert isinstance(autocast(chosen), contextlib.nullcontext)
    images = torch.zeros(2, 3, 4, 5)
    assert place(images, chosen).is_contiguous()


def test_channels_last_reaches_image_batches_and_networks_only():
    chosen = Settings("cpu", "full", "off", True, 1, "pretend")
    assert place(torch.zeros(2, 3, 4, 5), chosen).is_contiguous(memory_format=torch.channels_last)
    assert place(torch.zeros(2, 3), chosen).is_contiguous()
    network = place(torch.nn.Conv2d(3, 4, 3), chosen)
    assert network.weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.gpu
@needs_gpu
def test_cpu_and_gpu_agree():
    chosen = settings()
    assert chosen.device == "cuda"
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.LazyLinear(10)
    )
    images = torch.randn(16, 1, 12, 12)
    expected = network(images)
    network = place(network, chosen)
    exact = network(place(images, chosen)).cpu()
    with autocast(chosen):
        rounded = network(place(images, chosen))
    assert torch.allclose(exact, expected, atol=1e-2)  # TF32 keeps ten bits of a product
    assert rounded.dtype == torch.bfloat16 or chosen.mixed_precision == "off"
    assert torch.allclose(rounded.float().cpu(), expected, atol=5e-2)
