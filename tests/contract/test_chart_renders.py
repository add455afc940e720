"""The chart gives what Kubernetes takes, for every set of values it is shipped with."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

kubernetes_validate = pytest.importorskip("kubernetes_validate")
helm_python = pytest.importorskip("helm_python")

import document  # noqa: E402
from kubernetes_validate import utils  # noqa: E402
from rendering import (  # noqa: E402
    CHART,
    NAMESPACE,
    VALUES,
    Object,
    of_kind,
    pods,
    render,
    rendered,
)

pytestmark = pytest.mark.contract

KUBERNETES = "1.34"
SCHEMAS = {
    path.stem: json.loads(path.read_text()) for path in (CHART.parent / "schemas").glob("*.json")
}
each_values = pytest.mark.parametrize("name", VALUES)


# Of Kubernetes' schemas, 1.5 MB each, no more than one reading.
utils.schema_contents = cache(utils.schema_contents)


def validate(each: Object) -> None:
    if (own := SCHEMAS.get(each["kind"])) is not None:
        jsonschema.validate(each, own)
        return
    kubernetes_validate.validate(each, KUBERNETES, strict=True)


@each_values
def test_every_object_is_valid(name: str) -> None:
    for each in rendered(name):
        validate(each)


@each_values
def test_objects_have_names_of_their_own_and_one_namespace(name: str) -> None:
    objects = [each for each in rendered(name) if not each["metadata"]["name"].endswith("-more")]
    named = [(each["kind"], each["metadata"]["name"]) for each in objects]
    assert sorted(set(named)) == sorted(named)
    free = {"PriorityClass"}
    assert {e["metadata"]["namespace"] for e in objects if e["kind"] not in free} == {NAMESPACE}


def test_helm_finds_no_fault() -> None:
    found = helm_python.lint(str(CHART), strict=True)
    assert found["errors"] == []


def test_two_releases_share_nothing() -> None:
    one, other = (of_release(release) for release in ("polydub", "second"))
    assert one.isdisjoint(other)


def of_release(release: str) -> set[tuple[str, str]]:
    return {(each["kind"], each["metadata"]["name"]) for each in render({}, release)}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"nats": {"enabled": False}}, "nats.url"),
        ({"postgresql": {"enabled": False}}, "postgresql.existingSecret"),
        ({"seaweedfs": {"enabled": False}}, "store.s3.endpoint"),
        (
            {"keda": {"enabled": True}, "nats": {"enabled": False, "url": "nats://n:4222"}},
            "nats.monitoringEndpoint",
        ),
        ({"stagess": {}}, "stagess"),
        ({"stages": {"subtitling": {}}}, "subtitling"),
        ({"stages": {"asr": {"replica": 2}}}, "replica"),
        ({"store": {"kind": "ftp"}}, "kind"),
        ({"settings": {"log level": "DEBUG"}}, "log level"),
    ],
)
def test_what_can_not_work_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(helm_python.HelmError, match=said):
        render(values)


def test_no_secret_is_made_where_all_are_brought() -> None:
    everything = {
        "gateway": {"existingSecret": "a", "accounts": {"existingSecret": "b"}},
        "postgresql": {"existingSecret": "c"},
        "store": {"s3": {"existingSecret": "d"}},
    }
    assert of_kind(render(everything), "Secret") == {}


def test_what_is_made_is_only_what_is_missing() -> None:
    (secret,) = of_kind(rendered("default"), "Secret").values()
    entries = {"secret", "admin-password", "password", "access-key", "secret-key"}
    assert set(secret["data"]) == entries
    (secret,) = of_kind(render({"gateway": {"existingSecret": "a"}}), "Secret").values()
    assert set(secret["data"]) == entries - {"secret"}


def test_what_pods_name_is_there() -> None:
    """Secrets, settings, claims and accounts, where the chart brings them itself."""
    objects = rendered("gpu")
    have = {
        kind: set(of_kind(objects, kind))
        for kind in ("Secret", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim")
    }
    for name, pod in pods(objects).items():
        assert pod.get("serviceAccountName", "polydub-gateway") in have["ServiceAccount"], name
        for volume in pod["volumes"]:
            if claim := volume.get("persistentVolumeClaim"):
                assert claim["claimName"] in have["PersistentVolumeClaim"]
            if source := volume.get("configMap"):
                assert source["name"] in have["ConfigMap"]
            if source := volume.get("secret"):
                assert source["secretName"] in have["Secret"]


def test_the_readme_and_the_schema_say_what_values_say() -> None:
    assert document.outdated() == []


def test_a_value_without_a_word_is_noticed() -> None:
    with pytest.raises(ValueError, match="nothing about b"):
        document.values("# -- said\na: 1\nb: 2\n")


def test_every_file_of_values_is_in_the_readme() -> None:
    readme = (CHART / "README.md").read_text()
    unsaid = {"default"}  # what comes without a file
    assert [each for each in VALUES if f"ci/{each}-values.yaml" not in readme] == sorted(unsaid)
