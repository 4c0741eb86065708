"""Numeric precision of a run, and a description of its device."""

import os
import platform
from pathlib import Path

import tensorflow as tf

from colorkeras.utils.errors import check_choice

PRECISIONS = ("auto", "float32", "mixed_bfloat16")

_BFLOAT16_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}
_BFLOAT16_COMPUTE_CAPABILITY = (8, 0)


def choose_precision(requested="auto"):
    """Resolve a precision to a Keras dtype policy.

    Args:
        requested: One of `PRECISIONS`. "auto" selects bfloat16 on devices that support it natively:
            GPUs of compute capability 8.0 or higher, CPUs with AVX512-BF16 or AMX. Other devices
            emulate it, far slower than float32.

    Returns:
        `(policy, reason)`.

    Raises:
        UserError: The precision is unknown.

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
        what = f"GPU of compute capability {'.'.join(map(str, capability))}"
    else:
        native = bool(_BFLOAT16_CPU_FLAGS & _cpu_flags())
        what = f"CPU {'with' if native else 'without'} AVX512-BF16 or AMX"
    return ("mixed_bfloat16" if native else "float32"), f"auto: {what}"


def describe_device(num_replicas=1):
    """Return one line about the device: the GPU's name, or the CPU's name and number of cores.

    Args:
        num_replicas: Number of devices in use.
    """
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
    """Return a field of the first processor in /proc/cpuinfo; "" if it is missing (not Linux)."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
