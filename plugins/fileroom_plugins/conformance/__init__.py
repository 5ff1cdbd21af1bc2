"""Does an object keep to the standard, and to the rules of a site? The processor ``conformance``."""
