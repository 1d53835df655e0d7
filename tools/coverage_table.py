#!/usr/bin/env python3
"""The tables of docs/statistics.md out of what estimator_coverage wrote with --csv:  coverage_table.py FILE.csv...

Prints Markdown: a row for each population and method, three columns of confidences.
"""
import csv
import sys


def main(paths):
    rows = [row for path in paths for row in csv.DictReader(open(path, newline=""))]
    confidences = sorted({row["confidence"] for row in rows}, key=float)
    found = {(row["population"], row["method"], row["confidence"]): row for row in rows}
    print("| population | method |" + "".join(f" faults, {float(c):.0%} | covered | ever out |" for c in confidences))
    print("|---|---|" + "---|---|---|" * len(confidences))
    for population, method in dict.fromkeys((row["population"], row["method"]) for row in rows):
        cells, truth = [], ""
        for confidence in confidences:
            row = found[population, method, confidence]
            truth = f"{100 * float(row['truth']):.3g} %"
            cells += [f"{int(float(row['faults_median'])):,} / {int(float(row['faults_95'])):,}", f"{float(row['covered']):.3f}",
                      f"{float(row['ever_outside']):.3f}"]
        print(f"| {population} ({truth}) | {method} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
