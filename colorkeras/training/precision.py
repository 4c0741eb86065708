"""Choose the compute precision and describe the device."""

import os
import platform
from pathlib import Path

import tensorflow as tf

from colorkeras.utils.errors import check_choice

PRECISIONS = ("auto", "float32", "mixed_bfloat16")

_BFLOAT16_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}
_BFLOAT16_COMPUTE_CAPABILITY = (8, 0)


def choose_precision(requested="auto"):
    """Return the Keras dtype policy for one of `PRECISIONS`, and the reason for the choice.

    "auto" selects bfloat16 on devices that support it natively: GPUs with compute capability 8.0 or
    higher, and CPUs with AVX512-BF16 or AMX. Other devices emulate it, which is much slower.

    >>> choose_precision("float32")
    ('float32', 'as requested')
    """
    check_choice("precision", requested, PRECISIONS)
    if requested != "auto":
        return requested, "as requested"
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        capability = details.get("compute_capability", (0, 0))
        native = tuple(capability) >= _BFLOAT16_COMPUTE_CAPABILITY
        what = f"GPU with compute capability {'.'.join(map(str, capability))}"
    else:
        native = bool(_BFLOAT16_CPU_FLAGS & _cpu_flags())
        what = f"CPU {'with' if native else 'without'} AVX512-BF16 or AMX"
    return ("mixed_bfloat16" if native else "float32"), f"auto: {what}"


def describe_device(num_replicas=1):
    """Describe the devices in one line: GPU name, or CPU name and number of cores."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        name = details.get("device_name", "GPU")
        return name if len(gpus) == 1 else f"{name}, {num_replicas} of {len(gpus)}"
    cpu = _cpu_field("model name") or platform.processor() or platform.machine()
    shared = f" in {num_replicas} logical devices" if num_replicas > 1 else ""
    return f"{cpu}, {os.cpu_count()} cores{shared}"


def _cpu_flags():
    return set(_cpu_field("flags").split())


def _cpu_field(name):
    """Return a field for the first processor in /proc/cpuinfo, or "" if it is missing."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
