#include "verify/proof.h"

#include <algorithm>

#include "verify/argument.h"
#include "verify/proof_source.h"

namespace veil {

namespace {

constexpr std::string_view kMagic = "veil/proof/1";

bool take_digest(Reader& reader, Digest& out) {
  const auto bytes = reader.take(out.size());
  if (!bytes) return false;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return true;
}

std::optional<ProofHeader> take_header(Reader& reader) {
  const auto magic = reader.take(kMagic.size());
  const ByteView wanted = as_bytes(kMagic);
  if (!magic || !std::equal(magic->begin(), magic->end(), wanted.begin())) return std::nullopt;
  ProofHeader header;
  if (!take_digest(reader, header.model_id) || !take_digest(reader, header.context_digest)) return std::nullopt;
  return header;
}

// Counts come from the circuit; a value is read only where the circuit has a public element.
bool take_public_values(Reader& reader, const Circuit& circuit, PublicValues& out) {
  out.resize(circuit.tensors.size());
  for (std::size_t id = 0; id < circuit.tensors.size(); ++id) {
    if (circuit.tensors[id].owner != Owner::kPublic) continue;
    const auto size = static_cast<std::size_t>(shape_size(circuit.tensors[id].shape));
    for (std::size_t i = 0; i < size; ++i) {
      const auto value = reader.i64();
      if (!value) return false;
      out[id].push_back(*value);
    }
  }
  return true;
}

// The name of what is wrong, or nothing.
const char* take_input_rows(Reader& reader, std::size_t count, std::vector<G1Affine>& out) {
  const auto bytes = reader.take(32 * count);
  if (!bytes) return "format/short";
  out.resize(count);
  return read_points(*bytes, out);
}

// The equations that many proofs owe, decided whenever there are so many that memory would grow.
class OwedBatch {
 public:
  // `verdict` is a rejection until settle() writes the real one to it.
  void add(OwedEquations owed, Verdict& verdict) {
    verdict = Verdict::reject("open/owed");
    num_terms_ += owed.num_terms();
    owed_.push_back(std::move(owed));
    verdicts_.push_back(&verdict);
    if (num_terms_ > kMaxTermsInFlight) settle();
  }

  void settle() {
    std::vector<Verdict> decided = discharge(owed_);
    for (std::size_t i = 0; i < decided.size(); ++i) *verdicts_[i] = std::move(decided[i]);
    owed_.clear();
    verdicts_.clear();
    num_terms_ = 0;
  }

 private:
  std::vector<OwedEquations> owed_;
  std::vector<Verdict*> verdicts_;
  std::size_t num_terms_ = 0;
};

struct CheckedProof {
  Verification verification;  // accepted: so far
  OwedEquations owed;
};

CheckedProof check_proof(const VerifiedModel& model, const Expected& expected, ByteView proof) {
  const auto reject = [](std::string name, std::string detail = {}) {
    return CheckedProof{{Verdict::reject(std::move(name), std::move(detail)), {}, {}}, {}};
  };
  Reader reader(proof);
  const auto header = take_header(reader);
  if (!header) return reject("format/header", "not a proof of this version of Veil");
  if (header->model_id != model.id())
    return reject("statement/model", "the proof is for model " + to_hex(header->model_id));
  if (header->context_digest != keccak256(expected.context))
    return reject("statement/context", "made for another context");
  const PreparedCircuit& circuit = model.circuit();
  Verification out;
  if (!take_public_values(reader, circuit.circuit(), out.public_values)) return reject("format/short");
  if (const char* name = take_input_rows(reader, circuit.layout().rows(Owner::kInput).count, out.input_rows)) {
    return reject(name);
  }
  if (expected.public_values && *expected.public_values != out.public_values)
    return reject("statement/public", "another value");
  if (expected.input_rows && *expected.input_rows != out.input_rows)
    return reject("statement/input", "other input rows");
  const Statement statement{circuit, model.model_rows(), out.input_rows, out.public_values, expected.context};
  Transcript transcript = model.transcript();
  CheckedArgument argument = check_argument_of_model(statement, *reader.take(reader.remaining()), transcript);
  if (!argument.so_far.accepted()) return {{argument.so_far, {}, {}}, {}};
  return {std::move(out), std::move(argument.owed)};
}

// Into `out`, which must stay in place until the batch is settled.
void check_into(OwedBatch& batch, Verification& out, const PresentedProof& presented) {
  CheckedProof checked = check_proof(presented.model, presented.expected, presented.proof);
  out = std::move(checked.verification);
  if (out.verdict.accepted()) batch.add(std::move(checked.owed), out.verdict);
}

// What a rejected proof states is nobody's business.
void clear_rejected(std::vector<Verification>& verifications) {
  for (Verification& one : verifications) {
    if (!one.verdict.accepted()) one = {std::move(one.verdict), {}, {}};
  }
}

}  // namespace

Bytes write_proof(const PreparedCircuit& circuit, const Proof& proof) {
  Writer writer;
  writer.raw(as_bytes(kMagic));
  writer.raw(proof.model_id);
  writer.raw(proof.context_digest);
  for (std::size_t id = 0; id < circuit.circuit().tensors.size(); ++id) {
    for (const std::int64_t value : proof.public_values[id]) writer.i64(value);
  }
  for (const G1Affine& row : proof.input_rows) writer.raw(compress(row));
  writer.raw(proof.argument);
  return writer.take();
}

std::optional<ProofHeader> read_proof_header(ByteView bytes) {
  Reader reader(bytes);
  return take_header(reader);
}

Verification verify(const VerifiedModel& model, const Expected& expected, ByteView proof) {
  return verify_all(model, expected, {&proof, 1})[0];
}

std::vector<Verification> verify_all(std::span<const PresentedProof> presented) {
  std::vector<Verification> out(presented.size());
  OwedBatch batch;
  for (std::size_t i = 0; i < presented.size(); ++i) check_into(batch, out[i], presented[i]);
  batch.settle();
  clear_rejected(out);
  return out;
}

std::vector<Verification> verify_all(const VerifiedModel& model, const Expected& expected,
                                     std::span<const ByteView> proofs) {
  std::vector<PresentedProof> presented;
  for (const ByteView proof : proofs) presented.push_back({model, expected, proof});
  return verify_all(presented);
}

// The model inside a pending key is used here alone, and leaves only when its registration was accepted.
class KeyVerifier {
 public:
  static KeyVerification run(PendingModel key, const Expected& expected, std::span<const ByteView> proofs) {
    KeyVerification out{{}, std::vector<Verification>(proofs.size())};
    OwedBatch batch;
    std::vector<Verdict> registration(key.registration_.size());
    for (std::size_t i = 0; i < registration.size(); ++i) batch.add(std::move(key.registration_[i]), registration[i]);
    for (std::size_t i = 0; i < proofs.size(); ++i) {
      check_into(batch, out.proofs[i], {*key.model_, expected, proofs[i]});
    }
    batch.settle();
    out.key = std::move(key).decided(registration);
    for (Verification& one : out.proofs) {
      if (!out.key.model) one.verdict = out.key.verdict;
    }
    clear_rejected(out.proofs);
    return out;
  }
};

KeyVerification verify_with_key(PendingModel key, const Expected& expected, std::span<const ByteView> proofs) {
  return KeyVerifier::run(std::move(key), expected, proofs);
}

}  // namespace veil
