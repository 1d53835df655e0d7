"""A light tokenizer of C++: enough to know where an operator, a constant, a call or a statement stands. It relies on clang-format's
spaces: a binary operator has one on each side, an angle bracket, a pointer's `*` and a reference's `&` do not."""
import re

TOKEN = re.compile(
    r"""(?P<directive>^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*)
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>R"(?P<fence>[^(\s]*)\(.*?\)(?P=fence)"|(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")
    |(?P<number>\.?[0-9](?:[eEpP][+-]|'?[\w.])*)
    |(?P<char>'(?:\\.|[^'\\\n])+')
    |(?P<name>[A-Za-z_]\w*)
    |(?P<punct><=>|<<=|>>=|\.\.\.|->\*|->|::|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^=!<>]=|\S)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
# Nothing inside the parentheses behind these names is what a program computes.
NOT_COMPUTED = {"static_assert", "assert", "noexcept", "sizeof", "decltype", "alignas", "requires", "operator"}
BEFORE_BLOCK = {")", "else", "do", "try", "const", "noexcept", "override", "final", "mutable", "HWY_ATTR", ";", "}", "]", ":"}
DECLARATIVE = {"namespace", "class", "struct", "union", "enum"}


class Token:
    """One token: kind, text, its place; parent: the index of the innermost bracket around it, or -1."""

    __slots__ = ("kind", "text", "start", "end", "parent", "is_skipped", "in_angle")

    def __init__(self, kind, text, start):
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)
        self.parent, self.is_skipped, self.in_angle = -1, False, False


class Source:
    """The tokens of a file, without comments and directives: brackets matched, braces classified."""

    def __init__(self, text):
        self.text = text
        self.tokens = [
            Token(found.lastgroup if found.lastgroup != "fence" else "string", found[0], found.start())
            for found in TOKEN.finditer(text)
            if not found["directive"] and not found["comment"]
        ]
        self.match = {}  # index of an opening bracket -> that of its closing one, and back
        self.brace = {}  # index of an opening brace -> "block", "declarations" or "values"
        self._find_brackets()
        self._find_angles()
        self._skip_what_is_not_computed()

    def word(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def is_spaced(self, index):
        """Is a space, or the end of a line, on both sides?"""
        token = self.tokens[index]
        return self.text[token.start - 1 : token.start].isspace() and self.text[token.end : token.end + 1].isspace()

    def is_tight(self, index):
        """Does it follow the token before it without a space?"""
        return index > 0 and self.tokens[index - 1].end == self.tokens[index].start

    def in_body(self, index):
        """Does it stand in a function?"""
        parent = self.tokens[index].parent
        while parent >= 0:
            if self.brace.get(parent) == "block":
                return True
            parent = self.tokens[parent].parent
        return False

    def _find_brackets(self):
        open_brackets = []
        for i, token in enumerate(self.tokens):
            if token.text in (")", "]", "}") and open_brackets:
                first = open_brackets.pop()
                self.match[first], self.match[i] = i, first
            token.parent = open_brackets[-1] if open_brackets else -1
            if token.text in ("(", "[", "{"):
                if token.text == "{":
                    self.brace[i] = self._kind_of_brace(i)
                open_brackets.append(i)

    def _kind_of_brace(self, index):
        outer = self.brace.get(self.tokens[index].parent)
        before = self.word(index - 1)
        k = index - 1
        while k >= 0 and self.word(k) not in (";", "{", "}", "(", ")", "="):
            if self.word(k) in DECLARATIVE and self.word(k - 1) not in ("<", ","):
                return "declarations"
            k -= 1
        if before == "{":
            return "block" if outer == "block" else "values"
        if before in BEFORE_BLOCK:
            return "block"
        # A lambda or a function that names what it returns: `) -> Type {`.
        k = index - 1
        while k >= 0 and (self.tokens[k].kind == "name" or self.word(k) in ("::", "*", "&", "<", ">", ",")):
            k -= 1
        return "block" if self.word(k) == "->" else "values"

    def _find_angles(self):
        for i, token in enumerate(self.tokens):
            if token.text != "<" or token.in_angle or (self.is_spaced(i)):
                continue
            depth = 0
            for k in range(i, min(i + 200, len(self.tokens))):
                word = self.word(k)
                if word in (";", "{"):
                    break
                if word == "<" and not self.is_spaced(k):
                    depth += 1
                if word in (">", ">>") and not self.is_spaced(k):
                    depth -= len(word)
                if depth <= 0:
                    for inside in self.tokens[i : k + 1]:
                        inside.in_angle = True
                    break

    def _skip_what_is_not_computed(self):
        for i, token in enumerate(self.tokens):
            is_attribute = token.text == "[" and self.word(i + 1) == "["
            first = i if is_attribute else i + 1
            if (token.text in NOT_COMPUTED and self.word(i + 1) == "(") or is_attribute:
                for inside in self.tokens[first : self.match.get(first, first) + 1]:
                    inside.is_skipped = True
