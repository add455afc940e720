"""The chart and the code mean the same: stages, settings, ports, consumers, metrics."""

from __future__ import annotations

import importlib
import json
import math
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings
from sqlalchemy.engine import make_url

pytest.importorskip("helm_python")

from rendering import (
    CHART,
    NAMESPACE,
    VALUES,
    Object,
    containers,
    environment,
    of_kind,
    pods,
    render,
    rendered,
    selects,
)

from polydub import peers
from polydub.pipeline import BY_NAME, GATEWAY, STAGES, STREAM, Lane, Stage
from polydub.rpc import LIVENESS
from polydub.settings import CommonSettings
from polydub.testing.servers import program
from polydub_gateway.settings import GatewaySettings

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
OF_OTHERS = {
    "OTEL_EXPORTER_OTLP_ENDPOINT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POD_NAME",
    "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "PGDATA", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "TZ",
}  # fmt: skip
"""What the environment says to others than Polydub."""
each_values = pytest.mark.parametrize("name", VALUES)


def variables(settings: type[BaseSettings]) -> Iterator[str]:
    """The variables that a class of settings reads, those of its parts among them."""
    prefix = settings.model_config["env_prefix"]
    for field, about in settings.model_fields.items():
        part = about.annotation
        if isinstance(part, type) and issubclass(part, BaseSettings):
            yield from variables(part)
        else:
            yield f"{prefix}{field}".upper()


def settings_of(stage: Stage) -> type[BaseSettings]:
    module = importlib.import_module(f"{stage.package}.settings")
    found: type[BaseSettings] = getattr(module, f"{stage.service}Settings")
    return found


def known() -> set[str]:
    every = [CommonSettings, GatewaySettings, *(settings_of(stage) for stage in STAGES)]
    return {each for settings in every for each in variables(settings)} | {
        peers.variable(stage) for stage in STAGES
    }


def test_the_stages_are_the_pipelines_in_its_order() -> None:
    assert list(DEFAULTS["stages"]) == list(BY_NAME)
    off = {name for name, each in DEFAULTS["stages"].items() if not each.get("enabled", True)}
    assert off == {stage.name for stage in STAGES if stage.optional}


@each_values
def test_every_stage_that_is_on_has_its_objects(name: str) -> None:
    objects = rendered(name)
    given = yaml.safe_load(VALUES[name].read_text()) or {}
    for stage in STAGES:
        on = given.get("stages", {}).get(stage.name, {}).get("enabled", not stage.optional)
        for kind in ("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget"):
            assert (f"polydub-{stage.name}" in of_kind(objects, kind)) == on, (stage.name, kind)
        scaled = f"polydub-{stage.name}" in of_kind(objects, "ScaledObject")
        assert scaled == (on and given.get("keda", {}).get("enabled", False))


@each_values
def test_every_variable_is_one_that_the_code_reads(name: str) -> None:
    objects, read = rendered(name), known() | OF_OTHERS
    for maker, pod in pods(objects).items():
        assert sorted(set(environment(pod, objects)) - read) == [], maker


def test_more_environment_is_every_own_process() -> None:
    """As a proxy, which the Job needs that fetches models."""
    proxy = {"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}
    objects = render({"extraEnv": [proxy], "models": {"enabled": True}})
    of_others = {f"StatefulSet/polydub-{each}" for each in ("nats", "postgresql", "seaweedfs")}
    without = {
        maker
        for maker, pod in pods(objects).items()
        if environment(pod, objects).get("HTTPS_PROXY") != proxy["value"]
    }
    assert without == of_others


def test_a_setting_that_nobody_reads_would_be_noticed() -> None:
    objects = render({"stages": {"asr": {"settings": {"WHISPER_MODLE": "base"}}}})
    found = environment(pods(objects)["Deployment/polydub-asr"], objects)
    assert set(found) - known() - OF_OTHERS == {"POLYDUB_ASR_WHISPER_MODLE"}


def settings_from(pod: Object, objects: list[Object], monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "POLYDUB_GATEWAY_SECRET": "x" * 48,
        "POLYDUB_GATEWAY_DATABASE_URL": "postgresql+asyncpg://polydub:x@database/polydub",
        "POLYDUB_S3_ACCESS_KEY": "key",
        "POLYDUB_S3_SECRET_KEY": "secret",
        "POLYDUB_NATS_URL": "nats://broker:4222",
    }
    for variable, value in environment(pod, objects).items():
        monkeypatch.setenv(variable, value or secrets.get(variable, ""))


@each_values
def test_every_process_takes_its_settings(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    objects = rendered(name)
    given = yaml.safe_load(VALUES[name].read_text()) or {}
    (tmp_path / "admin-password").write_text("a long enough password")
    for stage in STAGES:
        pod = pods(objects).get(f"Deployment/polydub-{stage.name}")
        if pod is not None:
            with monkeypatch.context() as patch:
                settings_from(pod, objects, patch)
                CommonSettings()
                settings_of(stage)()
    settings_from(pods(objects)["Deployment/polydub-gateway"], objects, monkeypatch)
    if "POLYDUB_GATEWAY_FIRST_ADMIN_PASSWORD_FILE" in environment(
        pods(objects)["Deployment/polydub-gateway"], objects
    ):
        path = str(tmp_path / "admin-password")
        monkeypatch.setenv("POLYDUB_GATEWAY_FIRST_ADMIN_PASSWORD_FILE", path)
    if "POLYDUB_GATEWAY_PAGE" in os.environ:
        (tmp_path / "index.html").touch()
        monkeypatch.setenv("POLYDUB_GATEWAY_PAGE", str(tmp_path))
    common, gateway = CommonSettings(), GatewaySettings()
    replicas = given.get("nats", {}).get("replicas") or given.get("nats", {}).get("streamReplicas")
    assert common.stream_replicas == (replicas or 1)
    assert gateway.sign_in.accounts == given.get("gateway", {}).get("accounts", {}).get(
        "enabled", True
    )


@pytest.mark.parametrize("password", ["p@ss", "a%41b", "/:?#[]@!$(X)&'*+,;= \"é"])
def test_a_database_password_may_have_any_characters(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = rendered("minimal")
    for maker in ("Deployment/polydub-gateway", "Job/polydub-migration"):
        with monkeypatch.context() as patch:
            settings_from(pods(objects)[maker], objects, patch)
            assert "POLYDUB_GATEWAY_DATABASE_PASSWORD" in os.environ
            patch.setenv("POLYDUB_GATEWAY_DATABASE_PASSWORD", password)
            patch.delenv("POLYDUB_GATEWAY_PAGE", raising=False)
            url = make_url(GatewaySettings().database_url)
        assert (url.password, url.username, url.host) == (password, "polydub", "polydub-postgresql")


def test_without_accounts_the_gateway_answers_under_its_own_names_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Addresses are answered always, so that probes and who reads metrics come through."""
    values = {
        "gateway": {"accounts": {"enabled": False}},
        "ingress": {"enabled": True, "host": "dubs.example"},
    }
    objects = render(values)
    settings_from(pods(objects)["Deployment/polydub-gateway"], objects, monkeypatch)
    monkeypatch.delenv("POLYDUB_GATEWAY_PAGE", raising=False)
    hosts = GatewaySettings().hosts
    (service,) = (name for name in of_kind(objects, "Service") if name.endswith("-gateway"))
    inside = f"{service}.{NAMESPACE}"
    assert hosts == {
        "localhost", "dubs.example", service, inside, f"{inside}.svc", f"{inside}.svc.cluster.local"
    }  # fmt: skip


@each_values
def test_addresses_are_those_of_services(name: str) -> None:
    objects = rendered(name)
    data = of_kind(objects, "ConfigMap")["polydub-settings"]["data"]
    services = of_kind(objects, "Service")
    for stage in STAGES:
        found = re.fullmatch(r"dns:///([^:/]+):(\d+)", data[peers.variable(stage)])
        assert found, "gRPC asks DNS, and spreads calls over all that it answers"
        if found[1] in services:  # a stage that is off has an address and no Service
            service = services[found[1]]["spec"]
            assert int(found[2]) in {each["port"] for each in service["ports"]}
            assert service["clusterIP"] == "None", "all calls would go to one replica"
            assert service["selector"] == services[f"polydub-{stage.name}"]["spec"]["selector"]
        else:
            assert stage.optional
    for variable in ("POLYDUB_NATS_URL", "POLYDUB_S3_ENDPOINT"):
        found = re.search(r"(?:^|//)([^:/]+):\d+$", data.get(variable, ""))
        if found and found[1].startswith("polydub-"):
            assert found[1] in services


@each_values
def test_selectors_find_their_pods_and_ports_their_containers(name: str) -> None:
    objects = rendered(name)
    every = pods(objects)
    for maker, each in of_kind(objects, "Deployment", "StatefulSet").items():
        kind = each["kind"]
        assert selects(each["spec"]["selector"]["matchLabels"], every[f"{kind}/{maker}"]["labels"])
    for maker, service in of_kind(objects, "Service").items():
        behind = [
            pod for pod in every.values() if selects(service["spec"]["selector"], pod["labels"])
        ]
        assert len(behind) == 1, maker
        offered = {p["name"] for c in behind[0]["containers"] for p in c["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= offered, maker
    for maker, budget in of_kind(objects, "PodDisruptionBudget").items():
        wanted = budget["spec"]["selector"]["matchLabels"]
        assert sum(selects(wanted, pod["labels"]) for pod in every.values()) == 1, maker


def ways_in(objects: list[Object]) -> dict[str, dict[str, tuple[str, str | int]]]:
    """By ingress or route: which Service, and which port of it, a path leads to."""
    found = {}
    for maker, each in of_kind(objects, "Ingress").items():
        (rule,) = each["spec"]["rules"]
        to = {path["path"]: path["backend"]["service"] for path in rule["http"]["paths"]}
        found[maker] = {path: (each["name"], each["port"]["name"]) for path, each in to.items()}
    for maker, each in of_kind(objects, "HTTPRoute", "GRPCRoute").items():
        found[maker] = {
            match["path"]["value"]: (target["name"], target["port"])
            for rule in each["spec"]["rules"]
            for target in rule["backendRefs"]
            for match in rule.get("matches", [{"path": {"value": "/"}}])
        }
    return found


@each_values
def test_ways_in_lead_to_ports_of_services(name: str) -> None:
    objects = rendered(name)
    offered = {
        (service, port[key])
        for service, each in of_kind(objects, "Service").items()
        for port in each["spec"]["ports"]
        for key in ("name", "port")
    }
    assert {target for way in ways_in(objects).values() for target in way.values()} <= offered


def test_a_gateway_leads_where_an_ingress_does() -> None:
    def ways(**said: Any) -> list[set[tuple[str, str]]]:
        values = {"enabled": True, "host": "a.example", "grpcHost": "b.example", **said}
        found = ways_in(render({"ingress": values}))
        return [{(path, to) for path, (to, _) in way.items()} for _, way in sorted(found.items())]

    assert ways(kind="HTTPRoute", parentRefs=[{"name": "public"}]) == ways()


@each_values
def test_page_and_api_are_joined_by_a_way_in_or_by_the_gateway(name: str) -> None:
    objects = rendered(name)
    gateway = pods(objects)["Deployment/polydub-gateway"]
    served = environment(gateway, objects).get("POLYDUB_GATEWAY_PAGE")
    way = ways_in(objects).get("polydub-gateway")
    assert (way is None) == (served is not None)
    if way is not None:
        assert (way["/v1"][0], way["/"][0]) == ("polydub-gateway", "polydub-frontend")
        return
    assert not [each for each in of_kind(objects, "Deployment") if "frontend" in each]
    (copying,) = [each for each in gateway["initContainers"] if each["name"] == "page"]
    source = copying["command"][2].removesuffix("/.")
    assert f"{source}\n" in (ROOT / "frontend" / "Dockerfile").read_text()
    assert copying["command"][3] == served
    (written,) = copying["volumeMounts"]
    (serving,) = gateway["containers"]
    assert {**written, "readOnly": True} in serving["volumeMounts"]
    assert written["name"] in {volume["name"] for volume in gateway["volumes"]}


def test_without_a_class_the_clusters_default_takes_the_ingress() -> None:
    def classes(**said: Any) -> set[str | None]:
        objects = render({"ingress": {"enabled": True, "grpcHost": "grpc.example", **said}})
        return {
            each["spec"].get("ingressClassName") for each in of_kind(objects, "Ingress").values()
        }

    assert classes() == {None}
    assert classes(className="traefik") == {"traefik"}


@each_values
def test_ports_are_those_that_processes_listen_on(name: str) -> None:
    objects = rendered(name)
    for stage in STAGES:
        pod = pods(objects).get(f"Deployment/polydub-{stage.name}")
        if pod is None:
            continue
        said = environment(pod, objects)
        ports = {p["name"]: str(p["containerPort"]) for p in pod["containers"][0]["ports"]}
        assert said[f"POLYDUB_{stage.name.upper()}_GRPC_PORT"] == ports["grpc"]
        assert said[f"POLYDUB_{stage.name.upper()}_METRICS_PORT"] == ports["metrics"]
        dockerfile = (ROOT / "services" / stage.name / "Dockerfile").read_text()
        assert set(ports.values()) == set(re.findall(r"^EXPOSE (.*)$", dockerfile, re.M)[0].split())
    pod = pods(objects)["Deployment/polydub-gateway"]
    ports = {p["name"]: str(p["containerPort"]) for p in pod["containers"][0]["ports"]}
    said = environment(pod, objects)
    assert said["POLYDUB_GATEWAY_PORT"] == ports["http"]
    assert said["POLYDUB_GATEWAY_GRPC_PORT"] == ports["grpc"]


@each_values
def test_probes_ask_what_is_served(name: str) -> None:
    objects = rendered(name)
    for stage in STAGES:
        pod = pods(objects).get(f"Deployment/polydub-{stage.name}")
        for container in pod["containers"] if pod else ():
            assert container["livenessProbe"]["grpc"]["service"] == LIVENESS
            assert "service" not in container["readinessProbe"]["grpc"]
    routes = (ROOT / "gateway/src/polydub_gateway/routes/deployment.py").read_text()
    (container,) = pods(objects)["Deployment/polydub-gateway"]["containers"]
    asked = {
        name: container[f"{name}Probe"]["httpGet"]["path"]
        for name in ("startup", "liveness", "readiness")
    }
    # Only the beginning depends on others: a broker that goes away takes no gateway with it.
    assert asked == {"startup": "/readyz", "liveness": "/healthz", "readiness": "/healthz"}
    assert all(f'"{path}"' in routes for path in asked.values())


@each_values
def test_a_stop_leaves_time_to_finish_and_to_hand_back(name: str) -> None:
    """Work goes on for ``drain_s``; a heartbeat comes every third of ``ack_wait_s``."""
    objects = rendered(name)
    for maker, pod in pods(objects).items():
        said = environment(pod, objects)
        if "POLYDUB_DRAIN_S" in said:
            drain_s, ack_wait_s = float(said["POLYDUB_DRAIN_S"]), float(said["POLYDUB_ACK_WAIT_S"])
            assert drain_s > ack_wait_s, maker
            assert pod["terminationGracePeriodSeconds"] >= drain_s + ack_wait_s, maker
    gateway = pods(objects)["Deployment/polydub-gateway"]
    stop_s = int(gateway["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    shutdown_s = int(environment(gateway, objects)["POLYDUB_GATEWAY_SHUTDOWN_S"])
    assert gateway["terminationGracePeriodSeconds"] > stop_s + shutdown_s


def scaled(objects: list[Object], stage: str) -> dict[str, Any]:
    return dict(of_kind(objects, "ScaledObject")[f"polydub-{stage}"]["spec"])


def trigger(objects: list[Object], stage: str, lane: Lane = Lane.PROMPT) -> dict[str, Any]:
    triggers = scaled(objects, stage)["triggers"]
    found = [each["metadata"] for each in triggers if each["type"] == "nats-jetstream"]
    assert len(found) == len(Lane)
    name = BY_NAME[stage].consumer_in(lane)
    return dict(next(each for each in found if each["consumer"] == name))


def test_keda_asks_for_each_stages_own_consumer() -> None:
    for name in ("gpu", "production", "external"):
        objects = rendered(name)
        for maker, each in of_kind(objects, "ScaledObject").items():
            stage = maker.removeprefix("polydub-")
            asked = trigger(objects, stage)
            assert asked["stream"] == STREAM
            assert trigger(objects, stage, Lane.BULK) == {**asked, "consumer": f"{stage}-bulk"}
            assert each["spec"]["minReplicaCount"] <= each["spec"]["maxReplicaCount"]
            deployment = of_kind(objects, "Deployment")[each["spec"]["scaleTargetRef"]["name"]]
            assert "replicas" not in deployment["spec"]
            host = asked["natsServerMonitoringEndpoint"].partition(".")[0]
            headless = of_kind(objects, "Service").get(host)
            assert headless is None or headless["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize(
    ("scaling", "concurrency", "threshold"),
    [
        ({"secondsPerEvent": 20, "targetSeconds": 60}, 1, "3"),
        ({"secondsPerEvent": 20, "targetSeconds": 60}, 4, "12"),
        ({"secondsPerEvent": 300, "targetSeconds": 60}, 1, "1"),
        ({"secondsPerEvent": 0.4, "targetSeconds": 60}, 2, "300"),
        ({"secondsPerEvent": 20, "targetSeconds": 60, "lagThreshold": 7}, 1, "7"),
    ],
)
def test_the_threshold_follows_from_what_is_measured(
    scaling: dict[str, float], concurrency: int, threshold: str
) -> None:
    asr = {"autoscaling": scaling, "settings": {"CONCURRENCY": concurrency}}
    objects = render({"keda": {"enabled": True}, "stages": {"asr": asr}})
    assert scaled(objects, "asr")["advanced"]["scalingModifiers"]["target"] == threshold


@pytest.mark.parametrize(
    ("prompt", "bulk", "warm", "replicas"),
    [
        (0, 0, 1, 0),
        (1, 0, 1, 1),
        (5, 7, 1, 2),  # twelve events for six each, whichever lane they wait in
        (0, 13, 1, 3),
        (0, 0, 3, 2),  # KEDA says one more than are kept warm
        (5, 7, 3, 2),
        (12, 7, 3, 4),
    ],
)
def test_replicas_follow_from_both_lanes_and_the_warm_pool(
    prompt: int, bulk: int, warm: int, replicas: int
) -> None:
    kept = {"secondsPerEvent": 10, "targetSeconds": 60, "warm": {"replicas": 2}}
    objects = render({"keda": {"enabled": True}, "stages": {"asr": {"autoscaling": kept}}})
    spec = scaled(objects, "asr")
    assert [each["name"] for each in spec["triggers"]] == ["bulk", "prompt", "warm"]
    assert spec["triggers"][2]["metadata"]["desiredReplicas"] == "3"
    modifiers = spec["advanced"]["scalingModifiers"]
    met, either, other = re.split("[?:]", modifiers["formula"])
    facts = {"prompt": prompt, "bulk": bulk, "warm": warm}
    value = eval(f"({either}) if ({met}) else ({other})", {}, facts)
    assert max(0, math.ceil(value / int(modifiers["target"]))) == replicas


@pytest.mark.parametrize(
    ("scaling", "events"),
    [
        ({"activationLagThreshold": 10}, 10),
        ({"activationLagThreshold": 10, "warm": {"replicas": 1}}, 5),
        ({"activationLagThreshold": 3, "warm": {"replicas": 1}}, 3),
        ({"lagThreshold": 1, "activationLagThreshold": 3, "warm": {"replicas": 1}}, 0),
    ],
)
def test_what_is_kept_warm_is_enough_to_start_it(scaling: dict[str, Any], events: int) -> None:
    asr = {"autoscaling": {"secondsPerEvent": 10, "targetSeconds": 60, **scaling}}
    objects = render({"keda": {"enabled": True}, "stages": {"asr": asr}})
    modifiers = scaled(objects, "asr")["advanced"]["scalingModifiers"]
    assert modifiers["activationTarget"] == str(events)


def test_a_warm_pool_is_kept_at_its_hours() -> None:
    spec = scaled(rendered("gpu"), "asr")
    assert spec["minReplicaCount"] == 0
    assert [t["metadata"]["desiredReplicas"] for t in spec["triggers"] if t["type"] == "cron"] == [
        "2"  # one, and the one that KEDA counts at all times
    ]
    assert (
        "warm" not in scaled(rendered("gpu"), "muxing")["advanced"]["scalingModifiers"]["formula"]
    )


def test_every_pod_can_be_sent_to_nodes_of_ones_own() -> None:
    taint = {"key": "polydub", "operator": "Exists"}
    place = {"nodeSelector": {"pool": "polydub"}, "tolerations": [taint]}
    parts = ("gateway", "frontend", "nats", "postgresql", "seaweedfs", "stageDefaults")
    others = {"ingress": {"enabled": True}, "models": {"enabled": True}}
    objects = render({**dict.fromkeys(parts, place), **others})
    for maker, pod in pods(objects).items():
        assert pod["nodeSelector"] == place["nodeSelector"], maker
        assert taint in pod["tolerations"], maker


def test_brokers_are_kept_apart_and_others_where_it_can_be() -> None:
    every = pods(rendered("production"))
    strict = {
        maker
        for maker, pod in every.items()
        if {each["whenUnsatisfiable"] for each in pod.get("topologySpreadConstraints", [])}
        == {"DoNotSchedule"}
    }
    assert strict == {"StatefulSet/polydub-nats"}


def test_gpus_are_asked_for_as_they_are_offered() -> None:
    every = pods(rendered("gpu"))
    asked = {
        name.removeprefix("Deployment/polydub-"): [
            resource
            for resource in pod["containers"][0]["resources"]["limits"]
            if resource.startswith("nvidia.com/")
        ]
        for name, pod in every.items()
        if name.removeprefix("Deployment/polydub-") in BY_NAME
    }
    assert asked == {
        "separation": ["nvidia.com/mig-1g.10gb"],
        "diarization": ["nvidia.com/gpu.shared"],
        "asr": ["nvidia.com/gpu"],
        "translation": ["nvidia.com/gpu.shared"],
        "tts": ["nvidia.com/gpu"],
        "muxing": [],
    }
    asr = every["Deployment/polydub-asr"]
    assert asr["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L4"}
    assert [t["key"] for t in asr["tolerations"]] == ["nvidia.com/gpu"]
    assert "tolerations" not in every["Deployment/polydub-muxing"]


def test_stages_call_those_whose_addresses_their_readme_names() -> None:
    for stage in STAGES:
        readme = (ROOT / "services" / stage.name / "README.md").read_text()
        named = {other.name for other in STAGES if f"`{peers.variable(other)}`" in readme}
        assert set(DEFAULTS["stages"][stage.name].get("calls", [])) == named, stage.name


@pytest.mark.parametrize("replicas", [1, 3])
def test_the_broker_takes_its_settings(replicas: int, tmp_path: Path) -> None:
    conf = of_kind(render({"nats": {"replicas": replicas}}), "ConfigMap")["polydub-nats"]
    (tmp_path / "nats.conf").write_text(conf["data"]["nats.conf"])
    checked = subprocess.run(
        [program("nats-server"), "-t", "-c", tmp_path / "nats.conf"],
        env={"POD_NAME": "polydub-nats-0"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    assert conf["data"]["nats.conf"].count("polydub-nats-headless:6222") == (
        replicas if replicas > 1 else 0
    )


def test_alerts_are_the_charts_own_and_lead_to_the_runbook() -> None:
    shipped = yaml.safe_load((CHART / "rules" / "alerts.yaml").read_text())
    spec = of_kind(rendered("production"), "PrometheusRule")["polydub-everything"]["spec"]
    (group,), (wanted,) = spec["groups"], shipped["groups"]
    assert [rule["alert"] for rule in group["rules"]] == [r["alert"] for r in wanted["rules"]]
    for rule, before in zip(group["rules"], wanted["rules"], strict=True):
        assert rule["expr"] == before["expr"]
        said = rule["annotations"]
        assert said["description"] == before["annotations"]["description"]
        assert said["runbook_url"].startswith("https://git.example/polydub/deploy/observability/")
        assert said["runbook_url"].endswith(f"#{rule['alert'].lower()}")


def test_the_runbook_that_is_named_without_a_word_is_there() -> None:
    assert (ROOT / DEFAULTS["prometheusRule"]["runbook"]).is_file()


def test_grafana_is_given_the_dashboards_by_its_label() -> None:
    assert not [n for n in of_kind(rendered("default"), "ConfigMap") if "dashboard" in n]
    maps = {
        name: each
        for name, each in of_kind(rendered("production"), "ConfigMap").items()
        if "dashboard" in name
    }
    files = sorted((CHART / "dashboards").glob("*.json"))
    given = {name: text for each in maps.values() for name, text in each["data"].items()}
    assert len(maps) == len(files) == len(given)
    for path in files:
        assert json.loads(given[path.name]) == json.loads(path.read_text())
    for each in maps.values():
        assert each["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert each["metadata"]["annotations"] == {"grafana_folder": "Polydub"}


def test_every_process_is_read() -> None:
    objects = rendered("production")
    monitor = of_kind(objects, "ServiceMonitor")["polydub-everything"]["spec"]
    (wanted,) = [
        each["values"]
        for each in monitor["selector"]["matchExpressions"]
        if each["key"] == "app.kubernetes.io/component"
    ]
    ports = {each["port"] for each in monitor["endpoints"]}
    assert all(each["honorLabels"] for each in monitor["endpoints"])
    for name, service in of_kind(objects, "Service").items():
        labels = service["metadata"]["labels"]
        if service["spec"].get("clusterIP") == "None":  # Pods that the other Service has as well
            assert not ports & {port["name"] for port in service["spec"]["ports"]}, name
        elif labels["app.kubernetes.io/component"] in {GATEWAY, *BY_NAME}:
            assert labels["app.kubernetes.io/component"] in wanted, name
            assert ports & {port["name"] for port in service["spec"]["ports"]}, name


def test_jobs_run_commands_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    from polydub_gateway.accounts.commands import run_command

    commands = [
        container["command"][3]
        for pod in pods(rendered("default")).values()
        for container in containers(pod)
        if container.get("command", [])[:3] == ["python", "-m", f"polydub_{GATEWAY}"]
    ]
    assert sorted(commands) == ["create-bucket", "migrate"]
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            run_command([command, "--help"])
        assert ended.value.code == 0
    capsys.readouterr()


def test_models_are_pulled_as_the_program_takes_it() -> None:
    from typer.testing import CliRunner

    from polydub_models.cli import app

    objects = render({"models": {"enabled": True, "languages": "es,fr", "ids": ["whisper-small"]}})
    (script,) = [
        container["command"][2]
        for name, pod in pods(objects).items()
        if name.startswith("Job/polydub-models-")
        for container in pod["containers"]
    ]
    line, _, rest = script.partition(";")
    assert line == (
        "python -m polydub_client models pull --yes --profile light --languages es,fr whisper-small"
    )
    asked = CliRunner().invoke(app, ["pull", "--help"])
    assert all(option in asked.output for option in ("--yes", "--profile", "--languages"))
    marker = re.search(r"touch (\S+);", rest)
    assert marker
    (waiting,) = pods(objects)["Deployment/polydub-asr"]["initContainers"]
    assert f"[ -e {marker[1]} ]" in waiting["command"][2]
