"""Network architectures, backbones, layers and predictions."""
