#include "cli/advice.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/console.h"

namespace veil::cli {

namespace {

constexpr double kNotableSaturation = 0.001;  // of a tensor's values
constexpr double kWantedAgreement = 0.999;
constexpr double kDominant = 0.5;  // of the estimated cost

void about_saturation(const Json& evaluation, std::vector<std::string>& out) {
  for (const Json& tensor : evaluation["tensors"]) {
    const double share = tensor["saturated_share"];
    if (share < kNotableSaturation) continue;
    out.push_back(
        fmt::format("Tensor {} saturates on {:.3g}% of its values: calibrate with more rows, or with "
                    "rows like these.",
                    printable(tensor["name"].get<std::string>()), 100 * share));
  }
}

void about_bits(const Json& evaluation, std::vector<std::string>& out) {
  const std::int64_t bits = evaluation["summary"]["bits"];
  const double agreement = evaluation["summary"]["agreement"];
  const Json* fewest = nullptr;
  for (const Json& tried : evaluation["bits_tried"]) {
    if (tried["bits"] != 8 && tried["bits"] != 12) continue;  // what setup can be told
    if (fewest == nullptr && tried.contains("agreement") && tried["agreement"] >= kWantedAgreement) fewest = &tried;
  }
  if (fewest != nullptr && (*fewest)["bits"] < bits) {
    out.push_back(fmt::format("{} bits already reach {:.2f}% of the float model's decisions; this key has {} bits.",
                              (*fewest)["bits"].get<int>(), 100 * (*fewest)["agreement"].get<double>(), bits));
  }
  if (agreement >= kWantedAgreement) return;
  out.push_back(fmt::format("{:.2f}% of the decisions differ from the float model's: {}", 100 * (1 - agreement),
                            bits < 16 ? "try --bits 16." : "calibrate with rows like these."));
}

void about_cost(const Json& evaluation, std::vector<std::string>& out) {
  for (const Json& step : evaluation["cost"]) {
    const double share = step["estimated_share"];
    if (share < kDominant || step["source"].is_null()) continue;
    out.push_back(fmt::format("Step {} makes about {:.0f}% of the committed numbers and lookups of a proof.",
                              step["step"].get<std::string>(), 100 * share));
  }
}

}  // namespace

std::vector<std::string> advice(const Json& evaluation) {
  std::vector<std::string> out;
  about_saturation(evaluation, out);
  about_bits(evaluation, out);
  about_cost(evaluation, out);
  if (out.empty()) out.emplace_back("Nothing to change: the integers decide as the float model does on these rows.");
  return out;
}

}  // namespace veil::cli
