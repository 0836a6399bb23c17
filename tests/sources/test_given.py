"""What the feeds hand on of a fetch: no key in an address, no answer that is none, options that can be written down."""

from __future__ import annotations

import gzip
from datetime import date
from typing import Any

import pytest
import yaml

from trucewatch.base.errors import FetchError, InputError
from trucewatch.base.ids import canonical
from trucewatch.ports import Fetched, Request
from trucewatch.sources import source
from trucewatch.sources.cells import BROKEN_GZIP, CUT_GZIP
from trucewatch.sources.http import plain, public_url
from trucewatch.testing import FakeTransport, check_source

SECRET = "s3cretkey"
URL = f"https://someone:{SECRET}@example.org:8443/a/b.csv?token={SECRET}#{SECRET}"
MAPPING = {"time": {"start": "t"}, "zone": "UTC", "columns": {"key": "id"}}
ASKING: dict[str, dict[str, Any]] = {"table": {"mapping": MAPPING}, "report": {"zone": "UTC"}, "control": {"on": "x"}}
ZONED = ("acled", "ucdp", "viina")


def fetch(name: str, status: int, url: str = URL) -> list[Fetched]:
    out = FakeTransport({"https://": (status, b"rows")})
    got = list(source(name).fetch(Request(options={**ASKING[name], "url": url}), out))
    assert out.asked == [url]
    return got


@pytest.mark.parametrize("name", ASKING)
def test_what_stands_in_an_address_as_a_key_is_not_stored(name: str) -> None:
    (got,) = fetch(name, 200)
    assert got.url == "https://example.org:8443/a/b.csv" and got.raw == b"rows"
    assert SECRET not in str(got) and "url" not in got.options


@pytest.mark.parametrize("status", [204, 401, 404, 500])
@pytest.mark.parametrize("name", ASKING)
def test_an_answer_that_is_no_good_one_is_not_captured(name: str, status: int) -> None:
    with pytest.raises(FetchError, match=rf"^example.org:8443 answered {status}; ") as wrong:
        fetch(name, status)
    assert SECRET not in str(wrong.value) and "\n" not in str(wrong.value)


@pytest.mark.parametrize("url", [f"ftp://host/{SECRET}", SECRET, f"http://[bad/{SECRET}"])
@pytest.mark.parametrize("name", ASKING)
def test_what_is_no_web_address_is_not_asked(name: str, url: str) -> None:
    with pytest.raises(FetchError, match="no http or https address") as wrong:
        list(source(name).fetch(Request(options={**ASKING[name], "url": url}), FakeTransport({})))
    assert SECRET not in str(wrong.value)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://example.org/a?b=c", "https://example.org/a"),
        ("http://a@b@[::1]:80/x#y", "http://[::1]:80/x"),
        ("https://example.org", "https://example.org"),
    ],
)
def test_a_public_address(url: str, public: str) -> None:
    assert public_url(url) == public


@pytest.mark.parametrize("name", ZONED)
def test_names_and_numbers_of_a_mapping_are_kept_as_text(name: str) -> None:
    told = yaml.safe_load("zones: {369: Europe/Kyiv, 678.0: Asia/Aden}\nsince: 2022-01-01\np: 0.5\n2.5: [1.5, null]")
    request = Request(files=(("a.csv", b"x"),), options={"mapping": told, "zone": None})
    (got,) = source(name).fetch(request, FakeTransport({}))
    assert canonical(got.options)
    assert got.options["mapping"] == {
        "zones": {"369": "Europe/Kyiv", "678.0": "Asia/Aden"},
        "since": "2022-01-01",
        "p": "0.5",
        "2.5": ["1.5", None],
    }


@pytest.mark.parametrize("name", ["acled", "ucdp"])
@pytest.mark.parametrize("code", ["369", "369.0", '"369"'])
def test_a_zone_is_found_by_a_number_however_it_is_written(name: str, code: str) -> None:
    column = {"acled": "iso", "ucdp": "country_id"}[name]
    rows = {
        "acled": "event_id_cnty,event_date,time_precision,sub_event_type,latitude,longitude,iso\n"
        "X1,2021-03-04,1,Attack,14,100,369\n",
        "ucdp": "id,type_of_violence,date_start,date_end,latitude,longitude,country_id\n"
        "1,1,2021-03-04,2021-03-04,14,100,369\n",
    }[name]
    told = yaml.safe_load(f"zones: {{{code}: Asia/Aden}}")
    request = Request(files=(("a.csv", rows.encode()),), options={"mapping": told})
    (got,) = source(name).fetch(request, FakeTransport({}))
    read = check_source(source(name), got.raw, options=got.options)
    assert column not in read.problems["subject"].to_list()
    assert read.observations["t0"].item().isoformat() == "2021-03-03T21:00:00+00:00"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"zones": {369: "Europe/Kyiv", "369": "Asia/Aden"}}, "mapping: names '369' twice"),
        ({"x": b"\x00"}, "mapping: holds bytes, which"),
        ({"x": {"a"}}, "mapping: holds set, which"),
    ],
)
@pytest.mark.parametrize("name", ZONED)
def test_what_cannot_be_written_down_is_said_in_one_line(name: str, told: dict[str, Any], said: str) -> None:
    request = Request(files=(("a.csv", b"x"),), options={"mapping": told})
    with pytest.raises(InputError, match=said) as wrong:
        list(source(name).fetch(request, FakeTransport({})))
    assert "\n" not in str(wrong.value)


def test_dates_and_fractions_are_text_and_other_values_stay() -> None:
    told = {"d": date(2022, 1, 1), "t": True, "n": 3, "x": (0.1,), "f": float("nan")}
    assert plain(told) == {"d": "2022-01-01", "t": True, "n": 3, "x": ["0.1"], "f": "nan"}


def test_every_feed_speaks_of_a_cut_gzip_in_the_same_words() -> None:
    head = "event_id_cnty,event_date,sub_event_type,latitude,longitude\n"
    packed = gzip.compress((head + "".join(f"X{n},2021-03-04,Attack,14,100\n" for n in range(999))).encode(), mtime=0)
    cut = packed[: len(packed) // 2]
    assert any(CUT_GZIP in said for said in check_source(source("acled"), cut).problems["message"])
    for name, options in ASKING.items():
        for raw, why in ((cut, CUT_GZIP), (packed[:10] + b"\xff" * 50, BROKEN_GZIP)):
            with pytest.raises(InputError, match=f"cannot be unzipped: {why}"):
                check_source(source(name), raw, options=options)
    with pytest.raises(InputError, match=f"cannot be unzipped: {BROKEN_GZIP}"):
        check_source(source("acled"), packed[:10] + b"\xff" * 50)
