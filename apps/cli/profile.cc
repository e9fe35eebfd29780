#include "cli/profile.h"

#include "base/cpu.h"
#include "cli/console.h"
#include "cli/files.h"
#include "lookup/check/segments.h"
#include "parallel/parallel.h"

namespace veil::cli {

namespace {

std::int64_t elements_of(const Circuit& circuit, Owner owner) {
  std::int64_t out = 0;
  for (const Tensor& tensor : circuit.tensors) {
    if (tensor.owner == owner) out += shape_size(tensor.shape);
  }
  return out;
}

Json sizes_json(const PreparedCircuit& prepared) {
  const Circuit& circuit = prepared.circuit();
  std::int64_t lookups = 0;
  for (const Lookup& lookup : circuit.lookups) lookups += lookup.domain.box_size();
  const RowLayout& layout = prepared.layout();
  return Json{{"weights", elements_of(circuit, Owner::kModel)},
              {"inputs", elements_of(circuit, Owner::kInput)},
              {"witness", elements_of(circuit, Owner::kWitness)},
              {"lookups", lookups},
              {"leaves", std::size_t{1} << fraction_tree(circuit).depth},
              {"identities", circuit.identities.size()},
              {"tables", circuit.tables.size()},
              {"model_rows", layout.rows(Owner::kModel).count},
              {"rows", layout.total_rows()},
              {"columns", layout.columns()},
              {"slots", prepared.num_slots()}};
}

}  // namespace

Json timing_json(const Timing& timing) { return Json{{"cpu", timing.cpu_ms}, {"wall", timing.wall_ms}}; }

Json profile_json(const Profile& profile, const PreparedCircuit& circuit) {
  Json phases = Json::object();
  for (const PhaseTime& phase : profile.phases()) phases[std::string(phase.name)] = timing_json(phase.time);
  return Json{
      {"format", "veil/profile/1"},        {"phases_ms", phases},      {"total_ms", timing_json(profile.total())},
      {"sizes", sizes_json(circuit)},      {"threads", num_threads()}, {"cpu_level", cpu_level_name(kCpuLevel)},
      {"peak_rss_bytes", peak_rss_bytes()}};
}

Status save_profile(const std::string& path, const Json& profile) {
  if (path.empty()) return Done{};
  const std::string text = profile.dump(2) + "\n";
  return save_file(path, as_bytes(text), true);
}

}  // namespace veil::cli
