"""Fills a network with weights: those of its PyTorch twin, or random ones that give sane scores."""
import numpy as np

CONTAINERS = ("state_dict", "net")  # under which training scripts keep the weights
SCORE_SPREAD = 3.0  # standard deviation of every class's scores on the images of `calibrate`


class InputError(Exception):
    """What is wrong with what the user gave; one line each."""


# ---- from PyTorch ----------------------------------------------------------------------------------------------------------

def read_torch(path):
    """Name -> array of a file of torch.save."""
    try:
        import torch
    except ImportError:
        raise InputError("--from-torch needs PyTorch in the same environment: pip install torch==2.2.2 numpy==1.26.4") from None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch has many ways to say that this is no such file
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(f"{path}: no weights that torch.load reads ({reason})") from None
    for container in CONTAINERS:
        if isinstance(state, dict) and isinstance(state.get(container), dict):
            state = state[container]
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise InputError(f"{path}: expected a state_dict, module names and tensors")
    # DataParallel calls everything "module."
    return {name.removeprefix("module."): value.float().numpy() for name, value in state.items()}


def _parts(layer):
    """(name in the twin, how its array becomes Keras') in the order of layer.get_weights()."""
    kind = type(layer).__name__
    if kind == "BatchNormalization":
        return [(name, np.asarray) for name in ("weight", "bias", "running_mean", "running_var")]
    kernel = (lambda a: a.transpose(2, 3, 1, 0)) if kind == "Conv2D" else (lambda a: a.T)
    return [("weight", kernel)] + ([("bias", np.asarray)] if layer.use_bias else [])


def set_torch_weights(twins, state):
    """`twins`: Builder.twins; `state`: of read_torch. Every weight must be there, fit, and be used."""
    wrong, unused = [], {name for name in state if not name.endswith("num_batches_tracked")}
    for layer, twin in twins:
        arrays = []
        for (part, convert), now in zip(_parts(layer), layer.get_weights()):
            name = f"{twin}.{part}"
            unused.discard(name)
            if name not in state:
                wrong.append(f"{name} is missing (layer {layer.name})")
            elif state[name].ndim != now.ndim or convert(state[name]).shape != now.shape:
                wrong.append(f"{name} has the shape {state[name].shape}; layer {layer.name} is {now.shape}")
            else:
                arrays.append(convert(state[name]))
        if not wrong:
            layer.set_weights(arrays)
    wrong += [f"{name} belongs to no layer" for name in sorted(unused)]
    if wrong:
        more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise InputError("the weights are not those of this network: " + "; ".join(wrong[:5]) + more)


# ---- random ----------------------------------------------------------------------------------------------------------------

def set_random_weights(twins, seed):
    rng = np.random.default_rng(seed)
    for layer, _ in twins:
        if type(layer).__name__ == "BatchNormalization":
            count = layer.gamma.shape[0]
            arrays = [rng.uniform(0.7, 1.3, count), rng.normal(0, 0.2, count), np.zeros(count), np.ones(count)]
        else:
            shape = tuple(layer.kernel.shape)
            arrays = [rng.standard_normal(shape, np.float32) * np.sqrt(2 / np.prod(shape[:-1]))]
            if layer.use_bias:
                arrays.append(rng.normal(0, 0.05, shape[-1]))
        layer.set_weights([a.astype(np.float32) for a in arrays])


def made_images(size, count, seed):
    """Uint8 images of soft colours with some noise, for where no real ones are given."""
    rng = np.random.default_rng(seed)
    grid = np.linspace(0, 3, size)
    low, part = np.minimum(grid.astype(int), 2), None
    part = (grid - low)[:, None]
    corners = rng.uniform(0, 255, (count, 4, 4, 3))
    rows = corners[:, low] * (1 - part[:, :, None]) + corners[:, low + 1] * part[:, :, None]
    images = rows[:, :, low] * (1 - part) + rows[:, :, low + 1] * part
    return np.clip(images + rng.normal(0, 12, images.shape), 0, 255).astype(np.uint8)


def calibrate(model, twins, images):
    """Sets the statistics of every BatchNormalization to those of the images (float32, as fed), and the last layer so that the
    scores of each class spread around zero."""
    norms = [layer for layer, _ in twins if type(layer).__name__ == "BatchNormalization"]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0  # what was seen last is kept
    model(images, training=True)
    for layer, momentum in zip(norms, momenta):
        layer.momentum = momentum
    last = twins[-1][0]
    kernel, bias = last.get_weights()
    last.set_weights([kernel, np.zeros_like(bias)])
    scores = model(images).numpy()
    scale = (SCORE_SPREAD / scores.std(axis=0)).astype(np.float32)
    last.set_weights([kernel * scale, -scores.mean(axis=0) * scale])
