"""No country, people, party or faction is named anywhere under src/: names come from agreements/ and mappings/ only."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

COUNTRIES = """
Afghanistan; Albania; Algeria; Andorra; Angola; Argentina; Armenia; Australia; Austria; Azerbaijan; Bahamas; Bahrain;
Bangladesh; Barbados; Belarus; Belgium; Belize; Benin; Bhutan; Bolivia; Bosnia; Herzegovina; Botswana; Brazil; Brunei;
Bulgaria; Burkina Faso; Burundi; Cambodia; Cameroon; Canada; Cape Verde; Cabo Verde; Central African Republic; Chad;
Chile; China; Colombia; Comoros; Congo; Costa Rica; Croatia; Cuba; Cyprus; Czechia; Czech Republic; Denmark; Djibouti;
Dominica; Dominican Republic; Ecuador; Egypt; El Salvador; Equatorial Guinea; Eritrea; Estonia; Eswatini; Swaziland;
Ethiopia; Fiji; Finland; France; Gabon; Gambia; Georgia; Germany; Ghana; Greece; Grenada; Guatemala; Guinea;
Guinea-Bissau; Guyana; Haiti; Honduras; Hungary; Iceland; India; Indonesia; Iran; Iraq; Ireland; Israel; Italy;
Ivory Coast; Côte d'Ivoire; Jamaica; Japan; Jordan; Kazakhstan; Kenya; Kiribati; Korea; Kosovo; Kuwait; Kyrgyzstan;
Laos; Latvia; Lebanon; Lesotho; Liberia; Libya; Liechtenstein; Lithuania; Luxembourg; Madagascar; Malawi; Malaysia;
Maldives; Mali; Malta; Marshall Islands; Mauritania; Mauritius; Mexico; Micronesia; Moldova; Monaco; Mongolia;
Montenegro; Morocco; Mozambique; Myanmar; Burma; Namibia; Nauru; Nepal; Netherlands; New Zealand; Nicaragua; Niger;
Nigeria; Macedonia; Norway; Oman; Pakistan; Palau; Palestine; Panama; Papua; Paraguay; Peru; Philippines; Poland;
Portugal; Qatar; Romania; Russia; Russian Federation; Rwanda; Samoa; San Marino; Saudi Arabia; Senegal; Serbia;
Seychelles; Sierra Leone; Singapore; Slovakia; Slovenia; Solomon Islands; Somalia; Somaliland; South Africa;
South Sudan; Spain; Sri Lanka; Sudan; Suriname; Sweden; Switzerland; Syria; Taiwan; Tajikistan; Tanzania; Thailand;
Timor; Togo; Tonga; Trinidad; Tobago; Tunisia; Turkey; Türkiye; Turkmenistan; Tuvalu; Uganda; Ukraine;
United Arab Emirates; United Kingdom; Great Britain; Britain; United States; USA; Uruguay; Uzbekistan; Vanuatu;
Vatican; Venezuela; Vietnam; Viet Nam; Western Sahara; Yemen; Zambia; Zimbabwe; Soviet Union; USSR; Yugoslavia
"""
PEOPLES = """
Afghan; Albanian; Algerian; American; Angolan; Arab; Arabs; Armenian; Azerbaijani; Azeri; Belarusian; British; Burmese;
Cambodian; Chinese; Colombian; Congolese; Croatian; Cypriot; Egyptian; Emirati; Eritrean; Ethiopian; French; Georgian;
German; Indian; Indonesian; Iranian; Iraqi; Israeli; Jordanian; Kashmiri; Khmer; Korean; Kosovar; Kurd; Kurdish;
Lebanese; Libyan; Malian; Moldovan; Nepali; Nigerian; Pakistani; Palestinian; Philippine; Filipino; Russian; Rwandan;
Saudi; Serb; Serbian; Somali; Sudanese; Syrian; Tamil; Thai; Turk; Turkish; Tigrayan; Ukrainian; Vietnamese; Yemeni;
Crimea; Crimean; Donbas; Donbass; Gaza; Golan; Kashmir; Karabakh; Artsakh; Abkhazia; Ossetia; Transnistria; Tigray;
Darfur; Mindanao; Chechnya; Chechen; West Bank; Kurdistan
"""
FACTIONS = """
Al-Qaeda; Al Qaeda; Al-Shabaab; ANC; Boko Haram; CPN; DPR; LPR; DNR; LNR; ELN; FARC; Fatah; GAM; Hamas; Hezbollah;
Hizbollah; Houthi; Houthis; Ansar Allah; IDF; IRA; ISIS; ISIL; Islamic State; JNIM; KLA; LTTE; M23; MILF; MNLF; NATO;
NPA; NTC; PKK; PYD; PLO; RENAMO; RUF; Rapid Support Forces; SDF; SPLA; SPLM; SWAPO; Taliban; TPLF; UNITA; UPA; Wagner;
YPG; Azov
"""
# Words that parties' names share with plain English: they name nobody by themselves.
PLAIN = {
    "any", "both", "none", "other", "others", "unknown", "contested", "civilian", "civilians", "government", "army",
    "forces", "rebels", "opposition", "party", "side", "north", "south", "east", "west", "military", "police",
    "militia", "protesters", "rioters", "local",
}  # fmt: skip
NAME_KEYS = {"id", "name", "names", "alias", "aliases", "also", "short", "label", "labels"}


def typed() -> set[str]:
    """The names written above."""
    return {" ".join(name.split()) for name in f"{COUNTRIES};{PEOPLES};{FACTIONS}".split(";") if name.strip()}


def parties(root: Path) -> set[str]:
    """Ids, names and aliases of every party that an agreement or a mapping names."""
    names: set[str] = set()
    for folder in ("agreements", "mappings", "positions"):
        for path in sorted((root / folder).glob("*.y*ml")):
            names.update(_parties_in(yaml.safe_load(path.read_text())))
    return {name for name in names if len(name) > 2 and name.lower() not in PLAIN and not name.isdigit()}


def _parties_in(said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _words(value, keyed=True) if key in ("parties", "party", "actors") else _parties_in(value)
    elif isinstance(said, list):
        for part in said:
            yield from _parties_in(part)


def _words(said: Any, keyed: bool = False) -> Iterator[str]:
    """The names in what stands under `parties:` whichever way it is written."""
    if isinstance(said, str):
        # A pattern or a sentence is not a name.
        if re.fullmatch(r"[^\W_][\w' .()/-]{0,40}", said) and len(said.split()) <= 4:
            yield said
    elif isinstance(said, list):
        for part in said:
            yield from _words(part, keyed)
    elif isinstance(said, dict):
        named = {key: value for key, value in said.items() if str(key) in NAME_KEYS}
        if not named and keyed:
            yield from (str(key) for key in said if str(key) not in ("column", "as", "rules", "because"))
        for value in (named or said).values():
            yield from _words(value)


def _pattern(names: set[str]) -> re.Pattern[str]:
    """Any of the names as a whole word, however it is cased; `_` ends a word, so that a column's name hides none."""
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    either = "|".join(re.escape(name).replace(r"\ ", r"[\s_-]+") for name in longest_first)
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)


def named(root: Path) -> list[str]:
    """Every name of a country, people, party or faction under src/: `file:line name`."""
    pattern, zones = _pattern(typed() | parties(root)), {z for z in zoneinfo.available_timezones() if "/" in z}
    found = []
    for path in sorted((root / "src").rglob("*")):
        if not path.is_file() or "__pycache__" in path.parts or path.suffix in (".pyc", ".so"):
            continue
        for n, line in enumerate(path.read_text().splitlines(), 1):
            plain = re.sub(r"[A-Z]\w+(?:/[\w+-]+)+", lambda m: "" if m[0] in zones else m[0], line)
            found += [f"{path.relative_to(root).as_posix()}:{n} {name}" for name in pattern.findall(plain)]
    return found


def test_nobody_is_named_under_src(root):
    assert named(root) == []


def test_agreements_and_mappings_do_name_parties(root):
    if not list((root / "agreements").glob("*.yaml")):
        pytest.skip("there is no agreement yet")
    assert parties(root)


def tree(tmp_path: Path, code: str) -> Path:
    for folder in ("src", "agreements", "mappings"):
        (tmp_path / folder).mkdir()
    (tmp_path / "src/a.py").write_text(code)
    return tmp_path


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("x = 'Ukraine'", "Ukraine"),
        ("# as seen in SUDAN", "SUDAN"),
        ("row['a_russian']", "russian"),
        ("south_sudan = 1", "south_sudan"),
        ('"""Counts of the\nSri  Lanka mission."""', "Sri  Lanka"),
        ("by = 'Hezbollah'", "Hezbollah"),
        ("zone('Iran')", "Iran"),
        ("note = 'Europe/Ukraine'", "Ukraine"),
    ],
)
def test_a_name_is_seen_wherever_it_hides(tmp_path, code, name):
    assert [found.split(" ", 1)[1] for found in named(tree(tmp_path, code))] == [name]


@pytest.mark.parametrize(
    "code",
    ["zone('Europe/Kyiv')  # or Asia/Bangkok", "a = 'polish'", "chadwick = malice = romania_n = 1", "us = them = 1"],
)
def test_a_zone_or_a_word_that_only_holds_a_name_is_let_through(tmp_path, code):
    if "romania_n" in code:
        code = code.replace("romania_n", "romanian")
    assert named(tree(tmp_path, code)) == []


@pytest.mark.parametrize(
    "text",
    [
        "parties:\n  - id: blefuscu\n    name: Realm\n",
        "parties:\n  blefuscu: {name: Realm, aliases: [Big-Endians]}\n",
        "columns:\n  by:\n    column: side\n    parties: {'1': blefuscu, '2': lilliput}\n",
        "parties: [blefuscu, lilliput]\n",
        "rules:\n  - {matches: 'a|b', party: blefuscu}\n",
    ],
)
def test_a_party_of_an_agreement_or_a_mapping_is_banned_however_it_is_written(tmp_path, text):
    root = tree(tmp_path, "who = 'Blefuscu'")
    (root / "mappings/a.yaml").write_text(text)
    assert named(root) == ["src/a.py:1 Blefuscu"]
