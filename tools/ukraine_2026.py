"""Make ``ukraine-2026.yaml``: the scenario of 2025 with what was published to November 2026 in place of older figures.

``python tools/ukraine_2026.py`` reads ``ukraine-2025.yaml`` and the bundled tables, puts each fact of 2026 in place,
moves decisions to January 2027, and writes the file. So a number that has not changed stands in one place, and a new
mechanism of the one scenario is in the other as well. A fact whose place is missing is named and left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from forcesim import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCENARIOS = Path(__file__).resolve().parent.parent / "src" / "forcesim" / "scenarios"
START, DECIDED = "2026-11", "2027-01"
Facts = dict[str, dict[str, Any]]

HEADER = """\
# Ukraine, Russia, the allies, with what was published to November 2026: the scenario of today.
#
# Made by tools/ukraine_2026.py from ukraine-2025.yaml and the facts of 2026: change it there.
# Every number is one of: a value, a distribution, a dated schedule; each with a source or an assumption. A source is a
# pointer that forcesim.tables.lookup resolves ("FG302", "nato_2026 DEU 2026"), or a citation. What is not given here
# has the default of its process, with its own source or assumption: scenario.audit() lists them all.
# Money in billions of constant 2025 US dollars, people in persons, shares as fractions, rates per month.
"""
HEAD = {
    "name": "ukraine-2026",
    "title": "Ukraine and the force gap, November 2026 to December 2035",
    "description": "Ukraine has about 900,000 on the books and may have 1.05 million. Russia has about 1.25 million,"
    " 721,000 of them in the theatre, and may have 1.5 million. The article's 500,000 is the difference between what"
    " may be, 1.5 million posts against 1.0 million; on the books the difference is about 350,000. Starting values are"
    " those published to November 2026; where sources disagree the number is a distribution that spans them.",
    "start": START,
    "as_of": START,
    "horizon": "2035-12",
}


def triangular(low: float, mode: float, high: float, **about: str) -> dict[str, Any]:
    """Return a triangular number."""
    return {"triangular": {"low": low, "mode": mode, "high": high}, **about}


ARMIES: Facts = {
    "nations.UKR.army.strength": triangular(800_000, 880_000, 900_000, source="FG007; FG310; FG004",
        note="on the books, those absent left out"),
    "nations.UKR.army.wounded": triangular(20_000, 33_000, 60_000,
        assumption="three to four months of wounded at 12,500 losses a month"),
    "nations.UKR.army.absent": triangular(150_000, 200_000, 250_000, source="FG082",
        note="January 2026; the statistics were closed at the end of 2025"),
    "nations.UKR.army.pool": triangular(2_000_000, 3_200_000, 4_500_000,
        assumption="3.7 million in 2024 (FG088) less two years of intake; two million are wanted for evasion (FG086)"),
    "nations.UKR.army.mobilisation": triangular(20_000, 27_000, 30_000, source="FG064; FG069; FG071"),
    "nations.UKR.army.awol_rate": triangular(0.014, 0.019, 0.025,
        assumption="16,600 cases a month in 2025, flat from its spring on (FG080), over 880,000"),
    "nations.UKR.army.awol_return_rate": triangular(0.01, 0.02, 0.04,
        assumption="2 % of the stock a month outside an amnesty (FG084, FG085)"),
    "nations.RUS.army.strength": triangular(1_100_000, 1_250_000, 1_320_000, source="armed_forces RUS 2025; FG023",
        note="no count is published; 721,300 of them in the theatre (FG302)"),
    "nations.RUS.army.wounded": triangular(70_000, 105_000, 150_000,
        assumption="three to four months of wounded at 43,700 losses a month (FG303)"),
    "nations.RUS.army.volunteers": triangular(30_000, 34_000, 42_000, source="FG034; FG032; FG307"),
    "nations.RUS.army.ceiling": {"value": 1_502_640, "source": "FG301"},
    "nations.RUS.army.killed_share": triangular(0.22, 0.28, 0.45,
        assumption="a quarter (FG056); a third of all losses by FG306"),
}  # fmt: skip
NEW: Facts = {
    "nations.UKR.army.term_share": triangular(0.05, 0.15, 0.4,
        assumption="who signed the contracts of June 2026 (FG311) since; recruits of the reform serve for a term"),
    "nations.UKR.army.term_months": triangular(6, 14, 24, source="FG311"),
}  # fmt: skip
"""Facts that the scenario of 2025 has no number for."""
IN_THEATRE: Facts = {
    "nations.UKR.army.theatre_share": {"uniform": [0.37, 0.74],
        "assumption": "300,000 to 600,000 of 807,000 trained; no figure is published"},
    "nations.UKR.army.casualty_rate": {"lognormal": {"median": 0.028, "sigma": 0.25},
        "assumption": "9,000 to 17,000 a month by totals of different sources (FG046, FG047), over 450,000"},
    "nations.RUS.army.theatre_share": triangular(0.58, 0.65, 0.72,
        assumption="721,300 (FG302) of 1.1 million trained"),
    "nations.RUS.army.casualty_rate": {
        "lognormal": {"median": 0.05, "sigma": 0.15},
        "assumption": "34,900 a month in 2025 (FG030), 36,300 from January to September 2026 (FG313), over 712,000;"
        " level known to 15 %; the 43,700 of the summer (FG303) are tempo",
    },
    "nations.RUS.army.net_return": {"normal": {"mean": 0.02, "sd": 0.06, "low": -0.3, "high": 0.5},
        "assumption": "695,000 in the theatre in June 2025, 721,300 in June 2026 (FG302); 0.02 (-0.16 to 0.17, 80 %)"},
    "nations.RUS.recruiting.bonus_cost": {"value": 24_000, "assumption": "about two million roubles (FG040)"},
}  # fmt: skip
WAR: Facts = {
    "conflict.ceasefire_base": {"log_range": [0.006, 0.06],
        "assumption": "none in 57 months, half an event is 0.009 (Jeffreys); a market: 0.26 in eight months (DT301)"},
    "front.territory": {"uniform": [0.8002, 0.8061],
        "source": "1 less the share that Russia held in July 2026 (FR303)"},
    "front.advance": {"normal": {"mean": 150, "sd": 200},
        "assumption": "115 a month to July 2026 (FR302), 20 by ISW, 400 in 2025: nobody knows why it broke"},
    "nations.UKR.balance.reference_equipment": {"value": 65_000, "assumption": "60 bn USD over 0.9 million"},
    "nations.RUS.balance.reference_equipment": {"value": 100_000,
        "assumption": "what it has, at its own prices: 120 bn USD over 1.2 million"},
    "spending.pace": triangular(0.6, 2.0, 3.2,
        assumption="speeds of 0.07 (2015-2021), 0.24 and 0.39 (2022-2025) a year against 0.12 over 2015-2025, fitted to"
        " NATO defence shares"),
    "spending.compliance": triangular(0.6, 0.85, 1.0,
        assumption="puts Europe near 3 % by 2030, as Bloomberg Economics has it (SP035); 18 of 31 had reached 2 % ten"
        " years after the pledge (SP011)"),
    "spending.share_age": {"value": 0, "assumption": "shares at the start are NATO's of 2026"},
    "nations.UKR.spending.share": {"value": 0.39561, "source": "defence_share UKR 2025"},
    "nations.UKR.spending.war_share": triangular(0.3, 0.38, 0.4,
        assumption="39.6 % in 2025 (defence_share UKR 2025), 27.2 % in the act of 2026, held to be too low (SP301)"),
    "nations.RUS.economy.war_drag": triangular(0.005, 0.018, 0.03,
        assumption="with the trend, about 0.8 % growth in 2026 (SP303)"),
    "nations.UKR.industry.drones.capacity": triangular(250_000, 400_000, 700_000,
        assumption="three million first-person-view drones in 2025; 20 million a year if they are paid for (PR035)"),
    "nations.RUS.industry.armour.capacity": triangular(250, 400, 604,
        assumption="1,550 tanks and 5,700 others in 2024 (PR016, PR017); hulls in store are nearly used up (FG309)"),
    "nations.RUS.industry.armour.hulls": triangular(1_000, 4_000, 9_000,
        assumption="3,500 tanks of 7,300 stood in store at the end of 2024 (FG309), two years of refurbishing ago"),
}  # fmt: skip

AID_OF_ALL = 36.2
KIEL = {
    "DEU": "SP312", "GBR": "SP313", "DNK": "SP314", "NLD": "SP315", "SWE": "SP316", "NOR": "SP317", "FRA": "SP318",
    "CAN": "SP319", "POL": "SP320", "FIN": "SP321", "ITA": "SP322", "BEL": "SP323", "ESP": "SP324",
}  # fmt: skip
"""Running totals of military aid to June 2026, by donor."""


def pointed(pointer: str) -> dict[str, Any]:
    """Return a number that a pointer names."""
    return {"value": tables.lookup(pointer).value, "source": pointer}


def national(scenario: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the facts of each nation: GDP, shares, people."""
    grown = {str(row["iso3"]) for row in tables.table("gdp_2026")}
    counted = {(str(row["iso3"]), str(row["year"])): row for row in tables.table("nato_2026")}
    for iso3, nation in scenario["nations"].items():
        if "economy" in nation and iso3 in grown:
            yield f"nations.{iso3}.economy.gdp", pointed(f"gdp_2026 {iso3} 2026")
        row = counted.get((iso3, "2026"))
        if row is None:
            continue
        if "spending" in nation:
            year = "2026" if row["personnel_share"] is not None else "2025"
            yield f"nations.{iso3}.spending.share", pointed(f"nato_2026 {iso3} 2026")
            for part, of in (("equipment_share", "2026"), ("personnel_share", year)):
                yield f"nations.{iso3}.spending.{part}", pointed(f"nato_2026 {iso3} {of} {part}")
        if "generation" in nation:
            yield f"nations.{iso3}.generation.people", pointed(f"nato_2026 {iso3} 2026 persons")


def aid(scenario: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield military aid a year, by donor: its part of the running total, of what all but America gave a year."""
    donors = {iso3: n["aid"]["military"] for iso3, n in scenario["nations"].items() if "military" in n.get("aid", {})}
    others = {iso3: one for iso3, one in donors.items() if iso3 not in KIEL and iso3 != "USA"}
    left = AID_OF_ALL - sum(one["value"] for one in others.values())
    totals = {iso3: tables.lookup(pointer).value for iso3, pointer in KIEL.items() if iso3 in donors}
    for iso3, total in totals.items():
        text = (
            f"its part of the running total to June 2026 ({KIEL[iso3]}), so that all but America give {AID_OF_ALL} bn"
            " USD a year, the mean of January 2025 to June 2026 (SP055, SP311 to SP325, at 1.13 USD)"
        )
        yield (
            f"nations.{iso3}.aid.military",
            {"value": round(left * total / sum(totals.values()), 3), "assumption": text},
        )
    for iso3, one in others.items():
        yield f"nations.{iso3}.aid.military", {**one, "assumption": "as in 2022-24: no figure of 2026 by nation"}
    if "USA" in donors:
        text = "no appropriation since 2024; Europeans buy from American stocks and pay"
        yield "nations.USA.aid.military", triangular(0.0, 0.5, 4.0, assumption=text)


def put(scenario: dict[str, Any], path: str, number: dict[str, Any], *, new: bool = False) -> bool:
    """Put a number in its place; return whether there is one."""
    *head, last = path.split(".")
    place: Any = scenario
    for key in head:
        place = place.get(key) if isinstance(place, dict) else None
    if not isinstance(place, dict) or not (new or last in place):
        return False
    place[last] = number
    return True


def make() -> tuple[dict[str, Any], list[str]]:
    """Return the scenario as data, and the facts that have no place in it."""
    scenario = yaml.safe_load((SCENARIOS / "ukraine-2025.yaml").read_text(encoding="utf-8"))
    scenario |= HEAD
    facts = {**ARMIES, **IN_THEATRE, **WAR}
    lost = [path for path, number in facts.items() if not put(scenario, path, number)]
    for path, number in [*NEW.items(), *national(scenario), *aid(scenario)]:
        put(scenario, path, number, new=True)
    for field in scenario["resources"]["fields"]:
        field["start_price"] = {"source" if "source" in field["price"] else "assumption":
                                field["price"].get("source", "the long-run level: no price of autumn 2026 was found"),
                                "value": field["price"]["value"]}  # fmt: skip
    for policy in scenario["policies"].values():
        policy["description"] = policy["description"].replace(" from 2026", " from 2027")
        for setting in policy.get("settings", ()):
            setting |= {key: max(setting[key], DECIDED) for key in ("from", "until") if key in setting}
    return scenario, lost


class Flow(dict[str, Any]):
    """A mapping on one line."""


class Row(list[Any]):
    """A list on one line."""


class Folded(str):
    """Text over several lines."""

    __slots__ = ()


class Dumper(yaml.SafeDumper):
    """Writes numbers on one line and lists indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists."""
        super().increase_indent(flow, False)


def _float(dumper: Dumper, value: float) -> yaml.ScalarNode:
    """Write a float without an exponent."""
    text = repr(value) if "e" not in repr(value) else f"{value:.12f}".rstrip("0")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


MAP, SEQ, STR = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:str"
Dumper.add_representer(Flow, lambda dumper, one: dumper.represent_mapping(MAP, one.items(), flow_style=True))
Dumper.add_representer(Row, lambda dumper, one: dumper.represent_sequence(SEQ, one, flow_style=True))
Dumper.add_representer(Folded, lambda dumper, one: dumper.represent_scalar(STR, str(one), style=">"))
Dumper.add_representer(float, _float)


def styled(value: Any, key: str = "") -> Any:
    """Return data with the marks of how each part is written: a number and a setting take one line."""
    if isinstance(value, dict):
        if {"source", "assumption"} & value.keys():
            return flat(value)
        return {name: styled(part, name) for name, part in value.items()}
    if isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            return Row(value)
        return [flat(part) if "lever" in part else styled(part) for part in value]
    return Folded(value) if key == "description" and len(value) > 90 else value


def flat(value: Any) -> Any:
    """Return data that is written on one line."""
    if isinstance(value, dict):
        return Flow({key: flat(part) for key, part in value.items()})
    return Row([flat(part) for part in value]) if isinstance(value, list) else value


def text_of(scenario: Mapping[str, Any]) -> str:
    """Return the file."""
    parts = [HEADER]
    for key, value in scenario.items():
        text = yaml.dump({key: styled(value, key)}, Dumper=Dumper, sort_keys=False, width=118, allow_unicode=True)
        parts.append(("\n" if isinstance(value, (dict, list)) else "") + text)
    return "".join(parts)


def main() -> None:
    """Write the file; name the facts that found no place."""
    scenario, lost = make()
    (SCENARIOS / "ukraine-2026.yaml").write_text(text_of(scenario), encoding="utf-8")
    print(f"ukraine-2026: {len(scenario['nations'])} nations, {len(scenario['policies'])} policies")
    for path in lost:
        print(f"no place for {path}")


if __name__ == "__main__":
    main()
