"""A module per row of the fault matrix: NUMBER, FAULT, UNIT (what is counted), CRITERION, PYTHON_TOOL (what the Python tool does), and
cases(torture), which gives the row's cases one by one. ALONE: its cases take time, and run one after the other."""
