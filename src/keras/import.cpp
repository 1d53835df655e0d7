#include "keras/import.hpp"

#include "keras/archive.hpp"
#include "keras/importer.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::keras {
namespace {

Archive open(const std::string& path) {
  try {
    return open_archive(path);
  } catch (const ModelError&) {
    throw;
  } catch (const Error& error) {  // of the container; says the path
    if (error.kind() != ErrorKind::bad_input) throw;
    throw ModelError(error.what());
  }
}

}  // namespace

Graph import_model(const std::string& path) {
  const Archive archive = open(path);
  try {
    return import_archive(archive);
  } catch (const ModelError& error) {
    throw ModelError(path + ": " + error.what());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    throw ModelError(error.what());
  }
}

}  // namespace tf_injector::keras
