// The C interface (veil.h) over the service: pointers in, handles out, every exception and error a code.
#include "veil.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include "api/convert.h"
#include "key/veil_file.h"
#include "parallel/parallel.h"
#include "service/array_rows.h"
#include "service/batches.h"
#include "service/check_proofs.h"
#include "service/compare.h"
#include "service/prove_row.h"
#include "service/set_up.h"
#include "service/words.h"

struct veil_bytes {
  veil::SecretVector<std::uint8_t> bytes;
};
struct veil_options {
  veil::SetupChoices choices;
};
struct veil_prover {
  explicit veil_prover(veil::OwnedModel opened)
      : model(std::move(opened)),
        pads(std::make_unique<veil::PadStore>(model.prover.circuit().num_slots(),
                                              model.prover.circuit().layout().columns())) {}

  veil::OwnedModel model;
  std::unique_ptr<veil::PadStore> pads;
};
struct veil_verifier {
  veil::VerifiedModel model;
};

namespace {

using veil::Bytes;
using veil::Error;
using veil::Result;
using veil::api::Code;
using veil::api::guarded;
using veil::api::view;

void hand_out(veil_bytes** to, Bytes bytes) {
  if (to != nullptr) *to = new veil_bytes{veil::SecretVector<std::uint8_t>(std::move(bytes))};
}

void forget(std::initializer_list<veil_bytes**> handles) {
  for (veil_bytes** handle : handles) {
    if (handle != nullptr) *handle = nullptr;
  }
}

void write_id(const veil::Digest& id, char* out) {
  const std::string text = veil::to_hex(id);
  std::copy(text.begin(), text.end(), out);
  out[text.size()] = 0;
}

Result<veil::SetupFiles> set_up(veil::ByteView onnx, std::span<const veil_array> arrays, veil::SetupChoices choices,
                                const veil::StageCallback& stage) {
  stage("reading model and data", 0.0);
  VEIL_TRY(file, veil::model_file(Bytes(onnx.begin(), onnx.end()), choices));
  VEIL_TRY(graph, veil::read_model(file, choices));
  VEIL_TRY(named, veil::api::named_arrays(arrays));
  VEIL_TRY(data, veil::rows_of_arrays(std::move(named), veil::input_specs(graph), "The data"));
  const auto rows = veil::calibration_batches(data, graph.batch);
  VEIL_TRY(made, veil::set_up(std::move(graph), rows, choices, stage));
  return veil::setup_files(made, std::move(file), choices);
}

Result<veil::RealRow> one_row(const veil::OwnedModel& model, std::span<const veil_array> arrays) {
  VEIL_TRY(named, veil::api::named_arrays(arrays));
  VEIL_TRY(data, veil::rows_of_arrays(std::move(named), veil::input_specs(model), "The data"));
  const std::int64_t batch = model.graph.batch;
  if (data.rows != static_cast<std::size_t>(batch)) {
    return Error{"The data has " + std::to_string(data.rows) + " rows; a proof is about " +
                 (batch == 1 ? "one." : std::to_string(batch) + ".")};
  }
  return veil::rows_from(data, 0, batch);
}

std::string_view text_of(veil::ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Result<std::vector<veil::Verification>> verify_presented(const veil::VerifiedModel& model,
                                                         std::span<const veil_presented> proofs) {
  std::vector<veil::Expected> expected;
  for (const veil_presented& one : proofs) {
    if ((one.proof == nullptr && one.proof_size != 0) || (one.bound_to == nullptr && one.bound_to_size != 0)) {
      return veil::api::null_pointer();
    }
    expected.push_back({view(one.bound_to, one.bound_to_size), {}, {}});
  }
  std::vector<veil::PresentedProof> presented;
  for (std::size_t i = 0; i < proofs.size(); ++i) {
    presented.push_back({model, expected[i], view(proofs[i].proof, proofs[i].proof_size)});
  }
  return veil::verify_all(presented);
}

veil::Json verdict_json(const veil::VerifiedModel& model, const veil::Verification& checked, veil::ByteView context) {
  if (!checked.verdict.accepted()) {
    return {{"accepted", false}, {"reason", veil::verdict_text(checked.verdict)}, {"statement", nullptr}};
  }
  return {{"accepted", true},
          {"reason", nullptr},
          {"statement", veil::statement_json(model, checked.public_values, text_of(context))}};
}

// The first that is rejected, by its place, or that all are accepted.
Code code_of(std::span<const veil::Verification> checked) {
  for (std::size_t i = 0; i < checked.size(); ++i) {
    if (checked[i].verdict.accepted()) continue;
    return {VEIL_REJECTED, "proof " + std::to_string(i) + ": " + veil::verdict_text(checked[i].verdict)};
  }
  return {};
}

}  // namespace

extern "C" {

const uint8_t* veil_bytes_data(const veil_bytes* bytes) {
  return bytes == nullptr ? nullptr : bytes->bytes.expose().data();
}
size_t veil_bytes_size(const veil_bytes* bytes) { return bytes == nullptr ? 0 : bytes->bytes.size(); }
void veil_bytes_free(veil_bytes* bytes) { delete bytes; }

const char* veil_version(void) { return VEIL_VERSION; }
void veil_set_threads(size_t threads) {
  const std::size_t most = std::max(1U, std::thread::hardware_concurrency());
  guarded(nullptr, [&] {
    veil::set_num_threads(threads == 0 ? most : std::min(threads, most));
    return Code{};
  });
}

veil_options* veil_options_new(void) { return new (std::nothrow) veil_options; }
void veil_options_free(veil_options* options) { delete options; }
veil_code veil_options_set(veil_options* options, const char* name, const char* value, veil_error* error) {
  return guarded(error, [&]() -> Result<Code> {
    if (options == nullptr || name == nullptr || value == nullptr) return veil::api::null_pointer();
    VEIL_TRY_STATUS(veil::set_choice(options->choices, name, value));
    return Code{};
  });
}

veil_code veil_setup(const uint8_t* onnx, size_t onnx_size, const veil_array* rows, size_t num_arrays,
                     const veil_options* options, veil_progress progress, void* context, veil_bytes** prover,
                     veil_bytes** verifier, veil_bytes** report, veil_bytes** graph, veil_error* error) {
  forget({prover, verifier, report, graph});
  return guarded(error, [&]() -> Result<Code> {
    if (onnx == nullptr || (rows == nullptr && num_arrays != 0)) return veil::api::null_pointer();
    VEIL_TRY(files, set_up(view(onnx, onnx_size), {rows, num_arrays},
                           options == nullptr ? veil::SetupChoices{} : options->choices,
                           veil::api::stage_callback(progress, context)));
    hand_out(prover, std::move(files.prover));
    hand_out(verifier, std::move(files.verifier));
    hand_out(report, veil::bytes_of(veil::json_text(files.report, 2) + "\n"));
    hand_out(graph, veil::bytes_of(files.graph_json + "\n"));
    return Code{};
  });
}

veil_code veil_prover_open(const uint8_t* key, size_t key_size, veil_prover** prover, veil_error* error) {
  if (prover != nullptr) *prover = nullptr;
  return guarded(error, [&]() -> Result<Code> {
    if (key == nullptr || prover == nullptr) return veil::api::null_pointer();
    VEIL_TRY(model, veil::open_owned_model(view(key, key_size), "prover.veil", true));
    *prover = new veil_prover(std::move(model));
    return Code{};
  });
}
void veil_prover_free(veil_prover* prover) { delete prover; }
void veil_prover_model_id(const veil_prover* prover, char id[65]) { write_id(prover->model.prover.model_id(), id); }

veil_code veil_prover_prepare(const veil_prover* prover, size_t proofs, veil_error* error) {
  constexpr size_t kMostProofs = 1024;
  return guarded(error, [&]() -> Result<Code> {
    if (prover == nullptr) return veil::api::null_pointer();
    if (proofs > kMostProofs) {
      return Error{"At most " + std::to_string(kMostProofs) + " proofs can be prepared, not " + std::to_string(proofs) +
                   "."};
    }
    prover->model.prover.fill(*prover->pads, proofs);
    return Code{};
  });
}
size_t veil_prover_prepared(const veil_prover* prover) { return prover == nullptr ? 0 : prover->pads->available(); }

veil_code veil_prover_prove(const veil_prover* prover, const veil_array* row, size_t num_arrays,
                            const uint8_t* bound_to, size_t bound_to_size, veil_progress progress, void* context,
                            veil_bytes** proof, veil_bytes** note, veil_error* error) {
  forget({proof, note});
  return guarded(error, [&]() -> Result<Code> {
    if (prover == nullptr || (row == nullptr && num_arrays != 0) || (bound_to == nullptr && bound_to_size != 0)) {
      return veil::api::null_pointer();
    }
    VEIL_TRY(real_row, one_row(prover->model, {row, num_arrays}));
    veil::Profile profile;
    const veil::StageCallback stage = veil::api::stage_callback(progress, context);
    const std::size_t slots = prover->model.prover.circuit().num_slots();
    std::size_t told = 0;
    profile.watch([&](std::string_view phase) { stage(phase, veil::api::share_of_proof(phase, told, slots)); });
    VEIL_TRY(result,
             veil::prove_row(prover->model, real_row, view(bound_to, bound_to_size), prover->pads.get(), &profile));
    if (!result.proof) return Code{VEIL_REJECTED, result.refusal};
    hand_out(proof, std::move(result.proof->proof));
    if (!result.saturated.empty()) hand_out(note, veil::bytes_of(veil::saturation_text(result.saturated)));
    return Code{};
  });
}

veil_code veil_prover_evaluate(const veil_prover* prover, const veil_array* rows, size_t num_arrays,
                               veil_bytes** comparison, veil_error* error) {
  forget({comparison});
  return guarded(error, [&]() -> Result<Code> {
    if (prover == nullptr || (rows == nullptr && num_arrays != 0)) return veil::api::null_pointer();
    VEIL_TRY(named, veil::api::named_arrays({rows, num_arrays}));
    VEIL_TRY(data, veil::rows_of_arrays(std::move(named), veil::input_specs(prover->model), "The data"));
    VEIL_TRY(batches, veil::whole_batches(data, prover->model.graph.batch));
    VEIL_TRY(compared, veil::compare_with_float(prover->model, batches));
    hand_out(comparison, veil::bytes_of(veil::json_text(veil::comparison_json(prover->model, compared.runs))));
    return Code{};
  });
}

veil_code veil_verifier_open(const uint8_t* key, size_t key_size, const char* model_id, veil_verifier** verifier,
                             veil_error* error) {
  if (verifier != nullptr) *verifier = nullptr;
  return guarded(error, [&]() -> Result<Code> {
    if (key == nullptr || verifier == nullptr) return veil::api::null_pointer();
    std::optional<std::string> text;
    if (model_id != nullptr) text = model_id;
    VEIL_TRY(id, veil::parse_model_id(text));
    VEIL_TRY(file, veil::read_verifier_file(view(key, key_size), "verifier.veil"));
    const veil::VerifiedModel::Checked checked = veil::VerifiedModel::check(std::move(file.model), id);
    if (!checked.verdict.accepted()) return Code{VEIL_REJECTED, veil::verdict_text(checked.verdict)};
    *verifier = new veil_verifier{*checked.model};
    return Code{};
  });
}
void veil_verifier_free(veil_verifier* verifier) { delete verifier; }
void veil_verifier_model_id(const veil_verifier* verifier, char id[65]) { write_id(verifier->model.id(), id); }

veil_code veil_verifier_verify(const veil_verifier* verifier, const uint8_t* proof, size_t proof_size,
                               const uint8_t* bound_to, size_t bound_to_size, veil_bytes** statement,
                               veil_error* error) {
  forget({statement});
  return guarded(error, [&]() -> Result<Code> {
    if (verifier == nullptr || (proof == nullptr && proof_size != 0) || (bound_to == nullptr && bound_to_size != 0)) {
      return veil::api::null_pointer();
    }
    const veil::ByteView context = view(bound_to, bound_to_size);
    veil::Expected expected;
    expected.context = context;
    const veil::Verification checked = veil::verify(verifier->model, expected, view(proof, proof_size));
    if (!checked.verdict.accepted()) return Code{VEIL_REJECTED, veil::verdict_text(checked.verdict)};
    hand_out(statement, veil::bytes_of(veil::json_text(
                            veil::statement_json(verifier->model, checked.public_values, text_of(context)))));
    return Code{};
  });
}

veil_code veil_verifier_verify_many(const veil_verifier* verifier, const veil_presented* proofs, size_t num_proofs,
                                    veil_bytes** verdicts, veil_error* error) {
  forget({verdicts});
  return guarded(error, [&]() -> Result<Code> {
    if (verifier == nullptr || (proofs == nullptr && num_proofs != 0)) return veil::api::null_pointer();
    const std::span<const veil_presented> presented(proofs, num_proofs);
    VEIL_TRY(checked, verify_presented(verifier->model, presented));
    if (verdicts != nullptr) {
      veil::Json all = veil::Json::array();
      for (std::size_t i = 0; i < checked.size(); ++i) {
        const veil::ByteView context = view(presented[i].bound_to, presented[i].bound_to_size);
        all.push_back(verdict_json(verifier->model, checked[i], context));
      }
      hand_out(verdicts, veil::bytes_of(veil::json_text(all)));
    }
    return code_of(checked);
  });
}

}  // extern "C"
