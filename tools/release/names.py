"""Names that the programs of this folder share."""
NAME = "tf_injector"
TEXT = "THIRD_PARTY_LICENSES.txt"
BILL = f"{NAME}.cdx.json"
