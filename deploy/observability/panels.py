"""What the dashboards show: one panel is one question, asked in PromQL.

Every gateway tells the same of the database and of the broker, so those gauges are asked for their
maximum; counters and histograms are summed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

RATE = "$__rate_interval"
SELDOM = "1h"
"""Over which what happens seldom is looked at: jobs end minutes apart."""
FEW = "Empty until "


@dataclass(frozen=True)
class Panel:
    """One panel."""

    title: str
    queries: dict[str, str]
    """Legend -> PromQL."""
    unit: str = "short"
    """As Grafana names it."""
    about: str = ""
    """Shown behind the title; begins with :data:`FEW` where a healthy deployment may have nothing
    to show."""
    most: float | None = None
    """The axis' upper end, where there is one."""
    exemplars: bool = False


@dataclass(frozen=True)
class Row:
    """Panels below a heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Dashboard:
    """One dashboard."""

    name: str
    """Of its file, and in its address."""
    title: str
    about: str
    rows: tuple[Row, ...]
    choices: dict[str, str] = field(default_factory=dict)
    """Variable -> the query that gives its values."""


def rate(metric: str, *labels: str, where: str = "") -> str:
    """What is added to a counter in a second, by labels."""
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"sum{by} (rate({metric}{{{where}}}[{RATE}]))".replace("{}", "")


def quantile(share: float, metric: str, *labels: str, where: str = "") -> str:
    """A quantile of a histogram, by labels."""
    by = ", ".join((*labels, "le"))
    inner = f"rate({metric}_bucket{{{where}}}[{RATE}])".replace("{}", "")
    return f"histogram_quantile({share}, sum by ({by}) ({inner}))"


def mean(metric: str, *labels: str) -> str:
    """The mean of a histogram, by labels."""
    return f"{rate(f'{metric}_sum', *labels)} / {rate(f'{metric}_count', *labels)}"


def hourly(expression: str) -> str:
    """The same of the last hour, instead of the last moments."""
    return expression.replace("rate(", "increase(").replace(f"[{RATE}]", f"[{SELDOM}]")


def slow(metric: str, *labels: str, where: str = "") -> dict[str, str]:
    """The 95th percentile of a histogram, by labels, which are the legend."""
    return {_legend(labels): quantile(0.95, metric, *labels, where=where)}


def half_and_slow(metric: str, *labels: str, where: str = "") -> dict[str, str]:
    """The median and the 95th percentile."""
    return {
        f"{_legend(labels)} {round(100 * share)} %".strip(): quantile(
            share, metric, *labels, where=where
        )
        for share in (0.5, 0.95)
    }


def pace(metric: str, *labels: str, where: str = "") -> dict[str, str]:
    """What is added to a counter in a second, by labels, which are the legend."""
    return {_legend(labels): rate(metric, *labels, where=where)}


def in_an_hour(metric: str, *labels: str) -> dict[str, str]:
    """What was added to a counter in the last hour, by labels, which are the legend."""
    return {_legend(labels): hourly(rate(metric, *labels))}


def of_dubs(metric: str) -> dict[str, str]:
    """The mean of what was measured on the last hour's dubs, by language."""
    return {_legend(["language"]): hourly(mean(metric, "language"))}


def told(metric: str, *labels: str, where: str = "") -> dict[str, str]:
    """A gauge that several processes tell the same of."""
    return {
        _legend(labels): f"max by ({', '.join(labels)}) ({metric}{{{where}}})".replace("{}", "")
    }


def for_each_minute(metric: str, *labels: str) -> dict[str, str]:
    """What is added to a counter for each minute that is dubbed."""
    minutes = rate("polydub_dubbed_seconds_total")
    return {_legend(labels): hourly(f"60 * {rate(metric, *labels)} / scalar({minutes})")}


def _legend(labels: Sequence[str]) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)


JOBS_OPEN = Panel(
    "Jobs that have not ended",
    told("polydub_jobs_open", "state"),
    about="Queued: no stage has begun with it.",
)
JOBS_ENDED = Panel(
    "Jobs ended in an hour",
    in_an_hour("polydub_jobs_total", "state", "fault"),
    about="Failed ones by whose fault it is: theirs (who asks: no speech, a broken file), or ours.",
)
QUEUES = Panel(
    "Events that nobody has yet",
    {"{{stage}} {{lane}}": 'max by (stage, lane) (polydub_queue_events{state="pending"})'},
)
WAIT = Panel(
    "Wait of an event for its stage, 95 %",
    {"{{stage}}": quantile(0.95, "polydub_hop_seconds", "stage")},
    unit="s",
)
SILENCE = Panel(
    "Longest silence of a job under way", {"silence": "max(polydub_job_silence_seconds)"}, unit="s"
)

OVERVIEW = Dashboard(
    "polydub-overview",
    "Polydub: overview",
    "Whether dubs get done.",
    (
        Row(
            "Jobs",
            (
                JOBS_OPEN,
                JOBS_ENDED,
                Panel(
                    "Time of a job, half and 95 %",
                    {
                        "50 %": hourly(quantile(0.5, "polydub_job_seconds")),
                        "95 %": hourly(quantile(0.95, "polydub_job_seconds")),
                    },
                    unit="s",
                ),
                SILENCE,
            ),
        ),
        Row(
            "Stages",
            (
                QUEUES,
                WAIT,
                Panel(
                    "Time of an event, 95 %",
                    {"{{stage}}": quantile(0.95, "polydub_stage_seconds", "stage")},
                    unit="s",
                    exemplars=True,
                ),
                Panel(
                    "Events that failed or are tried again",
                    {
                        "{{stage}} {{outcome}} {{fault}}": rate(
                            "polydub_events_total",
                            "stage",
                            "outcome",
                            "fault",
                            where='outcome=~"failed|retried"',
                        )
                    },
                    unit="cps",
                    about="Failed ones by whose fault it is. Alerts count ours.",
                ),
                Panel(
                    "Processes that answer",
                    {"{{component}}": "count by (component) (polydub_component_info)"},
                ),
                Panel(
                    "Errors",
                    pace("polydub_errors_total", "stage", "code"),
                    unit="cps",
                    about=f"{FEW}there is one.",
                ),
                Panel(
                    "Dead letters",
                    {"events": "max(polydub_dead_events)"},
                    about="What failed by a fault of ours.",
                ),
            ),
        ),
        Row(
            "Gateway",
            (
                Panel(
                    "Requests",
                    {"{{status}}": rate("polydub_http_seconds_count", "status")},
                    unit="reqps",
                ),
                Panel(
                    "Time until an answer starts, 95 %",
                    slow("polydub_http_seconds", "method", "route"),
                    unit="s",
                ),
                Panel(
                    "Calls over gRPC",
                    pace("polydub_rpcs_total", "service", "method", "status"),
                    unit="reqps",
                ),
                Panel("Uploads", {"bytes": rate("polydub_uploaded_bytes_total")}, unit="Bps"),
                Panel(
                    "Webhooks",
                    {
                        "{{outcome}}": rate("polydub_webhooks_total", "outcome"),
                        "waiting": "max(polydub_webhooks_waiting)",
                    },
                ),
                Panel("Stored", {"bytes": "max(polydub_stored_bytes)"}, unit="bytes"),
            ),
        ),
    ),
)

_HERE = 'stage=~"$stage"'
STAGES = Dashboard(
    "polydub-stages",
    "Polydub: stages",
    "One stage, or several beside each other.",
    (
        Row(
            "Work",
            (
                Panel(
                    "Events by what came of them",
                    pace("polydub_events_total", "outcome", "fault", where=_HERE),
                    unit="cps",
                    about="Waiting: muxing has a part and waits for the others.",
                ),
                Panel(
                    "Time of an event, half and 95 %",
                    {
                        "{{stage}} 50 %": quantile(
                            0.5, "polydub_stage_seconds", "stage", where=_HERE
                        ),
                        "{{stage}} 95 %": quantile(
                            0.95, "polydub_stage_seconds", "stage", where=_HERE
                        ),
                    },
                    unit="s",
                    exemplars=True,
                ),
                Panel("Under way", {"{{stage}}": f"sum by (stage) (polydub_in_flight{{{_HERE}}})"}),
                Panel(
                    "Found in the store",
                    {
                        "{{stage}}": rate(
                            "polydub_events_total", "stage", where=f'{_HERE}, outcome="reused"'
                        )
                        + " / "
                        + rate(
                            "polydub_events_total",
                            "stage",
                            where=f'{_HERE}, outcome=~"completed|reused"',
                        )
                    },
                    unit="percentunit",
                    most=1,
                ),
            ),
        ),
        Row(
            "Queue",
            (
                Panel(
                    "Events that nobody has yet",
                    told(
                        "polydub_queue_events", "stage", "lane", where=f'{_HERE}, state="pending"'
                    ),
                ),
                Panel(
                    "Events under way, as the broker sees it",
                    told(
                        "polydub_queue_events", "stage", "lane", where=f'{_HERE}, state="unacked"'
                    ),
                ),
                Panel(
                    "Wait for the stage, half and 95 %",
                    {
                        "{{stage}} 50 %": quantile(
                            0.5, "polydub_hop_seconds", "stage", where=_HERE
                        ),
                        "{{stage}} 95 %": quantile(
                            0.95, "polydub_hop_seconds", "stage", where=_HERE
                        ),
                    },
                    unit="s",
                ),
            ),
        ),
        Row(
            "Engines",
            (
                Panel(
                    "Time of a call, 95 %",
                    slow("polydub_engine_seconds", "stage", "engine", where=_HERE),
                    unit="s",
                ),
                Panel(
                    "Engines at work",
                    pace("polydub_engine_seconds_sum", "stage", "engine", where=_HERE),
                    about="Seconds of work in a second: 2 is two at once.",
                ),
                Panel(
                    "Errors",
                    pace("polydub_errors_total", "stage", "code", where=_HERE),
                    unit="cps",
                    about=f"{FEW}there is one.",
                ),
            ),
        ),
    ),
    {"stage": "label_values(polydub_in_flight, stage)"},
)

JOBS = Dashboard(
    "polydub-jobs",
    "Polydub: jobs",
    "Where the time of jobs goes. Of one job, `polydub trace ID` tells it piece by piece.",
    (
        Row(
            "Jobs",
            (
                Panel(
                    "Time from acceptance to end, 95 %",
                    {"{{state}}": hourly(quantile(0.95, "polydub_job_seconds", "state"))},
                    unit="s",
                ),
                JOBS_OPEN,
                JOBS_ENDED,
                SILENCE,
            ),
        ),
        Row(
            "Where the time goes",
            (
                Panel(
                    "Work on a job, by stage",
                    {
                        "{{stage}}": hourly(rate("polydub_stage_seconds_sum", "stage"))
                        + " / scalar("
                        + hourly(rate("polydub_jobs_total"))
                        + ")"
                    },
                    unit="s",
                    about="Work of all parts and languages, side by side or not.",
                ),
                Panel(
                    "Waiting for a stage, mean of an event",
                    {"{{stage}}": mean("polydub_hop_seconds", "stage")},
                    unit="s",
                ),
                Panel(
                    "Parts dubbed in an hour",
                    in_an_hour("polydub_parts_total", "language"),
                ),
                Panel("Lines by their sound", {"{{sound}}": rate("polydub_lines_total", "sound")}),
            ),
        ),
    ),
)

_OF_GPU = "max by (instance, device)"
_NO_GPU = f"{FEW}a stage runs models on a GPU."
GPU = Dashboard(
    "polydub-gpu",
    "Polydub: GPU",
    "How full and how busy the GPUs are, and what waits for them.",
    (
        Row(
            "GPU",
            (
                Panel(
                    "Memory in use",
                    {
                        "{{instance}}": f"{_OF_GPU} (polydub_gpu_memory_bytes)",
                        "{{instance}} has": f"{_OF_GPU} (polydub_gpu_memory_limit_bytes)",
                    },
                    unit="bytes",
                    about=_NO_GPU,
                ),
                Panel(
                    "Busy",
                    {"{{instance}}": f"{_OF_GPU} (polydub_gpu_busy_ratio)"},
                    unit="percentunit",
                    about=_NO_GPU,
                    most=1,
                ),
                Panel(
                    "Memory was full",
                    pace("polydub_out_of_memory_total", "stage", "engine", "remedy"),
                    unit="cps",
                    about=_NO_GPU,
                ),
            ),
        ),
        Row(
            "Models",
            (
                Panel(
                    "Loaded models",
                    {"{{stage}}": "max by (stage) (polydub_model_bytes)"},
                    unit="bytes",
                    about=f"{FEW}models are fetched (`make models`).",
                ),
                Panel(
                    "Work that waits for an engine",
                    {"{{stage}} {{engine}}": "sum by (stage, engine) (polydub_batch_queue)"},
                    about=f"{FEW}an engine works in batches.",
                ),
                Panel(
                    "Wait for a turn, 95 %",
                    slow("polydub_batch_wait_seconds", "stage", "engine"),
                    unit="s",
                    about=f"{FEW}an engine works in batches.",
                ),
                Panel(
                    "Pieces of work at once, mean",
                    {"{{stage}} {{engine}}": mean("polydub_batch_size", "stage", "engine")},
                    about=f"{FEW}an engine works in batches.",
                ),
            ),
        ),
    ),
)

_DUBBED_S = hourly(rate("polydub_dubbed_seconds_total", "language"))
_PRICED = f"{FEW}a service with a price is used (`POLYDUB_GATEWAY_PRICES`)."
COST = Dashboard(
    "polydub-cost-and-quality",
    "Polydub: cost and quality",
    "What dubs cost, and how good they are by the figures of their reports.",
    (
        Row(
            "Cost",
            (
                Panel(
                    "Money in an hour",
                    in_an_hour("polydub_cost_total", "stage", "engine", "currency"),
                    about=_PRICED,
                ),
                Panel(
                    "Money for a dubbed minute",
                    for_each_minute("polydub_cost_total", "currency"),
                    about=_PRICED,
                ),
                Panel(
                    "Minutes dubbed in an hour",
                    {"{{language}}": f"{_DUBBED_S} / 60"},
                    unit="m",
                ),
                Panel(
                    "Used of services in an hour",
                    in_an_hour("polydub_billed_total", "engine", "unit"),
                    about=f"{FEW}a service that bills is used.",
                ),
                Panel(
                    "Work for a dubbed minute",
                    for_each_minute("polydub_stage_seconds_sum", "stage"),
                    unit="s",
                ),
                Panel("Stored", {"bytes": "max(polydub_stored_bytes)"}, unit="bytes"),
            ),
        ),
        Row(
            "Quality of finished dubs",
            (
                Panel(
                    "Quality, mean",
                    of_dubs("polydub_dub_quality"),
                    about="0 to 100, as reports sum it up.",
                    most=100,
                ),
                Panel(
                    "Onset, 95 % of the lines: mean of dubs",
                    of_dubs("polydub_dub_onset_seconds"),
                    unit="s",
                    about="By how much lines begin off their moment.",
                ),
                Panel(
                    "Overlap with the source's speech, mean",
                    of_dubs("polydub_dub_overlap_ratio"),
                    unit="percentunit",
                    most=1,
                ),
                Panel(
                    "Loudness against the source, mean",
                    of_dubs("polydub_dub_loudness_delta_lu"),
                    about="LU, either way.",
                ),
                Panel(
                    "Words not heard again, mean",
                    of_dubs("polydub_dub_heard_error_ratio"),
                    unit="percentunit",
                    about=f"{FEW}asr can hear a language that is dubbed into.",
                ),
            ),
        ),
    ),
)

DASHBOARDS = (OVERVIEW, STAGES, JOBS, GPU, COST)
