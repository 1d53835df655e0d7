"""Seeds of the targets that read what runs write: reports, their metadata and details, kept work, the state of an estimate. make_seeds.py
writes them."""
import hashlib
import json
import struct

HEADER = "inj_id,target_layer,layer_weigths,bit_pos,n_injections,top_1_correct,top_5_correct,top_1_robust,top_5_robust,masked,non_critical,critical"
DETAILS = "inj_id,nan_images,inf_images,sdc5,sdc10pct,sdc20pct,fixed,broken,majority_class,majority_images,max_abs_logit_change,golden_value,faulty_value"


def json_words(value):
    """Every key and every text."""
    if isinstance(value, str):
        yield f'"{value}"'
    elif isinstance(value, list):
        for item in value:
            yield from json_words(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f'"{key}":'
            yield from json_words(item)


def lines(*rows, end="\n"):
    return "".join(row + end for row in rows)


def spoiled(row, separator=","):
    """The row with one field after the other changed, left out, doubled."""
    fields = row.split(separator)
    for place in range(len(fields)):
        for value in ("", "x", "-1", "007", "1e3", "9223372036854775807", "99999999999999999999"):
            yield separator.join([*fields[:place], value, *fields[place + 1:]])
        yield separator.join(fields[:place] + fields[place + 1:])
    yield row + separator + fields[-1]


def metadata(report, rows, state, details=None):
    text = {"schema": 2, "tool": {"name": "tf_injector", "version": "0.1.0"}, "state": state, "command_line": ["tf_injector", "-f", "list.csv"],
            "report": {"file": "r.csv", "rows": rows, "bytes": len(report), "sha256": hashlib.sha256(report).hexdigest()},
            "scores": {"mode": "none", "folder": ""}, "files": {"model": "m.keras", "data": "set.npz", "fault_list": "list.csv"},
            "keras_version": "2.14.0",
            "settings": {"model_sha256": "a" * 64, "fault_list_sha256": "b" * 64, "data_sha256": "c" * 64, "batch_size": 512, "use_tf": False,
                         "resume_from": 4, "limit": None, "output": "dense", "threshold": 0.5},
            "preprocess": {"how": "x / 255", "why": "8-bit images", "mean": [0.5, 0.25, 0.125], "std": [1, 1, 2], "resize": "pillow"},
            "images": 100, "classes": 2, "faults": 3,
            "machine": {"cpu": "a CPU", "threads": 2, "threads_source": "as asked", "tile": 16, "kernels": "avx2"},
            "layers": [{"name": "m/dense", "class": "Dense", "kernel_shape": [10, 2]}],
            "steps": [{"layer": "conv", "op": "Conv2D+relu", "kernel": "avx2:conv2d 6x16"}],
            "started": "2024-05-01T12:00:00Z", "updated": "2024-05-01T12:00:09Z", "seconds": 8.5,
            "check": {"faults": 1, "pairs": 16, "golden_images": 2, "seconds": 0.25}}
    if details is not None:
        text["details"] = {"file": "d.csv", "rows": rows, "bytes": len(details), "sha256": hashlib.sha256(details).hexdigest(),
                           "confusion": [[0, 3], [2, 0]]}
    return text


def paths_in(value, path=()):
    """The keys to every value in it."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from paths_in(item, (*path, key))


def with_value(value, path, new):
    """A copy where the value at the path is the only one in `new`, or is not there."""
    value = json.loads(json.dumps(value))
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    if new is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new[0]
    return value


def slices(seeds):
    """Slices of the form in slice_fuzz.cpp: 5 images, 3 scores of each."""
    images, classes = 5, 3

    def slice_of(row, ids, scores=(), details=False, golden=False, masked=2):
        values = struct.pack(f"<{images * classes}f", *range(images * classes))
        tally = struct.pack("<6q", images, 3, 4, 3, 4, masked)
        first = b"TFISLC01" + struct.pack("<3q2d5q", row, len(ids), golden, 0.5, 0.25, 1, 2, 3, 4, 5)
        found = first + b"k" * 64 + hashlib.sha256(values).hexdigest().encode() + tally + (values if golden else b"")
        found += struct.pack(f"<{len(ids)}q", *ids) + tally * len(ids)
        found += bytes(len(ids) * (9 * 8 + 3 * 4) + classes * classes * 8) if details else b""
        for rows in scores:
            found += struct.pack("<Q", len(rows)) + struct.pack(f"<{len(rows)}q", *rows) + struct.pack(f"<{classes * len(rows)}f", *range(classes * len(rows)))
        return found + hashlib.sha256(found).hexdigest().encode()

    for name, mark, content in (("plain", 0, slice_of(3, [7, 5])), ("golden", 0, slice_of(0, [], golden=True)),
                                ("scores", 1, slice_of(0, [1, 2], scores=[[0, 4], []])), ("details", 2, slice_of(0, [1], details=True)),
                                ("all", 3, slice_of(9, [1, 2], scores=[[1], [0, 1, 2]], details=True)), ("backwards", 1, slice_of(0, [1], scores=[[4, 0]])),
                                ("outside", 1, slice_of(0, [1], scores=[[5]])), ("many", 0, slice_of(0, [1], masked=6)), ("none", 0, b"")):
        for bits in (0, 12):
            seeds.add("slice", f"{name}_{bits}", bytes([mark | bits]) + content)
        seeds.add("slice", f"{name}_cut", bytes([mark | 12]) + content[: len(content) // 2])
    seeds.words("slice", {b"TFISLC01", *(struct.pack("<Q", number) for number in (0, 1, 2, 3, 5, 1 << 20, 1 << 62)), b"\xff" * 8})


def kept_work(seeds):
    """<report>.run.part of the run in kept_work_fuzz.cpp: 4 faults, 6 images, 3 classes, no row given by the engine."""
    faults, images, classes = 4, 6, 3

    def work(areas, has_details=False, joined=False, kept=True):
        done = [(fault, image) for first, count, first_image, count_images in areas
                for fault in range(first, first + count) for image in range(first_image, first_image + count_images)]
        of_fault = [sum(one == fault for one, _ in done) for fault in range(faults)]
        tallies = b"".join(struct.pack("<6q", count, min(count, 1), count, count, count, min(count, 1)) for count in of_fault)
        details = struct.pack("<6q3i", *[0] * 9) + bytes(faults * 6 * 8 + faults * classes * 4 + faults * 8 + classes * classes * 8)
        rows = bytes(len(done)) + bytes([1] * len(done)) if kept else b""
        golden = struct.pack(f"<{classes}f", *range(classes)) * len({image for _, image in done}) if joined else b""
        head = struct.pack("<11Q", 0, faults, images, classes, classes, has_details, kept, len(rows), joined, len(areas), 0)
        return head + b"".join(struct.pack("<4Q", *area) for area in areas) + b"0" * 64 + tallies + (details if has_details else b"") + rows + golden

    for name, mark, content in (("first_images", 4, work([(0, 4, 0, 2)])), ("two_areas", 4, work([(0, 2, 0, 6), (2, 2, 1, 2)])),
                                ("details", 6, work([(0, 4, 3, 3)], has_details=True)), ("joined", 4, work([(0, 4, 0, 3)], joined=True)),
                                ("unchecked", 4, work([(1, 1, 0, 1)], kept=False)), ("other_golden", 0, work([(0, 4, 0, 2)]))):
        seeds.add("kept_work", name, bytes([mark]) + content)
    values = struct.pack("<3f", 0.5, -1, float("nan"))
    done = bytes([1, 0, 1, 0, 0, 0])
    for name, head, more in (("none", (6, 3, 0), bytes(6) + struct.pack("<d", 0.5)), ("some", (6, 3, 0), done + struct.pack("<d", 0.25) + values * 2),
                             ("all", (6, 3, 1), bytes([1] * 6) + struct.pack("<d", 9) + values * 6),
                             ("no_time", (6, 3, 0), done + struct.pack("<d", float("nan")) + values * 2),
                             ("more", (6, 3, 0), done + struct.pack("<d", 0.25) + values * 3), ("other_images", (5, 3, 0), done),
                             ("other_classes", (6, 4, 0), done), ("short", (6, 3, 0), done)):
        for mark in (8, 10):
            seeds.add("kept_work", f"golden_{name}_{mark}", bytes([mark]) + struct.pack("<3Q", *head) + more)
    area = struct.pack("<4Q", 0, 2, 0, 3) + bytes([5]) + values * 2 + bytes([0]), struct.pack("<4Q", 2, 2, 1, 2) + bytes([3]) + values * 2 + bytes([2]) + values
    for name, content in (("whole", area[0] + area[1]), ("first", area[0]), ("twice", area[0] * 2 + area[1]), ("backwards", area[1] + area[0]),
                          ("cut", (area[0] + area[1])[:-4]), ("short_area", area[0][:20]), ("none", b""),
                          ("outside", struct.pack("<4Q", 3, 2, 0, 3)), ("empty_area", struct.pack("<4Q", 0, 0, 0, 3))):
        seeds.add("kept_work", f"scores_{name}", bytes([16]) + content)
    title = b"tf_injector: scores of a block, 1\n"
    for name, state, content in (("whole", None, title + b"scores"), ("title", None, title),
                            ("longer", f"{len(title)} {hashlib.sha256(title).hexdigest()}".encode(), title + b"more"),
                                 ("changed", f"{len(title)} {'0' * 64}".encode(), title), ("short", b"999 0", title), ("no_state", b"", title),
                                 ("bad_state", b"x", title), ("small", b"3 " + hashlib.sha256(title[:3]).hexdigest().encode(), title),
                                 ("foreign", None, b"mine")):
        seeds.add("kept_work", f"log_{name}", bytes([17 | (4 if state is None else 0)]) + (state or b"") + b"\n" + content)
    golden_title = b"tf_injector: golden run, 1\n"
    for name, content in (("whole", golden_title + b"{}\n\nwork"), ("other", golden_title + b"{}"), ("block", b"tf_injector: work on a block, 1\n{}\n\nwork")):
        seeds.add("kept_work", f"golden_file_{name}", b"\x09" + content + hashlib.sha256(content).hexdigest().encode())
    seeds.add("kept_work", "file_changed", b"\1" + b"tf_injector: work on a block, 1\n{}\n\nwork" + b"0" * 64)
    title = b"tf_injector: work on a block, 1\n"
    for name, content in (("whole", title + b"{}\n\nwork"), ("other", title + b'{"a":1}\nnote\nwork'), ("foreign", b"mine\n")):
        seeds.add("kept_work", f"file_{name}", b"\1" + content + hashlib.sha256(content).hexdigest().encode())
    seeds.add("kept_work", "file_short", b"\1" + title)
    seeds.words("kept_work", {title, *(struct.pack("<Q", number) for number in (0, 1, 2, 3, 4, 6, 1 << 20, 1 << 62)), b"\xff" * 8})
    for name, text in {"gone": "HERE-77-1\nnode3\n", "elsewhere": "0123456789abcdef-77-1234\nnode3\n", "unknown": "-77-0\n", "foreign": "mine\n"}.items():
        seeds.add("lock_file", name, "\0" + text)
    for name, claim in {"gone": "HERE-78-1\nnode3\n", "alive": "HERE-1-0\nnode4\n", "foreign": "mine", "none": "",
                        "elsewhere": "0123456789abcdef-77-1234\nnode3\n"}.items():
        seeds.add("lock_file", f"claimed_{name}", "\0HERE-77-1\nnode3\n\0" + claim)
    for name, text in {"empty": "", "no_line": "HERE-77-1", "long": "x" * 2000, "control": "HERE-1-0\n\x1b[2J", "large": "HERE-99999999999-1\n",
                       "negative": "HERE--1-1\n", "three": "HERE-1-2-3\n"}.items():
        seeds.add("lock_file", f"text_{name}", "\0" + text)
    for name in (".tf_injector-77-3.tmp.x", ".tf_injector-.tmp", ".tf_injector-x-77-1-2.tmp", ".tf_injector-0123456789abcdef-0-0-0.tmp",
                 ".tf_injector-99999999999999999999-3.tmp", "x.tf_injector-77-3.tmp"):
        seeds.add("lock_file", f"name_{len(name)}_{name[-6:]}", "\1" + name)
    for name, text in {"own": ".tf_injector-0123456789abcdef-77-12-3.tmp", "old": ".tf_injector-77-3.tmp", "foreign": "r.csv"}.items():
        seeds.add("lock_file", f"name_{name}", "\1" + text)
    seeds.words("lock_file", {"HERE-", "-", "\n", ".tf_injector-", ".tmp", "9223372036854775807", "4294967297", "\x1b[2J"})


def reports(seeds):
    rows = ['4,conv,"(2, 0, 1, 3)",3,100,91,99,100,100,68,32,0', '7,m/dense,"(9, 1)",31,100,10,50,12,50,0,12,88',
            '8,"dense, ""x""","(0, 1)",0,100,91,99,100,100,100,0,0']
    whole = lines(HEADER, "GOLDEN,,,,100,91,99,,,,", *rows, end="\r\n")
    half = lines(HEADER, "GOLDEN,,,,100,91,99,,,,", *rows[:2], end="\r\n")
    for name, text in {"whole": whole, "torn": whole[:-9], "header": HEADER + "\r\n", "none": "", "sums": whole.replace("32,0", "31,0")}.items():
        seeds.add("report", name, text)
    golden = "GOLDEN,,,,100,91,99,,,,"
    plain = '7,dense,"(9, 1)",31,100,10,50,12,50,0,12,88'
    for number, row in enumerate(spoiled(plain.replace('"(9, 1)"', "INDEX"))):
        seeds.add("report", f"row_{number}", lines(HEADER, golden, row.replace("INDEX", '"(9, 1)"'), end="\r\n"))
        seeds.add("results", f"row_{number}", lines(HEADER, golden, row.replace("INDEX", '"(9, 1)"')) + "\0" + whole)
    for number, row in enumerate(spoiled(golden)):
        seeds.add("report", f"golden_{number}", lines(HEADER, row, plain, end="\r\n"))
        seeds.add("results", f"golden_{number}", lines(HEADER, row, plain, end="\r\n") + "\0" + whole)
    for name, text in {"list": "Injection,Layer,TensorIndex,Bit\r\n", "lf": whole.replace("\r\n", "\n"), "cr": whole.replace("\r\n", "\r"),
                       "blank": HEADER + "\r\n\n", "other_header": HEADER.replace("masked", "Masked") + "\r\n", "short_header": "inj_id;x",
                       "twice": whole + rows[0] + "\r\n", "twice_golden": lines(HEADER, golden, golden, end="\r\n"),
                       "index": lines(HEADER, golden, plain.replace('"(9, 1)"', "9"), end="\r\n"), "no_golden": lines(HEADER, *rows, end="\r\n"),
                       "quote": whole + '"x', "quotes": lines(HEADER, golden, '"7"' + plain[1:], end="\r\n"),
                       "spaces": lines(HEADER, golden, plain.replace("(9, 1)", "(9,1)"), end="\r\n"), "behind_quote": whole + '"x"y,1\r\n',
                       "golden_torn": half[:190]}.items():
        seeds.add("report", f"text_{name}", text)
        seeds.add("results", f"text_{name}", text + "\0" + whole)
    details = lines(DETAILS, "4,0,0,0,0,0,0,0,,0,2.527237e-05,-0.7960762,-0.7961372", "7,1,2,50,3,4,5,6,1,12,inf,0.10166827,nan", end="\r\n")
    seeds.add("details", "whole", details)
    for number, row in enumerate(spoiled("7,1,2,50,3,4,5,6,1,12,inf,0.10166827,nan")):
        seeds.add("details", f"row_{number}", lines(DETAILS, row, end="\r\n"))
    for name, text in {"none": "", "torn": details[:-3], "lf": details.replace("\r\n", "\n"), "blank": DETAILS + "\r\n\n", "header": DETAILS[:20] + "\r\n",
                       "longer": DETAILS + ",x\r\n", "twice": details + details.split("\r\n")[1] + "\r\n",
                       "digits": details.replace("0.10166827", "0.101668270")}.items():
        seeds.add("details", name, text)
    seeds.words("report", set(HEADER.split(",")) | {"GOLDEN,,,,", "\r\n", '""', "-1", "9223372036854775807"})
    seeds.words("details", set(DETAILS.split(",")) | {"inf", "-inf", "nan", "\r\n", "1e-45", "3.4028235e+38", "-0"})
    for state, text in (("finished", whole), ("running", half), ("running", half[:60])):
        about = metadata(text.encode(), max(text.count("\r\n") - 2, 0), state)
        for mark in ("\0", "\1", "\5"):
            seeds.add("report_open", f"{state}_{len(text)}_{ord(mark)}", mark + json.dumps(about) + "\0" + text)
    seeds.add("report_open", "more_than_recorded", "\0" + json.dumps(metadata(half.encode(), 2, "running")) + "\0" + whole)
    half_details = lines(*details.split("\r\n")[:3], end="\r\n")
    with_details = metadata(half.encode(), 2, "running", half_details.encode())
    for name, about in (("details", with_details), ("no_table", with_details | {"details": with_details["details"] | {"confusion": None}}),
                        ("other_table", with_details | {"classes": 1, "details": with_details["details"] | {"confusion": [[1]]}})):
        for mark in ("\2", "\7"):
            seeds.add("report_open", f"{name}_{ord(mark)}", mark + json.dumps(about) + "\0" + half + "\0" + half_details)
    pending = {"rows": 3, "bytes": len(whole), "sha256": hashlib.sha256(whole.encode()).hexdigest()}
    seeds.add("report_open", "pending", "\5" + json.dumps(with_details | {"report": with_details["report"] | {"pending": pending}} | {"details": None}).replace(', "details": null', "") + "\0" + whole)
    seeds.add("report_open", "new", "\0" + json.dumps(metadata(b"", 0, "running")) + "\0")
    opened_reports(seeds, whole, half, details, half_details)
    only = {"schema": 3, "shard": {"index": 0, "of": 1, "first_row": 0, "rows": 3, "list_rows": 3}}
    of_two = {"schema": 3, "shard": {"index": 1, "of": 2, "first_row": 2, "rows": 3, "list_rows": 5}}
    for name, about in (("only", metadata(whole.encode(), 3, "finished") | only), ("of_two", metadata(whole.encode(), 3, "finished") | of_two),
                        ("running", metadata(whole.encode(), 3, "running") | only), ("whole", metadata(whole.encode(), 3, "finished")),
                        ("details", metadata(whole.encode(), 3, "finished", details.encode()) | only)):
        for mark in ("\0", "\1"):
            seeds.add("merge", f"{name}_{ord(mark)}", mark + json.dumps(about) + "\0" + whole + "\0" + details)
    seeds.add("run_metadata", "shard", json.dumps(metadata(whole.encode(), 3, "finished") | only))
    seeds.add("run_metadata", "plain", json.dumps(metadata(whole.encode(), 3, "finished")))
    seeds.add("run_metadata", "details", json.dumps(metadata(whole.encode(), 3, "finished", details.encode()) | {"plan": {"scheme": "network-wise"}}))
    seeds.words("run_metadata", json_words(metadata(whole.encode(), 3, "finished", details.encode())))
    old = metadata(whole.encode(), 3, "finished")
    old["settings"] |= {"mean": None, "std": [1, 2, 3], "resize": "pillow"}
    for name in ("preprocess", "layers", "check"):
        del old[name]
    seeds.add("run_metadata", "schema_1", json.dumps(old | {"schema": 1}))
    both = metadata(whole.encode(), 3, "running", details.encode()) | {"plan": {}}
    block = {"rows": 3, "bytes": 9, "sha256": "0" * 64}
    both["report"]["pending"], both["details"]["pending"] = block, {"bytes": 9, "sha256": "0" * 64, "confusion": [[0, 3], [2, 0]]}
    both["check"] |= {"constants": 5, "golden_again": 6}
    seeds.add("run_metadata", "pending", json.dumps(both))
    for path in paths_in(both):
        name = "_".join(str(key) for key in path)
        for kind, value in {"left_out": None, "null": [None], "text": ["x"], "negative": [-1], "large": [1 << 62],
                            "object": [{}], "true": [True], "state": ["overwritten"]}.items():
            seeds.add("run_metadata", f"{name}_{kind}", json.dumps(with_value(both, path, value)))
    for name, text in {"none": "", "list": "[]", "cut": json.dumps(both)[:99], "later": json.dumps(both | {"schema": 5}), "twice": '{"schema": 2, "schema": 1}',
                       "nul": "{}\0", "deep": "[" * 2000}.items():
        seeds.add("run_metadata", name, text)
    published = lines("Injection;Layer;TensorIndex;Bit;n_injections;masked;non_critical;critical", '4;conv;"(3, 1, 2, 0)";3;100;68;32;0',
                      '7;fc;"(1, 9)";31;100;0;12;88')
    seeds.add("results", "equal", whole + "\0" + whole)
    seeds.add("results", "published", whole + "\0" + published)
    seeds.add("results", "torn", half[:-5] + "\0" + whole.replace("100,91", "100,90"))
    for state, found in (("finished", metadata(whole.encode(), 3, "finished")), ("running", metadata(half.encode(), 2, "running")),
                         ("other", metadata(half.encode(), 2, "running") | {"schema": 9}), ("not", {})):
        for text in (whole, half, half[:-5], HEADER + "\r\n", published):
            named = found | {"report": found["report"] | {"file": "a.csv"}} if found else found
            seeds.add("results", f"beside_{state}_{len(text)}", text + "\0" + whole + "\0" + json.dumps(named))
            seeds.add("results", f"beside_{state}_{len(text)}_renamed", text + "\0" + whole + "\0" + json.dumps(found))
    names = {"keys": "Injection,Layer", "counts": "Injection,Layer,TensorIndex,Bit,n_injections", "more": HEADER + ",mine, ,yours",
             "tabs": "inj_id\tlayer\tlayer_weights\tbit\tn_injections\tmasked", "bom": "\ufeff" + HEADER, "capitals": HEADER.upper(),
             "doubled": HEADER + ",masked"}
    row = '7,dense,"(9, 1)",31,100,10,50,12,50,0,12,88'
    for name, header in names.items():
        short = row.replace(",10,50,12,50,0,12,88", "") if name in ("keys",
            "counts") else '7\tdense\t"(9, 1)"\t31\t100\t7' if name == "tabs" else row + (",1,2,3" if name == "more" else ",0" if name == "doubled" else "")
        seeds.add("results", f"header_{name}", lines(header, short, "", ", ,", short.replace("7", "8", 1)) + "\0" + whole)
    for name, text in {"fewer": lines(HEADER, rows[0]), "other_counts": whole.replace("68,32", "67,33"), "other_layer": whole.replace("conv", "conv2"),
                       "other_index": whole.replace("(9, 1)", "(9, 0)"), "other_images": whole.replace(",100,", ",200,"), "no_golden": lines(HEADER, *rows),
                       "none": HEADER + "\n", "few_columns": lines("Injection,Layer,TensorIndex,Bit,n_injections,critical",
                           '4,conv,"(2, 0, 1, 3)",3,100,0')}.items():
        seeds.add("results", f"with_{name}", whole + "\0" + text)
        seeds.add("results", f"of_{name}", text + "\0" + whole)
    seeds.words("results", set(HEADER.split(",")) | {"Injection", "TensorIndex", "layer_weights", "golden", "1000000000", "\ufeff"})
    kernels = [{"name": name, "class": "Dense", "kernel_shape": shape} for name, shape in (("conv", [3, 3, 2, 4]), ("m/dense", [10, 2]),
        ('dense, "x"', [2, 2]))]
    all_details = details + "8,0,0,0,0,0,0,0,,0,0,0.25,0.25\r\n"
    finished = metadata(whole.encode(), 3, "finished", all_details.encode()) | {"layers": kernels}
    plan = {"schema": 1, "tool": "tf_injector 0.1.0", "scheme": "network-wise", "seed": 42, "error": 0.01, "confidence": 0.99, "t": 2.58, "n": 3, "p": 0.5,
            "layers": [kernel["name"] for kernel in kernels], "bits": list(range(32)), "population": 3072, "faults": 3, "list_sha256": "b" * 64,
            "strata": [{"layer": None, "bit_first": 0, "bit_last": 31, "population": 3072, "faults": 3, "p": 0.5, "margin": 0.5}]}
    for name, about, text in (("details", finished, all_details), ("plan", finished | {"plan": plan}, all_details),
                              ("no_layers", metadata(whole.encode(), 3, "finished"), ""), ("other_details", finished, details)):
        seeds.add("statistics", name, json.dumps(about) + "\0" + whole + "\0" + text)
    layers = [{"name": f"m/layer{number}", "class": "Dense", "kernel_shape": [10, 10]} for number in range(10)]
    shared = lines(HEADER, "GOLDEN,,,,100,91,99,,,,",
                   *(f'{number},layer{number % 10},"({number // 10 % 10}, {number // 100})",{number % 32},100,91,99,100,100,{100 - number % 3},{number % 3},0' for number in range(500)), end="\r\n")
    seeds.add("statistics", "shared_out", json.dumps(metadata(shared.encode(), 500, "finished") | {"layers": layers, "faults": 500}) + "\0" + shared)
    one = lines(HEADER, "GOLDEN,,,,100,91,99,,,,", *(f'{number},conv,"(2, 0, 1, {number})",3,100,91,99,100,100,68,32,0' for number in range(3)), end="\r\n")
    small = [{"name": "conv", "class": "Dense", "kernel_shape": [1, 2]}]
    strata = [{"layer": kernel["name"], "bit_first": 0, "bit_last": 31, "population": 9, "faults": 1, "p": 0.5, "margin": 0.5} for kernel in kernels]
    for name, about, text in (("more_than_weights", finished | {"layers": small, "details": None}, one), ("other_layers", finished | {"layers": layers}, whole),
                            ("leaf_twice", finished | {"layers": [*kernels, {"name": "b/conv", "class": "Dense", "kernel_shape": [3]}]}, whole),
                              ("rooted", finished | {"layers": kernels}, whole.replace("m/dense", "/m/dense")),
                              ("leaf", finished | {"layers": kernels}, whole.replace("m/dense", "dense")),
                              *((f"plan_{number}", finished | {"plan": plan | changes}, whole) for number, changes in enumerate([
                                  {"scheme": "layer-wise", "strata": strata}, {"strata": strata[:2]}, {"strata": [strata[0] | {"bit_last": 3}, *strata[1:]]},
                                  {"bits": [0, 31]}, {"faults": 4}, {"n": None}, {"n": None, "error": None}, {"n": None, "error": 2}, {"confidence": 1},
                                  {"confidence": "x"},
                                  {"seed": -1}, {"seed": 0.5}, {"seed": 1 << 63}, {"bits": [32]}, {"bits": 3}, {"layers": ["conv"]}, {"layers": ["x"]},
                                  {"layers": [3]}, {"strata": [{"layer": "x", "bit_first": 0, "bit_last": 3}] * 2}, {"strata": [{}]}, {"strata": []},
                                  {"scheme": 3}, {"layers": []}, {"bits": []}]))):
        about = {key: value for key, value in about.items() if value is not None}
        seeds.add("statistics", f"design_{name}", json.dumps(about) + "\0" + text + "\0" + all_details)
    for name, text in {"none": "", "fewer": lines(*all_details.split("\r\n")[:2], end="\r\n"),
                       "order": lines(DETAILS, *reversed(all_details.split("\r\n")[1:4]), end="\r\n"), "torn": all_details[:-4]}.items():
        seeds.add("statistics", f"details_{name}", json.dumps(finished) + "\0" + whole + "\0" + text)
    for name, text in {"foreign": "{}", "later": json.dumps(finished | {"schema": 9}), "text": "x"}.items():
        seeds.add("statistics", f"metadata_{name}", text + "\0" + whole)
    for name, text in {"torn": whole[:-3], "none": "", "header": HEADER + "\r\n", "golden": lines(HEADER, "GOLDEN,,,,100,91,99,,,,", end="\r\n")}.items():
        seeds.add("statistics", f"report_{name}", json.dumps(finished) + "\0" + text)
        seeds.add("statistics", f"report_{name}_alone", "\0" + text)
    seeds.add("statistics", "no_metadata", "\0" + whole)
    seeds.add("statistics", "unfinished", json.dumps(finished | {"state": "running"}) + "\0" + half)
    seeds.words("statistics", {*json_words(finished), *json_words(plan), "GOLDEN,,,,", "\r\n", "9223372036854775807", "\0", "<script>alert"})
    other = finished | {"report": finished["report"] | {"file": "other.csv"}, "scores": {"mode": "all", "folder": "r"}}
    for name, about in (("names_all", other), ("names_none", {}), ("no_folder", other | {"scores": {}}), ("text", "x"),
                        ("paths", other | {"report": {"file": "../../r.csv"}})):
        seeds.add("report_owner", name, json.dumps(about))
    seeds.words("report_owner", json_words(other))
    for name, line, expected in (("equal", rows[0], rows[0]), ("digit", rows[0].replace("68", "69"), rows[0]), ("short", rows[1][:20], rows[1]),
                            ("quoted", rows[2] + ",1", rows[2])):
        seeds.add("verified_line", name, line + "\r\n\0" + expected)
    for schema, right in ((1, ""), (2, "sha256,RIGHT\n")):
        state = '{"file":"estimate state","schema":%d,"model":"m","seed":"1"}\n' % schema
        rows = lines("0,0,0", "0,1,24") + right + lines("3,5,7")
        for name, text in {"plain": state + right + rows + right, "torn": state + right + rows[:-3], "torn_count": state + right + rows + right + "0,2",
                           "torn_first": state[:20], "other": state.replace('"1"', '"2"') + right + rows + right,
                           "other_names": state.replace('"model"', '"mode"') + right, "number": state.replace('"m"', "3") + right, "no_rows": state + right,
                           "header": state, "twice": state + rows + rows + right, "twice_other": state + lines("0,0,0", "0,0,1") + right,
                           "large": state + lines("0,0,25") + right, "domain": state + lines("1048576,0,1") + right,
                           "negative": state + lines("0,-1,0") + right, "words": state + lines("a,b,c") + right, "two": state + lines("0,1") + right,
                           "four": state + lines("0,1,2,3") + right, "spaces": state + lines("0, 1,2") + right,
                           "overflow": state + lines("0,99999999999999999999,1") + right, "blank": state + right + lines("", "") + right,
                           "crlf": state.replace("\n", "\r\n") + rows,
                           "changed": state + right + rows + "sha256," + "0" * 64 + "\n", "no_hash": state + right + rows + "sha256,\n",
                           "late_hash": state + rows + right + rows}.items():
            seeds.add("estimate_state", f"{name}_{schema}", text)
    shard = state.replace('"schema":2', '"schema":3').replace("}", ',"shard":"3/8"}') + right
    for name, text in {"shard": shard + rows + right, "shard_finished": shard + rows + right + "finished\nsha256,RIGHT\n", "shard_empty": shard + "finished\nsha256,RIGHT\n",
                       "shard_other": shard.replace("3/8", "4/8") + rows + right, "shard_in_old": state + right + "finished\nsha256,RIGHT\n",
                       "later": state.replace('"schema":2', '"schema":5'), "no_schema": '{"file":"estimate state"}\n',
                       "zero": state.replace('"schema":2', '"schema":0'), "text_schema": state.replace('"schema":2', '"schema":"2"'),
                       "foreign": "Injection,Layer\n",
                       "foreign_line": "Injection", "list": "[]\n", "empty": "", "blank_line": "\n", "json": "{}", "kind": '{"file":3,"schema":2}\n',
                       "long": "x" * 200 + "\n", "hash_first": "sha256,RIGHT\n" + state}.items():
        seeds.add("estimate_state", name, text)
    seeds.words("estimate_state", {"sha256,RIGHT\n", "sha256,", '"schema":', '"estimate state"', '"model":"m"', "0,1,24\n", "1048576", "9223372036854775807",
                            "-1", '"shard":"3/8"', "finished\n"})



MENDED, DETAILS_OF_RUN, WRITES, OVERWRITES, SCORES, IN_FOLDER, DRY, MORE = (1 << bit for bit in range(8))  # the mark of report_open
LINK, SHARED, SHARED_DETAILS, HAS_SCORES, ELSEWHERE, GONE, HUGE, DETAILS_LINK = (1 << bit for bit in range(8))  # its form


def opened_reports(seeds, whole, half, details, half_details):
    """Reports in every state that a run may find."""
    report = "D_N_r.csv"

    def about(text, rows, state, of_details=None, **changes):
        found = metadata(text.encode(), rows, state, None if of_details is None else of_details.encode())
        return found | {"report": found["report"] | {"file": report}} | changes

    def add(name, mark, found, text, of_details="", form=None, other=""):
        text_of = {dict: json.dumps, str: str}
        content = text_of[type(found)](found) + "\0" + text + "\0" + of_details
        if form is not None:
            mark |= MORE
            content = content.encode() + b"\0" + bytes([form]) + text_of[type(other)](other).encode()
        seeds.add("report_open", name, bytes([mark]) + (content if isinstance(content, bytes) else content.encode()))

    def announced(text, rows, state="running", of_details=None, **block):
        found = about(half, 2, state, of_details)
        pending = {"rows": rows, "bytes": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()} | block
        return found | {"report": found["report"] | {"pending": pending}}

    finished, running, begun, fresh = about(whole, 3, "finished"), about(half, 2, "running"), about(half[:175], 0, "running"), about("", 0, "running")
    marks = {"plain": 0, "write": WRITES, "folder": IN_FOLDER, "folder_write": IN_FOLDER | WRITES, "dry": DRY, "folder_dry": IN_FOLDER | DRY,
             "over": OVERWRITES, "over_dry": OVERWRITES | DRY, "folder_over": IN_FOLDER | OVERWRITES, "scores": SCORES,
             "folder_scores": IN_FOLDER | SCORES, "over_scores": OVERWRITES | SCORES}
    golden_end = half.index("\r\n", half.index("GOLDEN")) + 2
    states = {"finished": (finished, whole), "running": (running, half), "golden": (about(half[:golden_end], 0, "running"), half[:golden_end]),
              "begun": (begun, half[:175]), "new": (fresh, ""),
              "overwritten": (about(whole, 3, "overwritten"), whole), "emptied": (about(whole, 3, "overwritten"), ""),
              "later": (finished | {"schema": 9}, whole), "later_named": (finished | {"schema": 5, "tool": {"version": "9.0"}}, whole),
              "damaged": ("{", whole), "text": ("text", half), "no_metadata": ("", whole), "no_metadata_empty": ("", ""), "nothing": ("", ""),
              "foreign": (running, "my notes\n"), "foreign_alone": ("", "my notes\n"),
              "cut": (finished, whole[:-9]), "longer": (finished, whole + "x"), "changed": (finished, whole.replace("68,32", "67,33")),
              "of_other_rows": (about(half, 1, "running"), half), "few_rows": (about(half, 2, "finished"), half)}
    for state, (found, text) in states.items():
        for name, mark in marks.items():
            add(f"{state}_{name}", mark, found, text)
    # What a block that was being written left.
    for name, text in {"whole": whole, "torn": whole[:-20], "changed": whole.replace("100,100,0,0", "100,099,1,0"), "more": whole + "9,", "recorded": half,
                       "recorded_changed": whole.replace("68,32", "67,33")}.items():
        for mark in (0, WRITES, DRY):
            add(f"pending_{name}_{mark}", mark, announced(whole, 3), text)
            add(f"old_{name}_{mark}", mark, about(half, 2, "running"), text)
    add("pending_golden", WRITES, about("", 0, "running") | {"report": about("", 0, "running")["report"] | {"pending": {"rows": 0, "bytes": golden_end,
        "sha256": "0" * 64}}}, half[:golden_end])
    first = about(half, 2, "running")
    del first["preprocess"], first["layers"], first["check"]
    first["settings"] = first["settings"] | {"mean": None, "std": [1, 2, 3], "resize": "pillow"}
    add("schema_1", WRITES, first | {"schema": 1}, half)
    other_settings = running["settings"] | {"batch_size": 1, "model_sha256": "d" * 64, "limit": 5, "threshold": None, "use_tf": True, "resume_from": None,
                            "output": "o"}
    another = about(whole, 3, "finished") | {"settings": other_settings, "report": finished["report"] | {"file": "D_N_other.csv"},
                            "preprocess": {"how": None, "why": "", "mean": None, "std": None, "resize": "tf"}}
    of_scores = {"scores": {"mode": "all", "folder": "D_N_r"}}
    for name, mark in marks.items():  # another run; scores, there and not there
        add(f"another_{name}", mark, running, half, form=0, other=another)
        add(f"another_finished_{name}", mark, finished, whole, form=0, other=another)
        add(f"scores_there_{name}", mark, running | of_scores, half, form=HAS_SCORES)
        add(f"scores_gone_{name}", mark, running | of_scores, half)
        add(f"scores_elsewhere_{name}", mark, running | {"scores": {"mode": "all", "folder": "../other"}}, half, form=HAS_SCORES)
        add(f"scores_in_place_{name}", mark, "", "", form=HAS_SCORES | GONE)
    add("scores_unnamed", SCORES, finished | {"scores": {"mode": "all", "folder": ".."}}, whole, form=HAS_SCORES)
    same = {"settings": running["settings"], "preprocess": running["preprocess"]}
    owner = another | same | {"report": another["report"], "scores": {"mode": "all", "folder": "D_N_r"}}
    for mark in (SCORES, SCORES | OVERWRITES, SCORES | IN_FOLDER):
        add(f"scores_of_other_{mark}", mark, running | of_scores, half, form=HAS_SCORES, other=owner)
        add(f"place_of_other_{mark}", mark, "", "", form=HAS_SCORES | GONE, other=owner)
    for name, file in (("other", "D_N_other.csv"), ("gone", "gone.csv"), ("path", "../D_N_r.csv")):
        for mark in (0, OVERWRITES, IN_FOLDER):
            for form in (0, GONE):
                add(f"metadata_of_{name}_{mark}_{form}", mark, finished | {"report": finished["report"] | {"file": file}}, whole, form=form, other=another)
    for name, mark in (("plain", 0), ("over", OVERWRITES), ("dry", DRY)):
        for form in (LINK, LINK | GONE, SHARED, GONE, HUGE):
            add(f"form_{form}_{name}", mark | (MENDED if form == HUGE else 0), running, half, form=form)
            add(f"form_{form}_{name}_new", mark, "", "", form=form)
    for name, text in {"other_layer": whole.replace("conv", "convolution"), "other_bit": whole.replace(",31,100", ",30,100"),
                       "swapped": lines(HEADER, *(whole.split("\r\n")[i] for i in (1, 3, 2)), end="\r\n"),
                       "more_rows": whole + whole.split("\r\n")[4].replace("8,", "9,", 1) + "\r\n",
                       "other_golden": half.replace("100,91,99,,,,", "100,90,99,,,,")}.items():
        rows = text.count("\r\n") - 2
        for mark in (0, WRITES, DRY):
            add(f"rows_{name}_{mark}", mark, about(text, rows, "running"), text)
    for mark in (0, IN_FOLDER):
        add(f"other_scores_{mark}", mark, running | of_scores, half, form=0, other=another | same)
    # Details.
    found = about(half, 2, "running", half_details)
    ended = about(whole, 3, "finished", details)
    elsewhere = found | {"details": found["details"] | {"file": "elsewhere/d.csv"}}
    for name, mark in (("plain", 0), ("write", WRITES), ("over", OVERWRITES), ("dry", DRY), ("folder", IN_FOLDER)):
        mark |= DETAILS_OF_RUN
        for form in (0, SHARED_DETAILS, ELSEWHERE, DETAILS_LINK):
            add(f"details_{name}_{form}", mark, found, half, half_details, form=form)
            add(f"details_named_{name}_{form}", mark, elsewhere, half, half_details, form=form)
            add(f"details_first_{name}_{form}", mark, "", "", half_details, form=form | GONE)
        for state, text in {"gone": "", "cut": half_details[:-3], "changed": half_details.replace("2.52", "2.53"), "longer": half_details + "8,0\r\n",
                            "foreign": "notes\n", "header": half_details[:20]}.items():
            add(f"details_{state}_{name}", mark, found, half, text)
            add(f"details_{state}_ended_{name}", mark, ended, whole, text)
            add(f"details_{state}_first_{name}", mark, "", "", text, form=GONE)
        add(f"details_ended_{name}", mark, ended, whole, details)
        add(f"details_of_other_{name}", mark, found, half, half_details, form=0, other=another | same | {"details": found["details"]})
        add(f"details_wanted_{name}", mark, running, half)
        add(f"details_unwanted_{name}", mark & ~DETAILS_OF_RUN, found, half, half_details)
        for state, text in {"whole": details, "torn": details[:-5], "changed": details.replace("inf", "1.5"), "more": details + "x",
                            "recorded": half_details}.items():
            block = {"bytes": len(details), "sha256": hashlib.sha256(details.encode()).hexdigest(), "confusion": [[1, 3], [2, 0]]}
            pending = announced(whole, 3, of_details=half_details)
            add(f"details_first_{state}_{name}", mark, pending | {"details": pending["details"] | {"pending": block}}, half, text)
            add(f"details_pending_{state}_{name}", mark, pending | {"details": pending["details"] | {"pending": block}}, whole, text)
    for name, table in {"none": None, "short": [[1, 2]], "long": [[1, 2, 3], [1, 2, 3], [1, 2, 3]], "text": "x", "negative": [[-1, 0], [0, 0]],
                        "large": [[1 << 46, 0], [0, 0]], "larger": [[1 << 47, 0], [0, 0]]}.items():
        add(f"table_{name}", DETAILS_OF_RUN, found | {"details": found["details"] | {"confusion": table}}, half, half_details)
