// TensorProto -> numbers.
#pragma once

#include <string>

#include "base/result.h"
#include "graph/graph.h"

namespace onnx {
class TensorProto;
}

namespace veil {

struct TypedTensor {
  ElementType type = ElementType::kOther;
  Array array;
};

// Allocates no more than 8 bytes a byte of the tensor's data. `what` begins the error sentence: "Constant 'w'".
Result<TypedTensor> read_tensor(const onnx::TensorProto& tensor, const std::string& what);
Status check_no_nan(const Array& array, const std::string& what);

}  // namespace veil
