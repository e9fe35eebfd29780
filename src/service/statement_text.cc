#include "service/statement_text.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "graph/text.h"
#include "service/words.h"
#include "tensor/fixed_point.h"

namespace veil {

namespace {

std::vector<TensorId> tensors_of(const Circuit& circuit, Owner owner) {
  std::vector<TensorId> ids;
  for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
    if (circuit.tensors[id].owner == owner) ids.push_back(id);
  }
  return ids;
}

std::int32_t scale_of(const Meaning& meaning, std::size_t element) {
  return meaning.scale_log2[element % meaning.scale_log2.size()];
}

const Meaning& meaning_of(const Tensor& tensor) {
  VEIL_CHECK(tensor.meaning.has_value());  // the validator demands it of inputs and public tensors
  return *tensor.meaning;
}

Json output_json(const Tensor& tensor, const std::vector<std::int64_t>& integers) {
  const Meaning& meaning = meaning_of(tensor);
  std::vector<double> values;
  for (std::size_t i = 0; i < integers.size(); ++i) values.push_back(real_value(integers[i], scale_of(meaning, i)));
  return Json{{"name", meaning.text},
              {"unit", meaning.unit},
              {"values", values},
              {"integers", integers},
              {"scale_log2", meaning.scale_log2},
              {"labels", meaning.labels}};
}

std::string output_text(const Tensor& tensor, const std::vector<std::int64_t>& integers) {
  constexpr std::size_t kMostLines = 32;
  const Meaning& meaning = meaning_of(tensor);
  std::string out;
  for (std::size_t i = 0; i < integers.size() && i < kMostLines; ++i) {
    const std::int32_t scale = scale_of(meaning, i);
    std::string name = printable(meaning.text);
    if (integers.size() > 1) name += fmt::format("[{}]", i);
    if (!meaning.labels.empty()) name += fmt::format(" ({})", printable(meaning.labels[i % meaning.labels.size()]));
    out +=
        fmt::format("  output     {} = {}{}  (integer {} at 2^{})\n", name, number_text(real_value(integers[i], scale)),
                    meaning.unit.empty() ? "" : " " + printable(meaning.unit), integers[i], scale);
  }
  if (integers.size() > kMostLines) out += fmt::format("             and {} more\n", integers.size() - kMostLines);
  return out;
}

Json input_json(const Tensor& tensor) {
  const Meaning& meaning = meaning_of(tensor);
  return Json{{"name", meaning.text}, {"elements", shape_size(tensor.shape)}, {"labels", meaning.labels}};
}

std::string input_text(const Tensor& tensor) {
  const Meaning& meaning = meaning_of(tensor);
  const std::int64_t size = shape_size(tensor.shape);
  return fmt::format("{} ({} value{})", printable(meaning.text), size, size == 1 ? "" : "s");
}

std::string inputs_text(const std::vector<std::string>& inputs) {
  return inputs.empty() ? "none: the output is a constant of the model" : joined(inputs);
}

std::vector<std::string> hidden_things(const Circuit& circuit, Visibility visibility) {
  std::vector<std::string> out;
  const bool weights = !tensors_of(circuit, Owner::kModel).empty();
  if (visibility == Visibility::kHidden && weights) out.emplace_back("the model's weights");
  if (!tensors_of(circuit, Owner::kInput).empty()) out.emplace_back("the input");
  out.emplace_back("everything in between");
  const bool revealed = !tensors_of(circuit, Owner::kPublic).empty();
  if (!circuit.claim.empty() && !revealed) out.emplace_back("the output, beyond the claim");
  return out;
}

std::string_view trust_name(Trust trust) {
  switch (trust) {
    case Trust::kPinned:
      return "pinned";
    case Trust::kAudited:
      return "audited";
    case Trust::kGiven:
      break;
  }
  return "given";
}

std::string_view trust_text(Trust trust) {
  switch (trust) {
    case Trust::kPinned:
      return "the id you pinned";
    case Trust::kAudited:
      return "audited";
    case Trust::kGiven:
      break;
  }
  return "as the key file gives it: compare the id, or run `veil audit`";
}

}  // namespace

std::string_view visibility_name(Visibility visibility) {
  return visibility == Visibility::kHidden ? "hidden" : "public";
}

Json circuit_facts_json(const Circuit& circuit, Visibility visibility) {
  Json inputs = Json::array();
  for (const TensorId id : tensors_of(circuit, Owner::kInput)) inputs.push_back(input_json(circuit.tensors[id]));
  Json outputs = Json::array();
  for (const TensorId id : tensors_of(circuit, Owner::kPublic)) outputs.push_back(input_json(circuit.tensors[id]));
  return Json{{"model", visibility_name(visibility)},
              {"claim", circuit.claim.empty() ? Json(nullptr) : Json(circuit.claim)},
              {"revealed_outputs", outputs},
              {"inputs", inputs},
              {"hidden", hidden_things(circuit, visibility)}};
}

std::string circuit_facts_text(const Circuit& circuit, Visibility visibility) {
  std::vector<std::string> inputs, outputs;
  for (const TensorId id : tensors_of(circuit, Owner::kInput)) inputs.push_back(input_text(circuit.tensors[id]));
  for (const TensorId id : tensors_of(circuit, Owner::kPublic)) outputs.push_back(input_text(circuit.tensors[id]));
  std::string out;
  if (!circuit.claim.empty()) out += fmt::format("  claim      {}\n", printable(circuit.claim));
  if (!outputs.empty()) out += fmt::format("  reveals    {}\n", joined(outputs));
  out += fmt::format("  input      {}\n", inputs_text(inputs));
  out += fmt::format("  hidden     {}\n", joined(hidden_things(circuit, visibility)));
  return out;
}

Json statement_json(const VerifiedModel& model, const PublicValues& public_values, std::string_view context) {
  const Circuit& circuit = model.circuit().circuit();
  Json out{{"model_id", to_hex(model.id())},
           {"model", visibility_name(model.visibility())},
           {"trust", trust_name(model.trust())},
           {"claim", circuit.claim.empty() ? Json(nullptr) : Json(circuit.claim)},
           {"context", context}};
  Json outputs = Json::array();
  for (const TensorId id : tensors_of(circuit, Owner::kPublic)) {
    outputs.push_back(output_json(circuit.tensors[id], public_values[id]));
  }
  out["outputs"] = outputs;
  const Json facts = circuit_facts_json(circuit, model.visibility());
  out["inputs"] = facts["inputs"];
  out["hidden"] = facts["hidden"];
  return out;
}

std::string model_text(const VerifiedModel& model) {
  return fmt::format("  model      {}\n             {} weights; {}\n", to_hex(model.id()),
                     visibility_name(model.visibility()), trust_text(model.trust()));
}

std::string context_text(std::string_view context) {
  return context.empty() ? "  context    none\n" : fmt::format("  context    \"{}\"\n", printable(context));
}

std::string outcome_line(const VerifiedModel& model, const PublicValues& public_values) {
  constexpr std::size_t kMostValues = 16;
  const Circuit& circuit = model.circuit().circuit();
  std::vector<std::string> parts;
  if (!circuit.claim.empty()) parts.push_back(printable(circuit.claim));
  for (const TensorId id : tensors_of(circuit, Owner::kPublic)) {
    const Meaning& meaning = meaning_of(circuit.tensors[id]);
    const std::vector<std::int64_t>& integers = public_values[id];
    std::vector<std::string> values;
    for (std::size_t i = 0; i < integers.size() && i < kMostValues; ++i) {
      values.push_back(number_text(real_value(integers[i], scale_of(meaning, i))));
    }
    if (integers.size() > kMostValues) values.emplace_back("...");
    parts.push_back(fmt::format("{} = {}{}", printable(meaning.text), fmt::join(values, ", "),
                                meaning.unit.empty() ? "" : " " + printable(meaning.unit)));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string statement_text(const VerifiedModel& model, const PublicValues& public_values, std::string_view context) {
  const Circuit& circuit = model.circuit().circuit();
  std::string out = model_text(model);
  if (!circuit.claim.empty()) out += fmt::format("  claim      {}\n", printable(circuit.claim));
  for (const TensorId id : tensors_of(circuit, Owner::kPublic)) {
    out += output_text(circuit.tensors[id], public_values[id]);
  }
  out += context_text(context);
  std::vector<std::string> inputs;
  for (const TensorId id : tensors_of(circuit, Owner::kInput)) inputs.push_back(input_text(circuit.tensors[id]));
  out += fmt::format("  input      {}\n", inputs_text(inputs));
  out += fmt::format("  hidden     {}\n", joined(hidden_things(circuit, model.visibility())));
  return out;
}

}  // namespace veil
