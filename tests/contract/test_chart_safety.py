"""What the chart runs may do little, and says how it is."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("helm_python")

from rendering import (
    VALUES,
    Object,
    containers,
    of_kind,
    pods,
    rendered,
    selects,
)

pytestmark = pytest.mark.contract
each_values = pytest.mark.parametrize("name", VALUES)


def offences(name: str, rule: Any) -> list[str]:
    """Which containers break a rule, as Pod/container."""
    return [
        f"{maker}/{container['name']}"
        for maker, pod in pods(rendered(name)).items()
        for container in containers(pod)
        if not rule(pod, container)
    ]


@each_values
def test_nobody_is_root(name: str) -> None:
    def rule(pod: Object, container: Object) -> bool:
        whole = pod["securityContext"]
        return bool(
            whole["runAsNonRoot"]
            and whole["runAsUser"] > 0
            and whole["runAsGroup"] > 0
            and whole["seccompProfile"] == {"type": "RuntimeDefault"}
            and container["securityContext"].get("runAsUser", 1) > 0
        )

    assert offences(name, rule) == []


@each_values
def test_nothing_is_written_but_to_volumes_and_nothing_gained(name: str) -> None:
    restricted = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert offences(name, lambda _, container: container["securityContext"] == restricted) == []


@each_values
def test_no_pod_sees_the_cluster_or_the_node(name: str) -> None:
    for maker, pod in pods(rendered(name)).items():
        assert pod["automountServiceAccountToken"] is False, maker
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod), maker
        assert not any("hostPath" in volume for volume in pod["volumes"]), maker
        assert not any("hostPort" in p for c in containers(pod) for p in c.get("ports", []))


@each_values
def test_memory_is_limited_and_asked_for(name: str) -> None:
    def rule(pod: Object, container: Object) -> bool:
        resources = container["resources"]
        first = container in pod.get("initContainers", [])
        asked = set(resources.get("requests", {}))
        return "memory" in resources["limits"] and (first or asked >= {"cpu", "memory"})

    assert offences(name, rule) == []


@each_values
def test_temporary_files_are_limited_below_what_the_container_may_take(name: str) -> None:
    for maker, pod in pods(rendered(name)).items():
        (tmp,) = [volume for volume in pod["volumes"] if volume["name"] == "tmp"]
        size = gibibytes(tmp["emptyDir"]["sizeLimit"])
        limit = pod["containers"][0]["resources"]["limits"].get("ephemeral-storage")
        assert limit is None or size < gibibytes(limit), maker


def gibibytes(quantity: str) -> float:
    units = {"Mi": 1 / 1024, "Gi": 1.0}
    return float(quantity[:-2]) * units[quantity[-2:]]


@each_values
def test_images_have_tags_that_stay(name: str) -> None:
    def rule(_: Object, container: Object) -> bool:
        tag = container["image"].rpartition("/")[2].partition(":")[2]
        return bool(tag) and tag != "latest"

    assert offences(name, rule) == []


@each_values
def test_what_keeps_running_is_probed(name: str) -> None:
    lasting = of_kind(rendered(name), "Deployment", "StatefulSet")
    for maker, each in lasting.items():
        for container in each["spec"]["template"]["spec"]["containers"]:
            assert {"livenessProbe", "readinessProbe"} <= set(container), maker


@each_values
def test_everything_is_closed_and_opened_by_name(name: str) -> None:
    objects = rendered(name)
    policies = of_kind(objects, "NetworkPolicy")
    closed = policies.pop("polydub-closed")["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(closed)
    for maker, pod in pods(objects).items():
        assert selects(closed["podSelector"]["matchLabels"], pod["labels"]), maker
        own = [p for p in policies.values() if picks(p, pod)]
        assert len(own) == 1, maker
    for maker, policy in policies.items():
        assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}, maker
        # An entry without `from` or `to` would mean everyone; webhooks come from outside.
        webhooks = [{"port": "webhook"}]
        for opened in policy["spec"].get("ingress", []):
            assert opened.get("from") or opened["ports"] == webhooks, maker
        for opened in policy["spec"].get("egress", []):
            assert opened["to"], maker
            assert opened["ports"], maker


def picks(policy: Object, pod: Object) -> bool:
    return selects(policy["spec"]["podSelector"]["matchLabels"], pod["labels"])


def internet(policy: Object) -> list[Object]:
    """The entries that lead to all networks on the web's ports."""
    return [
        each
        for each in policy["spec"].get("egress", [])
        if {"port": 443} in each["ports"] and {"port": 80} in each["ports"]
    ]


def test_only_those_who_say_so_reach_the_internet_and_no_private_network_by_that() -> None:
    policies = of_kind(rendered("production"), "NetworkPolicy")
    out = {name for name, policy in policies.items() if internet(policy)}
    assert out == {
        f"polydub-{each}" for each in ("gateway", "models", "lipsync", "translation", "tts")
    }
    for name in out:
        (entry,) = internet(policies[name])
        (block,) = entry["to"]
        assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(block["ipBlock"]["except"])


@each_values
def test_policies_name_pods_and_ports_that_are_there(name: str) -> None:
    objects = rendered(name)
    every = pods(objects).values()
    for maker, policy in of_kind(objects, "NetworkPolicy").items():
        targets = [pod for pod in every if picks(policy, pod)]
        ports = {
            p["name"] for pod in targets for c in pod["containers"] for p in c.get("ports", [])
        }
        for opened in policy["spec"].get("ingress", []):
            assert {p["port"] for p in opened["ports"]} <= ports, maker
        for opened in policy["spec"].get("egress", []):
            for peer in opened["to"]:
                if "podSelector" in peer:
                    wanted = peer["podSelector"]["matchLabels"]
                    reached = [pod for pod in every if selects(wanted, pod["labels"])]
                    numbers = {
                        port["containerPort"]
                        for pod in reached
                        for container in pod["containers"]
                        for port in container["ports"]
                    }
                    assert {p["port"] for p in opened["ports"]} <= numbers, maker
