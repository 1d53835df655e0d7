#!/usr/bin/env python3
"""Holds every rule of docs/numerics.md against the TensorFlow that is installed.

    .venv-tools/bin/python tools/find_numerics.py [--cases 40] [--seed 1] [--only conv] [--threads 8]

Random shapes and values, ordinary and extreme, go through TensorFlow's eager ops and through our reference kernels
(src/kernels/ref, built by this script with g++ into .cache/). One line per rule: cases, elements, elements that differ in a bit (NaN
equals NaN). A line that begins with "not:" is a rule that was considered and is wrong: it is there to show that the cases can tell
the difference, so it must differ somewhere. The exit code is 1 when a rule differs or a wrong one does not.
"""
import argparse
import ctypes
import pathlib
import subprocess
import sys

import numpy as np

import oracle
from oracle import tf

ROOT = pathlib.Path(__file__).resolve().parents[1]
F = np.float32


# ---- our reference kernels -------------------------------------------------------------------------------------------------

def build_reference():
    library = ROOT / ".cache" / "reference_kernels.so"
    library.parent.mkdir(exist_ok=True)
    sources = [ROOT / "tools" / "reference_kernels.cpp", *sorted((ROOT / "src/kernels/ref").glob("*.cpp")),
               *sorted((ROOT / "src/graph/ops").glob("*.cpp"))]
    subprocess.run(["g++", "-std=c++20", "-O2", "-ffp-contract=off", "-fPIC", "-shared", f"-I{ROOT}/src", f"-I{ROOT}/include",
                    *map(str, sources), "-o", str(library), "-lfmt"], check=True)
    return ctypes.CDLL(str(library))


def pointer(array):
    if array is None:
        return None
    assert array.flags.c_contiguous and array.dtype in (np.float32, np.int64)
    return ctypes.c_void_p(array.ctypes.data)


def integers(*values):
    return np.array(values, np.int64)


I64 = ctypes.c_int64


class Reference:
    """NumPy arrays in, NumPy arrays out; keep=True computes with denormals instead of flushing them."""

    def __init__(self):
        self.library = build_reference()

    def conv2d(self, x, kernel, bias, strides, dilation, padding, keep=False, multiply_border=False, groups=1, depthwise=False):
        """padding: "SAME", "VALID", or ((top, bottom), (left, right)): zeros that are multiplied."""
        n, h, w, cin = x.shape
        kh, kw, _, cout = kernel.shape
        multiply = multiply_border
        sizes, before = [], []
        for axis, (size, k, s, d) in enumerate(zip((h, w), (kh, kw), strides, dilation)):
            span = (k - 1) * d + 1
            if padding == "SAME":
                out = -(-size // s)
                total = max(0, (out - 1) * s + span - size)
                before.append(total // 2)
            else:
                total = 0 if padding == "VALID" else sum(padding[axis])
                before.append(0 if padding == "VALID" else padding[axis][0])
                out = (size + total - span) // s + 1
                multiply = multiply or padding != "VALID"
            sizes.append(out)
        out = np.empty((n, *sizes, cout), F)
        multiply = multiply or (groups > 1 and not depthwise)
        numbers = integers(h, w, cin, *sizes, cout, kh, kw, *strides, *dilation, *before, multiply, groups,
                           -1 if depthwise else groups > 1)
        self.library.ref_conv2d(pointer(numbers), pointer(x), pointer(kernel), pointer(bias), pointer(out), n, keep)
        return out

    def dense(self, x, kernel, bias, blocks=(), keep=False):
        rows, inputs = x.shape
        out = np.empty((rows, kernel.shape[1]), F)
        lengths = integers(*blocks)
        self.library.ref_dense(I64(inputs), I64(kernel.shape[1]), pointer(x), pointer(kernel), pointer(bias), pointer(lengths),
                               I64(len(blocks)), pointer(out), I64(rows), keep)
        return out

    def batch_normalization(self, x, mean, variance, gamma, beta, epsilon, keep=False, fused=True):
        out = np.empty_like(x)
        mean, variance, gamma, beta = (a.copy() for a in (mean, variance, gamma, beta))
        self.library.ref_batch_normalization(fused, I64(x.shape[-1]), pointer(x), pointer(mean), pointer(variance), pointer(gamma),
                                             pointer(beta), ctypes.c_float(epsilon), pointer(out), I64(x.size // x.shape[-1]), keep)
        return out

    def function(self, kind, x, alpha=0.0, max_value=np.inf, threshold=0.0, keep=False, all_body=False):
        """As TensorFlow computes a whole array: what is left over behind its last eight elements goes another way."""
        out, flat = np.empty_like(x), x.reshape(-1)
        body = x.size if all_body else x.size // 8 * 8
        for first, last, end in ((0, body, False), (body, x.size, True)):
            part = np.empty(last - first, F)
            source = np.ascontiguousarray(flat[first:last])
            assert self.library.ref_function(kind.encode(), oracle.KERAS_3, *map(ctypes.c_float, (alpha, max_value, threshold)), pointer(source),
                                             pointer(part), I64(last - first), end, keep)
            out.reshape(-1)[first:last] = part
        return out

    def softmax(self, x, keep=False):
        out = np.empty_like(x)
        self.library.ref_softmax(I64(x.shape[-1]), pointer(x), pointer(out), I64(x.size // x.shape[-1]), keep)
        return out

    def log_softmax(self, x, keep=False, all_body=False):
        """The rows of a whole batch: what is left over behind the last eight goes another way."""
        out, classes = np.empty_like(x), x.shape[-1]
        rows = x.size // classes
        body = rows if all_body else rows // 8 * 8
        for first, last, end in ((0, body, False), (body, rows, True)):
            source, part = np.ascontiguousarray(x.reshape(rows, classes)[first:last]), np.empty((last - first, classes), F)
            self.library.ref_log_softmax(I64(classes), I64(first * classes), pointer(source), pointer(part), I64(last - first), end, keep)
            out.reshape(rows, classes)[first:last] = part
        return out

    def binary(self, kind, a, b, keep=False):
        out = np.empty_like(a)
        assert self.library.ref_binary(kind.encode(), pointer(a), pointer(b), pointer(out), I64(a.size), keep)
        return out

    def layer_normalization(self, x, gamma, beta, epsilon, fused, keep=False):
        """The rows of a whole batch: what is left over behind the last eight goes another way."""
        out, rows = np.empty_like(x), x.size // x.shape[-1]
        for first, last, end in ((0, rows // 8 * 8, False), (rows // 8 * 8, rows, True)):
            source, part = np.ascontiguousarray(x[first:last]), np.empty((last - first, x.shape[-1]), F)
            self.library.ref_layer_normalization(fused, I64(x.shape[-1]), ctypes.c_float(epsilon), pointer(source), pointer(gamma),
                                                 pointer(beta), pointer(part), I64(last - first), end, keep)
            out[first:last] = part
        return out

    def global_average_pool_at(self, x, keep=False):
        n, h, w, c = x.shape
        out = np.empty((n, c), F)
        self.library.ref_global_average_pool_at(I64(h * w), I64(c), pointer(x), pointer(out), n, keep)
        return out

    def resize(self, x, method, size, antialias=False, keep=False):
        n, h, w, c = x.shape
        out = np.empty((n, *size, c), F)
        assert self.library.ref_resize(method.encode(), antialias, pointer(integers(h, w, c, *size)), pointer(x), pointer(out), n, keep)
        return out

    def global_max_pool(self, x, keep=False):
        n, h, w, c = x.shape
        out = np.empty((n, c), F)
        self.library.ref_global_max_pool(I64(h * w), I64(c), pointer(x), pointer(out), n, keep)
        return out

    def activation(self, x, relu6, keep=False):
        out = np.empty_like(x)
        self.library.ref_activation(relu6, pointer(x), pointer(out), I64(x.size), keep)
        return out

    def add(self, a, b, keep=False):
        out = np.empty_like(a)
        self.library.ref_add(pointer(a), pointer(b), pointer(out), I64(a.size), keep)
        return out

    def average_pool(self, x, pool, strides, padding, keep=False):
        return self._pool(self.library.ref_average_pool2d, x, pool, strides, padding, keep)

    def max_pool(self, x, pool, strides, padding, keep=False):
        return self._pool(self.library.ref_max_pool2d, x, pool, strides, padding, keep)

    @staticmethod
    def _pool(function, x, pool, strides, padding, keep):
        n, h, w, c = x.shape
        sizes = [-(-size // s) if padding == "SAME" else (size - k) // s + 1 for size, k, s in zip((h, w), pool, strides)]
        out = np.empty((n, *sizes, c), F)
        numbers = integers(h, w, c, *sizes, c, *pool, *strides, padding == "SAME")
        function(pointer(numbers), pointer(x), pointer(out), n, keep)
        return out

    def global_average_pool(self, x, keep=False):
        n, h, w, c = x.shape
        out = np.empty((n, c), F)
        self.library.ref_global_average_pool(I64(h * w), I64(c), pointer(x), pointer(out), n, keep)
        return out


# ---- random cases ----------------------------------------------------------------------------------------------------------

class Cases:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def size(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def ordinary(self, *shape):
        return self.rng.standard_normal(shape).astype(F)

    def after_relu(self, *shape):
        return np.maximum(self.ordinary(*shape), F(0))

    def fault(self, weights):
        """A copy in which one bit of one element is flipped; bit 30 half of the time."""
        faulty = weights.copy()
        flat = faulty.reshape(-1).view(np.uint32)
        flat[self.rng.integers(flat.size)] ^= np.uint32(1 << self.pick(30, 30, self.size(0, 31), self.size(23, 31)))
        return faulty

    def extreme(self, *shape, rate=0.05):
        """Inf, NaN, signed zeros, huge, tiny and denormal values among ordinary ones."""
        values = self.ordinary(*shape)
        special = np.array([np.inf, -np.inf, np.nan, 0, -0.0, 1e38, -1e38, 1e-20, -1e-20, 1e-38, -1e-38, 1e-40, -1e-45], F)
        hit = self.rng.random(shape) < rate
        values[hit] = self.rng.choice(special, int(hit.sum()))
        return values

    def tiny(self, *shape):
        """Values whose products and sums lie around the smallest normal number, zeros and denormals among them."""
        values = self.ordinary(*shape) * F(10.0) ** self.rng.integers(-42, -17, shape).astype(F)
        return values.astype(F)

    def values(self, *shape):
        return self.pick(self.ordinary, self.ordinary, self.after_relu, self.extreme, self.tiny)(*shape)


def differing(ours, theirs):
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype == np.float32, (ours.shape, theirs.shape)
    same = (ours.view(np.uint32) == theirs.view(np.uint32)) | (np.isnan(ours) & np.isnan(theirs))
    return int(same.size - same.sum())


# ---- the rules: each yields (ours, TensorFlow's) per case ------------------------------------------------------------------

# Longer sums are cut by oneDNN, where depends on more than their length: docs/numerics.md, "Limits".
MOST_TAPS = 4608


def conv_arguments(c):
    """batch, height, width, cin, cout, kernel, strides, dilation."""
    k = (c.size(1, 5), c.size(1, 5)) if c.pick(0, 0, 1) else (c.pick(1, 3, 3, 5, 7),) * 2
    d = c.pick((1, 1), (1, 1), (1, 1), (2, 2))
    s = c.pick((1, 1), (2, 2), (c.size(1, 3), c.size(1, 3))) if d == (1, 1) else (1, 1)
    h, w = (max(1 + (kk - 1) * dd, c.size(1, 20)) for kk, dd in zip(k, d))
    cin, cout = c.pick((3, 16), (16, 16), (32, 64), (64, 64), (c.size(1, 40), c.size(1, 70)), (c.size(100, 600), c.size(1, 130)))
    cin = min(cin, MOST_TAPS // (k[0] * k[1]))
    return c.pick(1, 2, 5, 16), h, w, cin, cout, k, s, d


def conv(c, reference, padding, values, **alternative):
    n, h, w, cin, cout, k, s, d = conv_arguments(c)
    x, kernel = values(n, h, w, cin), values(*k, cin, cout)
    return (reference.conv2d(x, kernel, None, s, d, padding, **alternative),
            tf.nn.conv2d(x, kernel, s, padding, dilations=d).numpy())


def rule_conv_valid(c, r):
    return conv(c, r, "VALID", c.values)


def rule_conv_same(c, r):
    return conv(c, r, "SAME", c.pick(c.ordinary, c.after_relu, c.tiny))


def border_case(c, r, dilated, **alternative):
    """A SAME convolution whose kernel holds Inf or NaN."""
    n, h, w, cin, cout, k, s, _ = conv_arguments(c)
    d = c.pick((2, 2), (1, 2), (3, 1)) if dilated else (1, 1)
    s = (1, 1) if dilated else s
    x = c.after_relu(n, h, w, cin)
    kernel = c.ordinary(*k, cin, cout)
    kernel.reshape(-1)[c.rng.integers(0, kernel.size, 8)] = c.pick(F(np.inf), F(np.nan), F(-np.inf))
    layer = tf.keras.layers.Conv2D(cout, k, s, "same", dilation_rate=d, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    return r.conv2d(x, kernel, None, s, d, "SAME", **alternative), layer(x).numpy()


def rule_conv_border(c, r):
    return border_case(c, r, False)


def not_conv_border(c, r):
    return border_case(c, r, False, multiply_border=True)


def rule_conv_dilated(c, r):
    return border_case(c, r, True, multiply_border=True)


def not_conv_dilated(c, r):
    return border_case(c, r, True)


def explicit_case(c, r, padded):
    n, h, w, cin, cout, k, s, d = conv_arguments(c)
    kernel = c.extreme(*k, cin, cout, rate=0.01)
    x = c.after_relu(n, h, w, cin)
    pads = ((c.size(1, 3), c.size(1, 3)), (c.size(1, 3), c.size(1, 3)))
    theirs = tf.nn.conv2d(tf.keras.layers.ZeroPadding2D(pads)(x), kernel, s, "VALID", dilations=d).numpy()
    return padded(x, kernel, s, d, pads), theirs


def rule_conv_padded(c, r):
    return explicit_case(c, r, lambda x, kernel, s, d, pads: r.conv2d(x, kernel, None, s, d, pads))


def rule_conv_bias(c, r):
    n, h, w, cin, cout, k, s, d = conv_arguments(c)
    x, kernel, bias = c.values(n, h, w, cin), c.ordinary(*k, cin, cout), c.values(cout)
    layer = tf.keras.layers.Conv2D(cout, k, s, "same", dilation_rate=d)
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    return r.conv2d(x, kernel, bias, s, d, "SAME"), layer(x).numpy()


def rule_conv_resnet(c, r):
    """The convolutions of ResNet20 to 1202 and of ResNet18 and 34 on 32 x 32 images: 3x3, and 1x1 on the shortcut."""
    width, side = c.pick((16, 32), (32, 16), (64, 8), (64, 32), (128, 16), (256, 8), (512, 4))
    cin, k, s = c.pick((width, 3, 1), (width, 3, 1), (width // 2, 3, 2), (width // 2, 1, 2), (3, 3, 1))
    x, kernel = c.after_relu(c.pick(1, 2, 16), side * s, side * s, cin), c.fault(c.ordinary(k, k, cin, width))
    layer = tf.keras.layers.Conv2D(width, k, s, "same", use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    return r.conv2d(x, kernel, None, (s, s), (1, 1), "SAME"), layer(x).numpy()


def not_conv_long(c, r):
    x, kernel = c.ordinary(2, 8, 8, 2048), c.ordinary(1, 1, 2048, 64)
    ours = r.dense(x.reshape(-1, 2048), kernel[0, 0], None, (2048,))
    return ours.reshape(2, 8, 8, 64), tf.nn.conv2d(x, kernel, 1, "VALID").numpy()


def rule_conv_pointwise(c, r):
    """The 1x1 convolutions of DenseNet161, and longer ones."""
    cin, cout, side = c.pick(1280, 1281, 1296, 1536, 2112, 2160, 2208, c.size(1281, 4000)), c.pick(64, 192, c.size(1, 70)), c.size(1, 8)
    x, kernel, strides = c.values(c.pick(1, 2, 8), side, side, cin), c.fault(c.ordinary(1, 1, cin, cout)), c.pick((1, 1), (1, 1), (2, 2))
    return r.conv2d(x, kernel, None, strides, (1, 1), "VALID"), tf.nn.conv2d(x, kernel, strides, "VALID").numpy()


def rule_conv_many_channels(c, r):
    """Larger windows over many channels, and such that share no pixels: their rows count as channels."""
    n = c.pick(1, 2, 4)
    if c.pick(0, 1):
        k, s, cin = c.pick((1, 3), (2, 1), (2, 2), (3, 1)), c.pick((1, 1), (1, 1), (2, 2), (1, 2)), c.size(1281, 2100)
        h, w = k[0] + c.size(0, 6), k[1] + c.size(0, 6)
    else:
        k = c.pick((2, 2), (2, 2), (3, 2), (1, 2), (3, 3), (4, 4))
        s, cin = (k[0], k[1] * c.pick(1, 1, 2)), c.pick(16 * c.size(20, 100), 4 * c.size(100, 200), c.size(400, 800))
        h, w = k[0] * c.size(1, 4), k[1] * c.size(1, 4)
    x, kernel, padding = c.values(n, h, w, cin), c.fault(c.ordinary(*k, cin, c.pick(16, 64, c.size(1, 70)))), c.pick("VALID", "SAME")
    return r.conv2d(x, kernel, None, s, (1, 1), padding), tf.nn.conv2d(x, kernel, s, padding).numpy()


def covering(c, batch):
    """An image, and a kernel as large: of 28 taps and more oneDNN makes a matrix product."""
    k = c.pick((6, 6), (7, 7), (8, 8), (1, c.size(28, 60)), (c.size(28, 60), 1), (c.size(3, 9), c.size(3, 9)))
    cin, cout = c.pick(1, 3, c.size(1, 70)), c.pick(1, 1, 2, 10, c.size(1, 70))
    return c.values(batch, *k, cin), c.fault(c.ordinary(*k, cin, cout))


def covering_layer(x, kernel, padding="valid", dilation=(1, 1)):
    layer = tf.keras.layers.Conv2D(kernel.shape[-1], kernel.shape[:2], 1, padding, dilation_rate=dilation, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    return layer(x).numpy()


def rule_conv_covering(c, r):
    x, kernel = covering(c, c.pick(1, 2, 2, 5, 16, 128, c.size(2, 40)))
    return r.conv2d(x, kernel, None, (1, 1), (1, 1), "VALID"), covering_layer(x, kernel)


def rule_conv_covering_border(c, r):
    """With zeros around the image, or a dilation: then each output is that of another image."""
    x, kernel = covering(c, c.pick(1, 2, 5, 16))
    if c.pick(0, 1):
        pads = ((c.size(0, 2), c.size(0, 2)), (c.size(0, 2), 0))
        inner = x[:, pads[0][0]:x.shape[1] - pads[0][1] or None, pads[1][0]:]
        if inner.size == 0:
            return rule_conv_covering(c, r)
        inner = np.ascontiguousarray(inner)
        return r.conv2d(inner, kernel, None, (1, 1), (1, 1), pads), covering_layer(tf.keras.layers.ZeroPadding2D(pads)(inner), kernel)
    d = c.pick((2, 2), (1, 2), (3, 1), (2, 3))
    size = [(k - 1) * dd + c.size(1, dd + 1) for k, dd in zip(kernel.shape, d)]
    x = c.values(x.shape[0], *size, x.shape[3])
    return (r.conv2d(x, kernel, None, (1, 1), d, "VALID", multiply_border=True), covering_layer(x, kernel, dilation=d))


def not_conv_covering(c, r):
    x, kernel = covering(c, c.pick(2, 5, 16))
    ours = r.dense(x.reshape(len(x), -1), kernel.reshape(-1, kernel.shape[-1]), None, (x[0].size,))
    return ours.reshape(len(x), 1, 1, -1), covering_layer(x, kernel)


def not_conv_denormals(c, r):
    return conv(c, r, "VALID", c.tiny, keep=True)


def group_case(c, r, per_group, filters, alone=False, padding=None, groups=None, most_size=9):
    """A Conv2D layer of several groups; alone: one output position."""
    groups, k = groups or c.size(2, 40), (c.pick(1, 2, 3, 3, 3, 4, 5, 7), c.pick(1, 3, 3, 3, 5))
    per_group = max(2 if k == (1, 1) else 1, min(per_group, MOST_TAPS // (k[0] * k[1])))  # one product keeps its -0
    h, w = (k if alone else (kk + c.size(1, most_size) for kk in k))
    s = c.pick((1, 1), (1, 1), (2, 2), (1, 2))
    padding = "valid" if alone else padding or c.pick("valid", "same")
    x = c.values(c.pick(1, 2, 5, 16), h, w, groups * per_group)
    kernel = c.fault(c.pick(c.ordinary, c.extreme)(*k, per_group, groups * filters))
    layer = tf.keras.layers.Conv2D(groups * filters, k, s, padding, groups=groups, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    return r.conv2d(x, kernel, None, s, (1, 1), padding.upper(), groups=groups), layer(x).numpy()


def rule_group_lanes(c, r):
    return group_case(c, r, c.pick(1, 1, c.size(1, 14)), 1)


def rule_group_long(c, r):
    """Sums that Eigen cuts; few positions of many filters and many of few."""
    return group_case(c, r, c.pick(c.size(30, 120), c.size(8, 300)), c.pick(c.size(2, 20), c.size(16, 130)), groups=c.size(2, 4),
                      most_size=c.pick(1, 2, 5, 12))


def not_group_dense(c, r):
    x, kernel = c.ordinary(4, 1, 40, 2 * 360), c.ordinary(1, 1, 360, 2 * 48)
    layer = tf.keras.layers.Conv2D(2 * 48, 1, groups=2, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    ours = [r.dense(np.ascontiguousarray(x[..., 360 * g:][..., :360]).reshape(-1, 360),
                    np.ascontiguousarray(kernel[0, 0, :, 48 * g:][:, :48]), None) for g in (0, 1)]
    return np.concatenate(ours, -1).reshape(4, 1, 40, 96), layer(x).numpy()


def rule_group_blocks(c, r):
    return group_case(c, r, c.pick(1, 4, c.size(1, 90)), c.size(2, 20))


def rule_group_alone(c, r):
    return group_case(c, r, c.size(1, 14), c.size(2, 8), alone=True)


def not_group_chain(c, r):
    x, kernel = c.ordinary(4, 9, 9, 32), c.ordinary(3, 3, 1, 32)
    layer = tf.keras.layers.Conv2D(32, 3, groups=32, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    return r.conv2d(x, kernel, None, (1, 1), (1, 1), "VALID", groups=32, depthwise=True), layer(x).numpy()


def depthwise_case(c, r, padding, kernel_values):
    n, h, w, cin, _, k, s, d = conv_arguments(c)
    s = (s[0], s[0])  # TensorFlow takes equal strides only
    multiplier, channels = c.pick(1, 1, 2, 3), c.pick(cin, c.size(1, 70))
    x, kernel = c.after_relu(n, h, w, channels), kernel_values(*k, channels, multiplier)
    layer = tf.keras.layers.DepthwiseConv2D(k, s, padding, multiplier, dilation_rate=d, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    ours = r.conv2d(x, kernel.reshape(*k, 1, -1), None, s, d, padding.upper(), groups=channels, depthwise=True,
                    multiply_border=d != (1, 1))
    return ours, layer(x).numpy()


def rule_depthwise(c, r):
    return depthwise_case(c, r, c.pick("valid", "same"), lambda *shape: c.fault(c.ordinary(*shape)))


def rule_dense_single(c, r):
    return dense_case(c, c.pick(few_inputs(c), many_inputs(c)), 1, c.pick(2, 3, 16, 272, 512), r)


def dense_case(c, inputs, units, rows, r, blocks=(), values=None, keep=False):
    x, kernel, bias = (values or c.values)(rows, inputs), c.pick(c.ordinary, c.fault, c.extreme), c.ordinary(units)
    kernel = c.fault(c.ordinary(inputs, units)) if kernel == c.fault else (values or kernel)(inputs, units)
    layer = tf.keras.layers.Dense(units)
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    return r.dense(x, kernel, bias, blocks, keep), layer(x).numpy()


def few_inputs(c):
    return c.pick(64, 128, 256, 384, c.size(1, 384))


def many_inputs(c):
    return c.pick(385, 512, 640, 767, 768, 769, 1024, 1152, 1153, 1280, 2048, c.size(385, 3000))


def rule_dense_alone(c, r):
    return dense_case(c, c.pick(few_inputs(c), many_inputs(c)), c.pick(10, 43, 100, c.size(1, 300)), 1, r)


def rule_dense_batch(c, r):
    return dense_case(c, few_inputs(c), c.pick(10, 43, 100, c.size(2, 300)), c.pick(2, 3, 16, 272, 512, c.size(2, 64)), r)


def rule_dense_blocks(c, r):
    return dense_case(c, many_inputs(c), c.pick(10, 43, 100, c.size(2, 200)), c.pick(2, 3, 16, 272, 512, c.size(2, 64)), r)


def rule_dense_plain_blocks(c, r):
    """The Dense layers of VGG, and the batch from which on they are cut in another way."""
    x, kernel = c.after_relu(c.pick(64, 100, 101, 272), c.pick(1024, 4096)), c.ordinary(4096, c.pick(1024, 4096))[:, :]
    kernel = np.ascontiguousarray(kernel[:x.shape[1]])
    some = np.r_[0:40, kernel.shape[1] - 40:kernel.shape[1]]
    theirs = tf.linalg.matmul(x, kernel).numpy()[::9, some]
    blocks = integers(*[384] * (len(kernel) // 384), *([len(kernel) % 384] if len(kernel) % 384 else []))
    return r.dense(np.ascontiguousarray(x[::9]), np.ascontiguousarray(kernel[:, some]), None, blocks if len(x) > 100 else ()), theirs


def not_dense_blocks(c, r):
    inputs = many_inputs(c)
    return dense_case(c, inputs, 10, 64, r, blocks=(inputs,))


def not_dense_denormals(c, r):
    return dense_case(c, few_inputs(c), 10, c.pick(1, 64), r, values=c.tiny, keep=True)


def bn_case(c, ours, channels, image=True):
    x = c.values(c.pick(1, 2, 16), *((c.size(1, 12), c.size(1, 12)) if image else ()), channels)
    mean, gamma, beta = c.ordinary(channels), c.ordinary(channels), c.ordinary(channels)
    if c.pick(0, 0, 0, 1):
        mean, beta = mean * F(0), beta * F(0)
    variance, epsilon = np.abs(c.ordinary(channels)) * F(c.pick(1.0, 1e-3, 1e3)), c.pick(1e-3, 1e-5)
    scale, center = c.pick((True, True), (True, True), (False, True), (True, False))
    layer = tf.keras.layers.BatchNormalization(epsilon=epsilon, scale=scale, center=center)
    layer.build(x.shape)
    layer.set_weights([gamma] * scale + [beta] * center + [mean, variance])
    if not scale:
        gamma = np.ones_like(gamma)
    if not center:
        beta = np.zeros_like(beta) if image else -np.zeros_like(beta)
    return ours(x, mean, variance, gamma, beta, epsilon), layer(x, training=False).numpy()


def in_fours(c):
    return c.pick(16, 32, 64, 4 * c.size(1, 40))


def not_in_fours(c):
    return 4 * c.size(0, 40) + c.size(1, 3)


def rule_batch_normalization(c, r):
    return bn_case(c, r.batch_normalization, in_fours(c))


def rule_batch_normalization_odd(c, r):
    return bn_case(c, r.batch_normalization, not_in_fours(c))


def fma_everywhere(x, mean, variance, gamma, beta, epsilon):
    """The rule for channels in fours, in float64: off by a rounding of a rounding at most."""
    istd = F(1) / np.sqrt(variance + F(epsilon))
    return (((x - mean) * istd).astype(np.float64) * gamma + beta).astype(F)


def not_batch_normalization_odd(c, _):
    return bn_case(c, fma_everywhere, not_in_fours(c))


def not_batch_normalization(c, _):
    def folded(x, mean, variance, gamma, beta, epsilon):
        scale = (gamma / np.sqrt(variance + F(epsilon))).astype(F)
        return (x * scale + (beta - mean * scale)).astype(F)
    return bn_case(c, folded, in_fours(c))


def any_shape(c):
    return c.pick(1, 2, 16), c.size(1, 12), c.size(1, 12), c.size(1, 70)


def shape_in_eights(c):
    """Eigen takes eight elements at once; behind them, at the very end of a tensor, a -0 stays -0."""
    return c.pick(1, 2, 16), c.size(1, 12), c.size(1, 12), 8 * c.size(1, 9)


def rule_relu(c, r):
    x = c.pick(c.extreme, c.tiny)(*shape_in_eights(c))
    return r.activation(x, False), c.pick(tf.nn.relu, tf.keras.layers.ReLU())(x).numpy()


def rule_relu6(c, r):
    x = c.extreme(*shape_in_eights(c), rate=0.2)
    x[np.abs(x) < 1e30] *= F(4)
    return r.activation(x, True), c.pick(tf.nn.relu6, tf.keras.layers.ReLU(6.0))(x).numpy()


def not_relu(c, _):
    x = c.extreme(*any_shape(c))
    return np.where(x > 0, x, F(0)), tf.nn.relu(x).numpy()


def rule_add(c, r):
    a, b = (c.pick(c.extreme, c.tiny)(*shape) for shape in [any_shape(c)] * 2)
    return r.add(a, b), (tf.keras.layers.Add()([a, b]) if c.pick(0, 1) else tf.add(a, b)).numpy()


def rule_average_pool(c, r):
    x = c.values(c.pick(1, 2, 16), c.size(4, 16), c.size(4, 16), c.pick(16, 64, c.size(1, 70)))
    pool, strides = (c.size(1, 4), c.size(1, 4)), (c.size(1, 3), c.size(1, 3))
    if c.pick(0, 1):
        pool = strides = x.shape[1:3]
    padding = c.pick("SAME", "VALID")
    return r.average_pool(x, pool, strides, padding), tf.nn.avg_pool2d(x, pool, strides, padding).numpy()


def rule_max_pool(c, r):
    x = c.pick(c.values, c.extreme)(c.pick(1, 2, 16), c.size(4, 16), c.size(4, 16), c.pick(16, 64, c.size(1, 70)))
    pool, strides, padding = (c.size(1, 4), c.size(1, 4)), (c.size(1, 3), c.size(1, 3)), c.pick("same", "valid")
    return r.max_pool(x, pool, strides, padding.upper()), tf.keras.layers.MaxPooling2D(pool, strides, padding)(x).numpy()


def not_max_pool(c, _):
    """NaN passed on."""
    x = c.extreme(2, 8, 8, 16)
    return np.max(x.reshape(2, 4, 2, 4, 2, 16), axis=(2, 4)), tf.keras.layers.MaxPooling2D()(x).numpy()


def rule_global_max_pool(c, r):
    x = c.pick(c.values, c.extreme)(c.pick(1, 2, 16), c.size(1, 9), c.size(1, 9), c.pick(16, 64, c.size(1, 70)))
    x[np.abs(x) < np.finfo(F).tiny] = 0  # TensorFlow makes denormals zeros here; no op before it gives one
    return r.global_max_pool(x), c.pick(tf.keras.layers.GlobalMaxPooling2D(), lambda x: tf.reduce_max(x, (1, 2)))(x).numpy()


def rule_global_average_pool(c, r):
    side = c.size(1, 12)
    other = c.pick(side, side, c.size(1, 12))
    x = c.values(c.pick(1, 2, 16, 128), side, max(other, 3 - side), c.pick(16, 64, 8 * c.size(1, 40)))
    return mean_case(c, r.global_average_pool, x)


def rule_global_average_pool_few(c, r):
    x = c.values(c.pick(1, 2, 16), c.size(2, 3), c.size(1, 4), c.size(1, 70))
    return mean_case(c, r.global_average_pool, x)


def odd_images(c):
    return c.ordinary(c.pick(1, 2, 16, c.size(1, 300)), c.pick(4, 8, c.size(4, 12)), c.size(4, 12), 8 * c.size(0, 9) + c.size(1, 7))


def rule_global_average_pool_odd(c, r):
    return mean_case(c, r.global_average_pool_at, odd_images(c))


def not_global_average_pool_odd(c, r):
    return mean_case(c, r.global_average_pool, odd_images(c))


def one_channel(c):
    side = c.pick(c.size(2, 12), c.size(2, 40), c.size(80, 140))
    return c.values(c.pick(1, 2, 16, c.size(1, 60)), side, max(2, side + c.size(-2, 2)), 1)


def rule_global_average_pool_one(c, r):
    return mean_case(c, r.global_average_pool_at, one_channel(c))


def not_global_average_pool_one(c, r):
    return mean_case(c, r.global_average_pool, one_channel(c))


def mean_case(c, ours, x):
    layer = c.pick(tf.keras.layers.GlobalAveragePooling2D(), lambda x: tf.reduce_mean(x, axis=(1, 2)))
    return ours(x), layer(x).numpy()


# ---- functions of one element ----

def function_values(c, size):
    """Ordinary values, values over the whole range of exponents, bit patterns, and what is special."""
    values = c.pick(lambda: c.ordinary(size) * F(c.pick(1, 4, 30)), lambda: c.tiny(size),
                    lambda: c.rng.integers(0, 2**32, size, dtype=np.uint32).view(F))().copy()
    special = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 1e38, -1e38, 88.7, 88.73, -87.3, -87.4, -103.9, -104.1, 3, -3,
                        2.5, -2.5, 6, 1e-4, -4e-4, 3.83, -13.94, 13.95], F)
    hit = c.rng.random(size) < 0.05
    values[hit] = c.rng.choice(special, int(hit.sum()))
    return values


def function_case(c, r, kind, theirs, in_eights=False, **options):
    size = c.pick(1 << 16, (1 << 18) + c.size(0, 7), c.size(1, 40))
    x = function_values(c, 8 * size if in_eights else size).reshape(1, -1)
    return r.function(kind, x, **options), np.asarray(theirs(tf.constant(x)))


def function_rule(kind, theirs, **options):
    return lambda c, r: function_case(c, r, kind, theirs, **options)


def rule_elu_layer(c, r):
    alpha = c.pick(0.5, 1.7, 0.1)
    return function_case(c, r, "elu", tf.keras.layers.ELU(alpha), alpha=alpha)


def rule_leaky_relu(c, r):
    alpha = c.pick(0.2, 0.3, 0.01, 1.5)
    theirs = c.pick(tf.keras.layers.LeakyReLU(alpha), lambda x: tf.nn.leaky_relu(x, alpha), tf.keras.layers.ReLU(negative_slope=alpha))
    return function_case(c, r, "leaky_relu", theirs, alpha=alpha)


def rule_general_relu(c, r):
    alpha, highest, threshold = c.pick((0, 4, 0), (0.1, 4, 0), (0.1, 6, 0), (0, None, 1), (0.1, None, 1), (0.2, 5, 0.5), (0, 6, 1))
    return function_case(c, r, "general_relu", tf.keras.layers.ReLU(highest, alpha, threshold), in_eights=True, alpha=alpha,
                         max_value=np.inf if highest is None else highest, threshold=threshold)


def hard_sigmoid_6(x):
    """Keras 3's, in TensorFlow's functions."""
    return tf.nn.relu6(x + 3.0) / 6.0


def not_sigmoid_end(c, r):
    x = c.ordinary(1, 8 * c.size(0, 3) + c.size(3, 7))
    return r.function("sigmoid", x, all_body=True), tf.sigmoid(x).numpy()


def not_sigmoid_exact(c, _):
    x = c.ordinary(1, 4096)
    return (1 / (1 + np.exp(-x.astype(np.float64)))).astype(F), tf.sigmoid(x).numpy()


def softmax_case(c, scale=None):
    x = c.values(*c.pick((1, 10), (512, 10), (272, 10), (16, 1000), (1, 1000), (c.size(1, 64), c.size(1, 70)), (2, 3, 5, c.size(1, 40))))
    if c.pick(0, 0, 1):
        hit = c.rng.random(x.shape) < c.rng.random()
        x[hit] = c.rng.choice(np.array([np.nan, np.inf, -np.inf, 0, 1e38, -1e38], F), int(hit.sum()))
    return x * F(c.pick(1, 5, 50))


def rule_softmax(c, r):
    x = softmax_case(c)
    return r.softmax(x), c.pick(tf.nn.softmax, tf.keras.layers.Softmax())(x).numpy()


def not_softmax(c, r):
    x = c.ordinary(64, 100) * F(3)
    e = r.function("exponential", x - x.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).astype(F), tf.nn.softmax(x).numpy()


def rule_log_softmax(c, r):
    x = softmax_case(c) if c.pick(0, 1, 1) else c.ordinary(c.size(1, 40), c.pick(8192, 8193, 9000, 21841, c.size(1, 20000))) * F(3)
    return r.log_softmax(x), c.pick(tf.nn.log_softmax, tf.keras.layers.Activation(tf.nn.log_softmax))(x).numpy()


def not_log_softmax(c, r):
    x = c.ordinary(c.size(1, 7), c.size(2, 100)) * F(3)
    return r.log_softmax(x, all_body=True), tf.nn.log_softmax(x).numpy()


def binary_rule(kind, theirs):
    def rule(c, r):
        a, b = (c.pick(c.extreme, c.tiny)(*shape) for shape in [any_shape(c)] * 2)
        return r.binary(kind, a, b), theirs(tf.constant(a), tf.constant(b)).numpy()
    return rule


def rule_batch_normalization_dense(c, r):
    return bn_case(c, lambda *a: r.batch_normalization(*a, fused=False), c.pick(16, 64, c.size(1, 70)), image=False)


def not_batch_normalization_dense(c, r):
    return bn_case(c, r.batch_normalization, 4 * c.size(1, 16), image=False)


def layer_normalization_case(c, r, epsilon, rows, fused=None):
    channels = c.pick(16, 96, 192, 768, c.size(1, 100), c.size(100, 2000))
    x, gamma, beta = c.pick(c.ordinary, c.ordinary, c.extreme)(rows, channels), c.ordinary(channels), c.ordinary(channels)
    layer = tf.keras.layers.LayerNormalization(epsilon=epsilon)
    layer.build(x.shape)
    layer.set_weights([gamma, beta])
    return r.layer_normalization(x, gamma, beta, epsilon, epsilon >= 1.001e-5 if fused is None else fused), layer(x).numpy()


def rule_layer_normalization_fused(c, r):
    return layer_normalization_case(c, r, c.pick(1e-3, 2e-5), c.size(1, 20))


def rule_layer_normalization(c, r):
    return layer_normalization_case(c, r, c.pick(1e-6, 1e-5), c.size(1, 40))


def not_layer_normalization(c, r):
    return layer_normalization_case(c, r, 1e-6, 8, fused=True)


def resize_rule(*methods, antialias=False):
    """Larger, smaller, one axis each way, whole factors and the same size."""
    def rule(c, r):
        method, side = c.pick(*methods), lambda: c.pick(c.size(1, 9), c.size(1, 40), c.size(1, 40))
        x = c.values(c.size(1, 3), side(), side(), c.pick(1, 3, c.size(1, 9)))
        size = c.pick((side(), side()), (side(), side()), (side(), x.shape[2]), (x.shape[1], side()), x.shape[1:3], (2 * x.shape[1], 3 * x.shape[2]))
        return r.resize(x, method, size, antialias), tf.image.resize(x, size, method, antialias=antialias).numpy()
    return rule


def preprocess_case(c, scale):
    """All 256 bytes of all channels: `scale` gives 0..1 in float32; then - mean, / std, each rounded."""
    x = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(1, 16, 16, 3)
    mean, std = (np.array(v, F) for v in c.pick(*oracle.STATISTICS.values()))
    theirs = (tf.image.convert_image_dtype(x, tf.float32) - mean) / std
    return ((scale(x.astype(F)) - mean) / std).astype(F), theirs.numpy()


def rule_preprocess(c, _):
    return preprocess_case(c, lambda x: x * F(1.0 / 255.0))


def not_preprocess(c, _):
    return preprocess_case(c, lambda x: x / F(255))


# Section of docs/numerics.md, what is claimed, function. "not:" is a rule that must differ.
RULES = (
    ("conv", "chain of fma in kh, kw, cin order from +0; padding VALID", rule_conv_valid),
    ("conv", "padding SAME", rule_conv_same),
    ("conv", "SAME with Inf or NaN in the kernel: the border is skipped", rule_conv_border),
    ("conv", "not: SAME with Inf or NaN in the kernel: the border is multiplied", not_conv_border),
    ("conv", "SAME with a dilation (Keras layer): the border is multiplied", rule_conv_dilated),
    ("conv", "not: SAME with a dilation (Keras layer): the border is skipped", not_conv_dilated),
    ("conv", "ZeroPadding2D, then VALID, Inf and NaN: the zeros are multiplied", rule_conv_padded),
    ("conv", "the bias is added afterwards and rounded on its own", rule_conv_bias),
    ("conv", "the shapes of ResNets, one bit flipped", rule_conv_resnet),
    ("conv", "1x1 over more than 1,280 channels: a chain for each 1,280", rule_conv_pointwise),
    ("conv", "larger windows too; the pixels of a row count as channels where windows share none", rule_conv_many_channels),
    ("conv", "not: 1x1 over 2048 channels in a single chain", not_conv_long),
    ("conv", "not: denormals are kept", not_conv_denormals),
    ("conv", "a window of 28 taps and more that is the whole image: as Dense, without its plain blocks", rule_conv_covering),
    ("conv", "the same with ZeroPadding2D; with a dilation", rule_conv_covering_border),
    ("conv", "not: a window that is the whole image: a chain", not_conv_covering),
    ("groups", "one filter in each: the sum of eight lanes; the border is multiplied", rule_group_lanes),
    ("groups", "several filters in each: chains, cut as Eigen does on two threads", rule_group_blocks),
    ("groups", "the same for long sums, few positions, few filters", rule_group_long),
    ("groups", "several filters, one output position: the same; in a batch of one rounded products, by sixteens", rule_group_alone),
    ("groups", "not: long sums are cut as in Dense", not_group_dense),
    ("groups", "not: one filter in each: a chain", not_group_chain),
    ("depthwise", "the rules of conv for the taps of one channel", rule_depthwise),
    ("dense", "one output, batch of two and more: the sum of eight lanes", rule_dense_single),
    ("dense", "batch of one: a single chain", rule_dense_alone),
    ("dense", "batch of two and more, at most 384 inputs: a single chain", rule_dense_batch),
    ("dense", "batch of two and more, over 384 inputs: blocks", rule_dense_blocks),
    ("dense", "1,024 and more inputs and outputs: plain blocks from 101 rows on", rule_dense_plain_blocks),
    ("dense", "not: over 384 inputs in a single chain", not_dense_blocks),
    ("dense", "not: denormals are kept", not_dense_denormals),
    ("batch_normalization", "channels in fours: fma((x - mean) * istd, gamma, beta)", rule_batch_normalization),
    ("batch_normalization", "other channels: (x - mean) * (gamma / sqrt(variance + epsilon)) + beta", rule_batch_normalization_odd),
    ("batch_normalization", "not: other channels: fma((x - mean) * istd, gamma, beta)", not_batch_normalization_odd),
    ("batch_normalization", "not: folded into a scale and a shift", not_batch_normalization),
    ("activation", "relu: x <= 0 ? +0 : x", rule_relu),
    ("activation", "not: relu: x > 0 ? x : 0", not_relu),
    ("activation", "relu6: then x > 6 ? 6 : x", rule_relu6),
    ("add", "one rounding", rule_add),
    ("average_pool", "sum in h, w order inside the image, divided by their number", rule_average_pool),
    ("max_pool", "v > m ? v : m from the lowest float on: NaN is passed over", rule_max_pool),
    ("max_pool", "not: NaN is passed on", not_max_pool),
    ("global_max_pool", "m > v ? m : v, the first NaN stays", rule_global_max_pool),
    ("global_average_pool", "under 16 values: in order, divided by n", rule_global_average_pool_few),
    ("global_average_pool", "channels in eights: else four sums over i mod 4; divided by n", rule_global_average_pool),
    ("global_average_pool", "other channels: eight outputs at once unless they reach into the next image", rule_global_average_pool_odd),
    ("global_average_pool", "one channel: the sum over a last axis, in eight lanes", rule_global_average_pool_one),
    ("global_average_pool", "not: one channel: as others", not_global_average_pool_one),
    ("global_average_pool", "not: other channels: the same", not_global_average_pool_odd),
    ("function", "exponential: Eigen's polynomial without fma; the C library's expf behind the last eight",
     function_rule("exponential", tf.exp)),
    ("function", "sigmoid: e / (1 + e)", function_rule("sigmoid", tf.sigmoid)),
    ("function", "not: sigmoid: the same at the end of an array", not_sigmoid_end),
    ("function", "not: sigmoid: correctly rounded", not_sigmoid_exact),
    ("function", "silu: x * sigmoid(x)", function_rule("silu", tf.nn.silu)),
    ("function", "tanh: Eigen's rational function", function_rule("tanh", tf.tanh)),
    ("function", "round: halves to even", function_rule("round", tf.round)),
    ("function", "softplus", function_rule("softplus", tf.nn.softplus)),
    ("function", "softsign", function_rule("softsign", tf.nn.softsign)),
    ("function", "mish: x * tanh(softplus(x))", function_rule("mish", tf.keras.activations.mish)),
    ("function", "elu", function_rule("elu", tf.nn.elu, alpha=1.0)),
    ("function", "elu with alpha: x > 0 ? x : alpha * elu(x)", rule_elu_layer),
    ("function", "selu", function_rule("selu", tf.nn.selu)),
    ("function", "gelu: Eigen's erf", function_rule("gelu", tf.nn.gelu)),
    ("function", "gelu, approximate: Eigen's pow(x, 3)", function_rule("gelu_tanh", lambda x: tf.nn.gelu(x, approximate=True))),
    ("function", "leaky_relu: x > 0 ? x : x * alpha", rule_leaky_relu),
    ("function", "relu with slope, largest value, threshold", rule_general_relu),
    ("function", "hard_sigmoid of Keras 2: clip(x * 0.2 + 0.5)", function_rule("hard_sigmoid", tf.keras.activations.hard_sigmoid)),
    ("function", "hard_sigmoid of Keras 3: relu6(x + 3) / 6", function_rule("hard_sigmoid_6", hard_sigmoid_6)),
    ("function", "hard_silu: x * that", function_rule("hard_silu", lambda x: x * hard_sigmoid_6(x))),
    ("softmax", "oneDNN's, in sixteen lanes", rule_softmax),
    ("softmax", "not: Eigen's exp, a division", not_softmax),
    ("log_softmax", "Eigen's sum of exp, its log; the C library's behind the last eight rows", rule_log_softmax),
    ("log_softmax", "not: Eigen's log for the last rows too", not_log_softmax),
    ("binary", "multiply", binary_rule("multiply", tf.multiply)),
    ("binary", "subtract", binary_rule("subtract", tf.subtract)),
    ("binary", "divide", binary_rule("divide", tf.divide)),
    ("binary", "maximum: NaN beats everything", binary_rule("maximum", tf.maximum)),
    ("binary", "minimum: NaN beats everything", binary_rule("minimum", tf.minimum)),
    ("batch_normalization", "not on images: x * scale + shift", rule_batch_normalization_dense),
    ("batch_normalization", "not: not on images: as on images", not_batch_normalization_dense),
    ("layer_normalization", "epsilon from 1.001e-5 on: sums in order", rule_layer_normalization_fused),
    ("layer_normalization", "smaller epsilon: Eigen's sums, rsqrt", rule_layer_normalization),
    ("layer_normalization", "not: smaller epsilon: sums in order", not_layer_normalization),
    ("resize", "nearest", resize_rule("nearest")),
    ("resize", "bilinear: a + (b - a) * fraction, columns, then rows", resize_rule("bilinear")),
    ("resize", "bicubic: a table of weights; rows, then columns", resize_rule("bicubic")),
    ("resize", "area: parts of pixels", resize_rule("area")),
    ("resize", "lanczos, gaussian, mitchellcubic: windows; rows, then columns", resize_rule("lanczos3", "lanczos5", "gaussian", "mitchellcubic")),
    ("resize", "bilinear and bicubic with antialias: windows too", resize_rule("bilinear", "bicubic", "lanczos3", antialias=True)),
    ("preprocess", "-u: x * (1/255), - mean, / std", rule_preprocess),
    ("preprocess", "not: -u: x / 255", not_preprocess),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=40, help="per rule (default 40)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="rules whose section or text contains this")
    parser.add_argument("--threads", type=int, default=2,
                        help="TensorFlow's, within an op (default 2: sums of groups depend on it)")
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/numerics.md")
    parser.add_argument("--list", action="store_true", help="show the rules, compute nothing")
    arguments = parser.parse_args()
    rules = [rule for rule in RULES if not arguments.only or arguments.only in rule[0] + " " + rule[1]]
    if arguments.list:
        for section, text, _ in rules:
            print(f"{section:20} {text}")
        return 0
    np.seterr(all="ignore")
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    print(f"TensorFlow {tf.__version__}, NumPy {np.__version__}, seed {arguments.seed}")
    reference, failed = Reference(), 0
    for section, text, rule in rules:
        cases = Cases(arguments.seed)
        elements = different = bad_cases = 0
        for _ in range(arguments.cases):
            ours, theirs = rule(cases, reference)
            count = differing(ours, theirs)
            elements, different, bad_cases = elements + ours.size, different + count, bad_cases + (count > 0)
        wrong = (different == 0) == text.startswith("not:")
        failed += wrong
        if arguments.markdown:
            shown = f"wrong rule: {text.removeprefix('not: ')}" if text.startswith("not:") else text
            print(f"| {section} | {shown} | {different:,} of {elements:,} |", flush=True)
            continue
        print(f"{section:20} {text:75} cases {arguments.cases:4}  elements {elements:9}  differing {different:8} in "
              f"{bad_cases} cases{'   <-- WRONG' if wrong else ''}", flush=True)
    print(f"{len(rules)} rules, {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
