// A page as every answer has it: the answer first, then what it rests on.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "answers/pictures/drawing.hpp"

namespace tf_injector::detail {

struct PageSection {
  std::string id, title, content;
};

// Of `html_page`'s key numbers.
[[nodiscard]] std::string key_number(const std::string& name, const std::string& value,
                                     const std::string& remark);
// `style`: "map", "plot". Tall pictures and tables scroll in their own box, which the keyboard reaches.
[[nodiscard]] std::string scroll_box(const std::string& style, const std::string& label,
                                     const std::string& content);
// Of a table: a short one, as that of the bits, is shown whole, and not torn in print.
[[nodiscard]] std::string table_box(size_t rows);
[[nodiscard]] std::string figure_of(const Drawing& drawing, const std::string& style,
                                    const std::string& label, const std::string& caption);

// `title` is text; the others are HTML. `key_numbers`: "": none; `remarks`: text, above the sections;
// `last_bit`: the highest of a heat map.
[[nodiscard]] std::string html_page(const std::string& title, const std::string& answer,
                                    const std::string& key_numbers, const std::vector<std::string>& remarks,
                                    const std::vector<PageSection>& sections, int last_bit = 31);

}  // namespace tf_injector::detail
