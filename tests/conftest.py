"""What holds for the whole test run."""

import signal

pytest_plugins = ["tests.servers.plugin"]

# A shell has what it runs in the background ignore Ctrl-C, and all that is started from there ignores it too:
# tests that press Ctrl-C, and see what becomes of it, would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
