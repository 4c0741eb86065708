"""Color spaces, color difference, chroma quantization and guided upsampling."""
