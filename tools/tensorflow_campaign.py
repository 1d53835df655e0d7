#!/usr/bin/env python3
"""A fault campaign on real TensorFlow: what tf_injector's reports and scores are held against. Slow: every fault evaluates everything.

    python tools/tensorflow_campaign.py --model models/CIFAR10/ResNet20.keras --dataset CIFAR10 \\
        --data datasets/CIFAR10/cifar-10-batches-py --faults faults.csv --report report.csv [--scores DIR] [--limit 512]

    ... --random 40 --seed 7 --write-faults random.csv     a list over every layer and every bit instead of --faults
    ... --time-only                                        no report: one line of JSON with seconds and faults/s (the golden run is not counted)

The report has the bytes of the Python tool's. --data is a folder of CIFAR pickles or an .npz with x (uint8 or float32) and y.
"""
import argparse
import json
import sys

import oracle


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--dataset", choices=oracle.STATISTICS, help="decides how uint8 images are preprocessed")
    parser.add_argument("--data", required=True)
    parser.add_argument("--faults", help="a fault list")
    parser.add_argument("--random", type=int, metavar="N", help="N random faults instead")
    parser.add_argument("--seed", type=int, default=0, help="of --random")
    parser.add_argument("--write-faults", metavar="FILE", help="the random list")
    parser.add_argument("--report", help="the report (CSV)")
    parser.add_argument("--scores", metavar="DIR", help="clean.npy and inj_<id>.npy")
    parser.add_argument("--limit", type=int, help="the first images only")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--use-tf", action="store_true", help="TensorFlow's preprocessing instead of NumPy's")
    parser.add_argument("--time-only", action="store_true")
    arguments = parser.parse_args()
    if (arguments.faults is None) == (arguments.random is None):
        parser.error("one of --faults and --random is needed")
    return arguments


def main():
    arguments = parse_arguments()
    model = oracle.load_model(arguments.model)
    images, labels = oracle.load_images(arguments.data, arguments.dataset, arguments.use_tf)
    images, labels = oracle.as_fed(model, images[:arguments.limit]), labels[:arguments.limit]
    if arguments.faults:
        faults = oracle.read_faults(arguments.faults)
    else:
        faults = oracle.random_faults(model, arguments.random, arguments.seed)
        if arguments.write_faults:
            oracle.write_faults(arguments.write_faults, faults)
    golden, seconds = oracle.run_campaign(model, images, labels, faults, arguments.batch, arguments.report, arguments.scores)
    if arguments.time_only:
        print(json.dumps({"name": "tensorflow", "faults": len(faults), "images": len(labels), "seconds": round(seconds, 3),
                          "faults_per_second": len(faults) / seconds}))
        return 0
    print(f"GOLD stats:\nimages: {len(labels)}\ntop 1 accuracy: {oracle.hits(golden, labels, 1)}\n"
          f"top 5 accuracy: {oracle.hits(golden, labels, 5)}")
    print(f"{len(faults)} faults in {seconds:.1f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
