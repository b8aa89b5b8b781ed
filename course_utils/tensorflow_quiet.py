"""TensorFlow, imported without the lines that it writes to the screen while it starts.

TensorFlow reports at its start which processor features and CUDA libraries it found, past Python's own logging;
TF_CPP_MIN_LOG_LEVEL does not stop all of these lines. They are no errors, and in a notebook they look like some. Here
the error channel of the process is closed while TensorFlow starts, and open again afterwards.

Use: `import course_utils.tensorflow_quiet` once, before tensorflow, keras or tensorboard. Lesson 05 is the first
that does; lesson 04 does through course_utils.summaries.
"""

from course_utils.device import Settings
from course_utils.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf", "use"]


def use(chosen: Settings) -> None:
    """Give TensorFlow the threads and the device of `chosen`; to be called before its first calculation.

    TF32, which rounds the factors of a float32 product to 10 bits on newer GPUs, is switched off: lessons compare
    logits between frameworks.
    """
    with quiet():
        tf.config.threading.set_intra_op_parallelism_threads(chosen.threads)
        tf.config.experimental.enable_tensor_float_32_execution(False)
        if chosen.device == "cpu":
            tf.config.set_visible_devices([], "GPU")
        tf.zeros(1)  # starts the rest of it, which has more to say
