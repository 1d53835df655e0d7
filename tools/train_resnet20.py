#!/usr/bin/env python3
"""Trains the model that the project ships: ResNet20 for CIFAR-10, option A shortcuts (He et al. 2015, section 4.2).

    python3 -m venv venv && venv/bin/pip install "tensorflow-cpu==2.14.*" "numpy<2"
    venv/bin/python tools/train_resnet20.py --data cifar-10-batches-py --out models/CIFAR10

Writes OUT/ResNet20.keras, OUT/ResNet20.train.csv (one row an epoch) and OUT/ResNet20.train.json (settings, versions, accuracy).
Layers carry the names and kernels the shapes of the published ResNet20 fault list (conv2d, conv2d_1 ... conv2d_18, dense), so that list
runs on this model. Images are preprocessed as tf_injector does by default ((x / 255 - mean) / std in float32).
Stops and starts: every epoch is kept in --work, and the same command goes on from the last one.
"""
import argparse
import csv
import importlib.metadata
import json
import os
import pickle
import platform
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import numpy as np
import tensorflow as tf

MEAN = np.array((0.4914, 0.4822, 0.4465), np.float32)
STD = np.array((0.2023, 0.1994, 0.2010), np.float32)
BN = dict(momentum=0.9, epsilon=1e-5)


def build():
    """(32, 32, 3) float32 -> (10,) logits; explicit zero padding, so that strided convolutions pad on all sides."""
    layers = tf.keras.layers

    def conv(h, filters, stride):
        h = layers.ZeroPadding2D(1)(h)
        h = layers.Conv2D(filters, 3, strides=stride, padding="valid", use_bias=False,
                          kernel_initializer="he_normal")(h)
        return layers.BatchNormalization(**BN)(h)

    x = layers.Input((32, 32, 3))
    h = layers.ReLU()(conv(x, 16, 1))
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            stride = 2 if stage and not block else 1
            shortcut = h
            y = layers.ReLU()(conv(h, filters, stride))
            y = conv(y, filters, 1)
            if stride == 2:  # option A: every second pixel, new channels are zero
                side = filters // 4
                shortcut = tf.pad(h[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [side, side]])
            h = layers.ReLU()(layers.Add()([y, shortcut]))
    h = layers.GlobalAveragePooling2D()(h)
    return tf.keras.Model(x, layers.Dense(10)(h), name="ResNet20")


def load(folder, names):
    xs, ys = [], []
    for name in names:
        with open(os.path.join(folder, name), "rb") as f:
            d = pickle.load(f, encoding="bytes")
        xs.append(np.asarray(d[b"data"]).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        ys.append(np.asarray(d[b"labels"], np.int32))
    return np.ascontiguousarray(np.concatenate(xs)), np.concatenate(ys)


def normalise(x):
    return (x.astype(np.float32) / np.float32(255) - MEAN) / STD


def augment(x, rng):
    """Random crop out of 4 pixels of zero padding (zero after normalisation) and horizontal flip; uint8 in, float32 out."""
    n = len(x)
    padded = np.pad(normalise(x), ((0, 0), (4, 4), (4, 4), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (32, 32), axis=(1, 2))
    out = windows[np.arange(n), rng.integers(0, 9, n), rng.integers(0, 9, n)].transpose(0, 2, 3, 1)
    flip = rng.random(n) < 0.5
    out[flip] = out[flip, :, ::-1]
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True, help="folder of CIFAR-10 python pickles")
    ap.add_argument("--out", required=True, help="folder for the model and its log")
    ap.add_argument("--work", default="train_work", help="folder for the state after each epoch")
    ap.add_argument("--epochs", type=int, default=24)
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--peak-lr", type=float, default=0.2)
    ap.add_argument("--weight-decay", type=float, default=5e-4)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    os.makedirs(a.work, exist_ok=True)
    tf.keras.utils.set_random_seed(a.seed)
    x, y = load(a.data, [f"data_batch_{i}" for i in range(1, 6)])
    xt, yt = load(a.data, ["test_batch"])
    xt = normalise(xt)

    model = build()
    steps = len(x) // a.batch
    total, warm = a.epochs * steps, 4 * steps

    class OneCycle(tf.keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            step = tf.cast(step, tf.float32)
            return a.peak_lr * tf.minimum((step + 1) / warm, tf.maximum(0.0, (total - step) / (total - warm)))

    optimizer = tf.keras.optimizers.SGD(OneCycle(), momentum=0.9, nesterov=True)
    decayed = [w for w in model.trainable_weights if "kernel" in w.name]
    epoch_done = tf.Variable(0, dtype=tf.int64)
    state = tf.train.Checkpoint(model=model, optimizer=optimizer, epoch=epoch_done)
    manager = tf.train.CheckpointManager(state, a.work, max_to_keep=1)
    if manager.latest_checkpoint:
        state.restore(manager.latest_checkpoint)

    @tf.function
    def train_step(xb, yb):
        with tf.GradientTape() as tape:
            logits = model(xb, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(yb, logits))
            penalty = a.weight_decay * tf.add_n([tf.nn.l2_loss(w) for w in decayed])
            objective = loss + penalty
        optimizer.apply_gradients(zip(tape.gradient(objective, model.trainable_weights), model.trainable_weights))
        return loss, tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, 1, tf.int32), yb), tf.int32))

    predict = tf.function(lambda xb: model(xb, training=False))

    def test_accuracy():
        hits = 0
        for i in range(0, len(xt), 500):
            hits += int((predict(xt[i:i + 500]).numpy().argmax(1) == yt[i:i + 500]).sum())
        return hits

    log_path = os.path.join(a.out, "ResNet20.train.csv")
    if int(epoch_done.numpy()) == 0:
        with open(log_path, "w", newline="") as f:
            csv.writer(f).writerow(["epoch", "train_loss", "train_accuracy", "test_correct_of_10000", "seconds"])
    for epoch in range(int(epoch_done.numpy()), a.epochs):
        start = time.time()
        rng = np.random.default_rng((a.seed, epoch))
        order = rng.permutation(len(x))
        loss_sum = hits = 0
        for chunk in range(0, steps, 40):  # augment a few thousand images at a time
            index = order[chunk * a.batch:min(chunk + 40, steps) * a.batch]
            xs, ys = augment(x[index], rng), y[index]
            for i in range(0, len(index), a.batch):
                loss, right = train_step(tf.constant(xs[i:i + a.batch]), tf.constant(ys[i:i + a.batch]))
                loss_sum += float(loss)
                hits += int(right)
        correct = test_accuracy()
        row = [epoch + 1, f"{loss_sum / steps:.4f}", f"{hits / (steps * a.batch):.4f}", correct, f"{time.time() - start:.0f}"]
        with open(log_path, "a", newline="") as f:
            csv.writer(f).writerow(row)
        print(*row, flush=True)
        epoch_done.assign(epoch + 1)
        manager.save()

    model.save(os.path.join(a.out, "ResNet20.keras"))
    with open(os.path.join(a.out, "ResNet20.train.json"), "w") as f:
        json.dump({"network": "ResNet20, option A shortcuts", "data": "CIFAR-10", "epochs": a.epochs, "batch": a.batch,
                   "optimizer": "SGD, Nesterov 0.9", "peak_lr": a.peak_lr, "schedule": "4 epochs up, then linear to 0",
                   "weight_decay": a.weight_decay, "seed": a.seed, "test_images": len(yt), "test_correct": test_accuracy(),
                   "tensorflow": tf.__version__, "keras": importlib.metadata.version("keras"), "numpy": np.__version__,
                   "python": platform.python_version()}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
