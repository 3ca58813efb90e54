"""Suites that are hostile rather than mistaken: name -> (text or bytes, line or 0, what the message says)."""

from harness.core.yamlfile import LARGEST
from harness.tests.malformed import CASE, HEAD, INPUT, KERNEL, LITERAL, instead, plus

LAUGHS = "a1: &a1 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(2, 60))
BOMBS = {
    "laughs": (HEAD + CASE + LAUGHS, 8, "anchors and aliases are not supported"),
    "an-alias-of-itself": (HEAD + CASE + "more: &more [*more]\n", 8, "anchors and aliases are not supported"),
    "maps-without-end": (plus("source: " + "{a: " * 50_000), 8, "nested more than 64 levels"),
    "blocks-without-end": (plus("source: " + "- " * 50_000), 8, "not valid YAML"),
    "dashes-without-end": ("- " * 100_000, 1, "nested more than 64 levels"),
    "questions-without-end": ("? " * 100_000, 1, "nested more than 64 levels"),
    "colons-without-end": (":" * 100_000, 1, "not valid YAML"),
    "a-tag-without-end": ("!" * 100_000, 1, "not valid YAML"),
    "a-key-without-end": (plus('"' + "k" * 100_000 + '": 3'), 8, "not valid YAML"),
    "a-word-without-end": (plus("dtype: " + "f" * 1_000_000), 8, "cases.dtype: expected 'float64'"),
    "many-unknown-keys": (plus(*(f"k{i}: 3" for i in range(3_000))), 8, "unknown key k0"),
    "many-duplicate-keys": (plus(*["batch: 3"] * 3_000), 9, "duplicate key"),
    "many-bad-cases": (HEAD + CASE.replace("size: 3", "size: x") * 1_000, 6, "cases.input_size: expected an integer"),
    "many-bad-sweeps": (plus(f"sweep: {{padding: {list(range(3, 5_000))}}}"), 8, "cases.sweep.padding: the output"),
    "a-huge-file": ("#" * (LARGEST + 1), 0, "larger than 8 MiB"),
}
NUMBERS = {
    "no-for-a-flag": (plus("bias: no"), 8, "cases.bias: expected true, false .*'no'"),
    "on-for-a-flag": (plus("bias: on"), 8, "cases.bias: expected true, false .*'on'"),
    "yes-for-an-error": (plus("expect: {error: yes}"), 8, "cases.expect.error: expected True, not 'yes'"),
    "underscores": (plus("batch: 1_000"), 8, "cases.batch: expected a valid integer, not '1_000'"),
    "octal": (plus("batch: 0o17"), 8, "cases.batch: expected a valid integer, not '0o17'"),
    "octal-of-yaml-1.1": (plus("batch: 017"), 8, "cases.batch: expected a valid integer, not 17.0"),
    "hexadecimal": (plus("strides: 0x2"), 8, "cases.strides: expected an integer or a pair .*'0x2'"),
    "sexagesimal": (plus("batch: 1:30"), 8, "cases.batch: expected a valid integer, not '1:30'"),
    "exponent": (plus("batch: 1e3"), 8, "cases.batch: expected a valid integer, not 1000.0"),
    "exponent-as-text": (plus("batch: '1e3'"), 8, "cases.batch: expected a valid integer, not '1e3'"),
    "number-as-text": (plus('batch: "3"'), 8, "cases.batch: expected a valid integer, not '3'"),
    "nan-for-a-size": (plus("strides: .nan"), 8, "cases.strides: expected an integer or a pair .*nan"),
    "infinity-in-a-pair": (plus("strides: [.inf, 2]"), 8, "cases.strides: expected an integer or a pair"),
    "infinity-for-a-number": (plus("batch: -.inf"), 8, "cases.batch: expected a valid integer, not -inf"),
    "nan-for-a-word": (instead("about: text", "about: .nan"), 5, "cases.about: expected a valid string, not nan"),
    "null-for-a-word": (instead("about: text", "about: ~"), 5, "cases.about: expected a valid string"),
    "beyond-any-float": (plus("bias: [1e400]"), 8, "beyond any float; an infinity is written .inf"),
    "beyond-float16": (LITERAL + "    dtype: float16\n" + KERNEL + INPUT.replace("4", "70000"), 8, "cases.input: 70000 is too large for float16"),
    "rounded-up-to-no-float16": (LITERAL + "    dtype: float16\n" + KERNEL + INPUT.replace("4", "-65520"), 8, "cases.input: -65520 is too large"),
    "kernel-beyond-float32": (LITERAL + KERNEL.replace("4", "4e38") + INPUT, 6, "cases.kernel: 4e\\+38 is too large for float32"),
    "bias-beyond-float16": (plus("dtype: float16", "bias: [1e5]"), 9, "cases.bias: 100000 is too large for float16"),
    "expected-beyond-float16": (LITERAL + "    dtype: float16\n    kernel: {layout: HW, values: [[1]]}\n    input: {layout: HW, values: [[1]]}\n    expect: {layout: HW, values: [[1e5]]}\n", 9, "cases.expect: 100000 is too large for float16"),
}  # fmt: skip
TEXTS = {
    "utf32": ((HEAD + CASE).encode("utf-32"), 1, "not UTF-8"),
    "utf16-without-a-mark": ((HEAD + CASE).encode("utf-16-le"), 1, "control characters are not allowed"),
    "gbk": (instead("about: text", "about: 反卷积").encode("gbk"), 5, "not UTF-8"),
    "half-a-character": ((HEAD + CASE).encode() + b"# \xe5\x8f", 8, "not UTF-8"),
    "overlong": (instead("text", "a/b").encode().replace(b"/", b"\xc0\xaf"), 5, "not UTF-8"),
    "a-surrogate": (instead("text", '"\\ud800"'), 5, "invalid Unicode character"),
    "a-null": (instead("text", "a\0b"), 1, "control characters are not allowed"),
    "a-form-feed": (instead("text", "a\fb"), 1, "control characters are not allowed"),
    "an-escape": (instead("text", "\x1b[31m"), 1, "control characters are not allowed"),
    "a-line-end-of-its-own": (instead("text", "a\x85b"), 7, "not valid YAML"),
    "windows-line-ends": (plus("stride: 2").replace("\n", "\r\n"), 8, "did you mean strides"),
    "old-mac-line-ends": (plus("stride: 2").replace("\n", "\r"), 8, "did you mean strides"),
    "tab-after-a-colon-and-a-bracket": (plus("strides: [\t2,", "\t2]", "\tbatch: 1"), 10, "not valid YAML"),
    "another-yaml": ("%YAML 9.9\n---\n" + HEAD + CASE, 1, "not valid YAML: found incompatible"),
    "a-zip": (b"PK\x03\x04" + bytes(range(256)), 2, "not UTF-8"),
}
WORDS = {
    "markup-for-an-id": (instead("id: one", "id: <script>alert(1)</script>"), 4, "cases.id: expected words of letters"),
    "path-for-an-id": (instead("id: one", "id: ../../etc/passwd"), 4, "cases.id: expected words of letters"),
    "line-end-in-an-id": (instead("id: one", 'id: "one\\n"'), 4, "cases.id: expected words of letters"),
    "command-for-an-id": (instead("id: one", "id: $(reboot)"), 4, "cases.id: expected words of letters"),
    "markup-for-a-key": (plus('"<b>": 2'), 8, "unknown key <b>"),
    "a-program": (plus("source: !!python/object/apply:os.system [ls]"), 8, "not valid YAML: could not determine"),
    "bytes": (plus("source: !!binary aGVsbG8="), 8, "cases.source: expected a valid string"),
    "a-set": (plus("strides: !!set {a}"), 8, "cases.strides: expected an integer or a pair"),
    "pairs": (plus("batch: !!omap [a: 1]"), 8, "cases.batch: expected a valid integer"),
    "near-padding": (plus("paddings: 1"), 8, "did you mean padding"),
    "near-groups": (plus("group: 1"), 8, "did you mean groups"),
    "near-output-padding": (plus("output_pading: 1"), 8, "did you mean output_padding"),
}
HOSTILE = BOMBS | NUMBERS | TEXTS | WORDS
