"""The built-in plugins; each sees only what third parties see."""
