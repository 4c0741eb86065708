"""Tests for choosing the precision and describing the device."""

import os

import pytest
import tensorflow as tf

from colorkeras.training import precision
from colorkeras.training.precision import choose_precision, describe_device

MODEL = "AMD EPYC 9B45"


@pytest.fixture
def pretend(monkeypatch):
    """Function that simulates CPU flags and GPUs."""

    def set_up(flags="", gpus=0, details=None):
        fields = {"flags": flags, "model name": MODEL}
        monkeypatch.setattr(precision, "_cpu_field", lambda name: fields[name])
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU"] * gpus)
        monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details)

    return set_up


@pytest.mark.parametrize(
    "flags, policy, reason",
    [
        ("fpu avx512f avx512_bf16 sha", "mixed_bfloat16", "auto: CPU with AVX512-BF16 or AMX"),
        ("fpu amx_bf16 amx_tile", "mixed_bfloat16", "auto: CPU with AVX512-BF16 or AMX"),
        ("fpu avx2 avx512f", "float32", "auto: CPU without AVX512-BF16 or AMX"),
        # Flags must match as whole words; none of these provides bfloat16 arithmetic.
        ("avx512_bf16x amx_tile amx_int8", "float32", "auto: CPU without AVX512-BF16 or AMX"),
        ("", "float32", "auto: CPU without AVX512-BF16 or AMX"),
    ],
)
def test_auto_depends_on_the_cpu_flags(pretend, flags, policy, reason):
    pretend(flags)
    assert choose_precision("auto") == (policy, reason)
    assert choose_precision() == (policy, reason)


@pytest.mark.parametrize(
    "details, policy, what",
    [
        ({"compute_capability": (7, 5)}, "float32", "7.5"),
        ({"compute_capability": (8, 0)}, "mixed_bfloat16", "8.0"),
        ({"compute_capability": (12, 0)}, "mixed_bfloat16", "12.0"),
        ({}, "float32", "0.0"),
    ],
)
def test_auto_depends_on_the_gpu_if_there_is_one(pretend, details, policy, what):
    pretend("avx512_bf16", gpus=1, details=details)
    assert choose_precision("auto") == (policy, f"auto: GPU with compute capability {what}")


@pytest.mark.parametrize("requested", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("flags", ["", "avx512_bf16"])
def test_request_overrules_the_device(pretend, requested, flags):
    pretend(flags)
    assert choose_precision(requested) == (requested, "as requested")


def test_device_is_the_cpu_or_the_gpu(pretend):
    pretend()
    assert describe_device() == f"{MODEL}, {os.cpu_count()} cores"
    pretend(gpus=2, details={"device_name": "NVIDIA H100"})
    assert describe_device() == "NVIDIA H100, 1 of 2"
    pretend(gpus=1, details={})
    assert describe_device() == "GPU"


@pytest.mark.parametrize(
    "name, value", [("model name", MODEL), ("flags", "fpu vme"), ("bogomips", ""), ("model", "7")]
)
def test_cpu_field_is_that_of_the_first_processor(monkeypatch, name, value):
    processor = "model name\t: {}\nmodel\t\t: 7\nflags\t\t: fpu vme\n\n"
    text = processor.format(MODEL) + processor.format("another")
    monkeypatch.setattr("pathlib.Path.read_text", lambda self, **options: text)
    assert precision._cpu_field(name) == value


def test_without_cpuinfo_there_is_a_name_but_no_flags(monkeypatch):
    def fail(self, **options):
        raise FileNotFoundError(self)

    monkeypatch.setattr("pathlib.Path.read_text", fail)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert precision._cpu_flags() == set()
    assert choose_precision("auto")[0] == "float32"
    name, _ = describe_device().rsplit(", ", 1)
    assert name
