#include "curve/hash_to_curve.h"

#include <algorithm>

#include "base/check.h"
#include "hash/sha256.h"

namespace veil {
namespace {

constexpr std::size_t kSecurityBytes = 48;  // L = ceil((254 + 128) / 8)
constexpr std::size_t kBlockBytes = 64;     // s_in_bytes of SHA-256

// Constants of the map for g(x) = x^3 + 3, Z = 1 (RFC 9380, F.1): c1 = g(Z) = 4, c2 = -Z / 2,
// c3 = sqrt(-g(Z) 3 Z^2) = sqrt(-12) with sgn0(c3) = 0, c4 = -4 g(Z) / (3 Z^2) = -16/3. A test recomputes them.
constexpr Fq kC1 = Fq::from_u64(4);
constexpr Fq kC2 = Fq::from_limbs({0x9e10460b6c3e7ea3, 0xcbc0b548b438e546, 0xdc2822db40c0ac2e, 0x183227397098d014});
constexpr Fq kC3 = Fq::from_limbs({0x5d8d1cc5dffffffa, 0x53c98fc6b36d713d, 0x6789af3a83522eb3, 0x0000000000000001});
constexpr Fq kC4 = Fq::from_limbs({0x69602eb24829a9bd, 0xdd2b2385cd7b4384, 0xe81ac1e7808072c9, 0x10216f7ba065e00d});

Fq curve_equation(const Fq& x) { return x.square() * x + Fq::from_u64(3); }

void append_tag(Sha256& hash, std::string_view domain_tag) {  // DST_prime
  const std::array<std::uint8_t, 1> size = {static_cast<std::uint8_t>(domain_tag.size())};
  hash.update(as_bytes(domain_tag));
  hash.update(size);
}

}  // namespace

// RFC 9380, 5.3.1; letters as there.
Bytes expand_message_xmd(ByteView message, std::string_view domain_tag, std::size_t size_bytes) {
  VEIL_CHECK(!domain_tag.empty() && domain_tag.size() <= 255);
  VEIL_CHECK(size_bytes <= 255 * sizeof(Digest));
  constexpr std::array<std::uint8_t, kBlockBytes> kZeroPad{};
  const std::array<std::uint8_t, 3> size_and_zero = {static_cast<std::uint8_t>(size_bytes >> 8),
                                                     static_cast<std::uint8_t>(size_bytes), 0};
  Sha256 hash;
  hash.update(kZeroPad);
  hash.update(message);
  hash.update(size_and_zero);
  append_tag(hash, domain_tag);
  const Digest b0 = hash.finish();

  Bytes out;
  Digest mixed = b0;  // b_0 for i = 1, then b_0 xor b_{i-1}
  for (std::uint8_t i = 1; out.size() < size_bytes; ++i) {
    const std::array<std::uint8_t, 1> index = {i};
    hash.update(mixed);
    hash.update(index);
    append_tag(hash, domain_tag);
    const Digest block = hash.finish();
    out.insert(out.end(), block.begin(), block.end());
    for (std::size_t k = 0; k < mixed.size(); ++k) mixed[k] = b0[k] ^ block[k];
  }
  out.resize(size_bytes);
  return out;
}

std::array<Fq, 2> hash_to_field(ByteView message, std::string_view domain_tag) {
  std::array<Fq, 2> out;
  const Bytes uniform = expand_message_xmd(message, domain_tag, out.size() * kSecurityBytes);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::array<std::uint8_t, 64> wide{};
    std::copy_n(uniform.data() + i * kSecurityBytes, kSecurityBytes, wide.end() - kSecurityBytes);
    out[i] = Fq::from_wide(wide);
  }
  return out;
}

// RFC 9380, 6.6.1: the first of x1, x2, x3 with a square g(x); one of them always has. inverse(0) = 0 is the inv0
// there.
G1Affine map_to_curve_svdw(const Fq& u) {
  const Fq tv1 = u.square() * kC1;
  const Fq tv2 = Fq::one() + tv1;
  const Fq tv3 = ((Fq::one() - tv1) * tv2).inverse();
  const Fq tv4 = u * (Fq::one() - tv1) * tv3 * kC3;
  const Fq x3 = (tv2.square() * tv3).square() * kC4 + Fq::one();
  Fq x = kC2 - tv4;
  std::optional<Fq> y = curve_equation(x).sqrt();
  if (!y) y = curve_equation(x = kC2 + tv4).sqrt();
  if (!y) y = curve_equation(x = x3).sqrt();
  VEIL_CHECK(y.has_value());
  return {x, y->is_odd() == u.is_odd() ? *y : -*y};
}

G1Affine hash_to_g1(ByteView message, std::string_view domain_tag) {
  const std::array<Fq, 2> u = hash_to_field(message, domain_tag);
  return (G1(map_to_curve_svdw(u[0])) + map_to_curve_svdw(u[1])).to_affine();
}

}  // namespace veil
