"""Intervals of shares and of stratified means against Python: exact fractions, and the formulas of docs/statistics.md
written down once more, without any of the program's short cuts.
"""

import math
import os
import pathlib
import subprocess
from fractions import Fraction

import pytest

from probe import seeded

ROOT = pathlib.Path(__file__).resolve().parents[2]


def numbers_of(lines):
    """What stats_probe prints for these commands, line by line."""
    named = os.environ.get("TFI_STATS_PROBE")
    path = pathlib.Path(named) if named else ROOT / "build/release/tests/oracle/stats_probe"
    assert path.exists(), f"{path} is not built; build the target stats_probe, or name it in TFI_STATS_PROBE"
    text = subprocess.run([path], input="\n".join(lines), capture_output=True, text=True, check=True).stdout
    return [[float(word) for word in line.split()] for line in text.splitlines()]


def hypergeometric(hits, marked, drawn, population):
    """P(at most `hits`), exactly."""
    ways = sum(math.comb(marked, i) * math.comb(population - marked, drawn - i) for i in range(hits + 1))
    return Fraction(ways, math.comb(population, drawn))


def test_finite_populations_are_exact():
    """Every number of marked units inside the interval is no less likely than the tail; the next one outside is. Likelihoods that equal the
    tail to nine digits are no less likely."""
    rng = seeded()
    cases = []
    for _ in range(60):
        population = rng.randrange(2, 300)
        drawn = rng.randrange(max(1, population // 50), population + 1)
        cases.append((rng.randrange(drawn + 1), drawn, population, rng.choice((0.5, 0.9, 0.95, 0.99))))
    found = numbers_of(f"share {h} {n} {N} {c}" for h, n, N, c in cases)
    for (hits, drawn, population, confidence), (low, high) in zip(cases, found):
        tail = Fraction(1 - confidence) / 2 * (1 - Fraction(1, 10**9))
        least, most = round(low * population), round(high * population)
        assert low == least / population and high == most / population
        shown = (hits, drawn, population, confidence, low, high)

        def too_few(marked):
            return hypergeometric(hits, marked, drawn, population) < tail

        def too_many(marked):
            return 1 - (hypergeometric(hits - 1, marked, drawn, population) if hits else 0) < tail

        assert not too_few(most) and not too_many(least), shown
        assert most == population - (drawn - hits) or too_few(most + 1), shown
        assert least == hits or too_many(least - 1), shown


def test_binomial_ends_have_the_tail():
    rng = seeded()
    cases = [(rng.randrange(n + 1), n, rng.choice((0.5, 0.9, 0.99))) for n in (1, 2, 7, 40, 300) for _ in range(6)]
    found = numbers_of(f"share {h} {n} 0 {c}" for h, n, c in cases)

    def at_most(hits, drawn, share):
        return sum(math.comb(drawn, i) * share**i * (1 - share)**(drawn - i) for i in range(hits + 1))

    for (hits, drawn, confidence), (low, high) in zip(cases, found):
        tail = (1 - confidence) / 2
        if hits == drawn:
            assert high == 1
        else:
            assert float(at_most(hits, drawn, Fraction(high))) == pytest.approx(tail, rel=1e-9)
        if hits == 0:
            assert low == 0
        else:
            assert float(1 - at_most(hits - 1, drawn, Fraction(low))) == pytest.approx(tail, rel=1e-9)


class Mean:
    """The stratified mean as docs/statistics.md says, in plain loops; bounds by bisection."""

    def __init__(self, confidence, error, strata):
        self.alpha = 1 - confidence
        self.logs = {"up": -math.log(0.7 * self.alpha), "down": -math.log(0.3 * self.alpha)}
        self.error = error
        self.size = [s[0] for s in strata]
        self.left = list(self.size)
        self.belief = [s[1:3] for s in strata]
        self.values = [[] for _ in strata]
        self.N = sum(self.size)
        self.bets = {"up": [], "down": []}  # (z, bet)
        self.n = 0
        self.large = 0.0
        self.interval = (0.0, 1.0)
        self.g, self.k, self.next_allocation = 0.2, 0.0, 0

    def expect(self):
        self.x, self.v = [], []
        for values, (mean, variance) in zip(self.values, self.belief):
            x = (sum(values) + 3 * mean) / (len(values) + 3)
            self.x.append(x)
            self.v.append(max((sum((y - x)**2 for y in values) + 3 * variance) / (len(values) + 3), 1e-5))

    @property
    def strata(self):
        return range(len(self.size))

    @property
    def seen(self):
        return sum(map(sum, self.values)) / self.N

    def centre(self):
        return self.seen + sum(self.left[h] / self.N * self.x[h] for h in self.strata)

    def range(self, q):
        ratios = {h: self.left[h] / self.N / q[h] for h in self.strata if self.left[h] > 0}
        above = max(r * (1 - self.x[h]) for h, r in ratios.items())
        below = max(r * self.x[h] for h, r in ratios.items())
        variance = sum(self.left[h] / self.N * r * self.v[h] for h, r in ratios.items())
        return above, below, max(variance, 1e-12)

    def error_after(self, range_, n):
        above, below, v = range_
        up = min(0.95 / (self.centre() + above), math.sqrt(2 * self.logs["up"] / (v * n)))
        down = min(0.95 / max(below, self.error, 1e-300), math.sqrt(2 * self.logs["down"] / (v * n)))
        return (self.logs["down"] / (n * down) + down * v / 2 + self.logs["up"] / (n * up) + up * v / 2) / 2

    def draws_for(self, range_, error):
        low, high = 10.0, 1e9
        for _ in range(60):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if self.error_after(range_, middle) > error else (low, middle)
        return high

    def allocation(self, g, k):
        wish = [math.sqrt(self.v[h]) + k * self.x[h] for h in self.strata]
        total = sum(self.left[h] * wish[h] for h in self.strata)
        left = sum(self.left)
        return [self.left[h] * ((1 - g) / left + g * wish[h] / total) for h in self.strata]

    def begin_round(self):
        self.expect()
        if self.error > 0 and self.n >= self.next_allocation:
            choices = [(0.04 * i, k) for k in (0.0, 0.15, 0.3, 0.45) for i in range(1, 16)]
            self.g, self.k = min(choices, key=lambda c: self.draws_for(self.range(self.allocation(*c)), self.error))
            self.next_allocation = self.n + 100
        self.q = self.allocation(self.g, self.k)
        above, below, v = self.round_range = self.range(self.q)
        horizon = max(64.0, 2.0 * self.n)
        if self.error > 0:
            horizon = self.draws_for(self.round_range, self.error)
        error = self.error or self.error_after(self.round_range, horizon)
        most = self.centre() + above
        room = max(2 * error - math.sqrt(2 * self.logs["down"] * v / horizon), error / 2)
        part = self.large / self.n / most**2 if self.n else 0
        up = min((1 - part / (part + room)) / most, math.sqrt(2 * self.logs["up"] / (v * horizon)))
        self.bet = {"up": min(up, 0.95 / most), "down": min(math.sqrt(2 * self.logs["down"] / (v * horizon)), 0.95 / self.room())}

    def room(self):
        return max(self.interval[1] - (self.centre() - self.round_range[1]), 1e-12)

    def add(self, h, y):
        above, centre = self.round_range[0], self.centre()
        over = 0 if h is None else self.left[h] / self.N / self.q[h] * (y - self.x[h])
        z = centre + over
        self.bets["up"].append((z, min(self.bet["up"], 0.95 / (centre + above))))
        self.bets["down"].append((z, min(self.bet["down"], 0.95 / self.room())))
        self.large += max(over, 0)**2
        self.n += 1
        if h is not None:
            self.values[h].append(y)
            self.left[h] -= 1

    def bound(self, side, low, high):
        sign = 1 if side == "up" else -1
        start, end = (low, high) if sign > 0 else (high, low)

        def excluded(mu):
            total = 0.0
            for z, bet in self.bets[side]:
                factor = 1 + sign * bet * (mu - z)
                if factor <= 0:
                    return False
                total += math.log(factor)
            return total >= self.logs[side]

        if not excluded(end):
            return end
        for _ in range(60):
            middle = (start + end) / 2
            start, end = (start, middle) if excluded(middle) else (middle, end)
        return end

    def look(self):
        low, high = max(self.interval[0], self.seen), min(self.interval[1], self.seen + sum(self.left) / self.N)
        self.interval = (self.bound("down", low, high), self.bound("up", low, high)) if sum(self.left) else (self.seen, self.seen)
        mean = sum(self.size[h] / self.N * (sum(v) / len(v) if v else self.belief[h][0]) for h, v in enumerate(self.values))
        return [*self.interval, min(max(mean, self.interval[0]), self.interval[1])]


@pytest.mark.parametrize("error", [0.05, 0.005, 0])
def test_stratified_means_are_those_of_the_formulas(error):
    rng = seeded()
    strata = [(rng.randrange(1, 400), rng.choice((0, 0.1, 0.5)), rng.choice((0.0005, 0.1)), h) for h in range(5)]
    rates = [rng.choice((0.01, 0.5, 0.95)) for _ in strata]
    confidence = rng.choice((0.9, 0.99))
    mean = Mean(confidence, error, strata)
    lines = [f"mean {confidence} {error} {len(strata)}"] + [" ".join(map(str, s)) for s in strata]
    expected = []
    for round_ in range(25):
        mean.begin_round()
        lines.append("round")
        expected.append(list(mean.q))
        for _ in range(rng.randrange(1, 20)):
            h = rng.choices(range(len(strata)), mean.q)[0]
            if mean.left[h] == 0:
                mean.add(None, 0)
                lines.append("empty")
                continue
            y = rng.choice((1.0, 0.96, 0.5)) if rng.random() < rates[h] else 0.0
            mean.add(h, y)
            lines.append(f"add {h} {y}")
        if sum(mean.left) == 0:
            break
        if round_ % 3 == 2:
            lines.append("look")
            expected.append(mean.look())
    found = numbers_of(lines)
    assert len(found) == len(expected)
    for i, (ours, theirs) in enumerate(zip(found, expected)):
        assert ours == pytest.approx(theirs, rel=1e-7, abs=3e-9), i
