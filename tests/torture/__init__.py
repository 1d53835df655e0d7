"""The fault matrix: kills, failing calls, full disks, signals, odd paths. `scripts/torture` is the command, rows/ has a module per row."""
