#include "cli/evaluation_report.h"

#include <algorithm>

#include "cli/advice.h"
#include "cli/page.h"
#include "service/cost.h"

namespace veil::cli {

namespace {

constexpr std::size_t kMostClasses = 40;  // a larger table of classes is not legible

Json tensors_json(const EvaluationFacts& facts) {
  Json out = Json::array();
  for (QuantId id = 0; id < facts.model.graph.values.size(); ++id) {
    if (!facts.model.sources[id] || facts.model.cut_off[id]) continue;
    const QuantisedValue& value = facts.model.graph.values[id];
    const ValueError& error = facts.runs.values[id];
    const double count =
        static_cast<double>(value.size / facts.model.graph.batch) * static_cast<double>(facts.runs.rows);
    const double relative = error.largest_real > 0 ? error.root_mean_square / error.largest_real : 0.0;
    out.push_back(Json{{"name", value.name},
                       {"elements", value.size},
                       {"max_abs_error", error.largest},
                       {"root_mean_square_error", error.root_mean_square},
                       {"mean_abs_error", error.mean},
                       {"largest_float", error.largest_real},
                       {"relative_error", relative},
                       {"saturated", error.saturated},
                       {"saturated_share", count > 0 ? static_cast<double>(error.saturated) / count : 0.0}});
  }
  return out;
}

std::span<const double> row_of_outputs(const std::vector<double>& outputs, std::size_t row, std::size_t rows) {
  const std::size_t width = outputs.size() / rows;
  return std::span(outputs).subspan(row * width, width);
}

// Rows: what is true or what the float model says; columns: what the integers say.
Json confusion_json(const EvaluationFacts& facts, bool against_labels) {
  const auto rows = static_cast<std::size_t>(facts.runs.rows);
  if (rows == 0 || (against_labels && facts.labels.empty())) return nullptr;
  const Scorer scorer{facts.owned.graph, facts.owned.lowering.analysis.claim};
  const std::size_t width = facts.runs.integer_outputs.size() / rows;
  const std::size_t classes = std::max<std::size_t>(width, 2);
  if (classes > kMostClasses) return nullptr;
  std::vector<std::vector<std::int64_t>> counts(classes, std::vector<std::int64_t>(classes));
  for (std::size_t row = 0; row < rows; ++row) {
    const auto expected = against_labels ? scorer.expected(facts.labels[row], width)
                                         : scorer.decision(row_of_outputs(facts.runs.real_outputs, row, rows));
    if (!expected) return nullptr;
    const std::int64_t said = scorer.decision(row_of_outputs(facts.runs.integer_outputs, row, rows));
    ++counts[static_cast<std::size_t>(*expected)][static_cast<std::size_t>(said)];
  }
  return counts;
}

Json classes_json(const EvaluationFacts& facts) {
  const auto rows = static_cast<std::size_t>(facts.runs.rows);
  const std::size_t width = rows == 0 ? 0 : facts.runs.integer_outputs.size() / rows;
  const std::vector<std::string>& names = facts.owned.graph.output_labels;
  if (width > 1 && names.size() == width) return names;
  if (width == 1) return Json{"no", "yes"};
  Json out = Json::array();
  for (std::size_t i = 0; i < std::min(width, kMostClasses); ++i) out.push_back(std::to_string(i));
  return out;
}

Json tried_json(const std::vector<BitsTried>& tried) {
  Json out = Json::array();
  for (const BitsTried& one : tried) {
    if (!one.refused.empty()) {
      out.push_back(Json{{"bits", one.bits}, {"refused", one.refused}});
      continue;
    }
    out.push_back(Json{{"bits", one.bits},
                       {"agreement", one.agreement},
                       {"accuracy", one.accuracy ? Json(*one.accuracy) : Json(nullptr)},
                       {"max_abs_error", one.largest_error}});
  }
  return out;
}

}  // namespace

Json evaluation_json(const Json& summary, const EvaluationFacts& facts) {
  Json out{{"format", "veil/evaluation/1"},
           {"summary", summary},
           {"tensors", tensors_json(facts)},
           {"classes", classes_json(facts)},
           {"confusion_with_float", confusion_json(facts, false)},
           {"confusion_with_labels", confusion_json(facts, true)},
           {"bits_tried", tried_json(facts.tried)},
           {"cost", cost_by_step(facts.owned.graph, facts.owned.lowering.circuit)}};
  out["advice"] = advice(out);
  return out;
}

std::string evaluation_page(const Json& evaluation) {
  // In a script element only "<" could end the data early.
  std::string data = evaluation.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string safe;
  for (const char c : data) c == '<' ? safe += "\\u003c" : safe += c;
  std::string page(kPageBeforeData);
  page += safe;
  page += kPageAfterData;
  return page;
}

}  // namespace veil::cli
