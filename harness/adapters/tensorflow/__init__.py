"""TensorFlow: ``tf.nn.conv2d_transpose`` on the CPU, with oneDNN."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.base import ALL_OUTPUTS, LEGALITY, ONE_THREAD, Adapter, Expressed, express
from harness.adapters.plan import Gradients, Inexpressible, Plan
from harness.adapters.python_text import Source, write_call
from harness.core.case import GRADIENTS, DTypeName, Layout, Overrides, Padding
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower_words
from harness.operations.conv_transpose.geometry import Geometry, full_geometry

if TYPE_CHECKING:
    from types import ModuleType

ENVIRONMENT = {
    **ONE_THREAD,
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}
GRAPH_ERROR = "Graph execution error:"
_USER_CODE = "in user code:"
_TRACE = ("Detected at node", 'File "', "<stack traces unavailable>")
NO_DILATION = "TensorFlow's CPU kernels dilate only in float32, through oneDNN"
NCHW_BY_TRANSPOSE = (
    "TensorFlow's CPU kernels read NCHW only in float32 and without explicit padding: transposed to NHWC"
)

DEFAULTS = {"data_format": "NHWC", "dilations": 1}


class TensorFlow(Adapter):
    """Groups are split and concatenated; what no padding expresses is VALID, then a slice or zeros."""

    name = "tensorflow"
    dialect = "tensorflow"
    dtypes: ClassVar[tuple[DTypeName, ...]] = ("float64", "float32", "float16", "bfloat16", "int32")
    refused_dtypes = dict.fromkeys(
        ("int64", "int8", "uint8", "complex64", "complex128"),
        "it is not in the list of allowed values: half, bfloat16, float, double, int32",
    )
    programs: ClassVar[Mapping[str, str]] = {
        "avg_unpool2d": "harness.adapters.tensorflow.unpooling:avg_unpool2d",
        "max_pool2d_with_indices": "harness.adapters.tensorflow.pooling:max_pool2d_with_indices",
        "max_unpool2d": "harness.adapters.tensorflow.pooling:max_unpool2d",
        "resize2d": "harness.adapters.tensorflow.resizing:resize2d",
        "resize_conv2d": "harness.adapters.tensorflow.resizing:resize_conv2d",
    }
    outputs = ALL_OUTPUTS
    reusable = True
    layouts = ("NHWC", "NCHW")
    environment = ENVIRONMENT
    process = "tensorflow"
    packages: ClassVar[Mapping[str, str]] = {"tensorflow": "tensorflow"}
    weight = 5

    tf: ModuleType

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        given = case.layout or "NHWC"
        if geometry is None or case.dialect == self.dialect:
            return self._plan(case, geometry, Expressed(case.words), given, given)
        dilated = max(case.dilations) > 1
        if dilated and (reason := self.dilation_limit(case)):
            return Inexpressible(reason)
        said = express(
            self.dialect, geometry, Words("valid"), usable=lambda words: isinstance(words.padding, str) or not dilated
        )
        direct = self.reads(case, given) and (given == "NHWC" or isinstance(said.words.padding, str))
        return self._plan(case, geometry, said, given, given if direct else "NHWC")

    def reads(self, case: Case, layout: Layout) -> bool:
        """Whether the CPU's kernels read ``layout`` in the case's dtype, with a named padding."""
        return layout == "NHWC" or case.dtype == "float32"

    def dilation_limit(self, case: Case) -> str:
        """Why a dilated case cannot be computed, or nothing."""
        return "" if case.dtype == "float32" else NO_DILATION

    def _plan(
        self, case: Case, geometry: Geometry | None, said: Expressed, given: Layout, seen: Layout
    ) -> Plan | Inexpressible:
        # a grouped kernel that the case holds to be an error is handed over as it is
        splits = 1 if geometry is None else case.groups
        call = _parameters(case, geometry, said.words, seen, case.out_channels // splits)
        if isinstance(call, Inexpressible):
            return call
        if case.overrides is not None:
            call |= _given_output_shape(case.overrides)
        reasons = [
            "tf.nn.conv2d_transpose has no groups: split, one call each, concatenate" if splits > 1 else "",
            NCHW_BY_TRANSPOSE if seen != given else "",
        ]
        return said.plan(case, call, given=given, seen=seen, kernel_layout="HWOI", splits=splits, reasons=reasons)

    def start(self) -> dict[str, str]:
        """See Adapter.start."""
        import tensorflow as tf

        self.tf = tf
        return {"tensorflow": str(tf.__version__)}

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """``x`` in the call's data_format, ``w`` (kH, kW, C_out, C_in), ``b`` (C_out)."""
        constant, arrays = self.tf.constant, [array for array in (x, w, b) if array is not None]
        function = self.compute(call, arrays)
        return lambda: function(*map(constant, arrays)).numpy()

    def differentiate(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None, g: Array
    ) -> Callable[[], Gradients]:
        """By a GradientTape around the same call."""
        tf, arrays = self.tf, [array for array in (x, w, b) if array is not None]
        function = self.compute(call, arrays)

        def run() -> Gradients:
            tensors = [tf.constant(array) for array in arrays]
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                y = function(*tensors)
            found = tape.gradient(y, tensors, tf.constant(g))
            return {name: one.numpy() for name, one in zip(GRADIENTS, found, strict=False)}

        return run

    def compute(self, call: Mapping[str, Any], tensors: Sequence[Any]) -> Callable[..., Any]:
        """The call as a function of data, kernel and, where there is one, bias; ``tensors`` are arrays like them."""
        tf = self.tf
        dtype = call.get("output_shape_dtype")
        words = {name: value for name, value in call.items() if name != "output_shape_dtype"}

        def compute(data: Any, kernel: Any, bias: Any = None) -> Any:
            shape = words if dtype is None else words | {"output_shape": tf.constant(words["output_shape"], dtype)}
            y = tf.nn.conv2d_transpose(data, kernel, **shape)
            return y if bias is None else tf.nn.bias_add(y, bias, data_format=call["data_format"])

        return compute

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        words, tensors = dict(call), ["tf.constant(data)", "tf.constant(kernel)"]
        if shape_dtype := words.pop("output_shape_dtype", None):
            tensors.append(f"tf.constant({words.pop('output_shape')}, tf.{shape_dtype})")
        lines = write_call("y = tf.nn.conv2d_transpose", tensors, words, DEFAULTS)
        if bias:
            lines += write_call("y = tf.nn.bias_add", ["y", "bias"], {"data_format": call["data_format"]}, DEFAULTS)
        names = named(bias=bias)
        return Source(
            ("import tensorflow as tf",),
            (*lines, "return y.numpy()"),
            self.settings,
            ("tf.__version__",),
            gradient=(*constants(names), *by_tape(names, [of_tensors(line) for line in lines])),
        )

    def explain(self, error: BaseException) -> str:
        """Without the mark of the internal function that every op's message starts with."""
        return explain(error)


def named(*, bias: bool) -> list[str]:
    """The tensors of a call."""
    return ["data", "kernel", *(["bias"] if bias else [])]


def constants(names: Sequence[str]) -> list[str]:
    """Tensors of the arrays called ``names``, as Python text."""
    return [f"{name} = tf.constant({name})" for name in names]


def of_tensors(line: str) -> str:
    """A line of a call on arrays as it is on tensors."""
    return line.replace("tf.constant(data)", "data").replace("tf.constant(kernel)", "kernel")


def by_tape(names: Sequence[str], lines: Sequence[str]) -> list[str]:
    """The gradients by the tensors called ``names`` of the ``y`` that ``lines`` make, as Python text."""
    return [
        f"tensors = [{', '.join(names)}]",
        "with tf.GradientTape() as tape:",
        "    tape.watch(tensors)",
        *(f"    {line}" for line in lines),
        "return [one.numpy() for one in tape.gradient(y, tensors, tf.constant(cotangent))]",
    ]


class TensorFlowPlain(TensorFlow):
    """Without oneDNN, whose kernels alone dilate and read NCHW on the CPU."""

    name = "tensorflow:no-onednn"
    variant = True
    suites: ClassVar[tuple[str, ...]] = LEGALITY
    process = "tensorflow:no-onednn"
    environment = {**ENVIRONMENT, "TF_ENABLE_ONEDNN_OPTS": "0"}
    weight = 4

    def dilation_limit(self, case: Case) -> str:
        """None dilates."""
        return "without oneDNN, TensorFlow's CPU kernels do not dilate"

    def reads(self, case: Case, layout: Layout) -> bool:
        """NHWC."""
        return layout == "NHWC"


def explain(error: BaseException) -> str:
    """The message of a TensorFlow error alone, without ``{{function_node …}}`` marks and the calls of a graph."""
    # protocol buffers print a mark that changes from run to run
    message = re.sub(r"\s*goo\.gle/debug\w+", "", str(error))
    while (start := message.find("{{")) >= 0 and (end := message.find("}}", start)) >= 0:
        message = message[:start] + message[end + 2 :]
    if message.startswith(_USER_CODE):
        return message.strip().splitlines()[-1].strip()
    if not message.startswith(GRAPH_ERROR):
        return message.strip()
    lines = [line.strip() for line in message.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith((GRAPH_ERROR, *_TRACE)))


def _given_output_shape(overrides: Overrides) -> dict[str, Any]:
    """``output_shape`` as the case hands it over; ``output_shape_dtype`` makes it a tensor, and is no parameter."""
    shape: dict[str, Any] = {} if overrides.output_shape is None else {"output_shape": list(overrides.output_shape)}
    return (
        shape if overrides.output_shape_dtype is None else {**shape, "output_shape_dtype": overrides.output_shape_dtype}
    )


def _parameters(
    case: Case, geometry: Geometry | None, words: Words, layout: Layout, out_channels: int
) -> dict[str, Any] | Inexpressible:
    size = words.output_size
    if size is None:
        try:
            full = full_geometry(case) if geometry is None else geometry
            size = lower_words("tensorflow", full, words).output_size
        except IllegalCaseError as error:
            return Inexpressible(f"tf.nn.conv2d_transpose needs an output_shape, and none follows: {error}")
    padding: Padding = "same" if words.padding is None else words.padding
    spatial = {"NHWC": slice(1, 3), "NCHW": slice(2, 4)}[layout]
    shape: list[int] = [case.batch, 0, 0, 0]
    shape[layout.index("C")] = out_channels
    shape[spatial] = size
    pads: Any = padding.upper() if isinstance(padding, str) else [(0, 0)] * 4
    if not isinstance(padding, str):
        pads[spatial] = padding
    return {
        "output_shape": shape,
        "strides": list(case.strides),
        "padding": pads,
        "data_format": layout,
        "dilations": list(case.dilations),
    }
