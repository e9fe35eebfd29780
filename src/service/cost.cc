#include "service/cost.h"

#include <map>
#include <string>

namespace veil {

namespace {

struct Cost {
  std::int64_t committed = 0, lookups = 0;
};

// Tensors and lookups begin with their step's name.
std::string step_of(const std::string& name) { return name.substr(0, name.find_first_of("./")); }

std::map<std::string, Cost> costs_of(const Circuit& circuit) {
  std::map<std::string, Cost> costs;
  for (const Tensor& tensor : circuit.tensors) {
    if (tensor.owner == Owner::kWitness) costs[step_of(tensor.name)].committed += shape_size(tensor.shape);
  }
  for (const Lookup& lookup : circuit.lookups) costs[step_of(lookup.name)].lookups += lookup.domain.box_size();
  return costs;
}

}  // namespace

Json cost_by_step(const QuantisedGraph& graph, const Circuit& circuit) {
  std::map<std::string, std::string> sources;
  for (const QuantisedNode& node : graph.nodes) sources[node.name] = node.source;
  const std::map<std::string, Cost> costs = costs_of(circuit);
  std::int64_t total = 0;
  for (const auto& [name, cost] : costs) total += cost.committed + cost.lookups;
  Json out = Json::array();
  for (const auto& [name, cost] : costs) {
    const auto own = static_cast<double>(cost.committed + cost.lookups);
    out.push_back(Json{{"step", name},
                       {"source", sources.count(name) != 0 ? Json(sources.at(name)) : Json(nullptr)},
                       {"committed", cost.committed},
                       {"lookups", cost.lookups},
                       {"estimated_share", total > 0 ? own / static_cast<double>(total) : 0.0}});
  }
  return out;
}

}  // namespace veil
