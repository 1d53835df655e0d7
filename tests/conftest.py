from ignored_signals import hear_signals

hear_signals()
