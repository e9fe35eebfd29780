// Fiat-Shamir: typed, labelled, length-prefixed absorbs; challenges by Keccak-256.
//
//   absorb(kind, label, data):  pending += kind || u32 |label| || label || u64 |data| || data
//   challenge(label):           absorb('c', label, ""); state = keccak256(state || pending); pending = "";
//                               coin = (keccak256(state || 0) || keccak256(state || 1)) mod p     bias below 2^-256
// The state begins as 32 zero bytes. Everything absorbed since the last challenge enters the next one. The pending
// bytes are hashed as they come; a copy of a transcript goes on from where it was copied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "field/fr.h"
#include "hash/keccak256.h"

namespace veil {

// A random oracle under a test's control: gives the challenges instead of the hash (simulator, lying verifiers).
class ChallengeOracle {
 public:
  virtual ~ChallengeOracle() = default;
  virtual Fr challenge(std::string_view label) = 0;
};

// A copy goes on by itself: what many statements begin with need be absorbed once only.
class Transcript {
 public:
  Transcript() { hash_.update(Digest{}); }
  explicit Transcript(ChallengeOracle* oracle) : Transcript() { oracle_ = oracle; }

  void absorb_bytes(std::string_view label, ByteView data) { absorb('b', label, data); }
  void absorb_scalar(std::string_view label, const Fr& scalar) { absorb('s', label, scalar.to_bytes()); }
  void absorb_scalar(std::string_view label, ByteView canonical) { absorb('s', label, canonical); }
  void absorb_point(std::string_view label, ByteView compressed) { absorb('p', label, compressed); }
  Fr challenge(std::string_view label);

  // The labelled list of absorbs and challenges ("p row/3", "c lookup/alpha"), kept when asked for before use.
  void keep_schedule() { keep_schedule_ = true; }
  const std::vector<std::string>& schedule() const { return schedule_; }

 private:
  void absorb(char kind, std::string_view label, ByteView data);

  Keccak256 hash_;  // of the state and everything pending
  ChallengeOracle* oracle_ = nullptr;
  bool keep_schedule_ = false;
  std::vector<std::string> schedule_;
};

}  // namespace veil
