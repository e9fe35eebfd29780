#if defined(__x86_64__)

#include "field/kernels/array_operations.h"
#include "field/kernels/portable_arithmetic.h"

namespace veil {
namespace {

// The product is made in registers (two carry chains a row, as in field/multiply.h) and then added to the sum in
// memory. Thirteen registers are in use, so that operands in memory are named by pointers and the clobber "memory"
// alone.
struct AdxArithmetic : PortableArithmetic {
  static Limbs multiply(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
    return assembly::multiply_mod(a, b, c);
  }
  static Limbs add(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) { return assembly::add_mod(a, b, c); }
  static Limbs subtract(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
    return assembly::subtract_mod(a, b, c);
  }

// t0 .. t4 = the limb in rdx times b
#define VEIL_FIRST_ROW              \
  "mulx 0(%[b]), %[t0], %[t1]\n\t"  \
  "mulx 8(%[b]), %%rax, %[t2]\n\t"  \
  "addq %%rax, %[t1]\n\t"           \
  "mulx 16(%[b]), %%rax, %[t3]\n\t" \
  "adcq %%rax, %[t2]\n\t"           \
  "mulx 24(%[b]), %%rax, %[t4]\n\t" \
  "adcq %%rax, %[t3]\n\t"           \
  "adcq $0, %[t4]\n\t"
// (t_i .. t_{i+4}) = (t_i .. t_{i+3}) + a_i b; the new top limb serves as the scratch register before.
#define VEIL_ROW(offset, t0, t1, t2, t3, top) \
  "movq " #offset                             \
  "(%[a]), %%rdx\n\t"                         \
  "xorl %%eax, %%eax\n\t"                     \
  "mulx 0(%[b]), %%rax, %[" #top              \
  "]\n\t"                                     \
  "adoxq %%rax, %[" #t0                       \
  "]\n\t"                                     \
  "adcxq %[" #top "], %[" #t1                 \
  "]\n\t"                                     \
  "mulx 8(%[b]), %%rax, %[" #top              \
  "]\n\t"                                     \
  "adoxq %%rax, %[" #t1                       \
  "]\n\t"                                     \
  "adcxq %[" #top "], %[" #t2                 \
  "]\n\t"                                     \
  "mulx 16(%[b]), %%rax, %[" #top             \
  "]\n\t"                                     \
  "adoxq %%rax, %[" #t2                       \
  "]\n\t"                                     \
  "adcxq %[" #top "], %[" #t3                 \
  "]\n\t"                                     \
  "mulx 24(%[b]), %%rax, %[" #top             \
  "]\n\t"                                     \
  "adoxq %%rax, %[" #t3                       \
  "]\n\t"                                     \
  "movl $0, %%eax\n\t"                        \
  "adcxq %%rax, %[" #top                      \
  "]\n\t"                                     \
  "adoxq %%rax, %[" #top "]\n\t"

  static void accumulate(Wide<9>& sum, const Limbs& a, const Limbs& b) {
    std::uint64_t t0, t1, t2, t3, t4, t5, t6, t7;
    asm volatile("movq 0(%[a]), %%rdx\n\t" VEIL_FIRST_ROW  //
                     VEIL_ROW(8, t1, t2, t3, t4, t5)       //
                 VEIL_ROW(16, t2, t3, t4, t5, t6)          //
                 VEIL_ROW(24, t3, t4, t5, t6, t7)          //
                 "addq %[t0], 0(%[sum])\n\t"
                 "adcq %[t1], 8(%[sum])\n\t"
                 "adcq %[t2], 16(%[sum])\n\t"
                 "adcq %[t3], 24(%[sum])\n\t"
                 "adcq %[t4], 32(%[sum])\n\t"
                 "adcq %[t5], 40(%[sum])\n\t"
                 "adcq %[t6], 48(%[sum])\n\t"
                 "adcq %[t7], 56(%[sum])\n\t"
                 "adcq $0, 64(%[sum])\n\t"
                 : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [t5] "=&r"(t5),
                   [t6] "=&r"(t6), [t7] "=&r"(t7)
                 : [a] "r"(a.data()), [b] "r"(b.data()), [sum] "r"(sum.data())
                 : "rax", "rdx", "cc", "memory");
  }

  static void accumulate(Wide<6>& sum, const Limbs& a, std::uint64_t b) {
    std::uint64_t t0, t1, t2, t3, t4;
    asm volatile(VEIL_FIRST_ROW
                 "addq %[t0], 0(%[sum])\n\t"
                 "adcq %[t1], 8(%[sum])\n\t"
                 "adcq %[t2], 16(%[sum])\n\t"
                 "adcq %[t3], 24(%[sum])\n\t"
                 "adcq %[t4], 32(%[sum])\n\t"
                 "adcq $0, 40(%[sum])\n\t"
                 : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4)
                 : [b] "r"(a.data()), [sum] "r"(sum.data()), "d"(b)
                 : "rax", "cc", "memory");
  }

#undef VEIL_FIRST_ROW
#undef VEIL_ROW
};

}  // namespace

const FieldKernels& adx_field_kernels() {
  static constexpr FieldKernels kKernels = ArrayOperations<AdxArithmetic>::kernels("adx");
  return kKernels;
}

}  // namespace veil

#endif
