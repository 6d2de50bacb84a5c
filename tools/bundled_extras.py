"""What the table maker adds by hand: sources, names of nations, corrections of notes, figures found one by one."""

from __future__ import annotations

UN = "CC BY 3.0 IGO"
WORLD_BANK = "CC BY 4.0"
CITED = "single figures, cited"
NATO = "credit NATO; not for sale or advertising"

NOVAK = (
    "https://consulting.europeancosmopolitan.eu/calculating-troop-contributions-of-european-nato-countries-to-a-"
    "ukraine-peacekeeping-force/"
)

SOURCES = [
    ("wb_growth", "World Bank, World Development Indicators, NY.GDP.MKTP.KD.ZG", "2025-12-15", WORLD_BANK,
     "https://data.worldbank.org/indicator/NY.GDP.MKTP.KD.ZG"),
    ("wb_gdp", "World Bank, World Development Indicators, NY.GDP.MKTP.CD", "2026-02-24", WORLD_BANK,
     "https://data.worldbank.org/indicator/NY.GDP.MKTP.CD"),
    ("wb_forces", "World Bank, World Development Indicators, MS.MIL.TOTL.P1", "2023-11-20", WORLD_BANK,
     "https://data.worldbank.org/indicator/MS.MIL.TOTL.P1"),
    ("imf_gdp", "IMF, World Economic Outlook Database, October 2025, nominal GDP of one year", "2025-10-14", CITED,
     "https://www.imf.org/en/Publications/WEO/weo-database/2025/October"),
    ("own_growth", "own estimate from the table gdp_growth (World Bank)", "2026-11-23", "own work", ""),
    ("nato_2024", "NATO, Defence Expenditure of NATO Countries (2014-2024), tables 7 and 8a", "2024-06-17",
     NATO, ""),
    ("nato_2025", "NATO, Defence Expenditure of NATO Countries (2014-2025), table 3", "2025-08-28",
     NATO, ""),
    ("nato_sg_2025", "NATO, The Secretary General's Annual Report 2025, one decimal", "2026-03-26",
     NATO, ""),
    ("sipri_single", "SIPRI Military Expenditure Database 1949-2025, share of GDP of one year", "2026-04-27", CITED,
     "https://www.sipri.org/databases/milex"),
    ("cia", "CIA, The World Factbook, military and security service personnel strengths", "2026-01-22",
     "public domain", "https://www.cia.gov/the-world-factbook/"),
    ("cia_2024", "CIA, The World Factbook, military and security service personnel strengths", "2024-02-01",
     "public domain", "https://www.cia.gov/the-world-factbook/"),
    ("ua_official", "Ukrainian president and defence minister, public statements", "2025-01-15", CITED, ""),
    ("ru_decree", "Russian presidential decrees on authorised strength, as reported by the press", "2024-09-16", CITED,
     ""),
    ("un_wpp", "United Nations, World Population Prospects 2024, single ages by sex, summed", "2024-07-18", UN,
     "https://population.un.org/wpp/"),
    ("hansard_1998", "Lord Gilbert, written answer, House of Lords, 26 January 1998, Hansard vol. 585 cc14-5WA",
     "1998-01-26", "Open Parliament Licence",
     "https://api.parliament.uk/historic-hansard/written-answers/1998/jan/26/ifor-and-sfor"),
    ("ucdp", "UCDP Conflict Termination Dataset 3-2021 (Kreutz 2010, Journal of Peace Research 47), Uppsala University",
     "2021-12-31", "free with citation", "https://ucdp.uu.se/downloads/"),
    ("reuters_1999", "Reuters, 10 June 1999, planned national shares of KFOR", "1999-06-10", CITED, ""),
    ("pl_mon_kfor", "Polish Ministry of National Defence, page on KFOR", "1999-07-31", CITED,
     "https://gov.pl/web/national-defence/kfor"),
    ("kfor_2017", "NATO, KFOR key facts and figures, February 2017", "2017-02-28", NATO,
     "https://docslib.org/doc/4697084/kosovo-force-kfor-kosovo-force-kfor"),
    ("rferl_2022", "RFE/RL, largest contributors to KFOR, via info-ks.net, 2022", "2022-08-01", CITED,
     "https://www.info-ks.net/vijesti/kosovo/143585/rse-u-misiji-kfor-na-kosovu-najvise-vojnika-iz-italije-i-sad"),
    ("novak_2024", "A. Novak, Calculating Troop Contributions of European NATO Countries, European Cosmopolitan, 2024",
     "2024-12-01", CITED,
     NOVAK),
]  # fmt: skip

CONTRIBUTION_KINDS = {
    ("IFOR", "1996-06-30"): ("deployed", "hansard_1998"),
    ("SFOR", "1998-01-26"): ("deployed", "hansard_1998"),
    ("KFOR", "1999-06-10"): ("pledged", "reuters_1999"),
    ("KFOR", "1999-07-31"): ("deployed", "pl_mon_kfor"),
    ("KFOR", "2017-02-28"): ("deployed", "kfor_2017"),
    ("KFOR", "2022-08-01"): ("deployed", "rferl_2022"),
    ("UA_contingent_model", "2024-12-01"): ("active army", "novak_2024"),
}

SIPRI_SINGLE_FIGURES = frozenset(
    [(iso3, "2025") for iso3 in ("AUS", "AUT", "CYP", "IRL", "JPN", "MLT", "NZL", "RUS", "UKR")]
    + [("RUS", "2024"), ("UKR", "2024")]
)

# name, year of accession to NATO, European Union, Europe, at meetings of the coalition of the willing in 2025
NATIONS = {
    "ALB": ("Albania", 2009, False, True, True),
    "ARM": ("Armenia", None, False, False, False),
    "AUS": ("Australia", None, False, False, True),
    "AUT": ("Austria", None, True, True, True),
    "BEL": ("Belgium", 1949, True, True, True),
    "BGR": ("Bulgaria", 2004, True, True, True),
    "CAN": ("Canada", 1949, False, False, True),
    "CHE": ("Switzerland", None, False, True, False),
    "CYP": ("Cyprus", None, True, True, True),
    "CZE": ("Czechia", 1999, True, True, True),
    "DEU": ("Germany", 1955, True, True, True),
    "DNK": ("Denmark", 1949, True, True, True),
    "EGY": ("Egypt", None, False, False, False),
    "ESP": ("Spain", 1982, True, True, True),
    "EST": ("Estonia", 2004, True, True, True),
    "FIN": ("Finland", 2023, True, True, True),
    "FRA": ("France", 1949, True, True, True),
    "GBR": ("United Kingdom", 1949, False, True, True),
    "GRC": ("Greece", 1952, True, True, True),
    "HRV": ("Croatia", 2009, True, True, True),
    "HUN": ("Hungary", 1999, True, True, False),
    "IRL": ("Ireland", None, True, True, True),
    "ISL": ("Iceland", 1949, False, True, True),
    "ITA": ("Italy", 1949, True, True, True),
    "JOR": ("Jordan", None, False, False, False),
    "JPN": ("Japan", None, False, False, True),
    "LTU": ("Lithuania", 2004, True, True, True),
    "LUX": ("Luxembourg", 1949, True, True, True),
    "LVA": ("Latvia", 2004, True, True, True),
    "MAR": ("Morocco", None, False, False, False),
    "MDA": ("Moldova", None, False, True, False),
    "MKD": ("North Macedonia", 2020, False, True, False),
    "MLT": ("Malta", None, True, True, False),
    "MNE": ("Montenegro", 2017, False, True, True),
    "MYS": ("Malaysia", None, False, False, False),
    "NLD": ("Netherlands", 1949, True, True, True),
    "NOR": ("Norway", 1949, False, True, True),
    "NZL": ("New Zealand", None, False, False, True),
    "POL": ("Poland", 1999, True, True, True),
    "PRT": ("Portugal", 1949, True, True, True),
    "ROU": ("Romania", 2004, True, True, True),
    "RUS": ("Russia", None, False, True, False),
    "SVK": ("Slovakia", 2004, True, True, False),
    "SVN": ("Slovenia", 2004, True, True, True),
    "SWE": ("Sweden", 2024, True, True, True),
    "TUR": ("Turkey", 1952, False, True, True),
    "UKR": ("Ukraine", None, False, True, False),
    "USA": ("United States", 1949, False, False, False),
}

# iso3, year, series, low, persons, high, counted, source: nations that the gathered file lacks
EXTRA_FORCES = [
    ("ARM", "2022", "cia", "", "45000", "", "active", "cia_2024"),
    ("CHE", "2022", "cia", "", "100000", "", "active with militia", "cia_2024"),
    ("EGY", "2023", "cia", "", "450000", "", "active", "cia_2024"),
    ("JOR", "2023", "cia", "", "100000", "", "active", "cia_2024"),
    ("MAR", "2023", "cia", "", "200000", "", "active", "cia_2024"),
    ("MDA", "2023", "cia", "", "6500", "", "active", "cia_2024"),
    ("MYS", "2023", "cia", "", "110000", "", "active", "cia_2024"),
]

NATO_COUNT = "NATO, Defence Expenditure 2014-2025 (2021 prices), August 2025; counted from the table by nation"
PARAMETER_SOURCES = {
    "NATO New Force Model factsheet (as given in the task brief)": "NATO, New Force Model fact sheet, 2022",
    "NATO, Defence Expenditure 2014-2025 (2021-price series), counted from country table in GitHub "
    "namanjain92/NATO-Analytics; see nato_share_gdp.csv": NATO_COUNT,
    "not found": "none",
    "Ukrainian Geological Survey / WEF via Perplexity summary and DW, 2025":
        "Ukrainian Geological Survey / WEF via DW, 2025",
    "Statista mean 2022 via Google dataset search (71,000); Seeking Alpha peak (84,000)":
        "Statista annual mean 2022 (71,000); Seeking Alpha, peak (84,000)",
    "Statista via Google dataset search, 2025": "Statista, 2025",
    "Trading Economics via Google dataset search, 2025": "Trading Economics, 2025",
    "SIPRI via Credo/Newsweek copy, 2025": "SIPRI via Newsweek, 2025",
    "IISS summary, lemmy copy, 2025": "IISS summary of European defence funding, 2025",
    "analysis cited at pirateswithoutborders copy, 2025": "press analysis of Russian tank depots, 2025",
    "Burilkov & Wolff (Bruegel/Kiel) citing RAND 2024, via libreddit copy":
        "Burilkov & Wolff (Bruegel/Kiel) citing RAND 2024, 2025",
}  # fmt: skip
NOTES = {
    "FG001": "standing army before the invasion",
    "FG002": "press figure for those serving; date approximate (autumn or winter 2023)",
    "FG003": "of whom about 700,000 mobilised; all defence forces",
    "FG011": "if Russia fields one and a half million",
    "FG015": "upper bound",
    "FG029": "mobilised or conscripted",
    "FG033": "a lower bound; 280,000 signed by 1 September, which is 35,000 a month",
    "FG035": "said of earlier years; above all other sources",
    "FG042": "share of all losses that could be deployed again",
    "FG062": "approximate",
    "FG081": "a lower bound for October 2025, the record before the data were classified",
    "FG110": "a minimum",
    "FG126": "a lower bound",
    "CT002": "1.5 million less 1.0 million",
    "CT004": "a lower bound",
    "CT009": "ministers saw no chance; 25,000 would be a push",
    "CT022": "approximate",
    "CT035": "no US troops into Ukraine",
    "CT078": "eight took part in the strikes: 29% participation",
    "SP036": "from 2% to about 3.5-4%; some 1.5% of the GDP of the EU",
    "SP053": "a lower bound",
    "PR009": "expected within two years",
    "PR035": "20 million if partners pay: capacity, not output",
    "DT040": "a lower bound; the source is loose on what a kilometre means",
    "DT041": "at times, along the line of battle",
    "FG005": "100,000 more than the 880,000 given nine days later: all defence forces against armed forces",
    "FG006": "about 1 million against a Russia on its way to 1.5 million: gap 500,000",
    "FG007": "called the army's real strength today; observers doubt that it is reached",
    "FG008": "600,000 in the first US draft; 800,000 in the revised one and in Paris (2026-01-06)",
    "FG014": "weak source, order of magnitude; Davos 2025 (608,000 = three times 2022) implies about 200,000",
    "FG038": "Q2 2025 37,900 against 92,800 in Q2 2024; a third of what intelligence services claim",
    "FG050": "35,000 (Dec 2025), 30,000 (Jan 2026); Bloomberg: January losses 9,000 above recruits, so 39-44k",
    "FG091": "contracts of 1-5 years; those of 2-5 years bring 12 months of deferral; restarted mid-2026",
    "FG098": "20,000 at a time, almost 35,000 some months before; at 1-1.5 months that is 23-35k a month",
    "FG102": "target 75,000 by end of winter 2024/25; mandate to 2026-11-15, about EUR 409m for two years",
    "FG120": "below 70% that month, up to 115% before; 105-110% in 2025; Aug 2024: a third of quotas unfilled",
    "CT001": "named as not yet parity; guarantees without America called incomplete; UN peacekeeping ruled out",
    "CT016": "26 of about 34 would contribute, by land, sea, air or otherwise; dated September 2025 elsewhere",
    "CT023": "president open; government changed in December 2025",
    "CT034": "draft words on a Pentagon commitment were dropped; US did not sign; no probability published",
    "CT040": "four to three; 4,000 rotation to Poland halted; pledge to the Force Model to be cut",
    "CT057": "40% from the 2004 text; the later 50% is widely quoted",
    "CT058": "8% from the 2004 text; the later 10% is widely quoted",
    "CT060": "60 days to deploy, one year sustained, pool about 180,000; never realistically achieved",
    "CT062": "UK harmony: 6 months out, then 24 home, so five formations for one; rule of thirds: three",
    "CT071": "up from 40,000 in the NRF; three tiers from 10 to 180 days",
    "CT072": "tier figure of NATO's fact sheet; only the total and the span were confirmed elsewhere",
    "CT073": "as CT072; Germany alone pledged 30,000 within 30 days (CSIS 2024)",
    "CT074": "as CT072",
    "SP002": "4 in the revised series; 5 as first published (EST, GRC, POL, GBR, USA)",
    "SP011": "18 of 31 in August 2025; 22 in April 2025; 23 in June 2024; 18 expected in February 2024",
    "PR039": "no figure published in the text that was read (Estonian intelligence report 2026)",
    "RS004": "tonnage not published there",
    "RS012": "claimed among the world's largest; occupied Zaporizhzhia; no accepted estimate of reserves",
    "RS030": "37 north-west shelf, 10 Azov coast; shelf area cut to a third, 40,000 km2; date approximate",
    "RS033": "75 from DFC, 75 from Ukraine; three projects by end-2026; relayed by a Russian agency",
    "RS039": "from annual means; no published volatility was found",
    "DT010": "no number in the abstracts: far weaker than assumed, at best a modest rise in support",
}
