#include "service/explain.h"

#include <fmt/core.h>

#include <algorithm>

#include "graph/text.h"
#include "ops/lowering.h"
#include "service/explain_facts.h"
#include "service/owned_model.h"
#include "service/words.h"

namespace veil {

namespace {

using Sentences = std::vector<std::string>;

std::string plural(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string name_of(const Json& named) { return quote(named["name"].get<std::string>()); }

// 'a', 'b', 'c' and 17 more
std::string some_of(const Json& names) {
  constexpr std::size_t kMost = 6;
  Sentences first;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) first.push_back(quote(names[i].get<std::string>()));
  return joined(first) + (names.size() > kMost ? fmt::format(" and {} more", names.size() - kMost) : "");
}

// 'applicant' (20 values: 'limit_bal', ... and 14 more)
std::string tensor_text(const Json& tensor) {
  const std::string size = plural(tensor["elements"].get<std::int64_t>(), "value");
  const Json& labels = tensor["labels"];
  if (labels.empty()) return fmt::format("{} ({})", name_of(tensor), size);
  const bool of_rows = labels.size() < tensor["elements"].get<std::size_t>();
  return fmt::format("{} ({}{}: {})", name_of(tensor), size, of_rows ? ", of each row" : "", some_of(labels));
}

std::string tensors_text(const Json& tensors) {
  Sentences out;
  for (const Json& tensor : tensors) out.push_back(tensor_text(tensor));
  return joined(out);
}

bool is_hidden(const Json& facts) { return facts["model"] == "hidden"; }
std::int64_t number(const Json& facts, const char* name) { return facts[name].get<std::int64_t>(); }

std::string weights_text(const Json& facts) {
  return fmt::format("the model's weights ({})", plural(number(facts, "weights"), "number"));
}

std::string operators_text(const Json& graph) {
  Sentences parts;
  for (const auto& [op, count] : graph["counts"].items()) parts.push_back(fmt::format("{} {}", count.get<int>(), op));
  return joined(parts);
}

// Of operators with numbers of their own: "clip_1 (high 48, low 0)".
std::string public_numbers(const Json& graph) {
  constexpr std::size_t kMost = 6;
  Sentences parts;
  for (const Json& node : graph["operators"]) {
    if (node["public_numbers"].is_null()) continue;
    Sentences numbers;
    for (const auto& [name, value] : node["public_numbers"].items()) numbers.push_back(name + " " + json_text(value));
    parts.push_back(fmt::format("{} ({})", printable(node["name"].get<std::string>()), joined(numbers)));
  }
  const std::size_t more = parts.size() - std::min(parts.size(), kMost);
  parts.resize(parts.size() - more);
  return joined(parts) + (more == 0 ? "" : fmt::format(" and of {} more operators", more));
}

Sentences graph_shows(const Json& facts) {
  const Json& graph = facts["graph"];
  if (graph.is_null()) return {"constraints and shapes; what operators they are of, this file does not tell rightly"};
  Sentences out{
      fmt::format("the operators, their order, shapes and names in the model file: {}", operators_text(graph))};
  if (graph["batch"] > 1) out.push_back(fmt::format("that a proof is about {} rows", graph["batch"].get<int>()));
  if (!graph["trees"].is_null()) {
    out.push_back(fmt::format("that there are {}, and how deep the deepest may be",
                              plural(graph["trees"].get<std::int64_t>(), "tree")));
  }
  if (const std::string numbers = public_numbers(graph); !numbers.empty()) {
    out.push_back("single numbers of operators, in the clear: " + numbers);
  }
  out.push_back(
      fmt::format("{} bits and a power of two for each value and tensor of weights: how large its largest "
                  "number is, to a factor of two",
                  graph["bits"].get<int>()));
  return out;
}

Sentences key_shows(const Json& facts) {
  Sentences out = graph_shows(facts);
  if (!facts["inputs"].empty()) {
    out.push_back(fmt::format("names and ranges of the input: {}", tensors_text(facts["inputs"])));
  }
  if (!facts["claim"].is_null()) {
    out.push_back(fmt::format("the claim with its thresholds: {}", printable(facts["claim"].get<std::string>())));
  }
  if (number(facts, "weights") == 0) return out;
  const std::string count = plural(number(facts, "weights"), "number");
  out.push_back(is_hidden(facts) ? fmt::format("how many weights there are ({}), in commitments that hide them", count)
                                 : fmt::format("commitments to the weights ({}) that hide nothing: who has the model "
                                               "file can make them again, and a guess can be tried",
                                               count));
  return out;
}

bool has_ranges(const Json& facts) {
  return std::any_of(facts["inputs"].begin(), facts["inputs"].end(),
                     [](const Json& input) { return !input["ranges"].empty(); });
}

Sentences proof_shows(const Json& facts) {
  Sentences out;
  if (!facts["claim"].is_null()) {
    out.push_back(fmt::format("that the claim is true: {}", printable(facts["claim"].get<std::string>())));
  }
  if (!facts["revealed_outputs"].empty()) {
    out.push_back(fmt::format("the output, number for number: {}", tensors_text(facts["revealed_outputs"])));
  }
  out.emplace_back(
      "which model it is for (its id), and a hash of the context, in which a short context can be guessed");
  if (!has_ranges(facts)) return out;
  out.emplace_back("that each input lies in its range; a number outside was cut to the range's end before");
  return out;
}

// What the proof's zero knowledge covers, and nothing that the circuit makes public.
Sentences hidden_from_all(const Json& facts) {
  Sentences out;
  if (is_hidden(facts) && number(facts, "weights") > 0) out.push_back(weights_text(facts));
  const std::string_view beyond = facts["revealed_outputs"].empty() ? "" : ", beyond what the output itself tells";
  if (!facts["inputs"].empty()) out.push_back(fmt::format("the input: {}{}", tensors_text(facts["inputs"]), beyond));
  out.push_back(
      fmt::format("everything in between ({}){}", plural(number(facts, "values_in_between"), "number"), beyond));
  if (facts["revealed_outputs"].empty() && !facts["claim"].is_null()) {
    out.emplace_back("the output, beyond the claim's truth");
  }
  if (!facts["inputs"].empty()) {
    if (has_ranges(facts)) out.push_back(fmt::format("which inputs were cut to their ranges, if any{}", beyond));
    out.push_back(fmt::format("whether two proofs are about one input{}", beyond));
  }
  return out;
}

Sentences not_shown(const Json& facts) {
  Sentences out{"that the constraints are the model and the claim that the key names: `veil audit` shows that",
                "that the model is good, fair or close to a float model: its owner sees that by `veil evaluate`"};
  if (!facts["inputs"].empty()) out.emplace_back("where the input comes from, and that it is true");
  return out;
}

Sentences not_hidden(const Json& facts) {
  Sentences out{fmt::format("the size of a proof, {}, which is the same for every input",
                            size_text(facts["proof_bytes"].get<std::uint64_t>())),
                "how long the prover takes and what memory it touches, to whoever can measure its machine"};
  const std::int64_t revealed = number(facts, "revealed_values"), inputs = number(facts, "input_values");
  if (revealed > 0 && inputs > 0) {
    out.push_back(fmt::format("what the output itself tells: {} about {} of the input{}", plural(revealed, "number"),
                              inputs, revealed >= inputs ? ", which may be enough to compute the input" : ""));
  }
  if (!facts["claim"].is_null())
    out.emplace_back("what the claim itself tells, which is much where few inputs satisfy it");
  if (is_hidden(facts))
    out.emplace_back("what many answers tell about the weights: whoever may ask often can imitate the model");
  return out;
}

Json party(std::string_view who, Sentences holds, Sentences learns, Sentences does_not_learn) {
  return Json{{"party", who},
              {"holds", std::move(holds)},
              {"learns", std::move(learns)},
              {"does_not_learn", std::move(does_not_learn)}};
}

Json parties(const Json& facts) {
  Sentences known{"everything: the input and all that is computed from it"};
  if (number(facts, "weights") > 0) known.push_back(weights_text(facts));
  Sentences shown{"what the key shows, and what a proof shows"};
  Sentences not_by_outsiders = hidden_from_all(facts);
  not_by_outsiders.emplace_back("the context's text, unless it is told or guessed");
  return Json::array(
      {party("the prover", {"prover.veil, in the clear", "the data, in the clear"}, std::move(known), {}),
       party("the verifier", {"verifier.veil", "a proof", "the context"}, shown, hidden_from_all(facts)),
       party("anyone else", {"verifier.veil and a proof, if they see them"}, shown, std::move(not_by_outsiders))});
}

std::string list_text(std::string_view heading, const Json& sentences) {
  std::string out;
  for (const Json& sentence : sentences) {
    out += fmt::format("    {:14} {}\n", out.empty() ? heading : "", sentence.get<std::string>());
  }
  return out;
}

// A list that begins as the verifier's does, in short.
Json without_repetition(const Json& list, const Json& before) {
  if (before.empty() || before.size() > list.size()) return list;
  if (!std::equal(before.begin(), before.end(), list.begin())) return list;
  Json out = Json::array({"what the verifier never learns"});
  out.insert(out.end(), list.begin() + static_cast<std::ptrdiff_t>(before.size()), list.end());
  return out;
}

}  // namespace

Json explanation_json(const Explained& explained, const std::vector<std::string>& remarks) {
  Json facts = explanation_facts(explained);
  return Json{{"facts", facts},
              {"key_shows", key_shows(facts)},
              {"proof_shows", proof_shows(facts)},
              {"parties", parties(facts)},
              {"not_shown", not_shown(facts)},
              {"not_hidden", not_hidden(facts)},
              {"remarks", remarks}};
}

std::string explanation_text(const Json& explanation) {
  std::string out = "\nWho learns what\n  verifier.veil and a proof\n";
  out += list_text("the key shows", explanation["key_shows"]);
  out += list_text("a proof shows", explanation["proof_shows"]);
  Json before = Json::array();  // what an earlier party never learns
  for (const Json& party : explanation["parties"]) {
    out += fmt::format("  {}\n", party["party"].get<std::string>());
    out += list_text("holds", party["holds"]);
    out += list_text("learns", party["learns"]);
    out += list_text("never learns", without_repetition(party["does_not_learn"], before));
    before = party["does_not_learn"];
  }
  out += "  beyond a proof\n";
  out += list_text("not shown", explanation["not_shown"]);
  out += list_text("not hidden", explanation["not_hidden"]);
  if (!explanation["remarks"].empty()) out += "  here\n" + list_text("", explanation["remarks"]);
  return out;
}

std::optional<QuantisedGraph> graph_of_circuit(const std::string& graph_json, const Circuit& circuit) {
  auto graph = parse_graph(graph_json, "");
  if (!graph.ok()) return std::nullopt;
  const auto lowering = lower(*graph);
  if (!lowering.ok() || lowering->circuit != circuit) return std::nullopt;
  return std::move(graph).value();
}

}  // namespace veil
