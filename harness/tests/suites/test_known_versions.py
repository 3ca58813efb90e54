"""Which versions an entry is verified for, which are later or unreleased builds, and which are neither."""

import pytest

from harness.suites.known_forms import EntryForm
from harness.suites.known_versions import Standing, in_range, standing


@pytest.mark.parametrize(
    ("version", "wanted", "found"),
    [
        ("2.13.0", ">=2.13,<2.14", True),
        ("2.13.0+cpu", ">=2.13,<2.14", True),
        ("2.13.1.post1", ">=2.13,<2.14", True),
        ("2.14.0", ">=2.13,<2.14", False),
        ("3.0", ">=2.13,<2.14", False),
        ("2.14.0.dev20261101", ">=2.13,<2.14", False),
        ("2.13.0a0+git123", ">=2.13,<2.14", False),
        ("2.13.0.dev1", ">=2.13,<2.14", False),
        ("2.21.0-tf-fork", ">=2.21,<2.22", False),
        ("2.23-tf-fork", ">=2.21,<2.22", False),
        ("2.20.0-tf-fork", ">=2.21,<2.22", None),
        ("2.12.9", ">=2.13,<2.14", None),
        ("2.12.0.dev1", ">=2.13,<2.14", None),
        ("2.14", "==2.13.*", False),
        ("2.12", "==2.13.*", None),
        ("2.14", "~=2.13.0", False),
        ("2.14", "<=2.13", False),
        ("2.13.0", "!=2.13.0", None),
        ("2.12", ">2.12", None),
        ("nightly", ">=0", None),
        ("", ">=0", None),
    ],
)
def test_a_version_is_in_the_range_or_later_or_neither(version, wanted, found):
    assert in_range(version, wanted) is found


def entry(**versions):
    return EntryForm.model_validate(
        {"cases": "s/c", "adapter": "a", "versions": versions, "verdict": "rejects", "why": "w", "upstream": "u"}
    )


def test_every_package_counts():
    listed = entry(keras=">=3.15,<3.16", torch=">=2.13,<2.14")
    assert standing(listed, {"keras": "3.15.1", "torch": "2.13.0+cpu"}) == Standing(applies=True)
    assert standing(listed, {"keras": "3.14.0", "torch": "2.14.0"}) == Standing(applies=False)
    assert standing(listed, {"keras": "3.15.1"}) == Standing(applies=False)
    assert standing(listed, {"keras": "3.16.0", "torch": "2.14.0.dev1"}) == Standing(
        applies=True,
        unverified="listed for keras <3.16,>=3.15, this is 3.16.0, listed for torch <2.14,>=2.13, this is 2.14.0.dev1",
    )
