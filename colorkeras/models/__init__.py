"""Networks and the outputs they predict."""
