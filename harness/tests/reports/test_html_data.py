from __future__ import annotations

import base64
import json
import zlib

from harness.adapters import Chosen
from harness.check import plan_check
from harness.comparator import Value
from harness.data import make_tensors
from harness.exhibit import Showcase
from harness.liars.honest import Honest
from harness.reports.html_data import CASES_PER_CHUNK, mark, pack_data, subjects
from harness.results import Verdict
from harness.tests.browser.pages import report_of, row
from harness.tests.build import make_case
from harness.tests.reports.test_html_values import unpacked


def unpack(text):
    return zlib.decompress(base64.b64decode(text))


def chunk_of(text):
    """The details of a chunk, and its values."""
    data = unpack(text)
    size = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + size]), data[4 + size :]


def packed(rows, checks=(), showcase=None):
    return pack_data(report_of(rows), checks, showcase or Showcase(), lambda check: f"script of {check.case.name}")


def check_of(name):
    check = plan_check(make_case(id=name, dialect="pytorch"), Chosen(Honest(), "none", asked_by_name=True))
    assert check is not None
    return check


ROWS = [
    row("suite/b", "honest", Verdict.DIVERGES, message="m", diagnosis="d", error_over_bound=2.5, ulps=4.0),
    row("suite/a", "honest", Verdict.KNOWN, observed=Verdict.REJECTS, message="m", route="composed"),
    row("suite/a", "other", Verdict.INEXPRESSIBLE, route="inexpressible", message="n"),
]


def test_the_index_holds_every_row_in_the_order_of_the_report():
    index = json.loads(unpack(packed(ROWS).index))
    assert index["cases"] == ["suite/a", "suite/b"]
    assert index["subjects"] == ["honest", "other"]
    columns = ("case", "subject", "verdict", "observed", "route", "message", "diagnosis")
    names = {
        "case": index["cases"],
        "subject": index["subjects"],
        "verdict": [word for word, *_ in index["verdicts"]],
        "observed": [word for word, *_ in index["verdicts"]],
        "route": index["routes"],
        "message": index["texts"],
        "diagnosis": index["texts"],
    }
    rows = [
        tuple(names[one][number] for one, number in zip(columns, numbers, strict=True))
        for numbers in zip(*(index[one] for one in columns), strict=True)
    ]
    assert rows == [
        ("suite/a", "honest", "known", "rejects", "composed", "m", ""),
        ("suite/a", "other", "inexpressible", "inexpressible", "inexpressible", "n", ""),
        ("suite/b", "honest", "diverges", "diverges", "native", "m", "d"),
    ]
    assert index["texts"] == ["", "m", "n", "d"]


def test_each_case_is_found_at_its_place_whatever_the_order_of_checks():
    data = packed(ROWS, [check_of("b"), check_of("a")])
    index = json.loads(unpack(data.index))
    ((details, _),) = [chunk_of(one) for one in data.chunks]
    assert index["place"] == [1, 0]
    assert [details[place]["about"] for place in index["place"]] == ["about suite/a", "about suite/b"]
    a, b = (details[place] for place in index["place"])
    assert [one["script"] for one in a["rows"]] == ["script of suite/a", ""]
    assert (b["rows"][0]["error"], b["rows"][0]["ulps"]) == (2.5, 4.0)
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
    showcase = Showcase()
    showcase.add(ROWS[0], "float32", reference, Value(got))
    ((details, values),) = [chunk_of(one) for one in packed([ROWS[0]], [check], showcase).chunks]
    (shown,) = details[0]["rows"]
    assert unpacked(values, shown["actual"]).tolist() == got[0].tolist()
    assert unpacked(values, shown["expected"]).tolist() == reference.output[0].tolist()
    assert unpacked(values, details[0]["expected"]).tolist() == reference.output[0].tolist()


def test_the_same_report_packs_to_the_same_text():
    checks = [check_of("a"), check_of("b")]
    assert packed(ROWS, checks) == packed(list(reversed(ROWS)), checks)


def test_an_adapter_is_named_with_its_mode_only_where_it_has_several():
    rows = [
        row("s/a", "x", Verdict.EXACT),
        row("s/a", "y", Verdict.EXACT),
        row("s/a", "y", Verdict.EXACT, mode="graph"),
    ]
    assert list(subjects(report_of(rows)).values()) == ["x", "y eager output", "y graph output"]


def test_every_verdict_has_a_kind_and_each_kind_its_own_sign():
    marks = {verdict: mark(verdict) for verdict in Verdict}
    assert {kind for kind, _ in marks.values()} == {"good", "known", "none", "bad"}
    assert len(set(marks.values())) == 4
    assert all((kind == "bad") == verdict.fails for verdict, (kind, _) in marks.items())
    assert all((kind == "good") == verdict.conforms for verdict, (kind, _) in marks.items())
