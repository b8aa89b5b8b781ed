"""Right and wrong answers to the exercises of lesson 03, named after the style or the mistake."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def layers(parameters, x):
    hidden = sigmoid(x @ parameters["W1"] + parameters["b1"])
    return hidden, hidden @ parameters["W2"] + parameters["b2"]


def layers_by_dot(parameters, x):
    hidden = 0.5 * (1 + np.tanh((np.dot(x, parameters["W1"]) + parameters["b1"]) / 2))
    return [hidden, np.dot(hidden, parameters["W2"]) + parameters["b2"]]


def layers_one_image_at_a_time(parameters, x):
    hidden = np.array([sigmoid(row @ parameters["W1"] + parameters["b1"]) for row in x])
    return hidden, np.array([row @ parameters["W2"] + parameters["b2"] for row in hidden])


def forward_with(first=sigmoid, bias_1=1.0, bias_2=1.0, last=lambda z: z):
    def forward(parameters, x):
        hidden = first(x @ parameters["W1"] + bias_1 * parameters["b1"])
        return hidden, last(hidden @ parameters["W2"] + bias_2 * parameters["b2"])

    return forward


def softmax_rows(logits):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def softmax_row_by_row(logits):
    return np.array([np.exp(row - max(row)) / np.exp(row - max(row)).sum() for row in logits])


def softmax_through_logs(logits):
    shifted = logits - logits.max(axis=1)[:, None]
    return np.exp(shifted - np.log(np.exp(shifted).sum(axis=1))[:, None])


def softmax_in_place(logits):
    logits -= logits.max(axis=1, keepdims=True)
    return softmax_rows(logits)


def softmax_as_typed(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def softmax_one_maximum(logits):
    shifted = np.exp(logits - logits.max())
    return shifted / shifted.sum(axis=1, keepdims=True)


def log_probabilities(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def entropy(logits, y):
    return -np.mean(log_probabilities(logits)[np.arange(len(y)), y])


def entropy_by_loop(logits, y):
    total = 0.0
    for row, label in zip(logits, y, strict=True):
        total += row.max() + np.log(np.exp(row - row.max()).sum()) - row[label]
    return total / len(y)


def entropy_through_softmax(logits, y):
    return -np.mean(np.log(softmax_rows(logits)[np.arange(len(y)), y]))


def entropy_clipped(logits, y):
    picked = softmax_rows(logits)[np.arange(len(y)), y]
    return -np.mean(np.log(np.clip(picked, 1e-12, 1)))


def entropy_by_torch(logits, y):
    import torch

    return torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(y)).item()


def gradients(
    scale=None,
    sign=1.0,
    slope=lambda h, z: h * (1 - h),
    probabilities=softmax_rows,
    bias=lambda delta: delta.sum(axis=0),
    one_hot=True,
    layers=layers,
):
    """A backward pass with one part exchanged for a mistake."""

    def backward(parameters, x, y):
        n = len(y)
        hidden, logits = layers(parameters, x)
        delta_2 = probabilities(logits) - (np.eye(logits.shape[1])[y] if one_hot else 0)
        delta_2 = sign * delta_2 / (n if scale is None else scale(n))
        delta_1 = delta_2 @ parameters["W2"].T * slope(hidden, x @ parameters["W1"] + parameters["b1"])
        return {"W1": x.T @ delta_1, "b1": bias(delta_1), "W2": hidden.T @ delta_2, "b2": bias(delta_2)}

    return backward


def backward_image_by_image(parameters, x, y):
    total = {name: np.zeros_like(value) for name, value in parameters.items()}
    for row, label in zip(x, y, strict=True):
        one = gradients()(parameters, row[None], np.array([label]))
        for name in total:
            total[name] += one[name] / len(y)
    return total


def backward_einsum(parameters, x, y):
    hidden, logits = layers(parameters, x)
    delta_2 = softmax_rows(logits)
    delta_2[range(len(y)), y] -= 1
    delta_2 = delta_2 / len(y)
    delta_1 = np.einsum("nc,hc,nh,nh->nh", delta_2, parameters["W2"], hidden, 1 - hidden)
    return dict(
        W1=np.einsum("nd,nh->dh", x, delta_1),
        b1=np.einsum("nh->h", delta_1),
        W2=np.einsum("nh,nc->hc", hidden, delta_2),
        b2=np.einsum("nc->c", delta_2),
    )


def changed(name, change):
    def backward(parameters, x, y):
        result = gradients()(parameters, x, y)
        result[name] = change(result[name])
        return result

    return backward


def without(name):
    def backward(parameters, x, y):
        result = gradients()(parameters, x, y)
        del result[name]
        return result

    return backward


def loss(parameters, x, y):
    return entropy(layers(parameters, x)[1], y)


def differences(combine, restore=True):
    """A numerical gradient; `combine(up, here, down, step)` makes one number of three losses."""

    def numerical_gradient(parameters, x, y, name, step=1e-5):
        values = parameters[name].copy()
        result = np.zeros(values.shape)
        for place in np.ndindex(values.shape):
            kept, losses = values[place], []
            for move in (step, 0.0, -step):
                values[place] = kept + move
                losses.append(loss({**parameters, name: values}, x, y))
            values[place] = kept if restore else values[place]
            result[place] = combine(*losses, step)
        return result

    return numerical_gradient


def central(up, here, down, step):
    return (up - down) / (2 * step)


def flat_loop(parameters, x, y, name, step=1e-5):
    shape = parameters[name].shape
    result = []
    for k in range(parameters[name].size):
        nudge = np.zeros(parameters[name].size)
        nudge[k] = step
        up = loss({**parameters, name: parameters[name] + nudge.reshape(shape)}, x, y)
        down = loss({**parameters, name: parameters[name] - nudge.reshape(shape)}, x, y)
        result.append((up - down) / (2 * step))
    return np.array(result).reshape(shape)


def moves_the_original(parameters, x, y, name, step=1e-5):
    result = np.zeros(parameters[name].shape)
    for place in np.ndindex(result.shape):
        parameters[name][place] += step
        up = loss(parameters, x, y)
        parameters[name][place] -= 2 * step
        result[place] = (up - loss(parameters, x, y)) / (2 * step)
    return result


def ignores_the_step(parameters, x, y, name, step=1e-5):
    return flat_loop(parameters, x, y, name)


RIGHT = {
    "forward": {
        "matrix products": layers,
        "tanh form, as a list": layers_by_dot,
        "one image at a time": layers_one_image_at_a_time,
    },
    "softmax": {
        "with keepdims": softmax_rows,
        "row by row": softmax_row_by_row,
        "through logarithms": softmax_through_logs,
    },
    "cross_entropy": {"log probabilities": entropy, "a loop": entropy_by_loop},
    "backward": {
        "matrices": gradients(),
        "image by image": backward_image_by_image,
        "einsum": backward_einsum,
    },
    "numerical_gradient": {"ndindex": differences(central), "a flat loop": flat_loop},
}

WRONG = {
    "forward": {
        "no sigmoid": forward_with(first=lambda z: z),
        "tanh": forward_with(first=np.tanh),
        "relu": forward_with(first=lambda z: np.maximum(z, 0)),
        "sigmoid on the logits too": forward_with(last=sigmoid),
        "softmax on the logits": forward_with(last=softmax_rows),
        "missing bias of layer 1": forward_with(bias_1=0),
        "missing bias of layer 2": forward_with(bias_2=0),
        "sign of the bias": forward_with(bias_1=-1),
        "logits only": lambda parameters, x: layers(parameters, x)[1],
        "logits first": lambda parameters, x: layers(parameters, x)[::-1],
        "weights transposed": lambda parameters, x: layers(
            {**parameters, "W1": parameters["W1"].T, "W2": parameters["W2"].T}, x
        ),
        "first image only": lambda parameters, x: layers(parameters, x[:1]),
    },
    "softmax": {
        "formula as typed": softmax_as_typed,
        "columns instead of rows": lambda logits: softmax_rows(logits.T).T,
        "one sum for the batch": lambda logits: softmax_rows(logits.ravel()[None]).reshape(logits.shape),
        "one maximum for the batch": softmax_one_maximum,
        "not divided": lambda logits: np.exp(logits - logits.max(axis=1, keepdims=True)),
        "logarithms": log_probabilities,
        "sigmoid instead": sigmoid,
        "base two": lambda logits: softmax_rows(logits * np.log(2)),
        "clips large logits": lambda logits: softmax_rows(np.clip(logits, -1, 1)),
        "changes its input": softmax_in_place,
        "calls scipy": lambda logits: __import__("scipy.special").special.softmax(logits, axis=1),
    },
    "cross_entropy": {
        "sum instead of mean": lambda logits, y: entropy(logits, y) * len(y),
        "sign": lambda logits, y: -entropy(logits, y),
        "all classes": lambda logits, y: -np.mean(log_probabilities(logits)),
        "base two": lambda logits, y: entropy(logits, y) / np.log(2),
        "log of softmax": entropy_through_softmax,
        "clipped probability": entropy_clipped,
        "no logarithm": lambda logits, y: np.mean(1 - softmax_rows(logits)[np.arange(len(y)), y]),
        "one number per image": lambda logits, y: -log_probabilities(logits)[np.arange(len(y)), y],
        "right logit only": lambda logits, y: -np.mean(logits[np.arange(len(y)), y]),
        "first label for all": lambda logits, y: entropy(logits, np.full_like(y, y[0])),
        "calls torch": entropy_by_torch,
    },
    "backward": {
        "forgets to divide by n": gradients(scale=lambda n: 1),
        "divides twice": gradients(scale=lambda n: n * n),
        "true minus predicted": gradients(sign=-1.0),
        "no slope of the sigmoid": gradients(slope=lambda h, z: 1.0),
        "slope is h": gradients(slope=lambda h, z: h),
        "slope of tanh": gradients(slope=lambda h, z: 1 - h**2),
        "slope with values before the sigmoid": gradients(slope=lambda h, z: z * (1 - z)),
        "no softmax": gradients(probabilities=lambda logits: logits),
        "mean over the bias": gradients(bias=lambda delta: delta.mean(axis=0)),
        "bias keeps the batch axis": gradients(bias=lambda delta: delta),
        "one-hot not subtracted": gradients(one_hot=False),
        "W1 transposed": changed("W1", np.transpose),
        "W2 doubled": changed("W2", lambda gradient: 2 * gradient),
        "b1 as zeros": changed("b1", np.zeros_like),
        "b2 is missing": without("b2"),
        "a list instead of a dict": lambda parameters, x, y: list(gradients()(parameters, x, y).values()),
    },
    "numerical_gradient": {
        "step up only": differences(lambda up, here, down, step: (up - here) / step),
        "step down only": differences(lambda up, here, down, step: (here - down) / step),
        "divides by one step": differences(lambda up, here, down, step: (up - down) / step),
        "not divided": differences(lambda up, here, down, step: up - down),
        "down minus up": differences(lambda up, here, down, step: (down - up) / (2 * step)),
        "does not go back": differences(central, restore=False),
        "moves the original": moves_the_original,
        "ignores the step": ignores_the_step,
        "returns a flat array": lambda parameters, x, y, name, step=1e-5: flat_loop(
            parameters, x, y, name, step
        ).ravel(),
        "calls backward's formula": lambda parameters, x, y, name, step=1e-5: gradients()(parameters, x, y)[name],
        "no default step": lambda parameters, x, y, name, step: flat_loop(parameters, x, y, name, step),
        "default step too large": lambda parameters, x, y, name, step=0.1: flat_loop(parameters, x, y, name, step),
    },
}
