// Reading a proof: each take is checked; after the first failure everything reads as zero and the name is kept.
#pragma once

#include <string>

#include "base/bytes.h"
#include "curve/g1.h"
#include "field/fr.h"

namespace veil {

class ProofSource {
 public:
  explicit ProofSource(ByteView proof) : reader_(proof) {}

  Fr scalar() {
    const auto bytes = reader_.take(32);
    if (!bytes) return fail<Fr>("format/short");
    const auto value = Fr::from_bytes(*bytes);
    return value ? *value : fail<Fr>("format/scalar");
  }

  G1Affine point() {
    const auto bytes = reader_.take(32);
    if (!bytes) return fail<G1Affine>("format/short");
    const auto value = decompress(*bytes);
    if (!value) return fail<G1Affine>("format/point");
    return value->is_identity() ? fail<G1Affine>("format/identity") : *value;
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
  template <class T>
  T fail(const char* name) {
    if (failure_.empty()) failure_ = name;
    return T();
  }

  Reader reader_;
  std::string failure_;
};

}  // namespace veil
