"""Clean Pixel Data (PS3.15 E.3.1): text burned into the pixels is found by what is known, and blackened."""
