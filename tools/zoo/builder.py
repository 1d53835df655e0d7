"""What the networks of the zoo are made of: Keras layers as a converter from PyTorch writes them, under the published names.

Conv2D and Dense layers are named in the order of the calls (`conv2d`, `conv2d_1`, ..., `dense`, ...): that is what fault lists
refer to. Every layer with weights is recorded with the name of its module in the PyTorch twin, for weights.py.
"""
import math
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import tensorflow as tf

import networks

L, v1 = tf.keras.layers, tf.compat.v1


class Builder:
    """Makes the layers of one network. `width` scales all channels but those of images and classes (small instances for tests)."""

    def __init__(self, width=1.0):
        tf.keras.backend.clear_session()  # the automatic names of the other layers start anew
        self.width = width
        self.twins = []  # (layer, name of its module in the twin)
        self._counts = {}

    def channels(self, count):
        return max(1, round(count * self.width))

    # ---- layers with weights: `twin` is the module's name ----------------------------------------------------------------

    def conv(self, x, filters, kernel, twin, stride=1, padding=0, groups=1, bias=False):
        """PyTorch's Conv2d. `padding`, one number or (height, width), is a layer of its own: its zeros are multiplied."""
        if padding not in (0, (0, 0)):
            x = L.ZeroPadding2D(padding)(x)
        return self._named(twin, L.Conv2D(filters, kernel, stride, groups=groups, use_bias=bias, name=self._name("conv2d")))(x)

    def norm(self, x, twin, epsilon=1e-5):
        return self._named(twin, L.BatchNormalization(momentum=0.9, epsilon=epsilon))(x)

    def linear(self, x, units, twin):
        return self._named(twin, L.Dense(units, name=self._name("dense")))(x)

    # ---- layers without ---------------------------------------------------------------------------------------------------

    @staticmethod
    def relu(x):
        return tf.nn.relu(x)

    @staticmethod
    def max_pool(x, size, stride, padding=0):
        if padding:
            edge = [padding, padding]
            x = v1.pad(x, [[0, 0], edge, edge, [0, 0]], constant_values=-math.inf)
        return L.MaxPooling2D(size, stride)(x)

    @staticmethod
    def average_pool(x, size, stride=None, padding=0):
        """As PyTorch's with count_include_pad: the zeros of the border are counted."""
        if padding:
            x = L.ZeroPadding2D(padding)(x)
        return L.AveragePooling2D(size, stride)(x)

    @staticmethod
    def global_average(x):
        return L.GlobalAveragePooling2D(keepdims=True)(x)

    @staticmethod
    def concat(parts):
        return tf.concat(parts, axis=3)

    @staticmethod
    def thin_and_widen(x, channels):
        """Every second row and column, and zero channels on both sides: option A's shortcut."""
        more = (channels - x.shape[3]) // 2
        return v1.pad(x[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [more, channels - x.shape[3] - more]])

    @staticmethod
    def flatten(x):
        """In PyTorch's order (channel, row, column)."""
        images = tf.unstack(v1.shape(x))[0]
        return tf.reshape(v1.transpose(x, [0, 3, 1, 2]), [images, math.prod(x.shape[1:])])

    @staticmethod
    def dropout(x, rate):
        return L.Dropout(rate)(x)

    # ---- models ------------------------------------------------------------------------------------------------------------

    @staticmethod
    def block(x, body):
        """`body` as a nested model: so do converters write a module."""
        inputs = tf.keras.Input(tuple(x.shape[1:]))
        return tf.keras.Model(inputs, tf.identity(body(inputs)))(x)

    def _name(self, kind):
        count = self._counts.get(kind, 0)
        self._counts[kind] = count + 1
        return f"{kind}_{count}" if count else kind

    def _named(self, twin, layer):
        self.twins.append((layer, twin))
        return layer


def build(dataset, network, width=1.0):
    """(model, builder) of a network of networks.NETWORKS, with Keras' initial weights."""
    b = Builder(width)
    size = networks.IMAGE_SIZE[dataset]
    image = tf.keras.Input((size, size, 3))
    return tf.keras.Model(image, networks.NETWORKS[dataset][network](b, image, networks.CLASSES[dataset])), b


def kernel_shapes(b):
    """Name -> shape of the kernel of every Conv2D and Dense layer: what fault lists may hit."""
    return {layer.name: tuple(layer.kernel.shape) for layer, _ in b.twins if isinstance(layer, (L.Conv2D, L.Dense))}
