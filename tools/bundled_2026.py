"""Single figures of 2026 that the table maker adds by hand: what a scenario that starts in November 2026 needs.

Each row is that of ``parameters.csv``: id, system, actor, quantity, low, central, high, unit, as_of, source, url, note.
Ids from 301 on are those of this file.
"""

from __future__ import annotations

GENERAL_STAFF = "General Staff of Ukraine, daily reports, summed here"
DAILY = "https://github.com/PetroIvaniuk/2022-Ukraine-Russia-War-Dataset"
ECONOMIST = "The Economist, meta-estimate of casualties, data of 22 August 2026 (CC BY 4.0)"
ECONOMIST_URL = "https://github.com/TheEconomist/the-economist-ukraine-war-dead-and-wounded-estimates"
KYIV = "https://kyivindependent.com/kyiv-us-agree-to-cap-ukraines-military-at-800-000-in-revised-peace-plan-ft-reports"
KIEL = "Kiel Institute, Ukraine Support Tracker, release 30, as collected in costofwarua-cmd/war-calculator"
KIEL_URL = "https://github.com/costofwarua-cmd/war-calculator"
CLAIMS = "claims of killed and wounded by one side"

SUD = (
    "https://sud.ua/en/news/publication/364637-kontrakt-na-10-misyatsiv-chomu-garantovana-vidstrochka-mozhe-zgoriti-"
    "cherez-2-roki"
)
FIGURES_2026 = [
    ("FG301", "force_generation", "RUS", "authorised_military_strength", "1502640", "1502640", "1502640", "persons",
     "2026-03-04", "Presidential decree of 4 March 2026, Kommersant", "https://www.kommersant.ru/doc/8480290",
     "posts of servicemen, not people"),
    ("FG302", "force_generation", "RUS", "troops_in_or_around_Ukraine", "710000", "721300", "721300", "persons",
     "2026-06-26", "Syrskyi to The Times, via The Monexus, 2026",
     "https://themonexus.com/articles/2026-06-26-syrskyi-721300-russian-forces-ukraine",
     "low: March 2026 (FG018); flat for a year"),
    ("FG303", "force_generation", "RUS", "casualties_monthly", "42020", "43703", "46230", "persons/month",
     "2026-09-30", GENERAL_STAFF, DAILY, f"mean of July to September 2026; {CLAIMS}; two copies"),
    ("FG304", "force_generation", "RUS", "casualties_monthly", "43721", "47702", "54142", "persons/month",
     "2026-07-31", ECONOMIST, ECONOMIST_URL, "mean of May to July 2026, differences of the running total"),
    ("FG305", "force_generation", "RUS", "casualties_cumulative", "", "1544260", "", "persons",
     "2026-10-06", GENERAL_STAFF, KIEL_URL, CLAIMS),
    ("FG306", "force_generation", "RUS", "killed_cumulative", "371490", "480505", "621513", "persons",
     "2026-07-31", ECONOMIST, ECONOMIST_URL, "from one set of estimates"),
    ("FG307", "force_generation", "RUS", "recruitment_monthly", "40000", "42000", "44000", "persons/month",
     "2026-02-23", "Zelensky to the BBC, UNN, 2026",
     "https://unn.ua/en/news/russian-losses-at-the-front-reach-35000-people-monthly-zelenskyy",
     "middle of the range; Western officials say 30,000 to 35,000 (FG034)"),
    ("FG308", "force_generation", "RUS", "casualties_monthly", "", "40000", "", "persons/month",
     "2026-02-28", "Black Bird Group, Dagens, 2026",
     "https://www.dagens.com/war/russias-war-effort-falters-as-l-osses-outpace-recruitment",
     "not from the General Staff; since November 2025"),
    ("FG309", "force_generation", "RUS", "tanks_in_storage", "", "3500", "", "tanks",
     "2024-12-31", "Re: Russia, 2025", "https://re-russia.net/en/analytics/0234/",
     "of 7,300 before the war; no more than 500 in fair condition"),
    ("FG310", "force_generation", "UKR", "armed_forces_strength", "", "900000", "", "persons",
     "2025-11-25", "Financial Times via Kyiv Independent, 2025", KYIV, "'about 900,000' on the books"),
    ("FG311", "force_generation", "UKR", "contract_length", "6", "10", "24", "months",
     "2026-06-23", "Sud.ua on the reform of June 2026",
     SUD, "new contracts, ten months for assault troops; a deferment follows by resolution, not law"),
    ("FG312", "force_generation", "UKR", "killed_cumulative", "", "55000", "", "persons",
     "2026-02-04", "Zelensky to France 2, Caliber, 2026",
     "https://caliber.az/en/post/ukraine-s-military-death-toll-reaches-55-000-zelenskyy-says",
     "official; the missing are not counted; CSIS: 100,000 to 140,000 by end 2025 (FG047)"),
    ("FG313", "force_generation", "RUS", "casualties_monthly", "26090", "36322", "46230", "persons/month",
     "2026-09-30", GENERAL_STAFF, DAILY, f"mean of January to September 2026, least and most month; {CLAIMS}"),
    ("FR301", "front", "RUS", "area_held", "117020", "118817", "120614", "km2",
     "2026-07-31", "DeepState map polygons (low) and ISW assessed control (high), computed here",
     "https://github.com/cyterat/deepstate-map-data", "with Crimea; the middle is ours; ISW by way of The Economist"),
    ("FR302", "front", "RUS", "area_gained_monthly", "20.2", "114.5", "231.3", "km2/month",
     "2026-07-31", "DeepState map polygons, January to July 2026, computed here",
     "https://github.com/cyterat/deepstate-map-data", "mean, least and most month; ISW has 20 on average"),
    ("FR303", "front", "RUS", "share_of_ukraine_held", "0.1939", "0.1969", "0.1998", "share",
     "2026-07-31", "FR301 over 603,550 km2", "https://github.com/cyterat/deepstate-map-data", "recognised borders"),
    ("SP301", "spending", "UKR", "defence_share_gdp", "", "0.272", "", "share of GDP",
     "2025-12-10", "OSW, Ukraine: an unrealistic budget for 2026", "https://www.osw.waw.pl/en/node/33664?page=3",
     "own money in the budget act, 2.8 trillion UAH; held to be too low, as that of 2025 was"),
    ("SP302", "spending", "EU", "ukraine_loan_military", "", "60", "", "billion EUR over 2026-27",
     "2026-02-04", "Council of the EU, Ukraine Rebuild News, 2026",
     "https://www.ukrainerebuildnews.com/eu-countries-reach-deal-on-eu90-billion-loan-to-ukraine",
     "of 90; paid back only out of reparations"),
    ("SP303", "spending", "RUS", "gdp_growth_2026", "0.005", "0.008", "0.015", "share per year",
     "2026-01-19", "IMF update of January 2026, Moscow Times; range: Central Bank of Russia",
     "https://www.themoscowtimes.com/2026/01/19/imf-slashes-russias-2026-growth-forecast-to-08-a91718", ""),
    ("SP304", "spending", "POL", "defence_share_gdp", "", "0.048", "", "share of GDP",
     "2025-08-28", "Government of Poland, budget of 2026, via deVere",
     "https://www.devere-europe.com/news/Polands-2026-budget-breaks-records-with-massive-defence-spending",
     "national count, with the fund; NATO counts 4.25 % for 2025"),
    *(
        (f"SP{311 + place}", "spending", donor, "military_aid_allocated_cumulative", "", amount, "", "billion EUR",
         "2026-06-30", KIEL, KIEL_URL, "since 2022")
        for place, (donor, amount) in enumerate(
            [("USA", "64.617"), ("DEU", "24.904"), ("GBR", "15.884"), ("DNK", "10.538"), ("NLD", "9.357"),
             ("SWE", "9.25"), ("NOR", "7.19"), ("FRA", "6.232"), ("CAN", "5.242"), ("POL", "4.452"), ("FIN", "3.337"),
             ("ITA", "3"), ("BEL", "2.736"), ("ESP", "1.494"), ("EU", "4.404")]
        )
    ),
    ("PR301", "production", "UKR", "drone_share_of_hits", "0.8", "0.8", "", "share",
     "2026-01-31", "Zelensky, via The SC Journal, January 2026", "https://thescjournal.com/?p=20278",
     "'over 80 %'; nearly 820,000 strikes with video in 2025"),
    ("PR302", "production", "UKR", "shells_needed", "2500000", "4500000", "4500000", "shells/yr",
     "2025-08-28", "RBC-Ukraine on Rheinmetall, 2025",
     "https://newsukraine.rbc.ua/news/rheinmetall-reveals-how-much-weaponry-europe-1756428511.html",
     "at war; low: in a ceasefire"),
    ("DT301", "deterrence", "market", "ceasefire_by_end_of_2026", "", "0.26", "", "chance",
     "2026-04-27", "Polymarket, via Orrery", "https://orrery.me/markets/russia-x-ukraine-ceasefire-before-2027",
     "a market price, not a frequency"),
    ("DT302", "deterrence", "RUS", "months_to_local_war_after_fighting_stops", "", "6", "", "months",
     "2025-02-11", "Danish Defence Intelligence, via Copenhagen Star", "https://cphstar.dk/?p=3121",
     "regional war two years, large-scale war five"),
]  # fmt: skip
