"""Published fault lists held against a network: every row must fit, and every layer must have the size that the list implies.

A list is made from the sizes of the layers and nothing else (statistical fault injection, 1 % margin, 99 %), so a network with the
right sizes gives the same list again, row for row.
"""
import ast
import csv
import math
import random

HEADER = ("Injection", "Layer", "TensorIndex", "Bit")


def read(path):
    """Rows (injection, layer, index, bit)."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row]
    if tuple(rows[0]) != HEADER:
        raise ValueError(f"{path}: expected the header {','.join(HEADER)}, found {','.join(rows[0])}")
    return [(int(injection), layer, ast.literal_eval(index), int(bit)) for injection, layer, index, bit in rows[1:]]


def sample_size(weights, margin=0.01, t=2.58, p=0.5):
    """Faults of a list for a network of so many weights: 32 bits, two polarities each."""
    population = 64 * weights
    return round(population / (1 + margin**2 * (population - 1) / (t**2 * p * (1 - p))))


def layer_sizes(shapes):
    return {name: math.prod(shape) for name, shape in shapes.items()}


def faults_per_layer(shapes):
    sizes = layer_sizes(shapes)
    total = sum(sizes.values())
    return {name: round(sample_size(total) * size / total) for name, size in sizes.items()}


def problems(rows, shapes):
    """What does not fit: `shapes` maps every Conv2D and Dense layer to its kernel's shape. Empty when all is well."""
    found, counts = [], dict.fromkeys(shapes, 0)
    for injection, layer, index, bit in rows:
        shape = shapes.get(layer)
        if shape is None:
            found.append(f"injection {injection}: no layer {layer}")
        elif len(index) != len(shape) or not all(0 <= i < size for i, size in zip(index, shape)):
            found.append(f"injection {injection}: {layer} is {shape}, the index {index}")
        elif not 0 <= bit < 32:
            found.append(f"injection {injection}: bit {bit}")
        else:
            counts[layer] += 1
    for layer, expected in faults_per_layer(shapes).items():
        if counts[layer] != expected:
            found.append(f"{layer}: its shape {shapes[layer]} implies {expected} faults, the list has {counts[layer]}")
    return found


def generate(shapes):
    """The list of a network whose layers stand in `shapes` in the twin's order."""
    draw, rows, seen = random.Random(42), [], set()
    for layer, count in faults_per_layer(shapes).items():
        shape = shapes[layer]
        torch_order = (3, 2, 0, 1) if len(shape) == 4 else (1, 0)
        for _ in range(count):
            fault = None
            while fault is None or fault in seen:
                index = [0] * len(shape)
                for axis in torch_order:
                    index[axis] = draw.randint(0, shape[axis] - 1)
                fault = (layer, tuple(index), draw.randint(0, 31))
            seen.add(fault)
            rows.append((len(rows), *fault))
    return rows


def same_rows(rows, shapes):
    """How many rows of a list are those that the network's sizes give."""
    order = dict.fromkeys(layer for _, layer, _, _ in rows)  # the list's own, which is the twin's
    if set(order) != set(shapes):
        return 0
    return sum(a == b for a, b in zip(rows, generate({layer: shapes[layer] for layer in order})))
