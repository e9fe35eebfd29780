// Arithmetic modulo p on four limbs: plain C++ (usable in constant expressions and on every machine) and x86-64
// assembly. field/montgomery.h is the type to use; this is its engine room.
//
// Notation: p the modulus, 2^253 < p < 2^254; R = 2^256; m = -p^-1 mod 2^64.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/cpu.h"
#include "base/int128.h"
#include "field/limbs.h"

#if defined(__x86_64__)
#define VEIL_X86_64_ASSEMBLY 1
#endif

namespace veil {

struct MontgomeryConstants {
  Limbs modulus;
  std::uint64_t negative_inverse;  // m; must follow the modulus: the assembly reads it at offset 32
};

constexpr MontgomeryConstants montgomery_constants(const Limbs& modulus) {
  std::uint64_t inverse = 1;  // Newton: each step doubles the number of right low bits
  for (int step = 0; step < 6; ++step) inverse *= 2 - modulus[0] * inverse;
  return {modulus, 0 - inverse};
}

// x in [0, 2p) -> [0, p).
constexpr Limbs reduce_once(const Limbs& x, const Limbs& modulus) {
  Limbs reduced{};
  const std::uint64_t keep = 0 - subtract_limbs(reduced, x, modulus);
  Limbs out{};
  for (std::size_t i = 0; i < 4; ++i) out[i] = (x[i] & keep) | (reduced[i] & ~keep);
  return out;
}

constexpr Limbs halve_mod(const Limbs& x, const Limbs& modulus) {
  const std::uint64_t odd = 0 - (x[0] & 1);
  Limbs sum{};  // x + p < 2^255 when x is odd
  add_limbs(sum, x, {modulus[0] & odd, modulus[1] & odd, modulus[2] & odd, modulus[3] & odd});
  return shift_right(sum, 1);
}

namespace portable {

constexpr Limbs add_mod(const Limbs& a, const Limbs& b, const Limbs& modulus) {
  Limbs sum{};
  add_limbs(sum, a, b);
  return reduce_once(sum, modulus);
}

constexpr Limbs subtract_mod(const Limbs& a, const Limbs& b, const Limbs& modulus) {
  Limbs difference{};
  const std::uint64_t borrow = 0 - subtract_limbs(difference, a, b);
  Limbs out{};
  add_limbs(out, difference, {modulus[0] & borrow, modulus[1] & borrow, modulus[2] & borrow, modulus[3] & borrow});
  return out;
}

// a b R^-1 mod p for any a < R and b < p.
// After step i the sum t satisfies t < 2p: t' = (t + a_i b + u p) / 2^64 with a_i, u <= 2^64 - 1, t < 2p, b < p, hence
// t' < (2p + 2 (2^64 - 1) p) / 2^64 = 2p. As 2p < 2^255, no step carries out of four limbs.
constexpr Limbs multiply_mod(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
  Limbs t{};
  for (std::size_t i = 0; i < 4; ++i) {
    UInt128 product = static_cast<UInt128>(a[i]) * b[0] + t[0];
    const std::uint64_t u = low64(product) * c.negative_inverse;
    UInt128 reduced = static_cast<UInt128>(u) * c.modulus[0] + low64(product);
    for (std::size_t j = 1; j < 4; ++j) {
      product = static_cast<UInt128>(a[i]) * b[j] + t[j] + high64(product);
      reduced = static_cast<UInt128>(u) * c.modulus[j] + low64(product) + high64(reduced);
      t[j - 1] = low64(reduced);
    }
    t[3] = high64(product) + high64(reduced);
  }
  return reduce_once(t, c.modulus);
}

}  // namespace portable

#if VEIL_X86_64_ASSEMBLY
// Pointers to the limbs are passed in registers, and the limbs as unused memory operands: so the compiler knows what is
// read without running out of registers in unoptimised builds.
namespace assembly {

inline Limbs add_mod(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
  std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], s0, s1, s2, s3;
  asm("addq 0(%[b]), %[t0]\n\t"
      "adcq 8(%[b]), %[t1]\n\t"
      "adcq 16(%[b]), %[t2]\n\t"
      "adcq 24(%[b]), %[t3]\n\t"
      "movq %[t0], %[s0]\n\t"
      "movq %[t1], %[s1]\n\t"
      "movq %[t2], %[s2]\n\t"
      "movq %[t3], %[s3]\n\t"
      "subq 0(%[p]), %[s0]\n\t"
      "sbbq 8(%[p]), %[s1]\n\t"
      "sbbq 16(%[p]), %[s2]\n\t"
      "sbbq 24(%[p]), %[s3]\n\t"
      "cmovncq %[s0], %[t0]\n\t"
      "cmovncq %[s1], %[t1]\n\t"
      "cmovncq %[s2], %[t2]\n\t"
      "cmovncq %[s3], %[t3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [s0] "=&r"(s0), [s1] "=&r"(s1), [s2] "=&r"(s2),
        [s3] "=&r"(s3)
      : [b] "r"(b.data()), [p] "r"(&c), "m"(b)
      : "cc");
  return {t0, t1, t2, t3};
}

inline Limbs subtract_mod(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
  std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], s0, s1, s2, s3;
  asm("subq 0(%[b]), %[t0]\n\t"
      "sbbq 8(%[b]), %[t1]\n\t"
      "sbbq 16(%[b]), %[t2]\n\t"
      "sbbq 24(%[b]), %[t3]\n\t"
      "sbbq %[s0], %[s0]\n\t"  // all ones when it borrowed
      "movq %[s0], %[s1]\n\t"
      "movq %[s0], %[s2]\n\t"
      "movq %[s0], %[s3]\n\t"
      "andq 0(%[p]), %[s0]\n\t"
      "andq 8(%[p]), %[s1]\n\t"
      "andq 16(%[p]), %[s2]\n\t"
      "andq 24(%[p]), %[s3]\n\t"
      "addq %[s0], %[t0]\n\t"
      "adcq %[s1], %[t1]\n\t"
      "adcq %[s2], %[t2]\n\t"
      "adcq %[s3], %[t3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [s0] "=&r"(s0), [s1] "=&r"(s1), [s2] "=&r"(s2),
        [s3] "=&r"(s3)
      : [b] "r"(b.data()), [p] "r"(&c), "m"(b)
      : "cc");
  return {t0, t1, t2, t3};
}

// Montgomery multiplication with two carry chains (adcx, adox). Same bounds as portable::multiply_mod.
#define VEIL_MULTIPLY_FIRST         \
  "movq 0(%[a]), %%rdx\n\t"         \
  "mulx 0(%[b]), %[t0], %[t1]\n\t"  \
  "mulx 8(%[b]), %%rax, %[t2]\n\t"  \
  "addq %%rax, %[t1]\n\t"           \
  "mulx 16(%[b]), %%rax, %[t3]\n\t" \
  "adcq %%rax, %[t2]\n\t"           \
  "mulx 24(%[b]), %%rax, %[h]\n\t"  \
  "adcq %%rax, %[t3]\n\t"           \
  "adcq $0, %[h]\n\t"
// (h, t) = t + a_i b
#define VEIL_MULTIPLY_ROW(offset)  \
  "movq " #offset                  \
  "(%[a]), %%rdx\n\t"              \
  "xorl %%eax, %%eax\n\t"          \
  "mulx 0(%[b]), %%rax, %[h]\n\t"  \
  "adoxq %%rax, %[t0]\n\t"         \
  "adcxq %[h], %[t1]\n\t"          \
  "mulx 8(%[b]), %%rax, %[h]\n\t"  \
  "adoxq %%rax, %[t1]\n\t"         \
  "adcxq %[h], %[t2]\n\t"          \
  "mulx 16(%[b]), %%rax, %[h]\n\t" \
  "adoxq %%rax, %[t2]\n\t"         \
  "adcxq %[h], %[t3]\n\t"          \
  "mulx 24(%[b]), %%rax, %[h]\n\t" \
  "adoxq %%rax, %[t3]\n\t"         \
  "movl $0, %%eax\n\t"             \
  "adcxq %%rax, %[h]\n\t"          \
  "adoxq %%rax, %[h]\n\t"
// t = ((h, t) + u p) / 2^64 with u = t_0 m mod 2^64
#define VEIL_REDUCE_ROW             \
  "movq 32(%[p]), %%rdx\n\t"        \
  "imulq %[t0], %%rdx\n\t"          \
  "xorl %%eax, %%eax\n\t"           \
  "mulx 0(%[p]), %%rax, %[s]\n\t"   \
  "adcxq %[t0], %%rax\n\t"          \
  "movq %[s], %[t0]\n\t"            \
  "adcxq %[t1], %[t0]\n\t"          \
  "mulx 8(%[p]), %%rax, %[t1]\n\t"  \
  "adoxq %%rax, %[t0]\n\t"          \
  "adcxq %[t2], %[t1]\n\t"          \
  "mulx 16(%[p]), %%rax, %[t2]\n\t" \
  "adoxq %%rax, %[t1]\n\t"          \
  "adcxq %[t3], %[t2]\n\t"          \
  "mulx 24(%[p]), %%rax, %[t3]\n\t" \
  "adoxq %%rax, %[t2]\n\t"          \
  "movl $0, %%eax\n\t"              \
  "adcxq %%rax, %[t3]\n\t"          \
  "adoxq %[h], %[t3]\n\t"
// t in [0, 2p) -> [0, p)
#define VEIL_REDUCE_ONCE     \
  "movq %[t0], %%rax\n\t"    \
  "movq %[t1], %%rdx\n\t"    \
  "movq %[t2], %[h]\n\t"     \
  "movq %[t3], %[s]\n\t"     \
  "subq 0(%[p]), %%rax\n\t"  \
  "sbbq 8(%[p]), %%rdx\n\t"  \
  "sbbq 16(%[p]), %[h]\n\t"  \
  "sbbq 24(%[p]), %[s]\n\t"  \
  "cmovncq %%rax, %[t0]\n\t" \
  "cmovncq %%rdx, %[t1]\n\t" \
  "cmovncq %[h], %[t2]\n\t"  \
  "cmovncq %[s], %[t3]\n\t"

inline Limbs multiply_mod(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
  std::uint64_t t0, t1, t2, t3, h, s;
  asm(VEIL_MULTIPLY_FIRST VEIL_REDUCE_ROW VEIL_MULTIPLY_ROW(8) VEIL_REDUCE_ROW VEIL_MULTIPLY_ROW(16)
          VEIL_REDUCE_ROW VEIL_MULTIPLY_ROW(24) VEIL_REDUCE_ROW VEIL_REDUCE_ONCE
      : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [h] "=&r"(h), [s] "=&r"(s)
      : [a] "r"(a.data()), [b] "r"(b.data()), [p] "r"(&c), "m"(a), "m"(b)
      : "rax", "rdx", "cc");
  return {t0, t1, t2, t3};
}

#undef VEIL_MULTIPLY_FIRST
#undef VEIL_MULTIPLY_ROW
#undef VEIL_REDUCE_ROW
#undef VEIL_REDUCE_ONCE

}  // namespace assembly

// Out of line: on x86-64 the portable way is the exception, and inlining both would double the code.
Limbs multiply_mod_portable(const Limbs& a, const Limbs& b, const MontgomeryConstants& c);
#endif

constexpr Limbs add_mod(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
#if VEIL_X86_64_ASSEMBLY
  if (!std::is_constant_evaluated()) return assembly::add_mod(a, b, c);
#endif
  return portable::add_mod(a, b, c.modulus);
}

constexpr Limbs subtract_mod(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
#if VEIL_X86_64_ASSEMBLY
  if (!std::is_constant_evaluated()) return assembly::subtract_mod(a, b, c);
#endif
  return portable::subtract_mod(a, b, c.modulus);
}

constexpr Limbs multiply_mod(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
#if VEIL_X86_64_ASSEMBLY
  if (!std::is_constant_evaluated()) {
    return __builtin_expect(kUseAdx, true) ? assembly::multiply_mod(a, b, c) : multiply_mod_portable(a, b, c);
  }
#endif
  return portable::multiply_mod(a, b, c);
}

constexpr Limbs power_of_two_mod(const Limbs& modulus, unsigned exponent) {
  Limbs out = {1, 0, 0, 0};
  for (unsigned i = 0; i < exponent; ++i) out = portable::add_mod(out, out, modulus);
  return out;
}

}  // namespace veil
