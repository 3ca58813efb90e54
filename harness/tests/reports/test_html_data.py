from __future__ import annotations

import base64
import json
import zlib

import pytest

from harness.adapters import Chosen
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.engine.check import plan_check
from harness.engine.excerpts import Excerpts
from harness.operations.conv_transpose.data import make_tensors
from harness.quality.mutant_adapter import Honest
from harness.reports.findings import find
from harness.reports.html_data import CASES_PER_CHUNK, LONGEST_SCRIPT, TITLE, Lines, mark, pack_data
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row
from harness.tests.build import make_case
from harness.tests.reports.test_html_arrays import unpacked


def unpack(text):
    assert not set(text) & set("<>&")
    packed = base64.b85decode(text.translate(str.maketrans(",.:", "<>&")))
    return zlib.decompress(packed)


def chunk_of(text):
    """The details of a chunk with its programs in full, and its values."""
    data = unpack(text)
    size = int.from_bytes(data[:4], "little")
    content = json.loads(data[4 : 4 + size])
    lines = content["lines"].split("\n")
    for shown in (shown for case in content["cases"] for shown in case["rows"]):
        runs = shown["script"]
        spans = zip(runs[::2], runs[1::2], strict=True)
        shown["script"] = "\n".join(line for first, count in spans for line in lines[first : first + count])
    return content["cases"], data[4 + size :]


def script_of(check, output):
    return f"script of {check.case.name}" + (f", {output}" if output != "output" else "")


def packed(rows, checks=(), showcase=None):
    view = View(report_of(rows))
    return pack_data(view, find(view), checks, showcase or Excerpts(), script_of)


def check_of(name):
    check = plan_check(make_case(id=name, dialect="pytorch"), Chosen(Honest(), "none", requested_by_name=True))
    assert check is not None
    return check


ROWS = [
    row("suite/b", "honest", Verdict.DIVERGES, message="m", diagnosis="d", error_over_bound=2.5, ulps=4.0),
    row("suite/a", "honest", Verdict.KNOWN, observed=Verdict.REJECTS, message="m", route="composed"),
    row("suite/a", "other", Verdict.INEXPRESSIBLE, route="inexpressible", message="n"),
]


def said(index):
    """Each check of an index in words, with its parts."""
    words = [word for word, *_ in index["verdicts"]]
    parts = [
        (index["outputs"][about], words[verdict], words[observed], index["texts"][message], index["texts"][diagnosis])
        for about, verdict, observed, message, diagnosis in zip(
            *(index[name] for name in ("about", "verdict", "observed", "message", "diagnosis")), strict=True
        )
    ]
    places = zip(index["case"], index["subject"], index["route"], index["parts"], strict=True)
    return [
        (index["cases"][case], index["subjects"][subject], index["routes"][route], [parts.pop(0) for _ in range(count)])
        for case, subject, route, count in places
    ]


def test_the_index_holds_every_check_in_the_order_of_the_report():
    index = json.loads(unpack(packed(ROWS).index))
    assert index["cases"] == ["suite/a", "suite/b"]
    assert index["subjects"] == ["honest", "other"]
    assert said(index) == [
        ("suite/a", "honest", "composed", [("output", "known", "rejects", "m", "")]),
        ("suite/a", "other", "inexpressible", [("output", "inexpressible", "inexpressible", "n", "")]),
        ("suite/b", "honest", "native", [("output", "diverges", "diverges", "m", "d")]),
    ]
    assert index["texts"] == ["", "m", "n", "d"]


def test_outputs_of_which_the_same_is_said_are_one_part_and_what_fails_comes_first():
    rows = [
        row("suite/a", "honest", Verdict.EXACT),
        row("suite/a", "honest", Verdict.EXACT, output="bias_grad", error_over_bound=0.0, ulps=0.0),
        row("suite/a", "honest", Verdict.KNOWN, output="input_grad", observed=Verdict.DIVERGES),
        row("suite/a", "honest", Verdict.DIVERGES, output="kernel_grad", message="m", error_over_bound=7.0, ulps=9.0),
    ]
    data = packed(rows, [check_of("a")])
    assert said(json.loads(unpack(data.index))) == [
        (
            "suite/a",
            "honest",
            "native",
            [
                ("kernel_grad", "diverges", "diverges", "m", ""),
                ("input_grad", "known", "diverges", "", ""),
                ("output bias_grad", "exact", "exact", "", ""),
            ],
        )
    ]
    ((details, _),) = [chunk_of(one) for one in data.chunks]
    (shown,) = details[0]["rows"]
    assert shown["outputs"] == {"kernel_grad": {"error": 7.0, "ulps": 9.0}}
    assert (shown["script"], shown["scripted"]) == ("script of suite/a, input_grad", "input_grad")


E, K, D, R = Verdict.EXACT, Verdict.KNOWN, Verdict.DIVERGES, Verdict.REJECTS


@pytest.mark.parametrize(
    ("verdicts", "observed", "about"),
    [
        ({"output": E, "input_grad": E, "kernel_grad": E}, {}, ""),
        ({"output": E, "input_grad": E, "bias_grad": D, "kernel_grad": D}, {}, "kernel_grad"),
        ({"output": E, "input_grad": E, "bias_grad": K}, {"bias_grad": R}, "bias_grad"),
        ({"output": D, "input_grad": D}, {}, ""),
        ({"output": K, "input_grad": D}, {"output": D}, ""),
        ({"output": E, "input_grad": Verdict.FIXED}, {"input_grad": E}, ""),
        ({"output": Verdict.UNAVAILABLE}, {}, ""),
    ],
)
def test_a_script_is_of_the_first_output_that_does_not_conform(verdicts, observed, about):
    rows = [
        row("suite/a", "honest", verdict, output=output, observed=observed.get(output, verdict))
        for output, verdict in sorted(verdicts.items())
    ]
    ((details, _),) = [chunk_of(one) for one in packed(sorted(rows, key=lambda one: one.key), [check_of("a")]).chunks]
    (shown,) = details[0]["rows"]
    assert shown.get("scripted", "") == about
    assert shown["script"] == "script of suite/a" + (f", {about}" if about else "")


def test_a_gradient_without_a_program_leaves_that_of_the_output():
    rows = [row("suite/a", "honest", E), row("suite/a", "honest", D, output="input_grad")]
    data = pack_data(
        View(report_of(rows)), [], [check_of("a")], Excerpts(), lambda _, output: "of it" if output == "output" else ""
    )
    ((details, _),) = [chunk_of(one) for one in data.chunks]
    (shown,) = details[0]["rows"]
    assert (shown["script"], "scripted" in shown) == ("of it", False)


def test_programs_share_their_lines():
    lines = Lines()
    texts = ["a\nb\nc\n", "a\nx\nb\nc\n", "", "\n", "c"]
    runs = [lines.add(text) for text in texts]
    assert lines.text == "a\nb\nc\n\nx"
    stored = lines.text.split("\n")
    for text, found in zip(texts, runs, strict=True):
        spans = zip(found[::2], found[1::2], strict=True)
        assert "\n".join(line for first, count in spans for line in stored[first : first + count]) == text
    assert runs[0] == [0, 4]


def test_each_case_is_found_at_its_place_whatever_the_order_of_checks():
    data = packed(ROWS, [check_of("b"), check_of("a")])
    index = json.loads(unpack(data.index))
    ((details, _),) = [chunk_of(one) for one in data.chunks]
    assert index["place"] == [1, 0]
    assert [details[place]["about"] for place in index["place"]] == ["about suite/a", "about suite/b"]
    a, b = (details[place] for place in index["place"])
    assert [one["script"] for one in a["rows"]] == ["script of suite/a", ""]
    assert b["rows"][0]["outputs"] == {"output": {"error": 2.5, "ulps": 4.0}}
    assert ["dialect", "pytorch"] in a["parameters"]


def test_many_cases_are_spread_over_chunks():
    rows = [row(f"suite/{number:03}", "honest", Verdict.EXACT) for number in range(CASES_PER_CHUNK + 2)]
    data = packed(rows)
    index = json.loads(unpack(data.index))
    chunks = [chunk_of(one)[0] for one in data.chunks]
    assert [len(chunk) for chunk in chunks] == [CASES_PER_CHUNK, 2]
    abouts = [chunks[place // index["per_chunk"]][place % index["per_chunk"]]["about"] for place in index["place"]]
    assert abouts == [f"about {case}" for case in index["cases"]]


def test_values_of_the_showcase_are_in_the_chunk():
    check = check_of("b")
    reference = make_tensors(check.case, check.geometry).reference(check.geometry)
    got = reference.output.astype("float32") + 1
    showcase = Excerpts()
    showcase.add(ROWS[0], "float32", reference, Value(got))
    ((details, values),) = [chunk_of(one) for one in packed([ROWS[0]], [check], showcase).chunks]
    shown = details[0]["rows"][0]["outputs"]["output"]
    assert unpacked(values, shown["actual"]).tolist() == got[0].tolist()
    assert unpacked(values, shown["expected"]).tolist() == reference.output[0].tolist()
    assert unpacked(values, details[0]["expected"]).tolist() == reference.output[0].tolist()


def test_the_same_report_packs_to_the_same_text():
    checks = [check_of("a"), check_of("b")]
    assert packed(ROWS, checks) == packed(list(reversed(ROWS)), checks)


def test_every_verdict_has_a_kind_and_each_kind_its_own_sign():
    marks = {verdict: mark(verdict) for verdict in Verdict}
    assert {kind for kind, _ in marks.values()} == {"good", "known", "none", "bad"}
    assert len(set(marks.values())) == 4
    assert all((kind == "bad") == verdict.fails for verdict, (kind, _) in marks.items())
    assert all((kind == "good") == verdict.conforms for verdict, (kind, _) in marks.items())


def test_what_every_check_of_a_case_repeats_is_stored_once():
    rows = [
        row("suite/a", "honest", Verdict.EXACT, repeat="harness run cases/suite.yaml::a -a honest"),
        row("suite/a", "other", Verdict.EXACT, repeat="harness run cases/suite.yaml::a -a other"),
        row("suite/a", "third", Verdict.EXACT, repeat="something else"),
    ]
    checks = [check_of("a")]
    data = pack_data(
        View(report_of(rows)), [], checks, Excerpts(), lambda check, _: f"# {check.case.name} on honest\nrest\n"
    )
    assert json.loads(unpack(data.index))["adapters"] == ["honest", "other", "third"]
    ((details, _),) = [chunk_of(one) for one in data.chunks]
    assert details[0]["repeat"] == "harness run cases/suite.yaml::a"
    assert [one.get("repeat") for one in details[0]["rows"]] == [None, None, "something else"]
    assert details[0]["rows"][0]["script"] == f"# {TITLE}\nrest\n"


@pytest.mark.parametrize(
    ("verdict", "letters", "kept"),
    [
        (E, LONGEST_SCRIPT, True),
        (E, LONGEST_SCRIPT + 2, False),
        (D, LONGEST_SCRIPT + 2, True),
        (K, LONGEST_SCRIPT + 2, True),
    ],
)
def test_a_long_program_of_a_right_outcome_is_counted_and_left_out(verdict, letters, kept):
    script = "#\n" * (letters // 2)
    rows = [row("suite/a", "honest", verdict, observed=D if verdict is K else verdict)]
    data = pack_data(View(report_of(rows)), [], [check_of("a")], Excerpts(), lambda *_: script)
    ((details, _),) = [chunk_of(one) for one in data.chunks]
    (shown,) = details[0]["rows"]
    assert (shown["script"], shown.get("long")) == ((script, None) if kept else ("", letters // 2))


def test_the_index_has_what_checks_are_sought_by():
    rows = [
        row("suite/a", "honest", E),
        row("suite/a", "other:mode", D, diagnosis="as if flipped"),
        row("suite/b", "honest", K, observed=D, listed="because. Always.", output="input_grad"),
        row("suite/b", "honest", E),
        row("suite/c", "honest", E),
    ]
    view = View(report_of(rows))
    index = json.loads(unpack(pack_data(view, find(view), [check_of("a")], Excerpts(), script_of).index))
    assert index["frameworks"] == ["honest", "other"]
    assert index["alone"] == [1, -1, -2]
    assert [index["ops"][number] for number in index["op"]] == ["conv_transpose2d", "", ""]
    assert [index["dtypes"][number] for number in index["dtype"]] == ["float32"] * 3
    names = [index["causes"][number] for number in index["cause"]]
    failing, known = ["other-diverges-as-if-flipped", "as if flipped"], ["because-always", "because"]
    assert names == [["", ""], failing, known, ["", ""], ["", ""]]
