"""Elementary functions as polynomials, with the same bits compiled and uncompiled.

A call of the C library inside a loop keeps it from becoming vector code, and its last bits differ
between platforms. These are plain multiplications and additions (never contracted to fused ones),
so a kernel that uses them vectorises and gives the same bits everywhere.

| function | what | error, in units in the last place (measured against 50 digits; tested) |
|---|---|---|
| ``exp`` | e to the x | < 1.1 |
| ``log`` | natural logarithm | < 1.8 |
| ``log1p`` | log(1 + x) | < 2.5 |
| ``expm1`` | exp(x) - 1 | < 4 |
| ``sin_turns``, ``cos_turns`` | sine, cosine of u turns (2 pi u radians) | < 1.8 |
| ``normal_cdf``, ``normal_survival`` | P(Z <= z), P(Z > z) | < 8 (relative error 1e-15, in both tails) |
| ``normal_quantile`` | z with P(Z <= z) = u | < 8 (relative error 1e-15) |

References
----------
Cody, W. J. (1969), Rational Chebyshev approximations for the error function, Mathematics of Computation 23.
Cody, W. J. and Waite, W. (1980), Software Manual for the Elementary Functions (argument reduction of exp).
Tang, P. T. P. (1990), Table-driven implementation of the logarithm function, ACM TOMS 16 (the form of log).
Wichura, M. J. (1988), Algorithm AS 241: the percentage points of the normal distribution, Applied Statistics 37.
"""

from __future__ import annotations

import math

import numpy as np

from forcesim.kernels import bits_of_float, float_of_bits, law

__all__ = [
    "cos_turns",
    "exp",
    "expm1",
    "log",
    "log1p",
    "normal_cdf",
    "normal_quantile",
    "normal_survival",
    "sin_cos_turns",
    "sin_turns",
]

_1 = np.uint64(1)
_2 = np.uint64(2)
_52 = np.uint64(52)
_62 = np.uint64(62)
_63 = np.uint64(63)
_LOW_12 = np.uint64(0xFFF)
_MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
_TWO_52_BITS = np.uint64(0x4330000000000000)
_SQRT_HALF_BITS = np.uint64(0x3FE6A09E667F3BCD)
_ONE_LESS_SQRT_HALF = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)

_ROUND = 6755399441055744.0
"""1.5 x 2^52: adding it rounds to a whole number, which then stands in the low bits."""

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10

Terms = tuple[float, ...]
_SQRT_HALF_PI_RATIO = 0.3989422804014327  # 1 / sqrt(2 pi)


@law
def exp(x: float) -> float:
    """Return e to the x; 0 below -745.2, infinity above 709.8. Error < 1.1 ulp.

    Examples
    --------
    >>> exp(0.0), exp(-1000.0)
    (1.0, 0.0)
    """
    x = float(x)
    x = 710.0 if x > 710.0 else x  # noqa: FURB136 - not min: what is not a number must pass
    x = -746.0 if x < -746.0 else x  # noqa: FURB136
    shifted = x * _LOG2_E + (_ROUND + 2046.0)
    n = shifted - (_ROUND + 2046.0)
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (0.5000000000000011 + r * 0.16666666666666413) + r2 * (0.041666666666530155 + r * 0.008333333333494461)
    high = (0.0013888888943630112 + r * 0.00019841269506578693) + r2 * (
        2.4801493098907557e-05 + r * 2.75575863738365e-06
    )
    top = 2.763024837888315e-07 + r * 2.5000061603536414e-08
    value = 1.0 + (r + r2 * (low + r4 * (high + r4 * top)))
    power = bits_of_float(shifted) & _LOW_12  # n + 2046; two factors, so that results below 2^-1022 round once
    half = power >> _1
    return (value * float_of_bits(half << _52)) * float_of_bits((power - half) << _52)


LOG_TERMS = (
    4503599627370496.0 + 1023.0,
    1.0,
    2.0,
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
    _LN2_HIGH,
    _LN2_LOW,
)
"""Constants of :func:`log_of_normal`."""


@law
def log_of_normal(x: float, terms: Terms) -> float:
    """Return the natural logarithm of a positive, finite number of at least 2.3e-308: no special case is looked at.

    x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); log(1 + f) = 2 artanh(s) = f - s (f - ...) with s = f / (2 + f).
    The constants are an argument so that a kernel can hide them from the compiler (see ``kernels.hidden``).
    """
    bias, one, two, l1, l2, l3, l4, l5, l6, l7, ln2_high, ln2_low = terms
    bits = bits_of_float(x) + _ONE_LESS_SQRT_HALF
    k = float_of_bits((bits >> _52) | _TWO_52_BITS) - bias
    f = float_of_bits((bits & _MANTISSA) + _SQRT_HALF_BITS) - one
    s = f / (two + f)
    z = s * s
    w = z * z
    series = (l1 + z * l2) + w * ((l3 + z * l4) + w * ((l5 + z * l6) + w * l7))
    return k * ln2_high + (((f + k * ln2_low) - s * f) + (s * z) * series)


@law
def log(x: float) -> float:
    """Return the natural logarithm; minus infinity at 0, not a number below. Error < 1.8 ulp.

    Examples
    --------
    >>> log(1.0), log(0.0)
    (0.0, -inf)
    """
    x = float(x)
    small = x < 2.2250738585072014e-308
    value = log_of_normal(x * 18014398509481984.0 if small else x, LOG_TERMS)
    value -= 54.0 * 0.6931471805599453 if small else 0.0
    value = x if not x < math.inf else value
    value = -math.inf if x == 0.0 else value
    return math.nan if x < 0.0 else value


@law
def log1p(x: float) -> float:
    """Return log(1 + x), accurate for small x. Error < 2.5 ulp.

    Examples
    --------
    >>> log1p(1e-20)
    1e-20
    """
    x = float(x)
    u = 1.0 + x
    lost = x - (u - 1.0) if x < 1.0 else 1.0 - (u - x)
    correct = u > 0.0 and u < math.inf
    return log(u) + (lost / u if correct else 0.0) if x != 0.0 else x


@law
def expm1(x: float) -> float:
    """Return exp(x) - 1, accurate for small x. Error < 4 ulp.

    Examples
    --------
    >>> expm1(1e-10)
    1.00000000005e-10
    """
    x = float(x)
    x2 = x * x
    x4 = x2 * x2
    low = (0.5000000000000011 + x * 0.16666666666666413) + x2 * (0.041666666666530155 + x * 0.008333333333494461)
    high = (0.0013888888943630112 + x * 0.00019841269506578693) + x2 * (
        2.4801493098907557e-05 + x * 2.75575863738365e-06
    )
    top = 2.763024837888315e-07 + x * 2.5000061603536414e-08
    near = x + x2 * (low + x4 * (high + x4 * top))
    return near if abs(x) < 0.3465735902799726 else exp(x) - 1.0


TURN_TERMS = (
    -41.34170224039968,
    81.60524927596823,
    -76.70585970878489,
    42.0586855067723,
    -15.093829323492761,
    3.7813664214387517,
    6.283185307179586,  # 2 pi, and what is left of it
    2.4492935982947064e-16,
    -19.739208802178716,
    64.93939402266801,
    -85.45681720654005,
    60.24464133161163,
    -26.426251140425308,
    7.903101637786405,
    -1.6970200757902734,
    1.0,
)
"""Constants of :func:`sin_cos_near`: minimax polynomials in f^2 on [0, 1/64]."""


@law
def sin_cos_near(f: float, terms: Terms) -> tuple[float, float]:
    """Return sine and cosine of f turns for f in [-1/8, 1/8]. Error < 1.8 ulp each."""
    s3, s5, s7, s9, s11, s13, two_pi, two_pi_low, c2, c4, c6, c8, c10, c12, c14, one = terms
    y = f * f
    y2 = y * y
    s = (s3 + y * s5) + y2 * ((s7 + y * s9) + y2 * (s11 + y * s13))
    c = (c2 + y * c4) + y2 * ((c6 + y * c8) + y2 * ((c10 + y * c12) + y2 * c14))
    return f * two_pi + f * (two_pi_low + y * s), one + y * c


@law
def sin_cos_turns(u: float) -> tuple[float, float]:
    """Return sine and cosine of u turns (2 pi u radians), |u| < 1e9. Error < 1.8 ulp each."""
    shifted = 4.0 * u + _ROUND
    s, c = sin_cos_near(u - 0.25 * (shifted - _ROUND), TURN_TERMS)  # the difference is exact
    quarter = bits_of_float(shifted)  # low two bits: the quarter of the turn
    swap = (quarter & _1) == _1
    sine = bits_of_float(c if swap else s) ^ ((quarter & _2) << _62)
    cosine = bits_of_float(s if swap else c) ^ (((quarter + _1) & _2) << _62)
    return float_of_bits(sine), float_of_bits(cosine)


@law
def sin_turns(u: float) -> float:
    """Return the sine of u turns (2 pi u radians), |u| < 1e9. Error < 1.8 ulp.

    Examples
    --------
    >>> sin_turns(0.25)
    1.0
    """
    return sin_cos_turns(float(u))[0]


@law
def cos_turns(u: float) -> float:
    """Return the cosine of u turns (2 pi u radians), |u| < 1e9. Error < 1.8 ulp.

    Examples
    --------
    >>> cos_turns(0.5)
    -1.0
    """
    return sin_cos_turns(float(u))[1]


@law(inline=False)
def _tail(y: float) -> float:
    """Return P(Z > y) for y > 0.66 (Cody 1969, in the arrangement for the normal distribution)."""
    if y < 5.656854249492381:
        top = ((((((((1.0765576773720192317e-8 * y + 0.39894151208813466764) * y + 8.8831497943883759412) * y
               + 93.506656132177855979) * y + 597.27027639480026226) * y + 2494.5375852903726711) * y
               + 6848.1904505362823326) * y + 11602.651437647350124) * y + 9842.7148383839780218)  # fmt: skip
        bottom = ((((((((y + 22.266688044328115691) * y + 235.38790178262499861) * y + 1519.377599407554805) * y
                  + 6485.558298266760755) * y + 18615.571640885098091) * y + 34900.952721145977266) * y
                  + 38912.003286093271411) * y + 19685.429676859990727)  # fmt: skip
        ratio = top / bottom
    else:
        v = 1.0 / (y * y)
        top = (((((0.02307344176494017303 * v + 0.21589853405795699) * v + 0.1274011611602473639) * v
               + 0.022235277870649807) * v + 0.001421619193227893466) * v + 2.9112874951168792e-5)  # fmt: skip
        bottom = (((((v + 1.28426009614491121) * v + 0.468238212480865118) * v + 0.0659881378689285515) * v
                  + 0.00378239633202758244) * v + 7.29751555083966205e-5)  # fmt: skip
        ratio = (_SQRT_HALF_PI_RATIO - v * top / bottom) / y
    coarse = np.floor(y * 16.0) * 0.0625  # y^2 = coarse^2 + (y - coarse)(y + coarse), the first term exact
    rest = (y - coarse) * (y + coarse)
    return exp(-0.5 * coarse * coarse) * exp(-0.5 * rest) * ratio


@law
def _centre(z: float) -> float:
    """Return P(Z <= z) - 1/2 for |z| <= 0.68 (Cody 1969)."""
    y = z * z
    top = (((0.065682337918207449113 * y + 2.2352520354606839287) * y + 161.02823106855587881) * y
           + 1067.6894854603709582) * y + 18154.981253343561249  # fmt: skip
    bottom = (((y + 47.20258190468824187) * y + 976.09855173777669322) * y
              + 10260.932208618978205) * y + 45507.789335026729956  # fmt: skip
    return z * top / bottom


@law(inline=False)
def normal_cdf(z: float) -> float:
    """Return P(Z <= z) for a standard normal Z, to full relative accuracy in the lower tail.

    Examples
    --------
    >>> normal_cdf(0.0)
    0.5
    """
    z = float(z)
    if abs(z) <= 0.66291:
        return 0.5 + _centre(z)
    if z < -39.0:
        return 0.0
    if z < 0.0:
        return _tail(-z)
    return z if math.isnan(z) else 1.0 - _tail(min(z, 39.0))


@law
def normal_survival(z: float) -> float:
    """Return P(Z > z) for a standard normal Z, to full relative accuracy in the upper tail.

    Examples
    --------
    >>> normal_survival(0.0)
    0.5
    """
    return normal_cdf(-float(z))


@law(inline=False)
def normal_quantile(u: float) -> float:
    """Return z with P(Z <= z) = u; minus and plus infinity at 0 and 1, not a number outside (Wichura 1988).

    Examples
    --------
    >>> normal_quantile(0.5)
    0.0
    """
    u = float(u)
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
               + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
               + 1.3314166789178437745e2) * r + 3.3871328727963666080)  # fmt: skip
        bottom = (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
                  + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
                  + 4.2313330701600911252e1) * r + 1.0)  # fmt: skip
        return q * top / bottom
    tail = u if q < 0.0 else 1.0 - u
    if not tail > 0.0:
        return math.nan if tail < 0.0 or math.isnan(tail) else (-math.inf if q < 0.0 else math.inf)
    r = math.sqrt(-log(tail))
    if r <= 5.0:
        r -= 1.6
        top = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
               + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.76949722146069140550) * r
               + 4.63033784615654529590) * r + 1.42343711074968357734)  # fmt: skip
        bottom = (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
                  + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r
                  + 2.05319162663775882187) * r + 1.0)  # fmt: skip
    else:
        r -= 5.0
        top = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
               + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580) * r
               + 5.46378491116411436990) * r + 6.65790464350110377720)  # fmt: skip
        bottom = (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
                  + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
                  + 5.99832206555887937690e-1) * r + 1.0)  # fmt: skip
    return -top / bottom if q < 0.0 else top / bottom
