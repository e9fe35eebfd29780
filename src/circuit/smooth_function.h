// The functions of one real variable that tables stand for (function_table.h).
#pragma once

#include <cstdint>

#include "circuit/real.h"

namespace veil {

// Numbers are part of circuits: they never change. alpha and gamma are the real parameters.
enum class SmoothFunction : std::int64_t {
  kSigmoid = 1,         // 1 / (1 + exp(-x))
  kTanh = 2,            // tanh x
  kDecay = 3,           // 1 - exp(-x), for exp(-x) = 1 - y; x >= 0; only without a declared output range
  kExp = 4,             // exp x
  kLog = 5,             // ln x
  kSqrt = 6,            // sqrt x
  kReciprocal = 7,      // 1 / x
  kReciprocalSqrt = 8,  // 1 / sqrt x
  kErf = 9,             // erf x
  kGelu = 10,           // x (1 + erf(x / sqrt 2)) / 2
  kGeluTanh = 11,       // x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
  kSwish = 12,          // x / (1 + exp(-alpha x)); alpha = 1: silu
  kSoftplus = 13,       // ln(1 + exp x)
  kSoftsign = 14,       // x / (1 + |x|)
  kMish = 15,           // x tanh(ln(1 + exp x))
  kElu = 16,            // x > 0 ? x : alpha (exp x - 1)
  kCelu = 17,           // x > 0 ? x : alpha (exp(x / alpha) - 1), alpha > 0
  kSelu = 18,           // gamma (x > 0 ? x : alpha (exp x - 1))
  kHardSwish = 19,      // x max(0, min(1, x/6 + 1/2))
  kSin = 20,
  kCos = 21,
  kTan = 22,
  kAsin = 23,
  kAcos = 24,
  kAtan = 25,
  kSinh = 26,
  kCosh = 27,
  kAsinh = 28,
  kAcosh = 29,
  kAtanh = 30,
  kPower = 31,  // x^alpha; negative x where alpha is whole
};

// alpha and gamma are integers, in units of 2^-32, at most 64 in magnitude.
constexpr int kParameterFraction = 32;
constexpr std::int64_t kMostParameter = std::int64_t{64} << kParameterFraction;

struct FunctionParameters {
  std::int64_t function = 0;
  std::int64_t alpha = 0, gamma = 0;  // 0 where the function has none
};

bool function_known(const FunctionParameters& parameters);

// f(z * 2^scale), |z| <= 2^16, -40 <= scale <= 24. Where f has no value there, it is that at the nearest integer z
// where it has one (the positive one for 1/0); below and above +-1, artanh has its value at +-(1 - 2^min(scale, -1)).
// Requires function_known. Error: below 2^-54 of f, or of 1 where f is smaller; of a tangent, 2^-59 / |cos x| of it.
class FunctionValues {
 public:
  FunctionValues(const FunctionParameters& parameters, std::int64_t scale);
  Real operator()(std::int64_t z) const;

 private:
  FunctionParameters parameters_;
  std::int64_t scale_;
  Real alpha_, gamma_;
};

}  // namespace veil
