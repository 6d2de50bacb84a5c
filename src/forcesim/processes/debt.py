"""Debt: the debt of each treasury, its interest, and what defence adds to both.

**Equation.** In month 1 and in each January (``t`` years after the last) the time since is booked. The debt of before
bears interest, growth and inflation shrink it, the primary deficit and the borrowed part of new defence add to it::

    b'  = max(0, b (1 + i t) / ((1 + growth)^t (1 + inflation)^t) + (p + borrowed x) t)
    p   = deficit - interest_rate debt                       (primary deficit at the start, kept; i and b of the start)
    a'  = a (1 + i t) / ((1 + growth)^t (1 + inflation)^t) + borrowed x t         (debt that more defence has added)
    i'  = m + (i - m) exp(-t / maturity),  m = market_rate + spread + r
    r'  = k r + rate_volatility sqrt(1 - k^2) z,  k = exp(-t / rate_memory)
    x'  = 12 outlay / gdp - the same in month 1
    interest       = i b'                                    (share of GDP a year)
    extra_interest = m max(0, a') gdp / 12                   (bn USD a month)

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
b                     ``debt_ratio``               ratio to GDP        written
a                     ``added_debt``               ratio to GDP        written
i                     ``effective_rate``           per year            written
r                     ``rate_shock``               per year            written
x                     ``extra_share``              share of GDP        written
growth                ``booked_growth``            share per year      written: of the time that is booked next
first month's share   ``first_outlay``             share of GDP        written
interest              ``interest``                 share of GDP        written
bill                  ``extra_interest``           bn USD per month    written
debt, deficit         ``debt``, ``deficit``        ratio to GDP        Eurostat, IMF (2024)
i at the start        ``interest_rate``            per year            IMF: net interest over debt, 2024
spread                ``spread``                   per year            assumption
borrowed              ``borrowed``                 share               assumption
inflation             ``inflation``                per year            aim of the central banks
market_rate           ``market_rate``              per year            assumption
maturity              ``maturity``                 years               assumption
sd of r, its memory   ``rate_volatility``,         per year, years     assumption
                      ``rate_memory``
z                     ``z_rate``                   standard normal     drawn, by year
gdp, growth, outlay   ``gdp``, ``growth``,         as named            read
                      ``outlay``
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** All but defence goes on as in the year of the start: the primary deficit is kept, nobody
consolidates, and a recession adds to debt only by lower growth. So this is a sum and no forecast: in nine years of the
past, debt moved by -12 to +41 points for other reasons. By the IMF's own growth, interest and primary balances to 2030
(October 2025), prices rising by 2 %, the identity meets its debt of 2030 within half a point in 6 of 41 nations, within
2 in 20, within 5 in 36. What is left is other prices (Türkiye) and assets that are bought with debt or
surpluses, which gross debt does not net (Norway, Ireland, Italy, Britain). Defence adds what the outlay has risen since
month 1, over GDP; a fall saves. Sales of assets, rescues and exchange rates are left out. Nobody defaults.

**By hand.** Without noise, growth, inflation and interest, with a deficit of 0.02, debt rises by 0.02 a year, or by
0.03 where defence has risen by 0.01 and all is borrowed. With interest and growth at 0.05 and no deficit it stays.

**Within the month.** After spending; spending takes last month's debt and interest.

**References.** Blanchard, O. (2019), Public debt and low interest rates, American Economic Review 109(4), 1197-1229
(debt under r and g). Escolano, J. (2010), A practical guide to public debt dynamics, IMF Technical Notes 2010/02.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import world, yearly
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import Quantity, Share, Value, number
from forcesim.state import Flow, Indicator, Read

Rate = Annotated[Value, Quantity("per year", -0.1, 0.5)]
Spread = Annotated[Value, Quantity("per year", 0.0, 0.1)]
Years = Annotated[Value, Quantity("years", 0.1, 100.0)]
ToGdp = Annotated[Value, Quantity("ratio to GDP", 0.0, 10.0)]
Deficit = Annotated[Value, Quantity("ratio to GDP", -0.5, 0.5)]


class Common(Section):
    """What all treasuries share."""

    inflation: Rate = number(0.02, meaning="inflation", assumption="the aim of the central banks")
    market_rate: Rate = number(
        0.034,
        meaning="rate at which new debt is borrowed, less the nation's spread",
        assumption="yields of ten years of allies in January 2025: 2.5 to 6 %, most of them near 3.4",
    )
    maturity: Years = number(
        8.0, meaning="time in which debt is borrowed anew", assumption="as allies' debt, seven to nine"
    )
    rate_volatility: Spread = number(
        0.01, meaning="standard deviation of the rate that moves all", assumption="one point, in the long run"
    )
    rate_memory: Years = number(5.0, meaning="time in which it forgets", assumption="a business cycle")


class Parameters(Section):
    """One treasury's debt."""

    debt: ToGdp = number(meaning="gross debt over GDP at the start")
    deficit: Deficit = number(meaning="deficit over GDP at the start, interest included; minus: a surplus")
    interest_rate: Rate = number(
        0.02, meaning="net interest over debt at the start", assumption="allies' median of 2024 by the IMF's outlook"
    )
    spread: Spread = number(0.0, meaning="what it pays above the market", assumption="none unless given")
    borrowed: Share = number(
        0.5,
        meaning="part of a rise of defence that is borrowed",
        assumption="half; the rest is taxes and cuts",
        lever=True,
    )


READS = (Read("gdp"), Read("growth"), Read("outlay"))
WRITES = (
    Indicator(name="debt_ratio", unit="ratio to GDP", meaning="gross debt over GDP", outcome=True),
    Indicator(name="added_debt", unit="ratio to GDP", meaning="debt that more defence has added"),
    Indicator(name="effective_rate", unit="per year", meaning="interest over debt"),
    Indicator(name="interest", unit="ratio to GDP", meaning="interest paid in a year"),
    Indicator(name="extra_share", unit="ratio to GDP", meaning="outlay on defence above that of month 1"),
    Indicator(name="booked_growth", unit="share per year", meaning="growth of the time that is booked next"),
    Indicator(name="first_outlay", unit="ratio to GDP", meaning="outlay on defence in month 1, per year"),
    Flow(name="extra_interest", unit="bn USD per month", meaning="interest on debt that more defence has added"),
    Indicator(name="rate_shock", unit="per year", meaning="what moves all rates", scope="world"),
)
DRAWS = (Draw("z_rate", scope="world", every="year"),)


class Opening(NamedTuple):
    debt_ratio: float
    effective_rate: float
    interest: float
    booked_growth: float


@law
def opening(debt: float, interest_rate: float, growth: float) -> Opening:
    """Begin with the debt of the start."""
    return Opening(debt, interest_rate, interest_rate * debt, growth)


@law
def rate_shock(rate_shock: float, years: float, rate_volatility: float, rate_memory: float, z_rate: float) -> float:
    """Move what all rates share: an exact Ornstein-Uhlenbeck step."""
    keep = exp(-years / rate_memory)
    return keep * rate_shock + rate_volatility * math.sqrt(1.0 - keep * keep) * z_rate


@law
def debt_law(before: float, rate: float, growth: float, inflation: float, deficit: float, years: float) -> float:
    """Return a debt over GDP after some years: interest, nominal growth, and a primary deficit at their end."""
    nominal = exp(years * (log(1.0 + max(growth, -0.99)) + log(1.0 + inflation)))
    return before * (1.0 + rate * years) / nominal + deficit * years


class Books(NamedTuple):
    debt_ratio: float
    added_debt: float
    effective_rate: float
    interest: float
    extra_share: float
    booked_growth: float
    first_outlay: float
    market: float  # rate of new debt, per year


@law
def book(
    debt_ratio: float, added_debt: float, effective_rate: float, extra_share: float, first_outlay: float, rate_shock:
    float, booked_growth: float, growth: float, outlay: float, gdp: float, years: float, first_year: float, debt:
    float, deficit: float, interest_rate: float, spread: float, borrowed: float, inflation: float, market_rate: float,
    maturity: float,
) -> Books:  # fmt: skip
    """Book the time since the last January, and note what defence costs from now on."""
    primary = deficit - interest_rate * debt
    market = market_rate + spread + rate_shock
    owed = max(
        0.0, debt_law(debt_ratio, effective_rate, booked_growth, inflation, primary + borrowed * extra_share, years)
    )
    now = 12.0 * outlay / gdp if gdp > 0.0 else 0.0
    first = now if first_year > 0.0 else first_outlay
    rate = market + (effective_rate - market) * exp(-years / maturity)
    return Books(
        debt_ratio=owed,
        added_debt=debt_law(added_debt, effective_rate, booked_growth, inflation, borrowed * extra_share, years),
        effective_rate=rate,
        interest=rate * owed,
        extra_share=now - first,
        booked_growth=growth,
        first_outlay=first,
        market=market,
    )


@law
def extra_interest(added_debt: float, market: float, gdp: float) -> float:
    """Return the month's interest on the debt that more defence has added; savings are no bill."""
    return max(0.0, market) * max(0.0, added_debt) * gdp / 12.0


class Debt(Process):
    """Debt and interest of each treasury."""

    name = section = "debt"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (opening,)
    month = (yearly(world(rate_shock), book, extra_interest),)
