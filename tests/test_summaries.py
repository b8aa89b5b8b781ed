"""course_utils.summaries: what was written for TensorBoard is read back."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from course_utils.quiet import quiet
from course_utils.summaries import SummaryWriter, read_scalars


def test_numbers_of_pytorch_come_back(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(1, 2001):  # more than TensorBoard's own viewer keeps
            writer.add_scalar("Loss/train", 1 / step, step)
    steps, values = read_scalars(tmp_path)["Loss/train"]
    assert steps == list(range(1, 2001))
    assert np.allclose(values, 1 / np.arange(1, 2001))


def test_numbers_of_keras_come_back(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd")
    callback = keras.callbacks.TensorBoard(tmp_path)
    history = model.fit(np.zeros((8, 3)), np.ones(8), epochs=3, verbose=0, callbacks=[callback])
    steps, values = read_scalars(tmp_path / "train")["epoch_loss"]
    assert steps == [0, 1, 2]
    assert np.allclose(values, history.history["loss"])


def test_texts_and_histograms_are_left_out(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_text("note", "no number")
        writer.add_histogram("weights", np.arange(9))
        writer.add_scalar("Loss/train", 0.5, 1)
    assert list(read_scalars(tmp_path)) == ["Loss/train"]


def test_an_empty_folder_holds_nothing(tmp_path):
    assert read_scalars(tmp_path) == {}


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="runs: no such folder"):
        read_scalars(tmp_path / "runs")


def test_errors_are_silent_inside_quiet_and_heard_again_after_it(capfd):
    with quiet():
        os.write(2, b"inside")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_the_error_channel_comes_back_after_an_exception(capfd):
    with pytest.raises(ZeroDivisionError), quiet():
        raise ZeroDivisionError
    print("heard", file=sys.stderr)
    assert capfd.readouterr().err == "heard\n"


def test_tensorflow_is_given_threads_and_precision_once_and_again_in_silence():
    code = (
        "from course_utils.device import Settings; from course_utils.tensorflow_quiet import tf, use\n"
        "chosen = Settings('cpu', 'quick', 'off', False, 1, 'CPU')\n"
        "use(chosen); use(chosen)\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads())\n"
        "print(tf.config.experimental.tensor_float_32_execution_enabled())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\nFalse\n"
    assert done.stderr == ""
