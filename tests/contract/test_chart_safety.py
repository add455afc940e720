"""What the chart runs may do little, and says how it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("helm_python")

from rendering import (
    NAMESPACE,
    VALUES,
    Object,
    containers,
    of_kind,
    pods,
    render,
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


def test_the_platform_may_choose_the_users() -> None:
    """As OpenShift does, which refuses Pods that name one."""
    numbers = ("runAsUser", "runAsGroup", "fsGroup")
    chosen = dict.fromkeys(numbers)
    own = {"models": {"enabled": True}, "debug": {"enabled": True}}
    parts = render(
        {**own, "podSecurityContext": chosen, "postgresql": {"podSecurityContext": None}}
    )
    for maker, pod in pods(parts).items():
        assert not set(numbers) & set(pod.get("securityContext", {})), maker
    assert pods(parts)["Deployment/polydub-asr"]["securityContext"]["runAsNonRoot"]
    nothing = render({**own, "podSecurityContext": None, "containerSecurityContext": None})
    for maker, pod in pods(nothing).items():
        assert ("securityContext" in pod) == (maker == "StatefulSet/polydub-postgresql"), maker
        assert not any("securityContext" in each for each in containers(pod)), maker


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


def ways_out(policy: Object) -> Iterator[tuple[Object, list[Object]]]:
    """Each peer that a policy leads to, and the ports there."""
    for each in policy["spec"].get("egress", []):
        for peer in each["to"]:
            yield peer, each["ports"]


def wide(policy: Object) -> list[Object]:
    """The blocks of a policy that hold every network."""
    blocks = [peer["ipBlock"] for peer, _ in ways_out(policy) if "ipBlock" in peer]
    return [block for block in blocks if block["cidr"].endswith("/0")]


def test_only_those_who_say_so_reach_the_internet() -> None:
    policies = of_kind(rendered("production"), "NetworkPolicy")
    assert {name for name, policy in policies.items() if wide(policy)} == {
        f"polydub-{each}" for each in ("gateway", "models", "lipsync", "translation", "tts")
    }


EVERYWHERE = {
    "nats": {"enabled": False, "url": "nats://broker.example:4222", "cidrs": ["0.0.0.0/0"]},
    "postgresql": {"enabled": False, "existingSecret": "database", "cidrs": ["0.0.0.0/0"]},
    "seaweedfs": {"enabled": False},
    "store": {
        "s3": {"endpoint": "s3.example", "existingSecret": "s3", "cidrs": ["0.0.0.0/0"]},
    },
}


@pytest.mark.parametrize("name", [*VALUES, "everywhere"])
def test_nobody_reaches_private_networks_or_namespaces_that_are_not_named(name: str) -> None:
    """Policies add up: one wide way out on a port undoes what another one leaves out there."""
    objects = render(EVERYWHERE) if name == "everywhere" else rendered(name)
    for maker, policy in of_kind(objects, "NetworkPolicy").items():
        for block in wide(policy):
            assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(block.get("except", [])), maker
        for peer, ports in ways_out(policy):
            if "namespaceSelector" in peer:
                assert peer["namespaceSelector"].get("matchLabels"), (maker, ports)


def test_clients_from_outside_are_let_in_by_name() -> None:
    outside = {"ipBlock": {"cidr": "0.0.0.0/0"}}
    values = {
        "gateway": {"serviceType": "LoadBalancer", "externalTrafficPolicy": "Local"},
        "networkPolicy": {"ingressFrom": [outside]},
        "ingress": {"enabled": True},
    }
    objects = render(values)
    service = of_kind(objects, "Service")["polydub-gateway"]["spec"]
    assert (service["type"], service["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    policies = of_kind(objects, "NetworkPolicy")
    let_in = {
        name
        for name, policy in policies.items()
        for opened in policy["spec"].get("ingress", [])
        if outside in opened["from"]
    }
    assert let_in == {"polydub-gateway", "polydub-frontend"}


def test_more_ways_out_are_every_pods() -> None:
    """As to a cache of names on the node, which the broker and the models' Job ask as well."""
    more = {"to": [{"ipBlock": {"cidr": "169.254.20.10/32"}}], "ports": [{"port": 53}]}
    values = {"networkPolicy": {"extraEgress": [more]}, "models": {"enabled": True}}
    objects = render(values)
    policies = of_kind(objects, "NetworkPolicy").values()
    for maker, pod in pods(objects).items():
        own = [each for each in policies if picks(each, pod)]
        assert any(more in each["spec"].get("egress", []) for each in own), maker


def test_backends_of_others_are_reached_where_they_are_said_to_be() -> None:
    policies = of_kind(rendered("external"), "NetworkPolicy")

    def namespaces(name: str) -> dict[int, str]:
        return {
            ports[0]["port"]: next(iter(peer["namespaceSelector"]["matchLabels"].values()))
            for peer, ports in ways_out(policies[name])
            if "namespaceSelector" in peer
        }

    assert namespaces("polydub-asr") == {53: "kube-system", 4222: "nats", 9000: "storage"}
    assert namespaces("polydub-gateway") == {
        53: "kube-system", 4222: "nats", 9000: "storage", 5432: "databases",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("endpoint", "namespace"),
    [
        ("http://collector:4317", NAMESPACE),
        ("http://collector.tracing:4317", "tracing"),
        ("http://collector.tracing.svc.cluster.local:4317", "tracing"),
    ],
)
def test_traces_go_to_the_collectors_namespace(endpoint: str, namespace: str) -> None:
    policy = of_kind(render({"tracesEndpoint": endpoint}), "NetworkPolicy")["polydub-asr"]
    (peer,) = [peer for peer, ports in ways_out(policy) if ports == [{"port": 4317}]]
    wanted = {"kubernetes.io/metadata.name": namespace}
    assert peer == {"namespaceSelector": {"matchLabels": wanted}}


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
