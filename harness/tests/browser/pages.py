"""Reports to open in a browser: one of hostile texts, one of a run with mutants, one of very many checks."""

import hashlib
from dataclasses import replace

import numpy as np

from harness.adapters import Chosen
from harness.core.results import SCHEMA_VERSION, AdapterInfo, CaseInfo, Report, Verdict
from harness.engine.check import plan_check
from harness.engine.excerpts import Excerpts
from harness.engine.lane import Settings
from harness.engine.session import Ticker, run_session
from harness.quality.mutant_adapter import Honest
from harness.reports.html_report import render_html, scripts
from harness.reports.view import View
from harness.suites.selection import select
from harness.tests.build import make_case, make_row

HOSTILE = (
    "</script></noscript><img src=x onerror=\"document.title='owned'\"> '{{ 7 * 7 }}' &amp; #a=%41+b \u2028\u2029\u202e<!--"
    + "x" * 60
)
MUTANTS = (
    "harness.quality.mutant_adapter:Honest",
    "harness.quality.mutant_adapter:KernelRotated",
    "harness.quality.mutant_adapter:OneNan",
    "harness.quality.mutant_adapter:OneUlpOff",
    "harness.quality.mutant_adapter:WrongDtype",
    "harness.quality.mutant_adapter:WrongRank",
    "harness.quality.mutant_adapter:WrongShape",
    "harness.quality.mutant_adapter:AcceptsAll",
    "harness.quality.mutant_adapter:RefusesAll",
)
SUITE = """
suite: Browser
about: Cases of every kind that a page shows.
defaults: {dialect: pytorch, batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}
cases:
  - {id: plain, about: Small integers., strides: 2}
  - {id: single, about: One of a batch., batch: 1, strides: 2}
  - {id: real, about: Real numbers., data: real, strides: [1, 2]}
  - {id: half, about: Half precision., dtype: float16}
  - {id: extended, about: Zeros are appended., dialect: canonical, padding: [[1, -2], [0, -1]],
     dilations: [2, 1], bias: true}
  - {id: large, about: More than a page shows., input_size: [70, 90], kernel_size: 4, strides: 2, batch: 1}
  - {id: long, about: One row., input_size: [1, 3000], kernel_size: 1, batch: 1}
  - {id: illegal, about: No such padding., output_padding: 7, expect: {error: true}}
"""


class Hostile(Honest):
    pass


Hostile.name = HOSTILE


def row(case, adapter, verdict, **rest):
    return make_row(case, verdict, adapter, **({"message": ""} | rest))


def report_of(rows, abouts=None):
    names = sorted({one.adapter for one in rows})
    cases = sorted({one.case for one in rows})
    return Report(
        SCHEMA_VERSION,
        {"python": "3.11", "numpy": np.__version__},
        tuple(AdapterInfo(name, "pytorch", {name: "1.0"}, requested_by_name=False) for name in names),
        tuple(CaseInfo(case, (abouts or {}).get(case, f"about {case}"), "") for case in cases),
        tuple(sorted(rows, key=lambda one: one.key)),
    )


def with_dtypes(report, dtype_of, outputs=("output",)):
    """``report`` with the dtype of each case by its name, all of which request ``outputs``."""
    cases = (replace(info, dtype=dtype_of(info.case), outputs=outputs) for info in report.cases)
    return replace(report, cases=tuple(cases))


def hostile():
    """Every verdict, and markup wherever a text can stand; the page, and the report it shows."""
    rows = [
        row(f"suite/{verdict}", "torch", verdict, message=f"{HOSTILE} {verdict}", diagnosis=HOSTILE)
        for verdict in Verdict
    ]
    name = f"suite/{HOSTILE}"
    rows.append(row(name, HOSTILE, Verdict.DIVERGES, message=HOSTILE, diagnosis=HOSTILE, repeat=HOSTILE))
    report = report_of(rows, {name: HOSTILE})
    case = make_case(suite="suite", id=HOSTILE, about=HOSTILE, source=HOSTILE, dialect="pytorch", out_channels=2)
    check = plan_check(case, Chosen(Hostile(), "none", requested_by_name=True))
    assert check is not None
    return render_html(View(report), [check], Excerpts(), lambda *_: HOSTILE), report


def run_mutants(folder, names=MUTANTS, jobs=2):
    """The session of SUITE on mutants."""
    path = folder / "browser.yaml"
    path.write_text(SUITE)
    return run_session(select([str(path)]), names, Settings(), jobs, Ticker())


def page_of(session):
    return render_html(View(session.report), session.checks(), session.showcase, scripts())


MODES = ("", ":compile", ":export", ":xla", ":jax", ":torch-channels-last", ":static-shape")
OUTPUTS = ("output", "input_grad", "kernel_grad", "bias_grad")
SIZES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int8", "uint8")


def modes():
    """A page of 28 adapters that are asked four outputs in eight dtypes, and its report."""
    adapters = [f"{name}{mode}" for name in ("keras", "pytorch", "tensorflow", "published") for mode in MODES]
    rows = []
    for number, dtype in enumerate(SIZES):
        for at, adapter in enumerate(adapters):
            if dtype.startswith("int") and at % 3 == 0:
                said = f"{adapter} does not compute in {dtype}"
                rows.append(row(f"modes/{dtype}", adapter, Verdict.INEXPRESSIBLE, route="inexpressible", message=said))
                continue
            for output in OUTPUTS:
                odd = output == "kernel_grad" and (at + number) % 7 == 0
                verdict = Verdict.DIVERGES if odd else Verdict.EXACT
                figures = {"error_over_bound": 3.5, "ulps": 9.0, "message": "values differ"} if odd else {}
                rows.append(row(f"modes/{dtype}", adapter, verdict, output=output, **figures))
    report = with_dtypes(report_of(rows), lambda case: case.partition("/")[2], OUTPUTS)
    return render_html(View(report), (), Excerpts(), lambda *_: ""), report


def many(count=20_000):
    """A page of ``count`` checks of five adapters, a tenth of them not conforming, and its report."""
    adapters = ("alpha", "beta", "gamma", "delta", "epsilon")
    odd = [verdict for verdict in Verdict if verdict is not Verdict.EXACT]
    rows = []
    for number in range(count // len(adapters)):
        name = f"suite-{number % 40:02}/case-{number:05}[kernel_size={number % 5}x3,strides={number % 3}]"
        for at, adapter in enumerate(adapters):
            draw = int.from_bytes(hashlib.sha256(f"{name} {adapter}".encode()).digest()[:4], "little")
            verdict = Verdict.EXACT if draw % 10 else odd[draw // 10 % len(odd)]
            text = "" if verdict is Verdict.EXACT else f"values differ in {draw % 997} of 998 elements, at {at}"
            rows.append(row(name, adapter, verdict, message=text, diagnosis=text and f"as if shifted by {draw % 7}"))
    report = report_of(rows)
    return render_html(View(report), (), Excerpts(), lambda *_: ""), report
