#include "field/montgomery.h"

#include <cstring>

#include "base/check.h"
#include "field/fq.h"
#include "field/fr.h"
#include "field/inverse.h"

namespace veil {
namespace {

Limbs read_limbs(const std::uint8_t* bytes) {  // 32 bytes, big endian
  Limbs out{};
  for (std::size_t i = 0; i < 32; ++i) out[3 - i / 8] = out[3 - i / 8] << 8 | bytes[i];
  return out;
}

}  // namespace

template <class Params>
std::array<std::uint8_t, 32> Montgomery<Params>::to_bytes() const {
  const Limbs value = to_limbs();
  std::array<std::uint8_t, 32> out{};
  for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::uint8_t>(value[3 - i / 8] >> (56 - 8 * (i % 8)));
  return out;
}

template <class Params>
std::optional<Montgomery<Params>> Montgomery<Params>::from_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != kSizeBytes) return std::nullopt;
  const Limbs value = read_limbs(bytes.data());
  if (!less_limbs(value, kModulus)) return std::nullopt;
  return from_any(value);
}

template <class Params>
Montgomery<Params> Montgomery<Params>::from_wide(std::span<const std::uint8_t> bytes) {
  VEIL_CHECK(bytes.size() == 2 * kSizeBytes);
  const Limbs high = read_limbs(bytes.data());
  const Limbs low = read_limbs(bytes.data() + kSizeBytes);
  return from_raw(add(multiply(high, kR3), multiply(low, kR2)));  // (high R + low) R
}

template <class Params>
Montgomery<Params> Montgomery<Params>::inverse() const {
  return from_raw(multiply(invert_mod(raw_, kModulus), kR3));  // (a R)^-1 R^3 R^-1 = a^-1 R
}

// a^((q+1)/4) by sliding windows of 5 bits over the odd powers a, a^3, ..., a^31.
template <class Params>
Montgomery<Params> Montgomery<Params>::square_root_candidate() const requires((Params::kModulus[0] & 3) == 3) {
  std::array<Montgomery, 16> odd_powers;
  odd_powers[0] = *this;
  const Montgomery squared = square();
  for (std::size_t i = 1; i < odd_powers.size(); ++i) odd_powers[i] = odd_powers[i - 1] * squared;

  const auto bit = [](int index) {
    return static_cast<unsigned>(kRootExponent[static_cast<std::size_t>(index) / 64] >> (index % 64)) & 1u;
  };
  Montgomery root = one();
  for (int high = 253; high >= 0;) {
    if (bit(high) == 0) {
      root = root.square();
      --high;
      continue;
    }
    int low = high >= 4 ? high - 4 : 0;
    while (bit(low) == 0) ++low;
    unsigned window = 0;
    for (int i = high; i >= low; --i) {
      window = window << 1 | bit(i);
      root = root.square();
    }
    root *= odd_powers[window / 2];
    high = low - 1;
  }
  return root;
}

template <class Params>
std::optional<Montgomery<Params>> Montgomery<Params>::sqrt() const requires((Params::kModulus[0] & 3) == 3) {
  const Montgomery root = square_root_candidate();
  if (root.square() != *this) return std::nullopt;
  return root;
}

// Member by member: clang 14 would instantiate the constrained ones for Fr too.
template std::array<std::uint8_t, 32> Fr::to_bytes() const;
template std::array<std::uint8_t, 32> Fq::to_bytes() const;
template std::optional<Fr> Fr::from_bytes(std::span<const std::uint8_t>);
template std::optional<Fq> Fq::from_bytes(std::span<const std::uint8_t>);
template Fr Fr::from_wide(std::span<const std::uint8_t>);
template Fq Fq::from_wide(std::span<const std::uint8_t>);
template Fr Fr::inverse() const;
template Fq Fq::inverse() const;
template Fq Fq::square_root_candidate() const;
template std::optional<Fq> Fq::sqrt() const;

}  // namespace veil
