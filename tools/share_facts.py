"""Exact intervals of shares by SciPy (beta.ppf, hypergeom.cdf), for tests/answers/exact_share_test.cpp:

  python tools/share_facts.py > tests/answers/exact_share_facts.csv     (SciPy 1.7 or later)

A population of 0 stands for draws with replacement. Ends are rounded nowhere: repr().
"""
from scipy.stats import beta, hypergeom


def binomial(hits, drawn, tail):
    low = beta.ppf(tail, hits, drawn - hits + 1) if hits else 0.0
    high = beta.isf(tail, hits + 1, drawn - hits) if hits < drawn else 1.0
    return float(low), float(high)


def finite(hits, drawn, population, tail):
    """The shares of marked units under which so many hits, or so few, are no less likely than the tail."""
    def first(low, high, holds):  # of low .. high; holds is false, then true
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(middle) else (middle + 1, high)
        return low
    least = first(hits, population - (drawn - hits), lambda marked: hypergeom.sf(hits - 1, population, marked, drawn) >= tail)
    most = first(hits, population - (drawn - hits) + 1,
                 lambda marked: marked > population - (drawn - hits) or hypergeom.cdf(hits, population, marked, drawn) < tail) - 1
    return least / population, most / population


def main():
    print("hits,drawn,population,confidence,low,high")
    for drawn, hits_of in [(1, (0, 1)), (2, (0, 1, 2)), (10, (0, 1, 5, 9, 10)), (518, (0, 1, 207, 517, 518)), (16627, (0, 3, 212, 16627)),
                           (1000000, (0, 12760, 500000))]:
        for hits in hits_of:
            for confidence in (0.9, 0.95, 0.99, 0.9999):
                print(hits, drawn, 0, confidence, *map(repr, binomial(hits, drawn, (1 - confidence) / 2)), sep=",")
    for population, drawn, hits_of in [(1, 1, (0, 1)), (5, 3, (0, 1, 3)), (20, 20, (0, 7, 20)), (100, 30, (0, 1, 15, 29, 30)),
                                       (424, 200, (0, 2, 90, 200)), (13568, 900, (0, 40, 900)), (13568, 13567, (0, 40, 13567)),
                                       (268336, 5000, (0, 30, 4999))]:
        for hits in hits_of:
            for confidence in (0.9, 0.95, 0.99, 0.9999):
                print(hits, drawn, population, confidence, *map(repr, finite(hits, drawn, population, (1 - confidence) / 2)), sep=",")


if __name__ == "__main__":
    main()
