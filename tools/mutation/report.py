"""Results of mutants: a line each, a table and its closing lines."""
import json

# Verdicts that say nothing about the tests: another mutant is drawn in their place.
NOT_COUNTED = ("no_build", "same_code")


def read_results(path):
    """{name: result} of a file of results; the last line of a mutant counts."""
    if not path.exists():
        return {}
    results = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            result = json.loads(line)
        except json.JSONDecodeError:
            continue  # cut off when the run was stopped
        results[result["name"]] = result
    return results


def append_result(path, result):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(result) + "\n")


def counted(results, explained):
    """(killed, explained, survived), lists of results."""
    killed = [r for r in results if r["verdict"] == "killed"]
    survivors = [r for r in results if r["verdict"] == "survived"]
    return killed, [r for r in survivors if r["name"] in explained], [r for r in survivors if r["name"] not in explained]


def line_of(result, explained):
    verdict = result["verdict"]
    if verdict == "survived":
        verdict = "explained" if result["name"] in explained else "SURVIVED"
    by = f"\n            by {result['by']}: {result.get('test', '')}" if result["verdict"] == "killed" else ""
    return f"{verdict:<10}  {result['folder']}, line {result['line']}: {result['name']}{by}"


def print_summary(results, explained):
    """The table of folders, survivors, and shares. True: nobody survived unexplained."""
    killed, known, survived = counted(results, explained)
    print(f"\n{'folder':<18} {'killed':>7} {'explained':>10} {'survived':>9}")
    for folder in sorted({r["folder"] for r in results}):
        print(f"{folder:<18} " + " ".join(f"{sum(r['folder'] == folder for r in group):>{width}}"
                                          for group, width in ((killed, 7), (known, 10), (survived, 9))))
    for result in known:
        print(f"\nexplained: {result['folder']}: {result['name']}\n    {explained[result['name']]}")
    for result in survived:
        print(f"\nSURVIVED: {result['folder']}, line {result['line']}: {result['name']}")
    total = len(killed) + len(known) + len(survived)
    discarded = {verdict: sum(r["verdict"] == verdict for r in results) for verdict in NOT_COUNTED}
    if total > 0:
        share = 100 * len(killed) / max(len(killed) + len(survived), 1)
        print(f"\n{total} mutants: {len(killed)} killed ({100 * len(killed) / total:.1f} %), {len(known)} explained, {len(survived)} survived; "
              f"{share:.1f} % of those not explained are killed. Not counted: {discarded['no_build']} do not compile, "
              f"{discarded['same_code']} give the same program.")
    return not survived
