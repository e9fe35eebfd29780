// What a file is by its bytes: for sentences about a file that is something else than was asked for.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace veil {

struct FileType {
  std::string_view name;     // "a PyTorch file"; empty: not known
  std::string_view to_onnx;  // how a model in it becomes an ONNX file; empty: it holds none, or nobody knows
};

FileType file_type(ByteView bytes);

// ": it is a PyTorch file", or nothing.
std::string it_is(ByteView bytes);

}  // namespace veil
