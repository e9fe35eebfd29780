#include "verify/model_key.h"

#include "base/limits.h"
#include "circuit/validate.h"
#include "curve/generators.h"
#include "verify/argument.h"
#include "verify/registration.h"

namespace veil {

namespace {

Verdict registration_rejected(const Verdict& own) { return Verdict::reject("model/registration", own.name()); }

// The registration proofs show the declared range of every weight; their rows are the model's rows. They owe nothing
// where the circuit has no model tensors.
struct CheckedRegistration {
  Verdict so_far;
  std::vector<OwedEquations> owed;
};

CheckedArgument check_part(const Circuit& inference, const RegistrationPart& part, unsigned log_columns,
                           std::span<const G1Affine> model_rows, ByteView proof) {
  auto prepared = PreparedCircuit::prepare(registration_circuit(inference, part).circuit, log_columns);
  if (!prepared.ok()) return {Verdict::reject("model/size", prepared.error().message), {}};
  const PublicValues none(prepared->circuit().tensors.size());
  const auto rows = model_rows.subspan(part.rows.first, part.rows.count);
  CheckedArgument checked = check_argument({*prepared, rows, {}, none, as_bytes(kRegistrationContext)}, proof);
  if (!checked.so_far.accepted()) checked.so_far = registration_rejected(checked.so_far);
  return checked;
}

// The proofs of so many parts: one as it is, several each with its size in front. None where they are not so many.
std::optional<std::vector<ByteView>> split_proofs(ByteView proofs, std::size_t parts) {
  if (parts == 1) return std::vector<ByteView>{proofs};
  std::vector<ByteView> out;
  Reader reader(proofs);
  for (std::size_t i = 0; i < parts; ++i) {
    const auto proof = reader.block(kMaxFileBytes);
    if (!proof) return std::nullopt;
    out.push_back(*proof);
  }
  if (!reader.at_end()) return std::nullopt;
  return out;
}

CheckedRegistration check_registration(const PreparedCircuit& circuit, const std::vector<RegistrationPart>& parts,
                                       std::span<const G1Affine> model_rows, ByteView proof) {
  if (parts.empty()) {
    if (proof.empty()) return {Verdict::accept(), {}};
    return {Verdict::reject("model/registration", "not expected"), {}};
  }
  if (parts.back().rows.first + parts.back().rows.count != model_rows.size()) {
    return {Verdict::reject("model/registration", "its parts are not all rows"), {}};
  }
  const auto proofs = split_proofs(proof, parts.size());
  if (!proofs) return {Verdict::reject("model/registration", "not a proof for each part"), {}};
  CheckedRegistration out{Verdict::accept(), {}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CheckedArgument checked =
        check_part(circuit.circuit(), parts[i], circuit.layout().log_columns(), model_rows, (*proofs)[i]);
    if (!checked.so_far.accepted()) return {checked.so_far, {}};
    out.owed.push_back(std::move(checked.owed));
  }
  return out;
}

}  // namespace

void write_model_key(Writer& writer, const ModelKey& key) {
  write_circuit(writer, key.circuit);
  writer.u32(key.log_columns);
  writer.u8(static_cast<std::uint8_t>(key.visibility));
  writer.u32(static_cast<std::uint32_t>(key.model_rows.size()));
  for (const G1Affine& row : key.model_rows) writer.raw(to_uncompressed(row));
  writer.block(key.registration_proof);
}

Result<ModelKey> read_model_key(Reader& reader) {
  const Error damaged{"The model key is damaged: it ends early or holds a point that is not on the curve."};
  VEIL_TRY(circuit, read_circuit(reader));
  ModelKey key;
  key.circuit = std::move(circuit);
  const auto log_columns = reader.u32();
  const auto visibility = reader.u8();
  if (!log_columns || !visibility || *visibility > 1) return damaged;
  key.log_columns = *log_columns;
  key.visibility = static_cast<Visibility>(*visibility);
  const auto rows = reader.count(std::size_t{1} << 28, 64);
  if (!rows) return damaged;
  for (std::size_t i = 0; i < *rows; ++i) {
    const auto bytes = reader.take(64);
    const auto point = bytes ? from_uncompressed(*bytes) : std::nullopt;
    if (!point) return damaged;
    if (point->is_identity() && key.visibility == Visibility::kHidden) {
      return Error{"The model key is damaged: a row of a hidden model is the identity point."};
    }
    key.model_rows.push_back(*point);
  }
  const auto proof = reader.block(kMaxFileBytes);
  if (!proof) return damaged;
  key.registration_proof.assign(proof->begin(), proof->end());
  return key;
}

namespace {

Digest model_id(const Digest& circuit, unsigned log_columns, ByteView registration,
                std::span<const G1Affine> model_rows, Visibility visibility) {
  Writer writer;
  writer.text("veil/model/1");
  writer.text(kProtocolVersion);
  writer.raw(circuit);
  writer.u32(log_columns);
  writer.raw(generators_digest());
  writer.u64(model_rows.size());
  for (const G1Affine& row : model_rows) writer.raw(to_uncompressed(row));
  writer.u8(static_cast<std::uint8_t>(visibility));
  writer.raw(registration);
  return keccak256(writer.bytes());
}

}  // namespace

Digest compute_model_id(const PreparedCircuit& circuit, std::span<const G1Affine> model_rows, Visibility visibility) {
  const Bytes registration =
      registration_digests(circuit.circuit(), registration_parts(circuit.circuit(), circuit.layout()));
  return model_id(circuit.digest(), circuit.layout().log_columns(), registration, model_rows, visibility);
}

CheckedKey PendingModel::check(ModelKey key, const std::optional<Digest>& expected_id) {
  const auto reject = [](Verdict verdict) { return CheckedKey{std::move(verdict), std::nullopt}; };
  if (Verdict verdict = validate_circuit(key.circuit); !verdict.accepted()) return reject(verdict);
  // A pinned id comes before the work that the circuit asks for.
  if (key.log_columns > kMaxLogColumns || !layout_fits(key.circuit, key.log_columns)) {
    return reject(Verdict::reject("model/size", "the circuit is too large for this version of Veil"));
  }
  const std::vector<RegistrationPart> parts = registration_parts(key.circuit, RowLayout(key.circuit, key.log_columns));
  const Digest id = model_id(circuit_digest(key.circuit), key.log_columns, registration_digests(key.circuit, parts),
                             key.model_rows, key.visibility);
  if (expected_id && id != *expected_id) return reject(Verdict::reject("model/id", "the key has id " + to_hex(id)));
  auto prepared = PreparedCircuit::prepare(std::move(key.circuit), key.log_columns);
  if (!prepared.ok()) return reject(Verdict::reject("model/size", prepared.error().message));
  auto circuit = std::make_shared<const PreparedCircuit>(std::move(prepared).value());
  if (key.model_rows.size() != circuit->layout().rows(Owner::kModel).count) {
    return reject(Verdict::reject("model/rows", "their number does not fit the circuit"));
  }
  std::shared_ptr<VerifiedModel> model(new VerifiedModel(std::move(circuit)));
  model->id_ = id;
  model->trust_ = expected_id ? Trust::kPinned : Trust::kGiven;
  model->visibility_ = key.visibility;
  model->model_rows_ = std::move(key.model_rows);
  absorb_model(model->transcript_, *model->circuit_, model->model_rows_);
  CheckedRegistration registration =
      check_registration(model->circuit(), parts, model->model_rows(), key.registration_proof);
  if (!registration.so_far.accepted()) return reject(registration.so_far);
  PendingModel pending(std::move(model));
  pending.registration_ = std::move(registration.owed);
  return {Verdict::accept(), std::move(pending)};
}

VerifiedModel::Checked PendingModel::decided(std::span<const Verdict> registration) && {
  for (const Verdict& part : registration) {
    if (!part.accepted()) return {registration_rejected(part), nullptr};
  }
  return {Verdict::accept(), std::move(model_)};
}

VerifiedModel::Checked PendingModel::settle() && { return std::move(*this).decided(discharge(registration_)); }

VerifiedModel::Checked VerifiedModel::check(ModelKey key, const std::optional<Digest>& expected_id) {
  CheckedKey checked = PendingModel::check(std::move(key), expected_id);
  if (!checked.pending) return {checked.so_far, nullptr};
  return std::move(*checked.pending).settle();
}

}  // namespace veil
