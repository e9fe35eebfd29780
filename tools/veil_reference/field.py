"""Fr, the integers modulo p, as Python integers in [0, p)."""

P = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
HALF = (P + 1) // 2


def bits_of(length):
    """Bits of an axis that is padded to a power of two."""
    return (length - 1).bit_length()


def eq_vector(coins, length):
    """eq(coins, i) for i < length; the first coin belongs to the most significant bit of i."""
    out = [1]
    for at, coin in enumerate(coins):
        keep = (length - 1 >> len(coins) - at - 1) + 1  # only what is read: no power of two of a long axis
        grown = []
        for weight in out:
            one = weight * coin % P
            grown.append(weight - one)
            grown.append(one)
        out = grown[:keep]
    return [weight % P for weight in out[:length]]


def eq_point(left, right):
    """eq(left, right) of two points of the same number of coordinates."""
    out = 1
    for a, b in zip(left, right, strict=True):
        out = out * (1 - a - b + 2 * a * b) % P
    return out


def inner(left, right):
    return sum(a * b for a, b in zip(left, right, strict=True)) % P


def outer(left, right):
    """Row-major: the left index is the more significant one."""
    return [a * b % P for a in left for b in right]


def powers(base):
    value = 1
    while True:
        yield value
        value = value * base % P


def inverse_power_of_two(exponent):
    return pow(HALF, exponent, P)
