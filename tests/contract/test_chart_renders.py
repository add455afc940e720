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
    environment,
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


LONG = "polydub-for-the-editorial-department-of"


@pytest.mark.parametrize(
    ("one", "other"), [("polydub", "second"), (f"{LONG}-news", f"{LONG}-sports")]
)
def test_two_releases_share_nothing(one: str, other: str) -> None:
    assert of_release(one).isdisjoint(of_release(other))


def test_names_are_as_short_as_kubernetes_wants_them() -> None:
    longest = max(len(name) for _, name in of_release("r" * 53))
    assert longest <= 63


def test_releases_of_one_name_in_two_namespaces_share_nothing_of_the_clusters() -> None:
    def of_cluster(namespace: str) -> set[str]:
        objects = render({"priorityClasses": {"create": True}}, namespace=namespace)
        made = set(of_kind(objects, "PriorityClass"))
        named = {maker: pod.get("priorityClassName") for maker, pod in pods(objects).items()}
        # Hooks run before the PriorityClasses are made.
        assert {maker for maker, name in named.items() if name is None} == {
            maker for maker in named if maker.startswith("Job/")
        }
        assert set(named.values()) - {None} == made
        return made

    assert of_cluster("one").isdisjoint(of_cluster("other"))


def scaling(**said: Any) -> dict[str, Any]:
    return {"keda": {"enabled": True}, "stages": {"asr": {"autoscaling": said}}}


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
        ({"nats": {"enabled": False, "url": "nats://n:4222"}}, "nats.cidrs"),
        ({"postgresql": {"enabled": False, "existingSecret": "a"}}, "postgresql.cidrs"),
        (
            {
                "seaweedfs": {"enabled": False},
                "store": {"s3": {"endpoint": "s", "existingSecret": "a"}},
            },
            "store.s3.cidrs",
        ),
        ({"gateway": {"serviceType": "LoadBalancer"}}, "networkPolicy.ingressFrom"),
        ({"ingress": {"enabled": True, "kind": "HTTPRoute"}}, "ingress.parentRefs"),
        ({"ingress": {"enabled": True, "kind": "Route"}}, "kind"),
        ({"stagess": {}}, "stagess"),
        ({"stages": {"subtitling": {}}}, "subtitling"),
        ({"stages": {"asr": {"replica": 2}}}, "replica"),
        ({"store": {"kind": "ftp"}}, "kind"),
        ({"settings": {"log level": "DEBUG"}}, "log level"),
        (scaling(secondsPerEvent=0), "secondsPerEvent"),
        (scaling(targetSeconds=0), "targetSeconds"),
        (scaling(cooldownSeconds=7200), "cooldownSeconds"),
        (scaling(maxReplicas=0), "maxReplicas"),
        (scaling(minReplicas=9, maxReplicas=2), "stages.asr.autoscaling: minReplicas"),
        (scaling(warm={"replicas": 9}, maxReplicas=2), "stages.asr.autoscaling: warm.replicas"),
        ({"gateway": {"autoscaling": {"enabled": True, "minReplicas": 9}}}, "gateway.autoscaling"),
        ({"gateway": {"autoscaling": {"enabled": True, "minReplicas": 0}}}, "gateway.autoscaling"),
    ],
)
def test_what_can_not_work_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(helm_python.HelmError, match=said):
        render(values)


@pytest.mark.parametrize(
    ("was", "will", "refused"),
    [(0, 3, False), (1, 1, False), (3, 5, False), (1, 3, True), (3, 1, True), (5, 3, True)],
)
def test_brokers_that_would_lose_their_streams_are_refused(
    was: int, will: int, refused: bool
) -> None:
    """What ``lookup`` finds in a cluster is given here; a chart's own objects may call it too."""
    check = f'{{{{ include "polydub.checkBrokers" (dict "was" {was} "will" {will}) }}}}'
    values = {"extraObjects": [check]}
    if not refused:
        render(values)
        return
    with pytest.raises(helm_python.HelmError, match="Another number of brokers"):
        render(values)
    operations = CHART.parents[1] / "operations.md"
    assert "## Another number of brokers" in operations.read_text().splitlines()


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


def test_what_opens_the_volumes_outlives_the_release_as_they_do() -> None:
    kept = of_kind(rendered("gpu"), "Secret", "PersistentVolumeClaim")
    assert set(kept) == {"polydub-secrets", "polydub-models"}
    for name, each in kept.items():
        assert each["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep", name


def test_argo_cd_migrates_beside_what_the_migration_needs() -> None:
    """Its own kind of hook replaces what it makes of Helm's: PreSync, before every object."""
    hooked = {
        name: each["metadata"]["annotations"]
        for name, each in of_kind(rendered("default"), "Job").items()
        if "helm.sh/hook" in each["metadata"].get("annotations", {})
    }
    assert {name: each["argocd.argoproj.io/hook"] for name, each in hooked.items()} == {
        "polydub-migration": "Sync"
    }


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


def test_a_store_may_be_reached_by_a_role() -> None:
    theirs = {"endpoint": "s3.example.com", "credentials": "role", "cidrs": ["203.0.113.0/24"]}
    objects = render({"seaweedfs": {"enabled": False}, "store": {"s3": theirs}})
    for maker, pod in pods(objects).items():
        if "POLYDUB_S3_ENDPOINT" in (said := environment(pod, objects)):
            assert said["POLYDUB_S3_CREDENTIALS"] == "role", maker
            assert not {"POLYDUB_S3_ACCESS_KEY", "POLYDUB_S3_SECRET_KEY"} & said.keys(), maker
    with pytest.raises(Exception, match="credentials: role"):
        render(
            {"seaweedfs": {"enabled": False}, "store": {"s3": {**theirs, "credentials": "keys"}}}
        )
