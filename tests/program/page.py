"""A page read by Python's own parser: is it balanced, what does it load, what stands in it."""
import base64
import hashlib
import html.parser
import re

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr", "base", "area", "embed", "source", "track"}
LOADS = {"src", "href", "xlink:href", "srcset", "data", "action", "formaction", "poster", "background", "ping", "manifest"}


class Page(html.parser.HTMLParser):
    """`elements`: (name, attributes) in order; `texts`: {element: texts that stand directly in it}; `problems`: what is not balanced."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.source, self.elements, self.texts, self.problems, self.stack, self.ids = text, [], {}, [], [], []
        self.feed(text)
        self.close()
        self.problems += [f"<{name}> is not closed" for name in self.stack]
        self.problems += [f"id {name} occurs twice" for name in set(self.ids) if self.ids.count(name) > 1]

    def handle_starttag(self, tag, attributes):
        if len({name for name, _ in attributes}) < len(attributes):
            self.problems.append(f"<{tag}> has an attribute twice: {attributes}")
        self.elements.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.problems.append(f"</{tag}> in {self.stack[-3:]} at {self.getpos()}")
        if tag in self.stack:
            while self.stack.pop() != tag:
                pass

    def handle_data(self, data):
        if self.stack:
            self.texts.setdefault(self.stack[-1], []).append(data)

    def handle_comment(self, data):
        self.problems.append(f"a comment: {data[:60]}")

    def all(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]

    def policy(self):
        """The directives of the Content-Security-Policy."""
        found = [a["content"] for a in self.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(found) == 1
        return {words.split()[0]: words.split()[1:] for words in found[0].split(";")}

    def loads(self):
        """Whatever a browser would fetch, or open when it is clicked."""
        found = [f"{tag} {name}={value}" for tag, attributes in self.elements for name, value in attributes.items()
                 if name in LOADS and not (value or "").startswith("#")]
        found += [f"<{tag}>" for tag, _ in self.elements if tag in {"img", "link", "iframe", "object", "embed", "base", "form", "video", "audio"}]
        found += [f"{tag} {name}" for tag, attributes in self.elements for name in attributes if name.startswith("on") or name == "style"]
        found += re.findall(r"url\((?!#)[^)]*\)|@import[^;]*", self.source)
        return found


def hash_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def check_page(text):
    """What every page must be; the Page."""
    page = Page(text)
    assert not page.problems, page.problems[:5]
    assert not page.loads(), page.loads()[:5]
    policy = page.policy()
    assert policy["default-src"] == ["'none'"] and policy["base-uri"] == ["'none'"] and policy["form-action"] == ["'none'"]
    styles, scripts = page.texts["style"], page.texts["script"]
    assert policy["style-src"] == [hash_of(styles[0])] and len(styles) == 1
    assert policy["script-src"] == [hash_of(scripts[0])] and len(scripts) == 1 and len(page.all("script")) == 1
    assert len(page.all("h1")) == 1 and len(page.all("main")) == 1 and len(page.all("title")) >= 1
    assert page.elements[0] == ("html", {"lang": "en"})
    for attributes in page.all("th"):
        assert attributes.get("scope") in ("col", "row")
    assert len(page.all("caption")) == len(page.all("table"))
    for attributes in page.all("use"):
        assert attributes["href"][1:] in page.ids
    for attributes in page.all("svg"):
        if attributes.get("aria-hidden") == "true":  # the same once more, in bands for paper
            continue
        assert attributes["role"] == "img" and attributes["aria-label"]
    targets = [a["href"][1:] for a in page.all("a")]
    assert targets and set(targets) <= set(page.ids)
    for attributes in page.all("section"):
        assert attributes.get("aria-label") or attributes["aria-labelledby"] in page.ids
    return page
