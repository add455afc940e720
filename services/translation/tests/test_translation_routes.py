"""Which ways lead where."""

from __future__ import annotations

import pytest

from polydub_translation.routes import Mode, RouteMap, parse_mode

pytestmark = pytest.mark.unit

INSTALLED = (
    "eng-spa eng-cat en-gl en-eo cat-spa spa-cat cat-fra cat-ita spa-ita es-fr es-gl es-pt "
    "es-pt_BR gl-es gl-pt cat-por cat-por_BR spa-eng cat-eng fra-cat fr-es pt-es por-cat pt-gl "
    "hbs-eng eng-hbs eng-cat_valencia eng-cat_iec2017 eco-es-fr en-eo-bytecode cat-por_PTpre1990 "
    "gl-pt-latin1"
)


@pytest.fixture
def ways() -> RouteMap:
    return RouteMap.of(INSTALLED.split())


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("eng-spa", Mode("eng-spa", "en", "es")),
        ("es-pt_BR", Mode("es-pt_BR", "es", "pt-BR")),
        ("eng-cat_valencia", Mode("eng-cat_valencia", "en", "ca-valencia")),
        ("eng-cat_iec2017", None),
        ("eng-hbs", None),
        ("en-eo-bytecode", None),
        ("eco-es-fr", None),
        ("gl-pt-latin1", None),
    ],
)
def test_parse_mode(name: str, mode: Mode | None) -> None:
    assert parse_mode(name) == mode


@pytest.mark.parametrize(
    ("source", "target", "modes"),
    [
        ("en", "es", [["eng-spa"], ["eng-cat", "cat-spa"], ["en-gl", "gl-es"]]),
        ("en", "ca", [["eng-cat"], ["eng-spa", "spa-cat"]]),
        ("en", "fr", [["eng-cat", "cat-fra"], ["eng-spa", "es-fr"]]),
        ("en", "it", [["eng-cat", "cat-ita"], ["eng-spa", "spa-ita"]]),
        ("en", "pt", [["en-gl", "gl-pt"], ["eng-cat", "cat-por_BR"], ["eng-spa", "es-pt"]]),
        ("en", "pt-BR", [["eng-cat", "cat-por_BR"], ["eng-spa", "es-pt_BR"]]),
        ("en", "eo", [["en-eo"]]),
        ("pt", "en", [["pt-es", "spa-eng"], ["por-cat", "cat-eng"]]),
        ("fr", "en", [["fra-cat", "cat-eng"], ["fr-es", "spa-eng"]]),
    ],
)
def test_routes_best_first(
    ways: RouteMap, source: str, target: str, modes: list[list[str]]
) -> None:
    found = [[mode.name for mode in route.modes] for route in ways.routes(source, target)]
    assert found == modes


def test_regions_are_served_by_their_language(ways: RouteMap) -> None:
    assert ways.routes("en-GB", "es-MX") == ways.routes("en", "es")


@pytest.mark.parametrize(
    ("source", "target"), [("en", "de"), ("en", "sh"), ("en", "en"), ("ja", "es")]
)
def test_no_way(ways: RouteMap, source: str, target: str) -> None:
    assert ways.routes(source, target) == ()


def test_pairs_name_the_best_way(ways: RouteMap) -> None:
    via = {(pair.source, pair.target): pair.via for pair in ways.pairs()}
    assert via["en", "es"] == ()
    assert via["en", "fr"] == ("ca",)
    assert via["en", "pt"] == ("gl",)
    assert via["en", "pt-BR"] == ("ca",)
    assert ("en", "en") not in via
    assert all(source.split("-")[0] != target.split("-")[0] for source, target in via)


def test_a_missing_pivot_leaves_the_other_way() -> None:
    ways = RouteMap.of(["eng-spa", "es-fr", "eng-cat"])
    assert [route.via for route in ways.routes("en", "fr")] == [("es",)]
