#include "answers/pictures/palette.hpp"

#include <fmt/format.h>

namespace tf_injector::detail {
namespace {

struct PaletteColor {
  const char* name;
  const char* light;
  const char* dark;
};

// Text on --page, --panel: a contrast of 4.5 at least in both.
constexpr PaletteColor kPalette[] = {
    {"page", "#ffffff", "#14171c"},     {"panel", "#f5f6f8", "#1d2128"},  {"ink", "#1a1c20", "#e9ebee"},
    {"muted", "#50555e", "#aeb4be"},    {"line", "#8a909a", "#6b727d"},   {"grid", "#dfe2e7", "#323842"},
    {"accent", "#0b5394", "#7db8f2"},   {"sign", "#a84600", "#ffa95c"},   {"exponent", "#0b5fa5", "#6fb4f5"},
    {"mantissa", "#5c6068", "#b3b8c1"}, {"faults", "#8a2f7a", "#e59ad8"}, {"none", "#a4aab4", "#5a616c"},
    {"low", "#000000", "#ffffff"},      {"middle", "#000000", "#000000"}, {"high", "#ffffff", "#000000"},
    {"c0", "#f7f7f7", "#22262d"},
};

// From yellow over green to violet in equal steps of OKLab, so that they are even: also in print without
// colour, and for deuteranopes, protanopes and tritanopes the next level is darker, by steps that differ by a
// half at most. On dark backgrounds the largest rate is the lightest, and the least not as dark as no rate.
constexpr const char* kLightScale[kColorLevels] = {
    "#f3eab0", "#d9e098", "#bad786", "#98cc83", "#77c186", "#57b489", "#33a68d", "#0b968e",
    "#05858c", "#057488", "#026483", "#00547e", "#00427b", "#14316f", "#1c215e", "#1d124b"};
constexpr const char* kDarkScale[kColorLevels] = {
    "#3e3875", "#3b4686", "#345495", "#2464a3", "#1373a9", "#0183ab", "#0992aa", "#15a1a9",
    "#33aea6", "#4dbba1", "#6ac79c", "#88d196", "#a6db91", "#c5e391", "#e2e9a1", "#faf0b6"};

constexpr std::string_view kRules =
    ".bg{fill:var(--page)}.no{fill:none;pointer-events:all}"
    ".t{fill:var(--muted);font-size:11px}.ti{fill:var(--ink);font-size:12px;font-weight:600}"
    ".on{font-size:11px}.low{fill:var(--low)}.middle{fill:var(--middle)}.high{fill:var(--high)}"
    ".ax{stroke:var(--line);fill:none}.gr{stroke:var(--grid);fill:none}"
    ".sign{fill:var(--sign);stroke:var(--sign)}.exponent{fill:var(--exponent);stroke:var(--exponent)}"
    ".mantissa{fill:var(--mantissa);stroke:var(--mantissa)}.all{fill:var(--accent);stroke:var(--accent)}"
    ".faults{fill:var(--page);stroke:var(--faults)}"
    ".iv{stroke-opacity:.6}.bar{fill:var(--accent)}.bar0{fill:var(--none)}.ha{stroke:var(--none);fill:none}"
    ".c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.c4{fill:var(--c4)}"
    ".c5{fill:var(--c5)}.c6{fill:var(--c6)}.c7{fill:var(--c7)}.c8{fill:var(--c8)}.c9{fill:var(--c9)}"
    ".c10{fill:var(--c10)}.c11{fill:var(--c11)}.c12{fill:var(--c12)}.c13{fill:var(--c13)}"
    ".c14{fill:var(--c14)}.c15{fill:var(--c15)}.c16{fill:var(--c16)}";

// Level 1 is the nearest to the background.
// Of two themes' colours the darkest that black stands out from, and the other way round.
constexpr int kLastLow = 5, kLastMiddle = 9;

const char* scale_color(int level, bool dark) { return (dark ? kDarkScale : kLightScale)[level - 1]; }

// "" where there is no such property.
std::string light_color(std::string_view name) {
  for (const PaletteColor& color : kPalette) {
    if (name == color.name) return color.light;
  }
  for (int level = 1; level <= kColorLevels; ++level) {
    if (name == fmt::format("c{}", level)) return scale_color(level, false);
  }
  return "";
}

}  // namespace

std::string palette_properties(bool dark) {
  std::string text;
  for (const PaletteColor& color : kPalette)
    text += fmt::format("--{}:{};", color.name, dark ? color.dark : color.light);
  for (int level = 1; level <= kColorLevels; ++level)
    text += fmt::format("--c{}:{};", level, scale_color(level, dark));
  return text;
}

const char* style_on_level(int level) {
  return level <= kLastLow ? "on low" : level <= kLastMiddle ? "on middle" : "on high";
}

std::string_view picture_rules() { return kRules; }

std::string standalone_picture_rules() {
  constexpr std::string_view kUse = "var(--";
  std::string text(kRules);
  for (size_t at = text.find(kUse); at != std::string::npos; at = text.find(kUse, at)) {
    const size_t end = text.find(')', at);
    text.replace(at, end + 1 - at,
                 light_color(std::string_view(text).substr(at + kUse.size(), end - at - kUse.size())));
  }
  return text;
}

}  // namespace tf_injector::detail
