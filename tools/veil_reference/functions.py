"""The smooth functions of docs/semantics.md, in 60 decimal digits: f by its number, and where it has no value."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN, Emin=-999999, Emax=999999)
LARGE = 20000  # exp of more is cut to the range of any table

SIGMOID, TANH, ONE_LESS_EXP, EXP, LN, SQRT, INVERSE, INVERSE_SQRT = range(1, 9)
ARCSIN, ARCCOS, ARCOSH, ARTANH, POWER = 23, 24, 29, 30, 31
USES_ALPHA, USES_GAMMA = (12, 16, 17, 18, 31), (18,)


def _exp(x):
    return max(-Decimal(LARGE), min(Decimal(LARGE), x)).exp()


def _sigmoid(x):
    return 1 / (1 + _exp(-x))


def _tanh(x):
    return 1 - 2 / (_exp(2 * x) + 1) if abs(x) > Decimal("1e-3") else _odd_series(x, _tanh_terms)


def _tanh_terms():
    """Of tanh x = x - x^3/3 + 2 x^5/15 - ..., enough below 10^-3."""
    return [Decimal(a) / b for a, b in ((1, 1), (-1, 3), (2, 15), (-17, 315), (62, 2835), (-1382, 155925),
                                        (21844, 6081075), (-929569, 638512875), (6404582, 10854718875))]


def _odd_series(x, terms):
    total, square = Decimal(0), x * x
    for term in reversed(terms()):
        total = total * square + term
    return total * x


def _softplus(x):
    return (1 + _exp(-abs(x))).ln() + max(x, Decimal(0))


def _elu(x, alpha):
    return x if x >= 0 else alpha * (_exp(x) - 1)


def _pi():
    return 16 * _arctan_small(Decimal(1) / 5) - 4 * _arctan_small(Decimal(1) / 239)


def _arctan_small(x):
    total, term, n, square = Decimal(0), x, 1, x * x
    while abs(term) > Decimal("1e-65"):
        total += term / n if n % 4 == 1 else -term / n
        term, n = term * square, n + 2
    return total


with localcontext(CONTEXT):
    PI = _pi()
    ROOT_TWO = Decimal(2).sqrt()


def _arctan(x):
    halvings = 0
    while abs(x) > Decimal("0.1"):
        x, halvings = x / (1 + (1 + x * x).sqrt()), halvings + 1
    return _arctan_small(x) * 2**halvings


def _sin(x):
    x = x.remainder_near(2 * PI) if abs(x) < 100 else _reduced(x)
    total, term, n, square = Decimal(0), x, 1, x * x
    while abs(term) > Decimal("1e-65"):
        total, term, n = total + term, -term * square / ((n + 1) * (n + 2)), n + 2
    return total


def _reduced(x):
    """x modulo 2 pi with as many digits more as x has before its point."""
    with localcontext(CONTEXT) as context:
        context.prec = 60 + x.adjusted() + 5
        return x.remainder_near(2 * (_pi_of(context.prec)))


def _pi_of(digits):
    if digits <= 60:
        return PI
    one = 10 ** (digits + 5)

    def inverse_tangent(n):
        total, term, k, sign = 0, one // n, 1, 1
        while term:
            total, term, k, sign = total + sign * (term // k), term // (n * n), k + 2, -sign
        return total

    return Decimal(16 * inverse_tangent(5) - 4 * inverse_tangent(239)) / one


def _cos(x):
    return _sin(x + PI / 2) if abs(x) < 100 else _sin(_reduced(x) + PI / 2)


def _arcsin(x):
    return (PI / 2).copy_sign(x) if abs(x) == 1 else _arctan(x / (1 - x * x).sqrt())


def _erf(x):
    if abs(x) > 12:
        return Decimal(1).copy_sign(x)
    total, term, n, square = Decimal(0), x, 0, 2 * x * x
    while abs(term) > Decimal("1e-65") * (1 + abs(total)):
        total, n = total + term, n + 1
        term = term * square / (2 * n + 1)
    return 2 / PI.sqrt() * _exp(-x * x) * total


def _power(x, alpha):
    if alpha == alpha.to_integral_value():
        return x ** int(alpha) if alpha else Decimal(1)
    if 2 * alpha == (2 * alpha).to_integral_value():
        return x.sqrt() ** int(2 * alpha)  # exact where it is a number of few digits
    return (alpha * x.ln()).exp() if x > 0 else Decimal(0)


def _arsinh(x):
    return ((abs(x) + (x * x + 1).sqrt()).ln()).copy_sign(x) if x else x


_FUNCTIONS = {
    1: _sigmoid,
    2: _tanh,
    3: lambda x: 1 - _exp(-x),
    4: _exp,
    5: Decimal.ln,
    6: Decimal.sqrt,
    7: lambda x: 1 / x,
    8: lambda x: 1 / x.sqrt(),
    9: _erf,
    10: lambda x: x * (1 + _erf(x / ROOT_TWO)) / 2,
    11: lambda x: x * (1 + _tanh((2 / PI).sqrt() * (x + Decimal("0.044715") * x**3))) / 2,
    13: _softplus,
    14: lambda x: x / (1 + abs(x)),
    15: lambda x: x * _tanh(_softplus(x)),
    19: lambda x: x * max(Decimal(0), min(Decimal(1), x / 6 + Decimal("0.5"))),
    20: _sin,
    21: _cos,
    22: lambda x: _sin(x) / _cos(x),
    23: _arcsin,
    24: lambda x: PI / 2 - _arcsin(x),
    25: _arctan,
    26: lambda x: (_exp(x) - _exp(-x)) / 2,
    27: lambda x: (_exp(x) + _exp(-x)) / 2,
    28: _arsinh,
    29: lambda x: (x + (x * x - 1).sqrt()).ln(),
    30: lambda x: ((1 + x) / (1 - x)).ln() / 2,
}
_WITH_ALPHA = {
    12: lambda x, alpha: x * _sigmoid(alpha * x),
    16: _elu,
    17: lambda x, alpha: x if x >= 0 else alpha * (_exp(x / alpha) - 1),
    31: _power,
}
NUMBERS = {*_FUNCTIONS, *_WITH_ALPHA, 18}


def _where_it_has_a_value(function, z, scale, alpha):
    """The nearest place that has a value, as x."""
    unit, x = Decimal(2) ** scale, z * Decimal(2) ** scale
    whole = alpha == alpha.to_integral_value()
    if function in (LN, INVERSE_SQRT) or function == POWER and alpha < 0 and not whole:
        return max(x, unit)
    if (function == INVERSE or function == POWER and alpha < 0) and z == 0:
        return unit
    if function == SQRT or function == POWER and alpha > 0 and not whole:
        return max(x, Decimal(0))
    if function in (ARCSIN, ARCCOS):
        return max(Decimal(-1), min(Decimal(1), x))
    if function == ARCOSH:
        return max(x, Decimal(1))
    if function == ARTANH:
        border = 1 - Decimal(2) ** min(scale, -1)
        return max(-border, min(border, x))
    return x


def evaluate(function, z, scale, alpha=0, gamma=0):
    """f(z 2^scale); alpha and gamma in units of 2^-32. Call it within CONTEXT."""
    alpha, gamma = Decimal(alpha) / 2**32, Decimal(gamma) / 2**32
    x = _where_it_has_a_value(function, z, scale, alpha)
    if function == 18:
        return gamma * _elu(x, alpha)
    if function in _WITH_ALPHA:
        return _WITH_ALPHA[function](x, alpha)
    return _FUNCTIONS[function](x)
