"""From a layer to a program in another framework, which is returned only after it was run and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from harness.adapters.crops import ConvTransposeAdapter
from harness.adapters.program import Inexpressible, Program, Route
from harness.core.comparator import judge_value
from harness.core.outcome import Raised, Shaped, Value
from harness.core.results import Verdict
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.porting.layers import keras_code, pytorch_code, tensorflow_code
from harness.porting.layers.code import Draft, header
from harness.porting.layers.layer import TITLES, DiffersError, Framework, Layer, Probe, TranslationError, probes
from harness.porting.layers.target import mistaken_same, plan_target
from harness.porting.workers import ADAPTERS, LayerWorkers, text_program

WRITERS: dict[Framework, Callable[[Draft], list[str]]] = {
    "pytorch": pytorch_code.write,
    "keras": keras_code.write,
    "tensorflow": tensorflow_code.write,
}


@dataclass(frozen=True, slots=True)
class Translation:
    """A verified program: its text, how it states the layer, what was tried and with which versions."""

    text: str
    draft: Draft
    probes: tuple[Probe, ...]
    versions: dict[str, str]

    @property
    def route(self) -> Route:
        """``native`` or ``composed``."""
        return self.draft.expression.route


def translate(layer: Layer, to: Framework, workers: LayerWorkers) -> Translation:
    """``layer`` as a program in ``to``, run on several inputs and compared with the source and with the oracle.

    Raises TranslationError where the framework cannot state it, or where anything differs; IllegalCaseError for a layer
    that breaks a rule of its dialect.
    """
    tried = tried_probes(layer)
    draft = draft_of(layer, to, tried, adapter_of(to))
    frameworks = [name for name in (layer.framework, to) if name is not None]
    versions = workers.versions(frameworks)
    text = "\n".join([*header(draft, _verified(layer, tried, versions)), *WRITERS[to](draft), ""])
    verify(draft, text, tried, workers)
    return Translation(text, draft, tuple(tried), versions)


@cache
def adapter_of(framework: Framework) -> ConvTransposeAdapter:
    """The adapter that plans for ``framework``."""
    return ADAPTERS[framework]()


def tried_probes(layer: Layer) -> list[Probe]:
    """The inputs to compare on, without those that the source itself gets wrong for a known reason."""
    tried = [probe for probe in probes(layer) if not _known_wrong(layer, probe)]
    if not tried:
        raise TranslationError("Keras' TensorFlow backend gets the only size wrong that could be tried")
    return tried


def _known_wrong(layer: Layer, probe: Probe) -> bool:
    """Channels first, the TensorFlow backend adds the bias along the width where that is as wide as the bias is long.

    Listed in cases/known_divergences.yaml as keras-channels-first-bias-as-wide-as-filters.
    """
    first = layer.framework == "keras" and layer.data_layout == "NCHW" and bool(layer.case.bias)
    return first and probe.geometry.output_size[1] == layer.case.out_channels // layer.case.groups


def draft_of(layer: Layer, to: Framework, tried: Sequence[Probe], adapter: ConvTransposeAdapter) -> Draft:
    """How ``adapter`` states the layer, with what a reader should know about it."""
    if to in {layer.framework, layer.case.dialect}:
        raise TranslationError(f"the layer is {TITLES[to]}'s already")
    expression, offset = plan_target(adapter, tried)
    remarks = [mistaken_same(adapter, tried[-1].geometry)]
    if layer.framework == "keras" and layer.data_layout == "NCHW" and layer.case.bias:
        remarks.append(
            "Keras' TensorFlow backend adds a channels_first bias along the width where the output is as wide as there "
            "are filters; no such size was compared"
        )
    return Draft(layer, to, expression, offset, tuple(filter(None, remarks)))


def _verified(layer: Layer, tried: Sequence[Probe], versions: dict[str, str]) -> list[str]:
    against = f"{layer.title} and of the NumPy oracle" if layer.framework else "the NumPy oracle"
    return [
        f"verified: on integer data every element equals that of {against},",
        f"for inputs (N, H, W) = {', '.join(map(str, tried))}; on real data the last is within the rounding bound",
        "with " + ", ".join(f"{name} {version}" for name, version in versions.items()),
    ]


def verify(draft: Draft, text: str, tried: Sequence[Probe], workers: LayerWorkers) -> None:
    """Run source and ``text`` on every probe; both must equal the oracle, and thus each other, in every element.

    Integers are small enough for a lower precision, so the last probe is also run on real-valued data, where both must
    lie within the rounding bound.

    Raises TranslationError where one raises, or DiffersError where the output is another one.
    """
    layer, last = draft.layer, tried[-1]
    tried = [*tried, Probe(replace(last.case, data="real"), last.geometry)]
    tensors = [make_tensors(probe.case, probe.geometry) for probe in tried]
    program = text_program(text, layer, draft.to, draft.expression)
    programs = {draft.to: [program] * len(tried)}
    if layer.framework is not None:
        programs[layer.framework] = [_source_program(layer.framework, probe) for probe in tried]
    outcomes = workers.run(programs, tensors)
    for framework in sorted(outcomes, key=lambda name: name == draft.to):
        what = "the translation" if framework == draft.to else f"{layer.title}'s own call"
        for probe, each, outcome in zip(tried, tensors, outcomes[framework], strict=True):
            _compare(what, probe, each, outcome)


def _source_program(framework: Framework, probe: Probe) -> Program:
    """The call as it stands."""
    case = probe.case
    if case.dialect != framework:
        raise TranslationError(f"a {case.dialect} case is no call of {TITLES[framework]}")
    program = adapter_of(framework).program(case)
    if isinstance(program, Inexpressible):
        raise TranslationError(program.reason)
    return program


def _compare(what: str, probe: Probe, tensors: Tensors, outcome: Value | Shaped | Raised) -> None:
    where = f"on an input (N, H, W) = {probe}"
    if isinstance(outcome, Raised):
        raise TranslationError(f"{what} raised {where}: {outcome}")
    judgement = judge_value(probe.case, tensors.reference(probe.geometry), outcome)
    if judgement.verdict is not Verdict.EXACT and not (probe.case.data == "real" and judgement.verdict.conforms):
        raise DiffersError(f"{what} does not give the oracle's output {where}: {judgement.message}")
