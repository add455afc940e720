"""One word per stage: folder, package, process, proto service, image, subject and weight agree."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

from polydub import telemetry
from polydub.pipeline import BY_NAME, GATEWAY, STAGES, Stage
from polydub.settings import CommonSettings, StageSettings

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
STAGE_NAMES = [stage.name for stage in STAGES]
each_stage = pytest.mark.parametrize("stage", STAGES, ids=STAGE_NAMES)


def test_the_folders_are_the_stages() -> None:
    assert sorted(p.name for p in (ROOT / "services").iterdir() if p.is_dir()) == sorted(
        STAGE_NAMES
    )


def test_the_processes_are_the_stages_the_gateway_and_the_broker() -> None:
    processes = parse_procfile((ROOT / "Procfile").read_text()).processes
    assert set(processes) == {*STAGE_NAMES, GATEWAY, "nats"}
    for name in (*STAGE_NAMES, GATEWAY):
        assert processes[name] == f"python -m polydub_{name}"


@each_stage
def test_a_stage_has_its_parts(stage: Stage) -> None:
    folder = ROOT / "services" / stage.name
    package = folder / "src" / stage.package
    expected = [
        folder / "README.md", folder / "Dockerfile", folder / "pyproject.toml", folder / "tests",
        *(package / f"{m}.py" for m in ("__init__", "__main__", "settings", "handler", "rpc")),
        package / "engines" / "base.py", package / "engines" / "registry.py",
    ]  # fmt: skip
    assert [str(p.relative_to(ROOT)) for p in expected if not p.exists()] == []


@each_stage
def test_a_stage_is_installed_under_its_name(stage: Stage) -> None:
    assert importlib.util.find_spec(stage.package) is not None
    project = (ROOT / "services" / stage.name / "pyproject.toml").read_text()
    assert f'name = "polydub-{stage.name}"' in project


@each_stage
def test_a_stage_serves_its_proto_service(stage: Stage) -> None:
    proto = (ROOT / "protos/polydub/v1" / f"{stage.name}.proto").read_text()
    assert re.findall(r"^service (\w+)", proto, re.M) == [stage.service]
    assert "rpc ListEngines(ListEnginesRequest) returns (ListEnginesResponse)" in proto
    servicers = importlib.import_module(f"polydub.v1.{stage.name}_pb2_grpc")
    rpc = importlib.import_module(f"{stage.package}.rpc")
    base = getattr(servicers, f"{stage.service}Servicer")
    served = [c for c in vars(rpc).values() if isinstance(c, type) and issubclass(c, base)]
    methods = {name for name in vars(base) if not name.startswith("_")}
    assert any(methods <= set(vars(c)) for c in served if c is not base)


def settings_of(stage: Stage) -> type[StageSettings]:
    module = importlib.import_module(f"{stage.package}.settings")
    settings: type[StageSettings] = getattr(module, f"{stage.service}Settings")
    return settings


@each_stage
def test_every_setting_stands_in_the_readme(stage: Stage) -> None:
    settings = settings_of(stage)
    prefix = settings.model_config["env_prefix"]
    assert prefix == f"POLYDUB_{stage.name.upper()}_"
    readme = (ROOT / "services" / stage.name / "README.md").read_text()
    names = [f"{prefix}{field.upper()}" for field in settings.model_fields]
    assert [name for name in names if f"`{name}`" not in readme] == []


@each_stage
def test_every_engine_has_its_row_in_the_readme(stage: Stage) -> None:
    registry = importlib.import_module(f"{stage.package}.engines.registry")
    readme = (ROOT / "services" / stage.name / "README.md").read_text()
    engines = registry.open_registry(settings_of(stage)(), CommonSettings()).all()
    assert [e.id for e in engines if f"`{e.id}`" not in readme] == []


def test_no_service_imports_another_and_the_gateway_imports_none() -> None:
    allowed = {stage.package: stage.package for stage in STAGES}
    offences = []
    for source in [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("gateway/src/**/*.py")]:
        own = next((p for p in allowed if f"/{p}/" in str(source)), "polydub_gateway")
        for imported in re.findall(r"^\s*(?:from|import) (polydub_\w+)", source.read_text(), re.M):
            if imported != own:
                offences.append(f"{source.relative_to(ROOT)} imports {imported}")
    assert offences == []


def test_the_library_knows_no_stage() -> None:
    offences = [
        str(source.relative_to(ROOT))
        for source in ROOT.glob("libs/polydub/src/polydub/**/*.py")
        if "/v1/" not in str(source)
        and re.search(r"import polydub_|from polydub_", source.read_text())
    ]
    assert offences == []


def test_metric_names_are_defined_once() -> None:
    offences = [
        str(source.relative_to(ROOT))
        for folder in ("services", "gateway")
        for source in ROOT.glob(f"{folder}/**/src/**/*.py")
        if re.search(r"prometheus_client import .*\b(Counter|Gauge|Histogram)", source.read_text())
    ]
    assert offences == []
    assert telemetry.STAGE_SECONDS._name == "polydub_stage_seconds"


def test_dockerfiles_build_from_a_base_that_can_be_chosen() -> None:
    for name in [*(f"services/{n}" for n in BY_NAME), "gateway"]:
        text = (ROOT / name / "Dockerfile").read_text()
        assert re.search(r"^ARG BASE=", text, re.M), name
        assert re.search(r"^USER (?!root)", text, re.M), name
        assert "constraints.txt" in text, name


def test_nothing_names_a_registry_host_or_a_local_path() -> None:
    lock = ROOT / "frontend" / "package-lock.json"
    if lock.exists():
        assert "resolved" not in json.dumps(json.loads(lock.read_text()))
    constraints = (ROOT / "constraints.txt").read_text()
    assert "://" not in constraints
    assert " @ " not in constraints


def test_the_images_bring_what_the_machine_is_set_up_with() -> None:
    """The packages of all images together are those that `make setup` installs by apt."""
    here = (ROOT / "deploy/local/apt.txt").read_text().split("\n")
    wanted = {line for line in here if line and not line.startswith("#")} - {"python3-venv"}
    brought: set[str] = set()
    for name in STAGE_NAMES:
        text = (ROOT / "services" / name / "Dockerfile").read_text()
        listed = re.search(r"--no-install-recommends([\s\S]*?)&&", text)
        assert listed, name
        brought |= set(listed[1].replace("\\", " ").split())
    assert brought - {"tini"} == wanted
