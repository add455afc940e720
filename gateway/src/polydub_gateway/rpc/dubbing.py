"""``polydub.v1.Dubbing``."""

from __future__ import annotations

from polydub.v1 import dubbing_pb2_grpc
from polydub_gateway.rpc.deployment import DeploymentCalls
from polydub_gateway.rpc.dubs import DubCalls
from polydub_gateway.rpc.videos import VideoCalls
from polydub_gateway.rpc.watching import WatchCalls


class DubbingServicer(
    VideoCalls, DubCalls, WatchCalls, DeploymentCalls, dubbing_pb2_grpc.DubbingServicer
):
    """Videos, dubs, and what this deployment can do."""
