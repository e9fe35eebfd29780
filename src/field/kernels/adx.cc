#if defined(__x86_64__)

#include "field/kernels/array_operations.h"
#include "field/kernels/portable_arithmetic.h"

namespace veil {
namespace {

struct AdxArithmetic : PortableArithmetic {
  static Limbs multiply(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
    return assembly::multiply_mod(a, b, c);
  }
  static Limbs add(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) { return assembly::add_mod(a, b, c); }
  static Limbs subtract(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
    return assembly::subtract_mod(a, b, c);
  }
};

}  // namespace

const FieldKernels& adx_field_kernels() {
  static constexpr FieldKernels kKernels = ArrayOperations<AdxArithmetic>::kernels("adx");
  return kKernels;
}

}  // namespace veil

#endif
