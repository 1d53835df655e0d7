#include "io/md5.hpp"

#include "io/digest.hpp"

namespace tf_injector::detail {

std::string md5_of_file(const std::string& path) {
  Digest digest(EVP_md5(), "MD5");
  digest.update_from_file(path);
  return digest.hex();
}

}  // namespace tf_injector::detail
