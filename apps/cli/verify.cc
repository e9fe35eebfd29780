// veil verify: the whole check of a proof, and what it says.
#include <fmt/core.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/files.h"
#include "graph/file_type.h"
#include "graph/text.h"
#include "prove/stopwatch.h"
#include "service/check_proofs.h"
#include "service/explain.h"
#include "service/statement_text.h"
#include "verify/proof.h"

namespace veil::cli {

namespace {

Json timing_json(const Timing& load, const Timing& check) {
  return Json{{"cpu_ms", check.cpu_ms}, {"wall_ms", check.wall_ms}, {"load_ms", load.wall_ms}};
}

Outcome rejected(const Verdict& verdict, const Timing& load, const Timing& check) {
  Outcome out;
  out.exit_code = ExitCode::kRejected;
  out.json = verdict_json(verdict);
  out.json["statement"] = nullptr;
  out.json.update(timing_json(load, check));
  out.text = fmt::format("REJECTED: {}\n", verdict_text(verdict));
  return out;
}

// One proof, in full.
Outcome describe_one(const VerifiedModel& model, const Verification& verification, const std::string& context,
                     std::size_t size_bytes, const Timing& load, const Timing& check) {
  if (!verification.verdict.accepted()) return rejected(verification.verdict, load, check);
  Outcome out;
  out.json = verdict_json(verification.verdict);
  out.json["statement"] = statement_json(model, verification.public_values, context);
  out.json.update(timing_json(load, check));
  out.json["proof_bytes"] = size_bytes;
  out.text = fmt::format("ACCEPTED\n{}  checked    in {:.1f} ms ({}), and the key in {:.1f} ms\n",
                         statement_text(model, verification.public_values, context), check.wall_ms,
                         size_text(size_bytes), load.wall_ms);
  return out;
}

// Several proofs, a line each.
class ManyProofs {
 public:
  ManyProofs(const VerifyArguments& arguments, const std::vector<Bytes>& proofs)
      : arguments_(arguments), proofs_(proofs) {}

  // Where the key is rejected, every proof is, by the key's name.
  Outcome describe(const VerifiedModel* model, const std::vector<Verification>& verifications, const Timing& load,
                   const Timing& check) const {
    Outcome out;
    Json list = Json::array();
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < proofs_.size(); ++i) {
      const Verdict& verdict = verifications[i].verdict;
      list.push_back(proof_json(model, i, verifications[i]));
      out.text += fmt::format(
          "{}  {}  {}\n", verdict.accepted() ? "ACCEPTED" : "REJECTED", printable(arguments_.proofs[i]),
          verdict.accepted() ? outcome_line(*model, verifications[i].public_values) : verdict_text(verdict));
      if (verdict.accepted()) ++accepted;
    }
    const bool all = accepted == proofs_.size();
    out.exit_code = all ? ExitCode::kDone : ExitCode::kRejected;
    out.json = Json{{"accepted", all}, {"accepted_proofs", accepted}, {"proofs", list}};
    out.json.update(timing_json(load, check));
    out.text += fmt::format("{} of {} proofs accepted\n", accepted, proofs_.size());
    if (model != nullptr) out.text += model_text(*model) + context_text(arguments_.context);
    out.text += fmt::format("  checked    in {:.1f} ms, {:.1f} ms a proof, and the key in {:.1f} ms\n", check.wall_ms,
                            check.wall_ms / static_cast<double>(proofs_.size()), load.wall_ms);
    return out;
  }

 private:
  Json proof_json(const VerifiedModel* model, std::size_t i, const Verification& verification) const {
    Json out{{"proof", printable(arguments_.proofs[i])}};
    if (model != nullptr) {
      out.update(verification_json(*model, verification, arguments_.context, proofs_[i].size()));
      return out;
    }
    out.update(verdict_json(verification.verdict));
    out["statement"] = nullptr;
    out["proof_bytes"] = proofs_[i].size();
    return out;
  }

  const VerifyArguments& arguments_;
  const std::vector<Bytes>& proofs_;
};

Result<std::vector<Bytes>> load_proofs(const std::vector<std::string>& paths) {
  std::vector<Bytes> proofs;
  for (const std::string& path : paths) {
    VEIL_TRY(proof, load_proof(path));
    const std::string_view type = file_type(proof).name;
    if (!type.empty() && !read_proof_header(proof))
      note(fmt::format("{} is no proof of this version of Veil: it is {}.", quote_path(path), type));
    proofs.push_back(std::move(proof));
  }
  return proofs;
}

// Of a key that was accepted, and at least one proof of it.
void explain(const VerifiedModel& model, const std::string& graph_json, Outcome& out) {
  const auto graph = graph_of_circuit(graph_json, model.circuit().circuit());
  std::vector<std::string> remarks;
  if (model.trust() == Trust::kGiven) {
    remarks.emplace_back("that this key is the model you mean is believed: compare the id, or run `veil audit`");
  }
  out.json["explanation"] = explanation_json({model.circuit(), model.visibility(), graph ? &*graph : nullptr}, remarks);
  out.text += explanation_text(out.json["explanation"]);
}

}  // namespace

Result<Outcome> run_verify(const VerifyArguments& arguments) {
  Stopwatch watch;
  VEIL_TRY(expected_id, parse_model_id(arguments.model_id));
  VEIL_TRY(file, load_verifier_file(arguments.verifier));
  VEIL_TRY(proofs, load_proofs(arguments.proofs));
  CheckedKey checked = PendingModel::check(std::move(file.model), expected_id);
  const Timing load = watch.lap();

  Expected expected;
  expected.context = as_bytes(arguments.context);
  const std::vector<ByteView> views(proofs.begin(), proofs.end());
  const KeyVerification verified = verify_together(std::move(checked), expected, views);
  const Timing check = watch.lap();
  const VerifiedModel* const model = verified.key.model.get();
  Outcome out = proofs.size() > 1 ? ManyProofs(arguments, proofs).describe(model, verified.proofs, load, check)
                : model == nullptr
                    ? rejected(verified.key.verdict, load, check)
                    : describe_one(*model, verified.proofs[0], arguments.context, proofs[0].size(), load, check);
  if (!arguments.explain) return out;
  out.json["explanation"] = nullptr;  // a rejected proof shows nothing
  const auto accepted = [](const Verification& one) { return one.verdict.accepted(); };
  if (model != nullptr && std::any_of(verified.proofs.begin(), verified.proofs.end(), accepted)) {
    explain(*model, file.graph_json, out);
  }
  return out;
}

}  // namespace veil::cli
