"""The exponent of growth: k of y ~ x^k, by least squares of the logarithms over the larger half of the points."""
import math


def fit(x, y):
    """None for fewer than two points in that half."""
    half = len(x) // 2
    u, v = [math.log(value) for value in x[half:]], [math.log(value) for value in y[half:]]
    if len(u) < 2:
        return None
    mean_u, mean_v = sum(u) / len(u), sum(v) / len(v)
    spread = sum((a - mean_u) ** 2 for a in u)
    return sum((a - mean_u) * (b - mean_v) for a, b in zip(u, v)) / spread
