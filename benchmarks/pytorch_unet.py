"""Compare the training speed of `unet` in PyTorch and in colorkeras.

    python -m venv TORCH && TORCH/bin/pip install torch numpy
    python benchmarks/pytorch_unet.py --torch-python TORCH/bin/python

Both train the same layers on one repeated batch of 128 images of 32x32 pixels, with horizontal
flips, mean squared error on chroma, AdamW and EMA weights. PyTorch uses channels-last tensors and
eager mode, in float32 and with bfloat16 autocast. The frameworks alternate, each in a separate
process, so that load on the machine affects both equally.

Latest results (2026-11-28, two otherwise idle cores of an AMD EPYC, Zen 3 with AVX2 only): PyTorch
2.13 trains at 328 images/s in float32 (300 to 333), and colorkeras with TensorFlow 2.21 trains at
193 images/s (180 to 197). Both only emulate bfloat16 on this CPU and reach 25 to 33 images/s.

The bottleneck is computing the filter gradients of the convolutions. According to TensorFlow's
profiler, the oneDNN kernel `_MklNativeConv2DBackpropFilter` runs for 61% of the train step, three
times as long as the forward convolutions, although both need the same number of operations. (Input
gradients are computed for 41% of the step, partly at the same time.) TensorFlow passes tensors to
oneDNN as [batch, height, width, channels], whereas PyTorch lets oneDNN choose a blocked layout. For
the eight largest layers together, the kernel takes 205 ms. Alternatives are a matrix product with
image patches (353 ms), nine products with shifted images (235 ms), and a convolution in which batch
and channels are swapped (173 ms). Even the fastest choice for each layer (150 ms) would shorten the
step by only about 15%, so colorkeras keeps the kernel.
"""

import argparse
import copy
import statistics
import subprocess
import sys
import time
from pathlib import Path

BATCH_SIZE, WARMUP_STEPS, STEPS, ROUNDS = 128, 5, 20, 5
PRECISIONS = ("float32", "bfloat16")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch-python", help="Python interpreter of an environment with PyTorch")
    parser.add_argument("--measure", choices=PRECISIONS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(images_per_second(arguments.measure))
        return
    if not arguments.torch_python:
        parser.error("--torch-python is required; see --help")
    architectures = str(Path(__file__).with_name("architectures.py"))
    for precision in PRECISIONS:
        commands = {
            "PyTorch": [arguments.torch_python, __file__, "--measure", precision],
            "colorkeras": [sys.executable, architectures, "--measure", "unet", precision],
        }
        speeds = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                speeds[name].append(float(output.stdout.split()[-1]))
        for name, each in speeds.items():
            low, middle, high = min(each), statistics.median(each), max(each)
            print(f"{precision}, {name}: {middle:.0f} images/s ({low:.0f} to {high:.0f})")


def images_per_second(precision):
    """Return the median training speed in PyTorch, in images per second."""
    import torch

    torch.manual_seed(0)
    network = unet().to(memory_format=torch.channels_last)
    ema = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    images = torch.randint(0, 256, (BATCH_SIZE, 3, 32, 32), dtype=torch.uint8)
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
    seconds = []
    for _ in range(WARMUP_STEPS + STEPS):
        started = time.perf_counter()
        grayscale, chroma = to_luma_and_chroma(augment(images.float() / 255))
        with autocast:
            prediction = network(grayscale)
        loss = (prediction.float() - chroma).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            means, values = ema.state_dict().values(), network.state_dict().values()
            floats = [(m, v) for m, v in zip(means, values, strict=True) if m.is_floating_point()]
            torch._foreach_lerp_(*map(list, zip(*floats, strict=True)), 0.001)
        loss.item()
        seconds.append(time.perf_counter() - started)
    return BATCH_SIZE / statistics.median(seconds[WARMUP_STEPS:])


def augment(rgb):
    """Flip each image, `[batch, 3, height, width]`, horizontally with a probability of 50%."""
    import torch

    flipped = torch.rand(len(rgb), 1, 1, 1) < 0.5
    return torch.where(flipped, rgb.flip(-1), rgb)


def to_luma_and_chroma(rgb):
    """Convert RGB in `[0, 1]` to BT.601 luma and chroma."""
    import torch

    red, green, blue = rgb.unbind(1)
    grayscale = 0.299 * red + 0.587 * green + 0.114 * blue
    chroma = torch.stack([(blue - grayscale) / 1.772, (red - grayscale) / 1.402], 1)
    return grayscale[:, None].contiguous(), chroma


def unet(widths=(32, 64, 128, 192), head_channels=8):
    """Build the same layers as colorkeras's `unet`, for image sizes that do not require padding."""
    import torch
    from torch import nn

    def block(inputs, outputs):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(1, widths[0], 2, stride=2)
            inputs = (widths[0], *widths[:-1])
            pairs = zip(inputs, widths, strict=True)
            self.down = nn.ModuleList(nn.Sequential(block(i, o), block(o, o)) for i, o in pairs)
            pairs = zip(reversed(widths[:-1]), reversed(widths), strict=False)
            self.up = nn.ModuleList(
                nn.Sequential(block(below + skip, skip), block(skip, skip)) for skip, below in pairs
            )
            self.head = nn.Sequential(
                nn.Conv2d(widths[0], 4 * head_channels, 1), nn.PixelShuffle(2)
            )
            self.output = nn.Conv2d(head_channels + 1, 2, 3, padding=1)

        def forward(self, grayscale):
            x, skips = self.stem(grayscale), []
            for level in self.down[:-1]:
                skips.append(level(x))
                x = nn.functional.max_pool2d(skips[-1], 2)
            x = self.down[-1](x)
            for level in self.up:
                x = nn.functional.interpolate(x, scale_factor=2)
                x = level(torch.cat([x, skips.pop()], 1))
            x = torch.cat([self.head(x).float(), grayscale], 1)
            with torch.autocast("cpu", enabled=False):
                return self.output(x)

    return UNet()


if __name__ == "__main__":
    main()
