#!/usr/bin/env python3
"""Builds the networks of the published fault-injection campaigns in Keras, with the layer names and shapes of the published lists.

    python tools/zoo ResNet20 --dataset CIFAR10 --from-torch resnet20.th -o models/CIFAR10/ResNet20.keras   # weights of the twin
    python tools/zoo Vgg11_bn --dataset GTSRB -o Vgg11_bn.keras [--seed N] [--images PATH]                  # random weights
    python tools/zoo --check fault_lists            # every network against every published list (DATASET/NETWORK_TF_FL.csv)

Random weights come from the seed; BatchNormalization and the last layer are set on images (a folder of CIFAR pickles or an .npz
with x; without --images on made ones) so that scores are sane. Needs TensorFlow 2.14; --from-torch needs PyTorch beside it.
"""
import argparse
import pathlib
import sys

import lists
import networks
import weights

EDITED_ROWS = {("CIFAR10", "ResNet20"): 1}  # of the published list, edited by hand


def arguments():
    parser = argparse.ArgumentParser(prog="tools/zoo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="?", help="; ".join(f"{d}: {' '.join(n)}" for d, n in networks.NETWORKS.items()))
    parser.add_argument("--dataset", "-d", choices=networks.NETWORKS)
    parser.add_argument("--output", "-o", metavar="FILE", help="the .keras file")
    parser.add_argument("--from-torch", metavar="FILE", help="a state_dict of the network's twin, of torch.save")
    parser.add_argument("--seed", type=int, default=0, help="of random weights (default 0)")
    parser.add_argument("--images", metavar="PATH", help="real images, for random weights")
    parser.add_argument("--width", type=float, default=1.0, help="all channels times this: small networks for tests")
    parser.add_argument("--check", metavar="FOLDER", help="hold every network against the published lists in FOLDER")
    args = parser.parse_args()
    if args.check:
        return args
    if not (args.network and args.dataset and args.output):
        parser.error("give a network, --dataset and -o FILE, or --check FOLDER")
    if args.network not in networks.NETWORKS[args.dataset]:
        parser.error(f"no {args.network} for {args.dataset}: there are {' '.join(networks.NETWORKS[args.dataset])}")
    if args.width <= 0:
        parser.error("--width is a number over 0")
    return args


def images_for(dataset, path, seed, count=128):
    """Float32 images as fed, for calibrate."""
    sys.path.insert(1, str(pathlib.Path(__file__).resolve().parent.parent))
    import oracle
    size = networks.IMAGE_SIZE[dataset]
    if path is None:
        images = weights.made_images(size, count, seed)
        mean, std = (weights.np.array(values, "float32") for values in oracle.STATISTICS[dataset])
        return (images.astype("float32") / weights.np.float32(255) - mean) / std
    # The pickles of the other CIFAR are read as their own: here only the images matter.
    images, _ = oracle.load_images(path, "CIFAR100" if (pathlib.Path(path) / "test").is_file() else "CIFAR10")
    return oracle.tf.image.resize(images[:count], (size, size)).numpy()


def make(args):
    import builder
    if args.from_torch:
        state = weights.read_torch(args.from_torch)
    model, b = builder.build(args.dataset, args.network, args.width)
    if args.from_torch:
        weights.set_torch_weights(b.twins, state)
    else:
        weights.set_random_weights(b.twins, args.seed)
        weights.calibrate(model, b.twins, images_for(args.dataset, args.images, args.seed))
    model.save(args.output)
    print(f"{args.output}: {args.network} for {args.dataset}, {model.count_params():,} parameters")


def check(folder):
    """Number of networks that do not fit their list."""
    import builder
    bad, seen, published = 0, set(), {}
    for path in sorted(pathlib.Path(folder).glob("*/*_TF_FL.csv")):
        published[path.parent.name, path.name.removesuffix("_TF_FL.csv").lower()] = path
    for dataset, names in networks.NETWORKS.items():
        for name in names:
            _, b = builder.build(dataset, name)
            shapes = builder.kernel_shapes(b)
            line = f"{dataset} {name}: {len(shapes)} layers, {sum(lists.layer_sizes(shapes).values()):,} kernel weights"
            path = published.get((dataset, name.lower()))
            if path is None:
                print(f"{line}; no list", flush=True)
                continue
            seen.add(path)
            rows = lists.read(path)
            problems = lists.problems(rows, shapes)
            same = lists.same_rows(rows, shapes)
            if same < len(rows) - EDITED_ROWS.get((dataset, name), 0):
                problems.append(f"only {same} rows are those that the sizes give")
            bad += bool(problems)
            print(f"{line}; {len(rows)} rows, {same} made again from the sizes: {'; '.join(problems[:5]) or 'fits'}", flush=True)
    for path in published.values():
        if path not in seen:
            bad += 1
            print(f"{path}: no such network")
    print(f"{len(seen)} lists, {bad} that do not fit")
    if not published:
        raise weights.InputError(f"{folder}: no lists DATASET/NETWORK_TF_FL.csv")
    return bad


def main():
    args = arguments()
    try:
        if args.check:
            return 1 if check(args.check) else 0
        make(args)
        return 0
    except (weights.InputError, OSError, ValueError) as error:
        print(f"tools/zoo: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
