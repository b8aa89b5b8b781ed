"""Right and wrong answers to the exercises of lesson 05, named after the style or the mistake."""

import numpy as np

from course_utils.tensorflow_quiet import keras, tf

layers = keras.layers


def network(
    activation="relu", hidden="relu", last="softmax", padding="valid", pool=False, kernel=3, bias=True, swap=False
):
    """The guide's network with one thing changed."""

    def guide_cnn(filters=(32, 64), units=128, classes=10):
        first, second = filters[::-1] if swap else filters
        model = keras.Sequential([keras.Input((28, 28, 1))])
        model.add(layers.Conv2D(first, kernel, activation=activation, padding=padding, use_bias=bias))
        if pool:
            model.add(layers.MaxPooling2D())
        model.add(layers.Conv2D(second, kernel, activation=activation, padding=padding))
        model.add(layers.Flatten())
        model.add(layers.Dense(units, activation=hidden))
        model.add(layers.Dense(classes, activation=last))
        return model

    return guide_cnn


def functional(filters=(32, 64), units=128, classes=10):
    image = x = keras.Input((28, 28, 1))
    for number in filters:
        x = layers.ReLU()(layers.Conv2D(filters=number, kernel_size=(3, 3))(x))
    x = layers.Dense(units, activation="relu")(layers.Flatten()(x))
    return keras.Model(image, layers.Softmax()(layers.Dense(classes)(x)))


def compiled(filters=(32, 64), units=128, classes=10):
    model = network()(filters, units, classes)
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def no_flatten(filters=(32, 64), units=128, classes=10):
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(filters[0], 3, activation="relu"),
            layers.Conv2D(filters[1], 3, activation="relu"),
            layers.Dense(units, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def no_input(filters=(32, 64), units=128, classes=10):
    return keras.Sequential([layers.Conv2D(filters[0], 3), layers.Flatten(), layers.Dense(classes)])


def the_guides_input(filters=(32, 64), units=128, classes=10):
    return keras.Sequential([keras.Input((28, 28)), layers.Conv2D(filters[0], 3)])


def masked(x, grad_output, rate, random, scale=lambda rate: 1 / (1 - rate), keep=lambda draws, rate: draws >= rate):
    mask = keep(random.random(x.shape), rate) * 1.0
    return mask * x * scale(rate), mask * grad_output * scale(rate)


def dropout_with(**changes):
    return lambda x, grad_output, rate, random: masked(x, grad_output, rate, random, **changes)


def dropout_where(x, grad_output, rate, random):
    kept = random.binomial(1, 1 - rate, size=x.shape).astype(bool)
    return [np.where(kept, value / (1 - rate), 0.0) for value in (x, grad_output)]


def new_mask_backward(x, grad_output, rate, random):
    return masked(x, grad_output, rate, random)[0], masked(x, grad_output, rate, random)[1]


def own_generator(x, grad_output, rate, random):
    return masked(x, grad_output, rate, np.random.default_rng())


def fixed_generator(x, grad_output, rate, random):
    return masked(x, grad_output, rate, np.random.default_rng(0))


def whole_rows(x, grad_output, rate, random):
    kept = random.random((len(x),) + (1,) * (x.ndim - 1)) >= rate
    return x * kept / (1 - rate), grad_output * kept / (1 - rate)


def gradient_unmasked(x, grad_output, rate, random):
    return masked(x, grad_output, rate, random)[0], grad_output / (1 - rate)


def gradient_untouched(x, grad_output, rate, random):
    return masked(x, grad_output, rate, random)[0], grad_output


def gradient_not_scaled(x, grad_output, rate, random):
    output, grad_x = masked(x, grad_output, rate, random)
    return output, grad_x * (1 - rate)


def dropout_in_place(x, grad_output, rate, random):
    x *= (random.random(x.shape) >= rate) / (1 - rate)
    return x, grad_output * (x != 0) / (1 - rate)


def only_half(x, grad_output, rate, random):
    if rate == 0:
        return x * 1.0, grad_output * 1.0
    kept = random.random(x.shape) >= rate
    return x * kept * 2, grad_output * kept * 2


def windows(x, size):
    rows, columns = x.shape[1] // size, x.shape[2] // size
    return [
        (i, j, np.s_[:, i * size : i * size + size, j * size : j * size + size])
        for i in range(rows)
        for j in range(columns)
    ]


def pool(x, size=2, of=np.max):
    output = np.zeros((len(x), x.shape[1] // size, x.shape[2] // size, x.shape[3]))
    for i, j, place in windows(x, size):
        output[:, i, j] = of(x[place], axis=(1, 2))
    return output


def pool_shifts(x, size=2):
    rows, columns = x.shape[1] // size * size, x.shape[2] // size * size
    shifts = [x[:, u:rows:size, v:columns:size] for u in range(size) for v in range(size)]
    return np.maximum.reduce(shifts)


def pool_with(of):
    return lambda x, size=2: pool(x, size, of)


def pool_overlapping(x, size=2):
    view = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return view.max((-1, -2))


def pool_from_zero(x, size=2):
    return np.maximum(pool(x, size), 0)


def pool_with_tensorflow(x, size=2):
    return tf.nn.max_pool2d(tf.constant(x), size, size, "VALID").numpy()


def pool_channels_first(x, size=2):
    return (
        np.moveaxis(pool(np.moveaxis(x, -1, 1), size), 1, -1)
        if x.shape[3] == 1
        else pool(x.transpose(0, 3, 1, 2), size)
    )


def unpool(grad_output, x, size=2):
    grad_x = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(grad_output.shape):
        u, v = divmod(x[n, i * size : (i + 1) * size, j * size : (j + 1) * size, c].argmax(), size)
        grad_x[n, i * size + u, j * size + v, c] += grad_output[n, i, j, c]
    return grad_x


def spread(grad_output, x, size):
    large = grad_output.repeat(size, axis=1).repeat(size, axis=2)
    rest = [(0, 0), *((0, x.shape[k] - large.shape[k]) for k in (1, 2)), (0, 0)]
    return np.pad(large * 1.0, rest)


def unpool_first_of_equals(grad_output, x, size=2):
    grad_x, left = np.zeros(x.shape), spread(np.ones(grad_output.shape), x, size)
    best, grad = spread(pool(x, size), x, size), spread(grad_output, x, size)
    for u in range(size):
        for v in range(size):
            here = np.zeros(x.shape, dtype=bool)
            here[:, u::size, v::size] = True
            hit = here & (x == best) & (left > 0)
            grad_x[hit] = grad[hit]
            corner = hit[:, u::size, v::size][:, : grad_output.shape[1], : grad_output.shape[2]]
            left -= spread(corner * 1.0, x, size) * (left > 0)
    return grad_x


def unpool_all_equals(grad_output, x, size=2):
    return spread(grad_output, x, size) * (spread(pool(x, size), x, size) == x)


def unpool_last(grad_output, x, size=2):
    turned = np.s_[:, : x.shape[1] // size * size, : x.shape[2] // size * size]
    grad_x = np.zeros(x.shape)
    grad_x[turned] = unpool(grad_output[:, ::-1, ::-1], x[turned][:, ::-1, ::-1], size)[:, ::-1, ::-1]
    return grad_x


def unpool_with_torch(grad_output, x, size=2):
    import torch

    maps = torch.tensor(x).permute(0, 3, 1, 2).requires_grad_()
    torch.nn.functional.max_pool2d(maps, size).backward(torch.tensor(grad_output).permute(0, 3, 1, 2))
    return maps.grad.permute(0, 2, 3, 1).numpy()


def unpool_in_place(grad_output, x, size=2):
    grad_x = unpool(grad_output, x, size)
    x[...] = grad_x
    return x


def reorder(kernel, height, width, channels):
    maps = kernel.reshape(height, width, channels, kernel.shape[1])
    return np.moveaxis(maps, (3, 2), (0, 1)).reshape(kernel.shape[1], channels * height * width)


def reorder_by_index(kernel, height, width, channels):
    rows = [(i * width + j) * channels + c for c in range(channels) for i in range(height) for j in range(width)]
    return kernel[rows].T


def reorder_by_loops(kernel, height, width, channels):
    result = np.zeros(kernel.shape[::-1])
    for row, weights in enumerate(kernel):
        place, c = divmod(row, channels)
        result[:, c * height * width + place] = weights
    return result


def split_as(order, back):
    def dense_for_torch(kernel, height, width, channels):
        sizes = {"h": height, "w": width, "c": channels}
        maps = kernel.reshape(*(sizes[axis] for axis in order), -1)
        return maps.transpose(3, *(order.index(axis) for axis in back)).reshape(kernel.shape[1], -1)

    return dense_for_torch


RIGHT = {
    "guide_cnn": {"layer by layer": network(), "functional": functional, "compiled as well": compiled},
    "dropout": {"mask and scale": dropout_with(), "binomial and where": dropout_where},
    "max_pool": {"loops": pool, "maximum of shifted copies": pool_shifts},
    "max_pool_backward": {"number by number": unpool, "place by place": unpool_first_of_equals},
    "dense_for_torch": {"moveaxis": reorder, "row numbers": reorder_by_index, "loops": reorder_by_loops},
}

WRONG = {
    "guide_cnn": {
        "no softmax": network(last=None),
        "sigmoid at the end": network(last="sigmoid"),
        "no ReLU after the convolutions": network(activation=None),
        "tanh after the convolutions": network(activation="tanh"),
        "no ReLU after Dense": network(hidden=None),
        "same padding": network(padding="same"),
        "with pooling": network(pool=True),
        "kernels of 5 x 5": network(kernel=5),
        "no bias": network(bias=False),
        "filters in the wrong order": network(swap=True),
        "filters fixed": lambda filters=0, units=128, classes=10: network()((32, 64), units, classes),
        "no flatten": no_flatten,
        "the guide's input shape": the_guides_input,
        "no input shape": no_input,
        "hard-coded for the visible sizes": lambda filters=(32, 64), units=128, classes=10: network()(
            filters if filters == (32, 64) else (3, 4), units, classes
        ),
        "64 units": lambda filters=(32, 64), units=64, classes=10: network()(filters, units, classes),
    },
    "dropout": {
        "not scaled": dropout_with(scale=lambda rate: 1.0),
        "scaled the wrong way": dropout_with(scale=lambda rate: 1 - rate),
        "scaled by the rate": dropout_with(scale=lambda rate: 1 / rate if rate else 1.0),
        "keeps the share that it should drop": dropout_with(keep=lambda draws, rate: draws < rate),
        "keeps everything": dropout_with(keep=lambda draws, rate: draws >= 0, scale=lambda rate: 1.0),
        "a new mask for the gradient": new_mask_backward,
        "gradient not masked": gradient_unmasked,
        "gradient untouched": gradient_untouched,
        "gradient not scaled": gradient_not_scaled,
        "its own random numbers": own_generator,
        "always the same places": fixed_generator,
        "drops whole rows": whole_rows,
        "changes its input": dropout_in_place,
        "output alone": lambda *arguments: masked(*arguments)[0],
        "scale of a rate of one half": only_half,
    },
    "max_pool": {
        "mean": pool_with(np.mean),
        "minimum": pool_with(np.min),
        "overlapping windows": pool_overlapping,
        "starts from zero": pool_from_zero,
        "corner of each window": lambda x, size=2: x[:, ::size, ::size][:, : x.shape[1] // size, : x.shape[2] // size],
        "swaps height and width": lambda x, size=2: pool(x.transpose(0, 2, 1, 3), size),
        "over the channels as well": lambda x, size=2: pool(x, size).max(3, keepdims=True),
        "channels taken for height": pool_channels_first,
        "the size is always 2": lambda x, size=2: pool(x, 2),
        "no default": lambda x, size: pool(x, size),
        "calls tensorflow": pool_with_tensorflow,
        "a nested list": lambda x, size=2: pool(x, size).tolist(),
    },
    "max_pool_backward": {
        "to every number of the window": lambda grad_output, x, size=2: spread(grad_output, x, size),
        "shared out": lambda grad_output, x, size=2: spread(grad_output, x, size) / size**2,
        "to all equal maxima": unpool_all_equals,
        "ones instead of the gradient": lambda grad_output, x, size=2: unpool(np.ones(grad_output.shape), x, size),
        "to the last of equal maxima": unpool_last,
        "to the minimum": lambda grad_output, x, size=2: unpool(grad_output, -x, size),
        "to the corner": lambda grad_output, x, size=2: unpool(grad_output, np.zeros(x.shape), size),
        "pooled shape": lambda grad_output, x, size=2: grad_output * 1.0,
        "negated": lambda grad_output, x, size=2: -unpool(grad_output, x, size),
        "writes into x": unpool_in_place,
        "the size is always 2": lambda grad_output, x, size=2: unpool(grad_output, x, 2),
        "calls torch": unpool_with_torch,
    },
    "dense_for_torch": {
        "plain transpose": lambda kernel, height, width, channels: kernel.T,
        "reshape only": lambda kernel, height, width, channels: kernel.reshape(kernel.shape[1], -1),
        "split channels first": split_as("chw", "hwc"),
        "height and width swapped": split_as("hwc", "cwh"),
        "split width first": split_as("whc", "chw"),
        "not transposed at the end": lambda *arguments: reorder(*arguments).T,
        "four axes left": lambda kernel, height, width, channels: reorder(kernel, height, width, channels).reshape(
            -1, channels, height, width
        ),
        "convolution's order": lambda kernel, height, width, channels: (
            kernel.reshape(channels, height, width, -1).transpose(3, 0, 1, 2).reshape(kernel.shape[1], -1)
        ),
        "only square maps": lambda kernel, height, width, channels: reorder(
            kernel, *[round((height * width) ** 0.5)] * 2, channels
        ),
    },
}
