"""A page in the browser where people color photographs; it needs the extra `demo`."""
