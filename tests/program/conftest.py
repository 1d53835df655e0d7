"""Signals that whoever started the tests ignores (nohup: SIGHUP, a shell for what it starts in the background: SIGINT) are heard again, also by
the programs that the tests start: an ignored signal is inherited."""
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
