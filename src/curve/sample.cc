#include "curve/sample.h"

#include <array>

namespace veil {

Fr sample_fr(Drbg& drbg) {
  std::array<std::uint8_t, 64> bytes{};
  drbg.fill(bytes);
  const Fr out = Fr::from_wide(bytes);
  wipe(bytes.data(), bytes.size());
  return out;
}

}  // namespace veil
