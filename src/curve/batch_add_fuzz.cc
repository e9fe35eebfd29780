// Batches of additions: every level against Jacobian additions, for pairs of any kind and sums over operands.
#include <cstdlib>
#include <vector>

#include "base/bytes.h"
#include "curve/batch_add.h"

namespace veil {
namespace {

// Few points, so that equal, opposite and identity operands are common.
const std::vector<G1Affine>& points() {
  static const std::vector<G1Affine> some = [] {
    std::vector<G1> out{G1::identity(), G1::generator()};
    for (std::size_t i = 2; i < 8; ++i) out.push_back(out[i - 1].doubled());
    return G1::batch_to_affine(out);
  }();
  return some;
}

}  // namespace
}  // namespace veil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace veil;
  std::vector<G1Affine> left, right, expected;
  for (std::size_t i = 0; i < size && i < 3000; ++i) {
    left.push_back(points()[data[i] & 7]);
    right.push_back(points()[data[i] >> 3 & 7]);
  }
  std::vector<G1> sums;
  for (std::size_t i = 0; i < left.size(); ++i) {
    sums.push_back(G1((data[i] & 64) != 0 ? -left[i] : left[i]) + ((data[i] & 128) != 0 ? -right[i] : right[i]));
  }
  expected = G1::batch_to_affine(sums);
  for (const CpuLevel level : {CpuLevel::kPortable, CpuLevel::kIfma}) {
    if (level > detect_cpu_level()) continue;
    std::vector<G1Affine> out = left;  // every sum takes the place of its left operand
    BatchAdder adder(level);
    for (std::size_t i = 0; i < out.size(); ++i) {
      adder.add(PointRef(&out[i], (data[i] & 64) != 0), PointRef(&right[i], (data[i] & 128) != 0), &out[i]);
    }
    adder.flush();
    if (out != expected) std::abort();
  }
  return 0;
}
