// veil inspect: what a file of Veil is, in a few lines. Of a prover's file it shows public facts only.
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/files.h"
#include "data/files.h"
#include "graph/file_type.h"
#include "graph/text.h"
#include "service/report.h"
#include "service/statement_text.h"
#include "verify/proof.h"

namespace veil::cli {

namespace {

Result<Outcome> describe_key(const ModelKey& key, std::string_view kind, std::size_t size_bytes) {
  auto prepared = PreparedCircuit::prepare(key.circuit, key.log_columns);
  if (!prepared.ok()) return Error{prepared.error()};
  const std::string id = to_hex(compute_model_id(*prepared, key.model_rows, key.visibility));
  const RowLayout& layout = prepared->layout();
  Outcome out;
  out.json = Json{{"file", kind},
                  {"bytes", size_bytes},
                  {"model_id", id},
                  {"circuit_digest", to_hex(prepared->digest())},
                  {"protocol", kProtocolVersion},
                  {"facts", circuit_facts_json(key.circuit, key.visibility)},
                  {"tensors", key.circuit.tensors.size()},
                  {"identities", key.circuit.identities.size()},
                  {"lookups", key.circuit.lookups.size()},
                  {"rows", layout.total_rows()},
                  {"columns", layout.columns()},
                  {"proof_bytes", proof_file_bytes(*prepared)}};
  out.text = fmt::format("{} key, {}{}\n  model      {} ({} weights)\n{}", kind, size_text(size_bytes),
                         kind == "prover" ? "; SECRET: keep it to yourself" : "", id, visibility_name(key.visibility),
                         circuit_facts_text(key.circuit, key.visibility));
  out.text += fmt::format("  circuit    {} tensors, {} identities, {} lookups; {} rows of {} columns\n",
                          key.circuit.tensors.size(), key.circuit.identities.size(), key.circuit.lookups.size(),
                          layout.total_rows(), layout.columns());
  out.text += fmt::format("  proof      {}\n", size_text(proof_file_bytes(*prepared)));
  return out;
}

Outcome describe_proof(const ProofHeader& header, std::size_t size_bytes) {
  Outcome out;
  out.json = Json{{"file", "proof"},
                  {"bytes", size_bytes},
                  {"model_id", to_hex(header.model_id)},
                  {"context_digest", to_hex(header.context_digest)}};
  out.text = fmt::format(
      "proof, {}\n  for model  {}\n  context    with Keccak-256 {}\n  (nothing of it is checked here: `veil verify` "
      "does that)\n",
      size_text(size_bytes), to_hex(header.model_id), to_hex(header.context_digest));
  return out;
}

Outcome describe_graph(const QuantisedGraph& graph, std::size_t size_bytes) {
  Json operators = Json::array();
  std::string lines;
  for (const QuantisedNode& node : graph.nodes) {
    operators.push_back(Json{{"name", node.name}, {"op", op_name(node.op)}, {"source", node.source}});
    lines += fmt::format("  {:10} {:16} from {}, {} values\n", op_name(node.op), printable(node.name),
                         printable(node.source), graph.values[node.output].size);
  }
  Outcome out;
  out.json = Json{{"file", "graph"},        {"bytes", size_bytes},  {"bits", graph.bits},
                  {"hidden", graph.hidden}, {"claim", graph.claim}, {"operators", operators}};
  out.text = fmt::format("quantised graph of a model with {} weights, {} bits\n{}", graph.hidden ? "hidden" : "public",
                         graph.bits, lines);
  if (!graph.claim.empty()) out.text += fmt::format("  claim      {}\n", printable(graph.claim));
  return out;
}

std::string also(ByteView bytes) {
  const std::string_view type = file_type(bytes).name;
  return type.empty() ? "" : "; it is " + std::string(type);
}

}  // namespace

Result<Outcome> run_inspect(const InspectArguments& arguments) {
  VEIL_TRY(bytes, read_file(arguments.file));
  const std::string where = quote_path(arguments.file);
  if (const auto kind = file_kind(bytes)) {
    if (*kind == FileKind::kVerifier) {
      VEIL_TRY(file, read_verifier_file(bytes, where));
      return describe_key(file.model, "verifier", bytes.size());
    }
    VEIL_TRY(file, read_prover_file(bytes, where));
    return describe_key(file.key.model, "prover", bytes.size());
  }
  if (const auto header = read_proof_header(bytes)) return describe_proof(*header, bytes.size());
  if (looks_like_graph(bytes)) {
    VEIL_TRY(graph,
             parse_graph(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), arguments.file));
    return describe_graph(graph, bytes.size());
  }
  return Error{"The file " + where + " is none of Veil's: no key, no proof and no quantised graph" + also(bytes) + "."};
}

}  // namespace veil::cli
