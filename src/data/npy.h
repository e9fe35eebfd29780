// The NPY format of numpy: a header in Python's notation, then the numbers.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "graph/graph.h"

namespace veil {

// Little-endian floats, integers and booleans, in C or Fortran order. `where` begins error sentences: "'data.npy'".
Result<Array> read_npy(ByteView bytes, const std::string& where);

}  // namespace veil
