"""Where a C++ file can be broken by a small change, and how: every site with the texts that may take its place."""
import re

from tokens import Source

OPERATORS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",), "+=": ("-=",), "-=": ("+=",), "*=": ("/=",), "/=": ("*=",),
    "&&": ("||",), "||": ("&&",), "&": ("|",), "|": ("&",), "&=": ("|=",), "|=": ("&=",), "<<": (">>",), ">>": ("<<",),
}
KIND = {**dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), "comparison"), **dict.fromkeys(("&&", "||"), "logic")}
WORDS = {"true": "false", "false": "true", "min": "max", "max": "min", "HWY_MIN": "HWY_MAX", "HWY_MAX": "HWY_MIN", "Min": "Max", "Max": "Min"}
SYMMETRIC = {"min", "max", "Min", "Max", "HWY_MIN", "HWY_MAX", "swap", "Add", "Mul", "And", "Or", "memcmp",
             "same_bits", "rows_equal"}
ASSIGNS = {"=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "<<=", ">>=", "++", "--", ";"}
NO_EXPRESSION = {
    "return", "if", "for", "while", "do", "else", "switch", "case", "default", "using", "typedef", "const", "constexpr", "static",
    "struct", "class", "template", "namespace", "goto", "try", "catch", "auto", "public", "private", "protected", "enum", "throw",
    "break", "continue",
}


class Site:
    """A place of a file: text[start:end] may be replaced by each of `texts`."""

    def __init__(self, kind, start, end, texts):
        self.kind, self.start, self.end, self.texts = kind, start, end, tuple(texts)


def find_sites(text):
    """All sites of a file's text, in the order of their places."""
    source = Source(text)
    found = []
    for i, token in enumerate(source.tokens):
        if token.is_skipped or token.in_angle:
            continue
        for finder in (_operator, _negation, _condition, _constant, _word, _statement, _arguments):
            found.extend(finder(source, i))
    return sorted(found, key=lambda site: (site.start, site.end, site.kind))


def _operator(source, i):
    token = source.tokens[i]
    if token.text in OPERATORS and source.is_spaced(i) and source.word(i - 1) not in ("operator", "(", ","):
        yield Site(KIND.get(token.text, "arithmetic"), token.start, token.end, OPERATORS[token.text])


def _negation(source, i):
    token = source.tokens[i]
    if token.text == "!" and token.end == source.tokens[i + 1].start:
        yield Site("logic", token.start, token.end, ("",))


def _condition(source, i):
    if source.word(i) not in ("if", "while") or source.word(i + 1) != "(" or (i + 1) not in source.match:
        return
    first, last = i + 2, source.match[i + 1] - 1
    for k in range(first, last):
        if source.word(k) == ";" and source.tokens[k].parent == i + 1:
            first = k + 1
    if source.word(first) in ("const", "auto"):
        return
    words = {source.word(k) for k in range(first, last + 1)}
    if words & {"!", "<", "<=", ">", ">=", "==", "!="} and not words & {"&&", "||"}:
        return  # another mutator negates it
    start, end = source.tokens[first].start, source.tokens[last].end
    yield Site("logic", start, end, (f"!({source.text[start:end]})",))


def _constant(source, i):
    token = source.tokens[i]
    if token.kind != "number":
        return
    whole = re.fullmatch(r"(0[xX][0-9a-fA-F']+|[0-9][0-9']*)([uUlLzZ]*)", token.text)
    real = re.fullmatch(r"([0-9]+\.[0-9]*)(f?)", token.text)
    if whole:
        value = int(whole[1].replace("'", ""), 0)
        texts = [f"{value + 1}{whole[2]}"] + ([f"{value - 1}{whole[2]}"] if value > 0 else ["(-1)"])
    elif real:
        texts = [f"{float(real[1]) + 1}{real[2]}", f"({float(real[1]) - 1}{real[2]})"]
    else:
        texts = [f"({token.text} + 1)", f"({token.text} - 1)"]
    yield Site("constant", token.start, token.end, texts)


def _word(source, i):
    token = source.tokens[i]
    if token.text not in WORDS or token.kind != "name":
        return
    if token.text in ("min", "max", "Min", "Max") and source.word(i - 1) != "::":
        return
    yield Site("min_max" if token.text.lower().endswith(("min", "max")) else "constant", token.start, token.end, (WORDS[token.text],))


def _starts_statement(source, i):
    token, before = source.tokens[i], source.word(i - 1)
    if source.brace.get(token.parent) != "block":
        return False
    if before in (";", "{", "}", "else", "do"):
        return True
    if before != ")":
        return False
    head = source.word(source.match.get(i - 1, 0) - 1)
    return head in ("if", "for", "while", "constexpr")


def _end_of_expression(source, i):
    """The index behind a chain of names, calls, subscripts and members that starts at i."""
    while source.word(i) in ("*", "++", "--"):
        i += 1
    if source.word(i) == "(":
        i = source.match.get(i, i) + 1
    elif source.tokens[i].kind == "name":
        i += 1
    else:
        return -1
    while i < len(source.tokens):
        word = source.word(i)
        if word in ("::", ".", "->"):
            i += 2
        elif word == "<" and source.tokens[i].in_angle:
            while source.tokens[i].in_angle:
                i += 1
        elif word in ("(", "[") and i in source.match:
            i = source.match[i] + 1
        else:
            return i
    return -1


def _statement(source, i):
    token = source.tokens[i]
    if not _starts_statement(source, i) or token.text == "assert":
        return
    if token.text in ("break", "continue", "throw") or (token.text == "return" and source.word(i + 1) == ";"):
        pass
    elif token.text in NO_EXPRESSION or source.word(_end_of_expression(source, i)) not in ASSIGNS:
        return
    for k in range(i, len(source.tokens)):
        if source.word(k) == ";" and source.tokens[k].parent == token.parent:
            yield Site("statement", token.start, source.tokens[k].end, ("{}",))
            return


def _arguments(source, i):
    token = source.tokens[i]
    if token.kind != "name" or token.text in SYMMETRIC or source.word(i + 1) != "(" or not source.is_tight(i + 1):
        return
    first = i + 1
    if first not in source.match or not source.in_body(i):
        return
    ends = [k for k in range(first + 1, source.match[first])
            if source.word(k) == "," and source.tokens[k].parent == first and not source.tokens[k].in_angle]
    bounds = [first, *ends, source.match[first]]
    for a, b, c in zip(bounds, bounds[1:], bounds[2:]):
        if b - a < 2 or c - b < 2:
            continue
        start, end = source.tokens[a + 1].start, source.tokens[c - 1].end
        left = source.text[start : source.tokens[b - 1].end]
        right = source.text[source.tokens[b + 1].start : end]
        if left != right and not left.startswith("."):
            yield Site("arguments", start, end, (f"{right}, {left}",))
