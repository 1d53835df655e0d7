"""Small PyTorch twins of the zoo's networks: the modules, and so the weights' names, of the public implementations.

Written from their descriptions, in PyTorch's own terms, to compare tools/zoo with. `w` scales channels as `--width` does.
"""
import functools

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """Named parts, and a function of them: forward(parts, x)."""

    def __init__(self, forward, **parts):
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        self._forward = forward

    def forward(self, x):
        return self._forward(self, x)


conv = functools.partial(nn.Conv2d, bias=False)
relu, norm = F.relu, nn.BatchNorm2d


def channels(w, *counts):
    scaled = [max(1, round(count * w)) for count in counts]
    return scaled if len(scaled) > 1 else scaled[0]


def flat_mean(x):
    return F.adaptive_avg_pool2d(x, (1, 1)).flatten(1)


# ---- ResNets ---------------------------------------------------------------------------------------------------------------

def cifar_resnet(w, classes, blocks):
    def block(inner, outer, stride):
        more = (outer - inner) // 2

        def forward(m, x):
            y = m.bn2(m.conv2(relu(m.bn1(m.conv1(x)))))
            return relu(y + (F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, outer - inner - more)) if stride == 2 else x))
        return Block(forward, conv1=conv(inner, outer, 3, stride, 1), bn1=norm(outer), conv2=conv(outer, outer, 3, 1, 1),
                     bn2=norm(outer))

    def layer(inner, outer, stride):
        return nn.Sequential(*(block(outer if i else inner, outer, 1 if i else stride) for i in range(blocks)))

    a, b, c = channels(w, 16, 32, 64)

    def forward(m, x):
        x = m.layer3(m.layer2(m.layer1(relu(m.bn1(m.conv1(x))))))
        return m.linear(F.avg_pool2d(x, x.shape[3]).flatten(1))
    return Block(forward, conv1=conv(3, a, 3, 1, 1), bn1=norm(a), layer1=layer(a, a, 1), layer2=layer(a, b, 2),
                 layer3=layer(b, c, 2), linear=nn.Linear(c, classes))


def resnet18(w, classes):
    def block(inner, outer, stride):
        shortcut = nn.Sequential()
        if stride != 1 or inner != outer:
            shortcut = nn.Sequential(conv(inner, outer, 1, stride), norm(outer))
        residual = nn.Sequential(conv(inner, outer, 3, stride, 1), norm(outer), nn.ReLU(), conv(outer, outer, 3, 1, 1), norm(outer))
        return Block(lambda m, x: relu(m.residual_function(x) + m.shortcut(x)), residual_function=residual, shortcut=shortcut)

    sizes = channels(w, 64, 64, 128, 256, 512)
    stages = {f"conv{i}_x": nn.Sequential(block(a, b, 1 if i == 2 else 2), block(b, b, 1))
              for i, (a, b) in enumerate(zip(sizes, sizes[1:]), 2)}
    first = nn.Sequential(conv(3, sizes[0], 3, 1, 1), norm(sizes[0]), nn.ReLU())
    return Block(lambda m, x: m.fc(flat_mean(m.conv5_x(m.conv4_x(m.conv3_x(m.conv2_x(m.conv1(x))))))), conv1=first, **stages,
                 fc=nn.Linear(sizes[-1], classes))


# ---- MobileNetV2, VGG ------------------------------------------------------------------------------------------------------

def mobilenet_v2(w, classes):
    def block(inner, outer, expansion, stride):
        wide = inner * expansion
        shortcut = nn.Sequential()
        if stride == 1 and inner != outer:
            shortcut = nn.Sequential(conv(inner, outer, 1), norm(outer))

        def forward(m, x):
            y = relu(m.bn2(m.conv2(relu(m.bn1(m.conv1(x))))))
            y = m.bn3(m.conv3(y))
            return y + m.shortcut(x) if stride == 1 else y
        return Block(forward, conv1=conv(inner, wide, 1), bn1=norm(wide), conv2=conv(wide, wide, 3, stride, 1, groups=wide),
                     bn2=norm(wide), conv3=conv(wide, outer, 1), bn3=norm(outer), shortcut=shortcut)

    first = inner = channels(w, 32)
    blocks = []
    for expansion, outer, count, stride in ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                            (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(count):
            blocks.append(block(inner, channels(w, outer), expansion, 1 if i else stride))
            inner = channels(w, outer)
    last = channels(w, 1280)

    def forward(m, x):
        x = relu(m.bn2(m.conv2(m.layers(relu(m.bn1(m.conv1(x)))))))
        return m.linear(F.avg_pool2d(x, 4).flatten(1))
    return Block(forward, conv1=conv(3, first, 3, 1, 1), bn1=norm(first), layers=nn.Sequential(*blocks),
                 conv2=conv(inner, last, 1), bn2=norm(last), linear=nn.Linear(last, classes))


def vgg_bn(w, classes, stages):
    parts, inner = [], 3
    for outer, count in zip(channels(w, 64, 128, 256, 512, 512), stages):
        for _ in range(count):
            parts += [nn.Conv2d(inner, outer, 3, padding=1), norm(outer), nn.ReLU()]
            inner = outer
        parts.append(nn.MaxPool2d(2, 2))
    wide = channels(w, 4096)
    classifier = nn.Sequential(nn.Linear(inner, wide), nn.ReLU(), nn.Dropout(), nn.Linear(wide, wide), nn.ReLU(), nn.Dropout(),
                               nn.Linear(wide, classes))
    return Block(lambda m, x: m.classifier(flat_mean(m.features(x))), features=nn.Sequential(*parts), classifier=classifier)


# ---- DenseNets -------------------------------------------------------------------------------------------------------------

class DenseLayer(nn.Sequential):
    def forward(self, x):
        return torch.cat([x, super().forward(x)], 1)


def named(sequence, parts):
    for name, part in parts:
        sequence.add_module(name, part)
    return sequence


def densenet(w, classes, growth, layers, first):
    growth, size = channels(w, growth, first)
    parts = [("conv0", conv(3, size, 3, 1, 1)), ("norm0", norm(size)), ("relu0", nn.ReLU()), ("pool0", nn.MaxPool2d(3, 2, 1))]
    for stage, count in enumerate(layers, 1):
        block = nn.Sequential()
        for i in range(1, count + 1):
            block.add_module(f"denselayer{i}", named(DenseLayer(), [
                ("norm1", norm(size)), ("relu1", nn.ReLU()), ("conv1", conv(size, 4 * growth, 1)), ("norm2", norm(4 * growth)),
                ("relu2", nn.ReLU()), ("conv2", conv(4 * growth, growth, 3, 1, 1))]))
            size += growth
        parts.append((f"denseblock{stage}", block))
        if stage < len(layers):
            parts.append((f"transition{stage}", named(nn.Sequential(), [
                ("norm", norm(size)), ("relu", nn.ReLU()), ("conv", conv(size, size // 2, 1)), ("pool", nn.AvgPool2d(2, 2))])))
            size //= 2
    parts.append(("norm5", norm(size)))
    return Block(lambda m, x: m.classifier(flat_mean(relu(m.features(x)))), features=named(nn.Sequential(), parts),
                 classifier=nn.Linear(size, classes))


def cifar100_densenet(w, classes, growth, layers):
    growth = channels(w, growth)
    first = size = 2 * growth
    parts = []
    for stage, count in enumerate(layers):
        block = nn.Sequential()
        for i in range(count):
            inner = nn.Sequential(norm(size), nn.ReLU(), conv(size, 4 * growth, 1), norm(4 * growth), nn.ReLU(),
                                  conv(4 * growth, growth, 3, 1, 1))
            block.add_module(f"bottle_neck_layer_{i}", Block(lambda m, x: torch.cat([x, m.bottle_neck(x)], 1), bottle_neck=inner))
            size += growth
        if stage < len(layers) - 1:
            parts.append((f"dense_block_layer_{stage}", block))
            down = nn.Sequential(norm(size), conv(size, size // 2, 1), nn.AvgPool2d(2, 2))
            parts.append((f"transition_layer_{stage}", Block(lambda m, x: m.down_sample(x), down_sample=down)))
            size //= 2
        else:
            parts.append((f"dense_block{stage}", block))
    parts += [("bn", norm(size)), ("relu", nn.ReLU())]
    return Block(lambda m, x: m.linear(flat_mean(m.features(m.conv1(x)))), conv1=conv(3, first, 3, 1, 1),
                 features=named(nn.Sequential(), parts), linear=nn.Linear(size, classes))


# ---- GoogLeNets, InceptionV3 -----------------------------------------------------------------------------------------------

SIZES = {"3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
         "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
         "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128)}


def basic(inner, outer, kernel, stride=1, padding=0):
    return Block(lambda m, x: relu(m.bn(m.conv(x))), conv=conv(inner, outer, kernel, stride, padding), bn=norm(outer, eps=0.001))


def pooled_after(x, name):
    return F.max_pool2d(x, 3, 2, 1) if name in ("3b", "4e") else x


def googlenet(w, classes):
    def inception(inner, one, reduced3, three, reduced5, five, pooled):
        return Block(lambda m, x: torch.cat([m.branch1(x), m.branch2(x), m.branch3(x), m.branch4(x)], 1),
                     branch1=basic(inner, one, 1),
                     branch2=nn.Sequential(basic(inner, reduced3, 1), basic(reduced3, three, 3, 1, 1)),
                     branch3=nn.Sequential(basic(inner, reduced5, 1), basic(reduced5, five, 3, 1, 1)),
                     branch4=nn.Sequential(nn.MaxPool2d(3, 1, 1), basic(inner, pooled, 1)))

    first = size = channels(w, 192)
    blocks = {}
    for name, counts in SIZES.items():
        one, reduced3, three, reduced5, five, pooled = channels(w, *counts)
        blocks[f"inception{name}"] = inception(size, one, reduced3, three, reduced5, five, pooled)
        size = one + three + five + pooled

    def forward(m, x):
        x = m.conv1(x)
        for name in SIZES:
            x = pooled_after(getattr(m, f"inception{name}")(x), name)
        return m.fc(flat_mean(x))
    return Block(forward, conv1=basic(3, first, 3, 1, 1), **blocks, fc=nn.Linear(size, classes))


def cifar100_googlenet(w, classes):
    def units(*counts_and_kernels, first):
        parts, inner = [], first
        for outer, kernel in counts_and_kernels:
            parts += [nn.Conv2d(inner, outer, kernel, padding=kernel // 2), norm(outer), nn.ReLU()]
            inner = outer
        return parts

    def inception(inner, one, reduced3, three, reduced5, five, pooled):
        return Block(lambda m, x: torch.cat([m.b1(x), m.b2(x), m.b3(x), m.b4(x)], 1),
                     b1=nn.Sequential(*units((one, 1), first=inner)),
                     b2=nn.Sequential(*units((reduced3, 1), (three, 3), first=inner)),
                     b3=nn.Sequential(*units((reduced5, 1), (five, 3), (five, 3), first=inner)),
                     b4=nn.Sequential(nn.MaxPool2d(3, 1, 1), *units((pooled, 1), first=inner)))

    a, b, size = channels(w, 64, 64, 192)
    prelayer = []
    for i, o in ((3, a), (a, b), (b, size)):
        prelayer += [conv(i, o, 3, 1, 1), norm(o), nn.ReLU()]
    blocks = {}
    for name, counts in SIZES.items():
        one, reduced3, three, reduced5, five, pooled = channels(w, *counts)
        blocks[name[1] + name[0]] = inception(size, one, reduced3, three, reduced5, five, pooled)
        size = one + three + five + pooled

    def forward(m, x):
        x = F.max_pool2d(m.prelayer(x), 3, 2, 1)
        for name in SIZES:
            x = pooled_after(getattr(m, name[1] + name[0])(x), name)
        return m.linear(flat_mean(x))
    return Block(forward, prelayer=nn.Sequential(*prelayer), **blocks, linear=nn.Linear(size, classes))


def chain(names, m, x):
    for name in names:
        x = getattr(m, name)(x)
    return x


def inception_v3(w, classes):
    def parts(inner, *units):
        """Units of a branch: (name, channels, kernel, padding, stride)."""
        made = {}
        for name, outer, kernel, padding, stride in units:
            made[name] = basic(inner, channels(w, outer), kernel, stride, padding)
            inner = channels(w, outer)
        return made

    average = functools.partial(F.avg_pool2d, kernel_size=3, stride=1, padding=1)
    triple = ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")

    def a(inner, pooled):
        def forward(m, x):
            return torch.cat([m.branch1x1(x), chain(("branch5x5_1", "branch5x5_2"), m, x), chain(triple, m, x),
                              m.branch_pool(average(x))], 1)
        return Block(forward, **parts(inner, ("branch1x1", 64, 1, 0, 1)),
                     **parts(inner, ("branch5x5_1", 48, 1, 0, 1), ("branch5x5_2", 64, 5, 2, 1)),
                     **parts(inner, (triple[0], 64, 1, 0, 1), (triple[1], 96, 3, 1, 1), (triple[2], 96, 3, 1, 1)),
                     **parts(inner, ("branch_pool", pooled, 1, 0, 1))), sum(channels(w, 64, 64, 96, pooled))

    def b(inner):
        def forward(m, x):
            return torch.cat([m.branch3x3(x), chain(triple, m, x), F.max_pool2d(x, 3, 2)], 1)
        return Block(forward, **parts(inner, ("branch3x3", 384, 3, 0, 2)),
                     **parts(inner, (triple[0], 64, 1, 0, 1), (triple[1], 96, 3, 1, 1), (triple[2], 96, 3, 0, 2))
                     ), sum(channels(w, 384, 96)) + inner

    def c(inner, c7):
        wide, high = ((1, 7), (0, 3)), ((7, 1), (3, 0))
        single = [f"branch7x7_{i}" for i in range(1, 4)]
        double = [f"branch7x7dbl_{i}" for i in range(1, 6)]

        def forward(m, x):
            return torch.cat([m.branch1x1(x), chain(single, m, x), chain(double, m, x), m.branch_pool(average(x))], 1)
        return Block(forward, **parts(inner, ("branch1x1", 192, 1, 0, 1)),
                     **parts(inner, (single[0], c7, 1, 0, 1), (single[1], c7, *wide, 1), (single[2], 192, *high, 1)),
                     **parts(inner, (double[0], c7, 1, 0, 1), (double[1], c7, *high, 1), (double[2], c7, *wide, 1),
                             (double[3], c7, *high, 1), (double[4], 192, *wide, 1)),
                     **parts(inner, ("branch_pool", 192, 1, 0, 1))), 4 * channels(w, 192)

    def d(inner):
        four = [f"branch7x7x3_{i}" for i in range(1, 5)]

        def forward(m, x):
            return torch.cat([chain(("branch3x3_1", "branch3x3_2"), m, x), chain(four, m, x), F.max_pool2d(x, 3, 2)], 1)
        return Block(forward, **parts(inner, ("branch3x3_1", 192, 1, 0, 1), ("branch3x3_2", 320, 3, 0, 2)),
                     **parts(inner, (four[0], 192, 1, 0, 1), (four[1], 192, (1, 7), (0, 3), 1), (four[2], 192, (7, 1), (3, 0), 1),
                             (four[3], 192, 3, 0, 2))), sum(channels(w, 320, 192)) + inner

    def e(inner):
        low, high = ((1, 3), (0, 1)), ((3, 1), (1, 0))
        half = channels(w, 384)

        def forward(m, x):
            y, z = m.branch3x3_1(x), chain(triple[:2], m, x)
            return torch.cat([m.branch1x1(x), m.branch3x3_2a(y), m.branch3x3_2b(y), m.branch3x3dbl_3a(z), m.branch3x3dbl_3b(z),
                              m.branch_pool(average(x))], 1)
        return Block(forward, **parts(inner, ("branch1x1", 320, 1, 0, 1)), **parts(inner, ("branch3x3_1", 384, 1, 0, 1)),
                     **parts(half, ("branch3x3_2a", 384, *low, 1)), **parts(half, ("branch3x3_2b", 384, *high, 1)),
                     **parts(inner, (triple[0], 448, 1, 0, 1), (triple[1], 384, 3, 1, 1)),
                     **parts(half, ("branch3x3dbl_3a", 384, *low, 1)), **parts(half, ("branch3x3dbl_3b", 384, *high, 1)),
                     **parts(inner, ("branch_pool", 192, 1, 0, 1))), channels(w, 320) + 4 * half + channels(w, 192)

    plan = (("5b", a, 32), ("5c", a, 64), ("5d", a, 64), ("6a", b), ("6b", c, 128), ("6c", c, 160), ("6d", c, 160),
            ("6e", c, 192), ("7a", d), ("7b", e), ("7c", e))
    first = size = channels(w, 192)
    blocks = {}
    for name, kind, *counts in plan:
        blocks[f"Mixed_{name}"], size = kind(size, *counts)
    return Block(lambda m, x: m.fc(flat_mean(chain(("Conv2d_1a_3x3", *blocks), m, x))), Conv2d_1a_3x3=basic(3, first, 3, 1, 1),
                 **blocks, fc=nn.Linear(size, classes))


TWINS = {
    ("CIFAR10", "ResNet20"): functools.partial(cifar_resnet, blocks=3),
    ("CIFAR10", "MobileNetV2"): mobilenet_v2,
    ("CIFAR10", "Vgg11_bn"): functools.partial(vgg_bn, stages=(1, 1, 2, 2, 2)),
    ("CIFAR10", "Vgg19_bn"): functools.partial(vgg_bn, stages=(2, 2, 4, 4, 4)),
    ("CIFAR10", "DenseNet121"): functools.partial(densenet, growth=32, layers=(6, 12, 24, 16), first=64),
    ("CIFAR10", "GoogLeNet"): googlenet,
    ("CIFAR10", "InceptionV3"): inception_v3,
    ("CIFAR100", "ResNet18"): resnet18,
    ("CIFAR100", "DenseNet121"): functools.partial(cifar100_densenet, growth=32, layers=(6, 12, 24, 16)),
    ("CIFAR100", "GoogLeNet"): cifar100_googlenet,
    ("GTSRB", "ResNet20"): functools.partial(cifar_resnet, blocks=3),
    ("GTSRB", "DenseNet121"): functools.partial(densenet, growth=32, layers=(6, 12, 24, 16), first=64),
    ("GTSRB", "Vgg11_bn"): functools.partial(vgg_bn, stages=(1, 1, 2, 2, 2)),
}


def seeded(dataset, network, w, classes, images, seed=0):
    """A twin with random weights whose batch statistics are those of `images` (N x 3 x H x W), ready to score."""
    torch.manual_seed(seed)
    net = TWINS[dataset, network](w, classes)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.normal_(module.bias, 0, 0.2)
    with torch.no_grad():
        net.train()(images)
    return net.eval()
