// What src/io and src/fault make of files, for comparison with Python's own readers (probe.py). Reads
// commands from standard input, one a line, words separated by tabs; answers each with one line: "ok", tab,
// fields separated by tabs; or "error", tab, exit code, tab, message. Bytes are written as hexadecimal
// digits.
#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/half.hpp"
#include "fault/lists.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/hdf5/hdf5_file.hpp"
#include "io/npy.hpp"
#include "io/sha256.hpp"
#include "io/zip_archive.hpp"
#include "tf_injector/error.hpp"

namespace {

using namespace tf_injector;
using namespace tf_injector::detail;
using Words = std::vector<std::string>;

std::string hex(const void* data, size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto* bytes = static_cast<const unsigned char*>(data);
  std::string text;
  text.reserve(2 * size);
  for (size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}
std::string hex(std::string_view bytes) { return hex(bytes.data(), bytes.size()); }
std::string hex_of(std::span<const float> values) { return hex(values.data(), values.size_bytes()); }

std::string dims(const std::vector<int64_t>& shape) {
  std::string text;
  for (int64_t d : shape) text += (text.empty() ? "" : ",") + std::to_string(d);
  return text;
}

std::string array_fields(const NpyArray& array) {
  return array.dtype + '\t' + dims(array.shape) + '\t' + hex(array.bytes.data(), array.bytes.size());
}

std::string npz(const std::string& path) {
  std::string text;
  for (const auto& [name, array] : read_npz(path)) {
    text += (text.empty() ? "" : "\t") + hex(name) + '\t' + array_fields(array);
  }
  return text;
}

std::string zip_names(const std::string& path) {
  std::string text;
  for (const std::string& name : ZipArchive(path).names()) text += (text.empty() ? "" : "\t") + hex(name);
  return text;
}

// Everything that a walk over the file finds; reads every data set.
std::string hdf5_walk(const std::string& path) {
  const Hdf5File file(read_bytes(path), path);
  std::string text;
  std::vector<std::string> open{"/"};
  while (!open.empty() && text.size() < size_t{1} << 24) {
    const std::string group = open.back();
    open.pop_back();
    for (const std::string& name : file.children(group)) {
      const std::string child = group == "/" ? group + name : group + "/" + name;
      if (child.size() > 200) throw Error(ErrorKind::bad_input, path + ": a group inside itself");
      if (file.is_group(child)) {
        open.push_back(child);
      } else {
        const Hdf5File::Array array = file.read_floats(child);
        text += child + '\t' + dims(array.shape.dims()) + '\t' + hex_of(array.values) + '\t';
      }
    }
  }
  return text;
}

std::string hdf5_floats(const std::string& path, const std::string& dataset) {
  const Hdf5File::Array array = Hdf5File(read_bytes(path), path).read_floats(dataset);
  return dims(array.shape.dims()) + '\t' + hex_of(array.values);
}

std::string hdf5_strings(const std::string& path, const std::string& object, const std::string& name) {
  const auto values = Hdf5File(read_bytes(path), path).string_list_attribute(object, name);
  if (!values) return "none";
  std::string text = "list";
  for (const std::string& value : *values) text += '\t' + hex(value);
  return text;
}

std::string csv(const std::string& path, char separator, CsvSpaces spaces = CsvSpaces::kept) {
  const CsvDocument document = parse_csv(read_text(path), separator, spaces);
  std::string text = std::to_string(document.problems.size());
  for (const CsvRow& row : document.rows) {
    text += "\t" + std::to_string(row.line);
    for (const CsvField& field : row.fields)
      text += ' ' + std::to_string(field.column) + ':' + hex(field.text);
  }
  return text;
}

// Words cannot hold a tab.
char separator_of(const std::string& word) { return word == "tab" ? '\t' : word.at(0); }

// The words of a line, ended by the line, as csv_field writes them.
std::string csv_write(const std::string& path) {
  std::string out;
  for (const CsvRow& row : parse_csv(read_text(path), '|').rows) {  // hexadecimal fields
    for (size_t i = 0; i < row.fields.size(); ++i) {
      std::string bytes;
      const std::string& digits = row.fields[i].text;
      for (size_t at = 0; at < digits.size(); at += 2)
        bytes += static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16));
      out += (i ? "," : "") + csv_field(bytes);
    }
    out += "\r\n";
  }
  return hex(out);
}

// A fault list against test::small_model: "accepted", the file's hash, and for each row id, layer, index,
// bit, weight, element, and the bits before and after; or "refused" and the text of all problems.
std::string fault_list(const std::string& path) {
  const Graph model = test::small_model();
  try {
    const ResolvedFaultList list = read_fault_list(path, &model);
    std::string text = "accepted\t" + list.sha256;
    for (size_t i = 0; i < list.faults.size(); ++i) {
      const Fault fault = list.faults[i];
      const Patch& patch = list.patches[i].front();
      text += '\t' + std::to_string(fault.id) + ' ' + hex(fault.parts.at(0).layer) + ' ' +
              dims(fault.parts.at(0).index) + ' ' + std::to_string(flipped_bit(fault)) + ' ' +
              std::to_string(patch.weight) + ' ' + std::to_string(patch.element) + ' ' +
              std::to_string(patch.old_bits) + ' ' + std::to_string(patch.new_bits);
    }
    return text;
  } catch (const FaultListError& error) {
    return "refused\t" + hex(error.what());
  }
}

std::string all_halves() {
  std::vector<float> values;
  for (uint32_t bits = 0; bits < 0x10000; ++bits)
    values.push_back(half_to_float(static_cast<uint16_t>(bits)));
  return hex_of(values);
}

// npy_bytes of a float32 .npy's values under a shape of two axes.
std::string npy_write(const std::string& path) {
  const NpyArray array = read_npy(path);
  return hex(npy_bytes(array.to_float32(), array.shape.at(0), array.shape.at(1)));
}

// npz_bytes of .npy files: name, path, name, path ...
std::string npz_write(const Words& words) {
  std::map<std::string, std::string> files;
  for (size_t i = 1; i + 1 < words.size(); i += 2) files[words[i]] = read_text(words[i + 1]);
  return hex(npz_bytes(files));
}

std::string zip_read(const Words& words) {
  const ZipArchive archive(words.at(1));
  const std::vector<uint8_t> bytes =
      words.size() > 3 ? archive.read(words[2], std::stoull(words[3])) : archive.read(words.at(2));
  return hex(bytes.data(), bytes.size());
}

// The conversions' messages do not say where.
std::string converted(const std::string& path, const std::function<std::string(const NpyArray&)>& convert) {
  const NpyArray array = read_npy(path);
  try {
    return convert(array);
  } catch (const Error& error) {
    throw Error(error.kind(), path + ": " + error.what());
  }
}

const std::map<std::string, std::function<std::string(const Words&)>>& commands() {
  static const std::map<std::string, std::function<std::string(const Words&)>> table{
      {"npy", [](const Words& w) { return array_fields(read_npy(w.at(1))); }},
      {"npy_floats",
       [](const Words& w) {
         return converted(w.at(1), [](const NpyArray& a) { return hex_of(a.to_float32()); });
       }},
      {"npy_ints",
       [](const Words& w) {
         return converted(w.at(1), [](const NpyArray& a) { return dims(a.to_int64()); });
       }},
      {"npy_write", [](const Words& w) { return npy_write(w.at(1)); }},
      {"npz", [](const Words& w) { return npz(w.at(1)); }},
      {"npz_write", npz_write},
      {"zip_names", [](const Words& w) { return zip_names(w.at(1)); }},
      {"zip_read", zip_read},
      {"hdf5_walk", [](const Words& w) { return hdf5_walk(w.at(1)); }},
      {"hdf5_floats", [](const Words& w) { return hdf5_floats(w.at(1), w.at(2)); }},
      {"hdf5_strings", [](const Words& w) { return hdf5_strings(w.at(1), w.at(2), w.at(3)); }},
      {"csv", [](const Words& w) { return csv(w.at(1), separator_of(w.at(2))); }},
      {"csv_free_spaces",
       [](const Words& w) { return csv(w.at(1), separator_of(w.at(2)), CsvSpaces::free); }},
      {"csv_write", [](const Words& w) { return csv_write(w.at(1)); }},
      {"fault_list", [](const Words& w) { return fault_list(w.at(1)); }},
      {"halves", [](const Words&) { return all_halves(); }},
      {"sha256", [](const Words& w) { return sha256_of_file(w.at(1)); }},
  };
  return table;
}

Words split(const std::string& line) {
  Words words;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find('\t', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::string answer(const Words& words) {
  try {
    return "ok\t" + commands().at(words.at(0))(words);
  } catch (const Error& error) {
    return "error\t" + std::to_string(error.exit_code()) + '\t' + one_line(error.what());
  } catch (const std::bad_alloc&) {
    return "error\tmemory\tstd::bad_alloc";
  } catch (const std::exception& error) {
    return std::string("error\tother\t") + one_line(error.what());
  }
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) std::cout << answer(split(line)) << std::endl;
  return 0;
}
