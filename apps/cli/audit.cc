// veil audit: is the circuit of a verifier's key the function it is said to be?
//
//   a public model   the model file, quantised again under the key's own scales, must give the same rows and id
//   a hidden model   graph.json, lowered again, must give the same circuit; or the model file the same graph (its
//   weights
//                    are hidden in the commitment and cannot be compared)
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/files.h"
#include "data/files.h"
#include "onnx/import.h"
#include "quant/quantise.h"
#include "service/owned_model.h"
#include "service/statement_text.h"
#include "verify/model_key.h"

namespace veil::cli {

namespace {

struct Finding {
  Verdict verdict = Verdict::accept();
  std::string shown;  // what the audit showed
};

// The graph must lower to the very circuit of the key. Its error names the check that failed.
Verdict check_circuit(const QuantisedGraph& graph, const VerifiedModel& model) {
  const auto lowering = lower(graph);
  if (!lowering.ok()) return Verdict::reject("audit/graph", lowering.error().message);
  if (graph.hidden != (model.visibility() == Visibility::kHidden)) {
    return Verdict::reject("audit/visibility", "hidden in one, public in the other");
  }
  const Digest digest = circuit_digest(lowering->circuit);
  if (digest != model.circuit().digest()) return Verdict::reject("audit/circuit", "this gives " + to_hex(digest));
  return Verdict::accept();
}

Verdict check_public_weights(const QuantisedModel& quantised, const VerifiedModel& model) {
  const auto lowering = lower(quantised.graph);
  if (!lowering.ok()) return Verdict::reject("audit/graph", lowering.error().message);
  const auto rows = commit_model_rows(model.circuit(), weights_by_tensor(*lowering, quantised.weights), {});
  const Digest id = compute_model_id(model.circuit(), rows, Visibility::kPublic);
  if (id != model.id()) return Verdict::reject("audit/id", "the weights of this file give " + to_hex(id));
  return Verdict::accept();
}

Result<Finding> audit_graph(ByteView bytes, const std::string& path, const VerifiedModel& model) {
  VEIL_TRY(graph, parse_graph(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), path));
  return Finding{check_circuit(graph, model),
                 model.visibility() == Visibility::kHidden
                     ? "the circuit is the one of this quantised graph; its weights stay hidden"
                     : "the circuit is the one of this quantised graph; give the .onnx file to compare the weights"};
}

Result<Finding> audit_model_file(ByteView bytes, const VerifierFile& file, const std::string& verifier_path,
                                 const VerifiedModel& model) {
  VEIL_TRY(recorded, parse_graph(file.graph_json, verifier_path));
  if (Verdict verdict = check_circuit(recorded, model); !verdict.accepted()) return Finding{std::move(verdict), ""};
  VEIL_TRY(graph, import_onnx(bytes, ImportOptions{file.import.dims, file.import.output, recorded.batch}));
  const auto quantised = requantise(graph, recorded);
  if (!quantised.ok()) return Finding{Verdict::reject("audit/graph", quantised.error().message), ""};
  if (model.visibility() == Visibility::kHidden) {
    return Finding{Verdict::accept(),
                   "the circuit is that of a model of this architecture; the weights are hidden and "
                   "were not compared"};
  }
  return Finding{check_public_weights(*quantised, model), "this model file, weights included, is the one of the key"};
}

Outcome outcome_of(const Finding& finding, const VerifiedModel& model) {
  const bool accepted = finding.verdict.accepted();
  Outcome out;
  out.exit_code = accepted ? ExitCode::kDone : ExitCode::kRejected;
  out.json = Json{{"accepted", accepted},
                  {"reason", accepted ? Json(nullptr) : Json(finding.verdict.name())},
                  {"detail", accepted ? finding.shown : finding.verdict.detail()},
                  {"model_id", to_hex(model.id())},
                  {"circuit_digest", to_hex(model.circuit().digest())}};
  if (!accepted) {
    out.text = fmt::format("REJECTED: {} ({})\n", finding.verdict.name(), printable(finding.verdict.detail()));
    return out;
  }
  out.text = fmt::format("ACCEPTED: {}\n  model      {} ({} weights)\n  circuit    {}\n{}", finding.shown,
                         to_hex(model.id()), visibility_name(model.visibility()), to_hex(model.circuit().digest()),
                         circuit_facts_text(model.circuit().circuit(), model.visibility()));
  return out;
}

}  // namespace

Result<Outcome> run_audit(const AuditArguments& arguments) {
  VEIL_TRY(file, load_verifier_file(arguments.verifier));
  VEIL_TRY(bytes, read_file(arguments.model));
  if (arguments.padding.any() && !looks_like_graph(bytes)) {
    auto padded = pad_trees(bytes, arguments.padding);
    if (!padded.ok()) return about_file(arguments.model, padded.error());
    bytes = std::move(padded).value();
  }
  Progress progress;
  progress.show("checking the key", 0.0);
  const VerifiedModel::Checked checked = VerifiedModel::check(file.model, std::nullopt);
  if (!checked.verdict.accepted()) {
    Outcome out{ExitCode::kRejected,
                Json{{"accepted", false}, {"reason", checked.verdict.name()}, {"detail", checked.verdict.detail()}},
                fmt::format("REJECTED: {} ({})\n", checked.verdict.name(), printable(checked.verdict.detail()))};
    return out;
  }
  progress.show("making the circuit again", 0.3);
  auto finding = looks_like_graph(bytes) ? audit_graph(bytes, arguments.model, *checked.model)
                                         : audit_model_file(bytes, file, arguments.verifier, *checked.model);
  if (!finding.ok()) return about_file(arguments.model, finding.error());
  return outcome_of(*finding, *checked.model);
}

}  // namespace veil::cli
