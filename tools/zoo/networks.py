"""The networks of the published campaigns, one function each: Builder and image in, scores out.

Names of twins are those of the public PyTorch implementations whose weights the campaigns used.
"""
import functools

IMAGE_SIZE = {"CIFAR10": 32, "CIFAR100": 32, "GTSRB": 50}
CLASSES = {"CIFAR10": 10, "CIFAR100": 100, "GTSRB": 43}


# ---- ResNet ----------------------------------------------------------------------------------------------------------------

def cifar_resnet(b, x, classes, depth):
    """ResNet of 6n + 2 layers for CIFAR, shortcuts without weights (option A). Twin: akamaster/pytorch_resnet_cifar10."""
    x = b.relu(b.norm(b.conv(x, b.channels(16), 3, "conv1", padding=1), "bn1"))
    for stage, channels in enumerate((16, 32, 64), 1):
        for i in range((depth - 2) // 6):
            stride = 2 if stage > 1 and i == 0 else 1
            body = functools.partial(_option_a_block, b, channels=b.channels(channels), stride=stride, twin=f"layer{stage}.{i}")
            x = b.block(x, body)
    x = b.average_pool(x, x.shape[1])
    return b.linear(b.flatten(x), classes, "linear")


def _option_a_block(b, x, channels, stride, twin):
    y = b.relu(b.norm(b.conv(x, channels, 3, f"{twin}.conv1", stride, padding=1), f"{twin}.bn1"))
    y = b.norm(b.conv(y, channels, 3, f"{twin}.conv2", padding=1), f"{twin}.bn2")
    return b.relu(y + (x if stride == 1 else b.thin_and_widen(x, channels)))


def resnet18(b, x, classes):
    """Shortcuts are convolutions. Twin: weiaicunzai/pytorch-cifar100."""
    x = b.relu(b.norm(b.conv(x, b.channels(64), 3, "conv1.0", padding=1), "conv1.1"))
    for stage, channels in enumerate((64, 128, 256, 512), 2):
        for i in range(2):
            stride = 2 if stage > 2 and i == 0 else 1
            body = functools.partial(_basic_block, b, channels=b.channels(channels), stride=stride, twin=f"conv{stage}_x.{i}")
            x = b.block(x, body)
    return b.linear(b.flatten(b.global_average(x)), classes, "fc")


def _basic_block(b, x, channels, stride, twin):
    residual, shortcut = f"{twin}.residual_function", f"{twin}.shortcut"
    y = b.relu(b.norm(b.conv(x, channels, 3, f"{residual}.0", stride, padding=1), f"{residual}.1"))
    y = b.norm(b.conv(y, channels, 3, f"{residual}.3", padding=1), f"{residual}.4")
    if stride != 1 or x.shape[3] != channels:
        x = b.norm(b.conv(x, channels, 1, f"{shortcut}.0", stride), f"{shortcut}.1")
    return b.relu(y + x)


# ---- MobileNetV2 -----------------------------------------------------------------------------------------------------------

def mobilenet_v2(b, x, classes):
    """Twin: kuangliu/pytorch-cifar."""
    x = b.relu(b.norm(b.conv(x, b.channels(32), 3, "conv1", padding=1), "bn1"))
    stages = ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    blocks = [(expansion, channels, stride if i == 0 else 1) for expansion, channels, count, stride in stages for i in range(count)]
    for i, (expansion, channels, stride) in enumerate(blocks):
        body = functools.partial(_inverted_residual, b, expansion=expansion, channels=b.channels(channels), stride=stride,
                                 twin=f"layers.{i}")
        x = b.block(x, body)
    x = b.relu(b.norm(b.conv(x, b.channels(1280), 1, "conv2"), "bn2"))
    return b.linear(b.flatten(b.average_pool(x, 4)), classes, "linear")


def _inverted_residual(b, x, expansion, channels, stride, twin):
    inner = x.shape[3] * expansion
    y = b.relu(b.norm(b.conv(x, inner, 1, f"{twin}.conv1"), f"{twin}.bn1"))
    y = b.relu(b.norm(b.conv(y, inner, 3, f"{twin}.conv2", stride, padding=1, groups=inner), f"{twin}.bn2"))
    y = b.norm(b.conv(y, channels, 1, f"{twin}.conv3"), f"{twin}.bn3")
    if stride == 2:
        return y
    if x.shape[3] != channels:
        x = b.norm(b.conv(x, channels, 1, f"{twin}.shortcut.0"), f"{twin}.shortcut.1")
    return y + x


# ---- VGG -------------------------------------------------------------------------------------------------------------------

VGG_STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def vgg_bn(b, x, classes, depth):
    """Twin: huyvnphan/PyTorch_CIFAR10."""
    index = 0  # in the twin's `features`
    for channels, convolutions in zip((64, 128, 256, 512, 512), VGG_STAGES[depth]):
        for _ in range(convolutions):
            x = b.conv(x, b.channels(channels), 3, f"features.{index}", padding=1, bias=True)
            x = b.relu(b.norm(x, f"features.{index + 1}"))
            index += 3
        x = b.max_pool(x, 2, 2)
        index += 1
    x = b.flatten(b.global_average(x))
    for index in (0, 3):
        x = b.dropout(b.relu(b.linear(x, b.channels(4096), f"classifier.{index}")), 0.5)
    return b.linear(x, classes, "classifier.6")


# ---- DenseNet --------------------------------------------------------------------------------------------------------------

def densenet(b, x, classes, growth, layers, first):
    """Twin: huyvnphan/PyTorch_CIFAR10."""
    growth, f = b.channels(growth), "features"
    x = b.relu(b.norm(b.conv(x, b.channels(first), 3, f"{f}.conv0", padding=1), f"{f}.norm0"))
    x = b.max_pool(x, 3, 2, padding=1)
    for stage, count in enumerate(layers, 1):
        twins = [[f"{f}.denseblock{stage}.denselayer{i}.{part}" for part in ("norm1", "conv1", "norm2", "conv2")]
                 for i in range(1, count + 1)]
        x = b.block(x, functools.partial(_dense_block, b, growth=growth, twins=twins))
        if stage < len(layers):
            x = b.block(x, functools.partial(_transition, b, twin=f"{f}.transition{stage}"))
    x = b.relu(b.norm(x, f"{f}.norm5"))
    return b.linear(b.flatten(b.global_average(x)), classes, "classifier")


def _dense_block(b, x, growth, twins):
    for norm1, conv1, norm2, conv2 in twins:
        y = b.conv(b.relu(b.norm(x, norm1)), 4 * growth, 1, conv1)
        y = b.conv(b.relu(b.norm(y, norm2)), growth, 3, conv2, padding=1)
        x = b.concat([x, y])
    return x


def _transition(b, x, twin):
    x = b.conv(b.relu(b.norm(x, f"{twin}.norm")), x.shape[3] // 2, 1, f"{twin}.conv")
    return b.average_pool(x, 2)


def cifar100_densenet(b, x, classes, growth, layers):
    """No first pooling, transitions without ReLU. Twin: weiaicunzai/pytorch-cifar100."""
    growth, f = b.channels(growth), "features"
    x = b.conv(x, 2 * growth, 3, "conv1", padding=1)
    for stage, count in enumerate(layers):
        last = stage == len(layers) - 1
        name = f"{f}.dense_block{stage}" if last else f"{f}.dense_block_layer_{stage}"
        twins = [[f"{name}.bottle_neck_layer_{i}.bottle_neck.{part}" for part in (0, 2, 3, 5)] for i in range(count)]
        x = b.block(x, functools.partial(_dense_block, b, growth=growth, twins=twins))
        if not last:
            x = b.block(x, functools.partial(_linear_transition, b, twin=f"{f}.transition_layer_{stage}.down_sample"))
    x = b.relu(b.norm(x, f"{f}.bn"))
    return b.linear(b.flatten(b.global_average(x)), classes, "linear")


def _linear_transition(b, x, twin):
    return b.average_pool(b.conv(b.norm(x, f"{twin}.0"), x.shape[3] // 2, 1, f"{twin}.1"), 2)


# ---- GoogLeNet -------------------------------------------------------------------------------------------------------------

# channels: 1x1; 3x3 reduced, 3x3; 5x5 reduced, 5x5; after pooling
GOOGLENET = (("3a", 64, 96, 128, 16, 32, 32), ("3b", 128, 128, 192, 32, 96, 64), ("pool",), ("4a", 192, 96, 208, 16, 48, 64),
             ("4b", 160, 112, 224, 24, 64, 64), ("4c", 128, 128, 256, 24, 64, 64), ("4d", 112, 144, 288, 32, 64, 64),
             ("4e", 256, 160, 320, 32, 128, 128), ("pool",), ("5a", 256, 160, 320, 32, 128, 128),
             ("5b", 384, 192, 384, 48, 128, 128))


def googlenet(b, x, classes):
    """Twin: huyvnphan/PyTorch_CIFAR10."""
    unit = functools.partial(_basic_conv, b)
    x = unit(x, b.channels(192), 3, "conv1", padding=1)
    for name, *channels in GOOGLENET:
        if name == "pool":
            x = b.max_pool(x, 3, 2, padding=1)
            continue
        one, reduced3, three, reduced5, five, pooled = (b.channels(c) for c in channels)
        twin = f"inception{name}"
        # The convolutions are numbered by their depth in the block, not branch by branch.
        first = [unit(x, one, 1, f"{twin}.branch1"), unit(x, reduced3, 1, f"{twin}.branch2.0"),
                 unit(x, reduced5, 1, f"{twin}.branch3.0")]
        x = b.concat([first[0], unit(first[1], three, 3, f"{twin}.branch2.1", padding=1),
                      unit(first[2], five, 3, f"{twin}.branch3.1", padding=1),
                      unit(b.max_pool(x, 3, 1, padding=1), pooled, 1, f"{twin}.branch4.1")])
    x = b.dropout(b.flatten(b.global_average(x)), 0.2)
    return b.linear(x, classes, "fc")


def _basic_conv(b, x, filters, kernel, twin, stride=1, padding=0):
    return b.relu(b.norm(b.conv(x, filters, kernel, f"{twin}.conv", stride, padding), f"{twin}.bn", epsilon=1e-3))


def cifar100_googlenet(b, x, classes):
    """Three layers before the blocks, 5x5 as two 3x3, biases in the blocks. Twin: weiaicunzai/pytorch-cifar100."""
    for i, channels in zip((0, 3, 6), (64, 64, 192)):
        x = b.relu(b.norm(b.conv(x, b.channels(channels), 3, f"prelayer.{i}", padding=1), f"prelayer.{i + 1}"))
    x = b.max_pool(x, 3, 2, padding=1)
    for name, *channels in GOOGLENET:
        if name == "pool":
            x = b.max_pool(x, 3, 2, padding=1)
            continue
        body = functools.partial(_inception, b, channels=[b.channels(c) for c in channels], twin=name[1] + name[0])
        x = b.block(x, body)
    x = b.dropout(b.flatten(b.global_average(x)), 0.4)
    return b.linear(x, classes, "linear")


def _inception(b, x, channels, twin):
    one, reduced3, three, reduced5, five, pooled = channels

    def branch(y, number, *units, start=0):
        for i, (filters, kernel) in enumerate(units):
            at = start + 3 * i
            y = b.conv(y, filters, kernel, f"{twin}.b{number}.{at}", padding=kernel // 2, bias=True)
            y = b.relu(b.norm(y, f"{twin}.b{number}.{at + 1}"))
        return y

    return b.concat([branch(x, 1, (one, 1)), branch(x, 2, (reduced3, 1), (three, 3)),
                     branch(x, 3, (reduced5, 1), (five, 3), (five, 3)),
                     branch(b.max_pool(x, 3, 1, padding=1), 4, (pooled, 1), start=1)])


# ---- InceptionV3 -----------------------------------------------------------------------------------------------------------

def inception_v3(b, x, classes):
    """No list of it was published: its convolutions are numbered branch by branch. Twin: huyvnphan/PyTorch_CIFAR10."""
    x = _basic_conv(b, x, b.channels(192), 3, "Conv2d_1a_3x3", padding=1)
    for name, block, options in (
            ("5b", _inception_a, {"pooled": 32}), ("5c", _inception_a, {"pooled": 64}), ("5d", _inception_a, {"pooled": 64}),
            ("6a", _inception_b, {}), ("6b", _inception_c, {"inner": 128}), ("6c", _inception_c, {"inner": 160}),
            ("6d", _inception_c, {"inner": 160}), ("6e", _inception_c, {"inner": 192}), ("7a", _inception_d, {}),
            ("7b", _inception_e, {}), ("7c", _inception_e, {})):
        x = b.block(x, functools.partial(block, b, twin=f"Mixed_{name}", **options))
    return b.linear(b.flatten(b.dropout(b.global_average(x), 0.5)), classes, "fc")


def _branch(b, x, twin, *units):
    """Convolutions one after another: (name, channels, kernel); of stride 2 without padding where a fourth field says so."""
    for name, channels, kernel, *stride in units:
        padding = (0, 0) if stride else (kernel[0] // 2, kernel[1] // 2)
        x = _basic_conv(b, x, b.channels(channels), kernel, f"{twin}.{name}", *stride, padding=padding)
    return x


def _inception_a(b, x, twin, pooled):
    return b.concat([
        _branch(b, x, twin, ("branch1x1", 64, (1, 1))),
        _branch(b, x, twin, ("branch5x5_1", 48, (1, 1)), ("branch5x5_2", 64, (5, 5))),
        _branch(b, x, twin, ("branch3x3dbl_1", 64, (1, 1)), ("branch3x3dbl_2", 96, (3, 3)), ("branch3x3dbl_3", 96, (3, 3))),
        _branch(b, b.average_pool(x, 3, 1, padding=1), twin, ("branch_pool", pooled, (1, 1)))])


def _inception_b(b, x, twin):
    return b.concat([
        _branch(b, x, twin, ("branch3x3", 384, (3, 3), 2)),
        _branch(b, x, twin, ("branch3x3dbl_1", 64, (1, 1)), ("branch3x3dbl_2", 96, (3, 3)), ("branch3x3dbl_3", 96, (3, 3), 2)),
        b.max_pool(x, 3, 2)])


def _inception_c(b, x, twin, inner):
    return b.concat([
        _branch(b, x, twin, ("branch1x1", 192, (1, 1))),
        _branch(b, x, twin, ("branch7x7_1", inner, (1, 1)), ("branch7x7_2", inner, (1, 7)), ("branch7x7_3", 192, (7, 1))),
        _branch(b, x, twin, ("branch7x7dbl_1", inner, (1, 1)), ("branch7x7dbl_2", inner, (7, 1)),
                ("branch7x7dbl_3", inner, (1, 7)), ("branch7x7dbl_4", inner, (7, 1)), ("branch7x7dbl_5", 192, (1, 7))),
        _branch(b, b.average_pool(x, 3, 1, padding=1), twin, ("branch_pool", 192, (1, 1)))])


def _inception_d(b, x, twin):
    return b.concat([
        _branch(b, x, twin, ("branch3x3_1", 192, (1, 1)), ("branch3x3_2", 320, (3, 3), 2)),
        _branch(b, x, twin, ("branch7x7x3_1", 192, (1, 1)), ("branch7x7x3_2", 192, (1, 7)), ("branch7x7x3_3", 192, (7, 1)),
                ("branch7x7x3_4", 192, (3, 3), 2)),
        b.max_pool(x, 3, 2)])


def _inception_e(b, x, twin):
    one = _branch(b, x, twin, ("branch1x1", 320, (1, 1)))
    three = _branch(b, x, twin, ("branch3x3_1", 384, (1, 1)))
    three = [_branch(b, three, twin, (f"branch3x3_2{ab}", 384, kernel)) for ab, kernel in (("a", (1, 3)), ("b", (3, 1)))]
    double = _branch(b, x, twin, ("branch3x3dbl_1", 448, (1, 1)), ("branch3x3dbl_2", 384, (3, 3)))
    double = [_branch(b, double, twin, (f"branch3x3dbl_3{ab}", 384, kernel)) for ab, kernel in (("a", (1, 3)), ("b", (3, 1)))]
    pooled = _branch(b, b.average_pool(x, 3, 1, padding=1), twin, ("branch_pool", 192, (1, 1)))
    return b.concat([one, b.concat(three), b.concat(double), pooled])


# ---- the table -------------------------------------------------------------------------------------------------------------

_CIFAR10 = {
    **{f"ResNet{depth}": functools.partial(cifar_resnet, depth=depth) for depth in (20, 32, 44, 56, 110, 1202)},
    **{f"Vgg{depth}_bn": functools.partial(vgg_bn, depth=depth) for depth in VGG_STAGES},
    "DenseNet121": functools.partial(densenet, growth=32, layers=(6, 12, 24, 16), first=64),
    "DenseNet161": functools.partial(densenet, growth=48, layers=(6, 12, 36, 24), first=96),
    "DenseNet169": functools.partial(densenet, growth=32, layers=(6, 12, 32, 32), first=64),
    "GoogLeNet": googlenet, "InceptionV3": inception_v3, "MobileNetV2": mobilenet_v2,
}
NETWORKS = {
    "CIFAR10": _CIFAR10,
    "CIFAR100": {"DenseNet121": functools.partial(cifar100_densenet, growth=32, layers=(6, 12, 24, 16)),
                 "GoogLeNet": cifar100_googlenet, "ResNet18": resnet18},
    "GTSRB": {name: _CIFAR10[name] for name in ("DenseNet121", "ResNet20", "Vgg11_bn")},
}
