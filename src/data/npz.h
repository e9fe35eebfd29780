// The NPZ format of numpy: a ZIP archive of NPY files, stored or deflated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "graph/graph.h"

struct zip;

namespace veil {

class NpzArchive {
 public:
  // `bytes` must outlive the archive. `where` begins error sentences: "'data.npz'".
  static Result<NpzArchive> open(ByteView bytes, const std::string& where);

  std::vector<std::string> names() const;  // of the arrays
  Result<Array> read(const std::string& name) const;

 private:
  NpzArchive(zip* archive, ByteView bytes, std::string where);

  std::unique_ptr<zip, void (*)(zip*)> archive_;
  std::size_t size_bytes_;
  std::string where_;
};

}  // namespace veil
