#include "keras/import.hpp"

#include <utility>

#include "keras/archive.hpp"
#include "keras/importer.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

// Errors of the file and of its container name the path.
template <typename Work>
auto as_model_error(const Work& work) {
  try {
    return work();
  } catch (const ModelError&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    throw ModelError(error.what());
  }
}

Graph graph_of(const Archive& archive, const std::string& path) {
  try {
    return import_archive(archive);
  } catch (const ModelError& error) {
    throw ModelError(path + ": " + error.what());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    throw ModelError(error.what());
  }
}

}  // namespace

ModelFile read_model(const std::string& path) {
  return {path, as_model_error([&] { return read_model_file(path); })};
}

Graph import_model(ModelFile file) {
  const Archive archive = as_model_error([&] { return open_archive(std::move(file.bytes), file.path); });
  return graph_of(archive, file.path);
}

Graph import_model(const std::string& path) { return import_model(read_model(path)); }

}  // namespace tf_injector::detail::keras
