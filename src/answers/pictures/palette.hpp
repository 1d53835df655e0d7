// Colours of pictures and pages, for light and dark backgrounds.
#pragma once

#include <string>
#include <string_view>

namespace tf_injector::detail {

// Levels of the heat map's scale, classes "c1" to "c16" of its cells; "c0" is a rate of exactly 0.
inline constexpr int kColorLevels = 16;

// "--ink:#1b1b1b;--c1:#f3eab0;...": custom properties of CSS.
[[nodiscard]] std::string palette_properties(bool dark);
// The classes of a text on a cell of this level: in both themes it stands out.
[[nodiscard]] const char* style_on_level(int level);
// The rules of all classes that pictures use; colours are custom properties.
[[nodiscard]] std::string_view picture_rules();
// The same with the light palette's colours in place of the properties, for pictures that stand alone.
[[nodiscard]] std::string standalone_picture_rules();

}  // namespace tf_injector::detail
