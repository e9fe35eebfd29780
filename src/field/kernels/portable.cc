#include "field/kernels/array_operations.h"
#include "field/kernels/portable_arithmetic.h"

namespace veil {

const FieldKernels& portable_field_kernels() {
  static constexpr FieldKernels kKernels = ArrayOperations<PortableArithmetic>::kernels("portable");
  return kKernels;
}

}  // namespace veil
