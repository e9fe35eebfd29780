// Setting a model up: commit the weights, prove their ranges; and the prover's key as bytes.
#include <limits>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/limits.h"
#include "base/random.h"
#include "circuit/validate.h"
#include "curve/generators.h"
#include "prove/prover.h"
#include "verify/registration.h"

namespace veil {

namespace {

// Registration circuit and inference circuit list the model tensors in the same order.
std::vector<TensorId> model_tensors(const Circuit& circuit) {
  std::vector<TensorId> ids;
  for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
    if (circuit.tensors[id].owner == Owner::kModel) ids.push_back(id);
  }
  return ids;
}

Status check_weights(const Circuit& circuit, const std::vector<IntegerArray>& weights) {
  if (weights.size() != circuit.tensors.size())
    return Error{"The weights do not fit the circuit: their number differs."};
  for (const TensorId id : model_tensors(circuit)) {
    const Tensor& tensor = circuit.tensors[id];
    if (static_cast<std::int64_t>(weights[id].size()) != shape_size(tensor.shape)) {
      return Error{"The weights of '" + tensor.name + "' do not fit its shape."};
    }
    if (!weights[id].view().all_within(tensor.low, tensor.high)) {
      return Error{"A weight of '" + tensor.name + "' is outside its declared range."};
    }
  }
  return Done{};
}

// The weights of a slice, which lie side by side.
IntegerArray weights_of(const Circuit& circuit, const RegistrationSlice& slice, const IntegerArray& weights) {
  if (!slice.length) return weights;
  const Shape& shape = circuit.tensors[slice.tensor].shape;
  std::size_t inner = 1;
  for (std::size_t d = slice.axis + 1; d < shape.size(); ++d) inner *= static_cast<std::size_t>(shape[d]);
  const auto count = static_cast<std::size_t>(*slice.length) * inner;
  IntegerBuffer out(count, weights.width());
  out.store(0, weights.view().part(static_cast<std::size_t>(slice.begin) * inner, count));
  return std::move(out).finish();
}

// The proof that every weight of a part is in its declared range, over the very rows of the model.
Result<Bytes> prove_part(const ModelKey& model, const RegistrationPart& part, const std::vector<IntegerArray>& weights,
                         std::span<const Fr> row_blinders, const Digest& secret, Profile& profile) {
  profile.enter("registration");
  const Registration registration = registration_circuit(model.circuit, part);
  VEIL_TRY(circuit, PreparedCircuit::prepare(registration.circuit, model.log_columns));
  Trace trace = empty_trace(registration.circuit);
  for (const RegistrationSlice& slice : part.slices) {
    trace.shared.push_back(weights_of(model.circuit, slice, weights[slice.tensor]));
  }
  for (const LimbStep& step : registration.steps) fill_limbs(registration.circuit, trace, step);
  fill_multiplicities(registration.circuit, trace);
  const RowLayout& layout = circuit.layout();
  CommittedRows rows;
  rows.matrix = layout.matrix(trace);
  Drbg drbg(derive_seed("veil/registration/1", [](std::span<std::uint8_t> out) { fill_random(out); },
                        {secret, matrix_digest(rows.matrix)}));
  rows.blinders = sample_blinders(drbg, layout.total_rows());
  for (std::size_t i = 0; i < part.rows.count; ++i) {
    rows.blinders.expose()[i] = row_blinders.empty() ? Fr::zero() : row_blinders[part.rows.first + i];
  }
  const RowRange witness = layout.rows(Owner::kWitness);
  const RowCommitter committer(layout.columns());
  rows.witness = commit_rows(committer, RowBlinder(), rows.matrix, witness,
                             rows.blinders.expose().subspan(witness.first, witness.count));
  const Pads pads = Pads::sample(drbg, circuit.num_slots(), layout.columns(), &committer);
  const PublicValues none(registration.circuit.tensors.size());
  const auto model_rows = std::span(model.model_rows).subspan(part.rows.first, part.rows.count);
  return prove_argument({circuit, model_rows, {}, none, as_bytes(kRegistrationContext)}, trace, rows, pads, nullptr,
                        nullptr, &profile, &committer);
}

Result<Bytes> prove_registration(const ModelKey& model, const RowLayout& layout,
                                 const std::vector<IntegerArray>& weights, std::span<const Fr> row_blinders,
                                 const Digest& secret, const std::function<void(double)>& done) {
  const std::vector<RegistrationPart> parts = registration_parts(model.circuit, layout);
  Writer out;
  std::size_t ready = 0;
  Profile profile;
  profile.watch([&](std::string_view) { done(static_cast<double>(ready) / static_cast<double>(parts.size())); });
  for (const RegistrationPart& part : parts) {
    VEIL_TRY(proof, prove_part(model, part, weights, row_blinders, secret, profile));
    ++ready;
    if (parts.size() == 1) return proof;
    out.block(proof);
  }
  return out.take();
}

}  // namespace

std::vector<G1Affine> commit_model_rows(const PreparedCircuit& circuit, const std::vector<IntegerArray>& weights,
                                        std::span<const Fr> row_blinders) {
  const RowLayout& layout = circuit.layout();
  Trace trace = empty_trace(circuit.circuit());
  trace.shared = weights;
  return commit_rows(RowCommitter(layout.columns()), RowBlinder(), layout.matrix(trace, Owner::kModel),
                     layout.rows(Owner::kModel), row_blinders);
}

Result<unsigned> choose_log_columns(const Circuit& circuit) {
  constexpr std::size_t kPointCost = 16;  // one point in the verifier's sum weighs as much as this many proof bytes
  constexpr std::size_t kFoldCost = 2;    // and this many a column in the prover's sums, each time it is folded
  std::optional<unsigned> best;
  std::size_t best_cost = std::numeric_limits<std::size_t>::max();
  for (unsigned log_columns = 4; log_columns <= kMaxLogColumns; ++log_columns) {
    if (!layout_fits(circuit, log_columns)) continue;
    if (RowLayout(circuit, log_columns).total_rows() > (std::size_t{1} << 16))
      continue;  // too many points to be a choice
    auto prepared = PreparedCircuit::prepare(circuit, log_columns);
    if (!prepared.ok()) continue;
    const RowLayout& layout = prepared->layout();
    const OpeningShape& opening = prepared->opening();
    const std::size_t points = layout.total_rows() + layout.columns() + opening.num_points();
    const std::size_t cost =
        prepared->proof_size_bytes() + kPointCost * points + kFoldCost * opening.column_folds() * layout.columns();
    if (cost < best_cost) {
      best_cost = cost;
      best = log_columns;
    } else if (best && cost > 2 * best_cost) {
      break;  // the cost falls, then rises
    }
  }
  if (!best) return Error{"The circuit is too large for this version of Veil."};
  return *best;
}

Result<ProverKey> set_up_model(const Circuit& circuit, std::vector<IntegerArray> weights, const SetupOptions& options) {
  const auto progress = [&options](std::string_view stage, double done) {
    if (options.progress) options.progress(stage, done);
  };
  VEIL_TRY_STATUS(check_weights(circuit, weights));
  progress("checking the circuit", 0.0);
  if (const Verdict verdict = validate_circuit(circuit); !verdict.accepted()) {
    return Error{"The circuit does not pass its own validator (" + verdict.name() + ": " + verdict.detail() +
                 "); please report this model."};
  }
  ProverKey key;
  key.model.circuit = circuit;
  key.model.visibility = options.visibility;
  progress("choosing the commitment's shape", 0.1);
  if (options.log_columns) {
    key.model.log_columns = *options.log_columns;
  } else {
    VEIL_TRY(log_columns, choose_log_columns(circuit));
    key.model.log_columns = log_columns;
  }
  VEIL_TRY(prepared, PreparedCircuit::prepare(circuit, key.model.log_columns));
  progress("committing the weights", 0.3);
  fill_random(key.secret.expose());
  if (options.visibility == Visibility::kHidden) {
    Digest seed{};
    fill_random(seed);
    Drbg drbg(seed);
    wipe(seed.data(), seed.size());
    key.row_blinders = sample_blinders(drbg, prepared.layout().rows(Owner::kModel).count);
  }
  key.model.model_rows = commit_model_rows(prepared, weights, key.row_blinders.expose());
  progress("proving the ranges of the weights", 0.5);
  VEIL_TRY(registration,
           prove_registration(key.model, prepared.layout(), weights, key.row_blinders.expose(), key.secret.expose(),
                              [&](double part) { progress("proving the ranges of the weights", 0.5 + 0.5 * part); }));
  key.model.registration_proof = std::move(registration);
  key.weights = std::move(weights);
  progress("done", 1.0);
  return key;
}

namespace {

// Of its elements in a key: what holds the tensor's declared range, whatever the weights are.
IntegerWidth declared_width(const Tensor& tensor) { return narrowest_width(tensor.low, tensor.high); }

void write_integers(Writer& writer, const IntegerView& values, IntegerWidth width) {
  Bytes bytes(values.size() * width_bytes(width));
  std::size_t at = 0;
  values.visit([&](const auto* entries) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t byte = width_bytes(width); byte-- > 0;) {
        bytes[at++] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(std::int64_t{entries[i]}) >> (8 * byte));
      }
    }
  });
  writer.raw(bytes);
  wipe(bytes.data(), bytes.size());
}

// Allocates what the reader still has, at most.
std::optional<IntegerArray> read_integers(Reader& reader, std::size_t count, IntegerWidth width) {
  if (count > reader.remaining() / width_bytes(width)) return std::nullopt;
  const ByteView bytes = *reader.take(count * width_bytes(width));
  IntegerBuffer out(count, width);
  out.fill([&, at = std::size_t{0}]() mutable {
    std::uint64_t value = (bytes[at] & 0x80) != 0 ? ~std::uint64_t{0} : 0;  // the sign
    for (std::size_t byte = 0; byte < width_bytes(width); ++byte) value = value << 8 | bytes[at++];
    return static_cast<std::int64_t>(value);
  });
  return std::move(out).finish();
}

}  // namespace

void write_prover_key(Writer& writer, const ProverKey& key) {
  write_model_key(writer, key.model);
  for (const TensorId id : model_tensors(key.model.circuit)) {
    write_integers(writer, key.weights[id].view(), declared_width(key.model.circuit.tensors[id]));
  }
  writer.u32(static_cast<std::uint32_t>(key.row_blinders.size()));
  for (const Fr& blinder : key.row_blinders.expose()) writer.raw(blinder.to_bytes());
  writer.raw(key.secret.expose());
}

Result<ProverKey> read_prover_key(Reader& reader) {
  const Error damaged{"The prover's key is damaged: it ends early or holds a number that is too large."};
  ProverKey key;
  VEIL_TRY(model, read_model_key(reader));
  key.model = std::move(model);
  key.weights.resize(key.model.circuit.tensors.size());
  for (const TensorId id : model_tensors(key.model.circuit)) {
    const Tensor& tensor = key.model.circuit.tensors[id];
    if (tensor.low > tensor.high) return damaged;
    auto integers = read_integers(reader, static_cast<std::size_t>(shape_size(tensor.shape)), declared_width(tensor));
    if (!integers) return damaged;
    key.weights[id] = std::move(*integers);
  }
  VEIL_TRY_STATUS(check_weights(key.model.circuit, key.weights));
  const auto blinders = reader.count(std::size_t{1} << 28, 32);
  const std::size_t expected = key.model.visibility == Visibility::kHidden ? key.model.model_rows.size() : 0;
  if (!blinders || *blinders != expected) return damaged;
  key.row_blinders = SecretVector<Fr>(*blinders);
  for (Fr& blinder : key.row_blinders.expose()) {
    const auto bytes = reader.take(32);
    const auto value = bytes ? Fr::from_bytes(*bytes) : std::nullopt;
    if (!value) return damaged;
    blinder = *value;
  }
  const auto secret = reader.take(32);
  if (!secret) return damaged;
  std::copy(secret->begin(), secret->end(), key.secret.expose().begin());
  return key;
}

}  // namespace veil
