"""Cases as files, for programs that the harness cannot call: arrays in ``.npz``, everything else in ``index.json``.

No right answers are among them. docs/judging.md shows how they are used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from harness.core.case import AnyCase, Dialect, DTypeName, Layout, OutputName, Pads, Sizes
from harness.core.corpus import CORPUS, called, located
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError, Problem
from harness.core.fields import Form
from harness.core.files import new_folder
from harness.core.prepared import Prepared
from harness.core.version import harness_version
from harness.operations import operation_of
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower

Array = npt.NDArray[Any]
MakeModel = Callable[[AnyCase, Mapping[str, Array]], bytes | str]
"""Makes the file of a model of a case on arrays, or says why there is none."""
INDEX = "index.json"
LONGEST_ID = 80
"""Of a case's id, letters that the name of its file has."""
DIGITS = 8
"""Of a digest, those that the name of its file has."""
BITS = np.dtype(np.uint16)
"""How bfloat16, which files have no name for, is stored."""
_APART = frozenset({"words", "kernel", "literals", "expected"} | {field.name for field in fields(AnyCase)})
"""What a case holds that is no parameter, or is written down apart."""
_UNRELATED = {"case", "suite", "arrays", "digest", "about", "onnx"}
"""What may change without a change of what is computed."""


class TensorForm(Form):
    """An array: row after row, the last axis runs fastest."""

    shape: Sizes
    dtype: str = Field(description="NumPy's name; bfloat16 is stored as its bits, in uint16")
    layout: str = Field(description="a letter for each axis; empty where the call is to get it as it stands")


class GeometryForm(Form):
    """The canonical operation; numbers stand in the order of the spatial axes, of two of them height and width."""

    input_size: Sizes
    kernel_size: Sizes
    strides: Sizes
    dilations: Sizes
    groups: int
    crops: Pads = Field(
        description="elements that are cut from the full scatter at the begin and at the end of each axis; zeros are "
        "appended where the number is negative"
    )
    output_shape: Sizes


class ModelForm(Form):
    """A model of a case, or why there is none; one of both."""

    file: str | None = Field(None, description="its inputs and outputs are called as the arrays")
    absent: str | None = None


class CaseForm(Form):
    """A case, as a program needs it that computes it."""

    case: str
    suite: str = Field(description="the file of the suite that has the case")
    arrays: str = Field(description="the file of the arrays, and below the folder of results the file of what came")
    digest: str = Field(description="of what is here and of the arrays: results of another export are found out by it")
    about: str
    op: str
    dialect: Dialect
    parameters: dict[str, Any] = Field(description="in the words of the dialect; what is left out was not stated")
    geometry: GeometryForm | None = Field(description="of a legal transposed convolution that has one right result")
    dtype: DTypeName
    layout: Layout | None = Field(description="the layout that the call is to be made in; the arrays do not follow it")
    unbatched: bool = Field(description="the one image is to be handed over without the axis of the batch")
    tensors: dict[str, TensorForm]
    outputs: dict[OutputName, TensorForm | None] = Field(
        description="what is requested; null where an error is due or several results are right"
    )
    expects: Literal["values", "error", "readings"]
    readings: dict[str, str] = Field(description="the names of several that are right, and the text that allows each")
    onnx: ModelForm | None = Field(None, description="null where no models were requested")


class IndexForm(Form):
    """An export."""

    schema_version: Literal[1]
    harness: str = Field(description="the version that wrote it")
    cases: list[CaseForm]


def export_cases(cases: Iterable[AnyCase], folder: Path, make_model: MakeModel | None = None) -> list[CaseForm]:
    """Write ``cases`` to ``folder``, which must be new or empty, and return the lines of their index.

    A model in ONNX stands beside the arrays of each where ``make_model`` has one. Raises BadInputError where the folder
    is neither, or cannot be written; nothing is left there then.
    """
    names: set[str] = set()
    lines = []
    with new_folder(folder) as draft:
        for case in cases:
            prepared = operation_of(case).oracle.prepare(case)
            line = describe(case, prepared)
            name = _file_name(case, line.digest, names)
            line = line.model_copy(update={"arrays": name})
            names.add(name.lower())
            (draft / name).parent.mkdir(exist_ok=True)
            stored: dict[str, Any] = {key: _stored(array) for key, (array, _) in _handed(case, prepared).items()}
            np.savez(draft / name, **stored)
            if make_model is not None:
                line = line.model_copy(update={"onnx": _model(make_model, case, prepared, draft, name)})
            lines.append(line)
        head = f'{{"schema_version": 1, "harness": "{harness_version()}", "cases": [\n'
        body = ",\n".join(line.model_dump_json() for line in lines)
        (draft / INDEX).write_text(f"{head}{body}\n]}}\n", encoding="utf-8", newline="\n")
    return lines


def _model(make: MakeModel, case: AnyCase, prepared: Prepared, folder: Path, arrays: str) -> ModelForm:
    made = make(case, {name: array for name, (array, _) in _handed(case, prepared).items()})
    if isinstance(made, str):
        return ModelForm(absent=made)
    name = f"{arrays.removesuffix('.npz')}.onnx"
    (folder / name).write_bytes(made)
    return ModelForm(file=name)


def read_index(folder: Path) -> list[CaseForm]:
    """What ``export_cases`` wrote to ``folder``; raises BadInputError where it is something else."""
    path = folder / INDEX
    try:
        return IndexForm.model_validate_json(path.read_bytes()).cases
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except ValidationError as error:
        first = error.errors()[0]
        message = f"is no export of this version: {'.'.join(map(str, first['loc']))}: {first['msg'][:200]}"
    raise BadInputError(Problem(str(path), 0, 0, "", message, "expected what `harness export --to` wrote"))


def describe(case: AnyCase, prepared: Prepared) -> CaseForm:
    """``case``, of which ``prepared`` are the data, as the index has it, short of the name of its file."""
    handed = _handed(case, prepared)
    form = CaseForm(
        case=case.name,
        suite=_suite_of(case),
        arrays="",
        digest="",
        about=case.about,
        op=case.op,
        dialect=case.dialect,
        parameters=_parameters(case),
        geometry=_geometry(case),
        dtype=case.dtype,
        layout=case.layout,
        unbatched=isinstance(case, Case) and case.unbatched,
        tensors={name: _tensor(array.shape, str(array.dtype), letters) for name, (array, letters) in handed.items()},
        outputs={name: _output(case, prepared, name) for name in case.outputs},
        expects="error" if case.expect.error else "readings" if case.expect.readings else "values",
        readings={reading.name: reading.because for reading in case.expect.readings},
    )
    found = hashlib.sha256(form.model_dump_json(exclude=_UNRELATED).encode())
    for array, _ in handed.values():
        found.update(array.tobytes())
    return form.model_copy(update={"digest": found.hexdigest()})


def _tensor(shape: Sizes, dtype: str, layout: str) -> TensorForm:
    return TensorForm(shape=shape, dtype=dtype, layout=layout)


def _stored(array: Array) -> Array:
    return array.view(BITS) if array.dtype == DTYPES["bfloat16"].numpy else array


def _handed(case: AnyCase, prepared: Prepared) -> dict[str, tuple[Array, str]]:
    """The arrays that a call is to get, by name, with their layouts; ones where the case puts others in their place."""
    spatial = getattr(case, "spatial", "HW")
    letters = {"kernel": f"IO{spatial}" if isinstance(case, Case) else f"OI{spatial}", "bias": "O"}
    handed = {name: (array, letters.get(name, f"NC{spatial}")) for name, array in prepared.tensors.named.items()}
    if case.overrides is not None and case.nominal:
        for name, (shape, dtype) in case.overrides.tensors.items():
            array, layout = handed.get(name, (np.zeros(0, DTYPES[case.dtype].numpy), ""))
            size = array.shape if shape is None else shape
            handed[name] = np.ones(size, dtype or array.dtype), layout if shape is None else ""
    return handed


def _parameters(case: AnyCase) -> dict[str, Any]:
    own = {field.name: getattr(case, field.name) for field in fields(case) if field.name not in _APART}
    if isinstance(case, Case):
        own |= {field.name: getattr(case.words, field.name) for field in fields(case.words)} | {"bias": bool(case.bias)}
    if case.overrides is not None:
        own |= {name: getattr(case.overrides, name) for name in ("output_shape", "output_shape_dtype")}
        own |= case.overrides.lists
    return {name: value for name, value in own.items() if value is not None}


def _geometry(case: AnyCase) -> GeometryForm | None:
    if case.nominal or not isinstance(case, Case):
        return None
    found = lower(case)
    return GeometryForm(
        input_size=case.input_size,
        kernel_size=case.kernel_size,
        strides=case.strides,
        dilations=case.dilations,
        groups=case.groups,
        crops=found.crops,
        output_shape=found.output_shape,
    )


def _output(case: AnyCase, prepared: Prepared, name: OutputName) -> TensorForm | None:
    reference = prepared.references.get(name)
    return None if reference is None else _tensor(reference.shape, reference.dtype or case.dtype, reference.axes)


def _suite_of(case: AnyCase) -> str:
    """Where the suite is found again: a shipped one by its name, from any folder."""
    place = located(case.path).absolute()
    return called(place) if place.parent == CORPUS else case.path


def _file_name(case: AnyCase, digest: str, taken: Container[str]) -> str:
    """Where the arrays of ``case`` stand: a name for every file system, and none of those that are ``taken``.

    It ends in the beginning of the ``digest``, so that results of another version of the case have another name.
    """
    suite, name = (re.sub(r"[^\w.-]+", "_", text, flags=re.ASCII).strip("_") for text in (case.suite, case.id))
    file, end = f"{suite}/{name[:LONGEST_ID]}", f".{digest[:DIGITS]}.npz"
    if f"{file}{end}".lower() not in taken:
        return f"{file}{end}"
    return f"{file}-{hashlib.sha256(case.name.encode()).hexdigest()[:12]}{end}"


def of_any_version(name: str) -> str:
    """The ``name`` of a file of arrays, short of what tells versions of its case apart."""
    return re.sub(rf"\.[0-9a-f]{{{DIGITS}}}\.npz$", ".npz", name)
