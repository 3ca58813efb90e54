"""The far side of ``harness port``: one framework in its own process, which makes, reads and runs whole networks.

Speaks the protocol of harness.engine.worker; see harness.engine.process.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from typing import Any

from harness.core.errors import named
from harness.engine.worker import batches, begin
from harness.porting.layers.layer import Framework, TranslationError
from harness.porting.networks.compare import side
from harness.porting.networks.example_models import NETWORKS
from harness.porting.networks.reader import Ran, Reading
from harness.porting.workers import ADAPTERS


def serve(channel: Any) -> None:
    """Answer on ``channel``: this process's id, the framework's versions (or why there are none), then each job."""
    setup = begin(channel)
    try:
        if setup["adapter"] not in ADAPTERS:
            raise ValueError(f"there is no process for {setup['adapter']}")
        versions = ADAPTERS[setup["adapter"]]().start()
    except Exception as error:
        channel.send({"unavailable": named(error)})
        return
    channel.send({"versions": versions})
    warnings.simplefilter("ignore")
    for jobs in batches(channel):
        for job in jobs:
            channel.send({"id": job["id"], **answer(job)})


def answer(job: Mapping[str, Any]) -> dict[str, Any]:
    """Make the network that a job holds, or the published one that it names, read it back, and run it.

    A ``Ran`` as bytes, or the reason why there is none.
    """
    framework: Framework = job["framework"]
    try:
        if "network" in job:
            model = side(framework).write(job["network"], job["weights"])
        else:
            model = NETWORKS[job["published"]].makers[framework](job["width"])
        reading: Reading = side(framework).read(model, job["shape"])
    except TranslationError as error:
        return {"refused": str(error)}
    return {"ran": pickle.dumps(Ran(reading.network, reading.weights, reading.run(job["x"])), protocol=5)}
