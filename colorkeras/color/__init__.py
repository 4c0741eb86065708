"""Color spaces, color differences, chroma quantization and guided upsampling."""
