"""Suites that must be refused: name -> (text, line, what the problem says as ``key: message``)."""

from harness.core.entry import SWEEP_LIMIT

HEAD = "suite: Title\nabout: Text.\ncases:\n"
CASE = "  - id: one\n    about: text\n    input_size: 3\n    kernel_size: 3\n"


def plus(*lines):
    """The plain case with more keys, the first of which stands on line 8."""
    return HEAD + CASE + "".join(f"    {line}\n" for line in lines)


def instead(old, new):
    """The plain suite with one piece of text changed."""
    assert (HEAD + CASE).count(old) == 1
    return (HEAD + CASE).replace(old, new)


_TENTHS = "[" + ", ".join(map(str, range(1, 11))) + "]"
_KEYS_TENFOLD = [
    "batch",
    "in_channels",
    "out_channels",
    "input_size",
    "kernel_size",
    "strides",
    "dilations",
    "groups",
    "output_size",
]
BILLION = "sweep: {" + ", ".join(f"{key}: {_TENTHS}" for key in _KEYS_TENFOLD) + "}"
assert 10 ** len(_KEYS_TENFOLD) == 10**9 > SWEEP_LIMIT

LITERAL = HEAD + "  - id: one\n    about: text\n"
KERNEL = "    kernel: {layout: HW, values: [[1, 2], [3, 4]]}\n"
INPUT = "    input: {layout: HW, values: [[1, 2], [3, 4]]}\n"
READING = "{name: a, because: b, crops: [[0, 1], [0, 1]]}"

YAML = {
    "bad-indentation": (instead("    kernel_size", "   kernel_size"), 7, "not valid YAML"),
    "tab": (instead("    kernel_size", "\tkernel_size"), 7, "not valid YAML"),
    "unclosed-bracket": (plus("strides: [1, 2", "batch: 2"), 9, "not valid YAML"),
    "unclosed-quote": (plus("source: 'its"), 9, "not valid YAML"),
    "colon-in-text": (instead("about: text", "about: one: two"), 5, "not valid YAML"),
    "no-space-after-colon": (instead("    input_size: 3", "    input_size:3"), 7, "not valid YAML"),
    "duplicate-key": (plus("input_size: 4"), 8, "input_size: duplicate key, first given on line 6"),
    "duplicate-key-at-the-top": (HEAD + CASE + "suite: Again\n", 8, "suite: duplicate key, first given on line 1"),
    "alias": (plus("strides: &two [2, 2]", "dilations: *two"), 8, "anchors and aliases are not supported"),
    "merge-key": (plus("<<: {batch: 2}"), 8, "unknown key <<"),
    "number-as-key": (plus("2: 3"), 8, "a key must be a word"),
    "list-as-key": (plus("[1, 2]: 3"), 8, "a key must be a word"),
    "tag-of-a-program": (plus("source: !!python/name:os.system x"), 8, "not valid YAML"),
    "tag-that-does-not-fit": (plus("bias: !!bool maybe"), 8, "'maybe' cannot be read as bool"),
    "tag-of-no-date": (plus("source: !!timestamp someday"), 8, "'someday' cannot be read as timestamp"),
    "integer-of-5000-digits": (plus("batch: 1" + "0" * 5000), 8, "cannot be read as int"),
    "nested-without-end": (plus("source: " + "[" * 90_000), 8, "nested more than 64 levels"),
    "two-documents": (HEAD + CASE + "---\nsuite: Second\n", 8, "not valid YAML: but found another document"),
    "empty-file": ("", 1, "the file is empty"),
    "only-a-comment": ("# nothing yet\n", 1, "the file is empty"),
    "not-utf8": (instead("text", "t\xe9xt").encode("latin-1"), 5, "not UTF-8"),
    "utf16": ((HEAD + CASE).encode("utf-16"), 1, "not UTF-8"),
    "control-character": (instead("text", "te\x07xt"), 1, "control characters are not allowed"),
}
FORM = {
    "a-list": ("- suite: Title\n- about: Text.\n", 1, "expected a mapping of keys to values"),
    "a-word": ("suite\n", 1, "expected a mapping of keys to values"),
    "no-title": (instead("suite: Title\n", ""), 1, "suite: expected the key suite, which is missing"),
    "no-cases": ("suite: Title\nabout: Text.\n", 1, "cases: expected the key cases, which is missing"),
    "cases-without-any": (HEAD, 3, "cases: expected a valid list"),
    "cases-empty": ("suite: Title\nabout: Text.\ncases: []\n", 3, "cases: .*at least 1 item"),
    "cases-a-mapping": ("suite: Title\nabout: Text.\ncases: {id: one}\n", 3, "cases: expected a valid list"),
    "case-a-word": (HEAD + CASE + "  - two\n", 8, "cases: expected a mapping"),
    "no-id": (instead("id: one\n    about", "about"), 4, "cases.id: expected the key id, which is missing"),
    "no-about": (instead("    about: text\n", ""), 4, "cases.about: expected the key about, which is missing"),
    "no-input-size": (instead("    input_size: 3\n", ""), 4, "expected the key input_size, which is missing"),
    "no-kernel-size": (instead("kernel_size: 3", "kernel_size:"), 7, "expected the key kernel_size, which is missing"),
    "empty-about": (instead("about: text", "about: ''"), 5, "cases.about: .*at least 1 character"),
    "id-with-a-dot": (instead("id: one", "id: one.case"), 4, "cases.id: expected words of letters"),
    "id-a-number": (instead("id: one", "id: 1"), 4, "cases.id: expected a valid string, not 1"),
    "unknown-key-near-miss": (plus("stride: 2"), 8, "cases.stride: unknown key stride.*did you mean strides"),
    "unknown-key-in-defaults": (instead("cases:", "defaults: {kernal_size: 3}\ncases:"), 3, "did you mean kernel_size"),
    "unknown-key-in-sweep": (plus("sweep: {dilation: [1, 2]}"), 8, "cases.sweep.dilation: .*did you mean dilations"),
    "unknown-key-like-nothing": (plus("zzz: 2"), 8, "cases.zzz: unknown key zzz.*remove it"),
    "key-called-bool": (plus("bool: 2"), 8, "cases.bool: unknown key bool"),
    "id-in-defaults": (instead("cases:", "defaults: {id: all}\ncases:"), 3, "defaults.id: unknown key id"),
    "defaults-a-list": (instead("cases:", "defaults: [3]\ncases:"), 3, "defaults: expected a mapping"),
    "word-for-a-size": (plus("strides: two"), 8, "cases.strides: expected an integer or a pair .*'two'"),
    "float-for-a-size": (plus("strides: 2.0"), 8, "cases.strides: expected an integer or a pair .*2.0"),
    "bool-for-a-size": (plus("strides: true"), 8, "cases.strides: expected an integer or a pair .*True"),
    "bool-for-a-number": (plus("batch: true"), 8, "cases.batch: expected a valid integer, not True"),
    "bool-in-a-pair": (plus("strides: [1, true]"), 8, "cases.strides: expected an integer or a pair"),
    "three-sizes": (plus("strides: [1, 2, 3]"), 8, "cases.strides: expected an integer or a pair"),
    "pair-for-a-number": (plus("batch: [1, 2]"), 8, "cases.batch: expected a valid integer"),
    "padding-word": (plus("padding: SAME"), 8, "cases.padding: expected same, valid, same_lower, .*'SAME'"),
    "padding-circular": (plus("padding: circular"), 8, "cases.padding: no dialect has a transposed convolution, .* that pads circularly"),
    "padding-of-four": (plus("padding: [1, 2, 3, 4]"), 8, "cases.padding: expected same, valid, same_lower"),
    "unknown-dialect": (plus("dialect: torch"), 8, "cases.dialect: expected 'tensorflow', .*'torch'"),
    "unknown-dtype": (plus("dtype: bfloat17"), 8, "cases.dtype: expected 'float64'"),
    "unknown-layout": (plus("layout: CHWN"), 8, "cases.layout: expected 'NHWC'"),
    "bias-a-number": (plus("bias: 3"), 8, "cases.bias: expected true, false or a list"),
    "bias-of-words": (plus("bias: [one]"), 8, "cases.bias: expected true, false or a list"),
    "bias-beyond-any-float": (plus("bias: [1" + "0" * 400 + "]"), 8, "cases.bias: expected true, false or a list"),
    "error-false": (plus("expect: {error: false}"), 8, "cases.expect.error: expected True"),
    "expect-nothing": (plus("expect: {}"), 8, "cases.expect: expected layout and values together"),
    "expect-two-things": (plus("expect: {error: true, layout: W, values: [1]}"), 8, "cases.expect: expected layout"),
    "values-without-layout": (plus("expect: {values: [[1]]}"), 8, "cases.expect: expected layout and values together"),
    "one-reading": (plus(f"expect: {{readings: [{READING}]}}"), 8, "cases.expect.readings: .*at least 2 items"),
    "reading-without-result": (plus(f"expect: {{readings: [{READING}, {{name: refused, because: b}}]}}"), 8, "cases.expect.readings: reading 'refused' has no result, and does not say"),
    "reading-refused-with-crops": (plus(f"expect: {{readings: [{READING}, {{name: c, because: b, crops: 1, refused: true}}]}}"), 8, "cases.expect.readings: reading 'c' says that the call is refused, and what"),
    "reading-refused-false": (plus(f"expect: {{readings: [{READING}, {{name: c, because: b, refused: false}}]}}"), 8, "cases.expect.readings.refused: expected True"),
    "readings-of-one-name": (plus(f"expect: {{readings: [{READING}, {READING}]}}"), 8, "cases.expect.readings: two readings are called 'a'"),
    "reading-by-word": (plus(f"expect: {{readings: [{READING}, {READING.replace('[[0, 1], [0, 1]]', 'same')}]}}"), 8, "cases.expect.readings.*: expected numbers"),
    "empty-sweep": (plus("sweep: {}"), 8, "cases.sweep: an empty sweep makes no cases"),
    "kills-one-name": (plus("kills: KernelRotated"), 8, "cases.kills: expected a valid list, not 'KernelRotated'"),
    "kills-nothing": (plus("kills: []"), 8, "cases.kills: .*at least 1 item"),
    "kills-in-a-sweep": (plus("sweep: {kills: [[AllZero]]}"), 8, "unknown key kills"),
    "sweep-of-nothing": (plus("sweep:"), 8, "cases.sweep: an empty sweep makes no cases"),
    "sweep-without-values": (plus("sweep: {strides: []}"), 8, "cases.sweep.strides: .*at least 1 item"),
    "sweep-of-null": (plus("sweep:", "  strides:"), 9, "cases.sweep.strides: expected a valid list"),
    "sweep-of-one-number": (plus("sweep: {strides: 2}"), 8, "cases.sweep.strides: expected a valid list, not 2"),
    "sweep-bad-in-the-middle": (plus("sweep:", "  strides:", "  - 1", "  - none", "  - 2"), 11, "sweep.strides: expected an integer"),
    "ragged-values": (LITERAL + KERNEL + "    input: {layout: HW, values: [[1, 2], [3]]}\n", 7, "cases.input: expected nested lists of equal lengths"),
    "empty-values": (LITERAL + KERNEL + "    input: {layout: HW, values: [[]]}\n", 7, "cases.input: expected nested lists of equal"),
    "word-in-values": (LITERAL + KERNEL + "    input: {layout: HW, values: [[x]]}\n", 7, "cases.input: expected nested lists of numbers.*'x'"),
    "bool-in-values": (LITERAL + KERNEL + "    input: {layout: HW, values: [[true]]}\n", 7, "input: expected nested lists of numbers.*True"),
    "value-beyond-any-float": (LITERAL + KERNEL + "    input: {layout: HW, values: [[1" + "0" * 400 + "]]}\n", 7, "input: expected nested lists of numbers"),
    "layout-rank": (LITERAL + KERNEL + "    input: {layout: CHW, values: [[1, 2]]}\n", 7, "cases.input: layout CHW has 3 axes but values have 2"),
    "layout-letter": (LITERAL + KERNEL + "    input: {layout: HD, values: [[1, 2]]}\n", 7, "cases.input: expected a layout of the letters NCHW"),
    "layout-letter-twice": (LITERAL + KERNEL + "    input: {layout: HH, values: [[1, 2]]}\n", 7, "input: .*each at most once"),
    "kernel-letters-of-an-input": (LITERAL + INPUT + "    kernel: {layout: NC, values: [[1, 2]]}\n", 7, "cases.kernel: .*letters IOHW"),
    "rotated-input": (LITERAL + KERNEL + "    input: {layout: HW, rotated: true, values: [[1, 2]]}\n", 7, "cases.input: only a kernel can be rotated"),
    "rotated-by-word": (LITERAL + INPUT + "    kernel: {layout: HW, rotated: yes, values: [[1, 2]]}\n", 7, "cases.kernel.rotated: expected a valid boolean"),
}  # fmt: skip
SIZES = {
    "duplicate-id": (HEAD + CASE + CASE, 8, "cases.id: duplicate id one, first used on line 4"),
    "id-in-other-letters": (HEAD + CASE + CASE.replace("id: one", "id: One"), 8, "cases.id: duplicate id One, first used"),
    "swept-twice": (plus("sweep: {strides: [2, [2, 2]]}"), 8, "cases.sweep.strides: 2 is swept twice"),
    "kernel-of-zero": (instead("kernel_size: 3", "kernel_size: 0"), 7, "cases.kernel_size: kernel_size .* below 1"),
    "input-of-zero": (instead("input_size: 3", "input_size: [3, 0]"), 6, "cases.input_size: input_size .* below 1"),
    "negative-batch": (plus("batch: -1"), 8, "cases.batch: batch is -1"),
    "negative-size-with-an-error": (plus("batch: -1", "expect: {error: true}"), 8, "cases.batch: .*no tensor has"),
    "stride-of-zero-in-defaults": (instead("cases:", "defaults: {strides: 0}\ncases:"), 3, "defaults.strides: strides"),
    "stride-of-zero-in-a-sweep": (plus("sweep:", "  strides:", "  - 1", "  - [0, 1]"), 11, r"cases.sweep.strides: .*in \[strides=0x1\]"),
    "nothing-left-of-the-output": (plus("padding: 3"), 8, "cases.padding: the output would have -1 elements"),
    "input-contradicts-size": (plus("input: {layout: HW, values: [[1, 2]]}"), 8, "cases.input: the values have 1 along H, but the case has 3"),
    "kernel-contradicts-size": (plus("kernel: {layout: HW, values: [[1, 2]]}"), 8, "cases.kernel: the values have 1 along H"),
    "channels-contradict": (LITERAL + INPUT + "    kernel: {layout: IHW, values: [[[1]], [[2]]]}\n", 6, "cases.input: the values have 1 along C, but the case has 2"),
    "expected-shape": (LITERAL + INPUT + KERNEL + "    expect: {layout: HW, values: [[1, 2]]}\n", 8, "cases.expect: the values have 1 along H, but the case has 3"),
    "bias-length": (plus("out_channels: 3", "bias: [1, 2]"), 9, "cases.bias: 2 values for 3 output channels"),
    "error-expected-of-a-legal-case": (plus("expect: {error: true}"), 8, "cases.expect: .*legal in dialect canonical"),
    "unreachable-output": (instead("input_size: 3", "input_size: 25\n    strides: 3\n    dialect: tensorflow\n    output_size: 97"), 9, "cases.output_size: no convolution .*73 to 75"),
    "torch-output-out-of-reach": (plus("dialect: pytorch", "output_size: 9"), 9, "cases.output_size: .*out of reach.*5 to 5"),
    "output-padding-too-big": (plus("dialect: pytorch", "output_padding: 1"), 9, "cases.output_padding: output_padding 1 is not in"),
    "keras-output-padding-too-big": (plus("dialect: keras", "output_padding: [0, 1]"), 9, "cases.output_padding: .*stride"),
    "output-padding-in-tensorflow": (plus("dialect: tensorflow", "output_padding: 0"), 9, "tensorflow has no output_padding"),
    "groups-do-not-divide": (plus("in_channels: 3", "out_channels: 2", "groups: 2"), 10, "cases.groups: groups=2 does not divide in_channels=3"),
    "groups-of-minus-one": (plus("groups: -1"), 8, "cases.groups: groups is -1"),
    "groups-in-keras": (plus("dialect: keras", "in_channels: 2", "out_channels: 2", "groups: 2"), 11, "cases.groups: keras has no groups"),
    "same-in-torch": (plus("dialect: pytorch", "padding: same"), 9, "cases.padding: pytorch has no padding called 'same'"),
    "same-lower-in-jax": (plus("dialect: jax", "padding: same_lower"), 9, "cases.padding: jax has no padding called 'same_lower'"),
    "numbers-in-keras": (plus("dialect: keras", "padding: 1"), 9, "cases.padding: keras has no explicit padding"),
    "uneven-in-torch": (plus("dialect: pytorch", "padding: [[0, 1], [0, 1]]"), 9, "cases.padding: pytorch pads both sides alike"),
    "ambiguous-in-onnx": (plus("dialect: onnx", "strides: 4", "padding: same"), 4, "the specification is ambiguous"),
    "reading-without-output": (plus(f"expect: {{readings: [{READING}, {READING.replace('[0, 1]]', '[0, 9]]').replace('a,', 'c,', 1)}]}}"), 8, r"cases.expect: reading 'c' would make an output of \[4, -4\]"),
    "terabytes": (instead("input_size: 3", "input_size: 1000000"), 6, "cases.input_size: this case needs about .*TiB of memory"),
    "terabytes-of-zeros": (plus("padding: [[0, -100000000], [0, -100000000]]"), 6, "this case needs about .*PiB of memory"),
    "beyond-every-unit": (plus("batch: 1" + "0" * 400), 6, "this case needs about >1024 EiB of memory"),
    "billion-cases": (plus(BILLION), 8, "cases.sweep: the sweep makes 1000000000 cases"),
}  # fmt: skip
MALFORMED = YAML | FORM | SIZES
