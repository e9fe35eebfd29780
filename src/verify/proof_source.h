// Reading a proof: each take is checked; after the first failure everything reads as zero and the name is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "curve/g1.h"
#include "field/fr.h"
#include "transcript/transcript.h"

namespace veil {

// The name of what is wrong, or nothing. `bytes` has 32 for each of the points, which are never the identity.
inline const char* read_points(ByteView bytes, std::span<G1Affine> points) {
  const std::vector<std::optional<G1Affine>> read = decompress_all(bytes);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!read[i]) return "format/point";
    if (read[i]->is_identity()) return "format/identity";
    points[i] = *read[i];
  }
  return nullptr;
}

class ProofSource {
 public:
  explicit ProofSource(ByteView proof) : reader_(proof) {}

  Fr scalar() {
    const auto bytes = reader_.take(32);
    return bytes ? scalar_of(*bytes) : fail<Fr>("format/short");
  }

  // Reads a scalar and absorbs it: the bytes themselves, as they are canonical wherever nothing has failed.
  Fr absorbed_scalar(Transcript& transcript, std::string_view label) {
    const auto bytes = reader_.take(32);
    if (!bytes) return fail<Fr>("format/short");
    transcript.absorb_scalar(label, *bytes);
    return scalar_of(*bytes);
  }

  // Reads so many points and hands each to absorb(index, bytes). After a failure all are the identity.
  template <class Absorb>
  std::vector<G1Affine> absorbed_points(std::size_t count, const Absorb& absorb) {
    std::vector<G1Affine> points(count);
    const auto bytes = reader_.take(32 * count);
    const char* const wrong = bytes ? read_points(*bytes, points) : "format/short";
    if (wrong != nullptr) {
      fail<Fr>(wrong);
      return std::vector<G1Affine>(count);
    }
    for (std::size_t i = 0; i < count; ++i) absorb(i, bytes->subspan(32 * i, 32));
    return points;
  }

  template <class Question>
  Fr next(const Question&) {
    return scalar();
  }

  void expect_end() {
    if (!reader_.at_end()) fail<Fr>("format/trailing");
  }
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }

 private:
  Fr scalar_of(ByteView bytes) {
    const auto value = Fr::from_bytes(bytes);
    return value ? *value : fail<Fr>("format/scalar");
  }

  template <class T>
  T fail(const char* name) {
    if (failure_.empty()) failure_ = name;
    return T();
  }

  Reader reader_;
  std::string failure_;
};

}  // namespace veil
