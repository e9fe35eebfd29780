#include "field/multiply.h"

namespace veil {

#if VEIL_X86_64_ASSEMBLY
Limbs multiply_mod_portable(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
  return portable::multiply_mod(a, b, c);
}
#endif

}  // namespace veil
